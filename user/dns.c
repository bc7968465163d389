// SPDX-License-Identifier: GPL-2.0-or-later
#include "dns.h"

#include <ares.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <gatepost/sketch.h>

#include "dns_file.h"
#include "dns_message.h"
#include "log.h"

#define SECOND_NS 1000000000ull
#define NOBODY ~0u
#define EVENTS 16
#define PORT 53

/* A place of the cache: a question on its way, or its answer. */
struct slot {
	struct gp_dns *dns;
	struct gp_dns_question question;
	struct gp_dns_answer answer;
	__u64 expires_ns;
	__u32 chain;	    /* in its bucket */
	__u32 older, newer; /* by their latest use */
	bool pending;
};

struct gp_dns {
	ares_channel channel;
	bool has_channel, has_library;
	int epoll;
	FILE *record;
	struct slot *slots;
	__u32 *buckets;
	__u32 mask, size, used, oldest, newest;
	__u64 secret;
	double tokens, rate;
	__u64 refilled_ns, now_ns;
	__u32 outstanding;
	bool closing;
	struct gp_dns_count count;
};

static __u32 *bucket_of(const struct gp_dns *d, const struct gp_dns_question *q)
{
	__u64 hash = gp_mix(d->secret, q->type);

	for (const char *c = q->name; *c; c++)
		hash = gp_mix(hash, (__u8)*c);
	return &d->buckets[hash & d->mask];
}

static __u32 find(const struct gp_dns *d, const struct gp_dns_question *q)
{
	__u32 at = *bucket_of(d, q);

	while (at != NOBODY && (d->slots[at].question.type != q->type || strcmp(d->slots[at].question.name, q->name) != 0))
		at = d->slots[at].chain;
	return at;
}

static void list_remove(struct gp_dns *d, __u32 at)
{
	const struct slot *s = &d->slots[at];

	*(s->older != NOBODY ? &d->slots[s->older].newer : &d->oldest) = s->newer;
	*(s->newer != NOBODY ? &d->slots[s->newer].older : &d->newest) = s->older;
}

static void list_append(struct gp_dns *d, __u32 at)
{
	d->slots[at].older = d->newest;
	d->slots[at].newer = NOBODY;
	*(d->newest != NOBODY ? &d->slots[d->newest].newer : &d->oldest) = at;
	d->newest = at;
}

static void forget(struct gp_dns *d, __u32 at)
{
	__u32 *link = bucket_of(d, &d->slots[at].question);

	while (*link != at)
		link = &d->slots[*link].chain;
	*link = d->slots[at].chain;
	list_remove(d, at);
	gp_dns_answer_free(&d->slots[at].answer);
}

/* A place for one more question. Return: NOBODY when all of them are on their way. */
static __u32 take_slot(struct gp_dns *d)
{
	__u32 at = d->oldest;

	if (d->used < d->size)
		return d->used++;
	while (at != NOBODY && d->slots[at].pending)
		at = d->slots[at].newer;
	if (at != NOBODY)
		forget(d, at);
	return at;
}

/* The sockets of c-ares come and go. */
static void watch(void *context, ares_socket_t fd, int readable, int writable)
{
	struct gp_dns *d = context;
	struct epoll_event event = { .data.fd = fd };

	event.events = (readable ? EPOLLIN : 0u) | (writable ? EPOLLOUT : 0u);
	if (!event.events)
		epoll_ctl(d->epoll, EPOLL_CTL_DEL, fd, NULL);
	else if (epoll_ctl(d->epoll, EPOLL_CTL_MOD, fd, &event) && errno == ENOENT)
		epoll_ctl(d->epoll, EPOLL_CTL_ADD, fd, &event);
}

static __u64 kept_s(const struct gp_dns_answer *answer)
{
	switch (answer->status) {
	case GP_DNS_FAILED:
		return GP_DNS_FAILURE_S;
	case GP_DNS_FOUND:
		return answer->ttl_s < GP_DNS_TTL_MIN_S ? GP_DNS_TTL_MIN_S :
		       answer->ttl_s > GP_DNS_TTL_MAX_S ? GP_DNS_TTL_MAX_S : answer->ttl_s;
	default:
		return GP_DNS_NEGATIVE_S;
	}
}

static void answered(void *context, int status, int timeouts, unsigned char *data, int len)
{
	struct slot *s = context;
	struct gp_dns *d = s->dns;

	(void)timeouts;
	s->pending = false;
	d->outstanding--;
	s->answer.status = GP_DNS_FAILED;
	if ((status == ARES_SUCCESS || status == ARES_ENODATA || status == ARES_ENOTFOUND) && data && len > 0 &&
	    !gp_dns_message_read(&s->answer, data, (size_t)len, (enum gp_dns_type)s->question.type))
		s->answer.status = GP_DNS_FAILED;
	*(s->answer.status == GP_DNS_FAILED ? &d->count.failed : &d->count.answered) += 1;
	s->answer.ttl_s = (__u32)kept_s(&s->answer);
	s->expires_ns = d->now_ns + s->answer.ttl_s * SECOND_NS;
	if (d->record && !d->closing)
		gp_dns_file_write(d->record, &s->question, &s->answer);
}

/* A token for one more question; a second's worth is saved up. */
static bool may_ask(struct gp_dns *d, __u64 now_ns)
{
	if (now_ns > d->refilled_ns) {
		d->tokens += (double)(now_ns - d->refilled_ns) / SECOND_NS * d->rate;
		d->refilled_ns = now_ns;
	}
	if (d->tokens > d->rate)
		d->tokens = d->rate;
	if (d->tokens < 1 || d->outstanding >= GP_DNS_OUTSTANDING)
		return false;
	d->tokens -= 1;
	return true;
}

static void send_question(struct gp_dns *d, __u32 at)
{
	struct slot *s = &d->slots[at];

	gp_dns_answer_free(&s->answer);
	s->pending = true;
	d->outstanding++;
	d->count.asked++;
	ares_query(d->channel, s->question.name, 1 /* IN */, s->question.type, answered, s);
}

const struct gp_dns_answer *gp_dns_get(void *context, const struct gp_dns_question *question, __u64 now_ns)
{
	struct gp_dns *d = context;
	__u32 at = find(d, question), *bucket;

	d->now_ns = now_ns;
	if (at != NOBODY && d->slots[at].pending)
		return NULL;
	if (at != NOBODY && now_ns < d->slots[at].expires_ns) {
		d->count.cached++;
		list_remove(d, at);
		list_append(d, at);
		return &d->slots[at].answer;
	}
	if (!may_ask(d, now_ns) || (at == NOBODY && (at = take_slot(d)) == NOBODY)) {
		d->count.refused++;
		return NULL;
	}
	if (find(d, question) != at) {
		bucket = bucket_of(d, question);
		d->slots[at] = (struct slot){ .dns = d, .question = *question, .chain = *bucket };
		*bucket = at;
		list_append(d, at);
	}
	send_question(d, at);
	/* c-ares may know at once: no socket, no server. */
	return d->slots[at].pending ? NULL : &d->slots[at].answer;
}

int gp_dns_fd(const struct gp_dns *d)
{
	return d->epoll;
}

void gp_dns_step(struct gp_dns *d, __u64 now_ns)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(d->epoll, events, EVENTS, 0);

	d->now_ns = now_ns;
	for (int i = 0; i < n; i++) {
		int fd = events[i].data.fd;
		bool writable = events[i].events & EPOLLOUT;

		ares_process_fd(d->channel, events[i].events & ~(__u32)EPOLLOUT ? fd : ARES_SOCKET_BAD,
				writable ? fd : ARES_SOCKET_BAD);
	}
	ares_process_fd(d->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

struct gp_dns_count gp_dns_count(const struct gp_dns *d)
{
	return d->count;
}

void gp_dns_close(struct gp_dns *d)
{
	if (!d)
		return;
	d->closing = true;
	if (d->has_channel)
		ares_destroy(d->channel);
	if (d->has_library)
		ares_library_cleanup();
	if (d->epoll >= 0)
		close(d->epoll);
	for (__u32 i = 0; d->slots && i < d->used; i++)
		gp_dns_answer_free(&d->slots[i].answer);
	free(d->slots);
	free(d->buckets);
	free(d);
}

static int open_channel(struct gp_dns *d, const struct gp_dns_limits *limits)
{
	struct ares_options options = {
		.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_EDNS | ARES_FLAG_STAYOPEN,
		.timeout = (int)(limits->timeout_s * 1000),
		.tries = 2,
		.ednspsz = 1232, /* in one packet nearly everywhere; what is longer comes over TCP */
		.sock_state_cb = watch,
		.sock_state_cb_data = d,
	};
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ | ARES_OPT_SOCK_STATE_CB;
	int status = ares_library_init(ARES_LIB_INIT_ALL);

	d->has_library = status == ARES_SUCCESS;
	if (status == ARES_SUCCESS)
		status = ares_init_options(&d->channel, &options, mask);
	d->has_channel = status == ARES_SUCCESS;
	if (status == ARES_SUCCESS && strcmp(limits->resolver, "system") != 0) {
		status = ares_set_servers_ports_csv(d->channel, limits->resolver);
		if (status != ARES_SUCCESS) {
			gp_error("spf.resolver: %s: %s; give system, or addresses with or without a port, as in "
				 "127.0.0.1,192.0.2.1:5353,[2001:db8::1]:53", limits->resolver, ares_strerror(status));
			return -EINVAL;
		}
	}
	if (status == ARES_SUCCESS)
		return 0;
	gp_error("dns: cannot begin: %s", ares_strerror(status));
	return status == ARES_ENOMEM ? -ENOMEM : -EIO;
}

static int open_cache(struct gp_dns *d, __u32 entries, __u64 secret)
{
	__u32 buckets = 1;

	while (buckets < entries && buckets < 1u << 31)
		buckets *= 2;
	d->slots = calloc(entries, sizeof(*d->slots));
	d->buckets = malloc(buckets * sizeof(*d->buckets));
	if (!d->slots || !d->buckets)
		return -ENOMEM;
	memset(d->buckets, 0xff, buckets * sizeof(*d->buckets)); /* NOBODY */
	d->mask = buckets - 1;
	d->size = entries;
	d->oldest = d->newest = NOBODY;
	d->secret = secret;
	return 0;
}

int gp_dns_open(struct gp_dns **out, const struct gp_dns_limits *limits, FILE *record)
{
	struct gp_dns *d = calloc(1, sizeof(*d));
	int err;

	if (!d)
		return -ENOMEM;
	d->record = record;
	d->rate = d->tokens = limits->queries_per_s;
	d->epoll = epoll_create1(EPOLL_CLOEXEC);
	err = d->epoll < 0 ? -errno : open_cache(d, limits->cache, (__u64)(uintptr_t)d);
	if (!err)
		err = open_channel(d, limits);
	if (err)
		gp_dns_close(d);
	else
		*out = d;
	return err;
}
