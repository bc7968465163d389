/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A reply of a name server, as it came over the wire. */
#ifndef GATEPOST_DNS_MESSAGE_H
#define GATEPOST_DNS_MESSAGE_H

#include "dns_answer.h"

/**
 * gp_dns_message_read() - the records that a reply (RFC 1035, 4.1) has for a question of a type.
 * @out: empty; to be freed, whatever this returns. ttl_s is the least of all records in the answer, CNAMEs included.
 *
 * All records of that type in the answer section count, under whatever name: the resolver followed the CNAMEs, and it is
 * trusted. Names are read by c-ares, which bounds their compression. Records that cannot be read, and names that are
 * none (gp_dns_question_set()), are left out; what follows a record that ends outside of the reply is not read.
 * Return: false when out of memory.
 */
bool gp_dns_message_read(struct gp_dns_answer *out, const __u8 *data, size_t len, enum gp_dns_type type);

#endif
