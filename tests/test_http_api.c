/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The HTTP interface over real connections: who gets what, and who gets nothing and how soon. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "http_api.h"
#include "http_token.h"
#include "serve_thread.h"
#include "stderr_capture.h"
#include "temp_directory.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TOKEN "0123456789abcdef0123456789abcdef"
#define CONNECTION_MS 3000
#define METRICS_MS 400

#define GET(path) "GET " path " HTTP/1.1\r\nHost: localhost\r\n"
#define BEARER "Authorization: Bearer " TOKEN "\r\n"

struct agent {
	char directory[64], token_file[96];
	struct gp_http *http;
	struct serve_thread loop;
	int metrics; /* how often they were made */
};

/* Many zeros, which cost nothing before somebody reads them. */
static int answer_zeros(struct gp_answer *out, size_t len)
{
	out->text = calloc(1, len);
	out->len = out->capacity = out->text ? len : 0;
	return out->text ? 0 : -ENOMEM;
}

static int answer(void *context, const struct gp_query *q, struct gp_answer *out)
{
	static const char kib[1024] = "a KiB of zeros";
	struct agent *a = context;

	switch (q->name) {
	case GP_QUERY_HOSTS: /* as many KiB as the limit */
		if (q->limit > 10000)
			return answer_zeros(out, 1024ul * q->limit);
		for (__u32 i = 0; i < q->limit; i++)
			gp_answer_write(out, kib, sizeof(kib));
		return 0;
	case GP_QUERY_RANGES:
		return gp_answer_fail(out, 503, "not now");
	case GP_QUERY_NETWORKS:
		return -EIO;
	case GP_QUERY_METRICS:
		out->type = GP_TYPE_PROMETHEUS;
		gp_answer_print(out, "made %d\n", ++a->metrics);
		return 0;
	default:
		gp_answer_print(out, "{\"schema\":\"gatepost.%s/1\"}\n", gp_query_name(q->name));
		return 0;
	}
}

static void serve(void *context)
{
	gp_http_serve(context);
}

static void write_token(const struct agent *a, const char *text, mode_t mode)
{
	int fd = open(a->token_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	fchmod(fd, mode);
	close(fd);
}

static void make_directory(struct agent *a)
{
	*a = (struct agent){ 0 };
	assert_int_equal(temp_directory(a->directory, sizeof(a->directory)), 0);
	snprintf(a->token_file, sizeof(a->token_file), "%s/token", a->directory);
	write_token(a, TOKEN "\n", 0600);
}

static void remove_directory(const struct agent *a)
{
	unlink(a->token_file);
	assert_int_equal(rmdir(a->directory), 0);
}

static void begin_without(struct agent *a, bool token)
{
	struct gp_http_options options;

	make_directory(a);
	options = (struct gp_http_options){ .listen = "127.0.0.1:0", .token_file = token ? a->token_file : "", .answer = answer,
					    .context = a, .connection_ms = CONNECTION_MS, .metrics_ms = METRICS_MS,
					    .busy_ms = 60000 };
	assert_int_equal(gp_http_open(&a->http, &options), 0);
	assert_int_equal(serve_thread_begin(&a->loop, gp_http_fd(a->http), serve, a->http), 0);
}

static void begin(struct agent *a)
{
	begin_without(a, true);
}

static struct gp_http_tally end(struct agent *a)
{
	struct gp_http_tally count;

	serve_thread_end(&a->loop);
	count = gp_http_count(a->http);
	gp_http_close(a->http);
	remove_directory(a);
	return count;
}

static int connect_to(const struct agent *a)
{
	const struct timeval wait = { .tv_sec = 10 };
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((in_port_t)gp_http_port(a->http)),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void say(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

		if (n < 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

static size_t hear(int fd, char *text, size_t size)
{
	size_t len = 0;
	ssize_t n = 1;

	while (n > 0 && len + 1 < size) {
		n = recv(fd, text + len, size - 1 - len, 0);
		len += n > 0 ? (size_t)n : 0;
	}
	assert_true(n >= 0 || errno == ECONNRESET);
	text[len] = '\0';
	return len;
}

/* Return: the status, 0 when there was no answer. @reply: out, all of it. */
static int ask(const struct agent *a, const char *request, char *reply, size_t size)
{
	int fd = connect_to(a), status = 0;

	say(fd, request, strlen(request));
	hear(fd, reply, size);
	close(fd);
	return sscanf(reply, "HTTP/1.1 %d", &status) == 1 ? status : 0;
}

static const char *body_of(const char *reply)
{
	const char *end = strstr(reply, "\r\n\r\n");

	return end ? end + 4 : "";
}

static void sleep_ms(unsigned ms)
{
	const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000l };

	nanosleep(&t, NULL);
}

static double seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* --- requests ----------------------------------------------------------------------------------------------------- */

static void test_requests(void **state)
{
	static const struct {
		const char *request; /* without the empty line */
		int status;
		const char *holds; /* the answer, headers included */
	} rows[] = {
		{ GET("/metrics"), 200, "made 1\n" },
		{ GET("/healthz"), 200, "{\"schema\":\"gatepost.health/1\"}\n" },
		{ GET("/api/v1/status") BEARER, 200, "{\"schema\":\"gatepost.status/1\"}\n" },
		{ GET("/api/v1/status") "authorization: bearer   " TOKEN "\r\n", 200, "gatepost.status/1" },
		{ GET("/api/v1/hosts?limit=1") BEARER, 200, "Content-Length: 1024\r\n" },
		{ GET("/api/v1/explain/2001:db8::7") BEARER, 200, "gatepost.explain/1" },
		{ GET("/api/v1/explain/2001%3Adb8%3A%3A7") BEARER, 200, "gatepost.explain/1" },
		{ GET("/api/v1/hosts?limit=1&since=2026-05-04T10:00:00%2B02:00") BEARER, 200, "" },
		/* tokens */
		{ GET("/api/v1/status"), 401, "WWW-Authenticate: Bearer realm=\"gatepost\"" },
		{ GET("/api/v1/status") "Authorization: Bearer 0123456789abcdef0123456789abcdeX\r\n", 401, "give the token" },
		{ GET("/api/v1/status") "Authorization: Bearer \r\n", 401, "" },
		{ GET("/api/v1/status") "Authorization: Bearer " TOKEN "x\r\n", 401, "" },
		{ GET("/api/v1/status") "Authorization: Bearer 0123456789abcdef\r\n", 401, "" },
		{ GET("/api/v1/status") "Authorization: Basic " TOKEN "\r\n", 401, "" },
		{ GET("/api/v1/status") "Authorization: " TOKEN "\r\n", 401, "" },
		{ GET("/api/v1/status?token=" TOKEN), 401, "" },
		{ GET("/etc/passwd"), 401, "" },
		{ GET("/metrics/../api/v1/status"), 401, "" },
		{ GET("/api/v1/nothing") BEARER, 404, "nothing at /api/v1/nothing" },
		{ GET("/api/v1/reload") BEARER, 404, "" },
		{ GET("/%1b%5b31m") BEARER, 404, "\\\\x1b[31m" },
		/* arguments */
		{ GET("/api/v1/hosts?limit=x") BEARER, 400, "limit x: give a whole number" },
		{ GET("/api/v1/hosts?limit=1&limit=2") BEARER, 400, "limit is given twice" },
		{ GET("/api/v1/hosts?limit") BEARER, 400, "limit has no value" },
		{ GET("/api/v1/hosts?%00=1") BEARER, 400, "NUL byte" },
		{ GET("/api/v1/hosts?limit=1%00") BEARER, 400, "NUL byte" },
		{ GET("/api/v1/hosts?a&b&c&d&e&f&g&h&i&j&k&l&m&n&o&p&q") BEARER, 400, "more than 16 arguments" },
		{ GET("/metrics?x=1"), 400, "metrics has no parameter x" },
		/* Who is asked? */
		{ "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:9418\r\n", 200, "" },
		{ "GET /metrics HTTP/1.1\r\nHost: [::1]:9418\r\n", 200, "" },
		{ "GET /metrics HTTP/1.1\r\nHost: evil.example\r\n", 421, "Host evil.example: ask by address" },
		{ "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1.evil.example\r\n", 421, "" },
		{ "GET /api/v1/status HTTP/1.1\r\nHost: evil.example\r\n" BEARER, 421, "" },
		/* methods */
		{ "POST /api/v1/status HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n" BEARER, 405, "Allow: GET, HEAD\r\n" },
		{ "PUT /metrics HTTP/1.1\r\nHost: localhost\r\n", 405, "" },
		{ "DELETE /metrics HTTP/1.1\r\nHost: localhost\r\n", 405, "" },
		{ "OPTIONS /metrics HTTP/1.1\r\nHost: localhost\r\n", 405, "" },
		{ "TRACE /metrics HTTP/1.1\r\nHost: localhost\r\nX-Secret: 1\r\n", 405, "" },
		{ "get /metrics HTTP/1.1\r\nHost: localhost\r\n", 405, "" },
		/* what the agent says */
		{ GET("/api/v1/ranges") BEARER, 503, "Retry-After: 1\r\n" },
		{ GET("/api/v1/networks") BEARER, 500, "Input/output error" },
	};
	static char reply[65536], request[1024];
	struct gp_http_tally count;
	struct agent a;
	unsigned good = 0;

	(void)state;
	begin(&a);
	for (size_t i = 0; i < COUNT(rows); i++) {
		int status;

		snprintf(request, sizeof(request), "%s\r\n", rows[i].request);
		status = ask(&a, request, reply, sizeof(reply));
		if (status != rows[i].status || !strstr(reply, rows[i].holds))
			fail_msg("%s: %d\n%.600s", rows[i].request, status, reply);
		/* Whatever is answered, browsers may do nothing with it. */
		if (!strstr(reply, "X-Content-Type-Options: nosniff\r\n") || !strstr(reply, "Cache-Control: no-store\r\n") ||
		    !strstr(reply, "default-src 'none'") || !strstr(reply, "Connection: close\r\n"))
			fail_msg("%s: headers\n%.600s", rows[i].request, reply);
		if (status != 200 && !strstr(body_of(reply), "\"ok\":false"))
			fail_msg("%s: body\n%.600s", rows[i].request, reply);
		assert_null(strchr(reply, '\x1b'));
		good += status == 200;
	}
	count = end(&a);
	assert_int_equal(count.answered, good);
	assert_int_equal(count.refused, COUNT(rows) - good);
	assert_int_equal(count.denied, 10);
	assert_int_equal(count.connections, COUNT(rows));
}

static void test_hosts(void **state)
{
	static const struct {
		const char *host;
		bool ours;
	} rows[] = {
		{ "127.0.0.1", true },	     { "127.0.0.1:9418", true }, { "localhost", true },
		{ "LOCALHOST:1", true },     { "[::1]", true },		 { "[::1]:9418", true },
		{ "192.0.2.7:9418", true },  { NULL, false },		 { "", false },
		{ "gatepost.example", false }, { "localhost.evil.example", false }, { "127.0.0.1.evil.example", false },
		{ "127.0.0.1:", false },     { "127.0.0.1:x", false },	 { "127.0.0.1:123456", false },
		{ "::1", false },	     { "[::1", false },		 { "[::1]x", false },
		{ "[]", false },	     { "localhost:9418@evil", false }, { "127.0.0.1 ", false },
		{ ":9418", false },	     { "0x7f.1", false },	 { "2130706433", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (gp_http_host_is_ours(rows[i].host) != rows[i].ours)
			fail_msg("Host %s", rows[i].host ? rows[i].host : "(none)");
}

static void test_head(void **state)
{
	static char get[8192], head[8192];
	struct agent a;

	(void)state;
	begin(&a);
	assert_int_equal(ask(&a, GET("/healthz") "\r\n", get, sizeof(get)), 200);
	assert_int_equal(ask(&a, "HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", head, sizeof(head)), 200);
	assert_string_equal(body_of(head), "");
	assert_non_null(strstr(head, "Content-Length: 31\r\n"));
	assert_int_equal(strlen(body_of(get)), 31);
	end(&a);
}

/* Bytes that are no request of ours never reach the callback, and never the agent's end. */
static void test_garbage(void **state)
{
	static const char *const rows[] = {
		"\r\n\r\n", "GET\r\n\r\n", "GET /metrics\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "{\"query\":\"status\"}\n",
		"GET /metrics HTTP/9.9\r\nHost: localhost\r\n\r\n", "GET /metrics HTTP/1.1\r\n\r\n",
		"GET /metrics HTTP/1.0\r\n\r\n", "GET http://[ HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
		"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
		"GET /%zz%%% HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /api/v1/status HTTP/1.1\r\nHost: a\r\nHost: localhost\r\n\r\n",
	};
	static char reply[8192];
	struct agent a;

	(void)state;
	begin(&a);
	for (size_t i = 0; i < COUNT(rows); i++) {
		int fd = connect_to(&a);

		say(fd, rows[i], strlen(rows[i]));
		shutdown(fd, SHUT_WR);
		hear(fd, reply, sizeof(reply));
		close(fd);
		if (strstr(reply, "gatepost.status/1") || strstr(reply, "HTTP/1.1 200"))
			fail_msg("row %zu: %.300s", i, reply);
	}
	assert_int_equal(ask(&a, GET("/healthz") "\r\n", reply, sizeof(reply)), 200);
	end(&a);
}

static void test_large_request(void **state)
{
	static char request[200000], reply[8192];
	struct agent a;
	int status;
	size_t at;

	(void)state;
	begin(&a);
	at = (size_t)snprintf(request, sizeof(request), GET("/healthz") "X: ");
	memset(request + at, 'x', 100000);
	strcpy(request + at + 100000, "\r\n\r\n");
	status = ask(&a, request, reply, sizeof(reply));
	assert_true(!status || status == 431 || status == 413);
	at = (size_t)snprintf(request, sizeof(request), "GET /");
	memset(request + at, 'x', 100000);
	strcpy(request + at + 100000, " HTTP/1.1\r\nHost: localhost\r\n\r\n");
	status = ask(&a, request, reply, sizeof(reply));
	assert_true(!status || status == 414 || status == 431);
	/* Below the bound a long header is just one. */
	at = (size_t)snprintf(request, sizeof(request), GET("/healthz") "X: ");
	memset(request + at, 'x', 8000);
	strcpy(request + at + 8000, "\r\n\r\n");
	assert_int_equal(ask(&a, request, reply, sizeof(reply)), 200);
	end(&a);
}

static void test_without_token(void **state)
{
	static char reply[8192];
	struct agent a;

	(void)state;
	begin_without(&a, false);
	assert_int_equal(ask(&a, GET("/metrics") "\r\n", reply, sizeof(reply)), 200);
	assert_int_equal(ask(&a, GET("/api/v1/status") BEARER "\r\n", reply, sizeof(reply)), 401);
	assert_non_null(strstr(reply, "no token is configured"));
	assert_int_equal(ask(&a, GET("/api/v1/status") "Authorization: Bearer \r\n\r\n", reply, sizeof(reply)), 401);
	end(&a);
}

/* What needs no token costs nothing more when it is asked for a hundred times. */
static void test_metrics_are_kept(void **state)
{
	static char reply[8192];
	struct agent a;
	double since;

	(void)state;
	begin(&a);
	since = seconds_now();
	for (int i = 0; i < 50; i++)
		assert_int_equal(ask(&a, GET("/metrics") "\r\n", reply, sizeof(reply)), 200);
	assert_true(a.metrics <= 1 + (seconds_now() - since) * 1000 / METRICS_MS);
	sleep_ms(METRICS_MS + 100);
	assert_int_equal(ask(&a, GET("/metrics") "\r\n", reply, sizeof(reply)), 200);
	assert_true(a.metrics >= 2);
	end(&a);
}

/* --- time and numbers --------------------------------------------------------------------------------------------- */

static void test_slow_request(void **state)
{
	static const char request[] = GET("/healthz");
	static char reply[8192];
	struct gp_http_tally count;
	double since, longest = 0;
	struct agent a;
	int fd;

	(void)state;
	begin(&a);
	since = seconds_now();
	fd = connect_to(&a);
	/* A byte now and then buys no time, and nobody else waits for it. */
	for (size_t i = 0; i < strlen(request) && seconds_now() - since < 9; i++) {
		double asked = seconds_now();

		if (send(fd, request + i, 1, MSG_NOSIGNAL) < 0)
			break;
		sleep_ms(CONNECTION_MS / 12);
		asked = seconds_now();
		assert_int_equal(ask(&a, GET("/healthz") "\r\n", reply, sizeof(reply)), 200);
		longest = seconds_now() - asked > longest ? seconds_now() - asked : longest;
	}
	hear(fd, reply, sizeof(reply));
	assert_null(strstr(reply, "200"));
	assert_true(seconds_now() - since < 9);
	assert_true(longest < 2.5);
	close(fd);
	count = end(&a);
	assert_int_equal(count.timed_out, 1);
}

static void test_many_connections(void **state)
{
	static char reply[8192];
	struct gp_http_tally count;
	int idle[GP_HTTP_CONNECTIONS + 8];
	double since;
	struct agent a;

	(void)state;
	begin(&a);
	for (size_t i = 0; i < COUNT(idle); i++)
		idle[i] = connect_to(&a);
	since = seconds_now();
	/* All places are taken, for as long as anybody may keep one. */
	assert_int_equal(ask(&a, GET("/healthz") "\r\n", reply, sizeof(reply)), 200);
	assert_true(seconds_now() - since < 4 * CONNECTION_MS / 1000.0);
	for (size_t i = 0; i < COUNT(idle); i++)
		close(idle[i]);
	count = end(&a);
	assert_true(count.timed_out >= GP_HTTP_CONNECTIONS);
}

static void test_never_reads(void **state)
{
	static const char hosts[] = GET("/api/v1/hosts?limit=20000") BEARER "\r\n";
	static char reply[8192];
	struct gp_http_tally count;
	struct agent a;
	int fds[4];

	(void)state;
	begin(&a);
	for (size_t i = 0; i < COUNT(fds); i++) {
		fds[i] = connect_to(&a);
		say(fds[i], hosts, strlen(hosts));
	}
	for (size_t i = 0; i < COUNT(fds); i++)
		assert_int_equal(recv(fds[i], reply, 1, 0), 1);
	/* 80 MB wait: no more of these until somebody has read or given up. */
	assert_int_equal(ask(&a, GET("/api/v1/hosts?limit=1") BEARER "\r\n", reply, sizeof(reply)), 503);
	assert_int_equal(ask(&a, GET("/api/v1/status") BEARER "\r\n", reply, sizeof(reply)), 200);
	assert_int_equal(ask(&a, GET("/metrics") "\r\n", reply, sizeof(reply)), 200);
	sleep_ms(CONNECTION_MS + 1000);
	assert_int_equal(ask(&a, GET("/api/v1/hosts?limit=1") BEARER "\r\n", reply, sizeof(reply)), 200);
	for (size_t i = 0; i < COUNT(fds); i++)
		close(fds[i]);
	count = end(&a);
	assert_int_equal(count.timed_out, COUNT(fds));
	/* A loop that spins would have made millions. */
	assert_true(a.loop.calls < 1500);
}

static void test_large_answer(void **state)
{
	size_t size = 9 << 20, len;
	char *reply = malloc(size);
	struct agent a;
	int fd;

	(void)state;
	assert_non_null(reply);
	begin(&a);
	fd = connect_to(&a);
	say(fd, GET("/api/v1/hosts?limit=8000") BEARER "\r\n", strlen(GET("/api/v1/hosts?limit=8000") BEARER "\r\n"));
	len = hear(fd, reply, size);
	close(fd);
	assert_int_equal(len - (size_t)(body_of(reply) - reply), 8000 * 1024);
	end(&a);
	free(reply);
}

static void test_going_away(void **state)
{
	static char reply[8192];
	struct agent a;

	(void)state;
	begin(&a);
	for (int i = 0; i < 60; i++) {
		int fd = connect_to(&a);
		const struct linger hard = { .l_onoff = 1 };

		if (i % 3 == 1)
			say(fd, GET("/api/v1/hosts?limit=2000") BEARER "\r\n",
			    strlen(GET("/api/v1/hosts?limit=2000") BEARER "\r\n"));
		if (i % 3 == 2)
			say(fd, "GET /met", 8);
		if (i % 2)
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
		close(fd);
	}
	sleep_ms(200);
	assert_int_equal(ask(&a, GET("/api/v1/hosts?limit=1") BEARER "\r\n", reply, sizeof(reply)), 200);
	end(&a);
}

/* --- opening ------------------------------------------------------------------------------------------------------ */

static int try_open(struct gp_http **out, const char *where, const char *token_file, char *log, size_t size)
{
	const struct gp_http_options options = { .listen = where, .token_file = token_file, .answer = answer };
	int err;

	stderr_capture_begin();
	err = gp_http_open(out, &options);
	stderr_capture_end(log, size);
	return err;
}

static void test_listen(void **state)
{
	static const struct {
		const char *where;
		int err;
		const char *says;
	} rows[] = {
		{ "127.0.0.1:0", 0, "" },
		{ "[::1]:0", 0, "" },
		{ "0.0.0.0:0", 0, "can be reached from other hosts" },
		{ "", -EINVAL, "give an address and a port" },
		{ "9418", -EINVAL, "" },
		{ ":9418", -EINVAL, "" },
		{ "localhost:9418", -EINVAL, "" },
		{ "127.0.0.1", -EINVAL, "" },
		{ "127.0.0.1:", -EINVAL, "" },
		{ "127.0.0.1:65536", -EINVAL, "" },
		{ "127.0.0.1:-1", -EINVAL, "" },
		{ "::1:9418", -EINVAL, "" },
		{ "[::1:9418", -EINVAL, "" },
		{ "[]:9418", -EINVAL, "" },
		{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:9418", -EINVAL, "" },
		{ "192.0.2.1:9418", -EADDRNOTAVAIL, "no interface of this host has that address" },
	};
	struct gp_http *http, *second;
	char log[1024], where[32];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int err;

		/* Not every test machine speaks IPv6. */
		if (rows[i].where[0] == '[' && !rows[i].err && access("/proc/net/if_inet6", F_OK))
			continue;
		err = try_open(&http, rows[i].where, NULL, log, sizeof(log));
		if (err != rows[i].err || !strstr(log, rows[i].says))
			fail_msg("%s: %d %s", rows[i].where, err, log);
		if (!err)
			gp_http_close(http);
	}
	assert_int_equal(try_open(&http, "127.0.0.1:0", NULL, log, sizeof(log)), 0);
	snprintf(where, sizeof(where), "127.0.0.1:%u", gp_http_port(http));
	assert_int_equal(try_open(&second, where, NULL, log, sizeof(log)), -EADDRINUSE);
	assert_non_null(strstr(log, "give another port"));
	gp_http_close(http);
}

static void test_token_files(void **state)
{
	static const struct {
		const char *text;
		mode_t mode;
		int err;
		const char *says;
	} rows[] = {
		{ TOKEN, 0600, 0, "" },
		{ TOKEN "\r\n", 0400, 0, "" },
		{ TOKEN, 0640, -EPERM, "others than its owner have access (mode 640); chmod 600" },
		{ TOKEN, 0604, -EPERM, "mode 604" },
		{ TOKEN, 0620, -EPERM, "mode 620" },
		{ "", 0600, -EINVAL, "16 to 256 characters; openssl rand" },
		{ "short\n", 0600, -EINVAL, "16 to 256" },
		{ "two words are no token", 0600, -EINVAL, "without blanks" },
		{ TOKEN "\n" TOKEN "\n", 0600, -EINVAL, "one line" },
		{ "0123456789abcdef\x1b[31m", 0600, -EINVAL, "printable" },
	};
	char log[1024], longer[400];
	struct gp_http *http;
	struct agent a;

	(void)state;
	make_directory(&a);
	for (size_t i = 0; i < COUNT(rows); i++) {
		int err;

		write_token(&a, rows[i].text, rows[i].mode);
		err = try_open(&http, "127.0.0.1:0", a.token_file, log, sizeof(log));
		if (err != rows[i].err || !strstr(log, rows[i].says) || strstr(log, TOKEN))
			fail_msg("row %zu: %d %s", i, err, log);
		if (!err)
			gp_http_close(http);
	}
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	write_token(&a, longer, 0600);
	assert_int_equal(try_open(&http, "127.0.0.1:0", a.token_file, log, sizeof(log)), -EINVAL);
	assert_int_equal(try_open(&http, "127.0.0.1:0", a.directory, log, sizeof(log)), -EINVAL);
	assert_int_equal(try_open(&http, "127.0.0.1:0", "/nonexistent", log, sizeof(log)), -ENOENT);
	assert_non_null(strstr(log, "/nonexistent"));
	remove_directory(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),      cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_garbage),	      cmocka_unit_test(test_large_request),
		cmocka_unit_test(test_without_token), cmocka_unit_test(test_metrics_are_kept),
		cmocka_unit_test(test_slow_request),  cmocka_unit_test(test_many_connections),
		cmocka_unit_test(test_never_reads),   cmocka_unit_test(test_large_answer),
		cmocka_unit_test(test_going_away),    cmocka_unit_test(test_listen),
		cmocka_unit_test(test_token_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
