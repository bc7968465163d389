/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket: local users of one group ask the running agent. A Unix stream socket; per connection one line of
 * JSON (user/query.h), then one line of JSON that tells how it went, then as many bytes as that line says. docs/api.md.
 *
 * Nothing here waits: the agent polls one descriptor and calls gp_control_serve() when it is readable.
 */
#ifndef GATEPOST_CONTROL_H
#define GATEPOST_CONTROL_H

#include "answer.h"

#define GP_CONTROL_PATH "/run/gatepost/gatepost.sock"
#define GP_CONTROL_GROUP "gatepost"
#define GP_CONTROL_CLIENTS 16
/* Answers that wait to be read, in bytes, beyond which only short ones are made. The one that passes it comes on top. */
#define GP_CONTROL_PENDING (2 * GP_ANSWER_MAX)

struct gp_control_options {
	const char *path;  /* borrowed until open returns, as the next one */
	const char *group; /* may connect, besides the agent's own user; "" or NULL: nobody else */
	gp_answer_fn *answer;
	void *context;
	/* Milliseconds; 0: the default. */
	unsigned request_ms; /* for a whole request since the connection: 5 s */
	unsigned stall_ms;   /* without the peer reading: 5 s */
	unsigned write_ms;   /* for a whole answer: 60 s */
};

struct gp_control_tally {
	__u64 accepted;
	__u64 busy;	 /* of these, turned away: there were GP_CONTROL_CLIENTS */
	__u64 answered;	 /* status 200, begun to be written */
	__u64 refused;	 /* another status */
	__u64 timed_out; /* request, or answer that nobody reads */
};

struct gp_control_socket;

/**
 * gp_control_open() - listen.
 *
 * The socket is 0660 and the group's before anybody can connect. What a dead agent left behind is replaced; a living one,
 * and a path that is no socket, are left alone: -EADDRINUSE, -ENOTSOCK. A lock beside the socket, PATH.lock, tells them
 * apart even when two agents start at once.
 * Return: 0, or -errno (logged, with the remedy).
 */
int gp_control_open(struct gp_control_socket **out, const struct gp_control_options *options);

/* To be polled for POLLIN. Time-outs make it readable as well. */
int gp_control_fd(const struct gp_control_socket *control);

/*
 * Does what can be done without waiting: accepts, reads, answers one query, writes what peers take. More to do leaves the
 * descriptor readable.
 */
void gp_control_serve(struct gp_control_socket *control);

struct gp_control_tally gp_control_count(const struct gp_control_socket *control);

/* Ends all connections and removes the socket. NULL is nothing. */
void gp_control_close(struct gp_control_socket *control);

#endif
