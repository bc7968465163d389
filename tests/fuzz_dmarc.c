// SPDX-License-Identifier: GPL-2.0-or-later
/* A DMARC record, and the same bytes as a domain. */
#include <string.h>

#include "dmarc.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gp_dmarc_record record;
	struct gp_dmarc dmarc;
	char *copy = malloc(size + 1);

	MUST(copy);
	memcpy(copy, data, size);
	copy[size] = '\0';
	if (gp_dmarc_parse(&record, (const char *)data, size))
		MUST(record.policy >= GP_DMARC_NONE && record.subdomains >= GP_DMARC_NONE);
	MUST(strlen(gp_organisational_domain(copy)) <= strlen(copy));
	gp_dmarc_begin(&dmarc, copy);
	for (int asked = 0; gp_dmarc_wants(&dmarc); asked++) {
		struct gp_dns_answer answer = { .status = GP_DNS_FOUND };

		MUST(asked < 2);
		MUST(gp_dns_answer_add(&answer, GP_DNS_TXT, data, size));
		gp_dmarc_answer(&dmarc, &answer);
		gp_dns_answer_free(&answer);
	}
	MUST(gp_dmarc_policy(&dmarc) < GP_DMARC_POLICIES);
	gp_dmarc_spf_passes(&dmarc, GP_SPF_PASS, copy);
	free(copy);
	return 0;
}
