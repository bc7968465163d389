// SPDX-License-Identifier: GPL-2.0-or-later
#include "check_network.h"

#include <string.h>

static size_t count_side(const struct gp_check_chosen *chosen, enum gp_side side)
{
	size_t count = 0;

	for (size_t i = 0; i < chosen->count; i++)
		count += chosen->interfaces[i].side == side;
	return count;
}

/*
 * A flow that is translated between two attached interfaces looks like two halves of two flows. Which rules hit what
 * passes between the two is not worked out: a rule that may be harmless is a warning.
 */
static void check_nat(struct gp_check *check, const struct gp_rules *rules, const struct gp_check_chosen *chosen)
{
	bool only_inside = chosen->count && count_side(chosen, GP_SIDE_INSIDE) == chosen->count;
	bool only_tap = chosen->count && count_side(chosen, GP_SIDE_TAP) == chosen->count;
	const char *s = rules->nat == 1 ? "" : "s", *more = rules->nat > 1 ? ", ..." : "";

	if (rules->unknown) {
		gp_check_add(check, GP_CHECK_WARN, "nat", "unknown: %s", rules->unknown);
		if (rules->remedy)
			gp_check_mend(check, "%s", rules->remedy);
		if (!rules->nat)
			return;
	}
	if (!rules->nat) {
		gp_check_add(check, GP_CHECK_OK, "nat", "no rule translates addresses");
	} else if (only_inside) {
		gp_check_add(check, GP_CHECK_OK, "nat", "%zu rule%s (%s%s); only the inside is attached, as it has to be",
			     rules->nat, s, rules->first_nat, more);
	} else if (only_tap) {
		gp_check_add(check, GP_CHECK_WARN, "nat", "%zu rule%s (%s%s): behind them subscribers look like one host",
			     rules->nat, s, rules->first_nat, more);
		gp_check_mend(check, "if this host translates what the tap sees, tap on the subscribers' side of it");
	} else {
		gp_check_add(check, GP_CHECK_WARN, "nat", "%zu rule%s (%s%s): of a translated flow inside and outside see "
			     "one half each", rules->nat, s, rules->first_nat, more);
		gp_check_mend(check, "where they apply to subscribers, attach the inside only (-i IFACE:inside; failures are "
			      "not judged then), or tap on the subscribers' side of them");
	}
}

/* "" outside all VRFs. */
static const char *vrf_of(const struct gp_check_chosen *chosen, int index)
{
	const struct gp_netif *link = gp_netif_find(chosen->links, chosen->link_count, index), *master;

	if (!link || strcmp(link->member_kind, "vrf"))
		return "";
	master = gp_netif_find(chosen->links, chosen->link_count, link->master);
	return master ? master->name : "";
}

/* gatepost knows hosts by address alone. */
static void check_vrfs(struct gp_check *check, const struct gp_check_chosen *chosen)
{
	const char *first, *other;

	if (!chosen->count)
		return;
	first = vrf_of(chosen, chosen->interfaces[0].index);
	for (size_t i = 1; i < chosen->count; i++) {
		other = vrf_of(chosen, chosen->interfaces[i].index);
		if (!strcmp(first, other))
			continue;
		gp_check_add(check, GP_CHECK_WARN, "vrf", "%s and %s are in different routing tables: equal addresses in them "
			     "would be one host", chosen->interfaces[0].name, chosen->interfaces[i].name);
		gp_check_mend(check, "attach interfaces of one VRF, or make sure that its addresses do not overlap others'");
		return;
	}
	if (first[0])
		gp_check_add(check, GP_CHECK_OK, "vrf", "all interfaces are in %s", first);
}

void gp_check_network(struct gp_check *check, const struct gp_rules *rules, const struct gp_check_chosen *chosen)
{
	check_nat(check, rules, chosen);
	check_vrfs(check, chosen);
}
