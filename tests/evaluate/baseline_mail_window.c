// SPDX-License-Identifier: GPL-2.0-or-later
#include "baseline_mail_window.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *grown(void *memory, size_t count, size_t size)
{
	void *p = reallocarray(memory, count, size);

	if (!p) {
		fprintf(stderr, "evaluate: out of memory\n");
		exit(1);
	}
	return p;
}

static struct mail_window_host *host_at(struct mail_window *w, const struct gp_addr *addr)
{
	const struct table_key key = {.a = *addr};
	__u64 *place = table_at(&w->index, &key);

	if (!*place) {
		if (w->count == w->room) {
			w->room = w->room ? 2 * w->room : 64;
			w->hosts = grown(w->hosts, w->room, sizeof(*w->hosts));
		}
		w->hosts[w->count++] = (struct mail_window_host){0};
		*place = w->count;
	}
	return &w->hosts[*place - 1];
}

static void forget_old(struct mail_window_host *h, __u64 now_ns)
{
	while (h->count && (h->times[h->first] & ~1ull) + MAIL_WINDOW_NS <= now_ns) {
		h->spam -= h->times[h->first] & 1;
		h->first++;
		h->count--;
	}
}

const struct mail_window_host *mail_window_add(struct mail_window *w, const struct mail *mail)
{
	struct mail_window_host *h = host_at(w, &mail->host);

	forget_old(h, mail->time_ns);
	if (h->first + h->count == h->room) {
		if (h->first > h->room / 2) {
			memmove(h->times, h->times + h->first, h->count * sizeof(*h->times));
		} else {
			__u64 *times = grown(NULL, 2 * h->room + 16, sizeof(*times));

			if (h->count)
				memcpy(times, h->times + h->first, h->count * sizeof(*times));
			free(h->times);
			h->times = times;
			h->room = 2 * h->room + 16;
		}
		h->first = 0;
	}
	h->times[h->first + h->count++] = (mail->time_ns & ~1ull) | mail->spam;
	h->spam += mail->spam;
	return h;
}

void mail_window_free(struct mail_window *w)
{
	for (size_t i = 0; i < w->count; i++)
		free(w->hosts[i].times);
	free(w->hosts);
	table_free(&w->index);
}
