/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef GATEPOST_VERSION_H
#define GATEPOST_VERSION_H

#define GP_VERSION "0.1.0"

#endif
