// SPDX-License-Identifier: GPL-2.0-or-later
#include "control_client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "control_head.h"
#include "control_listen.h"

/* CLOCK_MONOTONIC. */
static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

static int wait_for(int fd, short events, long long end_ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = events };
	long long left_ms = end_ms - now_ms();
	int n = left_ms > 0 ? poll(&poll_fd, 1, (int)left_ms) : 0;

	if (n < 0 && errno == EINTR)
		return 0;
	return n > 0 ? 0 : n ? -errno : -ETIMEDOUT;
}

/* A full queue of an agent that is busy is worth waiting for. */
static int connect_to(int fd, const struct sockaddr_un *address, long long end_ms)
{
	while (connect(fd, (const struct sockaddr *)address, sizeof(*address))) {
		const struct timespec moment = { .tv_nsec = 20000000 };

		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		if (now_ms() >= end_ms)
			return -ETIMEDOUT;
		nanosleep(&moment, NULL);
	}
	return 0;
}

/* An agent that turns its clients away may have said why before it closed: that is read in any case. */
static int send_line(int fd, const char *line, long long end_ms)
{
	size_t len = strlen(line), at = 0;

	while (at <= len) {
		const char *bytes = at < len ? line + at : "\n";
		ssize_t n = send(fd, bytes, at < len ? len - at : 1, MSG_NOSIGNAL | MSG_DONTWAIT);
		int err;

		if (n >= 0) {
			at += (size_t)n;
			continue;
		}
		if (errno == EPIPE || errno == ECONNRESET)
			return 0;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		err = wait_for(fd, POLLOUT, end_ms);
		if (err)
			return err;
	}
	return 0;
}

/* Some bytes more. Return: 1, 0 at the end, or -errno. */
static int receive(int fd, struct gp_answer *text, long long end_ms)
{
	char bytes[65536];
	ssize_t n;
	int err;

	for (;;) {
		n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (n >= 0)
			break;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		err = wait_for(fd, POLLIN, end_ms);
		if (err)
			return err;
	}
	gp_answer_write(text, bytes, (size_t)n);
	return text->err ? text->err : n > 0;
}

/* Return: 0 with the head, and as much behind it in @text as came with it. */
static int receive_head(int fd, struct gp_control_head *head, struct gp_answer *text, long long end_ms)
{
	const char *end = NULL;
	size_t len;

	while (!end) {
		int n = receive(fd, text, end_ms);

		if (n <= 0)
			return n ? n : text->len ? -EBADMSG : -ECONNRESET;
		end = memchr(text->text, '\n', text->len);
		if (!end && text->len >= GP_CONTROL_HEAD_MAX)
			return -EBADMSG;
	}
	len = (size_t)(end - text->text);
	if (gp_control_head_read(head, text->text, len))
		return -EBADMSG;
	text->len -= len + 1;
	memmove(text->text, text->text + len + 1, text->len);
	return 0;
}

static int receive_answer(int fd, struct gp_answer *out, long long end_ms)
{
	struct gp_control_head head;
	int err = receive_head(fd, &head, out, end_ms), n = 1;

	while (!err && n && out->len < head.length) {
		n = receive(fd, out, end_ms);
		err = n < 0 ? n : 0;
	}
	if (err)
		return err;
	if (out->len != head.length)
		return out->len < head.length ? -ECONNRESET : -EBADMSG;
	out->status = head.ok ? 200 : head.status;
	strcpy(out->error, head.error);
	return 0;
}

int gp_control_ask(const char *path, const char *line, unsigned wait_s, struct gp_answer *out)
{
	long long end_ms = now_ms() + (wait_s ? wait_s : GP_CONTROL_WAIT_S) * 1000ll;
	struct sockaddr_un address;
	int fd, err = gp_control_address(&address, path);

	if (err)
		return err;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* A listener with a full queue would hold a blocking connect() for good. */
	err = connect_to(fd, &address, end_ms);
	if (!err)
		err = send_line(fd, line, end_ms);
	if (!err)
		err = receive_answer(fd, out, end_ms);
	close(fd);
	return err;
}
