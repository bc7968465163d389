/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "progress.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000ull
#define REDRAW_NS (NS_PER_S / 5)
#define CALLS_PER_CLOCK 256u
#define WIDTH_MAX 512u
#define BAR_MIN 8u /* a shorter bar says nothing; the figures do */

static __u64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (__u64)now.tv_sec * NS_PER_S + (__u64)now.tv_nsec;
}

/* A line that cannot be erased again is worse than none. */
static bool can_erase(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && term && *term && strcmp(term, "dumb") != 0;
}

static unsigned terminal_width(int fd)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) || !size.ws_col)
		return 80;
	return size.ws_col < WIDTH_MAX ? size.ws_col : WIDTH_MAX;
}

static void put(struct gp_progress *progress, const char *text, size_t bytes)
{
	ssize_t written;

	while (bytes) {
		written = write(progress->fd, text, bytes);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0) {
			/* The terminal has gone; the work goes on. */
			progress->fd = -1;
			return;
		}
		text += written;
		bytes -= (size_t)written;
	}
}

void gp_progress_init(struct gp_progress *progress, int fd)
{
	*progress = (struct gp_progress){ .fd = can_erase(fd) ? fd : -1, .countdown = CALLS_PER_CLOCK };
	if (progress->fd < 0)
		return;
	progress->start_ns = now_ns();
	progress->last_ns = progress->start_ns;
}

bool gp_progress_clock(struct gp_progress *progress)
{
	progress->countdown = CALLS_PER_CLOCK;
	return now_ns() - progress->last_ns >= REDRAW_NS;
}

/* "12.3 M": three digits at least, one unit. */
static void format_scaled(char *out, size_t size, double value, const char *unit)
{
	static const char *const prefixes[] = { "", "k", "M", "G", "T", "P" };
	size_t i = 0;

	while (value >= 999.5 && i + 1 < sizeof(prefixes) / sizeof(prefixes[0])) {
		value /= 1000;
		i++;
	}
	snprintf(out, size, "%.*f %s%s", i && value < 99.95 ? 1 : 0, value, prefixes[i], unit);
}

/* Fill a line of at most @width columns: the figures, and a bar in what is left. */
static void format_line(char *line, unsigned width, const char *figures, __u64 done, __u64 total)
{
	double share = total ? (done < total ? (double)done / (double)total : 1) : 0;
	size_t used = strlen(figures) + strlen("[] 100 %  ");
	unsigned bar, full;

	if (!total || used + BAR_MIN > width) {
		snprintf(line, width + 1, "%s", figures);
		return;
	}
	bar = width - (unsigned)used;
	full = (unsigned)(share * bar);
	line[0] = '[';
	memset(line + 1, '#', full);
	memset(line + 1 + full, '.', bar - full);
	snprintf(line + 1 + bar, width - bar, "] %3u %%  %s", (unsigned)(share * 100), figures);
}

void gp_progress_show(struct gp_progress *progress, __u64 done_bytes, __u64 total_bytes, __u64 packets)
{
	char done[32], total[32], rate[32], figures[128], line[WIDTH_MAX + 1], text[WIDTH_MAX + 32];
	__u64 now;
	int length;

	if (progress->fd < 0)
		return;
	now = now_ns();
	format_scaled(done, sizeof(done), (double)done_bytes, "B");
	format_scaled(total, sizeof(total), (double)total_bytes, "B");
	format_scaled(rate, sizeof(rate), (double)packets * 1e9 / (double)(now - progress->start_ns + 1), "packets/s");
	if (total_bytes)
		snprintf(figures, sizeof(figures), "%s of %s, %s", done, total, rate);
	else
		snprintf(figures, sizeof(figures), "%s, %s", done, rate);
	/* The last column stays empty: writing there makes some terminals wrap. */
	format_line(line, terminal_width(progress->fd) - 1, figures, done_bytes, total_bytes);
	/* Clear from here down, draw on the next line, come back up. */
	length = snprintf(text, sizeof(text), "\r\033[J\n%s\r\033[A", line);
	put(progress, text, (size_t)length);
	progress->shown = true;
	progress->last_ns = now;
}

void gp_progress_end(struct gp_progress *progress)
{
	if (progress->fd >= 0 && progress->shown)
		put(progress, "\r\033[J", strlen("\r\033[J"));
	progress->shown = false;
	progress->fd = -1;
}
