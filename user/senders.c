// SPDX-License-Identifier: GPL-2.0-or-later
#include "senders.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <gatepost/parse.h>
#include <gatepost/sketch.h>
#include <gatepost/table.h>

#include "lru.h"
#include "sanitise.h"

#define HOUR_NS (3600ull * 1000000000ull)
#define SECOND_NS 1000000000ull

struct gp_senders {
	struct gp_sender_limits limits;
	struct gp_lru *prefixes; /* of struct gp_sender, by their latest mail */
	__u64 secret[2];
};

int gp_senders_open(struct gp_senders **out, const struct gp_sender_limits *limits, const __u64 secret[2])
{
	struct gp_senders *s = calloc(1, sizeof(*s));

	if (!s || gp_lru_open(&s->prefixes, limits->prefixes, sizeof(struct gp_sender), secret[0])) {
		gp_senders_close(s);
		return -ENOMEM;
	}
	s->limits = *limits;
	memcpy(s->secret, secret, sizeof(s->secret));
	*out = s;
	return 0;
}

static struct gp_addr prefix_of(const struct gp_addr *client, __u8 *bits)
{
	struct gp_addr prefix = *client;

	*bits = gp_addr_is_mapped(client) ? 96 + 24 : 48;
	gp_addr_mask(&prefix, *bits);
	return prefix;
}

static struct gp_sender *observe(struct gp_senders *s, const struct gp_addr *client, __u64 time_ns)
{
	bool made;
	__u8 bits;
	struct gp_addr prefix = prefix_of(client, &bits);
	struct gp_sender *sender = gp_lru_take(s->prefixes, &prefix, &made);

	if (made) {
		sender->addr = prefix;
		sender->bits = bits;
		sender->first_ns = sender->last_ns = time_ns;
	}
	if (time_ns < sender->first_ns)
		sender->first_ns = time_ns;
	if (time_ns > sender->last_ns)
		sender->last_ns = time_ns;
	return sender;
}

static __u64 hash_name(const struct gp_senders *s, const char *name, size_t len)
{
	__u64 hash = gp_mix(s->secret[1], len);

	for (size_t i = 0; i < len; i++)
		hash = gp_mix(hash, (__u8)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] | 0x20 : name[i]));
	return hash;
}

/* One more time that it used a name: the one not seen for longest makes room. */
static void note(const struct gp_senders *s, struct gp_sender_names *names, const char *name, size_t len, __u64 time_ns)
{
	__u64 hash = hash_name(s, name, len);
	__u32 oldest = 0;

	if (!len)
		return;
	gp_hll_add(&names->distinct, hash);
	for (__u32 i = 0; i < names->used; i++) {
		if (names->of[i].hash == hash) {
			names->of[i].count++;
			if (time_ns > names->of[i].last_ns)
				names->of[i].last_ns = time_ns;
			return;
		}
		if (names->of[i].last_ns < names->of[oldest].last_ns)
			oldest = i;
	}
	if (names->used < GP_SENDER_NAMES)
		oldest = names->used++;
	names->of[oldest] = (struct gp_sender_name){ .hash = hash, .last_ns = time_ns, .count = 1 };
	gp_sanitise(names->of[oldest].text, GP_SENDER_TEXT, name, len);
}

static void note_hour(struct gp_sender *sender, __u64 time_ns)
{
	__u64 hour = time_ns / HOUR_NS + 1;

	sender->hours += hour > sender->last_hour;
	if (hour > sender->last_hour)
		sender->last_hour = hour;
	sender->hours_of_day |= 1u << ((hour - 1) % 24);
}

/* Does a greeting share the part that somebody registered with a domain? */
static bool is_kin(const struct gp_mail_name *helo, const char *domain, size_t len)
{
	char a[GP_MAIL_NAME + 1] = "", b[GP_MAIL_NAME + 1] = "";

	memcpy(a, helo->data, helo->len);
	memcpy(b, domain, len < GP_MAIL_NAME ? len : GP_MAIL_NAME);
	return !strcasecmp(gp_organisational_domain(a), gp_organisational_domain(b));
}

static void note_names(const struct gp_senders *s, struct gp_sender *sender, const struct gp_dialogue *d,
		       const struct gp_mail_facts *facts, __u64 time_ns)
{
	char dialect[9];

	note(s, &sender->helo, facts->helo.data, facts->helo.len, time_ns);
	for (__u32 i = 0; i < facts->senders_count; i++) {
		const struct gp_mail_name *domain = &facts->sender_domains[i];

		note(s, &sender->envelope, domain->data, domain->len, time_ns);
		if (domain->len && facts->helo_form == GP_HELO_FQDN)
			*(is_kin(&facts->helo, domain->data, domain->len) ? &sender->matched : &sender->foreign) += 1;
	}
	if (facts->dialect_id) {
		snprintf(dialect, sizeof(dialect), "%08x", facts->dialect_id);
		note(s, &sender->dialect, dialect, 8, time_ns);
	}
	for (__u32 i = 0; d->smtp && i < d->smtp->messages_count; i++) {
		const struct gp_message *m = d->smtp->messages[i];

		note(s, &sender->from, m->from_domain.data, m->from_domain.len, time_ns);
		note(s, &sender->message_id, m->message_id_domain.data, m->message_id_domain.len, time_ns);
	}
}

void gp_senders_mail(struct gp_senders *s, const struct gp_dialogue *d, const struct gp_mail_facts *facts, __u64 time_ns)
{
	struct gp_sender *sender = observe(s, &d->stream->client, time_ns);
	__u64 mails = facts->accepted_messages;

	if (!mails && facts->outcome == GP_OUTCOME_ACCEPTED)
		mails = 1; /* within TLS their number is not seen */
	sender->dialogues++;
	sender->mails += mails;
	sender->turned_away += !mails && facts->outcome == GP_OUTCOME_REJECTED;
	sender->recipients_accepted += facts->recipients_accepted;
	sender->recipients_refused += facts->recipients_5xx;
	sender->recipients_deferred += facts->recipients_4xx;
	sender->tls += facts->starttls == GP_STARTTLS_USED;
	sender->clear += facts->starttls == GP_STARTTLS_UNUSED;
	gp_hll_add(&sender->hosts, gp_hash_addr(s->secret[0], &d->stream->client));
	note_hour(sender, time_ns);
	note_names(s, sender, d, facts, time_ns);
}

static struct gp_sender *known(struct gp_senders *s, const struct gp_addr *client)
{
	__u8 bits;
	struct gp_addr prefix = prefix_of(client, &bits);

	return gp_lru_get(s->prefixes, &prefix);
}

void gp_senders_spf(struct gp_senders *s, const struct gp_addr *client, enum gp_spf_result result,
		    enum gp_dmarc_policy policy)
{
	struct gp_sender *sender = known(s, client);

	if (!sender || result >= GP_SPF_RESULTS || policy >= GP_DMARC_POLICIES)
		return;
	sender->spf[result]++;
	if (result == GP_SPF_FAIL || result == GP_SPF_SOFTFAIL)
		sender->dmarc[policy]++;
}

bool gp_senders_wants_ptr(struct gp_senders *s, const struct gp_addr *client, __u64 time_ns)
{
	struct gp_sender *sender = known(s, client);

	if (!sender || (sender->ptr_asked_ns && time_ns < sender->ptr_asked_ns + GP_SENDER_PTR_S * SECOND_NS))
		return false;
	sender->ptr_asked_ns = time_ns;
	return true;
}

void gp_senders_ptr(struct gp_senders *s, const struct gp_addr *client, enum gp_sender_ptr ptr, const char *name)
{
	struct gp_sender *sender = known(s, client);

	if (!sender || ptr >= GP_PTRS)
		return;
	sender->ptr = ptr;
	gp_sanitise(sender->ptr_name, sizeof(sender->ptr_name), name, strlen(name));
}

static int compare(const void *left, const void *right)
{
	const struct gp_sender *a = *(const struct gp_sender *const *)left, *b = *(const struct gp_sender *const *)right;
	__u64 x = a->mails + a->turned_away, y = b->mails + b->turned_away;

	return x != y ? (x < y ? 1 : -1) : memcmp(&a->addr, &b->addr, sizeof(a->addr));
}

int gp_senders_list(const struct gp_senders *s, const struct gp_sender ***out)
{
	const struct gp_sender **list = calloc((size_t)gp_lru_count(s->prefixes) + 1, sizeof(*list));
	size_t count = 0;

	if (!list)
		return -ENOMEM;
	for (__u32 i = 0; i < gp_lru_count(s->prefixes); i++) {
		const struct gp_sender *sender = gp_lru_at(s->prefixes, i);

		if (sender->mails + sender->turned_away >= s->limits.min_mails)
			list[count++] = sender;
	}
	qsort(list, count, sizeof(*list), compare);
	*out = list;
	return (int)(count < s->limits.rows ? count : s->limits.rows);
}

bool gp_sender_is_foreign(const struct gp_sender *sender)
{
	return sender->foreign > sender->matched;
}

const char *gp_sender_ptr_name(enum gp_sender_ptr ptr)
{
	static const char *const names[GP_PTRS] = { "unknown", "absent", "unconfirmed", "confirmed" };

	return ptr < GP_PTRS ? names[ptr] : "unknown";
}

__u32 gp_senders_count(const struct gp_senders *s)
{
	return gp_lru_count(s->prefixes);
}

__u64 gp_senders_displaced(const struct gp_senders *s)
{
	return gp_lru_displaced(s->prefixes);
}

void gp_senders_close(struct gp_senders *s)
{
	if (!s)
		return;
	gp_lru_close(s->prefixes);
	free(s);
}
