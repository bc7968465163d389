/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the judge says of a host, as the store has it. */
#ifndef GATEPOST_STORE_FINDING_H
#define GATEPOST_STORE_FINDING_H

#include "store.h"

/**
 * gp_store_host_of() - one finding or opinion as a record of the store.
 * @host: its record in the world.
 * @offset_ns: to be added to the data plane's clock to get the time since the Unix epoch.
 */
void gp_store_host_of(struct gp_store_host *out, const struct gp_host *host, const struct gp_finding *finding,
		      __s64 offset_ns);

/**
 * gp_store_put_opinions() - all that the judge says of a host now, by kind: what is watched, and what was.
 *
 * Clean opinions are handed over as well: they end what is stored. Return: as gp_store_put_host(), of the first that failed.
 */
int gp_store_put_opinions(struct gp_store *store, const struct gp_host *host, const struct gp_finding opinions[GP_KINDS],
			  __s64 offset_ns);

#endif
