/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes the configuration into a fresh data-plane memory, natively and over mmap()ed maps alike. */
#ifndef GATEPOST_MEMORY_SETUP_H
#define GATEPOST_MEMORY_SETUP_H

#include "config.h"

/**
 * gp_memory_setup() - settings, ranges and ports.
 * @memory: its arrays have the sizes that the configuration names, and are zero.
 */
void gp_memory_setup(struct gp_memory *memory, const struct gp_config *config);

#endif
