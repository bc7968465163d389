/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The data plane on live interfaces: attached through libxdp, its maps pinned under GP_PIN_DIR. */
#ifndef GATEPOST_LOADER_H
#define GATEPOST_LOADER_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"
#include "engine.h"
#include "interface.h"
#include "pins.h"

struct gp_loader;

/**
 * gp_loader_open() - pin the maps, write the configuration into them, then attach to each interface; or go on with the
 * maps and programs of a killed agent, when they are what would be made now.
 * @config: borrowed until close; its hash secret is drawn here unless it was given, or taken from the maps.
 * @interfaces: borrowed until close; an index changes with its interface.
 * @skb_mode: generic XDP instead of the driver's; never chosen by itself.
 *
 * Says on stderr how each interface is attached, or that it was taken over. When one fails, nothing stays behind; what a
 * killed agent left, and does not fit, stays as it is.
 * Return: 0, or -errno (logged: what failed or differs, on which object, what to do).
 */
int gp_loader_open(struct gp_loader **out, struct gp_config *config, struct gp_interface *interfaces,
		   size_t count, bool skb_mode);

/* Did this loader find a killed agent's programs at work? */
bool gp_loader_took_over(const struct gp_loader *loader);

/* When counting began, with a killed agent if there was one; the data plane's clock. */
__u64 gp_loader_start_ns(const struct gp_loader *loader);

struct gp_memory *gp_loader_memory(struct gp_loader *loader);

/**
 * gp_loader_reload() - go on with another configuration's prefixes, roles, ports and rates; nothing is taken off.
 *
 * Return: as gp_memory_reload().
 */
int gp_loader_reload(struct gp_loader *loader, const struct gp_config *config);

/* The descriptor of a map of the programs; the loader's. -ENOENT: there is none of that name. */
int gp_loader_map(const struct gp_loader *loader, const char *name);

/* Hands over the records of flows that have ended since the last call. */
void gp_loader_drain(struct gp_loader *loader, gp_record_fn *take, void *context);

/* Hands over the samples of packets that have come since the last call; with take NULL they are dropped. */
void gp_loader_samples(struct gp_loader *loader, gp_sample_fn *take, void *context);

/* Can be polled: readable when many samples wait. */
int gp_loader_samples_fd(const struct gp_loader *loader);

/* Packets that the drivers lost since the programs were attached, all interfaces: user/missed.h. */
__u64 gp_loader_missed(const struct gp_loader *loader);

/**
 * gp_loader_check() - look whether each interface still has its program.
 *
 * One that has not, twice in a row, is named on stderr, once. An interface that went away and is there again, by its name,
 * gets its program back. Return: true when one did.
 */
bool gp_loader_check(struct gp_loader *loader);

/* Are all interfaces counted now? */
bool gp_loader_is_whole(const struct gp_loader *loader);

/* What gp_loader_check() or gp_loader_detach() missed first; the loader's text. NULL: nothing. */
const char *gp_loader_lost(const struct gp_loader *loader);

/*
 * Takes the programs off; the counters stay readable and stand still. Return: 0, -ENOENT when one was not there any more (it
 * may be at work in another network namespace), or -errno (logged).
 */
int gp_loader_detach(struct gp_loader *loader);

/* Detaches if that has not been done, removes the pins, and frees. */
void gp_loader_close(struct gp_loader *loader);

/* Frees, and leaves programs and pins to the next agent. */
void gp_loader_leave(struct gp_loader *loader);

/**
 * gp_loader_clean() - remove what any run left behind, the journal with it.
 * @only: an interface's name, or NULL for all of this network namespace. With a name the pins stay while another
 *        interface still counts.
 * @removed: out; programs taken off and maps unpinned.
 *
 * Return: 0, or -errno (logged).
 */
int gp_loader_clean(const char *only, unsigned *removed);

#endif
