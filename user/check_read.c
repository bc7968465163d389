// SPDX-License-Identifier: GPL-2.0-or-later
#include "check_read.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FILE_BYTES (1u << 20)
#define OUTPUT_BYTES (64u << 20)
#define COMMAND_MS 10000

struct buffer {
	char *bytes;
	size_t used, size;
};

/* Reads once. Return: 1, 0 at the end, or -errno. */
static int read_some(struct buffer *b, int fd, size_t max)
{
	ssize_t n;

	if (b->used + 1 >= b->size) {
		size_t size = b->size ? b->size * 2 : 8192;
		char *bytes = realloc(b->bytes, size);

		if (!bytes)
			return -ENOMEM;
		b->bytes = bytes;
		b->size = size;
	}
	n = read(fd, b->bytes + b->used, b->size - b->used - 1);
	if (n < 0)
		return errno == EINTR ? 1 : -errno;
	b->used += (size_t)n;
	b->bytes[b->used] = '\0';
	if (b->used > max)
		return -EFBIG;
	return n > 0;
}

int gp_read_file(char **out, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	struct buffer b = { 0 };

	if (fd < 0)
		return -errno;
	do
		err = read_some(&b, fd, FILE_BYTES);
	while (err > 0);
	close(fd);
	if (err) {
		free(b.bytes);
		return err;
	}
	*out = b.bytes;
	return 0;
}

int gp_read_number(long *out, const char *path)
{
	char *text, *end;
	int err = gp_read_file(&text, path);

	if (err)
		return err;
	*out = strtol(text, &end, 10);
	err = end == text || (*end && *end != '\n') ? -EINVAL : 0;
	free(text);
	return err;
}

const char *gp_find_program(char out[64], const char *name)
{
	static const char *const folders[] = { "/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin" };

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		int n = snprintf(out, 64, "%s/%s", folders[i], name);

		if (n < 64 && !access(out, X_OK))
			return out;
	}
	return NULL;
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

static int read_until(struct buffer *b, int fd, long long end_ms)
{
	int err = 1;

	while (err > 0) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		long long left_ms = end_ms - now_ms();
		int n = left_ms > 0 ? poll(&p, 1, (int)left_ms) : 0;

		if (n < 0 && errno != EINTR)
			return -errno;
		if (!n)
			return -ETIMEDOUT;
		if (n > 0)
			err = read_some(b, fd, OUTPUT_BYTES);
	}
	return err;
}

/* Standard output into the pipe; nothing to read, nobody to hear of errors, no locale. */
static int spawn(pid_t *pid, char *const argv[], const int pipes[2])
{
	static char *environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	int err;

	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, pipes[1], STDOUT_FILENO);
	err = posix_spawn(pid, argv[0], &actions, &attributes, argv, environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -err;
}

int gp_read_command(char **out, char *const argv[])
{
	struct buffer b = { 0 };
	int pipes[2], status = 0, err;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC))
		return -errno;
	err = spawn(&pid, argv, pipes);
	close(pipes[1]);
	if (!err) {
		err = read_until(&b, pipes[0], now_ms() + COMMAND_MS);
		if (err)
			kill(pid, SIGKILL);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		if (!err && (!WIFEXITED(status) || WEXITSTATUS(status)))
			err = -EIO;
	}
	close(pipes[0]);
	if (err) {
		free(b.bytes);
		return err;
	}
	*out = b.bytes;
	return 0;
}
