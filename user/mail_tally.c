// SPDX-License-Identifier: GPL-2.0-or-later
#include "mail_tally.h"

#include "network.h"

#include <gatepost/parse.h>

#define ODD_SYNTAX (GP_SYNTAX_SPACE_AFTER_COLON | GP_SYNTAX_NO_BRACKETS | GP_SYNTAX_BARE_LF)

void gp_network_set_add(struct gp_network_set *set, const struct gp_addr *network)
{
	__u64 word = gp_addr_is_mapped(network) ? network->halves[1] : network->halves[0];

	for (__u32 i = 0; i < set->count; i++) {
		if (set->of[i] == word)
			return;
	}
	if (set->count < GP_TALLY_NETWORKS)
		set->of[set->count++] = word;
}

/* RFC 5321, 4.1.1.1 wants a name with dots, or an address in brackets. */
static void add_helo(struct gp_mail_tally *tally, __u8 form)
{
	switch (form) {
	case GP_HELO_FQDN:
		tally->helo_good++;
		break;
	case GP_HELO_NONE:
	case GP_HELO_LITERAL:
		break;
	default:
		tally->helo_bad++;
	}
}

/* No mail program in use today writes "Mail From", and few write "MAIL FROM: <x>". */
static bool is_odd(const struct gp_mail_facts *f)
{
	return f->verb_case == GP_CASE_MIXED || f->verb_case == GP_CASE_VARIED || f->keyword_case == GP_CASE_MIXED ||
	       (f->syntax & ODD_SYNTAX) || (f->pipelining & GP_PIPELINED_UNOFFERED);
}

static void add_dnsbl(struct gp_mail_tally *tally, __u8 dnsbl, const struct gp_addr *server)
{
	struct gp_addr network;

	if (dnsbl == GP_DNSBL_POLICY)
		tally->policy++;
	if (dnsbl == GP_DNSBL_COMBINED)
		tally->combined++;
	if (dnsbl != GP_DNSBL_LISTED)
		return;
	tally->listed++;
	network = gp_network(server);
	gp_network_set_add(&tally->listed_by, &network);
}

void gp_mail_tally_add(struct gp_mail_tally *tally, const struct gp_mail_facts *f, const struct gp_addr *server)
{
	bool hidden = f->starttls == GP_STARTTLS_USED;

	add_dnsbl(tally, f->dnsbl, server);
	tally->policy_refused += f->refused_policy;
	if (!f->greeting && !f->verbs_count)
		return;
	tally->dialogues++;
	tally->early += f->early_talker;
	add_helo(tally, f->helo_form);
	tally->odd += is_odd(f);
	tally->to_itself += f->sender_is_recipient;
	tally->null_many += f->null_sender_many;
	tally->tls_unused += f->starttls == GP_STARTTLS_UNUSED && !f->callout;
	tally->callout_refused += f->callout ? f->refused - f->refused_policy : 0;
	tally->callout_accepted += f->callout ? f->recipients_accepted : 0;
	tally->tls_used += hidden;
	tally->hidden_refused += hidden && f->outcome == GP_OUTCOME_REJECTED;
	tally->hidden_accepted += hidden && f->outcome == GP_OUTCOME_ACCEPTED;
}
