// SPDX-License-Identifier: GPL-2.0-or-later
#include "mail_tls.h"

#define RECORD_HEADER 5u
#define RECORD_MAX 16640u /* RFC 5246, 6.2.3 allows 18432, RFC 8446, 5.2 this; nobody sends more */
#define HIDDEN_MAX 4u

enum content {
	CONTENT_CHANGE_CIPHER_SPEC = 20,
	CONTENT_ALERT = 21,
	CONTENT_HANDSHAKE = 22,
	CONTENT_APPLICATION = 23,
};

/* A ClientHello in the clear that fills its record: the second one, behind HelloRetryRequest. */
static bool is_hello(const struct gp_mail_tls *t)
{
	return t->have == sizeof(t->head) && t->head[5] == 1 && !t->head[6] &&
	       (__u32)(t->head[7] << 8 | t->head[8]) + 4 == t->payload;
}

static void end_record(struct gp_mail_tls *t)
{
	__u8 type = t->head[0];

	if (type == CONTENT_CHANGE_CIPHER_SPEC) {
		t->changed = true;
	} else if (type == CONTENT_HANDSHAKE && t->changed && !is_hello(t)) {
		t->finished = t->bytes;
	} else if (type == CONTENT_APPLICATION) {
		if (t->payload == 4 + 32 + 1 + 16 || t->payload == 4 + 48 + 1 + 16)
			t->finished = t->bytes;
		else
			t->lost = ++t->hidden == HIDDEN_MAX;
	}
	t->have = 0;
}

/* One byte of the header, or of the beginning of the payload. */
static void head(struct gp_mail_tls *t, __u8 c)
{
	t->head[t->have++] = c;
	if (t->have > RECORD_HEADER) {
		t->left--;
	} else if (t->have == RECORD_HEADER) {
		t->payload = (__u16)(t->head[3] << 8 | t->head[4]);
		t->left = t->payload;
		t->lost = t->head[0] < CONTENT_CHANGE_CIPHER_SPEC || t->head[0] > CONTENT_APPLICATION || t->head[1] != 3 ||
			  t->payload > RECORD_MAX;
	}
}

void gp_mail_tls_bytes(struct gp_mail_tls *t, const __u8 *data, size_t len)
{
	while (len && !t->finished && !t->lost) {
		size_t used = 1;

		if (t->have == sizeof(t->head) && t->left)
			used = t->left < len ? t->left : len;
		if (t->have == sizeof(t->head))
			t->left -= (__u32)used;
		else
			head(t, *data);
		t->bytes += used;
		data += used;
		len -= used;
		if (t->have >= RECORD_HEADER && !t->left && !t->lost)
			end_record(t);
	}
	t->bytes += len;
}

void gp_mail_tls_gap(struct gp_mail_tls *t, size_t len)
{
	t->bytes += len;
	if (t->finished || t->lost)
		return;
	if (t->have < sizeof(t->head) || len > t->left) {
		t->lost = true;
		return;
	}
	t->left -= (__u32)len;
	if (!t->left)
		end_record(t);
}
