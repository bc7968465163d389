/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The progress line: on a terminal only, within its width, gone at the end. */
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "progress.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BEGIN "\r\033[J\n"
#define END "\r\033[A"

/* A terminal: what is written to one end comes out of the other. */
static void open_terminal(int *master, int *terminal, unsigned short width)
{
	struct winsize size = { .ws_row = 24, .ws_col = width };
	struct termios raw;

	assert_int_equal(openpty(master, terminal, NULL, NULL, &size), 0);
	assert_int_equal(tcgetattr(*terminal, &raw), 0);
	cfmakeraw(&raw);
	assert_int_equal(tcsetattr(*terminal, TCSANOW, &raw), 0);
}

/* The kernel hands it over in its own time: all that comes until nothing does for a while. */
static size_t read_terminal(int master, char *text, size_t room)
{
	struct pollfd waiting = { .fd = master, .events = POLLIN };
	size_t len = 0;
	ssize_t n;

	while (poll(&waiting, 1, 20) == 1 && len + 1 < room) {
		n = read(master, text + len, room - 1 - len);
		assert_true(n > 0);
		len += (size_t)n;
	}
	text[len] = '\0';
	return len;
}

static const struct line_row {
	const char *name;
	unsigned short width;
	__u64 done, total;
	const char *begins, *holds; /* of the line */
} line_rows[] = {
	{ "nothing done", 80, 0, 1000, "[....", ".]   0 %  0 B of 1.0 kB, " },
	{ "half done", 80, 500, 1000, "[####", ".]  50 %  500 B of 1.0 kB, " },
	{ "all done", 80, 1000, 1000, "[####", "#] 100 %  1.0 kB of 1.0 kB, " },
	{ "a file that grows meanwhile", 80, 3000, 1000, "[####", "#] 100 %  3.0 kB of 1.0 kB, " },
	{ "a pipe", 80, 5400000, 0, "5.4 MB, ", "packets/s" },
	{ "large numbers", 80, 1234567890123, UINT64_MAX, "[....", ".]   0 %  1.2 TB of 18447 PB, " },
	{ "no room for a bar", 40, 500, 1000, "500 B of 1.0 kB, ", "packets/s" },
	{ "ten columns", 10, 500, 1000, "500 B of ", "" },
	{ "one column", 1, 500, 1000, "", "" },
	{ "wider than any line", 2000, 500, 1000, "[####", ".]  50 %  500 B of 1.0 kB, " },
	{ "a terminal that knows no width", 0, 500, 1000, "[####", ".]  50 %  500 B of 1.0 kB, " },
};

static void test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(line_rows); i++) {
		const struct line_row *row = &line_rows[i];
		struct gp_progress progress;
		char text[4096], *line = text + strlen(BEGIN);
		int master, terminal;
		size_t n;

		open_terminal(&master, &terminal, row->width);
		gp_progress_init(&progress, terminal);
		gp_progress_show(&progress, row->done, row->total, 1000);
		n = read_terminal(master, text, sizeof(text));
		assert_memory_equal(text, BEGIN, strlen(BEGIN));
		assert_true(n >= strlen(BEGIN END));
		assert_string_equal(text + n - strlen(END), END);
		text[n - strlen(END)] = '\0';
		if (strncmp(line, row->begins, strlen(row->begins)) || !strstr(line, row->holds))
			fail_msg("%s: \"%s\"", row->name, line);
		assert_true(strlen(line) < (row->width ? row->width : 80));
		gp_progress_end(&progress);
		read_terminal(master, text, sizeof(text));
		assert_string_equal(text, "\r\033[J");
		gp_progress_end(&progress);
		assert_int_equal(read_terminal(master, text, sizeof(text)), 0);
		close(master);
		close(terminal);
	}
}

/* Not a word where nobody looks, or where nothing can be erased. */
static void test_silence(void **state)
{
	static const char *const terms[] = { "", "dumb", NULL };
	struct gp_progress progress;
	int ends[2], master, terminal;
	char text[64];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	gp_progress_init(&progress, ends[1]);
	for (int i = 0; i < 1000; i++)
		assert_false(gp_progress_due(&progress));
	gp_progress_show(&progress, 1, 2, 3);
	gp_progress_end(&progress);
	close(ends[1]);
	assert_int_equal(read(ends[0], text, sizeof(text)), 0);
	close(ends[0]);

	for (size_t i = 0; i < COUNT(terms); i++) {
		if (terms[i])
			setenv("TERM", terms[i], 1);
		else
			unsetenv("TERM");
		open_terminal(&master, &terminal, 80);
		gp_progress_init(&progress, terminal);
		gp_progress_show(&progress, 1, 2, 3);
		gp_progress_end(&progress);
		assert_int_equal(read_terminal(master, text, sizeof(text)), 0);
		close(master);
		close(terminal);
	}
	setenv("TERM", "xterm", 1);
}

/* A short run shows nothing; a longer one at most 5 lines per second. */
static void test_pace(void **state)
{
	struct timespec start, now;
	struct gp_progress progress;
	int master, terminal, shown = 0;
	char text[4096];
	double s;

	(void)state;
	open_terminal(&master, &terminal, 80);
	gp_progress_init(&progress, terminal);
	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		clock_gettime(CLOCK_MONOTONIC, &now);
		s = (double)(now.tv_sec - start.tv_sec) + (double)(now.tv_nsec - start.tv_nsec) / 1e9;
		if (gp_progress_due(&progress)) {
			gp_progress_show(&progress, 1, 2, 3);
			assert_true(s >= 0.19 * ++shown);
		}
	} while (s < 0.5);
	assert_true(shown >= 1 && shown <= 2);
	gp_progress_end(&progress);
	read_terminal(master, text, sizeof(text));

	/* Nothing was shown: there is nothing to erase. */
	gp_progress_init(&progress, terminal);
	gp_progress_end(&progress);
	assert_int_equal(read_terminal(master, text, sizeof(text)), 0);
	close(master);
	close(terminal);
}

/* The window is closed while the work goes on. */
static void test_terminal_gone(void **state)
{
	struct gp_progress progress;
	int master, terminal;

	(void)state;
	open_terminal(&master, &terminal, 80);
	gp_progress_init(&progress, terminal);
	gp_progress_show(&progress, 1, 2, 3);
	close(master);
	gp_progress_show(&progress, 1, 2, 3);
	assert_false(gp_progress_due(&progress));
	gp_progress_end(&progress);
	close(terminal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_pace),
		cmocka_unit_test(test_terminal_gone),
	};

	setenv("TERM", "xterm", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
