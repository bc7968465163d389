/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HTTP/1 heads at the beginning of a segment (RFC 9112): requests, and the code of a status line. */
#ifndef GATEPOST_HTTP_H
#define GATEPOST_HTTP_H

#include <gatepost/abi.h>
#include <gatepost/peek.h>
#include <gatepost/types.h>

/* Fields that stand behind the window are not seen: without `complete`, 0 in a has_ member means unknown. */
struct gp_http_request {
	__u8 match;	   /* enum gp_match */
	__u8 method;	   /* enum gp_http_method; valid when match is GP_MATCH_YES */
	__u8 has_cookie;
	__u8 has_referrer; /* the field is spelt Referer (RFC 9110, 10.1.3) */
	__u8 has_host;
	__u8 complete;	   /* the empty line after the fields was seen */
	__u16 begin;	   /* where the line under way begins */
};

/*
 * Which method the text begins with, its space included; matching is as in gp_peek_token(). The longest,
 * PROPFIND, leaves its space for the caller to find. 0 in *size: no method, or an unfinished one.
 */
GP_INLINE enum gp_match gp_http_method_of(__u64 word, __u64 seen, __u64 *size)
{
#define GP_HTTP_TRY(n, ...)                                                     \
	do {                                                                    \
		enum gp_match m = gp_peek_token(word, seen, GP_WORD8(__VA_ARGS__), n); \
		if (m == GP_MATCH_YES)                                          \
			*size = (n);                                            \
		if (m != GP_MATCH_NO)                                           \
			return m;                                               \
	} while (0)

	*size = 0;
	GP_HTTP_TRY(4, 'G', 'E', 'T', ' ', 0, 0, 0, 0);
	GP_HTTP_TRY(5, 'P', 'O', 'S', 'T', ' ', 0, 0, 0);
	GP_HTTP_TRY(5, 'H', 'E', 'A', 'D', ' ', 0, 0, 0);
	GP_HTTP_TRY(4, 'P', 'U', 'T', ' ', 0, 0, 0, 0);
	GP_HTTP_TRY(8, 'O', 'P', 'T', 'I', 'O', 'N', 'S', ' ');
	GP_HTTP_TRY(8, 'C', 'O', 'N', 'N', 'E', 'C', 'T', ' ');
	GP_HTTP_TRY(7, 'D', 'E', 'L', 'E', 'T', 'E', ' ', 0);
	GP_HTTP_TRY(6, 'T', 'R', 'A', 'C', 'E', ' ', 0, 0);
	GP_HTTP_TRY(6, 'P', 'A', 'T', 'C', 'H', ' ', 0, 0);
	GP_HTTP_TRY(8, 'P', 'R', 'O', 'P', 'F', 'I', 'N', 'D');
#undef GP_HTTP_TRY
	return GP_MATCH_NO;
}

/*
 * Does a request target of this method begin with these bytes (RFC 9112, 3.2)? What other protocols put behind the
 * same verbs (a SIP or RTSP address, a key, a JSON object) is none.
 */
GP_INLINE enum gp_match gp_http_target(__u64 word, __u64 seen, __u8 initial)
{
	__u8 c = (__u8)word;
	enum gp_match match;

	if (seen == 0)
		return GP_MATCH_PARTIAL;
	if (initial == 'C') /* CONNECT: host and port */
		return (c >= '0' && c <= '9') || ((c & 0xdf) >= 'A' && (c & 0xdf) <= 'Z') || c == '[' ? GP_MATCH_YES :
													GP_MATCH_NO;
	if (c == '/' || (c == '*' && initial == 'O'))
		return GP_MATCH_YES;
	word = gp_peek_upper(word);
	match = gp_peek_token(word, seen, GP_WORD8('H', 'T', 'T', 'P', ':', '/', '/', 0), 7);
	return match != GP_MATCH_NO ? match :
				      gp_peek_token(word, seen, GP_WORD8('H', 'T', 'T', 'P', 'S', ':', '/', '/'), 8);
}

/* One line of the head, [start, end) without its line feed; only a whole line can be the empty one. */
GP_INLINE void gp_http_field(const struct gp_window *w, struct gp_http_request *out, __u64 start, __u64 end, int whole)
{
	__u64 word = gp_peek_upper(gp_peek_word(w, start, end));

	if (whole && (end == start || (end == start + 1 && word == '\r')))
		out->complete = 1;
	if (word == GP_WORD8('R', 'E', 'F', 'E', 'R', 'E', 'R', ':'))
		out->has_referrer = 1;
	if ((word & gp_peek_mask(7)) == GP_WORD8('C', 'O', 'O', 'K', 'I', 'E', ':', 0))
		out->has_cookie = 1;
	if ((word & gp_peek_mask(5)) == GP_WORD8('H', 'O', 'S', 'T', ':', 0, 0, 0))
		out->has_host = 1;
}

/* Reads the line that ends with the line feed at an offset; apart, so that the verifier walks it once. */
GP_GLOBAL int gp_http_line(const struct gp_window *w, struct gp_http_request *out, __u32 at)
{
	if (!w || !out)
		return 0;
	if (at >= gp_peek_end(w) || at < out->begin || out->complete)
		return 0;
	gp_http_field(w, out, out->begin, at, 1);
	out->begin = (__u16)(at + 1);
	return 0;
}

/* The request line, as far as it decides; sets match and method. */
GP_INLINE void gp_http_request_line(const struct gp_window *w, struct gp_http_request *out, __u64 end)
{
	__u64 word = gp_peek_word(w, 0, end), size;
	__u8 initial = (__u8)word;

	out->match = (__u8)gp_http_method_of(word, end, &size);
	if (out->match != GP_MATCH_YES)
		return;
	if (initial == 'P' && size == 8) {
		if (end > 8 && gp_peek_u8(w, 8) != ' ') {
			out->match = GP_MATCH_NO;
			return;
		}
		size = end > 8 ? 9 : 8;
	}
	out->match = (__u8)gp_http_target(gp_peek_word(w, size, end), end - size, initial);
	out->method = GP_HTTP_OTHER_METHOD;
	if (initial == 'G')
		out->method = GP_HTTP_GET;
	else if (initial == 'H')
		out->method = GP_HTTP_HEAD;
	else if (initial == 'P' && (word >> 8 & 0xff) == 'O')
		out->method = GP_HTTP_POST;
}

/**
 * gp_http_request() - a request head at the beginning of a client's segment.
 * @w:   the payload.
 * @out: filled in, whatever the answer. Methods are those of RFC 9110, PATCH and PROPFIND.
 *
 * GP_MATCH_PARTIAL: the window ends before the target decides. Field names are read in any case, the first line and
 * the order of fields do not matter; a field whose value goes on behind the window is seen.
 *
 * Return: enum gp_match, as in out->match.
 */
GP_GLOBAL int gp_http_request(const struct gp_window *w, struct gp_http_request *out)
{
	__u32 base, at, end;

	if (!w || !out)
		return GP_MATCH_NO;
	out->method = GP_HTTP_OTHER_METHOD;
	out->has_cookie = 0;
	out->has_referrer = 0;
	out->has_host = 0;
	out->complete = 0;
	out->begin = 0;
	gp_http_request_line(w, out, gp_peek_end(w));
	GP_SETTLE();
	if (out->match != GP_MATCH_YES)
		return out->match;
	for (base = 0; base < GP_WINDOW_BYTES; base += 8) {
		if (base >= w->len || out->complete)
			break;
		if (!gp_peek_has_lf(w, base))
			continue;
		for (at = base; at < base + 8; at++)
			if (w->data[at] == '\n')
				gp_http_line(w, out, at);
	}
	GP_SETTLE();
	end = gp_peek_end(w);
	if (!out->complete && out->begin < end)
		gp_http_field(w, out, out->begin, end, 0);
	return GP_MATCH_YES;
}

/**
 * gp_http_status() - the code of a status line, "HTTP/1.x NNN", at the beginning of a server's segment.
 *
 * Return: three digits as a number (servers send codes beyond 599, too), 0 for anything else, -1 when the window ends
 * before the third digit.
 */
GP_GLOBAL int gp_http_status(const struct gp_window *w)
{
	__u64 end, word;
	__u32 first, second, third;
	enum gp_match match;
	__u8 c;

	if (!w)
		return 0;
	end = gp_peek_end(w);
	match = gp_peek_token(gp_peek_word(w, 0, end), end, GP_WORD8('H', 'T', 'T', 'P', '/', '1', '.', 0), 7);
	if (match != GP_MATCH_YES)
		return match == GP_MATCH_NO ? 0 : -1;
	if (end == 7)
		return -1;
	c = gp_peek_u8(w, 7);
	if (c < '0' || c > '9')
		return 0;
	word = gp_peek_word(w, 8, end);
	/* What is missing reads as what would fit: a space, three digits, a space. */
	word |= GP_WORD8(' ', '0', '0', '0', ' ', 0, 0, 0) & ~gp_peek_mask(end - 8);
	first = (__u8)(word >> 8) - '0';
	second = (__u8)(word >> 16) - '0';
	third = (__u8)(word >> 24) - '0';
	c = (__u8)(word >> 32);
	if ((__u8)word != ' ' || first > 9 || second > 9 || third > 9 || (c != ' ' && c != '\r' && c != '\n'))
		return 0;
	return end < 12 ? -1 : (int)(100 * first + 10 * second + third);
}

#endif
