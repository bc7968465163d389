/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scanners: slices, walks, alarms and their verdict. docs/detection.md, steps 4 to 8; the numbers are shared. */
#include <math.h>
#include <string.h>

#include "hll.h"
#include "judge_private.h"



#define SWEEP_ADDRESSES_PER_PORT 4.0 /* a sweep asks many addresses the same; a peer list does not */
#define SWEEP_ADDRESS_SHARE 0.7	     /* distinct addresses per step: retries of few addresses are no sweep */
#define HIGH_NET_SHARE 0.5	     /* net failures per first contact: three of four fail */
#define PEER_CONTACTS 50u	     /* on high ports, a tenth of them answered, half of all: peer-to-peer */
#define PEER_STEPS 3.0		     /* times as high is then the alarm on the other ports */
#define PEER_NET_SHARE 0.6	     /* and four of five must fail */
#define IN_FLIGHT 20		     /* connections that a browser opens at once */
#define CERTAIN_NS 3000000000ull     /* unanswered for so long at the end of input: failed */

/*
 * 5. Reflected at zero: earlier successes cannot be saved up. @before: what the host knew when the slice began. @gained:
 * addresses that it got to know in it. They are the walk's where something of its class failed: or the sites of an evening
 * would be lent to one dead server.
 */
static void walk_step(struct gp_walk *walk, const struct gp_snapshot *before, double gained, __s64 failed, __s64 answered,
		      __s64 half_open, __s64 contacts)
{
	if (!gp_walk_height(walk))
		walk->ports = before->ports;
	if (failed > 0 || half_open > 0)
		walk->addresses += gained;
	walk->failed += failed;
	walk->answered += answered;
	walk->half_open += half_open;
	walk->contacts += contacts;
	if (gp_walk_height(walk) <= 0)
		*walk = (struct gp_walk){0};
}

/* 6. The newest snapshot without anything of this slice; zeros when there is none. */
static struct gp_snapshot snapshot_before(const struct gp_scan_state *scan, __u64 number)
{
	struct gp_snapshot before = {0};

	for (unsigned int i = 0; i < GP_SNAPSHOTS; i++) {
		const struct gp_snapshot *s = &scan->snapshots[i];

		if (s->slice <= number && s->slice > before.slice)
			before = *s;
	}
	return before;
}

/* What the host knew at the first tick after a slice, or knows now. */
static double addresses_after(const struct gp_scan_state *scan, const struct gp_case *c, __u64 number)
{
	const struct gp_snapshot *after = NULL;

	for (unsigned int i = 0; i < GP_SNAPSHOTS; i++) {
		const struct gp_snapshot *s = &scan->snapshots[i];

		if (s->slice > number && (!after || s->slice < after->slice))
			after = s;
	}
	return after ? after->addresses : gp_hll_estimate(&c->host->contacts);
}

__u32 gp_scan_snapshot(struct gp_scan_state *scan, const struct gp_case *c, __u64 slice)
{
	__u32 attempts = 0, before = scan->snapped;

	for (int class = 0; class < GP_SCAN_CLASSES; class++) {
		for (unsigned int ring = 0; ring < GP_SLICES; ring++)
			attempts += c->host->scan.attempts[class][ring];
	}
	if (attempts == before)
		return 0;
	scan->snapped = attempts;
	if (scan->snapshots[scan->newest].slice != slice)
		scan->newest = (scan->newest + 1) % GP_SNAPSHOTS;
	scan->snapshots[scan->newest] = (struct gp_snapshot){
		.slice = slice,
		.addresses = gp_hll_estimate(&c->host->contacts),
		.ports = gp_hll_estimate(&c->host->ports),
	};
	return attempts - before;
}

static double steps_needed(const struct gp_limits *limits, enum gp_walk_kind kind)
{
	switch (kind) {
	case GP_WALK_WATCHED:
		return limits->scan_watched_steps;
	case GP_WALK_HIGH:
		return limits->scan_high_steps;
	case GP_WALK_ENDPOINT:
		return limits->scan_endpoint_steps;
	default:
		return limits->scan_service_steps;
	}
}

/*
 * 6. Peers that listen on 443 or 80 fail as often as any others, and are many. A scanner of high ports is hardly ever
 * answered.
 */
static bool is_peer(const struct gp_scan_state *scan)
{
	__u64 attempts[GP_SCAN_CLASSES] = {0}, answers = 0;

	for (unsigned int ring = 0; ring < GP_SLICES; ring++) {
		for (int class = 0; class < GP_SCAN_ENDPOINT; class++)
			attempts[class] += scan->seen.attempts[class][ring];
		answers += scan->seen.answers[GP_SCAN_HIGH][ring];
	}
	return attempts[GP_SCAN_HIGH] >= PEER_CONTACTS && 10 * answers >= attempts[GP_SCAN_HIGH] &&
	       attempts[GP_SCAN_HIGH] >= attempts[GP_SCAN_SERVICE] + attempts[GP_SCAN_WATCHED];
}

/*
 * 6. Is this walk, with so many open attempts counted as failures, an alarm? @addresses, @ports: out, those that the
 * host got to know since the walk left zero.
 */
static bool is_alarm(const struct gp_case *c, bool is_peer, enum gp_walk_kind kind, const struct gp_walk *walk, __s64 in_flight,
		     double *addresses, double *ports)
{
	const struct gp_limits *limits = c->limits;
	double height = (double)(gp_walk_height(walk) + in_flight), steps = steps_needed(limits, kind);
	double tried = (double)(walk->failed + walk->answered + in_flight);

	if (is_peer && kind != GP_WALK_ENDPOINT && kind != GP_WALK_HIGH)
		steps = fmax(PEER_STEPS * steps, PEER_NET_SHARE * tried);
	if (height < steps || height <= 0)
		return false;
	*addresses = fmin(walk->addresses, fmax(0, tried));
	*ports = fmax(0, gp_hll_estimate(&c->host->ports) - walk->ports);
	switch (kind) {
	case GP_WALK_ENDPOINT:
		/* Counted, not estimated: a peer-to-peer client has an address for each of its ports. */
		return *ports >= limits->scan_endpoint_ports && tried >= limits->scan_endpoint_ports &&
		       tried >= limits->scan_endpoint_ratio * (double)walk->contacts;
	case GP_WALK_HIGH:
		return *addresses >= limits->scan_high_contacts && *addresses >= SWEEP_ADDRESSES_PER_PORT * *ports &&
		       height >= HIGH_NET_SHARE * tried;
	default:
		return *addresses >= SWEEP_ADDRESS_SHARE * steps && *addresses >= SWEEP_ADDRESSES_PER_PORT * *ports;
	}
}

static enum gp_walk_kind highest_walk(const struct gp_scan_state *scan)
{
	int highest = 0;

	for (int kind = 1; kind < GP_WALKS; kind++) {
		if (gp_walk_height(&scan->walks[kind]) > gp_walk_height(&scan->walks[highest]))
			highest = kind;
	}
	return (enum gp_walk_kind)highest;
}

const char *gp_scan_unmet(const struct gp_scan_state *scan, const struct gp_case *c)
{
	double addresses = 0, ports = 0;
	enum gp_walk_kind highest = highest_walk(scan);

	if ((double)gp_walk_height(&scan->walks[highest]) < steps_needed(c->limits, highest))
		return "too few more of its attempts failed than were answered";
	if (is_alarm(c, is_peer(scan), highest, &scan->walks[highest], 0, &addresses, &ports))
		return "the network may have been down, or its last attempts are still open";
	switch (highest) {
	case GP_WALK_ENDPOINT:
		return "it tried too few ports, or too many addresses, for a search of ports";
	case GP_WALK_HIGH:
		return "too few addresses, too many ports or too many answers for a sweep: peer-to-peer looks so";
	default:
		return is_peer(scan) ? "its other traffic is that of a peer-to-peer program" :
				       "it tried too few different addresses, or too many ports, for a sweep";
	}
}

/* Keeps the highest alarm. Return: whether there is a new one. */
static bool raise_alarms(struct gp_scan_state *scan, const struct gp_case *c, __u64 now_ns)
{
	/* What is told of an episode that is over makes room for what comes next. */
	bool raised = false, kept = scan->alarm.raised && scan->standing.state != GP_STATE_QUIET;
	double addresses, ports;

	for (int kind = 0; kind < GP_WALKS; kind++) {
		const struct gp_walk *walk = &scan->walks[kind];

		if (kept && gp_walk_height(walk) <= gp_walk_height(&scan->alarm.at))
			continue;
		if (!is_alarm(c, is_peer(scan), (enum gp_walk_kind)kind, walk, 0, &addresses, &ports))
			continue;
		scan->alarm = (struct gp_alarm){.raised = true, .walk = (enum gp_walk_kind)kind, .at = *walk,
						.addresses = addresses, .ports = ports, .time_ns = now_ns};
		scan->held_ns = now_ns;
		raised = kept = true;
	}
	return raised;
}

static __u32 take(__u32 *supply, __u32 wanted)
{
	__u32 taken = *supply < wanted ? *supply : wanted;

	*supply -= taken;
	return taken;
}

/* One slice's first contacts: how many failed and were answered, by class. Late answers make failures negative. */
struct slice {
	__s64 failed[GP_SCAN_CLASSES];
	__u32 answered[GP_SCAN_CLASSES];
};

/*
 * 5. Browsers break off connections that are no longer wanted, now and then six at once; a scanner does little else.
 * And an unproved source may be the victim of the real one.
 */
static bool half_open_counts(const struct gp_case *c)
{
	return c->verified && c->host->half_open > c->host->proved_flows;
}

/*
 * 5. A half-open contact was answered: it pays back its success and counts as a failure on top. Which class it was
 * is not counted, so half-open flows are paired with answered first contacts, the watched class first; more of them
 * than answered first contacts are repetitions and say nothing new.
 */
static void walk_slice(struct gp_scan_state *scan, const struct gp_case *c, __u64 number, const struct slice *slice)
{
	struct gp_snapshot before = snapshot_before(scan, number);
	double after = addresses_after(scan, c, number), gained = fmax(0, after - fmax(before.addresses, scan->told));
	__u32 half[GP_SCAN_CLASSES] = {0}, answered = 0;
	bool counts = half_open_counts(c);
	__s64 contacts = 0;

	scan->told = fmax(scan->told, after);
	for (int class = GP_SCAN_WATCHED; class >= GP_SCAN_HIGH && counts; class--)
		half[class] = take(&scan->half_open_contacts, slice->answered[class]);
	if (counts)
		half[GP_SCAN_ENDPOINT] = take(&scan->half_open_endpoints, slice->answered[GP_SCAN_ENDPOINT]);
	for (int class = 0; class < GP_SCAN_ENDPOINT; class++)
		contacts += slice->failed[class] + slice->answered[class];
	for (int class = 0; class < GP_SCAN_CLASSES; class++) {
		walk_step(&scan->walks[class], &before, gained, slice->failed[class], slice->answered[class], half[class], contacts);
		answered += slice->answered[class];
	}
	walk_step(&scan->walks[GP_WALK_LISTENING], &before, gained,
		  slice->failed[GP_SCAN_SERVICE] + slice->failed[GP_SCAN_WATCHED],
		  (__s64)slice->answered[GP_SCAN_SERVICE] + slice->answered[GP_SCAN_WATCHED],
		  (__s64)half[GP_SCAN_SERVICE] + half[GP_SCAN_WATCHED], contacts);
	if (!answered || !counts) {
		scan->half_open_contacts = 0;
		scan->half_open_endpoints = 0;
	}
}

static void see_half_open(struct gp_scan_state *scan, const struct gp_host *host)
{
	__u32 more = host->half_open - scan->half_open_seen;

	scan->half_open_seen = host->half_open;
	scan->half_open_contacts += more;
	scan->half_open_endpoints += more;
}

/* 4. */
static bool is_outage(const struct gp_case *c, unsigned int ring)
{
	return c->inside && (c->outages & 1u << ring);
}

struct gp_scan_news gp_scan_news(const struct gp_scan_state *scan, const struct gp_host *host, unsigned int ring)
{
	struct gp_scan_news news = {0};

	for (int class = 0; class < GP_SCAN_CLASSES; class++) {
		news.attempts += host->scan.attempts[class][ring] - scan->seen.attempts[class][ring];
		news.answers += host->scan.answers[class][ring] - scan->seen.answers[class][ring];
	}
	return news;
}

/* 1, 2, 8. How far a verdict about this host may go. */
enum gp_verdict gp_scan_highest(const struct gp_case *c)
{
	bool is_victim = c->host->backscatter > c->host->syn;

	if (c->host->role == GP_ROLE_INFRASTRUCTURE || c->one_direction)
		return GP_VERDICT_NONE;
	/* SYNs that nobody answers prove nothing, and whoever browses has proved flows: anybody can add the SYNs. */
	if (c->trusted && !is_victim)
		return GP_VERDICT_CONFIRMED;
	if (c->verified)
		return GP_VERDICT_SUSPECTED;
	if (is_victim || (!c->inside && c->host->half_open))
		return GP_VERDICT_NONE;
	return GP_VERDICT_SUSPECTED;
}

/* First contacts of the slices that are closed. */
static __u64 contacts_of(const struct gp_scan_state *scan)
{
	__u64 contacts = 0;

	for (int class = 0; class < GP_SCAN_ENDPOINT; class++) {
		for (unsigned int ring = 0; ring < GP_SLICES; ring++)
			contacts += scan->seen.attempts[class][ring];
	}
	return contacts;
}

/* 8. An alarm is a suspicion, whatever its conditions are set to; it fades once it no longer holds. */
static double score_of(const struct gp_scan_state *scan, const struct gp_limits *limits, __u64 now_ns)
{
	const struct gp_alarm below = {.at = scan->walks[highest_walk(scan)]};

	if (!scan->alarm.raised)
		return gp_alarm_score(&below);
	return fmax(gp_alarm_score(&scan->alarm), limits->suspect_score) * gp_fade(limits, scan->held_ns, now_ns);
}

/* 17. Below an alarm a host is watched at most. */
static void stand(struct gp_scan_state *scan, const struct gp_case *c, __u64 now_ns)
{
	const struct gp_standing_limits limits = gp_standing_limits(c->limits);
	const struct gp_opinion opinion = {
		.score = score_of(scan, c->limits, now_ns),
		.may_suspect = scan->alarm.raised,
		.may_confirm = scan->windows >= 2 && gp_scan_highest(c) == GP_VERDICT_CONFIRMED,
		.contacts = contacts_of(scan),
	};

	bool changed = gp_standing_step(&scan->standing, &limits, &opinion, now_ns);

	if (!changed || !gp_standing_calm(&scan->standing) || !scan->alarm.raised)
		return;
	/* What it once did is not held against it: walks do not fade, and one more failure would raise the alarm again. */
	memset(scan->walks, 0, sizeof(scan->walks));
	scan->windows = 0;
	if (scan->standing.state == GP_STATE_CLEAN)
		scan->alarm = (struct gp_alarm){0};
}

void gp_scan_close_slice(struct gp_scan_state *scan, const struct gp_case *c, __u64 number, __u64 now_ns)
{
	const struct gp_scan_count *count = &c->host->scan;
	unsigned int ring = number % GP_SLICES;
	struct slice slice = {0};
	bool moved = false;

	for (int class = 0; class < GP_SCAN_CLASSES; class++) {
		__u32 attempts = count->attempts[class][ring], answers = count->answers[class][ring];
		__u32 more = attempts - scan->seen.attempts[class][ring];

		slice.answered[class] = answers - scan->seen.answers[class][ring];
		slice.failed[class] = (__s64)more - slice.answered[class];
		scan->seen.attempts[class][ring] = attempts;
		scan->seen.answers[class][ring] = answers;
		moved |= more || slice.answered[class];
		if (is_outage(c, ring))
			slice.failed[class] = 0;
		scan->grown |= slice.failed[class] > 0;
	}
	if (!moved)
		return;
	see_half_open(scan, c->host);
	walk_slice(scan, c, number, &slice);
	if (raise_alarms(scan, c, now_ns))
		stand(scan, c, now_ns);
}

/* 7. What the attempts that are still open would say, if they were sent as one burst into nothing. */
static void raise_open_alarm(struct gp_scan_state *scan, const struct gp_case *c, const __s64 *open, __u64 first,
			     bool service_answered, __u64 now_ns)
{
	struct gp_snapshot before = snapshot_before(scan, first);
	double addresses, ports;

	for (int kind = 0; kind < GP_WALKS; kind++) {
		struct gp_walk walk = scan->walks[kind];
		__s64 in_flight = kind == GP_WALK_LISTENING ? open[GP_SCAN_SERVICE] + open[GP_SCAN_WATCHED] :
							       open[kind];
		__s64 benign = kind == GP_WALK_SERVICE || kind == GP_WALK_ENDPOINT ? 0 : IN_FLIGHT;

		if (in_flight <= benign || (kind == GP_WALK_SERVICE && service_answered))
			continue;
		if (!gp_walk_height(&walk))
			walk = (struct gp_walk){.ports = before.ports};
		walk.addresses += fmax(0, gp_hll_estimate(&c->host->contacts) - before.addresses);
		walk.contacts += open[GP_SCAN_HIGH] + open[GP_SCAN_SERVICE] + open[GP_SCAN_WATCHED];
		if (!is_alarm(c, is_peer(scan), (enum gp_walk_kind)kind, &walk, in_flight - benign, &addresses, &ports))
			continue;
		if (scan->alarm.raised && gp_walk_height(&scan->alarm.at) + scan->alarm.in_flight >=
						  gp_walk_height(&walk) + in_flight)
			continue;
		scan->alarm = (struct gp_alarm){.raised = true, .open = true, .walk = (enum gp_walk_kind)kind,
						.at = walk, .in_flight = in_flight, .addresses = addresses,
						.ports = ports, .time_ns = now_ns};
		scan->held_ns = now_ns;
	}
}

void gp_scan_close_open(struct gp_scan_state *scan, const struct gp_case *c, __u64 first, __u64 last, __u64 now_ns)
{
	/* No attempt is younger than its host's last packet, nor younger than the end of its slice. */
	bool silent = c->host->last_seen_ns + CERTAIN_NS <= now_ns;
	__s64 open[GP_SCAN_CLASSES] = {0};
	bool service_answered = scan->walks[GP_WALK_SERVICE].answered > 0;

	for (__u64 number = first; number <= last; number++) {
		unsigned int ring = number % GP_SLICES;
		struct slice slice = {0};

		if (silent || (number + 1) * GP_SLICE_NS + CERTAIN_NS <= now_ns) {
			gp_scan_close_slice(scan, c, number, now_ns);
			continue;
		}
		if (is_outage(c, ring))
			continue;
		for (int class = 0; class < GP_SCAN_CLASSES; class++) {
			__u32 more = c->host->scan.attempts[class][ring] - scan->seen.attempts[class][ring];

			slice.answered[class] = c->host->scan.answers[class][ring] - scan->seen.answers[class][ring];
			if (more > slice.answered[class])
				open[class] += more - slice.answered[class];
		}
		service_answered |= slice.answered[GP_SCAN_SERVICE] > 0;
		see_half_open(scan, c->host);
		walk_slice(scan, c, number, &slice);
	}
	raise_alarms(scan, c, now_ns);
	if (!scan->alarm.raised)
		raise_open_alarm(scan, c, open, first, service_answered, now_ns);
}

void gp_scan_weigh(struct gp_scan_state *scan, const struct gp_case *c, __u64 now_ns)
{
	double addresses, ports;
	bool holds = false;

	for (int kind = 0; kind < GP_WALKS && !holds; kind++)
		holds = is_alarm(c, is_peer(scan), (enum gp_walk_kind)kind, &scan->walks[kind], 0, &addresses, &ports);
	if (!holds)
		scan->windows = 0;
	else if (scan->grown)
		scan->windows++;
	if (holds && scan->grown)
		scan->held_ns = now_ns;
	scan->grown = false;
	stand(scan, c, now_ns);
}
