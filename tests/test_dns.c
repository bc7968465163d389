// SPDX-License-Identifier: GPL-2.0-or-later
/* The resolver against a name server that others wrote (nsd, on loopback), and against one that never answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "dns.h"
#include "dns_file.h"
#include "spf.h"

#define NSD "/usr/sbin/nsd"
#define SECOND_NS 1000000000ull
#define SILENCE_S 0.5
#define SHORT_TTL "7"

static const char zone_head[] =
	"$ORIGIN example.com.\n$TTL " SHORT_TTL "\n"
	"@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\nns A 127.0.0.1\n"
	"@ TXT \"v=spf1 a:host.example.com \" \"mx -all\"\n"
	"@ TXT \"somebody's verification\"\n"
	"@ MX 10 mx\n@ MX 20 .\n"
	"mx A 192.0.2.25\nmx AAAA 2001:db8::25\n"
	"host A 192.0.2.1\nhost A 192.0.2.2\n"
	"alias CNAME host\n"
	"ptr PTR mx\n"
	"hour 3600 A 192.0.2.3\n";

static pid_t server = -1;
static char directory[] = "/tmp/gatepost-dns-XXXXXX", resolver[64];
static int silent = -1; /* a socket that takes questions and answers none */
static char silent_resolver[64];

static __u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (__u64)t.tv_sec * SECOND_NS + (__u64)t.tv_nsec;
}

/* A port that is free now, over UDP. */
static int bind_port(char *text, size_t size)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0 && !bind(fd, (struct sockaddr *)&a, len) && !getsockname(fd, (struct sockaddr *)&a, &len));
	snprintf(text, size, "127.0.0.1:%u", ntohs(a.sin_port));
	return fd;
}

static FILE *create(const char *name)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	return file;
}

static void write_zone(void)
{
	FILE *zone = create("example.com.zone");

	fputs(zone_head, zone);
	/* More than a datagram holds, below what is kept of one text; and more records than are kept. */
	fputs("large TXT \"v=spf1 ", zone);
	for (int i = 0; i < 12; i++)
		fprintf(zone, "\" \"ip4:192.0.2.%-200d", i);
	fputs("\"\n", zone);
	for (int i = 0; i < 60; i++)
		fprintf(zone, "crowd A 198.51.100.%d\n", i);
	fputs("huge TXT \"v=\"", zone);
	for (int i = 0; i < 40; i++)
		fprintf(zone, " \"%0200d\"", i);
	fputs("\n", zone);
	fclose(zone);
}

static void write_conf(void)
{
	const char *port = strchr(resolver, ':') + 1;
	FILE *conf = create("nsd.conf");

	fprintf(conf,
		"server:\n  ip-address: 127.0.0.1\n  port: %s\n  username: \"\"\n  chroot: \"\"\n  zonesdir: \"%s\"\n  database: \"\"\n"
		"  pidfile: \"%s/nsd.pid\"\n  xfrdfile: \"%s/xfrd.state\"\n  zonelistfile: \"%s/zone.list\"\n  xfrdir: \"%s\"\n"
		"  server-count: 1\n  rrl-ratelimit: 0\n"
		"remote-control:\n  control-enable: no\n"
		"zone:\n  name: example.com\n  zonefile: example.com.zone\n"
		"zone:\n  name: broken.example\n  zonefile: missing.zone\n",
		port, directory, directory, directory, directory, directory);
	fclose(conf);
}

/* Waits until @d has the answer, for 20 s at most. */
static const struct gp_dns_answer *wait_for(struct gp_dns *d, const struct gp_dns_question *q)
{
	__u64 begin_ns = now_ns();
	const struct gp_dns_answer *answer;

	while (!(answer = gp_dns_get(d, q, now_ns())) && now_ns() - begin_ns < 20 * SECOND_NS) {
		struct pollfd fd = { .fd = gp_dns_fd(d), .events = POLLIN };

		poll(&fd, 1, 50);
		gp_dns_step(d, now_ns());
	}
	return answer;
}

static struct gp_dns_question question(const char *name, enum gp_dns_type type)
{
	struct gp_dns_question q;

	assert_true(gp_dns_question_set(&q, name, strlen(name), type));
	return q;
}

static struct gp_dns *open_dns(const char *address, __u32 cache, __u32 per_s, FILE *record)
{
	char copy[64];
	struct gp_dns_limits limits = { .enabled = true, .resolver = copy, .cache = cache, .queries_per_s = per_s };
	struct gp_dns *d;

	limits.timeout_s = address == silent_resolver ? SILENCE_S : 3;
	snprintf(copy, sizeof(copy), "%s", address);
	assert_int_equal(gp_dns_open(&d, &limits, record), 0);
	return d;
}

static int start(void **state)
{
	char path[256];
	struct gp_dns_question q = question("example.com", GP_DNS_TXT);
	bool ready = false;

	(void)state;
	silent = bind_port(silent_resolver, sizeof(silent_resolver));
	if (access(NSD, X_OK))
		return 0;
	assert_non_null(mkdtemp(directory));
	close(bind_port(resolver, sizeof(resolver)));
	write_zone();
	write_conf();
	snprintf(path, sizeof(path), "%s/nsd.conf", directory);
	server = fork();
	if (!server) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		/* Whoever reads the test's output need not wait for the server's end. */
		if (!setpgid(0, 0) && freopen("/dev/null", "w", stdout) && freopen("/dev/null", "w", stderr))
			execl(NSD, NSD, "-d", "-c", path, NULL);
		_exit(127);
	}
	setpgid(server, server); /* whichever of the two is first */
	for (int i = 0; i < 50 && !ready; i++) {
		struct gp_dns *d = open_dns(resolver, 16, 100, NULL);
		const struct gp_dns_answer *answer;

		usleep(100000);
		answer = wait_for(d, &q);
		ready = answer && answer->status != GP_DNS_FAILED;
		gp_dns_close(d);
	}
	return ready ? 0 : -1;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int stop(void **state)
{
	(void)state;
	close(silent);
	if (server > 0) {
		kill(-server, SIGKILL); /* all of its processes; one that is just reloading would miss SIGTERM */
		waitpid(server, NULL, 0);
		nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	}
	return 0;
}

static void need_server(void)
{
	if (server > 0)
		return;
	print_message("skip - " NSD " is not installed (package nsd)\n");
	skip();
}

static void test_answers(void **state)
{
	static const struct {
		const char *name;
		enum gp_dns_type type;
		enum gp_dns_status status;
		int count;
		__u32 ttl_s;
		bool more;
		const char *first; /* NULL: not compared */
	} rows[] = {
		{ "example.com", GP_DNS_TXT, GP_DNS_FOUND, 1, 60, false, "v=spf1 a:host.example.com mx -all" },
		{ "example.com", GP_DNS_MX, GP_DNS_FOUND, 2, 60, false, NULL },
		{ "ptr.example.com", GP_DNS_PTR, GP_DNS_FOUND, 1, 60, false, "mx.example.com" },
		{ "mx.example.com", GP_DNS_A, GP_DNS_FOUND, 1, 60, false, NULL },
		{ "mx.example.com", GP_DNS_AAAA, GP_DNS_FOUND, 1, 60, false, NULL },
		{ "alias.example.com", GP_DNS_A, GP_DNS_FOUND, 2, 60, false, NULL },
		{ "hour.example.com", GP_DNS_A, GP_DNS_FOUND, 1, 3600, false, NULL },
		{ "mx.example.com", GP_DNS_TXT, GP_DNS_EMPTY, 0, 300, false, NULL },
		{ "nobody.example.com", GP_DNS_A, GP_DNS_NO_NAME, 0, 300, false, NULL },
		/* Over TCP, for the datagram says that it is cut. */
		{ "large.example.com", GP_DNS_TXT, GP_DNS_FOUND, 1, 60, false, NULL },
		{ "crowd.example.com", GP_DNS_A, GP_DNS_FOUND, GP_DNS_RECORDS, 60, true, NULL },
		{ "huge.example.com", GP_DNS_TXT, GP_DNS_FAILED, 0, 60, true, NULL },
		{ "a.broken.example", GP_DNS_TXT, GP_DNS_FAILED, 0, 60, false, NULL }, /* SERVFAIL */
		{ "elsewhere.example", GP_DNS_TXT, GP_DNS_FAILED, 0, 60, false, NULL }, /* REFUSED */
	};
	struct gp_dns *d;
	size_t len;

	(void)state;
	need_server();
	d = open_dns(resolver, 64, 100, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct gp_dns_question q = question(rows[i].name, rows[i].type);
		const struct gp_dns_answer *answer = wait_for(d, &q);

		assert_non_null(answer);
		if (answer->status != rows[i].status || answer->count != rows[i].count || answer->ttl_s != rows[i].ttl_s ||
		    answer->more != rows[i].more)
			fail_msg("%s %s: status %d, %d records, TTL %u%s", rows[i].name, gp_dns_type_name(rows[i].type),
				 answer->status, answer->count, answer->ttl_s, answer->more ? ", more" : "");
		if (rows[i].first) {
			const char *first = gp_dns_answer_record(answer, 0, &len);

			assert_int_equal(len, strlen(rows[i].first));
			assert_memory_equal(first, rows[i].first, len);
		}
	}
	assert_int_equal(gp_dns_count(d).asked, sizeof(rows) / sizeof(rows[0]));
	gp_dns_close(d);
}

/* Kept, asked for again when it is too old, and displaced by others when there is no room. */
static void test_cache(void **state)
{
	struct gp_dns_question host = question("host.example.com", GP_DNS_A), mx = question("mx.example.com", GP_DNS_A),
			       hour = question("hour.example.com", GP_DNS_A);
	struct gp_dns *d;

	(void)state;
	need_server();
	d = open_dns(resolver, 2, 100, NULL);
	assert_non_null(wait_for(d, &host));
	assert_non_null(gp_dns_get(d, &host, now_ns() + 30 * SECOND_NS));
	assert_int_equal(gp_dns_count(d).asked, 1);
	assert_null(gp_dns_get(d, &host, now_ns() + 61 * SECOND_NS));
	assert_int_equal(gp_dns_count(d).asked, 2);
	assert_non_null(wait_for(d, &host));
	assert_non_null(wait_for(d, &mx));
	assert_non_null(wait_for(d, &hour)); /* host gives way */
	assert_non_null(gp_dns_get(d, &mx, now_ns()));
	assert_int_equal(gp_dns_count(d).asked, 4);
	assert_null(gp_dns_get(d, &host, now_ns()));
	assert_int_equal(gp_dns_count(d).asked, 5);
	gp_dns_close(d);
}

/* Nobody answers: no call waits, so many are on their way and no more, and after two tries it is given up. */
static void test_silence(void **state)
{
	struct gp_dns *d = open_dns(silent_resolver, 256, 1000, NULL);
	struct gp_dns_question q;
	const struct gp_dns_answer *answer;
	__u64 begin_ns = now_ns(), longest_ns = 0;

	(void)state;
	for (int i = 0; i < 200; i++) {
		char name[32];
		__u64 before_ns = now_ns();

		snprintf(name, sizeof(name), "n%d.example.com", i);
		q = question(name, GP_DNS_TXT);
		assert_null(gp_dns_get(d, &q, before_ns));
		if (now_ns() - before_ns > longest_ns)
			longest_ns = now_ns() - before_ns;
	}
	assert_int_equal(gp_dns_count(d).asked, GP_DNS_OUTSTANDING);
	assert_int_equal(gp_dns_count(d).refused, 200 - GP_DNS_OUTSTANDING);
	assert_true(longest_ns < SILENCE_S * SECOND_NS); /* less than the time-out: it did not wait for one */
	q = question("n0.example.com", GP_DNS_TXT);
	answer = wait_for(d, &q);
	assert_non_null(answer);
	assert_int_equal(answer->status, GP_DNS_FAILED);
	assert_true(now_ns() - begin_ns >= SILENCE_S * SECOND_NS);
	gp_dns_close(d);
	/* Closed with questions on their way. */
	d = open_dns(silent_resolver, 4, 1000, NULL);
	assert_null(gp_dns_get(d, &q, now_ns()));
	gp_dns_close(d);
}

/* So many a second, by the caller's clock. */
static void test_rate(void **state)
{
	struct gp_dns *d = open_dns(silent_resolver, 256, 3, NULL);
	__u64 time_ns = now_ns();

	(void)state;
	for (int i = 0; i < 30; i++) {
		char name[32];
		struct gp_dns_question q;

		snprintf(name, sizeof(name), "r%d.example.com", i);
		q = question(name, GP_DNS_A);
		assert_null(gp_dns_get(d, &q, time_ns + (__u64)(i / 10) * SECOND_NS));
	}
	assert_int_equal(gp_dns_count(d).asked, 9);
	gp_dns_close(d);
}

static enum gp_spf_result evaluate(const char *ip, struct gp_dns *live, struct gp_dns_file *recorded)
{
	static struct gp_spf spf;
	struct gp_addr addr = { .bytes = { [10] = 0xff, [11] = 0xff } };
	const struct gp_dns_question *q;

	assert_int_equal(inet_pton(AF_INET, ip, addr.bytes + 12), 1);
	gp_spf_begin(&spf, &addr, "example.com", "", "");
	while ((q = gp_spf_wants(&spf)))
		gp_spf_answer(&spf, live ? wait_for(live, q) : gp_dns_file_get(recorded, q, 0));
	return gp_spf_result(&spf);
}

/* What a live run recorded gives the same results without the network. */
static void test_record(void **state)
{
	static const struct {
		const char *ip;
		enum gp_spf_result result;
	} rows[] = { { "192.0.2.2", GP_SPF_PASS }, { "192.0.2.25", GP_SPF_PASS }, { "192.0.2.26", GP_SPF_FAIL } };
	struct gp_dns_file *file;
	char *text = NULL;
	size_t len = 0;
	unsigned line;
	FILE *record = open_memstream(&text, &len);
	struct gp_dns *d;

	(void)state;
	need_server();
	d = open_dns(resolver, 64, 100, record);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(evaluate(rows[i].ip, d, NULL), rows[i].result);
	gp_dns_close(d);
	fclose(record);
	assert_int_equal(gp_dns_file_parse(&file, text, len, &line), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(evaluate(rows[i].ip, NULL, file), rows[i].result);
	gp_dns_file_close(file);
	free(text);
}

static void test_bad_resolver(void **state)
{
	char name[] = "not an address";
	const struct gp_dns_limits limits = { .resolver = name, .timeout_s = 1, .cache = 16, .queries_per_s = 1 };
	struct gp_dns *d;

	(void)state;
	assert_int_equal(gp_dns_open(&d, &limits, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers), cmocka_unit_test(test_cache),  cmocka_unit_test(test_silence),
		cmocka_unit_test(test_rate),	cmocka_unit_test(test_record), cmocka_unit_test(test_bad_resolver),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
