// SPDX-License-Identifier: GPL-2.0-or-later
/* Block lists in the texts of refusals. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "literal.h"
#include "mail_facts.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/*
 * What being on a list means, by what its operator publishes about it. A list that is named by its operator's domain only
 * counts as all lists of that operator together.
 */
static const struct {
	const char *name; /* of a domain, or what a URL there begins with */
	enum gp_mail_dnsbl means;
} lists[] = {
	/* SBL: operations, CSS: snowshoe and traps; XBL: infected; PBL: no mail servers by the network's own policy. */
	{ "spamhaus.org", GP_DNSBL_COMBINED },
	{ "spamhaus.net", GP_DNSBL_COMBINED },
	{ "pbl.spamhaus.org", GP_DNSBL_POLICY },
	{ "spamhaus.org/pbl", GP_DNSBL_POLICY },
	{ "sbl.spamhaus.org", GP_DNSBL_LISTED },
	{ "spamhaus.org/sbl", GP_DNSBL_LISTED },
	{ "spamhaus.org/css", GP_DNSBL_LISTED },
	{ "xbl.spamhaus.org", GP_DNSBL_LISTED },
	{ "sbl-xbl.spamhaus.org", GP_DNSBL_LISTED },
	{ "spamhaus.org/xbl", GP_DNSBL_LISTED },
	{ "abuseat.org", GP_DNSBL_LISTED }, /* CBL, the greater part of XBL */
	{ "spamcop.net", GP_DNSBL_LISTED }, /* reports */
	/* DUHL: dynamic space; the others: what was seen from an address. */
	{ "sorbs.net", GP_DNSBL_COMBINED },
	{ "dul.dnsbl.sorbs.net", GP_DNSBL_POLICY },
	{ "duhl.dnsbl.sorbs.net", GP_DNSBL_POLICY },
	{ "noserver.dnsbl.sorbs.net", GP_DNSBL_POLICY },
	{ "spam.dnsbl.sorbs.net", GP_DNSBL_LISTED },
	{ "zombie.dnsbl.sorbs.net", GP_DNSBL_LISTED },
	{ "http.dnsbl.sorbs.net", GP_DNSBL_LISTED },
	{ "socks.dnsbl.sorbs.net", GP_DNSBL_LISTED },
	{ "b.barracudacentral.org", GP_DNSBL_LISTED },
	{ "barracudacentral.org", GP_DNSBL_LISTED },
	{ "b.barracudacentral.com", GP_DNSBL_LISTED },
	{ "barracudanetworks.com/reputation", GP_DNSBL_LISTED },
	{ "psbl.surriel.com", GP_DNSBL_LISTED }, /* spam traps */
	{ "psbl.org", GP_DNSBL_LISTED },
	/* Level 1: the address; 2 and 3: its whole allocation, its whole AS. */
	{ "uceprotect.net", GP_DNSBL_COMBINED },
	{ "dnsbl-1.uceprotect.net", GP_DNSBL_LISTED },
	{ "dnsbl-2.uceprotect.net", GP_DNSBL_POLICY },
	{ "dnsbl-3.uceprotect.net", GP_DNSBL_POLICY },
	{ "backscatterer.org", GP_DNSBL_POLICY }, /* bounces and callouts */
	/* Dyna and NoPtr: placement; Spam and Auth: what was seen. */
	{ "spamrats.com", GP_DNSBL_COMBINED },
	{ "dyna.spamrats.com", GP_DNSBL_POLICY },
	{ "noptr.spamrats.com", GP_DNSBL_POLICY },
	{ "spam.spamrats.com", GP_DNSBL_LISTED },
	{ "auth.spamrats.com", GP_DNSBL_LISTED },
	{ "spameatingmonkey.net", GP_DNSBL_LISTED },
	{ "mailspike.net", GP_DNSBL_LISTED },
	{ "mailspike.org", GP_DNSBL_LISTED },
	{ "blocklist.de", GP_DNSBL_LISTED },
	{ "bl.score.senderscore.com", GP_DNSBL_LISTED },
	{ "dnsbl.dronebl.org", GP_DNSBL_LISTED },
	{ "dronebl.org", GP_DNSBL_LISTED },
	{ "invaluement.com", GP_DNSBL_LISTED },
	{ "truncate.gbudb.net", GP_DNSBL_LISTED },
	{ "gbudb.net", GP_DNSBL_LISTED },
	{ "wpbl.info", GP_DNSBL_LISTED },
	{ "njabl.org", GP_DNSBL_COMBINED },
	{ "manitu.net", GP_DNSBL_LISTED }, /* NiX Spam */
	{ "spamcannibal.org", GP_DNSBL_LISTED },
	{ "0spam.org", GP_DNSBL_LISTED },
	{ "interserver.net", GP_DNSBL_LISTED },
	{ "hostkarma.junkemailfilter.com", GP_DNSBL_COMBINED },
	{ "junkemailfilter.com", GP_DNSBL_COMBINED },
	{ "all.s5h.net", GP_DNSBL_LISTED },
	{ "rbl.cluecentral.net", GP_DNSBL_POLICY },
	{ "rfc-clueless.org", GP_DNSBL_POLICY },
	{ "dul.ru", GP_DNSBL_POLICY },
	{ "dul.pacifier.net", GP_DNSBL_POLICY },
	{ "trendmicro.com", GP_DNSBL_COMBINED }, /* formerly MAPS: RBL, DUL, QIL */
	{ "mail-abuse.com", GP_DNSBL_COMBINED },
	{ "mail-abuse.org", GP_DNSBL_COMBINED },
};

/* Words about where an address is, whoever says so. */
static const char *const placement[] = {
	"dynamic", "dial-up", "dialup", "dial up", "dynip", "residential", "pbl", "policy block", "consumer ip",
	"end-user ip", "generic rdns", "generic reverse", "generic ptr", "dul", "duhl",
};

/* Words that say: not from here, or not to there. */
static const char *const policies[] = {
	"reverse dns", "rdns", "ptr", "relaying", "relay access denied", "relay denied", "relay not permitted", "unable to relay",
	"cannot relay", "send email directly", "send mail directly",
};

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '-';
}

/* Is a name somewhere in a text, with neither side going on: "xsorbs.net" and "sorbs.net.example" name something else? */
static bool names(const char *text, size_t len, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i + n <= len; i++) {
		const char *end = text + i + n;
		size_t left = len - i - n;

		if (tolower((unsigned char)text[i]) != name[0] || strncasecmp(text + i, name, n) != 0)
			continue;
		if (i && is_name(text[i - 1]))
			continue;
		if (!left || (!is_name(*end) && (*end != '.' || left < 2 || !is_name(end[1]))))
			return true;
	}
	return false;
}

static bool is_address_byte(char c)
{
	return isxdigit((unsigned char)c) || c == ':' || c == '.';
}

/* Is this word the address? Dots and colons behind it belong to the sentence. */
static bool is_that_address(const char *word, size_t len, const struct gp_addr *address)
{
	struct gp_addr read;

	while (len && (word[len - 1] == '.' || (word[len - 1] == ':' && len > 1 && word[len - 2] != ':')))
		len--;
	return gp_literal_read(&read, word, len) && !memcmp(&read, address, sizeof(read));
}

static bool quotes(const char *text, size_t len, const struct gp_addr *address)
{
	for (size_t i = 0; i < len; i++) {
		size_t end = i;

		while (end < len && is_address_byte(text[end]))
			end++;
		if (end == i)
			continue;
		/* The tag of a literal, "IPv6:", ends in what looks like a group. */
		if (i >= 3 && end - i > 2 && !strncasecmp(text + i - 3, "IPv6:", 5))
			i += 2;
		if ((!i || !is_name(text[i - 1])) && (end == len || !is_name(text[end])) &&
		    is_that_address(text + i, end - i, address))
			return true;
		i = end;
	}
	return false;
}

__u8 gp_mail_dnsbl(const char *text, size_t len, const struct gp_addr *address)
{
	__u8 means = GP_DNSBL_NONE;
	bool placed = false;

	if (!quotes(text, len, address))
		return GP_DNSBL_NONE;
	for (size_t i = 0; i < COUNT(placement); i++)
		placed |= names(text, len, placement[i]);
	for (size_t i = 0; i < COUNT(lists); i++) {
		__u8 m = (__u8)lists[i].means;

		if (!names(text, len, lists[i].name))
			continue;
		if (m == GP_DNSBL_POLICY || (m == GP_DNSBL_COMBINED && placed))
			placed = true;
		else if (m > means)
			means = m;
	}
	/* Of a combined list, what is said of the place explains it. */
	if (placed && means <= GP_DNSBL_COMBINED)
		means = GP_DNSBL_POLICY;
	return means;
}

static bool names_offenders(const char *text, size_t len)
{
	for (size_t i = 0; i < COUNT(lists); i++) {
		if (lists[i].means == GP_DNSBL_LISTED && names(text, len, lists[i].name))
			return true;
	}
	return false;
}

bool gp_mail_is_policy(const char *text, size_t len, const __u16 enhanced[3])
{
	/* RFC 7372, 3.3: reverse DNS validation failed. */
	bool policy = enhanced[0] == 5 && enhanced[1] == 7 && enhanced[2] == 25;

	for (size_t i = 0; i < COUNT(placement) && !policy; i++)
		policy = names(text, len, placement[i]);
	for (size_t i = 0; i < COUNT(policies) && !policy; i++)
		policy = names(text, len, policies[i]);
	return policy && !names_offenders(text, len);
}
