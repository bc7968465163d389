// SPDX-License-Identifier: GPL-2.0-or-later
#include "deep_pcap.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include <pcap/pcap.h>

#define PORTS "tcp port 25 or 465 or 587 or 2525 or 80 or 8000 or 8080 or 443 or 8443"

struct deep_pcap {
	pcap_t *pcap;
	struct pollfd fd;
	void (*take)(void *context, const struct gp_frame *frame);
	void *context;
};

static int set_up(pcap_t *p, size_t buffer_bytes)
{
	char error[PCAP_ERRBUF_SIZE];
	struct bpf_program filter;
	int err;

	pcap_set_snaplen(p, 4096);
	pcap_set_promisc(p, 1);
	pcap_set_timeout(p, 2); /* no immediate mode, so that it takes TPACKET_V3 */
	pcap_set_buffer_size(p, (int)buffer_bytes);
	if (pcap_activate(p) < 0 || pcap_compile(p, &filter, PORTS, 1, PCAP_NETMASK_UNKNOWN))
		return -1;
	err = pcap_setfilter(p, &filter);
	pcap_freecode(&filter);
	return err ? err : pcap_setnonblock(p, 1, error);
}

struct deep_pcap *deep_pcap_open(const char *interface, size_t buffer_bytes)
{
	char error[PCAP_ERRBUF_SIZE] = "";
	struct deep_pcap *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->pcap = pcap_create(interface, error);
	if (!d->pcap || set_up(d->pcap, buffer_bytes)) {
		fprintf(stderr, "libpcap: %s%s\n", error, d->pcap ? pcap_geterr(d->pcap) : "");
		deep_pcap_close(d);
		return NULL;
	}
	d->fd = (struct pollfd){ .fd = pcap_get_selectable_fd(d->pcap), .events = POLLIN };
	return d;
}

void deep_pcap_close(struct deep_pcap *pcap)
{
	if (pcap->pcap)
		pcap_close(pcap->pcap);
	free(pcap);
}

static void take_packet(u_char *context, const struct pcap_pkthdr *header, const u_char *data)
{
	struct deep_pcap *d = (struct deep_pcap *)context;
	const struct gp_frame frame = {
		.data = data,
		.data_bytes = header->caplen,
		.captured_bytes = header->caplen,
		.wire_bytes = header->len,
		.time_ns = (__u64)header->ts.tv_sec * 1000000000ull + (__u64)header->ts.tv_usec * 1000,
	};

	d->take(d->context, &frame);
}

unsigned deep_pcap_read(struct deep_pcap *pcap, int timeout_ms, void (*take)(void *, const struct gp_frame *), void *context)
{
	int count;

	pcap->take = take;
	pcap->context = context;
	if (poll(&pcap->fd, 1, timeout_ms) < 0)
		return 0;
	count = pcap_dispatch(pcap->pcap, -1, take_packet, (u_char *)pcap);
	return count > 0 ? (unsigned)count : 0;
}
