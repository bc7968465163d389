// SPDX-License-Identifier: GPL-2.0-or-later
#include "scan_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gatepost/scan.h>

#define FILTER_WORDS 65536u /* as configured by default */

static void *zeros(size_t count, size_t size)
{
	void *p = calloc(count, size);

	if (!p) {
		fprintf(stderr, "evaluate: out of memory\n");
		exit(1);
	}
	return p;
}

static void must(int err)
{
	if (err) {
		fprintf(stderr, "evaluate: %s\n", strerror(-err));
		exit(1);
	}
}

static struct gp_addr v4(__u32 addr)
{
	return (struct gp_addr){.words = {0, 0, gp_be32_to_host(0xffff), gp_be32_to_host(addr)}};
}

static void set_ports(struct scan_world *w)
{
	static const __u16 watched[] = {25, 465, 587, 80, 443, 8080, 8443};

	for (__u32 port = 0; port < 65536; port++) {
		struct gp_port entry = {.scan_class = port < 1024 ? GP_SCAN_SERVICE : GP_SCAN_HIGH};

		for (size_t i = 0; i < sizeof(watched) / sizeof(*watched); i++) {
			if (port == watched[i])
				entry.scan_class = GP_SCAN_WATCHED;
		}
		w->memory.ports[port] = gp_port_byte(entry);
	}
}

void scan_world_open(struct scan_world *w, __u32 hosts, __u64 start_ns)
{
	memset(w, 0, sizeof(*w));
	w->settings = (struct gp_settings){.abi_version = GP_ABI_VERSION, .inside_hosts = hosts, .flow_slots = 1,
					   .filter_words = FILTER_WORDS, .secret = {1, 2}};
	w->limits = gp_limits_default;
	w->hosts = hosts;
	w->claims.hosts = hosts;
	w->memory.settings = &w->settings;
	w->memory.claims = &w->claims;
	w->memory.cpus = &w->cpu;
	w->memory.cpu_count = 1;
	w->memory.filters = &w->filters;
	w->memory.hosts = zeros(hosts, sizeof(*w->memory.hosts));
	w->memory.ports = zeros(GP_PORTS, sizeof(*w->memory.ports));
	w->memory.filter_bits = zeros(GP_FILTERS * (size_t)FILTER_WORDS, sizeof(*w->memory.filter_bits));
	for (__u32 i = 0; i < hosts; i++)
		w->memory.hosts[i] = (struct gp_host){.tag = i + 1, .addr = v4(0x0a000000 + i),
						      .role = GP_ROLE_SUBSCRIBER, .bits = 128, .ready = 1};
	set_ports(w);
	must(gp_world_open(&w->known, &w->memory));
	must(gp_judge_open(&w->judge, w->known, &w->limits, true));
	w->now_ns = start_ns;
	must(gp_judge_tick(w->judge, start_ns));
}

void scan_world_at(struct scan_world *w, __u64 now_ns)
{
	while (w->now_ns / GP_SLICE_NS < now_ns / GP_SLICE_NS) {
		w->now_ns = (w->now_ns / GP_SLICE_NS + 1) * GP_SLICE_NS;
		must(gp_judge_tick(w->judge, w->now_ns));
	}
	if (now_ns > w->now_ns)
		w->now_ns = now_ns;
}

void scan_world_contact(struct scan_world *w, __u32 host, __u32 peer, __u16 port, bool answered)
{
	struct gp_host *record = &w->memory.hosts[host];
	struct gp_packet syn = {.src = record->addr, .dst = v4(peer), .sport = 40000, .dport = port};
	struct gp_packet syn_ack = {.src = syn.dst, .dst = syn.src, .sport = port, .dport = 40000};

	gp_scan_attempt(&w->memory, &syn, record, w->now_ns);
	if (answered)
		gp_scan_answer(&w->memory, &syn_ack, record, w->now_ns);
	record->last_seen_ns = w->now_ns;
}

void scan_world_close(struct scan_world *w)
{
	gp_judge_close(w->judge);
	gp_world_close(w->known);
	free(w->memory.hosts);
	free(w->memory.ports);
	free(w->memory.filter_bits);
}
