/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything that is not a result goes to stderr through here, one line per message: "gatepost: what: why". */
#ifndef GATEPOST_LOG_H
#define GATEPOST_LOG_H

/* An operation failed. The text names the operation, the object and the remedy. */
void gp_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Something the user should know, while the work goes on. */
void gp_notice(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
