/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the packet filter does that changes what gatepost can conclude: NAT, and source validation. */
#ifndef GATEPOST_CHECK_RULES_H
#define GATEPOST_CHECK_RULES_H

#include <stdbool.h>
#include <stddef.h>

struct gp_rules {
	size_t nat;	      /* rules that translate addresses or ports */
	char first_nat[128];  /* "ip nat postrouting: masquerade"; any bytes */
	bool fib_rule;	      /* a rule drops what is not routed back where it came from */
	const char *unknown;  /* NULL, or why (some of) the rules could not be read; static */
	const char *remedy;   /* and what helps; NULL or static */
};

/**
 * gp_rules_nft() - add the rules of `nft -j list ruleset`.
 *
 * Those that iptables-nft has written are among them. Return: 0, or -EINVAL when it is not such a list.
 */
int gp_rules_nft(struct gp_rules *rules, const char *json);

/* Adds the rules of `iptables-legacy-save -t nat`. @family: "ip" or "ip6". */
void gp_rules_iptables(struct gp_rules *rules, const char *text, const char *family);

/* Runs both programs where there is anything to list. Nothing is loaded into the kernel for it. */
void gp_rules_read(struct gp_rules *rules);

#endif
