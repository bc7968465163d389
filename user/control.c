// SPDX-License-Identifier: GPL-2.0-or-later
#include "control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "control_head.h"
#include "control_listen.h"
#include "log.h"

#define NS_PER_MS 1000000ull
#define NS_PER_S 1000000000ull
#define REQUEST_MS 5000u
#define STALL_MS 5000u
#define WRITE_MS 60000u
#define WRITE_BYTES (1u << 20) /* to one peer at once, so that no quick reader keeps the agent */
#define CHECK_MS 200u /* how often time-outs are looked for, while anybody is connected */

enum { LISTENER = GP_CONTROL_CLIENTS, TIMER }; /* beside the clients' numbers, in events */

struct client {
	int fd; /* -1: nobody */
	struct ucred peer;
	__u64 end_ns;	/* of the request, then of the answer; CLOCK_MONOTONIC */
	__u64 stall_ns; /* when a peer that has not read since is given up */
	char *line;	/* of the request; room for one byte more than a line may have. NULL: it has been answered */
	size_t line_len;
	bool waits; /* has said something that the agent has not had the time to read */
	struct gp_answer head, body;
	size_t written; /* of both */
};

struct gp_control_socket {
	int epoll, listener, timer, lock;
	bool ticking, paused; /* the timer runs; the listener is left alone until it does */
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct gp_control_options options;
	struct client clients[GP_CONTROL_CLIENTS];
	struct gp_control_tally count;
	bool answered; /* in this call of gp_control_serve() */
};

static __u64 clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (__u64)t.tv_sec * NS_PER_S + (__u64)t.tv_nsec;
}

static int watch(struct gp_control_socket *c, int operation, int fd, __u32 events, __u32 number)
{
	struct epoll_event event = { .events = events, .data.u32 = number };

	return epoll_ctl(c->epoll, operation, fd, &event) ? -errno : 0;
}

/* --- one client --------------------------------------------------------------------------------------------------- */

static void drop(struct client *client)
{
	close(client->fd);
	free(client->line);
	gp_answer_free(&client->head);
	gp_answer_free(&client->body);
	*client = (struct client){ .fd = -1 };
}

static size_t pending(const struct gp_control_socket *c)
{
	size_t bytes = 0;

	for (size_t i = 0; i < GP_CONTROL_CLIENTS; i++)
		bytes += c->clients[i].body.capacity;
	return bytes;
}

static void say_reload(const struct client *client)
{
	gp_notice("control: reload asked for by uid %u, process %d", client->peer.uid, client->peer.pid);
}

static void ask(struct gp_control_socket *c, struct client *client)
{
	struct gp_query_error error;
	struct gp_query query;

	if (gp_query_from_json(&query, client->line, client->line_len, clock_ns(CLOCK_REALTIME), &error)) {
		gp_answer_fail(&client->body, error.status, "%s", error.text);
		return;
	}
	if (!gp_query_is_short(query.name) && pending(c) >= GP_CONTROL_PENDING) {
		gp_answer_fail(&client->body, 503, "busy: %u MiB of answers wait to be read; try again",
			       GP_CONTROL_PENDING >> 20);
		return;
	}
	if (query.name == GP_QUERY_RELOAD)
		say_reload(client);
	gp_answer_ask(c->options.answer, c->options.context, &query, &client->body);
}

/* The request stands whole: from here on the client only reads. */
static void answer(struct gp_control_socket *c, struct client *client)
{
	__u64 now_ns;

	ask(c, client);
	gp_control_head_write(&client->head, &client->body);
	c->answered = true;
	c->count.answered += client->body.status == 200;
	c->count.refused += client->body.status != 200;
	free(client->line);
	client->line = NULL;
	now_ns = clock_ns(CLOCK_MONOTONIC);
	client->end_ns = now_ns + c->options.write_ms * NS_PER_MS;
	client->stall_ns = now_ns + c->options.stall_ms * NS_PER_MS;
	if (client->head.err || watch(c, EPOLL_CTL_MOD, client->fd, EPOLLOUT, (__u32)(client - c->clients)))
		drop(client);
}

/* Return: is there a whole request: a line, the end of what the peer sends, or more than may be? */
static bool read_line(struct client *client)
{
	ssize_t n = recv(client->fd, client->line + client->line_len, GP_QUERY_LINE_MAX + 1 - client->line_len, 0);
	char *end;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n < 0 || (!n && !client->line_len)) {
		drop(client);
		return false;
	}
	end = memchr(client->line + client->line_len, '\n', (size_t)n);
	client->line_len = end ? (size_t)(end - client->line) : client->line_len + (size_t)n;
	return end || !n || client->line_len > GP_QUERY_LINE_MAX;
}

/* Head and body are one text. Return: what of it is next. */
static const char *next_bytes(const struct client *client, size_t *len)
{
	size_t at = client->written;

	if (at < client->head.len) {
		*len = client->head.len - at;
		return client->head.text + at;
	}
	at -= client->head.len;
	*len = client->body.len - at;
	return client->body.text + at;
}

static void write_answer(struct gp_control_socket *c, struct client *client)
{
	size_t len, budget = WRITE_BYTES;

	while (budget && client->written < client->head.len + client->body.len) {
		const char *bytes = next_bytes(client, &len);
		ssize_t n = send(client->fd, bytes, len < budget ? len : budget, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0) {
			drop(client);
			return;
		}
		client->written += (size_t)n;
		budget -= (size_t)n;
		client->stall_ns = clock_ns(CLOCK_MONOTONIC) + c->options.stall_ms * NS_PER_MS;
	}
	if (client->written == client->head.len + client->body.len)
		drop(client);
}

static void serve_client(struct gp_control_socket *c, struct client *client, __u32 events)
{
	if (client->fd < 0)
		return;
	if (!client->line) {
		write_answer(c, client);
		return;
	}
	/* What a peer said before it went away is of no use to anybody. */
	if (events & EPOLLERR) {
		drop(client);
		return;
	}
	client->waits = c->answered;
	if (!client->waits && read_line(client))
		answer(c, client);
}

/* --- all of them -------------------------------------------------------------------------------------------------- */

static void set_timer(struct gp_control_socket *c, bool on)
{
	const struct timespec every = { .tv_nsec = on ? CHECK_MS * (long)NS_PER_MS : 0 };
	const struct itimerspec spec = { .it_interval = every, .it_value = every };

	if (c->ticking != on)
		timerfd_settime(c->timer, 0, &spec, NULL);
	c->ticking = on;
}

static struct client *free_client(struct gp_control_socket *c)
{
	for (size_t i = 0; i < GP_CONTROL_CLIENTS; i++)
		if (c->clients[i].fd < 0)
			return &c->clients[i];
	return NULL;
}

static void turn_away(struct gp_control_socket *c, int fd)
{
	struct gp_answer head = { 0 }, body = { 0 };

	c->count.busy++;
	gp_answer_fail(&body, 503, "busy: %d clients are being answered; try again", GP_CONTROL_CLIENTS);
	gp_control_head_write(&head, &body);
	if (!head.err)
		send(fd, head.text, head.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	gp_answer_free(&head);
	close(fd);
}

static void welcome(struct gp_control_socket *c, int fd)
{
	struct client *client = free_client(c);
	socklen_t len = sizeof(client->peer);

	c->count.accepted++;
	if (!client) {
		turn_away(c, fd);
		return;
	}
	*client = (struct client){ .fd = fd, .line = malloc(GP_QUERY_LINE_MAX + 1) };
	client->end_ns = clock_ns(CLOCK_MONOTONIC) + c->options.request_ms * NS_PER_MS;
	client->stall_ns = client->end_ns;
	if (!client->line || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &client->peer, &len) ||
	    watch(c, EPOLL_CTL_ADD, fd, EPOLLIN, (__u32)(client - c->clients)))
		drop(client);
}

/* Without a descriptor to spare, those who wait at the door would wake the agent again and again. */
static void pause_listener(struct gp_control_socket *c)
{
	gp_error("control: cannot accept a connection: %s", strerror(errno));
	c->paused = !watch(c, EPOLL_CTL_MOD, c->listener, 0, LISTENER);
}

static void accept_clients(struct gp_control_socket *c)
{
	for (int i = 0; i < GP_CONTROL_CLIENTS; i++) {
		int fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0) {
			welcome(c, fd);
			continue;
		}
		if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR)
			pause_listener(c);
		return;
	}
}

static void end_late(struct gp_control_socket *c)
{
	__u64 now_ns = clock_ns(CLOCK_MONOTONIC), expirations;

	if (read(c->timer, &expirations, sizeof(expirations)) < 0)
		return;
	for (size_t i = 0; i < GP_CONTROL_CLIENTS; i++) {
		struct client *client = &c->clients[i];

		if (client->fd < 0 || client->waits || (now_ns < client->end_ns && now_ns < client->stall_ns))
			continue;
		c->count.timed_out++;
		drop(client);
	}
	if (c->paused)
		c->paused = watch(c, EPOLL_CTL_MOD, c->listener, EPOLLIN, LISTENER) != 0;
}

static bool is_idle(const struct gp_control_socket *c)
{
	for (size_t i = 0; i < GP_CONTROL_CLIENTS; i++)
		if (c->clients[i].fd >= 0)
			return false;
	return !c->paused;
}

void gp_control_serve(struct gp_control_socket *c)
{
	struct epoll_event events[GP_CONTROL_CLIENTS + 2];
	int n = epoll_wait(c->epoll, events, GP_CONTROL_CLIENTS + 2, 0);
	bool late = false;

	c->answered = false;
	for (int i = 0; i < n; i++) {
		if (events[i].data.u32 == LISTENER)
			accept_clients(c);
		else if (events[i].data.u32 == TIMER)
			late = true;
		else
			serve_client(c, &c->clients[events[i].data.u32], events[i].events);
	}
	/* Last: whoever has been served just now is not late. */
	if (late)
		end_late(c);
	set_timer(c, !is_idle(c));
}

int gp_control_fd(const struct gp_control_socket *control)
{
	return control->epoll;
}

struct gp_control_tally gp_control_count(const struct gp_control_socket *control)
{
	return control->count;
}

static int open_events(struct gp_control_socket *c)
{
	int err;

	c->epoll = epoll_create1(EPOLL_CLOEXEC);
	c->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (c->epoll < 0 || c->timer < 0) {
		err = -errno;
	} else {
		err = watch(c, EPOLL_CTL_ADD, c->listener, EPOLLIN, LISTENER);
		err = err ? err : watch(c, EPOLL_CTL_ADD, c->timer, EPOLLIN, TIMER);
	}
	if (err)
		gp_error("control: cannot wait for connections: %s", strerror(-err));
	return err;
}

int gp_control_open(struct gp_control_socket **out, const struct gp_control_options *options)
{
	struct gp_control_socket *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	c->options = *options;
	c->options.request_ms = options->request_ms ? options->request_ms : REQUEST_MS;
	c->options.stall_ms = options->stall_ms ? options->stall_ms : STALL_MS;
	c->options.write_ms = options->write_ms ? options->write_ms : WRITE_MS;
	c->epoll = c->timer = c->lock = -1;
	for (size_t i = 0; i < GP_CONTROL_CLIENTS; i++)
		c->clients[i].fd = -1;
	c->listener = gp_control_listen(options->path, options->group, &c->lock);
	err = c->listener < 0 ? c->listener : 0;
	if (!err) {
		strcpy(c->path, options->path);
		err = open_events(c);
	}
	if (err) {
		gp_control_close(c);
		return err;
	}
	*out = c;
	return 0;
}

void gp_control_close(struct gp_control_socket *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < GP_CONTROL_CLIENTS; i++)
		if (c->clients[i].fd >= 0)
			drop(&c->clients[i]);
	if (c->listener >= 0) {
		unlink(c->path);
		close(c->listener);
	}
	if (c->timer >= 0)
		close(c->timer);
	if (c->epoll >= 0)
		close(c->epoll);
	if (c->lock >= 0)
		close(c->lock);
	free(c);
}
