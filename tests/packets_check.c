/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packets.h"

#include <arpa/inet.h>
#include <string.h>

size_t packet_row_settled(const struct packet_row *row)
{
	if (row->settled)
		return row->settled;
	if (row->status == GP_PARSE_OK && row->expect.payload_offset.named)
		return row->expect.payload_offset.value;
	return row->len;
}

/* A number's place in the row and in the parser's record. */
static const struct field {
	const char *name;
	size_t expected, got;
	size_t got_bytes;
} fields[] = {
#define FIELD(name) \
	{ #name, offsetof(struct packet_expect, name), offsetof(struct gp_packet, name), \
	  sizeof(((struct gp_packet *)0)->name) }
	FIELD(ip_version),    FIELD(ethertype),	  FIELD(vlan_tags),  FIELD(s_vlan),   FIELD(c_vlan),
	FIELD(pppoe_session), FIELD(mpls_labels), FIELD(mpls_label), FIELD(fragment), FIELD(tunnel),
	FIELD(ip_proto),      FIELD(ttl),	  FIELD(sport),	     FIELD(dport),    FIELD(payload_offset),
	FIELD(payload_len),   FIELD(tcp_flags),	  FIELD(seq),	     FIELD(ack),      FIELD(window),
	FIELD(icmp_type),
#undef FIELD
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static const struct packet_number *field_expected(const struct field *field, const struct packet_row *row)
{
	return (const void *)((const char *)&row->expect + field->expected);
}

static __u32 field_got(const struct field *field, const struct gp_packet *got)
{
	const char *at = (const char *)got + field->got;
	__u32 word;
	__u16 half;

	switch (field->got_bytes) {
	case 1:
		return *(const __u8 *)at;
	case 2:
		memcpy(&half, at, sizeof(half));
		return half;
	default:
		memcpy(&word, at, sizeof(word));
		return word;
	}
}

static const char *address_check(const char *field, const char *expected, const struct gp_addr *got)
{
	static char message[160];
	struct gp_addr want;
	char text[INET6_ADDRSTRLEN];

	if (!expected)
		return NULL;
	if (inet_pton(AF_INET6, expected, &want) != 1) {
		snprintf(message, sizeof(message), "%s: %s in the row is no address", field, expected);
		return message;
	}
	if (!memcmp(&want, got, sizeof(want)))
		return NULL;
	inet_ntop(AF_INET6, got, text, sizeof(text));
	snprintf(message, sizeof(message), "%s is %s, expected %s", field, text, expected);
	return message;
}

const char *packet_row_check(const struct packet_row *row, const struct gp_packet *got)
{
	static char message[160];
	const struct packet_number *expected;
	const char *complaint;
	size_t i;

	if (got->status != row->status) {
		snprintf(message, sizeof(message), "status is %u, expected %u", got->status, row->status);
		return message;
	}
	for (i = 0; i < FIELDS; i++) {
		expected = field_expected(&fields[i], row);
		if (!expected->named || expected->value == field_got(&fields[i], got))
			continue;
		snprintf(message, sizeof(message), "%s is %u, expected %u", fields[i].name, field_got(&fields[i], got),
			 expected->value);
		return message;
	}
	complaint = address_check("src", row->expect.src, &got->src);
	return complaint ? complaint : address_check("dst", row->expect.dst, &got->dst);
}

void packet_row_print(const struct packet_row *row, FILE *out)
{
	const struct packet_number *expected;
	size_t i;

	fprintf(out, "%s\ttunnels=%u\tstatus=%u", row->name, row->tunnels, row->status);
	for (i = 0; i < FIELDS; i++) {
		expected = field_expected(&fields[i], row);
		if (expected->named)
			fprintf(out, "\t%s=%u", fields[i].name, expected->value);
	}
	if (row->expect.src)
		fprintf(out, "\tsrc=%s", row->expect.src);
	if (row->expect.dst)
		fprintf(out, "\tdst=%s", row->expect.dst);
	fputc('\n', out);
}
