/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a running agent answers to queries, whichever way they come: gp_answers_answer() is the gp_answer_fn of the
 * control socket and of HTTP. What it needs to know of the agent it asks through three functions. docs/api.md.
 */
#ifndef GATEPOST_ANSWERS_H
#define GATEPOST_ANSWERS_H

#include "answer.h"
#include "metrics_text.h"
#include "report.h"

struct gp_status_interface {
	const char *name;
	enum gp_side side;
	const char *mode; /* "native", "skb", "pcap" */
	bool attached;	  /* its program is where it was put */
};

/* What only the agent knows. Pointers stay valid until the next call of gp_agent_view.status. Unknown is 0 and NULL. */
struct gp_status {
	const struct gp_status_interface *interfaces;
	size_t interface_count;
	const char *config_path; /* NULL: none was given */
	bool took_over;		 /* from an agent that was killed */
	__u64 epochs;		 /* committed */
	__u64 epoch_ns;		 /* when the last one was; the data plane's clock */
	__u64 drain_ns, drain_last_ns; /* how long turns took: all of them, the last one */
	const char *store_path;	       /* NULL: there is none, and the next five are not looked at */
	const char *store_error;       /* why it cannot be written to; NULL: it can */
	__u64 store_bytes, store_pending, store_commits, store_failures;
	__u64 reloads, reload_failures;
	__u64 reload_ns;	  /* when the configuration in force was read, since the Unix epoch */
	const char *reload_error; /* of the last reload; NULL: it went well, or there was none */
	__u64 deliveries[GP_DELIVERY_RESULTS];
	__u64 control_answered, control_refused, http_answered, http_refused;
};

struct gp_agent_view {
	void *context;
	/*
	 * Fills what a report is made of, as for one that is written now; all borrowed until the next call.
	 * @turn: the world is to hold what was counted until now: gp_epoch_turn() first. When that fails it is called again
	 *        without.
	 * Return: 0, or -errno (logged).
	 */
	int (*report)(void *context, bool turn, struct gp_report *out);
	/* @out: zeroed. */
	void (*status)(void *context, struct gp_status *out);
	/*
	 * Reads the configuration again. @said: out, one or several lines: what has changed, or why the old one stays.
	 * Return: 0, or -errno: the old one is in force. NULL: there is no reload.
	 */
	int (*reload)(void *context, char *said, size_t size);
};

struct gp_answers;

/* @view: copied. Return: 0, or -ENOMEM. */
int gp_answers_open(struct gp_answers **out, const struct gp_agent_view *view);

/* Once per time slice: what rates are made of. @now_ns: the data plane's clock. */
void gp_answers_tick(struct gp_answers *answers, const struct gp_world *world, __u64 now_ns);

/* gp_answers_answer() - a gp_answer_fn. @context: struct gp_answers. */
int gp_answers_answer(void *context, const struct gp_query *query, struct gp_answer *out);

/* NULL is nothing. */
void gp_answers_close(struct gp_answers *answers);

#endif
