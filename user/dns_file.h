/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recorded answers of the DNS, so that a capture is judged alike wherever and whenever it is replayed. A text file, one
 * record a line: name, type, TTL in seconds, data, with blanks between them; "#" begins a comment line.
 *
 *   example.com          TXT  300 v=spf1 mx -all
 *   example.com          MX   300 10 mx.example.com
 *   mx.example.com       A    300 192.0.2.1
 *   mx.example.com       AAAA 300 !empty
 *   nobody.example       TXT  60  !no-name
 *   slow.example         TXT  60  !failed
 *
 * Types are A, AAAA, MX, PTR, TXT. Text goes to the end of the line: its strings joined, a byte that is no printable ASCII
 * character and the backslash as "\xNN". Data that begins with "!" tells why there is no record: the name exists without
 * one of that type, it does not exist, nobody answered. A question that the file does not answer fails.
 */
#ifndef GATEPOST_DNS_FILE_H
#define GATEPOST_DNS_FILE_H

#include <stdio.h>

#include "dns_answer.h"

#define GP_DNS_FILE_BYTES (16u << 20)
#define GP_DNS_FILE_ANSWERS 65536u

struct gp_dns_file;

/**
 * gp_dns_file_open() - read such a file.
 *
 * Return: 0, or -errno (logged): -EINVAL for a line that is none of these, -EFBIG for a file that is too large.
 */
int gp_dns_file_open(struct gp_dns_file **out, const char *path);

/* The same from memory, without logging. @line: out; of the first error. */
int gp_dns_file_parse(struct gp_dns_file **out, const char *text, size_t len, unsigned *line);

/* As struct gp_resolver has it; never NULL. */
const struct gp_dns_answer *gp_dns_file_get(void *file, const struct gp_dns_question *question, __u64 now_ns);

void gp_dns_file_close(struct gp_dns_file *file);

/* Writes an answer as such lines. Return: 0, or -errno of the stream. */
int gp_dns_file_write(FILE *stream, const struct gp_dns_question *question, const struct gp_dns_answer *answer);

#endif
