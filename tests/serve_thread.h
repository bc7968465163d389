/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An agent's loop for a test: polls one descriptor and serves it, in a thread, until it is told to stop. */
#ifndef GATEPOST_TESTS_SERVE_THREAD_H
#define GATEPOST_TESTS_SERVE_THREAD_H

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct serve_thread {
	int fd, stop;
	void (*serve)(void *context);
	void *context;
	unsigned long calls; /* of serve */
	pthread_t thread;
};

static inline void *serve_thread_loop(void *argument)
{
	struct serve_thread *s = argument;
	struct pollfd fds[] = { { .fd = s->fd, .events = POLLIN }, { .fd = s->stop, .events = POLLIN } };

	while (poll(fds, 2, -1) >= 0 && !fds[1].revents) {
		s->calls++;
		s->serve(s->context);
	}
	return NULL;
}

/* Return: 0, or an errno. */
static inline int serve_thread_begin(struct serve_thread *s, int fd, void (*serve)(void *context), void *context)
{
	*s = (struct serve_thread){ .fd = fd, .stop = eventfd(0, EFD_CLOEXEC), .serve = serve, .context = context };
	return pthread_create(&s->thread, NULL, serve_thread_loop, s);
}

static inline void serve_thread_end(struct serve_thread *s)
{
	eventfd_write(s->stop, 1);
	pthread_join(s->thread, NULL);
	close(s->stop);
}

#endif
