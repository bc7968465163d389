/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the reader of mails makes of them, whole and in pieces; tests/messages.py asks another opinion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "message.h"
#include "sanitise.h"
#include "text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MAIL(text) text, sizeof(text) - 1
#define X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X320 X64 X64 X64 X64 X64
#define NESTED(n, inner) "Content-Type: multipart/mixed; boundary=" n "\r\n\r\n--" n "\r\n" inner "\r\n--" n "--\r\n"

static const __u8 salt[GP_MESSAGE_SALT] = "salt of a test";

/* "F" From, "D" its domain, "R" Reply-To, "V" Received and its address, "M" Message-ID, links; "-": incomplete. */
static const struct row {
	const char *name;
	const char *mail;
	size_t len;
	const char *wanted;
} rows[] = {
	{ "plain", MAIL("From: a@B.Example\r\n\r\nhttp://x.example/\r\n"), "F a@B.Example D b.example x.example" },
	{ "bare LF", MAIL("From: a@b.example\n\nhttp://x.example/\n"), "F a@b.example D b.example x.example" },
	{ "no body", MAIL("From: a@b.example"), "F a@b.example D b.example" },
	{ "nothing", MAIL(""), "" },
	{ "only line ends", MAIL("\r\n\r\n\n\n\r"), "" },
	{ "no header", MAIL("see http://x.example/ please\r\n"), "x.example" },
	{ "a mailbox file's line", MAIL("From a@b Mon\r\nFrom: c@d.example\r\n\r\n"), "F c@d.example D d.example" },
	{ "a line that is no field ends the header", MAIL("From: a@b.example\r\nfoo http://x.example\r\nReply-To: c@d.example\r\n"),
	  "F a@b.example D b.example x.example" },

	{ "name and brackets", MAIL("From: A B <a@b.example>\r\n\r\n"), "F a@b.example D b.example" },
	{ "an address as the name", MAIL("From: ceo@bank.example <a@b.example>\r\n\r\n"), "F a@b.example D b.example" },
	{ "an address and words as the name", MAIL("From: ceo@bank.example The Boss <a@b.example>\r\n\r\n"), "F a@b.example D b.example" },
	{ "an address in quotes as the name", MAIL("From: \"ceo@bank.example\" <a@b.example>\r\n\r\n"), "F a@b.example D b.example" },
	{ "brackets in quotes", MAIL("From: \"<ceo@bank.example>\" <a@b.example>\r\n\r\n"), "F a@b.example D b.example" },
	{ "brackets in a comment", MAIL("From: (<ceo@bank.example>(\\))) a@b.example\r\n\r\n"), "F a@b.example D b.example" },
	{ "a folded field", MAIL("From: A B\r\n\t<a@b.\r\n example>\r\nX: y\r\n\r\n"), "F a@b.example D b.example" },
	{ "a group", MAIL("From: friends: A <a@b.example>, c@d.example;\r\n\r\n"), "F a@b.example D b.example" },
	{ "an empty group", MAIL("From: undisclosed-recipients:;\r\n\r\n"), "" },
	{ "a source route", MAIL("From: <@r.example,@s.example:a@b.example>\r\n\r\n"), "F a@b.example D b.example" },
	{ "a quoted local part", MAIL("From: \"a@c\"@b.example\r\n\r\n"), "F \"a@c\"@b.example D b.example" },
	{ "a domain literal", MAIL("From: a@[192.0.2.1]\r\n\r\n"), "F a@[192.0.2.1] D [192.0.2.1]" },
	{ "a tag before the name", MAIL("From: [LIST] x <a@b.example>\r\n\r\n"), "F a@b.example D b.example" },
	{ "blanks around the sign", MAIL("From: a @ b . example\r\n\r\n"), "F a@b.example D b.example" },
	{ "several, the first counts", MAIL("From: a@b.example, c@d.example\r\nFrom: e@f.example\r\n\r\n"), "F a@b.example D b.example" },
	{ "a bracket that is not closed", MAIL("From: A <a@b.example\r\n\r\n"), "" },
	{ "a quotation that is not closed", MAIL("From: \"A <a@b.example>\r\n\r\n"), "" },
	{ "no domain", MAIL("From: root\r\nReply-To: x@\r\n\r\n"), "" },
	{ "Reply-To elsewhere", MAIL("FROM: a@b.example\r\nreply-to : c@d.example\r\n\r\n"), "F a@b.example D b.example R c@d.example" },
	{ "an encoded name", MAIL("From: =?utf-8?b?PGNAZC5leGFtcGxlPg==?= <a@b.example>\r\n\r\n"), "F a@b.example D b.example" },
	{ "a name of 320 bytes", MAIL("From: " X320 X64 " <a@b.example>\r\n\r\n"), "F a@b.example D b.example" },
	{ "an address that is too long", MAIL("From: a@" X320 "\r\n\r\n"), "" },
	{ "bytes that are no UTF-8, and an escape", MAIL("From: <\xff\x1b[2J@b\x00.\xc3=example>\r\n\r\n"),
	  "F \\xff\\x1b[2J@b\\x00.\\xc3=example D b\\x00.\\xc3=example" },
	{ "a bare CR is no line end", MAIL("From: a@b.example\rReply-To: c@d.example\r\n\r\n"), "F a@b.example D b.example" },

	{ "Received", MAIL("Received: from pc.lan (h [192.0.2.9]) by mx\r\nReceived: from z by y\r\n\r\n"), "V pc.lan 192.0.2.9" },
	{ "Received, IPv6", MAIL("Received: from [IPv6:2001:DB8:0::1]\r\n (x) by mx\r\n\r\n"), "V [IPv6:2001:DB8:0::1] 2001:db8::1" },
	{ "Received by somebody", MAIL("Received: by mx [192.0.2.9]\r\nReceived: from z by y\r\n\r\n"), "" },
	{ "Received, address only of who received", MAIL("Received: from pc by mx [192.0.2.9]; date\r\n\r\n"), "V pc" },
	{ "Received, no address", MAIL("Received: from pc ([300.1.1.1]) by mx\r\n\r\n"), "V pc" },
	{ "Message-ID", MAIL("Message-ID: <1@2@Pc.Example>\r\n\r\n"), "M pc.example" },
	{ "Message-ID without brackets", MAIL("Message-ID: 1@pc\r\n\r\n"), "" },

	{ "punctuation", MAIL("\r\n(http://a.example/x), http://b.example. HTTPS://C.example! http://d.example/(x) <http://e.example.>\r\n"),
	  "a.example b.example c.example d.example e.example" },
	{ "what is no link", MAIL("\r\nxhttp://a.example http:/b.example http//c.example ftp://d.example http:// http://,x http://.x\r\n"), "" },
	{ "credentials, ports, literals", MAIL("\r\nhttp://u:p@a.example:81/ http://[2001:db8::1]:80/ http://b.example:x/ http://c.example:99999/\r\n"),
	  "a.example [2001:db8::1]" },
	{ "the same twice", MAIL("\r\nhttp://a.example/x http://A.example:80/x http://a.example/x#f http://a.example./x\r\n"), "a.example" },
	{ "a link at the end", MAIL("\r\nhttp://a.example/x"), "a.example" },
	{ "a host that is too long", MAIL("\r\nhttp://" X64 X64 "x/\r\n"), "+1" },
	{ "a host of 128 bytes", MAIL("\r\nhttp://" X64 X64 "/\r\n"), X64 X64 },
	{ "NUL, escape and no ASCII end a link", MAIL("\r\nhttp://a.example/\x00http://b.example\x1b[2Jhttp://c.example\xffhttp://d.example http://e.example\x7f\r\n"),
	  "a.example b.example d.example e.example" },
	{ "a link is not put together over a line end", MAIL("\r\nhttp://a.ex\r\nample/\r\n"), "a.ex" },

	{ "quoted-printable", MAIL("Content-Transfer-Encoding: quoted-printable\r\n\r\nh=\r\nttp://a.ex= \t\r\nample/?q=3D1 =68ttp://b.example=\r\n"),
	  "a.example b.example" },
	{ "quoted-printable, broken", MAIL("Content-Transfer-Encoding: quoted-printable\r\n\r\n=zz=4=http://a.example/=\r\n"), "a.example" },
	{ "base64", MAIL("Content-Transfer-Encoding: BASE64\r\n\r\naHR0cDovL2Eu\r\nZXhh bXBsZS8=\r\n"), "a.example" },
	{ "base64 in pieces with padding", MAIL("Content-Transfer-Encoding: base64\r\n\r\naHR0cDovL2EuZXhhbXBsZS8=\r\nIGh0dHA6Ly9iLmV4YW1wbGUv\r\n"),
	  "a.example b.example" },
	{ "an unknown encoding", MAIL("Content-Transfer-Encoding: x-uuencode\r\n\r\nhttp://a.example\r\n"), "" },
	{ "HTML", MAIL("Content-Type: text/html\r\n\r\n<a href=\"http://a.example/?a=1&amp;b\">http&#58;&#x2F;/b.example.</a>"
		       "<img src='https://c.example/x'><a href=http://d.example/>x</a>"), "a.example b.example c.example d.example" },
	{ "HTML, references that are none", MAIL("Content-Type: text/html\r\n\r\n&&;&amp&#;&#x;&aaaaaaaaaaaaaaaaaaaahttp://no.example "
						 "http://a.example/&copy=1&\r\n"), "a.example" },
	{ "an attachment", MAIL("Content-Type: application/pdf\r\n\r\nhttp://a.example\r\n"), "" },
	{ "a broken type is plain text", MAIL("Content-Type: nonsense\r\n\r\nhttp://a.example\r\n"), "a.example" },
	{ "multipart", MAIL("Content-Type: multipart/mixed; boundary=\"b b\"\r\n\r\nhttp://no.example\r\n--b b\r\n\r\nhttp://a.example\r\n"
			    "--b b \t\r\nContent-Type: text/html\r\n\r\n<a href='http://b.example'>\r\n--b bx\r\n--b b--\r\nhttp://no.example\r\n"),
	  "a.example b.example" },
	{ "a part's sender is not the mail's", MAIL("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nFrom: x@y.example\r\n\r\n--b--\r\n"), "" },
	{ "a forwarded mail", MAIL("From: a@b.example\r\nContent-Type: message/rfc822\r\n\r\nFrom: x@y.example\r\n\r\nhttp://a.example\r\n"),
	  "F a@b.example D b.example a.example" },
	{ "a boundary in a header", MAIL("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nX: y\r\n--b\r\n\r\nhttp://a.example\r\n"), "a.example" },
	{ "no boundary", MAIL("Content-Type: multipart/mixed\r\n\r\nhttp://a.example\r\n"), "-" },
	{ "an outer boundary ends an inner part", MAIL("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
		"Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nhttp://a.example\r\n--b\r\n\r\nhttp://b.example\r\n--c\r\n--b--\r\n"),
	  "a.example b.example" },
	{ "8 deep", MAIL(NESTED("1", NESTED("2", NESTED("3", NESTED("4", NESTED("5", NESTED("6", NESTED("7", NESTED("8", "\r\nhttp://a.example\r\n"))))))))), "a.example" },
	{ "9 deep", MAIL(NESTED("1", NESTED("2", NESTED("3", NESTED("4", NESTED("5", NESTED("6", NESTED("7", NESTED("8", NESTED("9", "\r\nhttp://a.example\r\n")))))))))
			 "\r\nhttp://b.example"), "-" },
	{ "UTF-16", MAIL("Content-Type: text/plain; charset=\"utf-16\"\r\nContent-Transfer-Encoding: base64\r\n\r\n//5oAHQAdABwADoALwAvAGEALgBlAHgA\r\n"), "a.ex" },
};

static size_t put(char *out, const char *key, const char *data, size_t len)
{
	char text[6 * GP_MESSAGE_ADDRESS + 1];

	if (!len)
		return 0;
	gp_sanitise(text, sizeof(text), data, len);
	return (size_t)sprintf(out, "%s%s ", key, text);
}

static void describe(char *out, const struct gp_message *m)
{
	char address[GP_TEXT_ADDR], *begin = out;

	*out = '\0';
	out += put(out, "F ", m->from.data, m->from.len);
	out += put(out, "D ", m->from_domain.data, m->from_domain.len);
	out += put(out, "R ", m->reply_to.data, m->reply_to.len);
	out += put(out, "V ", m->received_from.data, m->received_from.len);
	if (m->has_received_address)
		out += sprintf(out, "%s ", gp_text_address(address, &m->received_address, 128));
	out += put(out, "M ", m->message_id_domain.data, m->message_id_domain.len);
	for (int i = 0; i < m->n_links; i++)
		out += put(out, "", m->links[i].host, m->links[i].host_len);
	if (m->links_more)
		out += sprintf(out, "+%u ", m->links_more);
	out += sprintf(out, "%s", m->complete ? "" : "- ");
	if (out > begin)
		out[-1] = '\0';
}

/* Pieces in memory of their own, so that ASan sees every byte beyond; gap: before this byte, the bytes up to resume are missing. */
static void read_mail(struct gp_message *m, const char *mail, size_t len, size_t step, size_t gap, size_t resume)
{
	struct gp_message_reader *reader = gp_message_open(m, salt);

	assert_non_null(reader);
	for (size_t at = 0; at < len;) {
		size_t n = len - at < step ? len - at : step;
		__u8 *piece;

		if (at == gap) {
			gp_message_gap(reader);
			at = resume;
			continue;
		}
		if (at < gap && at + n > gap)
			n = gap - at;
		piece = malloc(n);
		memcpy(piece, mail + at, n);
		gp_message_bytes(reader, piece, n);
		free(piece);
		at += n;
	}
	gp_message_close(reader, true);
}

static void test_rows(void **state)
{
	static const size_t steps[] = { 1, 2, 3, 7, 1 << 20 };
	struct gp_message m;
	char got[4096];
	int failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t step = 0; step < COUNT(steps); step++) {
			read_mail(&m, rows[i].mail, rows[i].len, steps[step], SIZE_MAX, 0);
			describe(got, &m);
			if (strcmp(got, rows[i].wanted) == 0)
				continue;
			print_error("%s, by %zu bytes: %s\n", rows[i].name, steps[step], got);
			failed++;
		}
	}
	assert_int_equal(failed, 0);
}

/* With any bytes missing there are fewer facts, never others, and the mail is never complete. */
static void test_gaps(void **state)
{
	static const char mail[] = "Received: from pc ([192.0.2.1]) by mx\r\nFrom: A <a@b.example>\r\nMessage-ID: <1@m.example>\r\n"
				   "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\n"
				   "aHR0cDovL2EuZXhhbXBsZS8=\r\n--b\r\nContent-Type: text/html\r\n\r\n<a href='http://b.example/x'>\r\n"
				   "--b\r\nContent-Type: x/y\r\n\r\nno--b\r\n\r\nhttp://c.example\r\n--b--\r\n";
	struct gp_message whole, m;

	(void)state;
	read_mail(&whole, mail, sizeof(mail) - 1, 1 << 20, SIZE_MAX, 0);
	assert_true(whole.complete && whole.n_links == 2 && whole.has_received_address);
	for (size_t begin = 0; begin < sizeof(mail) - 1; begin++) {
		for (size_t end = begin + 1; end < sizeof(mail); end++) {
			read_mail(&m, mail, sizeof(mail) - 1, 1 << 20, begin, end);
			assert_false(m.complete);
			assert_true(!m.from.len || (m.from.len == whole.from.len && !memcmp(m.from.data, whole.from.data, m.from.len)));
			assert_true(!m.received_from.len || m.received_from.len == whole.received_from.len);
			for (int i = 0; i < m.n_links; i++)
				assert_true(m.links[i].url_hash == whole.links[0].url_hash || m.links[i].url_hash == whole.links[1].url_hash);
		}
	}
}

/* Of what has no end, a bounded part is read. */
static void test_bounds(void **state)
{
	const size_t room = 1 << 20;
	char *mail = malloc(room);
	struct gp_message m;
	size_t len = 0;

	(void)state;
	len += (size_t)sprintf(mail, "From: \"%0*d\" <a@b.example>\r\nSubject: %0*d\r\nReply-To: c@d.example\r\n\r\n", 65536, 1, 65536, 1);
	len += (size_t)sprintf(mail + len, "http://a.example/%0*d http://b.example/%0*d\r\n", 65536, 1, 3000, 1);
	for (int i = 0; i < 100; i++)
		len += (size_t)sprintf(mail + len, "http://c.example/%d\r\n", i);
	read_mail(&m, mail, len, 1460, SIZE_MAX, 0);
	assert_int_equal(m.from.len, 0); /* it stood behind what is kept */
	assert_int_equal(m.reply_to.len, 11);
	assert_int_equal(m.n_links, GP_MESSAGE_LINKS);
	assert_int_equal(m.links_more, 1 + 1 + 100 - GP_MESSAGE_LINKS);
	assert_false(m.complete);
	assert_memory_equal(m.links[0].host, "b.example", 9);
	free(mail);
}

/* Pairs that are one URL, and pairs that are not; a link in a mail and the request that follows it. */
static void test_url_hash(void **state)
{
	static const struct {
		const char *host, *path, *other_host, *other_path;
		__u16 port, other_port;
		bool https, equal;
	} urls[] = {
		{ "a.example", "/", "A.EXAMPLE", "", 0, 80, false, true },
		{ "a.example", "/x", "a.example.", "/x#frag", 443, 0, true, true },
		{ "a.example", "?q", "a.example", "/?q", 0, 0, true, true },
		{ "a.example", "/%c3%a4", "a.example", "/\xc3\xa4", 0, 0, true, true },
		{ "a.example", "/a b", "a.example", "/a%20b", 0, 0, true, true },
		{ "a.example", "/x", "a.example", "/X", 0, 0, true, false },
		{ "a.example", "/x", "a.example", "/x", 0, 80, true, false },
		{ "a.example", "/x?a", "a.example", "/x?b", 0, 0, false, false },
		{ "a.example", "/x", "b.example", "/x", 0, 0, false, false },
	};
	static const __u8 other_salt[GP_MESSAGE_SALT] = { 1 };

	(void)state;
	for (size_t i = 0; i < COUNT(urls); i++) {
		__u64 a = gp_url_hash(salt, urls[i].https, urls[i].host, strlen(urls[i].host), urls[i].port, urls[i].path, strlen(urls[i].path));
		__u64 b = gp_url_hash(salt, urls[i].https, urls[i].other_host, strlen(urls[i].other_host), urls[i].other_port,
				      urls[i].other_path, strlen(urls[i].other_path));

		assert_true(a && b);
		if ((a == b) != urls[i].equal)
			fail_msg("row %zu", i);
	}
	assert_true(gp_url_hash(salt, true, "a", 1, 0, "/", 1) != gp_url_hash(salt, false, "a", 1, 0, "/", 1));
	assert_true(gp_url_hash(salt, true, "a", 1, 0, "/", 1) != gp_url_hash(other_salt, true, "a", 1, 0, "/", 1));
	assert_true(gp_url_hash(salt, true, "a", 1, 0, "/", GP_URL_BYTES + 1) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_url_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
