// SPDX-License-Identifier: GPL-2.0-or-later
/* TLS: what a client offers, by its first handshake message (RFC 8446, 4.1.2). Everything behind it is passed over. */
#include <errno.h>

#include "dialogue.h"

static void over(struct gp_dialogue *d)
{
	gp_line_release(d, &d->tls->bytes);
	d->tls->phase = GP_TLS_OVER;
}

static void keep(struct gp_dialogue *d, const struct gp_hello *hello)
{
	struct gp_tls_dialogue *t = d->tls;

	t->has_hello = true;
	t->malformed = hello->malformed;
	t->version = hello->supported_version ? hello->supported_version : hello->legacy_version;
	t->sni = gp_dialogue_words(d, (const char *)hello->name, hello->name_len, GP_HELLO_NAME);
	t->protocols = gp_dialogue_words(d, (const char *)hello->protocols, hello->protocols_len, GP_HELLO_PROTOCOLS);
	gp_ja4(t->ja4, hello);
}

/* Do the client's first bytes begin any record (RFC 8446, 5.1)? Of another type than a hello's only the type is looked at. */
static bool is_record(const struct gp_spoken_line *bytes)
{
	__u8 type = (__u8)bytes->data[0];

	return type >= 0x14 && type <= 0x17 && (type != GP_TLS_HANDSHAKE || bytes->len < 2 || bytes->data[1] == 3);
}

void gp_dialogue_tls_bytes(struct gp_dialogue *d, const __u8 *data, __u32 len)
{
	struct gp_tls_dialogue *t = d->tls;
	struct gp_hello hello;
	int answer;

	if (!t || t->phase == GP_TLS_OVER)
		return;
	if (!gp_line_append(d, &t->bytes, data, len, GP_HELLO_STREAM)) {
		over(d);
		return;
	}
	answer = gp_hello_parse(&hello, (const __u8 *)t->bytes.data, t->bytes.len);
	if (answer > 0)
		keep(d, &hello);
	else if (answer < 0 && d->protocol == GP_DIALOGUE_TLS && !is_record(&t->bytes))
		d->protocol = GP_DIALOGUE_UNKNOWN; /* that somebody's first byte was like one of TLS was an accident */
	if (answer || t->bytes.len == GP_HELLO_STREAM)
		over(d);
}

void gp_dialogue_tls_gap(struct gp_dialogue *d)
{
	if (d->tls)
		over(d);
}

int gp_dialogue_tls_open(struct gp_dialogue *d)
{
	if (!d->tls)
		d->tls = gp_dialogue_alloc(d, sizeof(*d->tls));
	return d->tls ? 0 : -ENOMEM;
}
