// SPDX-License-Identifier: GPL-2.0-or-later
/* Flows between hosts: who speaks from where, with which stack, and how far away. */
#include <string.h>

#include "private.h"

double host_value(const struct traffic *t, __u32 host, enum value value, double otherwise)
{
	const struct host *h = &t->hosts[host];
	int slot = profile_slot(&profile_rows[h->profile], value);

	return slot < 0 ? otherwise : (double)t->values[h->values + (__u32)slot];
}

__u32 actor_index(const struct traffic *t, const struct actor *a)
{
	return (__u32)(a - t->actors);
}

double diurnal(__u64 now_ns)
{
	double hour = (double)(now_ns / SECOND_NS % 86400) / 3600;

	return 1 - 0.85 * cos((hour - 3.5) / 24 * 2 * M_PI);
}

struct traffic_acts *flow_acts(struct traffic *t, const struct flow *f)
{
	static struct traffic_acts nobody; /* written, never read */

	return f->host == HOST_NONE ? &nobody : &t->hosts[f->host].label.acts;
}

void host_malice(struct traffic *t, const struct flow *f, enum flow_malice malice)
{
	struct traffic_label *label;

	if (f->host == HOST_NONE || malice == MALICE_NONE)
		return;
	label = &t->hosts[f->host].label;
	label->malicious++;
	if (!label->first_ns)
		label->first_ns = t->now_ns;
}

static bool add_chunk(struct traffic *t)
{
	size_t room = (t->chunk_count + 1) * POOL_CHUNK;
	struct flow **chunks = realloc(t->chunks, (t->chunk_count + 1) * sizeof(*chunks));
	struct flow *chunk;
	__u32 *list;

	if (!chunks)
		return false;
	t->chunks = chunks;
	list = realloc(t->free_flows, room * sizeof(*list));
	if (!list)
		return false;
	t->free_flows = list;
	chunk = calloc(POOL_CHUNK, sizeof(*chunk));
	if (!chunk)
		return false;
	for (size_t i = room; i-- > room - POOL_CHUNK;)
		list[t->free_count++] = (__u32)i;
	t->chunks[t->chunk_count++] = chunk;
	t->totals.memory_bytes += POOL_CHUNK * (sizeof(*chunk) + sizeof(*list));
	return true;
}

struct flow *flow_new(struct traffic *t)
{
	struct flow *f;
	__u32 i;

	if (!t->free_count && !add_chunk(t)) {
		t->error = -ENOMEM;
		return NULL;
	}
	i = t->free_flows[--t->free_count];
	f = &t->chunks[i / POOL_CHUNK][i % POOL_CHUNK];
	memset(f, 0, sizeof(*f));
	f->index = i;
	return f;
}

void schedule(struct traffic *t, __u64 when_ns, __u32 what)
{
	size_t room = t->events.room;

	if (events_push(&t->events, when_ns, what))
		t->error = -ENOMEM;
	t->totals.memory_bytes += (t->events.room - room) * sizeof(*t->events.of);
}

static bool in_outage(const struct traffic *t, __u64 when_ns)
{
	return when_ns >= t->outage_from_ns && when_ns < t->outage_to_ns;
}

/* In an outage nothing comes from outside. */
void flow_start(struct traffic *t, struct flow *f, __u64 when_ns)
{
	if (when_ns >= t->end_ns || (!f->outward && in_outage(t, when_ns))) {
		t->free_flows[t->free_count++] = f->index;
		return;
	}
	f->begin_ns = when_ns;
	schedule(t, when_ns, EVENT_FLOW | f->index);
	t->totals.flows++;
	t->totals.flows_open++;
	if (t->totals.flows_open > t->totals.flows_open_max)
		t->totals.flows_open_max = t->totals.flows_open;
}

/* Round trips outside: 6 to 170 ms, near ones more often. */
static __u32 far_rtt_us(__u64 draw)
{
	double u = (double)(draw & 0xffff) / 65536;

	return (__u32)(6000 + 164000 * u * u);
}

static void set_stack(struct flow *f, enum flow_end end, enum stack stack, unsigned int hops)
{
	f->stack[end] = (__u8)stack;
	f->ttl[end] = (__u8)(stack_rows[stack].ttl - hops);
}

/* What follows from ends, stacks and seed. */
static void settle(struct flow *f)
{
	const struct stack_row *client = &stack_rows[f->stack[CLIENT]], *server = &stack_rows[f->stack[SERVER]];
	__u16 less = frame_is_v4(&f->addr[CLIENT]) ? 0 : 20;

	f->seq[CLIENT] = (__u32)chance_mix(f->seed, 1);
	f->seq[SERVER] = (__u32)chance_mix(f->seed, 2);
	if (f->stack[CLIENT] == STACK_MIRAI)
		f->seq[CLIENT] = __builtin_bswap32(f->addr[SERVER].words[3]);
	f->ip_id[CLIENT] = (__u16)chance_mix(f->seed, 3);
	f->ip_id[SERVER] = (__u16)chance_mix(f->seed, 4);
	f->mss = client->mss && client->mss < server->mss ? client->mss : server->mss;
	f->mss -= less;
	f->stamps = stack_offers(client->syn, 'T') && stack_offers(server->answer, 'T');
	if (f->outcome == FLOW_BACKSCATTER)
		f->state = STATE_SYN_ACK;
	else if (f->outcome == FLOW_BACKSCATTER_RST)
		f->state = STATE_RST;
}

static enum stack server_stack(__u64 draw)
{
	static const __u8 stacks[] = { STACK_LINUX, STACK_LINUX, STACK_LINUX, STACK_LINUX_OLD, STACK_FREEBSD, STACK_WINDOWS };

	return stacks[draw % sizeof(stacks)];
}

/* An IPv6 subscriber that uses several addresses takes another one each time. */
static void set_client(struct traffic *t, struct actor *a, struct flow *f)
{
	const struct host *h = &t->hosts[a->host];
	double addresses = h->label.ipv6 ? actor_value(t, a, V_ADDRESSES, 1) : 1;

	f->host = a->host;
	f->addr[CLIENT] = h->label.addr;
	if (addresses > 1) {
		__u64 draw = chance_mix(h->name, chance_below(&a->chance, (__u32)addresses));

		memcpy(f->addr[CLIENT].bytes + 8, &draw, 8);
	}
	set_stack(f, CLIENT, h->stacks[h->stacks_count > 1 ? chance_below(&a->chance, h->stacks_count) : 0], 1);
	f->rtt_us[CLIENT] = h->rtt_us;
	f->outward = true;
}

struct flow *flow_to(struct traffic *t, struct actor *a, const struct gp_addr *to, __u16 port, enum flow_outcome outcome)
{
	struct flow *f = flow_new(t);
	__u64 draw;

	if (!f)
		return NULL;
	f->seed = random_splitmix(&a->chance);
	set_client(t, a, f);
	f->addr[SERVER] = *to;
	f->port[CLIENT] = (__u16)(32768 + f->seed % 28000);
	f->port[SERVER] = port;
	draw = chance_mix(to->halves[1], to->halves[0]);
	set_stack(f, SERVER, server_stack(draw >> 40), 7 + (draw >> 20) % 13);
	f->rtt_us[SERVER] = far_rtt_us(draw >> 8);
	f->outcome = (__u8)outcome;
	if (in_outage(t, t->now_ns))
		f->outcome = FLOW_SILENT;
	settle(f);
	return f;
}

struct flow *flow_out(struct traffic *t, struct actor *a, enum outside kind, __u32 number, __u16 port, enum flow_outcome outcome)
{
	struct gp_addr to;

	universe_address(&to, t->seed, kind, number, t->hosts[a->host].label.ipv6);
	return flow_to(t, a, &to, port, outcome);
}

void flow_tool(struct flow *f, enum stack stack)
{
	set_stack(f, CLIENT, stack, 1);
	settle(f);
}

struct flow *flow_in(struct traffic *t, __u64 *state, __u32 from, const struct gp_addr *address, enum stack stack, __u32 to,
		     __u16 port, enum flow_outcome outcome)
{
	const struct host *h = &t->hosts[to];
	struct flow *f = flow_new(t);
	__u64 draw;

	if (!f)
		return NULL;
	f->seed = random_splitmix(state);
	f->host = from;
	f->addr[CLIENT] = *address;
	f->addr[SERVER] = h->label.addr;
	f->port[CLIENT] = (__u16)(32768 + f->seed % 28000);
	f->port[SERVER] = port;
	draw = chance_mix(address->halves[1] >> 8, 5); /* neighbours are equally far */
	set_stack(f, CLIENT, stack, 7 + (draw >> 20) % 13);
	set_stack(f, SERVER, h->stacks[0], 1);
	f->rtt_us[CLIENT] = far_rtt_us(draw >> 8);
	f->rtt_us[SERVER] = h->rtt_us;
	f->outcome = (__u8)outcome;
	settle(f);
	return f;
}

void range_address(const struct traffic *t, __u32 host, __u32 i, struct gp_addr *out)
{
	*out = t->hosts[host].label.addr;
	out->words[3] = (__be32)__builtin_bswap32(__builtin_bswap32(out->words[3]) + i);
}

void errand_add(struct traffic *t, __u32 actor, __u64 when_ns, __u64 token, __u32 what)
{
	__u32 i = t->free_errand;

	if (when_ns >= t->end_ns)
		return;
	if (i == HOST_NONE) {
		size_t room = t->errand_room ? 2 * t->errand_room : 256;
		struct errand *errands = realloc(t->errands, room * sizeof(*errands));

		if (!errands) {
			t->error = -ENOMEM;
			return;
		}
		t->errands = errands;
		for (i = (__u32)room; i-- > t->errand_room;) {
			errands[i].next = t->free_errand;
			t->free_errand = i;
		}
		t->totals.memory_bytes += (room - t->errand_room) * sizeof(*errands);
		t->errand_room = room;
		i = t->free_errand;
	}
	t->free_errand = t->errands[i].next;
	t->errands[i] = (struct errand){ .token = token, .actor = actor, .what = what };
	schedule(t, when_ns, EVENT_ERRAND | i);
}
