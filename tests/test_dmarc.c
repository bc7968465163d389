// SPDX-License-Identifier: GPL-2.0-or-later
/* DMARC: records, organisational domains, discovery, alignment of SPF. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dmarc.h"
#include "dns_file.h"

static const struct {
	const char *text;
	bool valid;
	enum gp_dmarc_policy policy, subdomains;
	bool strict;
} records[] = {
	{ "v=DMARC1; p=none", true, GP_DMARC_NONE, GP_DMARC_NONE, false },
	{ "v=DMARC1;p=reject;sp=quarantine;aspf=s;", true, GP_DMARC_REJECT, GP_DMARC_QUARANTINE, true },
	{ "v = DMARC1 ; p = Quarantine ; pct=5; rua=mailto:a@b.example!10m", true, GP_DMARC_QUARANTINE, GP_DMARC_QUARANTINE,
	  false },
	{ "v=DMARC1; p=maybe", true, GP_DMARC_NONE, GP_DMARC_NONE, false },
	{ "v=DMARC1; nonsense; p=reject", true, GP_DMARC_REJECT, GP_DMARC_REJECT, false },
	{ "v=DMARC1", false, 0, 0, false },
	{ "v=DMARC12; p=reject", false, 0, 0, false },
	{ "p=reject; v=DMARC1", false, 0, 0, false },
	{ "; v=DMARC1; p=reject", false, 0, 0, false },
	{ "v=spf1 -all", false, 0, 0, false },
	{ "", false, 0, 0, false },
};

static void test_records(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		struct gp_dmarc_record record;

		if (gp_dmarc_parse(&record, records[i].text, strlen(records[i].text)) != records[i].valid)
			fail_msg("%s", records[i].text);
		if (!records[i].valid)
			continue;
		assert_int_equal(record.policy, records[i].policy);
		assert_int_equal(record.subdomains, records[i].subdomains);
		assert_int_equal(record.strict_spf, records[i].strict);
	}
}

static void test_organisational(void **state)
{
	static const char *const pairs[][2] = {
		{ "example.com", "example.com" },	 { "a.b.example.com", "example.com" }, { "com", "com" },
		{ "mail.example.co.uk", "example.co.uk" }, { "co.uk", "co.uk" },	      { "shop.co.example", "co.example" },
		{ "a.id.de", "a.id.de" },		 { "www.example.de", "example.de" },  { "", "" },
		{ "co.com", "co.com" },		 { "x.co.com", "co.com" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		assert_string_equal(gp_organisational_domain(pairs[i][0]), pairs[i][1]);
}

static const char zone[] = "_dmarc.example.com TXT 60 v=DMARC1; p=reject; sp=none\n"
			   "_dmarc.own.example.com TXT 60 v=DMARC1; p=quarantine\n"
			   "_dmarc.www.example.com TXT 60 !no-name\n"
			   "_dmarc.strict.example TXT 60 v=DMARC1; p=reject; aspf=s\n"
			   "_dmarc.two.example TXT 60 v=DMARC1; p=reject\n"
			   "_dmarc.two.example TXT 60 v=DMARC1; p=none\n"
			   "_dmarc.bare.example TXT 60 !empty\n"
			   "_dmarc.a.bare.example TXT 60 some text\n";

static const struct {
	const char *domain;
	enum gp_dmarc_policy policy;
	const char *sender; /* that passed SPF */
	bool aligned;
} discoveries[] = {
	{ "example.com", GP_DMARC_REJECT, "example.com", true },
	{ "Example.COM.", GP_DMARC_REJECT, "bounce.example.com", true },
	{ "example.com", GP_DMARC_REJECT, "example.org", false },
	{ "own.example.com", GP_DMARC_QUARANTINE, "example.com", true },
	{ "www.example.com", GP_DMARC_NONE, "other.example.com", true },
	{ "strict.example", GP_DMARC_REJECT, "bounce.strict.example", false },
	{ "strict.example", GP_DMARC_REJECT, "strict.example", true },
	{ "two.example", GP_DMARC_ABSENT, "two.example", true },
	{ "a.bare.example", GP_DMARC_ABSENT, "bare.example", true },
	{ "unheard.example", GP_DMARC_UNKNOWN, "unheard.example", true },
	{ "localhost", GP_DMARC_ABSENT, "example.com", false },
	{ "", GP_DMARC_ABSENT, "example.com", false },
};

static void test_discovery(void **state)
{
	struct gp_dns_file *file;
	unsigned line;

	(void)state;
	assert_int_equal(gp_dns_file_parse(&file, zone, sizeof(zone) - 1, &line), 0);
	for (size_t i = 0; i < sizeof(discoveries) / sizeof(discoveries[0]); i++) {
		const struct gp_dns_question *question;
		struct gp_dmarc dmarc;
		int asked = 0;

		gp_dmarc_begin(&dmarc, discoveries[i].domain);
		while ((question = gp_dmarc_wants(&dmarc)) && asked++ < 3)
			gp_dmarc_answer(&dmarc, gp_dns_file_get(file, question, 0));
		assert_true(asked <= 2);
		if (gp_dmarc_policy(&dmarc) != discoveries[i].policy)
			fail_msg("%s: %s", discoveries[i].domain, gp_dmarc_policy_name(gp_dmarc_policy(&dmarc)));
		assert_int_equal(gp_dmarc_spf_passes(&dmarc, GP_SPF_PASS, discoveries[i].sender), discoveries[i].aligned);
		assert_false(gp_dmarc_spf_passes(&dmarc, GP_SPF_SOFTFAIL, discoveries[i].sender));
	}
	gp_dns_file_close(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_organisational),
		cmocka_unit_test(test_discovery),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
