/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a mail's text: equal facts however they are cut, links that hash to themselves, and with bytes missing
 * never a mail that is complete. The first two bytes say where to cut and where a gap is.
 */
#include <string.h>

#include "fuzz.h"
#include "message.h"

static const __u8 salt[GP_MESSAGE_SALT] = "fuzz";

/* Pieces in memory of their own, so that ASan sees every byte beyond. */
static void feed(struct gp_message_reader *reader, const uint8_t *data, size_t len)
{
	uint8_t *piece = malloc(len);

	MUST(piece || !len);
	if (len)
		memcpy(piece, data, len);
	gp_message_bytes(reader, piece, len);
	free(piece);
}

static void check(const struct gp_message *m)
{
	MUST(m->n_links <= GP_MESSAGE_LINKS);
	MUST(m->from.len <= GP_MESSAGE_ADDRESS && m->received_from.len <= GP_MESSAGE_ADDRESS);
	MUST(!m->from.len == !m->from_domain.len && !m->reply_to.len == !m->reply_to_domain.len);
	MUST(m->from.len > m->from_domain.len || !m->from.len);
	for (int i = 0; i < m->n_links; i++) {
		MUST(m->links[i].url_hash && m->links[i].host_len && m->links[i].host_len <= GP_MESSAGE_HOST);
		for (int j = 0; j < i; j++)
			MUST(m->links[i].url_hash != m->links[j].url_hash);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gp_message whole, cut, torn;
	struct gp_message_reader *reader;
	size_t step, gap;

	if (size < 2)
		return 0;
	step = data[0] % 61 + 1u;
	gap = data[1] * 4u;
	data += 2;
	size -= 2;
	reader = gp_message_open(&whole, salt);
	MUST(reader);
	feed(reader, data, size);
	gp_message_close(reader, true);
	check(&whole);

	reader = gp_message_open(&cut, salt);
	MUST(reader);
	for (size_t at = 0; at < size; at += step)
		feed(reader, data + at, size - at < step ? size - at : step);
	gp_message_close(reader, true);
	MUST(!memcmp(&whole, &cut, sizeof(whole)));

	reader = gp_message_open(&torn, salt);
	MUST(reader);
	gap = gap < size ? gap : size;
	feed(reader, data, gap);
	gp_message_gap(reader);
	feed(reader, data + (gap + step < size ? gap + step : size), gap + step < size ? size - gap - step : 0);
	gp_message_close(reader, true);
	check(&torn);
	MUST(!torn.complete);
	return 0;
}
