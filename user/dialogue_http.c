// SPDX-License-Identifier: GPL-2.0-or-later
/* The web: heads of HTTP/1 messages (RFC 9112), bodies skipped by their framing (RFC 9112, 6.3). */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "dialogue.h"
#include "web_shape.h"

#define HEAD_BYTES_MAX 262144u
#define METHOD_MAX 32 /* longer words are no methods */

static void over(struct gp_http_side *side)
{
	side->phase = GP_HTTP_AT_OVER;
}

static void next_message(struct gp_http_side *side)
{
	*side = (struct gp_http_side){ .phase = GP_HTTP_AT_START };
}

static bool is_token(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)text[i]) && (!text[i] || !strchr("!#$%&'*+-.^_`|~", text[i])))
			return false;
	}
	return len;
}

/*
 * Of a target's path, without its query, whatever the method and whether or not a proxy was told the host as well (RFC
 * 9112, 3.2): HMAC-SHA-256 under the salt, its first 64 bits. Whoever does not know the salt can neither try out paths
 * nor make two of them collide. Return: 0 where there is no path.
 */
static __u64 hash_path(const __u8 *salt, const char *target, size_t len)
{
	const char *end = target + len, *path = memmem(target, len, "://", 3), *query = memchr(target, '?', len);
	__u8 digest[EVP_MAX_MD_SIZE];
	__u64 hash = 0;

	end = query ? query : end;
	if (*target == '/' || !path || path + 3 > end)
		path = target;
	else
		path = memchr(path + 3, '/', (size_t)(end - path) - 3);
	if (!path || path == end || *path != '/')
		return 0;
	if (!HMAC(EVP_sha256(), salt, GP_MESSAGE_SALT, (const __u8 *)path, (size_t)(end - path), digest, NULL))
		return 0;
	for (int i = 0; i < 8; i++)
		hash = hash << 8 | digest[i];
	return hash;
}

/* Takes the port off a Host (RFC 9110, 7.2). Return: the port; 0 without one. */
static __u16 take_port(const char *host, size_t *len)
{
	const char *colon = memrchr(host, ':', *len);
	__u32 port = 0;

	if (!colon || memchr(colon, ']', *len - (size_t)(colon - host)))
		return 0;
	for (const char *c = colon + 1; c < host + *len && port < 65536; c++)
		port = isdigit((unsigned char)*c) ? port * 10 + (__u32)(*c - '0') : 65536;
	*len = (size_t)(colon - host);
	return port < 65536 ? (__u16)port : 0;
}

__u64 gp_dialogue_url_hash(const struct gp_dialogue *d, const struct gp_said *said)
{
	const struct gp_words *host = &said->words[GP_WORDS_HOST], *target = &said->words[GP_WORDS_ARGUMENT];
	size_t len = host->len;
	__u16 port;

	if (!host->len || host->cut || !target->len || target->cut || d->text[target->at] != '/')
		return 0;
	port = take_port(d->text + host->at, &len);
	return len ? gp_url_hash(d->budget->salt, false, d->text + host->at, len, port, d->text + target->at, target->len) : 0;
}

/* "GET /path HTTP/1.1" (RFC 9112, 3). Return: false when it is none. */
static bool request_line(struct gp_dialogue *d, struct gp_said *said, const char *line, size_t len)
{
	const char *target = memchr(line, ' ', len), *end = line + len, *version;
	size_t method_len = target ? (size_t)(target - line) : 0;

	if (method_len > METHOD_MAX || !is_token(line, method_len))
		return false;
	version = memrchr(line, ' ', len);
	if (end - version < 8 || memcmp(version + 1, "HTTP/1.", 7) != 0 || version <= target)
		return false;
	target++;
	said->words[GP_WORDS_VERB] = gp_dialogue_words(d, line, method_len, METHOD_MAX);
	said->words[GP_WORDS_ARGUMENT] = gp_dialogue_words(d, target, (size_t)(version - target), GP_WORDS_MAX);
	said->path_hash = hash_path(d->budget->salt, target, (size_t)(version - target));
	return true;
}

/* "HTTP/1.1 200 OK" (RFC 9112, 4). */
static bool status_line(struct gp_said *said, const char *line, size_t len)
{
	if (len < 12 || memcmp(line, "HTTP/1.", 7) != 0 || line[8] != ' ')
		return false;
	if (!isdigit((unsigned char)line[9]) || !isdigit((unsigned char)line[10]) || !isdigit((unsigned char)line[11]))
		return false;
	said->code = (__u16)((line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0'));
	return true;
}

static void start(struct gp_dialogue *d, enum gp_speaker speaker, __u64 time_ns, const char *line, size_t len)
{
	struct gp_http_side *side = &d->http->sides[speaker];
	bool client = speaker == GP_FROM_CLIENT, after_gap = side->after_gap;

	if (!len) /* RFC 9112, 2.2 */
		return;
	next_message(side);
	side->said = (struct gp_said){
		.kind = client ? GP_SAID_REQUEST : GP_SAID_RESPONSE,
		.speaker = (__u8)speaker,
		.time_ns = time_ns,
		.answers = GP_ANSWERS_NONE,
		.flags = after_gap ? GP_SAID_AFTER_GAP : 0,
	};
	if (client ? request_line(d, &side->said, line, len) : status_line(&side->said, line, len))
		side->phase = GP_HTTP_AT_HEAD;
	else
		over(side);
}

/* A whole number and nothing else. Lists of equal numbers are refused like all else (RFC 9112, 6.3, 5). */
static void content_length(struct gp_http_side *side, const char *value, size_t len)
{
	__u64 bytes = 0;

	for (size_t i = 0; i < len; i++) {
		if (!isdigit((unsigned char)value[i]) || bytes > 1ull << 56)
			side->bad_length = true;
		bytes = bytes * 10 + (__u64)(value[i] - '0');
		if (side->bad_length)
			return;
	}
	side->bad_length |= !len || (side->has_length && bytes != side->left);
	side->has_length = true;
	side->left = bytes;
}

static void transfer_encoding(struct gp_http_side *side, const char *value, size_t len)
{
	side->coded = true;
	side->chunked = len >= 7 && !strncasecmp(value + len - 7, "chunked", 7);
}

static bool is_name(const char *line, size_t len, const char *name)
{
	return len == strlen(name) && !strncasecmp(line, name, len);
}

static bool begins(const char *value, size_t len, const char *word)
{
	return len >= strlen(word) && !strncasecmp(value, word, strlen(word));
}

static __u8 authorization(const char *value, size_t len)
{
	return begins(value, len, "Basic ") ? GP_AUTHORIZATION_BASIC :
	       begins(value, len, "Digest ") ? GP_AUTHORIZATION_DIGEST : GP_AUTHORIZATION_OTHER;
}

static __u8 media(const char *value, size_t len)
{
	static const struct {
		const char *type;
		enum gp_media media;
	} types[] = {
		{ "text/html", GP_MEDIA_HTML },	{ "application/xhtml", GP_MEDIA_HTML }, { "image/", GP_MEDIA_IMAGE },
		{ "text/css", GP_MEDIA_ASSET }, { "text/javascript", GP_MEDIA_ASSET },
		{ "application/javascript", GP_MEDIA_ASSET }, { "font/", GP_MEDIA_ASSET },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (begins(value, len, types[i].type))
			return types[i].media;
	}
	return len ? GP_MEDIA_OTHER : GP_MEDIA_UNKNOWN;
}

/*
 * Where a redirect leads (RFC 9110, 10.2.2), as the hash of its path: absolute, without a scheme ("//host/path"), from the
 * root, or beside what was asked for (RFC 3986, 5.2). ".." is not resolved.
 */
static void location(struct gp_dialogue *d, struct gp_said *said, const char *value, size_t len)
{
	const struct gp_http_dialogue *h = d->http;
	__s32 asked = h->waiting_count ? h->waiting[h->waiting_first].index : GP_ANSWERS_NONE;
	const struct gp_words *target = asked >= 0 ? &d->said[asked].words[GP_WORDS_ARGUMENT] : NULL;
	const char *slash, *query = memchr(value, '?', len);
	char path[GP_WEB_SHAPE_BYTES];
	size_t dir = 0;

	len = query ? (size_t)(query - value) : len;
	if (len > 2 && !memcmp(value, "//", 2)) {
		slash = memchr(value + 2, '/', len - 2);
		len = slash ? (size_t)(value + len - slash) : 0;
		value = slash;
	} else if (len && *value != '/' && !memmem(value, len, "://", 3) && target && target->len) {
		query = memchr(d->text + target->at, '?', target->len);
		slash = memrchr(d->text + target->at, '/', query ? (size_t)(query - (d->text + target->at)) : target->len);
		dir = slash ? (size_t)(slash - (d->text + target->at)) + 1 : 0;
	}
	if (!len || dir + len > sizeof(path))
		return;
	if (dir)
		memcpy(path, d->text + target->at, dir);
	memcpy(path + dir, value, len);
	said->path_hash = hash_path(d->budget->salt, path, dir + len);
	if (gp_web_shape(path, dir + len).login)
		said->flags |= GP_SAID_TO_LOGIN;
}

static void response_field(struct gp_dialogue *d, struct gp_said *said, const char *line, size_t name_len, const char *value,
			   size_t value_len)
{
	if (is_name(line, name_len, "Content-Type"))
		said->media = media(value, value_len);
	else if (is_name(line, name_len, "Location"))
		location(d, said, value, value_len);
}

static void field(struct gp_dialogue *d, struct gp_http_side *side, const char *line, size_t len)
{
	const char *value = memchr(line, ':', len), *end = line + len;
	size_t name_len, value_len;

	if (!value)
		return;
	name_len = (size_t)(value++ - line);
	while (value < end && (*value == ' ' || *value == '\t'))
		value++;
	while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	value_len = (size_t)(end - value);
	if (is_name(line, name_len, "Content-Length"))
		content_length(side, value, value_len);
	else if (is_name(line, name_len, "Transfer-Encoding"))
		transfer_encoding(side, value, value_len);
	if (side->said.kind != GP_SAID_REQUEST) {
		response_field(d, &side->said, line, name_len, value, value_len);
		return;
	}
	if (is_name(line, name_len, "Host"))
		side->said.words[GP_WORDS_HOST] = gp_dialogue_words(d, value, value_len, GP_SMTP_WORDS_MAX);
	else if (is_name(line, name_len, "User-Agent"))
		side->said.words[GP_WORDS_AGENT] = gp_dialogue_words(d, value, value_len, GP_SMTP_WORDS_MAX);
	else if (is_name(line, name_len, "Cookie"))
		side->said.flags |= GP_SAID_COOKIE;
	else if (is_name(line, name_len, "Referer"))
		side->said.flags |= GP_SAID_REFERER;
	else if (is_name(line, name_len, "Authorization"))
		side->said.authorization = authorization(value, value_len);
}

static void wait_for_response(struct gp_dialogue *d, __s32 index, const struct gp_said *said)
{
	struct gp_http_dialogue *h = d->http;
	const char *method = d->text + said->words[GP_WORDS_VERB].at;
	__u32 at = (h->waiting_first + h->waiting_count) % GP_HTTP_WAITING, len = said->words[GP_WORDS_VERB].len;

	if (h->waiting_count == GP_HTTP_WAITING) { /* which of them a response is for is no longer known */
		over(&h->sides[GP_FROM_SERVER]);
		return;
	}
	h->waiting[at].index = index;
	h->waiting[at].head = len == 4 && !memcmp(method, "HEAD", 4);
	h->waiting[at].connect = len == 7 && !memcmp(method, "CONNECT", 7);
	h->waiting_count++;
}

/* How a body is framed that a head announces. */
static void frame_body(struct gp_http_side *side, bool until_close)
{
	__u64 left = side->left;

	if (side->bad_length || (side->coded && !side->chunked)) {
		over(side);
	} else if (side->chunked) {
		side->phase = GP_HTTP_AT_CHUNK_SIZE;
	} else if (side->has_length && left) {
		side->phase = GP_HTTP_AT_BODY;
	} else if (until_close && !side->has_length) {
		over(side);
	} else {
		next_message(side);
	}
}

static void request_ends(struct gp_dialogue *d, struct gp_http_side *side)
{
	wait_for_response(d, gp_dialogue_say(d, &side->said), &side->said);
	frame_body(side, false);
}

/* Both sides speak something else from here on. */
static void leave_http(struct gp_dialogue *d)
{
	over(&d->http->sides[GP_FROM_CLIENT]);
	over(&d->http->sides[GP_FROM_SERVER]);
}

/* RFC 9110, 9.3.6. */
static void begin_tunnel(struct gp_dialogue *d)
{
	leave_http(d);
	gp_line_next(&d->lines[GP_FROM_CLIENT]);
	d->http->sides[GP_FROM_CLIENT].phase = GP_HTTP_AT_TUNNEL;
}

static void response_ends(struct gp_dialogue *d, struct gp_http_side *side)
{
	struct gp_http_dialogue *h = d->http;
	bool head = false, connect = false;
	__u16 code = side->said.code;

	if (h->waiting_count) {
		side->said.answers = h->waiting[h->waiting_first].index;
		head = h->waiting[h->waiting_first].head;
		connect = h->waiting[h->waiting_first].connect;
	}
	if (h->waiting_count && code >= 200) {
		h->waiting_first = (h->waiting_first + 1) % GP_HTTP_WAITING;
		h->waiting_count--;
	}
	gp_dialogue_say(d, &side->said);
	if (code == 101)
		leave_http(d);
	else if (connect && code / 100 == 2)
		begin_tunnel(d);
	else if (head || code < 200 || code == 204 || code == 304)
		next_message(side);
	else
		frame_body(side, true);
}

static void chunk_size(struct gp_http_side *side, const char *line, size_t len)
{
	size_t i = 0;

	side->left = 0;
	while (i < len && isxdigit((unsigned char)line[i]) && side->left < 1ull << 56) {
		char c = (char)tolower((unsigned char)line[i++]);

		side->left = side->left * 16 + (__u64)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	if (!i)
		over(side);
	else
		side->phase = side->left ? GP_HTTP_AT_CHUNK : GP_HTTP_AT_TRAILER;
}

/* The head's last line has come. */
static void head_ends(struct gp_dialogue *d, struct gp_http_side *side)
{
	if (side->said.kind == GP_SAID_REQUEST)
		request_ends(d, side);
	else
		response_ends(d, side);
}

static void take_line(struct gp_dialogue *d, enum gp_speaker speaker, __u64 time_ns, const char *line, size_t len)
{
	struct gp_http_side *side = &d->http->sides[speaker];

	side->head_bytes += (__u32)len;
	switch (side->phase) {
	case GP_HTTP_AT_START:
		start(d, speaker, time_ns, line, len);
		break;
	case GP_HTTP_AT_HEAD:
		if (!len)
			head_ends(d, side);
		else if (side->head_bytes > HEAD_BYTES_MAX)
			over(side);
		else
			field(d, side, line, len);
		break;
	case GP_HTTP_AT_CHUNK_SIZE:
		chunk_size(side, line, len);
		break;
	case GP_HTTP_AT_CHUNK_END:
		side->phase = GP_HTTP_AT_CHUNK_SIZE;
		break;
	default: /* GP_HTTP_AT_TRAILER */
		if (!len)
			next_message(side);
		break;
	}
}

static __u32 skip(struct gp_http_side *side, __u32 len)
{
	__u32 used = side->left < len ? (__u32)side->left : len;

	side->left -= used;
	if (!side->left && side->phase == GP_HTTP_AT_CHUNK)
		side->phase = GP_HTTP_AT_CHUNK_END;
	else if (!side->left)
		next_message(side);
	return used;
}

static __u32 line(struct gp_dialogue *d, enum gp_speaker speaker, __u64 time_ns, const __u8 *data, __u32 len)
{
	struct gp_spoken_line *taken = &d->lines[speaker];
	__u32 used;

	if (!gp_line_take(d, taken, data, len, &used))
		return used;
	gp_line_trim(taken);
	take_line(d, speaker, time_ns, taken->data, taken->len);
	gp_line_next(taken);
	return used;
}

static bool begins_with_method(const __u8 *data, __u32 len)
{
	static const char *const beginnings[] = { "GET /", "POST /", "HEAD /", "PUT /", "OPTIONS /", "DELETE /" };

	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
		size_t n = strlen(beginnings[i]);

		if (len >= n && !memcmp(data, beginnings[i], n))
			return true;
	}
	return false;
}

/* Behind a gap a message may begin with a segment; what does not look like one is a body. */
static bool may_begin(enum gp_speaker speaker, const __u8 *data, __u32 len)
{
	const __u8 *end = memchr(data, '\n', len), *text = data;

	if (speaker == GP_FROM_SERVER)
		return len >= 9 && !memcmp(data, "HTTP/1.", 7) && data[8] == ' ';
	if (!end) /* of a long line the end may be missing */
		return begins_with_method(data, len);
	while (text < end && *text >= 'A' && *text <= 'Z')
		text++;
	return text > data && *text == ' ' && memmem(text, (size_t)(end - text), " HTTP/1.", 8);
}

void gp_dialogue_http_bytes(struct gp_dialogue *d, enum gp_speaker speaker, __u64 time_ns, const __u8 *data, __u32 len)
{
	struct gp_http_side *side = &d->http->sides[speaker];

	if (side->phase == GP_HTTP_AT_RESYNC && may_begin(speaker, data, len)) {
		next_message(side);
		side->after_gap = true;
	}
	if (side->phase == GP_HTTP_AT_TUNNEL)
		side->phase = *data == GP_TLS_HANDSHAKE && !gp_dialogue_tls_open(d) ? GP_HTTP_AT_TLS : GP_HTTP_AT_OVER;
	if (side->phase == GP_HTTP_AT_TLS)
		gp_dialogue_tls_bytes(d, data, len);
	while (len && side->phase < GP_HTTP_AT_RESYNC) {
		bool in_body = side->phase == GP_HTTP_AT_BODY || side->phase == GP_HTTP_AT_CHUNK;
		__u32 used = in_body ? skip(side, len) : line(d, speaker, time_ns, data, len);

		data += used;
		len -= used;
	}
}

static void say_cut_head(struct gp_dialogue *d, struct gp_http_side *side)
{
	if (side->phase != GP_HTTP_AT_HEAD)
		return;
	side->said.flags |= GP_SAID_CUT;
	gp_dialogue_say(d, &side->said);
	over(side);
}

void gp_dialogue_http_finish(struct gp_dialogue *d)
{
	say_cut_head(d, &d->http->sides[GP_FROM_CLIENT]);
	say_cut_head(d, &d->http->sides[GP_FROM_SERVER]);
}

/* "GET /path", of which a gap took the rest. */
static bool cut_request_line(struct gp_dialogue *d, struct gp_said *said, const char *line, size_t len)
{
	const char *target = memchr(line, ' ', len), *end;
	size_t method_len = target ? (size_t)(target++ - line) : 0;

	if (method_len > METHOD_MAX || !is_token(line, method_len) || target == line + len || (*target != '/' && *target != 'h'))
		return false;
	end = memchr(target, ' ', len - method_len - 1);
	if (end || memchr(target, '?', len - method_len - 1))
		said->path_hash = hash_path(d->budget->salt, target, (size_t)((end ? end : line + len) - target));
	said->words[GP_WORDS_VERB] = gp_dialogue_words(d, line, method_len, METHOD_MAX);
	said->words[GP_WORDS_ARGUMENT] = gp_dialogue_words(d, target, (size_t)((end ? end : line + len) - target), GP_WORDS_MAX);
	said->words[GP_WORDS_ARGUMENT].cut |= !end;
	return true;
}

/* A first line that a gap cut off is told as far as it came. */
static void cut_start(struct gp_dialogue *d, enum gp_speaker speaker, __u64 time_ns)
{
	const struct gp_spoken_line *taken = &d->lines[speaker];
	struct gp_http_side *side = &d->http->sides[speaker];

	if (side->phase != GP_HTTP_AT_START || !taken->len)
		return;
	start(d, speaker, time_ns, taken->data, taken->len);
	if (side->phase != GP_HTTP_AT_HEAD && speaker == GP_FROM_CLIENT &&
	    cut_request_line(d, &side->said, taken->data, taken->len))
		side->phase = GP_HTTP_AT_HEAD;
}

void gp_dialogue_http_gap(struct gp_dialogue *d, enum gp_speaker speaker, __u64 time_ns, __u32 len)
{
	struct gp_http_side *side = &d->http->sides[speaker];

	if ((side->phase == GP_HTTP_AT_BODY || side->phase == GP_HTTP_AT_CHUNK) && len <= side->left) {
		skip(side, len);
		return;
	}
	if (side->phase > GP_HTTP_AT_RESYNC) {
		over(side);
		return;
	}
	cut_start(d, speaker, time_ns);
	say_cut_head(d, side);
	gp_line_next(&d->lines[speaker]);
	side->phase = GP_HTTP_AT_RESYNC;
	d->http->waiting_count = 0; /* which response is for which request is no longer known */
}

int gp_dialogue_http_open(struct gp_dialogue *d)
{
	d->http = gp_dialogue_alloc(d, sizeof(*d->http));
	if (!d->http)
		return -ENOMEM;
	for (int i = 0; i < GP_SPEAKERS; i++)
		d->http->sides[i].phase = d->stream->sides[i].syn ? GP_HTTP_AT_START : GP_HTTP_AT_RESYNC;
	return 0;
}
