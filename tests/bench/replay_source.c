// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What reading a capture costs before anything is counted: every frame is asked for and let go.
 *
 *   replay_source FILE      prints "packets seconds"
 */
#include <stdio.h>
#include <time.h>

#include "source_pcap.h"

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	struct gp_source_pcap *source;
	struct gp_frame frame;
	double start_s = now_s();
	int err;

	if (argc != 2) {
		fprintf(stderr, "usage: replay_source FILE\n");
		return 2;
	}
	if (gp_source_pcap_open(&source, argv + 1, 1))
		return 1;
	do {
		err = gp_source_pcap_next(source, &frame);
	} while (err == 1);
	printf("%llu %.6f\n", (unsigned long long)gp_source_pcap_count(source)->received.packets, now_s() - start_s);
	gp_source_pcap_close(source);
	return err ? 1 : 0;
}
