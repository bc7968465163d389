// SPDX-License-Identifier: GPL-2.0-or-later
#include "mail_text.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "private.h"

enum server_style { STYLE_POSTFIX, STYLE_EXIM, STYLE_EXCHANGE, STYLE_OWN, STYLES };

static enum server_style style(const struct traffic *t, const struct flow *f)
{
	return chance_mix(t->seed + 31, f->say.smtp.mx) % STYLES;
}

static size_t domain(const struct traffic *t, const struct flow *f, char *out)
{
	return universe_domain(out, t->seed, f->say.smtp.server_kind, f->say.smtp.mx);
}

static void client_text(const struct flow *f, char out[INET6_ADDRSTRLEN])
{
	if (frame_is_v4(&f->addr[CLIENT]))
		inet_ntop(AF_INET, f->addr[CLIENT].bytes + 12, out, INET6_ADDRSTRLEN);
	else
		inet_ntop(AF_INET6, f->addr[CLIENT].bytes, out, INET6_ADDRSTRLEN);
}

size_t mail_fill(char *out, const char *pattern, const char *text, unsigned int number)
{
	size_t len = strlen(text);
	char *at = out;

	for (; *pattern; pattern++) {
		if (*pattern == '$') {
			memcpy(at, text, len);
			at += len;
		} else if (*pattern == '#') {
			at += sprintf(at, "%u", number);
		} else {
			*at++ = *pattern;
		}
	}
	*at = 0;
	return (size_t)(at - out);
}

size_t mail_banner(const struct traffic *t, const struct flow *f, char *out)
{
	static const char *const banners[STYLES] = { "220 mx.$ ESMTP Postfix\r\n", "220 mx.$ ESMTP Exim 4.96\r\n",
						     "220 $ Microsoft ESMTP MAIL Service ready\r\n", "220 $ ESMTP ready\r\n" };
	char name[UNIVERSE_NAME];

	domain(t, f, name);
	return mail_fill(out, banners[style(t, f)], name, 0);
}

size_t mail_offer(const struct traffic *t, const struct flow *f, char *out)
{
	const struct smtp_talk *s = &f->say.smtp;
	bool tls = !(s->flags & SMTP_NO_OFFER) && !s->in_tls;
	char name[UNIVERSE_NAME];

	domain(t, f, name);
	return (size_t)sprintf(out, "250-mx.%s\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n%s%s250-ENHANCEDSTATUSCODES\r\n250 8BITMIME\r\n",
			       name, tls ? "250-STARTTLS\r\n" : "",
			       s->flags & SMTP_LOGIN && (!tls || !(s->flags & SMTP_TLS)) ? "250-AUTH PLAIN LOGIN\r\n" : "");
}

static const char *const listed[] = {
	"554 5.7.1 Service unavailable; Client host [$] blocked using zen.spamhaus.org; https://www.spamhaus.org/sbl/query/$\r\n",
	"550 5.7.1 Mail from $ refused, see https://www.spamhaus.org/xbl/ ($)\r\n",
	"554 5.7.1 Rejected: $ is listed by b.barracudacentral.org, see reputation of $\r\n",
	"550 5.7.1 Blocked - see https://www.spamcop.net/bl.shtml?$ ($)\r\n",
};

static const char *const policy[] = {
	"550 5.7.1 Service unavailable, Client host [$] blocked using pbl.spamhaus.org ($)\r\n",
	"554 5.7.1 Dynamic IP address $: use the mail server of your provider ($)\r\n",
};

static const char *const others[][3] = {
	[REFUSE_UNKNOWN] = { "550 5.1.1 <$>: Recipient address rejected: User unknown\r\n", "550 No such user here <$>\r\n",
			     "550 5.4.1 Recipient address <$> rejected: Access denied\r\n" },
	[REFUSE_CONTENT] = { "554 5.7.1 Message rejected as spam\r\n", "550 5.7.1 High probability of spam\r\n",
			     "552 5.7.0 This message was blocked because its content presents a potential security issue\r\n" },
	[REFUSE_SENDER] = { "550 5.1.8 Sender address rejected: Domain not found\r\n", "553 5.1.8 sender domain must exist\r\n",
			    "550 5.7.23 SPF validation failed\r\n" },
	[REFUSE_RELAY] = { "554 5.7.1 <$>: Relay access denied\r\n", "550 relay not permitted <$>\r\n", "550 5.7.54 Unable to relay <$>\r\n" },
	[REFUSE_LATER] = { "450 4.2.0 <$>: Recipient address rejected: Greylisted\r\n", "451 4.7.1 Try again later <$>\r\n",
			   "421 4.7.0 Temporarily deferred due to unexpected volume <$>\r\n" },
	[REFUSE_QUOTA] = { "550 5.7.1 Sending limit exceeded for this account\r\n", "554 5.2.0 Message submission rejected: spam outbreak\r\n",
			   "550 5.1.1 <$>: Recipient unknown\r\n" },
	[REFUSE_LOGIN] = { "535 5.7.8 Error: authentication failed\r\n", "535 Incorrect authentication data\r\n",
			   "535 5.7.3 Authentication unsuccessful\r\n" },
};

size_t mail_refusal(const struct traffic *t, const struct flow *f, char *out)
{
	const struct smtp_talk *s = &f->say.smtp;
	__u32 which = (__u32)(chance_mix(t->seed + 41, s->mx) >> 8);
	char client[INET6_ADDRSTRLEN], to[96];
	const char *text;

	client_text(f, client);
	if (s->reason == REFUSE_LISTED)
		return mail_fill(out, listed[which % 4], client, 0);
	if (s->reason == REFUSE_POLICY)
		return mail_fill(out, policy[which % 2], client, 0);
	which %= 3;
	if (s->reason == REFUSE_LATER) /* 421 ends the dialogue */
		which = s->stage == AT_CONNECT ? 2 : s->stage == AT_RCPT ? which % 2 : 1;
	text = others[s->reason][which];
	mail_recipient(t, f, s->rcpt, to);
	return mail_fill(out, text, to, 0);
}

size_t mail_helo(const struct traffic *t, const struct flow *f, char *out)
{
	static const char *const words[] = { "WIN-#", "DESKTOP-#", "user-#", "home#" };
	const struct smtp_talk *s = &f->say.smtp;
	__u32 draw = (__u32)chance_mix(t->seed + 53, s->helo) & 0xfffff;
	char client[INET6_ADDRSTRLEN];

	client_text(f, client);
	switch (s->helo_form) {
	case HELO_BARE_WORD:
		return mail_fill(out, words[draw & 3], "", draw);
	case HELO_LITERAL:
		return (size_t)sprintf(out, frame_is_v4(&f->addr[CLIENT]) ? "[%s]" : "[IPv6:%s]", client);
	case HELO_ADDRESS:
		return (size_t)sprintf(out, "%s", client);
	case HELO_LOCALHOST:
		return (size_t)sprintf(out, "localhost");
	case HELO_STRANGE: /* a name of somebody else's */
		return universe_domain(out, t->seed, OUTSIDE_SITE, draw);
	default:
		memcpy(out, "mail.", 5);
		return 5 + universe_domain(out + 5, t->seed, s->kind, s->helo);
	}
}

size_t mail_sender(const struct traffic *t, const struct flow *f, char *out)
{
	const struct smtp_talk *s = &f->say.smtp;
	__u64 draw = chance_mix(f->seed, 1000 + s->mail);
	size_t len;

	if (s->body == BODY_EXTORTION) /* in the recipient's own name */
		return mail_recipient(t, f, 0, out);
	if (s->body == BODY_SPAM) {
		len = (size_t)sprintf(out, "%s%u@", draw & 1 ? "info" : "k.", (__u32)(draw >> 8) % 9000);
		return len + universe_domain(out + len, t->seed, OUTSIDE_SITE, (__u32)(draw >> 40) % UNIVERSE_SITES);
	}
	len = (size_t)sprintf(out, s->body == BODY_TEXT ? "p%u@" : "news@", (__u32)draw % 60);
	return len + universe_domain(out + len, t->seed, s->kind, s->helo);
}

size_t mail_recipient(const struct traffic *t, const struct flow *f, unsigned int i, char *out)
{
	const struct smtp_talk *s = &f->say.smtp;
	size_t len = (size_t)sprintf(out, "%s%u@", s->token ? "r" : "user", (__u32)(chance_mix(f->seed, 2000 + s->mail * 64u + i) % 90000));

	if (s->server_kind == OUTSIDE_PROVIDER) /* what is handed in goes anywhere */
		return len + universe_domain(out + len, t->seed, OUTSIDE_MX, (__u32)chance_mix(f->seed, 3000 + s->mail * 64u + i) % UNIVERSE_MX);
	return len + domain(t, f, out + len);
}

static size_t put_date(const struct flow *f, char *out)
{
	time_t seconds = (time_t)(f->begin_ns / SECOND_NS);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	return strftime(out, 40, "%a, %d %b %Y %H:%M:%S +0000", &tm);
}

static char *put_head(const struct traffic *t, const struct flow *f, char *at)
{
	static const char *const subjects[] = { [BODY_TEXT] = "Minutes of the meeting", [BODY_NEWSLETTER] = "News of the week",
						[BODY_SPAM] = "Your parcel is waiting", [BODY_EXTORTION] = "Payment is due",
						[BODY_ALERT] = "Motion detected", [BODY_ONE_TIME] = "Please confirm your order" };
	const struct smtp_talk *s = &f->say.smtp;
	char helo[96], from[96], to[96], client[INET6_ADDRSTRLEN], date[40];
	__u64 id = chance_mix(f->seed, 4000 + s->mail);

	helo[mail_helo(t, f, helo)] = 0;
	from[mail_sender(t, f, from)] = 0;
	to[mail_recipient(t, f, 0, to)] = 0;
	client_text(f, client);
	date[put_date(f, date)] = 0;
	if (s->dialect == DIALECT_MTA)
		at += sprintf(at, "Received: from desk%u.example ([192.0.2.%u])\r\n\tby %s with ESMTPSA id %08llx;\r\n\t%s\r\n", (__u32)id % 90,
			      (__u32)id % 200 + 1, helo, id & 0xffffffff, date);
	at += sprintf(at, "From: <%s>\r\nTo: <%s>\r\nSubject: %s %u\r\nDate: %s\r\nMessage-ID: <%016llx@%s>\r\n", from, to, subjects[s->body],
		      (__u32)(id >> 32) % 1000, date, id, helo);
	if (s->body == BODY_NEWSLETTER || s->body == BODY_SPAM || s->body == BODY_ONE_TIME)
		at += sprintf(at, "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n");
	return at + sprintf(at, "\r\n");
}

/* Own links of inside servers, made of a token; others lead to a shop outside. */
static char *put_links(const struct traffic *t, const struct flow *f, char *at)
{
	const struct smtp_talk *s = &f->say.smtp;
	char site[UNIVERSE_NAME];

	if (!s->token) {
		universe_domain(site, t->seed, OUTSIDE_SITE, (__u32)(chance_mix(f->seed, 9) % 2000));
		return at + sprintf(at, "<p><a href=\"http://www.%s/offer?id=%llu\">See it here</a></p>\r\n", site, chance_mix(f->seed, 8) % 100000);
	}
	universe_domain(site, t->seed, OUTSIDE_SITE, TOKEN_SITE(s->token));
	at += sprintf(at, "<p><a href=\"http://%s/t/%016llx\">Confirm</a></p>\r\n", site, s->token);
	return at + sprintf(at, "<img src=\"http://%s/p/%016llx.gif\" width=\"1\" height=\"1\">\r\n", site, s->token);
}

/* @used: bytes of the header. */
static char *put_body(const struct traffic *t, const struct flow *f, char *at, size_t used)
{
	static const char words[16][8] = { "rivers ", "tables ", "greens ", "window ", "market ", "letter ", "summer ", "bridge ",
					   "papers ", "garden ", "silver ", "street ", "winter ", "orange ", "number ", "simple " };
	const struct smtp_talk *s = &f->say.smtp;
	__u64 draw = chance_mix(f->seed, 5000 + s->mail);
	size_t fill = s->body_bytes ? s->body_bytes > used ? s->body_bytes - used : 0 : 300 + draw % 1500;
	char *end = at + (fill < 9000 ? fill : 9000);
	bool html = s->body == BODY_NEWSLETTER || s->body == BODY_SPAM || s->body == BODY_ONE_TIME;

	if (html)
		at = put_links(t, f, at + sprintf(at, "<html><body>\r\n"));
	if (s->body == BODY_EXTORTION)
		at += sprintf(at, "I have full access to your device. Send 900 USD to the wallet below.\r\n");
	while (at < end) {
		__u64 line = random_splitmix(&draw);

		for (unsigned int i = 0; i < 9; i++, line >>= 4, at += 7)
			memcpy(at, words[line & 15], 7);
		memcpy(at, "\r\n", 2);
		at += 2;
	}
	if (html)
		at += sprintf(at, "</body></html>\r\n");
	return at;
}

size_t mail_message(const struct traffic *t, const struct flow *f, char *out)
{
	char *at = put_head(t, f, out);

	at = put_body(t, f, at, (size_t)(at - out));
	return (size_t)(at - out) + (size_t)sprintf(at, ".\r\n");
}
