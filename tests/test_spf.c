// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPF: the situations of RFC 7208, appendix A and 7.4, limits, loops, wrong records. The zone is a file of recorded
 * answers, so what is read here is read by replay, too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dns_file.h"
#include "literal.h"
#include "spf.h"
#include "spf_private.h"

static const char zone_text[] =
	/* The hosts of appendix A. */
	"example.com MX 300 10 mail-a.example.com\n"
	"example.com MX 300 20 mail-b.example.com\n"
	"example.com A 300 192.0.2.10\n"
	"example.com A 300 192.0.2.11\n"
	"example.com AAAA 300 2001:db8::10\n"
	"amy.example.com A 300 192.0.2.65\n"
	"bob.example.com A 300 192.0.2.66\n"
	"mail-a.example.com A 300 192.0.2.129\n"
	"mail-a.example.com AAAA 300 2001:db8::a\n"
	"mail-b.example.com A 300 192.0.2.130\n"
	"mail-b.example.com AAAA 300 !empty\n"
	"example.org MX 300 10 mail-c.example.org\n"
	"example.org A 300 !empty\n"
	"mail-c.example.org A 300 192.0.2.140\n"
	"65.2.0.192.in-addr.arpa PTR 300 amy.example.com\n"
	"140.2.0.192.in-addr.arpa PTR 300 mail-c.example.org\n"
	"4.0.0.10.in-addr.arpa PTR 300 bob.example.com\n"
	"9.2.0.192.in-addr.arpa PTR 300 !no-name\n"
	"8.2.0.192.in-addr.arpa PTR 300 !failed\n"
	/* A.2 and A.3. */
	"net1.example TXT 300 v=spf1 include:com1.example include:com2.example -all\n"
	"com1.example TXT 300 v=spf1 ip4:192.0.2.0/28 -all\n"
	"com2.example TXT 300 v=spf1 ip4:198.51.100.0/24 ~all\n"
	"sub.net1.example TXT 300 v=spf1 redirect=net1.example\n"
	"users.example TXT 300 v=spf1 include:mobile._spf.%{d} include:remote._spf.%{d} -all\n"
	"mobile._spf.users.example TXT 300 v=spf1 exists:%{l1r+}.%{d}\n"
	"remote._spf.users.example TXT 300 v=spf1 exists:%{ir}.%{l1r+}.%{d}\n"
	"mary.mobile._spf.users.example A 300 127.0.0.2\n"
	"joel.mobile._spf.users.example A 300 !no-name\n"
	"15.2.0.192.joel.remote._spf.users.example A 300 127.0.0.2\n"
	"16.2.0.192.joel.remote._spf.users.example A 300 !no-name\n"
	/* What includes, redirects and limits come to. */
	"none.example TXT 300 !no-name\n"
	"texts.example TXT 300 some other text\n"
	"slow.example TXT 300 !failed\n"
	"slow.example A 300 !failed\n"
	"slow.example MX 300 !failed\n"
	"twice.example TXT 300 v=spf1 -all\n"
	"twice.example TXT 300 v=spf1 +all\n"
	"later.example TXT 300 v=spf10 -all\n"
	"soft.example TXT 300 v=spf1 ~all\n"
	"fails.example TXT 300 v=spf1 -all\n"
	"neutral.example TXT 300 v=spf1 ?all\n"
	"open.example TXT 300 v=spf1\n"
	"broken.example TXT 300 v=spf1 all:x\n"
	"loop.example TXT 300 v=spf1 include:loop.example -all\n"
	"round.example TXT 300 v=spf1 redirect=trip.example\n"
	"trip.example TXT 300 v=spf1 redirect=round.example\n"
	"gone.example A 300 !no-name\n"
	"gone.example MX 300 !empty\n"
	"void1.example A 300 !empty\n"
	"void2.example A 300 !no-name\n"
	"null.example MX 300 0 .\n"
	"many.example MX 300 0 m1.many.example\n"
	"many.example MX 300 0 m2.many.example\n"
	"many.example MX 300 0 m3.many.example\n"
	"many.example MX 300 0 m4.many.example\n"
	"many.example MX 300 0 m5.many.example\n"
	"many.example MX 300 0 m6.many.example\n"
	"many.example MX 300 0 m7.many.example\n"
	"many.example MX 300 0 m8.many.example\n"
	"many.example MX 300 0 m9.many.example\n"
	"many.example MX 300 0 m10.many.example\n"
	"many.example MX 300 0 m11.many.example\n"
	"m1.many.example A 300 192.0.2.77\n";

#define FROM_A "example.com"

struct row {
	const char *record; /* of the domain; NULL: the zone's */
	const char *ip, *domain, *local, *helo;
	enum gp_spf_result result;
	bool undecided;
};

static const struct row rows[] = {
	/* A.1 */
	{ "v=spf1 +all", "203.0.113.9", FROM_A, "", "", GP_SPF_PASS, false },
	{ "v=spf1 a -all", "192.0.2.11", FROM_A, "", "", GP_SPF_PASS, false },
	{ "v=spf1 a -all", "192.0.2.12", FROM_A, "", "", GP_SPF_FAIL, false },
	{ "v=spf1 a -all", "2001:db8::10", FROM_A, "", "", GP_SPF_PASS, false },
	{ "v=spf1 a:example.org -all", "192.0.2.10", FROM_A, "", "", GP_SPF_FAIL, false },
	{ "v=spf1 mx -all", "192.0.2.130", FROM_A, "", "", GP_SPF_PASS, false },
	{ "v=spf1 mx -all", "192.0.2.10", FROM_A, "", "", GP_SPF_FAIL, false },
	{ "v=spf1 mx -all", "2001:db8::a", FROM_A, "", "", GP_SPF_PASS, false },
	{ "v=spf1 mx:example.org -all", "192.0.2.140", FROM_A, "", "", GP_SPF_PASS, false },
	{ "v=spf1 mx mx:example.org -all", "192.0.2.140", FROM_A, "", "", GP_SPF_PASS, false },
	{ "v=spf1 mx mx:example.org -all", "192.0.2.141", FROM_A, "", "", GP_SPF_FAIL, false },
	{ "v=spf1 mx/30 mx:example.org/30 -all", "192.0.2.131", FROM_A, "", "", GP_SPF_PASS, false },
	{ "v=spf1 mx/30 mx:example.org/30 -all", "192.0.2.143", FROM_A, "", "", GP_SPF_PASS, false },
	{ "v=spf1 mx/30 mx:example.org/30 -all", "192.0.2.132", FROM_A, "", "", GP_SPF_FAIL, false },
	{ "v=spf1 mx/30//120 -all", "2001:db8::ff", FROM_A, "", "", GP_SPF_PASS, false },
	{ "v=spf1 mx//121 -all", "2001:db8::ff", FROM_A, "", "", GP_SPF_FAIL, false },
	{ "v=spf1 ptr -all", "192.0.2.65", FROM_A, "", "", GP_SPF_PASS, false },
	{ "v=spf1 ptr -all", "192.0.2.140", FROM_A, "", "", GP_SPF_FAIL, false },
	{ "v=spf1 ptr -all", "10.0.0.4", FROM_A, "", "", GP_SPF_FAIL, false },
	{ "v=spf1 ptr -all", "192.0.2.9", FROM_A, "", "", GP_SPF_FAIL, false },
	{ "v=spf1 ptr ?all", "192.0.2.8", FROM_A, "", "", GP_SPF_NEUTRAL, false },
	{ "v=spf1 ip4:192.0.2.128/28 -all", "192.0.2.65", FROM_A, "", "", GP_SPF_FAIL, false },
	{ "v=spf1 ip4:192.0.2.128/28 -all", "192.0.2.129", FROM_A, "", "", GP_SPF_PASS, false },
	{ "v=spf1 ip6:2001:db8::/32 -all", "2001:db8:1::1", FROM_A, "", "", GP_SPF_PASS, false },
	{ "v=spf1 ip6:2001:db8::/32 -all", "192.0.2.1", FROM_A, "", "", GP_SPF_FAIL, false },
	{ "v=spf1 ip4:0.0.0.0/0 -all", "2001:db8::1", FROM_A, "", "", GP_SPF_FAIL, false },
	/* A.2, A.3, A.4 */
	{ NULL, "192.0.2.7", "net1.example", "", "", GP_SPF_PASS, false },
	{ NULL, "198.51.100.7", "sub.net1.example", "", "", GP_SPF_PASS, false },
	{ NULL, "203.0.113.7", "sub.net1.example", "", "", GP_SPF_FAIL, false },
	{ NULL, "203.0.113.7", "users.example", "mary", "", GP_SPF_PASS, false },
	{ NULL, "203.0.113.7", "users.example", "mary+lists", "", GP_SPF_PASS, false },
	{ NULL, "192.0.2.15", "users.example", "joel", "", GP_SPF_PASS, false },
	{ NULL, "192.0.2.16", "users.example", "joel", "", GP_SPF_FAIL, false },
	{ "v=spf1 -ip4:192.0.2.0/24 +all", "192.0.2.7", FROM_A, "", "", GP_SPF_FAIL, false },
	{ "v=spf1 -ip4:192.0.2.0/24 +all", "203.0.113.7", FROM_A, "", "", GP_SPF_PASS, false },
	/* Nobody fails for what was not looked at. */
	{ NULL, "192.0.2.16", "users.example", NULL, "", GP_SPF_NEUTRAL, true },
	{ "v=spf1 exists:%{p}.example.org -all", "192.0.2.16", FROM_A, "", "", GP_SPF_NEUTRAL, true },
	{ "v=spf1 exists:%{h} -all", "192.0.2.16", FROM_A, "", "", GP_SPF_NEUTRAL, true },
	{ "v=spf1 exists:%{h} -all", "192.0.2.16", FROM_A, "", "amy.example.com", GP_SPF_PASS, false },
	/* 4.3 to 4.7 */
	{ NULL, "192.0.2.1", "", "", "", GP_SPF_NONE, false },
	{ NULL, "192.0.2.1", "localhost", "", "", GP_SPF_NONE, false },
	{ NULL, "192.0.2.1", "[192.0.2.1]", "", "", GP_SPF_NONE, false },
	{ NULL, "192.0.2.1", "two..dots.example", "", "", GP_SPF_NONE, false },
	{ NULL, "192.0.2.1", "none.example", "", "", GP_SPF_NONE, false },
	{ NULL, "192.0.2.1", "NONE.example.", "", "", GP_SPF_NONE, false },
	{ NULL, "192.0.2.1", "texts.example", "", "", GP_SPF_NONE, false },
	{ NULL, "192.0.2.1", "later.example", "", "", GP_SPF_NONE, false },
	{ NULL, "192.0.2.1", "slow.example", "", "", GP_SPF_TEMPERROR, false },
	{ NULL, "192.0.2.1", "unheard.example", "", "", GP_SPF_TEMPERROR, false },
	{ NULL, "192.0.2.1", "twice.example", "", "", GP_SPF_PERMERROR, false },
	{ NULL, "192.0.2.1", "open.example", "", "", GP_SPF_NEUTRAL, false },
	{ "V=sPf1 -ALL", "192.0.2.1", FROM_A, "", "", GP_SPF_FAIL, false },
	{ "v=spf1  ip4:192.0.2.1   -all", "192.0.2.1", FROM_A, "", "", GP_SPF_PASS, false },
	/* 5.2 */
	{ "v=spf1 ~include:com1.example -all", "192.0.2.1", FROM_A, "", "", GP_SPF_SOFTFAIL, false },
	{ "v=spf1 include:fails.example ?all", "192.0.2.1", FROM_A, "", "", GP_SPF_NEUTRAL, false },
	{ "v=spf1 include:soft.example -all", "192.0.2.1", FROM_A, "", "", GP_SPF_FAIL, false },
	{ "v=spf1 include:neutral.example -all", "192.0.2.1", FROM_A, "", "", GP_SPF_FAIL, false },
	{ "v=spf1 include:slow.example -all", "192.0.2.1", FROM_A, "", "", GP_SPF_TEMPERROR, false },
	{ "v=spf1 include:broken.example -all", "192.0.2.1", FROM_A, "", "", GP_SPF_PERMERROR, false },
	{ "v=spf1 include:none.example -all", "192.0.2.1", FROM_A, "", "", GP_SPF_PERMERROR, false },
	/* 6.1 */
	{ "v=spf1 redirect=fails.example", "192.0.2.1", FROM_A, "", "", GP_SPF_FAIL, false },
	{ "v=spf1 redirect=none.example", "192.0.2.1", FROM_A, "", "", GP_SPF_PERMERROR, false },
	{ "v=spf1 redirect=fails.example ?all", "192.0.2.1", FROM_A, "", "", GP_SPF_NEUTRAL, false },
	{ "v=spf1 redirect=a.example redirect=b.example", "192.0.2.1", FROM_A, "", "", GP_SPF_PERMERROR, false },
	{ "v=spf1 exp=a.example exp=b.example -all", "192.0.2.1", FROM_A, "", "", GP_SPF_PERMERROR, false },
	{ "v=spf1 exp=why.%{d} x-new=%{i}%_odd! -all", "192.0.2.1", FROM_A, "", "", GP_SPF_FAIL, false },
	/* 4.6.4: ten look-ups, two voids, ten names, and what goes round. */
	{ NULL, "192.0.2.1", "loop.example", "", "", GP_SPF_PERMERROR, false },
	{ NULL, "192.0.2.1", "round.example", "", "", GP_SPF_PERMERROR, false },
	{ "v=spf1 a a a a a a a a a a -all", "192.0.2.1", FROM_A, "", "", GP_SPF_FAIL, false },
	{ "v=spf1 a a a a a a a a a a a -all", "192.0.2.1", FROM_A, "", "", GP_SPF_PERMERROR, false },
	{ "v=spf1 a a a a a a a a a a a -all", "192.0.2.10", FROM_A, "", "", GP_SPF_PASS, false },
	{ "v=spf1 a:void1.example a:void2.example -all", "192.0.2.1", FROM_A, "", "", GP_SPF_FAIL, false },
	{ "v=spf1 a:void1.example a:void2.example a:gone.example -all", "192.0.2.1", FROM_A, "", "", GP_SPF_PERMERROR, false },
	{ "v=spf1 mx:gone.example -all", "192.0.2.1", FROM_A, "", "", GP_SPF_FAIL, false },
	{ "v=spf1 mx:null.example -all", "192.0.2.1", FROM_A, "", "", GP_SPF_FAIL, false },
	{ "v=spf1 mx:slow.example -all", "192.0.2.1", FROM_A, "", "", GP_SPF_TEMPERROR, false },
	{ "v=spf1 mx:many.example -all", "192.0.2.77", FROM_A, "", "", GP_SPF_PERMERROR, false },
	/* 12: nothing is acted on unless all of it can be read. */
	{ "v=spf1 +all bogus", "192.0.2.1", FROM_A, "", "", GP_SPF_PERMERROR, false },
	{ "v=spf1 +all all.", "192.0.2.1", FROM_A, "", "", GP_SPF_PERMERROR, false },
	{ "v=spf1 include -all", "192.0.2.1", FROM_A, "", "", GP_SPF_PERMERROR, false },
	{ "v=spf1 include: -all", "192.0.2.1", FROM_A, "", "", GP_SPF_PERMERROR, false },
	{ "v=spf1 a: -all", "192.0.2.1", FROM_A, "", "", GP_SPF_PERMERROR, false },
	{ "v=spf1 a/33 -all", "192.0.2.1", FROM_A, "", "", GP_SPF_PERMERROR, false },
	{ "v=spf1 a/08 -all", "192.0.2.1", FROM_A, "", "", GP_SPF_PERMERROR, false },
	{ "v=spf1 a//129 -all", "192.0.2.1", FROM_A, "", "", GP_SPF_PERMERROR, false },
	{ "v=spf1 a:example -all", "192.0.2.1", FROM_A, "", "", GP_SPF_PERMERROR, false },
	{ "v=spf1 a:example.123 -all", "192.0.2.1", FROM_A, "", "", GP_SPF_PERMERROR, false },
	{ "v=spf1 a:example.-com -all", "192.0.2.1", FROM_A, "", "", GP_SPF_PERMERROR, false },
	{ "v=spf1 ip4:192.0.2.256 -all", "192.0.2.1", FROM_A, "", "", GP_SPF_PERMERROR, false },
	{ "v=spf1 ip4:192.0.2 -all", "192.0.2.1", FROM_A, "", "", GP_SPF_PERMERROR, false },
	{ "v=spf1 ip4:2001:db8::1 -all", "192.0.2.1", FROM_A, "", "", GP_SPF_PERMERROR, false },
	{ "v=spf1 ip4:192.0.2.0/ -all", "192.0.2.1", FROM_A, "", "", GP_SPF_PERMERROR, false },
	{ "v=spf1 ip6:192.0.2.1 -all", "192.0.2.1", FROM_A, "", "", GP_SPF_PERMERROR, false },
	{ "v=spf1 ip6:[2001:db8::1] -all", "192.0.2.1", FROM_A, "", "", GP_SPF_PERMERROR, false },
	{ "v=spf1 exists:%{c}.example -all", "192.0.2.1", FROM_A, "", "", GP_SPF_PERMERROR, false },
	{ "v=spf1 exists:%{d0}.example -all", "192.0.2.1", FROM_A, "", "", GP_SPF_PERMERROR, false },
	{ "v=spf1 exists:%{d.example -all", "192.0.2.1", FROM_A, "", "", GP_SPF_PERMERROR, false },
	{ "v=spf1 exists:100% -all", "192.0.2.1", FROM_A, "", "", GP_SPF_PERMERROR, false },
	{ "v=spf1 =x -all", "192.0.2.1", FROM_A, "", "", GP_SPF_PERMERROR, false },
	{ "v=spf1 +exp=a.example -all", "192.0.2.1", FROM_A, "", "", GP_SPF_PERMERROR, false },
	/* A domain-spec may hold a slash; what came out is no name, and does not match (4.8). */
	{ "v=spf1 a:%{d}//x.%{d} ?all", "192.0.2.10", FROM_A, "", "", GP_SPF_TEMPERROR, false },
	{ "v=spf1 a:..%{d} ?all", "192.0.2.10", FROM_A, "", "", GP_SPF_NEUTRAL, false },
};

/* The zone, with a record of the row's own. */
static struct gp_dns_file *zone_with(const char *domain, const char *record)
{
	char text[sizeof(zone_text) + 600];
	struct gp_dns_file *zone;
	unsigned line;
	int n = snprintf(text, sizeof(text), "%s", zone_text);

	if (record)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%s TXT 300 %s\n", domain, record);
	assert_int_equal(gp_dns_file_parse(&zone, text, (size_t)n, &line), 0);
	return zone;
}

static struct gp_addr address(const char *text)
{
	struct gp_addr addr;

	assert_true(gp_literal_read(&addr, text, strlen(text)));
	return addr;
}

static void test_rows(void **state)
{
	static struct gp_spf spf;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct gp_dns_file *zone = zone_with(row->domain, row->record);
		struct gp_addr ip = address(row->ip);
		const struct gp_dns_question *question;
		unsigned asked = 0;

		gp_spf_begin(&spf, &ip, row->domain, row->local, row->helo);
		while ((question = gp_spf_wants(&spf)) && asked++ < 200)
			gp_spf_answer(&spf, gp_dns_file_get(zone, question, 0));
		if (gp_spf_result(&spf) != row->result || spf.undecided != row->undecided || question)
			fail_msg("%s for %s, %s: %s after %u questions, not %s", row->ip, row->domain,
				 row->record ? row->record : "its record", gp_spf_result_name(gp_spf_result(&spf)), asked,
				 gp_spf_result_name(row->result));
		assert_true(asked <= 122);
		gp_dns_file_close(zone);
	}
}

/* RFC 7208, 7.4: strong-bad@email.example.com, from 192.0.2.3 and from 2001:db8::cb01. */
static const struct {
	const char *spec, *ip, *name; /* NULL: no name */
} macros[] = {
	{ "%{o}", "192.0.2.3", "email.example.com" },
	{ "%{d}", "192.0.2.3", "email.example.com" },
	{ "%{d4}", "192.0.2.3", "email.example.com" },
	{ "%{d3}", "192.0.2.3", "email.example.com" },
	{ "%{d2}", "192.0.2.3", "example.com" },
	{ "%{d1}", "192.0.2.3", "com" },
	{ "%{dr}", "192.0.2.3", "com.example.email" },
	{ "%{d2r}", "192.0.2.3", "example.email" },
	{ "%{s}", "192.0.2.3", "strong-bad@email.example.com" },
	{ "%{l}", "192.0.2.3", "strong-bad" },
	{ "%{l-}", "192.0.2.3", "strong.bad" },
	{ "%{lr}", "192.0.2.3", "strong-bad" },
	{ "%{lr-}", "192.0.2.3", "bad.strong" },
	{ "%{l1r-}", "192.0.2.3", "strong" },
	{ "%{ir}.%{v}._spf.%{d2}", "192.0.2.3", "3.2.0.192.in-addr._spf.example.com" },
	{ "%{lr-}.lp._spf.%{d2}", "192.0.2.3", "bad.strong.lp._spf.example.com" },
	{ "%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "192.0.2.3", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com" },
	{ "%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "192.0.2.3", "3.2.0.192.in-addr.strong.lp._spf.example.com" },
	{ "%{d2}.trusted-domains.example.net", "192.0.2.3", "example.com.trusted-domains.example.net" },
	{ "%{ir}.%{v}._spf.%{d2}", "2001:db8::cb01",
	  "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com" },
	{ "a%%b.%{D2}", "192.0.2.3", "a%b.example.com" },
	{ "a%-b.%{S}", "192.0.2.3", "a%20b.strong-bad%40email.example.com" },
	{ "a%_b.example", "192.0.2.3", NULL },
	{ "%{i}.%{h}", "192.0.2.3", "192.0.2.3.mx.example" },
	/* Labels go from the left until 253 characters are left. */
	{ "%{d}.%{d}.%{d}.%{d}.%{d}.%{d}.%{d}.%{d}.%{d}.%{d}.%{d}.%{d}.%{d}.%{d}.%{d}", "192.0.2.3",
	  "email.example.com.email.example.com.email.example.com.email.example.com.email.example.com.email.example.com."
	  "email.example.com.email.example.com.email.example.com.email.example.com.email.example.com.email.example.com."
	  "email.example.com.email.example.com" },
};

static void test_macros(void **state)
{
	static struct gp_spf spf;

	(void)state;
	for (size_t i = 0; i < sizeof(macros) / sizeof(macros[0]); i++) {
		struct gp_addr ip = address(macros[i].ip);
		char name[GP_DNS_NAME] = "";
		enum gp_spf_expansion got;

		gp_spf_begin(&spf, &ip, "email.example.com", "strong-bad", "mx.example");
		got = gp_spf_expand(name, &spf, "email.example.com", macros[i].spec, strlen(macros[i].spec));
		assert_int_equal(got, macros[i].name ? GP_SPF_EXPANDED : GP_SPF_NO_NAME);
		if (macros[i].name)
			assert_string_equal(name, macros[i].name);
	}
}

/* The least TTL counts, the same record twice is one, and what was read is written as it can be read again. */
static void test_file(void **state)
{
	static const char text[] = "# a comment\r\n\nA.example\tTXT  300 v=spf1 x\\x5c\\x00 -all\na.example TXT 60 v=other\n"
				   "a.example TXT 90 v=other\na.example MX 300 10 mx.example\na.example PTR 5 !empty\n"
				   "a.example AAAA 5 2001:db8::1";
	static const char *const wrong[] = {
		"a.example TXT 300", "a.example SOA 300 x", "a.example A 300 2001:db8::1", "a.example A x 192.0.2.1",
		"a.example A 99999999999 192.0.2.1", "a.example MX 300 mx.example", "a..example A 300 192.0.2.1",
		"a.example TXT 300 v\\q", "a.example MX 300 10", "a.example PTR 300 a b", "a.example AAAA 300 192.0.2.1",
	};
	struct gp_dns_question question = { "a.example", GP_DNS_TXT };
	const struct gp_dns_answer *answer;
	struct gp_dns_file *file;
	char written[256];
	unsigned line;
	FILE *out;

	(void)state;
	assert_int_equal(gp_dns_file_parse(&file, text, sizeof(text) - 1, &line), 0);
	answer = gp_dns_file_get(file, &question, 0);
	assert_int_equal(answer->status, GP_DNS_FOUND);
	assert_int_equal(answer->count, 2);
	assert_int_equal(answer->ttl_s, 60);
	out = fmemopen(written, sizeof(written), "w");
	assert_int_equal(gp_dns_file_write(out, &question, answer), 0);
	fclose(out);
	assert_string_equal(written, "a.example TXT 60 v=spf1 x\\x5c\\x00 -all\na.example TXT 60 v=other\n");
	question.type = GP_DNS_PTR;
	assert_int_equal(gp_dns_file_get(file, &question, 0)->status, GP_DNS_EMPTY);
	question.type = GP_DNS_A;
	assert_int_equal(gp_dns_file_get(file, &question, 0)->status, GP_DNS_FAILED);
	gp_dns_file_close(file);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char two[128];
		int n = snprintf(two, sizeof(two), "# fine\n%s\n", wrong[i]);

		if (!gp_dns_file_parse(&file, two, (size_t)n, &line))
			fail_msg("accepted: %s", wrong[i]);
		assert_int_equal(line, 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_macros),
		cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
