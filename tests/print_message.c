/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What gatepost makes of mails, for tests/messages.py: a line of hexadecimal digits in, a mail's text; out, separated by
 * tabs, From and its domain, Reply-To, what the topmost Received says and its address, the domain of Message-ID,
 * "complete" or "incomplete", links beyond those told, and of each link host and hash. The salt is 0 to 15.
 */
#include <stdio.h>
#include <stdlib.h>

#include "message.h"
#include "sanitise.h"
#include "text.h"

static void print_text(const char *data, size_t len)
{
	char text[6 * GP_MESSAGE_ADDRESS + 1];

	gp_sanitise(text, sizeof(text), data, len);
	printf("%s\t", text);
}

static void print(const struct gp_message *m)
{
	char address[GP_TEXT_ADDR];

	print_text(m->from.data, m->from.len);
	print_text(m->from_domain.data, m->from_domain.len);
	print_text(m->reply_to.data, m->reply_to.len);
	print_text(m->received_from.data, m->received_from.len);
	printf("%s\t", m->has_received_address ? gp_text_address(address, &m->received_address, 128) : "");
	print_text(m->message_id_domain.data, m->message_id_domain.len);
	printf("%s\t%u", m->complete ? "complete" : "incomplete", m->links_more);
	for (int i = 0; i < m->n_links; i++) {
		putchar('\t');
		print_text(m->links[i].host, m->links[i].host_len);
		printf("%016llx", m->links[i].url_hash);
	}
	putchar('\n');
}

/* A mail from its digits, in pieces of 1 to 97 bytes. */
static int read_message(const char *digits, size_t length)
{
	static const __u8 salt[GP_MESSAGE_SALT] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
	struct gp_message message;
	struct gp_message_reader *reader = gp_message_open(&message, salt);
	__u8 piece[97];
	size_t n = 0, want = 1;
	unsigned byte;

	if (!reader)
		return 1;
	for (size_t i = 0; i + 1 < length && sscanf(digits + i, "%2x", &byte) == 1; i += 2) {
		piece[n++] = (__u8)byte;
		if (n < want)
			continue;
		gp_message_bytes(reader, piece, n);
		want = want % sizeof(piece) + 1;
		n = 0;
	}
	gp_message_bytes(reader, piece, n);
	gp_message_close(reader, true);
	print(&message);
	return 0;
}

int main(void)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t length;
	int err = 0;

	while (!err && (length = getline(&line, &room, stdin)) >= 0)
		err = read_message(line, (size_t)length);
	free(line);
	return err;
}
