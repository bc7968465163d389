/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a host stands with one kind of abuse: clean, watched, suspected, confirmed, quiet, and clean again. Pure; time
 * comes from the data. docs/detection.md, "Standing".
 */
#ifndef GATEPOST_STANDING_H
#define GATEPOST_STANDING_H

#include <stdbool.h>

#include <linux/types.h>

enum gp_state {
	GP_STATE_CLEAN,
	GP_STATE_WATCHED,
	GP_STATE_SUSPECTED,
	GP_STATE_CONFIRMED,
	GP_STATE_QUIET, /* was suspected or confirmed, and shows nothing any more */
	GP_STATES,
};

struct gp_standing {
	enum gp_state state;
	__u64 since_ns;	    /* in this state; the data plane's clock, as all times here */
	__u64 watched_ns, suspected_ns, confirmed_ns; /* when this episode got so far; 0: it did not */
	__u64 suspected_contacts; /* what the host had done by then, in what the kind counts: mails, first contacts */
	__u64 low_ns;	    /* since when the score is below watch_score; 0: it is not */
	__u64 ended_ns;	    /* when the last confirmed episode went quiet; 0: there was none */
	__u32 episodes;	    /* confirmed ones, this one included: more than one is a reinfection */
};

/* What a change of state takes. */
struct gp_standing_limits {
	double watch_score, suspect_score, confirm_score; /* nats */
	double quiet_s;	   /* below watch_score for so long: quiet */
	double clean_s;	   /* quiet for so long: clean */
	double reinfect_s; /* confirmed again within so long: the same host, infected again */
};

/* What a window says of the host. */
struct gp_opinion {
	double score;	   /* nats, faded to now */
	bool may_suspect;  /* besides the score, what the kind asks for */
	bool may_confirm;
	__u64 contacts;
};

/**
 * gp_standing_step() - a window has been weighed.
 * @now_ns: never runs back.
 *
 * A suspected or confirmed host stays so while its score is at watch_score or above, and until quiet_s after.
 * Return: true when the state changed.
 */
bool gp_standing_step(struct gp_standing *standing, const struct gp_standing_limits *limits,
		      const struct gp_opinion *opinion, __u64 now_ns);

/* Is an episode over, or was there none? */
bool gp_standing_calm(const struct gp_standing *standing);

/* "clean", "watched", ... */
const char *gp_state_name(enum gp_state state);

#endif
