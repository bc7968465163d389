/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a flow tells of links in mails: a mail that was accepted with them, or somebody who followed one. */
#ifndef GATEPOST_TOKEN_DIALOGUE_H
#define GATEPOST_TOKEN_DIALOGUE_H

#include "dialogue.h"
#include "tokens.h"
#include "web_facts.h"

/**
 * gp_token_dialogue() - a flow has ended.
 * @client: under which it is remembered, also in @web; proved.
 * @offset_ns: from the dialogue's clock to the Unix epoch.
 *
 * Deliveries are mails in the clear whose text the server accepted (2yz), whoever sent them to whom. Fetches are requests in
 * the clear, under the name that the link in a mail has; of TLS, only names join names.
 */
void gp_token_dialogue(struct gp_tokens *tokens, struct gp_web_facts *web, const struct gp_dialogue *d,
		       const struct gp_addr *client, __s64 offset_ns);

#endif
