// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The floor that a replay is measured against: libpcap reads the file, and its callback does nothing.
 *
 *   replay_floor FILE [BUFFER_BYTES]      prints "packets seconds"; without a number, stdio's own buffer
 */
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void nothing(u_char *user, const struct pcap_pkthdr *header, const u_char *data)
{
	(void)header;
	(void)data;
	++*(unsigned long long *)user;
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static pcap_t *open_buffered(const char *path, long bytes, char *reason)
{
	FILE *file = fopen(path, "rb");
	char *buffer = malloc((size_t)bytes); /* in use to the end; glibc heeds no size without one */

	if (!file || !buffer || setvbuf(file, buffer, _IOFBF, (size_t)bytes))
		return NULL;
	return pcap_fopen_offline(file, reason);
}

int main(int argc, char **argv)
{
	char reason[PCAP_ERRBUF_SIZE] = "cannot open";
	unsigned long long packets = 0;
	double start_s = now_s();
	pcap_t *pcap;

	if (argc != 2 && argc != 3) {
		fprintf(stderr, "usage: replay_floor FILE [BUFFER_BYTES]\n");
		return 2;
	}
	pcap = argc == 2 ? pcap_open_offline(argv[1], reason) : open_buffered(argv[1], atol(argv[2]), reason);
	if (!pcap) {
		fprintf(stderr, "replay_floor: %s: %s\n", argv[1], reason);
		return 1;
	}
	if (pcap_loop(pcap, -1, nothing, (u_char *)&packets)) {
		fprintf(stderr, "replay_floor: %s: %s\n", argv[1], pcap_geterr(pcap));
		return 1;
	}
	pcap_close(pcap);
	printf("%llu %.6f\n", packets, now_s() - start_s);
	return 0;
}
