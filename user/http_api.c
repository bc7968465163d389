// SPDX-License-Identifier: GPL-2.0-or-later
#include "http_api.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <microhttpd.h>

#include "control_head.h"
#include "http_listen.h"
#include "http_token.h"
#include "log.h"

#define NS_PER_MS 1000000ull
#define NS_PER_S 1000000000ull
#define CONNECTION_MS 10000u
#define METRICS_MS 2000u
#define BUSY_MS 500u
#define CHECK_MS 200u /* how often late connections are looked for, while there is any */
#define ARGUMENTS 16
#define ROUNDS 64 /* of libmicrohttpd in one call: it reads and writes what sockets take */

/* The request in hand, between its headers and its end: what it keeps in memory. */
struct request {
	size_t bytes;
};

struct connection {
	int fd; /* -1: none */
	__u64 end_ns;
};

struct gp_http {
	struct MHD_Daemon *daemon;
	int epoll, timer;
	unsigned port;
	bool has_token;
	struct gp_token token;
	struct gp_http_options options;
	struct connection connections[GP_HTTP_CONNECTIONS];
	struct gp_http_tally count;
	size_t pending; /* bytes of answers that are being written */
	__u64 busy_until_ns;
	struct gp_answer metrics; /* the last one */
	__u64 metrics_ns; /* when it was made; 0: never */
};

static __u64 clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (__u64)t.tv_sec * NS_PER_S + (__u64)t.tv_nsec;
}

/* --- answers ------------------------------------------------------------------------------------------------------ */

static void add_headers(struct MHD_Response *response, const struct gp_answer *answer)
{
	static const char *const headers[][2] = {
		{ "Cache-Control", "no-store" },
		{ "Connection", "close" },
		{ "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'" },
		{ "Cross-Origin-Resource-Policy", "same-origin" },
		{ "Referrer-Policy", "no-referrer" },
		{ "X-Content-Type-Options", "nosniff" },
		{ "X-Frame-Options", "DENY" },
	};

	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		MHD_add_response_header(response, headers[i][0], headers[i][1]);
	MHD_add_response_header(response, "Content-Type", answer->type ? answer->type : GP_TYPE_JSON);
	if (answer->status == 405)
		MHD_add_response_header(response, "Allow", "GET, HEAD");
	if (answer->status == 401)
		MHD_add_response_header(response, "WWW-Authenticate", "Bearer realm=\"gatepost\"");
	if (answer->status == 503)
		MHD_add_response_header(response, "Retry-After", "1");
}

/* Takes the answer's text over. */
static enum MHD_Result send_answer(struct gp_http *h, struct MHD_Connection *connection, struct request *request,
				   struct gp_answer *answer)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(answer->len, answer->text, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result result;

	if (!response) {
		gp_answer_free(answer);
		return MHD_NO;
	}
	request->bytes = answer->capacity;
	h->pending += request->bytes;
	add_headers(response, answer);
	result = MHD_queue_response(connection, (unsigned)answer->status, response);
	MHD_destroy_response(response);
	return result;
}

/* The error as the head of the control socket has it; the text ends with the line. */
static void write_error(struct gp_http *h, struct gp_answer *answer)
{
	struct gp_answer text = { .status = answer->status };

	h->count.refused++;
	gp_control_head_write(&text, answer);
	gp_answer_free(answer);
	*answer = text;
}

static enum MHD_Result send_settled(struct gp_http *h, struct MHD_Connection *connection, struct request *request,
				    struct gp_answer *answer)
{
	if (answer->status == 200)
		h->count.answered++;
	else
		write_error(h, answer);
	return send_answer(h, connection, request, answer);
}

/* --- requests ----------------------------------------------------------------------------------------------------- */

struct arguments {
	struct gp_query_argument list[ARGUMENTS];
	size_t count;
	bool refused; /* too many, or one with a NUL byte */
};

static enum MHD_Result take_argument(void *cls, enum MHD_ValueKind kind, const char *key, size_t key_len,
				     const char *value, size_t value_len)
{
	struct arguments *a = cls;

	(void)kind;
	if (a->count == ARGUMENTS || strlen(key) != key_len || (value && strlen(value) != value_len)) {
		a->refused = true;
		return MHD_NO;
	}
	a->list[a->count++] = (struct gp_query_argument){ key, value };
	return MHD_YES;
}

static int read_query(struct gp_query *query, struct MHD_Connection *connection, const char *url,
		      struct gp_answer *answer)
{
	struct gp_query_error error;
	struct arguments arguments = { .count = 0 };

	MHD_get_connection_values_n(connection, MHD_GET_ARGUMENT_KIND, take_argument, &arguments);
	if (arguments.refused)
		return gp_answer_fail(answer, 400, "more than %d arguments, or one with a NUL byte", ARGUMENTS);
	if (!gp_query_from_url(query, url, arguments.list, arguments.count, clock_ns(CLOCK_REALTIME), &error))
		return 0;
	return gp_answer_fail(answer, error.status, "%s", error.text);
}

static bool is_open_to_all(const char *url)
{
	return !strcmp(url, "/metrics") || !strcmp(url, "/healthz");
}

/* Who may ask this? */
static int check_request(struct gp_http *h, struct MHD_Connection *connection, const char *url, const char *method,
			 struct gp_answer *answer)
{
	const char *host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
	const char *authorization =
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);

	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
		return gp_answer_fail(answer, 405, "%.20s: there is only GET and HEAD here", method);
	if (!gp_http_host_is_ours(host))
		return gp_answer_fail(answer, 421, "Host %.60s: ask by address or as localhost", host ? host : "is missing");
	if (is_open_to_all(url) || (h->has_token && gp_token_matches(&h->token, authorization)))
		return 0;
	h->count.denied++;
	return gp_answer_fail(answer, 401, h->has_token ? "give the token, as Authorization: Bearer TOKEN" :
			      "no token is configured: http.token_file names its file");
}

/* What anybody may ask for costs something at most every metrics_ms. */
static void answer_metrics(struct gp_http *h, const struct gp_query *query, struct gp_answer *out)
{
	__u64 now_ns = clock_ns(CLOCK_MONOTONIC);

	if (!h->metrics_ns || now_ns - h->metrics_ns >= h->options.metrics_ms * NS_PER_MS) {
		gp_answer_free(&h->metrics);
		gp_answer_ask(h->options.answer, h->options.context, query, &h->metrics);
		h->metrics_ns = now_ns;
	}
	out->status = h->metrics.status;
	out->type = h->metrics.type;
	memcpy(out->error, h->metrics.error, sizeof(out->error));
	gp_answer_write(out, h->metrics.text, h->metrics.len);
	if (out->err)
		gp_answer_fail(out, 503, "out of memory");
}

static bool is_busy(const struct gp_http *h, const struct gp_query *query)
{
	return clock_ns(CLOCK_MONOTONIC) > h->busy_until_ns ||
	       (!gp_query_is_short(query->name) && h->pending >= GP_HTTP_PENDING);
}

static void answer_query(struct gp_http *h, const struct gp_query *query, struct gp_answer *out)
{
	if (query->name == GP_QUERY_METRICS)
		answer_metrics(h, query, out);
	else if (query->name != GP_QUERY_HEALTH && is_busy(h, query))
		gp_answer_fail(out, 503, "busy: try again in a second");
	else
		gp_answer_ask(h->options.answer, h->options.context, query, out);
}

/* Called with the headers first. No request has a body that anybody reads. */
static enum MHD_Result handle(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
			      const char *version, const char *data, size_t *data_len, void **state)
{
	struct gp_http *h = cls;
	struct request *request = calloc(1, sizeof(*request));
	struct gp_answer answer = { 0 };
	struct gp_query query;

	(void)version;
	(void)data;
	(void)data_len;
	if (!request)
		return MHD_NO;
	*state = request;
	if (!check_request(h, connection, url, method, &answer) && !read_query(&query, connection, url, &answer))
		answer_query(h, &query, &answer);
	return send_settled(h, connection, request, &answer);
}

static void forget_request(void *cls, struct MHD_Connection *connection, void **state,
			   enum MHD_RequestTerminationCode why)
{
	struct gp_http *h = cls;
	struct request *request = *state;

	(void)connection;
	(void)why;
	if (!request)
		return;
	h->pending -= request->bytes;
	free(request);
	*state = NULL;
}

/* --- connections -------------------------------------------------------------------------------------------------- */

static void note_connection(void *cls, struct MHD_Connection *connection, void **context,
			    enum MHD_ConnectionNotificationCode what)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct gp_http *h = cls;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (*context)
			((struct connection *)*context)->fd = -1;
		return;
	}
	h->count.connections++;
	for (size_t i = 0; i < GP_HTTP_CONNECTIONS && info; i++) {
		struct connection *c = &h->connections[i];

		if (c->fd >= 0)
			continue;
		c->fd = info->connect_fd;
		c->end_ns = clock_ns(CLOCK_MONOTONIC) + h->options.connection_ms * NS_PER_MS;
		*context = c;
		return;
	}
}

/* libmicrohttpd's own limit begins anew with each byte. Whoever is shut down here is found closed by it. */
static bool end_late(struct gp_http *h)
{
	__u64 now_ns = clock_ns(CLOCK_MONOTONIC);
	bool any = false;

	for (size_t i = 0; i < GP_HTTP_CONNECTIONS; i++) {
		struct connection *c = &h->connections[i];

		any |= c->fd >= 0;
		if (c->fd < 0 || now_ns < c->end_ns)
			continue;
		h->count.timed_out++;
		shutdown(c->fd, SHUT_RDWR);
		c->end_ns = ~0ull;
	}
	return any;
}

static void set_timer(struct gp_http *h, unsigned ms)
{
	const struct itimerspec spec = { .it_value = { .tv_nsec = (long)(ms * NS_PER_MS) } };

	timerfd_settime(h->timer, 0, &spec, NULL);
}

/* Has libmicrohttpd something to do that no descriptor tells of? */
static bool has_more(struct gp_http *h)
{
	MHD_UNSIGNED_LONG_LONG ms;

	return MHD_get_timeout(h->daemon, &ms) == MHD_YES && !ms;
}

void gp_http_serve(struct gp_http *h)
{
	bool any = end_late(h), more;
	__u64 expirations;
	int rounds = 0;

	h->busy_until_ns = clock_ns(CLOCK_MONOTONIC) + h->options.busy_ms * NS_PER_MS;
	if (read(h->timer, &expirations, sizeof(expirations)) < 0)
		expirations = 0;
	do {
		MHD_run(h->daemon);
		more = has_more(h);
	} while (more && ++rounds < ROUNDS);
	any |= end_late(h);
	set_timer(h, more ? 1 : any ? CHECK_MS : 0);
}

int gp_http_fd(const struct gp_http *http)
{
	return http->epoll;
}

unsigned gp_http_port(const struct gp_http *http)
{
	return http->port;
}

struct gp_http_tally gp_http_count(const struct gp_http *http)
{
	return http->count;
}

/* --- open and close ----------------------------------------------------------------------------------------------- */

static int start(struct gp_http *h, int listener)
{
	h->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, handle, h,
				     MHD_OPTION_LISTEN_SOCKET, listener,
				     MHD_OPTION_CONNECTION_LIMIT, (unsigned)GP_HTTP_CONNECTIONS,
				     MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)GP_HTTP_MEMORY,
				     MHD_OPTION_CONNECTION_TIMEOUT, (h->options.connection_ms + 999) / 1000,
				     MHD_OPTION_STRICT_FOR_CLIENT, 1,
				     MHD_OPTION_NOTIFY_CONNECTION, note_connection, h,
				     MHD_OPTION_NOTIFY_COMPLETED, forget_request, h, MHD_OPTION_END);
	if (h->daemon)
		return 0;
	close(listener);
	gp_error("http: libmicrohttpd cannot begin; is it built with epoll?");
	return -ENOTSUP;
}

static int watch(struct gp_http *h, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(h->epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int open_events(struct gp_http *h)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	int err;

	h->epoll = epoll_create1(EPOLL_CLOEXEC);
	h->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	err = h->epoll < 0 || h->timer < 0 ? -errno : info ? watch(h, info->epoll_fd) : -ENOTSUP;
	if (!err)
		err = watch(h, h->timer);
	if (err)
		gp_error("http: cannot wait for connections: %s", strerror(-err));
	return err;
}

int gp_http_open(struct gp_http **out, const struct gp_http_options *options)
{
	struct gp_http *h = calloc(1, sizeof(*h));
	int err = 0, listener;

	if (!h)
		return -ENOMEM;
	h->options = *options;
	h->options.connection_ms = options->connection_ms ? options->connection_ms : CONNECTION_MS;
	h->options.metrics_ms = options->metrics_ms ? options->metrics_ms : METRICS_MS;
	h->options.busy_ms = options->busy_ms ? options->busy_ms : BUSY_MS;
	h->epoll = h->timer = -1;
	for (size_t i = 0; i < GP_HTTP_CONNECTIONS; i++)
		h->connections[i].fd = -1;
	h->has_token = options->token_file && options->token_file[0];
	if (h->has_token)
		err = gp_token_read(&h->token, options->token_file);
	listener = err ? err : gp_http_listen(options->listen, &h->port);
	err = listener < 0 ? listener : start(h, listener);
	if (!err)
		err = open_events(h);
	if (err) {
		gp_http_close(h);
		return err;
	}
	*out = h;
	return 0;
}

void gp_http_close(struct gp_http *h)
{
	if (!h)
		return;
	if (h->daemon)
		MHD_stop_daemon(h->daemon);
	if (h->timer >= 0)
		close(h->timer);
	if (h->epoll >= 0)
		close(h->epoll);
	gp_answer_free(&h->metrics);
	free(h);
}
