/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Another configuration for a data plane that is at work: prefixes and their roles, ports, rates of evidence. No count is
 * lost or moves to another subscriber: a slot stays its address's for as long as the maps live, inside or not.
 */
#ifndef GATEPOST_MEMORY_RELOAD_H
#define GATEPOST_MEMORY_RELOAD_H

#include <gatepost/memory.h>

#include "config.h"

/**
 * gp_memory_reload() - apply what a configuration says of prefixes, ports and rates.
 * @memory: of maps that were set up by gp_memory_setup(), or by another agent; programs may be running.
 * @config: its tables are not looked at, these are fixed.
 * @wait: returns once no program runs that was begun before; called with @context.
 *
 * Packets that are under way meanwhile are counted by the old configuration or by the new one, each by one of them.
 * Return: 0; -EINVAL when a prefix that is kept has subscribers of another length, -ENOSPC when there is no room, either
 * logged with the remedy; or -ENOMEM. After an error nothing has changed.
 */
int gp_memory_reload(struct gp_memory *memory, const struct gp_config *config, void (*wait)(void *context), void *context);

#endif
