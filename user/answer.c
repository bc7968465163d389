// SPDX-License-Identifier: GPL-2.0-or-later
#include "answer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BYTES 4096u

static int reserve(struct gp_answer *a, size_t more)
{
	size_t capacity = a->capacity > FIRST_BYTES ? a->capacity : FIRST_BYTES;
	char *text;

	if (more > GP_ANSWER_MAX - a->len)
		return -EFBIG;
	while (capacity < a->len + more)
		capacity *= 2;
	if (capacity == a->capacity)
		return 0;
	text = realloc(a->text, capacity);
	if (!text)
		return -ENOMEM;
	a->text = text;
	a->capacity = capacity;
	return 0;
}

void gp_answer_write(struct gp_answer *a, const void *data, size_t len)
{
	if (!len)
		return;
	if (!a->err)
		a->err = reserve(a, len);
	if (a->err)
		return;
	memcpy(a->text + a->len, data, len);
	a->len += len;
}

void gp_answer_print(struct gp_answer *a, const char *format, ...)
{
	char few[512], *many = NULL;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(few, sizeof(few), format, args);
	va_end(args);
	if (n >= (int)sizeof(few)) {
		va_start(args, format);
		n = vasprintf(&many, format, args);
		va_end(args);
	}
	if (n < 0) {
		a->err = a->err ? a->err : -ENOMEM;
		return;
	}
	gp_answer_write(a, many ? many : few, (size_t)n);
	free(many);
}

int gp_answer_fail(struct gp_answer *a, int status, const char *format, ...)
{
	char text[GP_QUERY_ERROR];
	va_list args;

	va_start(args, format);
	if (vsnprintf(text, sizeof(text), format, args) < 0)
		text[0] = '\0';
	va_end(args);
	gp_query_clean(a->error, text);
	a->status = status;
	return -EINVAL;
}

static ssize_t write_stream(void *cookie, const char *data, size_t len)
{
	struct gp_answer *a = cookie;

	gp_answer_write(a, data, len);
	if (!a->err)
		return (ssize_t)len;
	errno = -a->err;
	return 0;
}

FILE *gp_answer_stream(struct gp_answer *answer)
{
	return fopencookie(answer, "w", (cookie_io_functions_t){ .write = write_stream });
}

/* Answers may wait for long. */
static void trim(struct gp_answer *a)
{
	char *text;

	if (!a->len) {
		free(a->text);
		a->text = NULL;
		a->capacity = 0;
		return;
	}
	text = a->len < a->capacity ? realloc(a->text, a->len) : NULL;
	if (text) {
		a->text = text;
		a->capacity = a->len;
	}
}

void gp_answer_ask(gp_answer_fn *answer, void *context, const struct gp_query *query, struct gp_answer *out)
{
	int err = answer(context, query, out);

	if (out->err)
		err = out->err;
	if (err == -EFBIG)
		gp_answer_fail(out, 413, "the answer is longer than %u MiB: ask for less, with limit, kind, verdict, since or "
			       "until", GP_ANSWER_MAX >> 20);
	else if (err && (!out->status || out->status == 200))
		gp_answer_fail(out, err == -ENOMEM ? 503 : 500, "%s: %s", gp_query_name(query->name), strerror(-err));
	if (!out->status)
		out->status = 200;
	if (out->status != 200)
		out->len = 0;
	trim(out);
}

void gp_answer_free(struct gp_answer *answer)
{
	free(answer->text);
	*answer = (struct gp_answer){ 0 };
}
