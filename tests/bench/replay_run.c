// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs one command on one CPU and says what it took. Small itself: the peak memory that the kernel reports for a
 * process begins with that of whoever started it.
 *
 *   replay_run CPU LIMIT_S COMMAND [ARGUMENT]...
 *
 * The last line on standard error is "replay_run: EXIT_CODE CPU_SECONDS WALL_SECONDS MAX_RSS_KB", from fork to exit;
 * exit code 124 when the command was stopped at the limit. The command may say nothing: its output goes where this one's
 * goes.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t timed_out;
static pid_t child;

static void stop(int signal)
{
	(void)signal;
	timed_out = 1;
	kill(-child, SIGKILL);
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double seconds_of(const struct timeval *time)
{
	return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static int exit_code(int status)
{
	if (timed_out)
		return 124;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void become(char **command, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	setpgid(0, 0);
	if (sched_setaffinity(0, sizeof(set), &set)) {
		perror("replay_run: cannot pin");
		_exit(126);
	}
	execvp(command[0], command);
	fprintf(stderr, "replay_run: %s: %s\n", command[0], strerror(errno));
	_exit(127);
}

int main(int argc, char **argv)
{
	struct rusage usage;
	double start_s;
	int status;

	if (argc < 4) {
		fprintf(stderr, "usage: replay_run CPU LIMIT_S COMMAND [ARGUMENT]...\n");
		return 2;
	}
	start_s = now_s();
	child = fork();
	if (child < 0) {
		perror("replay_run");
		return 1;
	}
	if (!child)
		become(argv + 3, atoi(argv[1]));
	setpgid(child, child);
	sigaction(SIGALRM, &(struct sigaction){ .sa_handler = stop, .sa_flags = SA_RESTART }, NULL);
	alarm((unsigned)atoi(argv[2]));
	if (wait4(child, &status, 0, &usage) != child) {
		perror("replay_run");
		return 1;
	}
	fprintf(stderr, "replay_run: %d %.6f %.6f %ld\n", exit_code(status),
		seconds_of(&usage.ru_utime) + seconds_of(&usage.ru_stime), now_s() - start_s, usage.ru_maxrss);
	return 0;
}
