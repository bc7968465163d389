// SPDX-License-Identifier: GPL-2.0-or-later
#include "standing.h"

#include <stddef.h>

#define NS_PER_S 1e9

static bool elapsed(__u64 since_ns, __u64 now_ns, double s)
{
	return now_ns >= since_ns && (double)(now_ns - since_ns) >= s * NS_PER_S;
}

static void enter(struct gp_standing *standing, enum gp_state state, __u64 now_ns)
{
	standing->state = state;
	standing->since_ns = now_ns;
}

bool gp_standing_calm(const struct gp_standing *standing)
{
	return standing->state == GP_STATE_CLEAN || standing->state == GP_STATE_QUIET;
}

/* A new episode, or the same one again after a quiet time. */
static void begin_episode(struct gp_standing *s)
{
	if (!gp_standing_calm(s))
		return;
	s->watched_ns = s->suspected_ns = s->confirmed_ns = 0;
	s->suspected_contacts = 0;
}

static void go_up(struct gp_standing *s, const struct gp_standing_limits *limits, enum gp_state wanted,
		  __u64 contacts, __u64 now_ns)
{
	begin_episode(s);
	if (!s->watched_ns)
		s->watched_ns = now_ns;
	if (wanted >= GP_STATE_SUSPECTED && !s->suspected_ns) {
		s->suspected_ns = now_ns;
		s->suspected_contacts = contacts;
	}
	if (wanted == GP_STATE_CONFIRMED) {
		s->confirmed_ns = now_ns;
		if (s->ended_ns && elapsed(s->ended_ns, now_ns, limits->reinfect_s))
			s->episodes = 0;
		s->episodes++;
	}
	enter(s, wanted, now_ns);
}

/* A host that was only watched has nothing to be quiet about. */
static bool calm_down(struct gp_standing *s, const struct gp_standing_limits *limits, __u64 now_ns)
{
	if (s->state == GP_STATE_QUIET) {
		if (!elapsed(s->since_ns, now_ns, limits->clean_s))
			return false;
		enter(s, GP_STATE_CLEAN, now_ns);
		return true;
	}
	if (s->state == GP_STATE_WATCHED) {
		enter(s, GP_STATE_CLEAN, now_ns);
		return true;
	}
	if (s->state == GP_STATE_CLEAN || !elapsed(s->low_ns, now_ns, limits->quiet_s))
		return false;
	if (s->state == GP_STATE_CONFIRMED)
		s->ended_ns = now_ns;
	enter(s, GP_STATE_QUIET, now_ns);
	return true;
}

bool gp_standing_step(struct gp_standing *s, const struct gp_standing_limits *limits, const struct gp_opinion *opinion,
		      __u64 now_ns)
{
	enum gp_state wanted = GP_STATE_CLEAN, now = s->state == GP_STATE_QUIET ? GP_STATE_CLEAN : s->state;

	if (opinion->score >= limits->confirm_score && opinion->may_suspect && opinion->may_confirm)
		wanted = GP_STATE_CONFIRMED;
	else if (opinion->score >= limits->suspect_score && opinion->may_suspect)
		wanted = GP_STATE_SUSPECTED;
	else if (opinion->score >= limits->watch_score)
		wanted = GP_STATE_WATCHED;
	if (wanted != GP_STATE_CLEAN)
		s->low_ns = 0;
	else if (!s->low_ns)
		s->low_ns = now_ns;
	/* Who was quiet and is merely watched again stays quiet: the episode is not over, nor a new one there. */
	if (wanted > now && !(s->state == GP_STATE_QUIET && wanted == GP_STATE_WATCHED)) {
		go_up(s, limits, wanted, opinion->contacts, now_ns);
		return true;
	}
	return wanted == GP_STATE_CLEAN && calm_down(s, limits, now_ns);
}

const char *gp_state_name(enum gp_state state)
{
	static const char *const names[GP_STATES] = {
		[GP_STATE_CLEAN] = "clean",
		[GP_STATE_WATCHED] = "watched",
		[GP_STATE_SUSPECTED] = "suspected",
		[GP_STATE_CONFIRMED] = "confirmed",
		[GP_STATE_QUIET] = "quiet",
	};

	return (size_t)state < GP_STATES ? names[state] : "unknown";
}
