/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "evidence_ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gatepost/sketch.h>

#include "evidence_pcapng.h"

#define BUCKETS 32768u /* a power of two */

static void list_remove(struct gp_evidence_list *list, struct gp_evidence_host *host)
{
	*(host->older ? &host->older->newer : &list->oldest) = host->newer;
	*(host->newer ? &host->newer->older : &list->newest) = host->older;
}

static void list_append(struct gp_evidence_list *list, struct gp_evidence_host *host)
{
	host->older = list->newest;
	host->newer = NULL;
	*(list->newest ? &list->newest->newer : &list->oldest) = host;
	list->newest = host;
}

static struct gp_evidence_list *list_of(struct gp_evidence_ring *ring, const struct gp_evidence_host *host)
{
	return host->flag ? &ring->flagged : &ring->plain;
}

static struct gp_evidence_host **bucket_of(struct gp_evidence_ring *ring, const struct gp_addr *addr)
{
	__u64 hash = gp_mix(gp_hash_addr(ring->secret[0], addr), ring->secret[1]);

	return &ring->buckets[hash & (BUCKETS - 1)];
}

int gp_evidence_ring_open(struct gp_evidence_ring *ring, const __u64 secret[2])
{
	*ring = (struct gp_evidence_ring){ .secret = { secret[0], secret[1] } };
	ring->buckets = calloc(BUCKETS, sizeof(*ring->buckets));
	return ring->buckets ? 0 : -ENOMEM;
}

void gp_evidence_ring_take(struct gp_evidence_ring *ring, struct gp_evidence_host *host)
{
	struct gp_evidence_packet *packet = host->first;

	host->first = packet->next;
	if (!host->first)
		host->last = NULL;
	host->packets--;
	host->bytes -= packet->captured;
	ring->packets--;
	ring->bytes -= packet->captured;
	free(packet);
}

static void displace_packet(struct gp_evidence_ring *ring, struct gp_evidence_host *host)
{
	gp_evidence_ring_take(ring, host);
	ring->displaced++;
}

static void remove_host(struct gp_evidence_ring *ring, struct gp_evidence_host *host)
{
	struct gp_evidence_host **at = bucket_of(ring, &host->addr);

	while (host->first)
		displace_packet(ring, host);
	while (*at != host)
		at = &(*at)->chain;
	*at = host->chain;
	list_remove(list_of(ring, host), host);
	*(host->flag ? &ring->flagged_hosts : &ring->plain_hosts) -= 1;
	free(host);
}

void gp_evidence_ring_close(struct gp_evidence_ring *ring)
{
	while (ring->plain.oldest)
		remove_host(ring, ring->plain.oldest);
	free(ring->buckets);
}

static void limit_hosts(struct gp_evidence_ring *ring, __u32 hosts)
{
	while (ring->plain_hosts > hosts) {
		remove_host(ring, ring->plain.oldest);
		ring->hosts_displaced++;
	}
}

struct gp_evidence_host *gp_evidence_ring_host(struct gp_evidence_ring *ring, const struct gp_addr *addr, bool make)
{
	struct gp_evidence_host **bucket = bucket_of(ring, addr), *host;

	for (host = *bucket; host; host = host->chain) {
		if (memcmp(&host->addr, addr, sizeof(*addr)) == 0)
			return host;
	}
	host = make ? calloc(1, sizeof(*host)) : NULL;
	if (!host)
		return NULL;
	limit_hosts(ring, GP_EVIDENCE_HOSTS - 1);
	host->addr = *addr;
	host->chain = *bucket;
	*bucket = host;
	list_append(&ring->plain, host);
	ring->plain_hosts++;
	return host;
}

/* Keeps to the limit of all rings: the packets of the host that was quiet for longest go first, those of flagged hosts
 * last. */
static void make_room(struct gp_evidence_ring *ring, const struct gp_evidence_host *keep, __u32 bytes)
{
	while (ring->bytes + bytes > GP_EVIDENCE_BYTES) {
		struct gp_evidence_host *victim = ring->plain.oldest;

		if (victim && victim != keep) {
			remove_host(ring, victim);
			ring->hosts_displaced++;
			continue;
		}
		if (!victim || !victim->first)
			victim = ring->flagged.oldest;
		while (victim && !victim->first)
			victim = victim->newer;
		if (!victim)
			return;
		displace_packet(ring, victim);
	}
}

int gp_evidence_ring_put(struct gp_evidence_ring *ring, struct gp_evidence_host *host,
			 const struct gp_evidence_packet *head, const __u8 *data)
{
	struct gp_evidence_packet *packet = malloc(sizeof(*packet) + head->captured);

	if (!packet)
		return -ENOMEM;
	*packet = *head;
	packet->next = NULL;
	if (head->captured)
		memcpy(packet->data, data, head->captured);
	list_remove(list_of(ring, host), host);
	list_append(list_of(ring, host), host);
	while (host->first && (host->packets >= GP_EVIDENCE_HOST_PACKETS ||
			       host->bytes + head->captured > GP_EVIDENCE_HOST_BYTES))
		displace_packet(ring, host);
	make_room(ring, host, head->captured);
	*(host->last ? &host->last->next : &host->first) = packet;
	host->last = packet;
	host->packets++;
	host->bytes += head->captured;
	ring->packets++;
	ring->bytes += head->captured;
	return 0;
}

static void expire_host(struct gp_evidence_ring *ring, struct gp_evidence_host *host, __u64 before_ns)
{
	while (host->first && host->first->time_ns < before_ns)
		displace_packet(ring, host);
}

void gp_evidence_ring_expire(struct gp_evidence_ring *ring, __u64 before_ns)
{
	struct gp_evidence_host *host, *newer;

	for (host = ring->plain.oldest; host; host = newer) {
		newer = host->newer;
		expire_host(ring, host, before_ns);
		if (!host->first)
			remove_host(ring, host);
	}
	for (host = ring->flagged.oldest; host; host = host->newer)
		expire_host(ring, host, before_ns);
}

void gp_evidence_ring_flag(struct gp_evidence_ring *ring, struct gp_evidence_host *host, struct gp_evidence_flag *flag)
{
	list_remove(list_of(ring, host), host);
	*(host->flag ? &ring->flagged_hosts : &ring->plain_hosts) -= 1;
	host->flag = flag;
	list_append(list_of(ring, host), host);
	*(host->flag ? &ring->flagged_hosts : &ring->plain_hosts) += 1;
	limit_hosts(ring, GP_EVIDENCE_HOSTS);
}
