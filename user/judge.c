/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When to weigh what: slices, windows and the list of hosts under judgement. docs/detection.md, steps 1 to 3 and 11. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gatepost/table.h>

#include "classes.h"
#include "filters.h"
#include "judge_fleet.h"
#include "judge_private.h"

#define OUTAGE_HOSTS 4u	  /* inside, that tried in vain in one slice */
#define OUTAGE_SLICES 75u /* 5 min */
#define OUTAGE_MANY 20u	  /* different ones that tried since: so many do not scan alone in a silent network */
#define HOUR_WINDOWS 6u
#define SILENT_WINDOWS 64u /* weighed of each silence */

struct gp_outage {
	bool lasts; /* no inside host has had an answer since */
	__u64 since; /* its first slice */
	__u32 tried; /* different inside hosts since then */
};

/* The last look for floods. */
struct gp_floods {
	struct gp_flood_count *seen; /* of inside hosts, by id */
	__u32 ids;		     /* that it has room for */
	__u64 slice, looked_ns;
	__u64 syns, stale; /* of gp_totals, at the last tick that began a slice */
	__u64 ticked_ns;   /* when that was */
	struct gp_outage outage;
};

struct gp_judge {
	struct gp_world *world;
	struct gp_limits limits;
	const struct gp_classes *classes; /* with limits of their own; NULL: there are none */
	struct gp_heard heard;
	bool trust_inside;
	bool one_direction;
	bool started;
	bool finished; /* findings come from now */
	__u64 now_ns;
	__u64 window_ns, window_end_ns;
	__u64 next_slice; /* the oldest one that is not closed */
	__u64 used_seen;  /* attempts in the slice of the last tick by then */
	__u64 unseen;	  /* attempts that the last tick knew of, and found at no host: outside, and not drained yet */
	__u32 *subject_of; /* by id: index into subjects + 1; 0 for a host without anything to judge */
	__u32 ids;	   /* that subject_of has room for */
	struct gp_subject *subjects;
	struct gp_record *now; /* theirs with the open window and slices weighed, after finish */
	__u32 *moved; /* indices of subjects, for one slice */
	__u32 count, capacity;
	struct gp_outage outage;
	__u32 snapped; /* of them, those that had their chance of a snapshot */
	struct gp_floods floods;
	struct gp_finding *findings;
	struct gp_ranges *ranges;
	struct gp_routing *routing;
	struct gp_suppressions suppressed_hosts, suppressed_ranges;
	struct gp_fleets *fleets;
	struct gp_range_finding *range_findings; /* of both */
};

static void set_limits(struct gp_judge *j, const struct gp_limits *limits)
{
	j->limits = *limits;
	j->window_ns = gp_seconds_ns(limits->window_s);
	if (!j->window_ns)
		j->window_ns = 1;
}

int gp_judge_open(struct gp_judge **out, struct gp_world *world, const struct gp_limits *limits, bool trust_inside)
{
	struct gp_judge *j = calloc(1, sizeof(*j));
	int err;

	if (!j)
		return -ENOMEM;
	j->world = world;
	j->trust_inside = trust_inside;
	set_limits(j, limits);
	err = gp_ranges_open(&j->ranges, world, &j->limits);
	if (!err)
		err = gp_routing_open(&j->routing, world, HOUR_WINDOWS * j->window_ns);
	if (!err)
		err = gp_fleets_open(&j->fleets, world, &j->limits);
	if (err) {
		gp_judge_close(j);
		return err;
	}
	*out = j;
	return 0;
}

void gp_judge_hear(struct gp_judge *j, const struct gp_heard *heard)
{
	j->heard = *heard;
	gp_fleets_hear(j->fleets, heard);
}

void gp_judge_origins(struct gp_judge *j, gp_asn_of asn_of, const void *context)
{
	gp_fleets_origins(j->fleets, asn_of, context);
}

void gp_judge_one_direction(struct gp_judge *j)
{
	j->one_direction = true;
}

void gp_judge_close(struct gp_judge *j)
{
	if (!j)
		return;
	gp_ranges_close(j->ranges);
	gp_routing_close(j->routing);
	gp_suppressions_clear(&j->suppressed_hosts);
	gp_suppressions_clear(&j->suppressed_ranges);
	gp_fleets_close(j->fleets);
	free(j->range_findings);
	free(j->findings);
	free(j->floods.seen);
	free(j->subjects);
	free(j->now);
	free(j->moved);
	free(j->subject_of);
	free(j);
}

/* The class of a host, which has it from the time at which it becomes a subject. */
static __u8 class_of(const struct gp_judge *j, __u32 id)
{
	if (!j->classes || !gp_world_is_inside(j->world, id))
		return GP_CLASS_NONE;
	return (__u8)gp_classes_find(j->classes, &gp_world_host(j->world, id)->addr);
}

void gp_judge_classes(struct gp_judge *j, const struct gp_classes *classes)
{
	j->classes = classes;
	for (__u32 i = 0; i < j->count; i++)
		j->subjects[i].class = class_of(j, j->subjects[i].id);
}

void gp_judge_change(struct gp_judge *j, const struct gp_limits *limits, const struct gp_classes *classes)
{
	set_limits(j, limits);
	gp_judge_classes(j, classes);
	gp_routing_change(j->routing, HOUR_WINDOWS * j->window_ns);
	if (j->started && j->window_end_ns > j->now_ns + j->window_ns)
		j->window_end_ns = j->now_ns + j->window_ns;
}

/* 3. An acknowledged server ISN cannot be guessed three times. */
static struct gp_case case_of(const struct gp_judge *j, const struct gp_subject *subject)
{
	const struct gp_host *host = gp_world_host(j->world, subject->id);
	bool inside = gp_world_is_inside(j->world, subject->id);

	return (struct gp_case){
		.host = host,
		.limits = subject->class ? &gp_class_get(j->classes, subject->class)->limits : &j->limits,
		.inside = inside,
		.verified = host->proved_flows >= GP_PROOF_FLOWS || (j->trust_inside && inside),
		.trusted = j->trust_inside && inside,
		.one_direction = j->one_direction || (inside && gp_routing_seen(j->routing, &host->addr) != GP_SEEN_BOTH),
	};
}

/* What was heard is looked up where it is weighed only: it lies elsewhere, and slices do without. */
static void hear(const struct gp_judge *j, struct gp_case *c)
{
	if (j->heard.hosts)
		c->facts = gp_host_facts_get(j->heard.hosts, &c->host->addr);
	if (j->heard.web)
		c->web = gp_web_facts_get(j->heard.web, &c->host->addr);
	gp_known_hear(c, &j->heard);
}

static bool is_subject(const struct gp_judge *j, __u32 id)
{
	return id < j->ids && j->subject_of[id];
}

/* Outside ids grow with the world. */
static int make_room_for(struct gp_judge *j, __u32 id)
{
	__u32 ids = j->ids ? j->ids : gp_world_inside_end(j->world) + 64, *grown;

	if (id < j->ids)
		return 0;
	while (ids <= id)
		ids = ids > ~0u / 2 ? ~0u : 2 * ids;
	grown = reallocarray(j->subject_of, ids, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	memset(grown + j->ids, 0, (ids - j->ids) * sizeof(*grown));
	j->subject_of = grown;
	j->ids = ids;
	return 0;
}

/* The host's own record in the judge, made when there is none. NULL: no memory. */
static struct gp_subject *subject_at(struct gp_judge *j, __u32 id)
{
	struct gp_subject *subject;

	if (is_subject(j, id))
		return &j->subjects[j->subject_of[id] - 1];
	if (make_room_for(j, id))
		return NULL;
	if (j->count == j->capacity) {
		__u32 capacity = j->capacity ? 2 * j->capacity : 64;

		__u32 *moved = reallocarray(j->moved, capacity, sizeof(*moved));

		if (!moved)
			return NULL;
		j->moved = moved;
		subject = reallocarray(j->subjects, capacity, sizeof(*j->subjects));
		if (!subject)
			return NULL;
		j->subjects = subject;
		j->capacity = capacity;
	}
	subject = &j->subjects[j->count++];
	memset(subject, 0, sizeof(*subject));
	subject->id = id;
	subject->class = class_of(j, id);
	j->subject_of[id] = j->count;
	return subject;
}

/* The hosts of one side have consecutive ids, in the order in which they were met. */
struct ids {
	__u32 first, count;
};

static struct ids ids_of(const struct gp_judge *j, bool inside)
{
	if (inside)
		return (struct ids){.first = 0, .count = gp_world_inside_count(j->world)};
	return (struct ids){.first = gp_world_inside_end(j->world), .count = j->world->outside_count};
}

static bool attempted_in(const struct gp_host *host, unsigned int ring)
{
	for (int class = 0; class < GP_SCAN_CLASSES; class++) {
		if (host->scan.attempts[class][ring])
			return true;
	}
	return false;
}

/*
 * Hosts that attempt for the first time become subjects. The filter says how many attempts the slice holds, so the
 * look at all hosts, a cache miss each, ends once the @missing ones are found. An attempt whose bits all collided is
 * not among them: its host may wait until the next look, and is counted in full then.
 */
static int find_attempts(struct gp_judge *j, unsigned int ring, __u64 missing)
{
	for (int inside = 0; inside < 2; inside++) {
		struct ids ids = ids_of(j, inside);

		for (__u32 i = ids.count; i-- > 0 && missing;) {
			const struct gp_host *host;
			__u64 found = 0;

			if (is_subject(j, ids.first + i))
				continue;
			host = gp_world_host(j->world, ids.first + i);
			if (!host || !attempted_in(host, ring))
				continue;
			if (!subject_at(j, ids.first + i))
				return -ENOMEM;
			for (int class = 0; class < GP_SCAN_CLASSES; class++)
				found += host->scan.attempts[class][ring];
			missing -= found < missing ? found : missing;
		}
	}
	return 0;
}

/* Attempts in the filter of a slice; 0 when it holds another one. */
static __u64 used_in(const struct gp_judge *j, __u64 number)
{
	const struct gp_filters *filters = j->world->memory->filters;
	unsigned int ring = number % GP_SLICES;

	if (__atomic_load_n(&filters->ready[ring], __ATOMIC_ACQUIRE) != number + 1)
		return 0;
	return __atomic_load_n(&filters->used[ring], __ATOMIC_RELAXED);
}

/*
 * 4. Is this slice one in which the network was down? Several inside hosts tried, and none of all had an answer. Only
 * so long: hosts that scan in a silent network look the same.
 */
static bool is_outage(struct gp_outage *outage, __u64 number, __u32 hosts, __u64 answers)
{
	if (answers)
		outage->lasts = false;
	if (!answers && !outage->lasts && hosts >= OUTAGE_HOSTS)
		*outage = (struct gp_outage){.lasts = true, .since = number};
	if (!outage->lasts)
		return false;
	return outage->tried >= OUTAGE_MANY || (hosts >= OUTAGE_HOSTS && number - outage->since < OUTAGE_SLICES);
}

/* What the subjects in j->moved have in one slice. */
struct moved {
	__u32 count;
	__u32 inside_hosts; /* with attempts */
	__u64 inside_answers;
};

/* The subjects from @from on that have something in a slice are added to j->moved; @used attempts are to be found. */
static void find_moved(struct gp_judge *j, unsigned int ring, __u32 from, __u64 *used, struct moved *moved)
{
	for (__u32 i = from; i < j->count && *used; i++) {
		const struct gp_subject *s = &j->subjects[i];
		struct gp_scan_news news = gp_scan_news(&s->kept.scan, gp_world_host(j->world, s->id), ring);

		*used -= news.attempts < *used ? news.attempts : *used;
		if (!news.attempts && !news.answers)
			continue;
		j->moved[moved->count++] = i;
		if (gp_world_is_inside(j->world, s->id)) {
			moved->inside_hosts += news.attempts > 0;
			moved->inside_answers += news.answers;
		}
	}
}

/* 4. Who tried, of those in j->moved; each once in an outage. */
static void count_tried(struct gp_judge *j, const struct moved *moved)
{
	for (__u32 i = 0; i < moved->count; i++) {
		struct gp_subject *subject = &j->subjects[j->moved[i]];

		if (subject->outage == j->outage.since + 1 || !gp_world_is_inside(j->world, subject->id))
			continue;
		subject->outage = j->outage.since + 1;
		j->outage.tried++;
	}
}

/* 4. All subjects' share of one dead slice. A slice whose filter holds nothing had no attempts. */
static int close_slice(struct gp_judge *j, __u64 number, __u64 now_ns)
{
	__u32 known = j->count;
	struct moved moved = {0};
	__u64 used = used_in(j, number);
	unsigned int ring = number % GP_SLICES;
	bool outage;

	if (!used)
		return 0;
	find_moved(j, ring, 0, &used, &moved);
	if (used) {
		int err = find_attempts(j, ring, used);

		if (err)
			return err;
		used = ~0ull;
		find_moved(j, ring, known, &used, &moved);
	}
	outage = is_outage(&j->outage, number, moved.inside_hosts, moved.inside_answers);
	if (j->outage.lasts)
		count_tried(j, &moved);
	for (__u32 i = 0; i < moved.count; i++) {
		struct gp_subject *subject = &j->subjects[j->moved[i]];
		struct gp_case c = case_of(j, subject);

		c.outages = outage ? 1u << ring : 0;
		gp_scan_close_slice(&subject->kept.scan, &c, number, now_ns);
	}
	return 0;
}

/*
 * Closes the slices that are dead at @now_ns. After a jump only the last ring of them can hold anything: the data
 * plane stops counting first contacts where no filter is ready.
 */
static int close_slices(struct gp_judge *j, __u64 now_ns)
{
	__u64 current = now_ns / GP_SLICE_NS, dead, last_filled = j->now_ns / GP_SLICE_NS + 1;
	int err;

	if (current < GP_LIVE_SLICES)
		return 0;
	dead = current - GP_LIVE_SLICES;
	for (; j->next_slice <= dead && j->next_slice <= last_filled; j->next_slice++) {
		err = close_slice(j, j->next_slice, now_ns);
		if (err)
			return err;
	}
	if (j->next_slice <= dead)
		j->next_slice = dead + 1;
	return 0;
}

/*
 * 6. Only hosts that have made attempts since the last tick can have learned anything; the filters of the slices that
 * the last tick left ready say how many attempts there were, so the look at all hosts ends early. Those of outside
 * hosts show when the world has got them, at the next tick that begins a slice.
 */
static void take_snapshots(struct gp_judge *j, __u64 now_ns)
{
	__u64 current = now_ns / GP_SLICE_NS, last = j->now_ns / GP_SLICE_NS, used = used_in(j, current), found = 0;
	__u64 grown = used_in(j, last) + used_in(j, last + 1) - j->used_seen + j->unseen;

	for (__u32 i = 0; i < j->count; i++) {
		struct gp_case c;

		if (i < j->snapped && found >= grown)
			i = j->snapped;
		if (i == j->count)
			break;
		c = case_of(j, &j->subjects[i]);
		found += gp_scan_snapshot(&j->subjects[i].kept.scan, &c, used ? current + 1 : current);
	}
	j->used_seen = used;
	j->unseen = current == last && found < grown ? grown - found : 0;
	j->snapped = j->count;
}

/* 1. Who may be called a spam bot at all. */
static bool sends_mail_for_itself(const struct gp_judge *j, __u32 id, const struct gp_host *host)
{
	return gp_world_is_inside(j->world, id) && (host->role == GP_ROLE_SUBSCRIBER || host->role == GP_ROLE_BUSINESS) &&
	       host->services[GP_SERVICE_SMTP].attempts + host->services[GP_SERVICE_SMTP].confirmed +
	       host->services[GP_SERVICE_SUBMISSION].confirmed > 0;
}

/* Inside hosts that began to speak to mail servers become subjects. */
static int find_senders(struct gp_judge *j)
{
	for (__u32 id = gp_world_inside_count(j->world); id-- > 0;) {
		const struct gp_host *host = gp_world_host(j->world, id);

		if (host && sends_mail_for_itself(j, id, host) && !subject_at(j, id))
			return -ENOMEM;
	}
	return 0;
}

/* Hosts that log in, or that web servers refuse, become subjects. */
static int find_others(struct gp_judge *j)
{
	for (int inside = 0; inside < 2; inside++) {
		struct ids ids = ids_of(j, inside);

		for (__u32 i = ids.count; i-- > 0;) {
			const struct gp_host *host = gp_world_host(j->world, ids.first + i);

			if (host && (gp_login_concerns(host) || gp_http_bot_concerns(host)) &&
			    !subject_at(j, ids.first + i))
				return -ENOMEM;
		}
	}
	return 0;
}

/* The end of a window; @open: it has not ended, but the input has. */
static void weigh(const struct gp_judge *j, __u32 id, struct gp_record *record, struct gp_case *c, __u64 now_ns, bool open)
{
	hear(j, c);
	gp_scan_weigh(&record->scan, c, now_ns);
	if (sends_mail_for_itself(j, id, c->host))
		gp_spam_weigh(&record->spam, c, now_ns, open);
	if (gp_login_concerns(c->host))
		gp_login_weigh(&record->login, c, now_ns);
	if (gp_http_bot_concerns(c->host))
		gp_http_bot_weigh(&record->http_bot, c, now_ns);
	if (record->flood.fresh || record->flood.weighed_ns)
		gp_flood_weigh(&record->flood, c, now_ns);
}

static int weigh_window(struct gp_judge *j, __u64 end_ns)
{
	int err = find_senders(j);

	if (!err)
		err = find_others(j);
	if (!err)
		err = gp_routing_weigh(j->routing, end_ns);
	for (__u32 i = 0; i < j->count; i++) {
		struct gp_subject *subject = &j->subjects[i];
		struct gp_case c = case_of(j, subject);

		weigh(j, subject->id, &subject->kept, &c, end_ns, false);
	}
	if (!err && !j->one_direction)
		err = gp_ranges_weigh(j->ranges, end_ns);
	if (!err)
		err = gp_fleets_weigh(j->fleets, end_ns);
	return err;
}

/*
 * Weighs the windows that have ended. Those after the last open slice are empty, but hosts grow quiet in them; of many
 * only SILENT_WINDOWS are weighed, spread out evenly.
 */
static int weigh_windows(struct gp_judge *j, __u64 now_ns)
{
	__u64 quiet_ns = j->now_ns + (GP_LIVE_SLICES + 2) * GP_SLICE_NS, step = 0;
	int err = 0;

	while (!err && j->window_end_ns <= now_ns) {
		__u64 silent = (now_ns - j->window_end_ns) / j->window_ns;

		err = close_slices(j, j->window_end_ns);
		if (!err)
			err = weigh_window(j, j->window_end_ns);
		if (!step && j->window_end_ns > quiet_ns)
			step = 1 + silent / SILENT_WINDOWS;
		j->window_end_ns += (step && silent ? (step < silent ? step : silent) : 1) * j->window_ns;
	}
	return err;
}

/* Room for a count of each inside host that is known. */
static int make_room_for_floods(struct gp_floods *f, __u32 ids)
{
	struct gp_flood_count *grown;

	if (ids <= f->ids)
		return 0;
	grown = reallocarray(f->seen, ids, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	memset(grown + f->ids, 0, (ids - f->ids) * sizeof(*grown));
	f->seen = grown;
	f->ids = ids;
	return 0;
}

/* Was the network down since the last look? As in 4., by all attempts. */
static bool is_flood_outage(struct gp_judge *j, __u32 ids, __u64 number)
{
	__u32 hosts = 0;
	__u64 answers = 0;

	for (__u32 id = 0; id < ids; id++) {
		const struct gp_host *host = gp_world_host(j->world, id);
		struct gp_flood_count now, more;

		if (!host)
			continue;
		now = gp_flood_count_of(host);
		more = gp_flood_more(&now, &j->floods.seen[id]);
		hosts += more.syn > 0;
		answers += more.answered;
	}
	return is_outage(&j->floods.outage, number, hosts, answers);
}

/* What one host added; @s: 0: the look before is too old to compare with. */
static int look_at_host(struct gp_judge *j, __u32 id, double s)
{
	const struct gp_host *host = gp_world_host(j->world, id);
	struct gp_flood_count now, more;
	struct gp_subject *subject;

	if (!host)
		return 0;
	now = gp_flood_count_of(host);
	more = gp_flood_more(&now, &j->floods.seen[id]);
	j->floods.seen[id] = now;
	if (s > 0 && gp_flood_is(&more, s, &j->limits.flood)) {
		subject = subject_at(j, id);
		if (!subject)
			return -ENOMEM;
		gp_flood_slice(&subject->kept.flood, &more, s, &j->limits.flood);
	} else if (is_subject(j, id)) {
		j->subjects[j->subject_of[id] - 1].kept.flood.row = 0;
	}
	return 0;
}

/*
 * Once per slice. All hosts are looked at only where all together sent as many SYNs as a flood has: else nobody floods.
 * What a host had counted is then not known any more, and the first slice of a flood only serves to compare with.
 */
static int look_for_floods(struct gp_judge *j, __u64 now_ns)
{
	struct gp_floods *f = &j->floods;
	__u64 number = now_ns / GP_SLICE_NS, syns, stale;
	__u32 ids = gp_world_inside_count(j->world);
	struct gp_totals totals;
	double s;
	int err;

	if (j->one_direction || number == f->slice)
		return 0;
	gp_world_totals(j->world, &totals);
	syns = totals.syns - f->syns;
	stale = totals.scan_stale - f->stale;
	s = (double)(now_ns - f->ticked_ns) / 1e9;
	f->slice = number;
	f->ticked_ns = now_ns;
	f->syns = totals.syns;
	f->stale = totals.scan_stale;
	if ((double)syns < j->limits.flood.syn_per_s * s)
		return 0;
	err = make_room_for_floods(f, ids);
	if (err)
		return err;
	s = (double)(now_ns - f->looked_ns) / 1e9;
	/* Where first contacts were not counted, a scan looks like a flood. */
	if (!f->looked_ns || s > 2 * GP_SLICE_NS / 1e9 || stale || is_flood_outage(j, ids, number))
		s = 0;
	f->looked_ns = now_ns;
	for (__u32 id = 0; id < ids && !err; id++)
		err = look_at_host(j, id, s);
	return err;
}

int gp_judge_tick(struct gp_judge *j, __u64 now_ns)
{
	int err;

	j->finished = false;
	if (!j->started) {
		j->started = true;
		j->now_ns = now_ns;
		j->next_slice = now_ns / GP_SLICE_NS;
		j->window_end_ns = now_ns + j->window_ns;
	}
	if (now_ns < j->now_ns)
		now_ns = j->now_ns;
	err = look_for_floods(j, now_ns);
	if (!err)
		err = weigh_windows(j, now_ns);
	if (!err)
		err = close_slices(j, now_ns);
	if (err)
		return err;
	take_snapshots(j, now_ns);
	gp_filters_prepare(j->world->memory, now_ns);
	j->now_ns = now_ns;
	return 0;
}

/* 4. Those among the open slices, by ring. */
static __u32 open_outages(struct gp_judge *j, __u64 last)
{
	struct gp_outage outage = j->outage;
	__u32 outages = 0;

	for (__u64 number = j->next_slice; number <= last; number++) {
		__u64 used = ~0ull;
		struct moved moved = {0};

		find_moved(j, number % GP_SLICES, 0, &used, &moved);
		if (is_outage(&outage, number, moved.inside_hosts, moved.inside_answers))
			outages |= 1u << number % GP_SLICES;
	}
	return outages;
}

int gp_judge_finish(struct gp_judge *j, __u64 now_ns)
{
	int err = gp_judge_tick(j, now_ns);
	__u64 last = j->now_ns / GP_SLICE_NS;
	struct gp_record *now;
	__u32 outages;

	for (__u64 number = j->next_slice; number <= last && !err; number++)
		err = find_attempts(j, number % GP_SLICES, ~0ull);
	if (!err)
		err = find_senders(j);
	if (!err)
		err = find_others(j);
	if (!err)
		err = gp_routing_weigh(j->routing, j->now_ns);
	if (err)
		return err;
	outages = open_outages(j, last);
	now = reallocarray(j->now, (size_t)j->count + 1, sizeof(*now));
	if (!now)
		return -ENOMEM;
	j->now = now;
	for (__u32 i = 0; i < j->count; i++) {
		const struct gp_subject *subject = &j->subjects[i];
		struct gp_case c = case_of(j, subject);

		c.outages = outages;
		now[i] = subject->kept;
		gp_scan_close_open(&now[i].scan, &c, j->next_slice, last, j->now_ns);
		weigh(j, subject->id, &now[i], &c, j->now_ns, true);
	}
	j->finished = true;
	return gp_fleets_weigh(j->fleets, j->now_ns);
}

struct gp_evidence *gp_evidence_add(struct gp_finding *finding, const char *rule, double weight, const char *format,
				    ...)
{
	struct gp_evidence *evidence;
	va_list args;

	if (finding->evidence_count == GP_EVIDENCE_MAX || fabs(weight) < 0.05)
		return NULL;
	evidence = &finding->evidence[finding->evidence_count++];
	*evidence = (struct gp_evidence){.rule = rule, .weight = weight};
	va_start(args, format);
	vsnprintf(evidence->text, sizeof(evidence->text), format, args);
	va_end(args);
	return evidence;
}

void gp_evidence_observe(struct gp_evidence *evidence, const char *name, double value)
{
	if (evidence && evidence->observed_count < GP_OBSERVED_MAX)
		evidence->observed[evidence->observed_count++] = (struct gp_observed){name, value};
}

double gp_fade(const struct gp_limits *limits, __u64 then_ns, __u64 now_ns)
{
	double age_s = then_ns && now_ns > then_ns ? (double)(now_ns - then_ns) / 1e9 : 0;

	return exp2(-age_s / limits->half_life_s);
}

double gp_weights_total(const double *weights, int families)
{
	double total = 0;

	for (int i = 0; i < families; i++)
		total += weights[i];
	return total;
}

struct gp_standing_limits gp_standing_limits(const struct gp_limits *limits)
{
	return (struct gp_standing_limits){
		.watch_score = limits->watch_score,
		.suspect_score = limits->suspect_score,
		.confirm_score = limits->confirm_score,
		.quiet_s = limits->quiet_s,
		.clean_s = limits->clean_s,
		.reinfect_s = limits->reinfect_s,
	};
}

enum gp_verdict gp_standing_verdict(const struct gp_standing *standing)
{
	if (standing->state == GP_STATE_CLEAN || !standing->suspected_ns)
		return GP_VERDICT_NONE;
	return standing->confirmed_ns ? GP_VERDICT_CONFIRMED : GP_VERDICT_SUSPECTED;
}

/* 11. */
void gp_finding_close(struct gp_finding *finding, const struct gp_limits *limits)
{
	finding->score = 0;
	for (int i = 0; i < finding->evidence_count; i++)
		finding->score += finding->evidence[i].weight;
	finding->confidence = 1 / (1 + exp(-(log(limits->prior / (1 - limits->prior)) + finding->score)));
}

static int compare_findings(const void *a, const void *b)
{
	const struct gp_finding *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return (x->kind > y->kind) - (x->kind < y->kind);
}

static const struct gp_record *record_at(const struct gp_judge *j, __u32 i)
{
	return j->finished ? &j->now[i] : &j->subjects[i].kept;
}

static bool finding_of(struct gp_finding *out, const struct gp_record *record, const struct gp_case *c, enum gp_kind kind)
{
	switch (kind) {
	case GP_KIND_SPAM_BOT:
		return gp_spam_finding(out, &record->spam, c);
	case GP_KIND_SCANNER:
		/* A flood over all ports of an address looks like a scan of them. */
		if (record->scan.alarm.walk == GP_WALK_ENDPOINT &&
		    gp_standing_verdict(&record->scan.standing) != GP_VERDICT_CONFIRMED &&
		    gp_standing_verdict(&record->flood.standing) != GP_VERDICT_NONE)
			return false;
		return gp_scan_finding(out, &record->scan, c);
	case GP_KIND_BRUTE_FORCER:
		return gp_login_finding(out, &record->login, c);
	case GP_KIND_HTTP_BOT:
		return gp_http_bot_finding(out, &record->http_bot, c);
	case GP_KIND_DDOS_SOURCE:
		return gp_flood_finding(out, &record->flood, c);
	default:
		return false;
	}
}

/* May there be a finding of any kind? Most subjects have none, and their facts are not looked up. */
static bool is_noted(const struct gp_record *record)
{
	return record->scan.alarm.raised || record->spam.standing.suspected_ns ||
	       record->login.standing.suspected_ns || record->http_bot.standing.suspected_ns ||
	       record->flood.standing.suspected_ns;
}

int gp_judge_findings(struct gp_judge *j, const struct gp_finding **out)
{
	size_t noted = 0;
	int count = 0;

	for (__u32 i = 0; i < j->count; i++)
		noted += is_noted(record_at(j, i));
	gp_suppressions_clear(&j->suppressed_hosts);
	free(j->findings);
	j->findings = calloc(noted * GP_KINDS + 1, sizeof(*j->findings));
	if (!j->findings)
		return -ENOMEM;
	for (__u32 i = 0; i < j->count; i++) {
		const struct gp_subject *s = &j->subjects[i];
		const struct gp_record *record = record_at(j, i);
		struct gp_case c;

		if (!is_noted(record))
			continue;
		c = case_of(j, s);
		hear(j, &c);
		for (int kind = 0; kind < GP_KINDS; kind++) {
			int known_good = 0;

			j->findings[count] = (struct gp_finding){.id = s->id};
			if (!finding_of(&j->findings[count], record, &c, (enum gp_kind)kind))
				continue;
			if (c.known_good)
				known_good = gp_known_good_host(&j->suppressed_hosts, &j->heard, &c, &j->findings[count]);
			if (known_good < 0)
				return known_good;
			count += !known_good;
		}
	}
	qsort(j->findings, (size_t)count, sizeof(*j->findings), compare_findings);
	*out = j->findings;
	return count;
}

static void opinion_of(struct gp_finding *out, const struct gp_record *record, const struct gp_case *c, enum gp_kind kind)
{
	switch (kind) {
	case GP_KIND_SPAM_BOT:
		gp_spam_opinion(out, &record->spam, c);
		break;
	case GP_KIND_SCANNER:
		gp_scan_opinion(out, &record->scan, c);
		break;
	case GP_KIND_BRUTE_FORCER:
		gp_login_opinion(out, &record->login, c);
		break;
	case GP_KIND_HTTP_BOT:
		gp_http_bot_opinion(out, &record->http_bot, c);
		break;
	case GP_KIND_DDOS_SOURCE:
		gp_flood_opinion(out, &record->flood, c);
		break;
	default:
		break;
	}
}

static const char *unmet_condition(const struct gp_record *record, const struct gp_case *c, enum gp_kind kind)
{
	switch (kind) {
	case GP_KIND_SPAM_BOT:
		return gp_spam_unmet(&record->spam, c->limits);
	case GP_KIND_SCANNER:
		return gp_scan_unmet(&record->scan, c);
	case GP_KIND_BRUTE_FORCER:
		return c->verified ? NULL : "its source is not verified";
	case GP_KIND_HTTP_BOT:
		return c->verified ? "it asks for nothing that only programs ask for that look for holes" :
				     "its source is not verified";
	case GP_KIND_DDOS_SOURCE:
		return c->verified ? "it did not last, or answers that nobody asked for came to it" : "its source is not verified";
	default:
		return NULL;
	}
}

/* Why the report does not have the finding that a standing or a score would make. NULL: it has it, or there is none. */
static const char *left_out(const struct gp_record *record, const struct gp_case *c, const struct gp_finding *opinion,
			    bool is_reported)
{
	if (opinion->verdict == GP_VERDICT_NONE)
		return opinion->score >= c->limits->suspect_score ? unmet_condition(record, c, opinion->kind) : NULL;
	if (is_reported)
		return c->known_good ? "the operator's lists know it to be good" : NULL;
	if (c->host->role == GP_ROLE_INFRASTRUCTURE)
		return "it is infrastructure, which gets no verdict";
	if (c->one_direction)
		return "only one direction of its traffic is seen";
	if (opinion->kind == GP_KIND_SCANNER && gp_scan_highest(c) != GP_VERDICT_NONE)
		return "it is told as the source of a flood";
	return c->host->backscatter > c->host->syn ?
		       "more answers came to it than it asked for, and its source is not verified" :
		       "it reset answers, as a victim of forged packets does, and its source is not verified";
}

/* @reported: where the report has a verdict, its reasons. */
static bool think(struct gp_judge *j, __u32 id, struct gp_finding out[GP_KINDS], bool reported)
{
	const struct gp_record *record;
	struct gp_case c;

	if (!is_subject(j, id))
		return false;
	record = record_at(j, j->subject_of[id] - 1);
	c = case_of(j, &j->subjects[j->subject_of[id] - 1]);
	hear(j, &c);
	for (int i = 0; i < GP_KINDS; i++) {
		enum gp_kind kind = (enum gp_kind)i;
		struct gp_finding finding = {.id = id};
		bool is_reported = finding_of(&finding, record, &c, kind);

		out[i] = (struct gp_finding){.id = id, .kind = kind};
		opinion_of(&out[i], record, &c, kind);
		out[i].left_out = left_out(record, &c, &out[i], is_reported);
		if (out[i].left_out)
			out[i].verdict = GP_VERDICT_NONE;
		else if (reported && is_reported)
			out[i] = finding;
	}
	return true;
}

void gp_judge_states(const struct gp_judge *j, __u64 counts[GP_STATES][GP_KINDS])
{
	memset(counts, 0, GP_STATES * sizeof(*counts));
	for (__u32 i = 0; i < j->count; i++) {
		const struct gp_record *r = record_at(j, i);

		counts[r->spam.standing.state][GP_KIND_SPAM_BOT]++;
		counts[r->scan.standing.state][GP_KIND_SCANNER]++;
		counts[r->login.standing.state][GP_KIND_BRUTE_FORCER]++;
		counts[r->http_bot.standing.state][GP_KIND_HTTP_BOT]++;
		counts[r->flood.standing.state][GP_KIND_DDOS_SOURCE]++;
	}
}

bool gp_judge_opinions(struct gp_judge *j, __u32 id, struct gp_finding out[GP_KINDS])
{
	return think(j, id, out, false);
}

bool gp_judge_conclusions(struct gp_judge *j, __u32 id, struct gp_finding out[GP_KINDS])
{
	return think(j, id, out, true);
}

int gp_judge_asymmetries(struct gp_judge *j, const struct gp_asymmetry **out)
{
	return gp_routing_list(j->routing, out);
}

static int compare_ranges(const void *a, const void *b)
{
	const struct gp_range_finding *x = a, *y = b;
	int order = gp_addr_compare(&x->addr, &y->addr);

	if (order)
		return order;
	return x->bits != y->bits ? x->bits - y->bits : (int)x->kind - (int)y->kind;
}

int gp_judge_ranges(struct gp_judge *j, const struct gp_range_finding **out)
{
	const struct gp_range_finding *scanners = NULL, *fleets;
	int scanning = 0, count = gp_fleets_findings(j->fleets, &fleets);

	gp_suppressions_clear(&j->suppressed_ranges);
	/* Where answers are not seen nothing is known to have failed. */
	if (!j->one_direction)
		scanning = gp_ranges_findings(j->ranges, &scanners);
	if (scanning < 0 || count < 0)
		return scanning < 0 ? scanning : count;
	free(j->range_findings);
	j->range_findings = calloc((size_t)(scanning + count) + 1, sizeof(*j->range_findings));
	if (!j->range_findings)
		return -ENOMEM;
	for (int i = 0; i < scanning; i++)
		j->range_findings[i] = scanners[i];
	for (int i = 0; i < count; i++)
		j->range_findings[scanning + i] = fleets[i];
	qsort(j->range_findings, (size_t)(scanning + count), sizeof(*j->range_findings), compare_ranges);
	*out = j->range_findings;
	return gp_known_good_ranges(&j->suppressed_ranges, &j->heard, out, scanning + count);
}

int gp_judge_suppressed(const struct gp_judge *j, bool ranges, const struct gp_suppressed **out)
{
	const struct gp_suppressions *s = ranges ? &j->suppressed_ranges : &j->suppressed_hosts;

	*out = s->list;
	return s->count;
}
