// SPDX-License-Identifier: GPL-2.0-or-later
#include "dns_file.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <gatepost/parse.h>

#include "literal.h"
#include "log.h"

struct recorded {
	struct gp_dns_question question; /* first: what entries are found by */
	struct gp_dns_answer answer;
};

struct gp_dns_file {
	void *tree; /* of struct recorded; tsearch(3) */
	size_t count;
};

/* What a line says, cut into its fields. */
struct line {
	const char *fields[3]; /* name, type, TTL */
	size_t lens[3];
	const char *data;
	size_t data_len;
};

static const struct {
	const char *word;
	enum gp_dns_status status;
} statuses[] = {
	{ "!empty", GP_DNS_EMPTY },
	{ "!no-name", GP_DNS_NO_NAME },
	{ "!failed", GP_DNS_FAILED },
};

static int compare(const void *a, const void *b)
{
	const struct gp_dns_question *left = a, *right = b;

	return left->type != right->type ? (left->type < right->type ? -1 : 1) : strcmp(left->name, right->name);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool cut(struct line *line, const char *text, size_t len)
{
	size_t at = 0;

	for (int i = 0; i < 3; i++) {
		line->fields[i] = text + at;
		while (at < len && !is_blank(text[at]))
			at++;
		line->lens[i] = (size_t)(text + at - line->fields[i]);
		while (at < len && is_blank(text[at]))
			at++;
	}
	line->data = text + at;
	line->data_len = len - at;
	return line->lens[2] && line->data_len;
}

static bool read_number(const char *text, size_t len, __u32 max, __u32 *out)
{
	__u64 value = 0;

	if (!len || len > 10)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!isdigit((unsigned char)text[i]))
			return false;
		value = value * 10 + (__u64)(text[i] - '0');
	}
	*out = (__u32)value;
	return value <= max;
}

static bool read_type(const char *text, size_t len, enum gp_dns_type *out)
{
	static const enum gp_dns_type types[] = { GP_DNS_A, GP_DNS_AAAA, GP_DNS_MX, GP_DNS_PTR, GP_DNS_TXT };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		const char *name = gp_dns_type_name(types[i]);

		if (strlen(name) == len && !strncasecmp(name, text, len)) {
			*out = types[i];
			return true;
		}
	}
	return false;
}

/* "\x5c" and printable characters. Return: its length, or -1. */
static int read_text(char *out, size_t size, const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char hex[3] = { 0 };

		if (n == size)
			return -1;
		if (text[i] != '\\') {
			out[n++] = text[i];
			continue;
		}
		if (len - i < 4 || text[i + 1] != 'x' || !isxdigit((unsigned char)text[i + 2]) ||
		    !isxdigit((unsigned char)text[i + 3]))
			return -1;
		memcpy(hex, text + i + 2, 2);
		out[n++] = (char)strtoul(hex, NULL, 16);
		i += 3;
	}
	return (int)n;
}

/* A name as it stands in an answer; "." is one (RFC 7505). */
static bool read_name(struct gp_dns_answer *answer, enum gp_dns_type type, const char *text, size_t len)
{
	struct gp_dns_question name;

	if (len == 1 && *text == '.')
		return gp_dns_answer_add(answer, type, ".", 1);
	return len && *text != '!' && gp_dns_question_set(&name, text, len, type) &&
	       gp_dns_answer_add(answer, type, name.name, strlen(name.name));
}

static bool read_data(struct gp_dns_answer *answer, enum gp_dns_type type, const char *data, size_t len)
{
	char text[GP_DNS_TEXT];
	struct gp_addr addr;
	__u32 preference;
	size_t digits = 0;
	int n;

	switch (type) {
	case GP_DNS_A:
	case GP_DNS_AAAA:
		return gp_literal_read(&addr, data, len) && gp_addr_is_mapped(&addr) == (type == GP_DNS_A) &&
		       gp_dns_answer_add(answer, type, &addr, sizeof(addr));
	case GP_DNS_TXT:
		n = read_text(text, sizeof(text), data, len);
		return n >= 0 && gp_dns_answer_add(answer, type, text, (size_t)n);
	case GP_DNS_MX:
		while (digits < len && !is_blank(data[digits]))
			digits++;
		if (!read_number(data, digits, 65535, &preference))
			return false;
		while (digits < len && is_blank(data[digits]))
			digits++;
		return read_name(answer, type, data + digits, len - digits);
	default:
		return read_name(answer, type, data, len);
	}
}

static bool read_answer(struct gp_dns_answer *answer, enum gp_dns_type type, const char *data, size_t len)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		if (strlen(statuses[i].word) != len || memcmp(statuses[i].word, data, len))
			continue;
		if (!answer->count)
			answer->status = (__u8)statuses[i].status;
		return true;
	}
	answer->status = GP_DNS_FOUND;
	return read_data(answer, type, data, len);
}

/* The entry of a question, made if need be. Return: NULL when out of memory or of room. */
static struct recorded *entry_of(struct gp_dns_file *file, const struct gp_dns_question *question)
{
	struct recorded **found = tfind(question, &file->tree, compare), *entry;

	if (found)
		return *found;
	if (file->count == GP_DNS_FILE_ANSWERS)
		return NULL;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return NULL;
	entry->question = *question;
	entry->answer.ttl_s = ~0u;
	if (!tsearch(entry, &file->tree, compare)) {
		free(entry);
		return NULL;
	}
	file->count++;
	return entry;
}

static int read_line(struct gp_dns_file *file, const char *text, size_t len)
{
	struct gp_dns_question question;
	enum gp_dns_type type;
	struct recorded *entry;
	struct line line;
	__u32 ttl_s;

	while (len && (is_blank(text[len - 1]) || text[len - 1] == '\r'))
		len--;
	if (!len || *text == '#')
		return 0;
	if (!cut(&line, text, len) || !read_type(line.fields[1], line.lens[1], &type) ||
	    !gp_dns_question_set(&question, line.fields[0], line.lens[0], type) ||
	    !read_number(line.fields[2], line.lens[2], 0x7fffffff, &ttl_s))
		return -EINVAL;
	entry = entry_of(file, &question);
	if (!entry)
		return file->count == GP_DNS_FILE_ANSWERS ? -EFBIG : -ENOMEM;
	if (ttl_s < entry->answer.ttl_s)
		entry->answer.ttl_s = ttl_s;
	return read_answer(&entry->answer, type, line.data, line.data_len) ? 0 : -EINVAL;
}

int gp_dns_file_parse(struct gp_dns_file **out, const char *text, size_t len, unsigned *line)
{
	struct gp_dns_file *file = calloc(1, sizeof(*file));
	const char *end = text + len;
	int err = file ? 0 : -ENOMEM;

	*line = 0;
	while (!err && text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text)), *stop = newline ? newline : end;

		(*line)++;
		err = read_line(file, text, (size_t)(stop - text));
		text = stop + 1;
	}
	if (err)
		gp_dns_file_close(file);
	else
		*out = file;
	return err;
}

static int slurp(char **text, size_t *len, const char *path)
{
	FILE *stream = fopen(path, "re");
	int err = 0;

	if (!stream)
		return -errno;
	*text = malloc(GP_DNS_FILE_BYTES + 1);
	if (*text)
		*len = fread(*text, 1, GP_DNS_FILE_BYTES + 1, stream);
	if (!*text)
		err = -ENOMEM;
	else if (ferror(stream))
		err = errno ? -errno : -EIO;
	else if (*len > GP_DNS_FILE_BYTES)
		err = -EFBIG;
	fclose(stream);
	return err;
}

int gp_dns_file_open(struct gp_dns_file **out, const char *path)
{
	char *text = NULL;
	unsigned line = 0;
	size_t len = 0;
	int err = slurp(&text, &len, path);

	if (err)
		gp_error("%s: cannot read: %s", path, strerror(-err));
	else
		err = gp_dns_file_parse(out, text, len, &line);
	if (err && line)
		gp_error("%s:%u: %s; a line is: name, type (A, AAAA, MX, PTR, TXT), TTL, data", path, line,
			 err == -EINVAL ? "not a record" : strerror(-err));
	free(text);
	return err;
}

const struct gp_dns_answer *gp_dns_file_get(void *context, const struct gp_dns_question *question, __u64 now_ns)
{
	static const struct gp_dns_answer missing = { .status = GP_DNS_FAILED };
	struct gp_dns_file *file = context;
	struct recorded **found = tfind(question, &file->tree, compare);

	(void)now_ns;
	return found ? &(*found)->answer : &missing;
}

static void free_entry(void *node)
{
	struct recorded *entry = node;

	gp_dns_answer_free(&entry->answer);
	free(entry);
}

void gp_dns_file_close(struct gp_dns_file *file)
{
	if (!file)
		return;
	tdestroy(file->tree, free_entry);
	free(file);
}

static void write_text(FILE *stream, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		/* A blank at an end would be lost, and "!" at the beginning has a meaning of its own. */
		if (c < 0x20 || c >= 0x7f || c == '\\' || (c == ' ' && (!i || i + 1 == len)))
			fprintf(stream, "\\x%02x", c);
		else
			fputc(c, stream);
	}
}

static void write_record(FILE *stream, enum gp_dns_type type, const char *data, size_t len)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (type == GP_DNS_A)
		fputs(inet_ntop(AF_INET, data + 12, text, sizeof(text)), stream);
	else if (type == GP_DNS_AAAA)
		fputs(inet_ntop(AF_INET6, data, text, sizeof(text)), stream);
	else if (type == GP_DNS_MX)
		fprintf(stream, "0 %.*s", (int)len, data);
	else if (type == GP_DNS_PTR)
		fprintf(stream, "%.*s", (int)len, data);
	else
		write_text(stream, data, len);
}

int gp_dns_file_write(FILE *stream, const struct gp_dns_question *question, const struct gp_dns_answer *answer)
{
	const char *type = gp_dns_type_name((enum gp_dns_type)question->type);

	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		if (answer->status == statuses[i].status)
			fprintf(stream, "%s %s %u %s\n", question->name, type, answer->ttl_s, statuses[i].word);
	}
	for (unsigned i = 0; answer->status == GP_DNS_FOUND && i < answer->count; i++) {
		size_t len;
		const char *data = gp_dns_answer_record(answer, i, &len);

		fprintf(stream, "%s %s %u ", question->name, type, answer->ttl_s);
		write_record(stream, (enum gp_dns_type)question->type, data, len);
		fputc('\n', stream);
	}
	return ferror(stream) ? -EIO : 0;
}
