// SPDX-License-Identifier: GPL-2.0-or-later
#include "fleet_box.h"

#define STACKS 12u	/* that people have */
#define PEOPLE 6u	/* behind an address of a crowd */
#define ADDRESSES 512u	/* per range */

void box_open(struct box *box, __u64 seed, __u32 hosts)
{
	static const __u64 secret[2] = {3, 4};
	struct gp_heard heard;

	memset(box, 0, sizeof(*box));
	box->seed = seed;
	box->budget = (struct gp_dialogue_budget){.max = 1 << 20, .salt = "salt"};
	world_open(&box->w, false);
	assert_int_equal(gp_host_facts_open(&box->hosts, hosts, secret), 0);
	assert_int_equal(gp_web_facts_open(&box->web, hosts, secret), 0);
	heard = (struct gp_heard){.hosts = box->hosts, .web = box->web};
	gp_judge_hear(box->w.judge, &heard);
}

void box_close(struct box *box)
{
	world_close(&box->w);
	gp_host_facts_close(box->hosts);
	gp_web_facts_close(box->web);
}

double box_chance(struct box *box)
{
	return ((double)(random_splitmix(&box->seed) >> 11) + 0.5) / 9007199254740992.0;
}

static double draw_normal(struct box *box)
{
	return sqrt(-2 * log(box_chance(box))) * cos(2 * 3.141592653589793 * box_chance(box));
}

/* Gamma(a), Marsaglia and Tsang 2000. */
static double draw_gamma(struct box *box, double a)
{
	double d, c, x, v;

	if (a < 1)
		return draw_gamma(box, a + 1) * pow(box_chance(box), 1 / a);
	d = a - 1.0 / 3;
	c = 1 / sqrt(9 * d);
	for (;;) {
		x = draw_normal(box);
		v = (1 + c * x) * (1 + c * x) * (1 + c * x);
		if (v > 0 && log(box_chance(box)) < x * x / 2 + d - d * v + d * log(v))
			return d * v;
	}
}

/* A number below count, by cumulative weights. */
static __u32 draw(struct box *box, const double *sums, __u32 count)
{
	double at = box_chance(box) * sums[count - 1];
	__u32 low = 0, high = count - 1;

	while (low < high) {
		__u32 middle = (low + high) / 2;

		if (sums[middle] < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct gp_addr box_addr(const struct range *range, __u32 i)
{
	struct gp_addr addr = range->first;
	int word = range->networks ? 1 : 3;

	addr.words[word] = gp_be32_to_host(gp_be32_to_host(addr.words[word]) + i * (range->step ? range->step : 1));
	return addr;
}

/* --- what a connection shows -------------------------------------------------------------------------------------- */

/* The stack decides on TCP and TLS; browsers of the same engine share TLS. */
static void show(struct box *box, const struct gp_addr *addr, int stack, enum doing doing, bool proved)
{
	struct gp_tcp_signature signature = {.ttl_class = 64};
	char text[64];
	__u64 now_ns = START + (__u64)(box_chance(box) * 500) * SECOND;

	snprintf(signature.text, sizeof(signature.text), "4:64:0:1460:mss*%d,7:mss:df:0", stack < NEW_STACK ? stack / 3 : stack);
	if (proved)
		gp_host_facts_signature(box->hosts, addr, now_ns, &signature);
	if (doing == DO_MAIL) {
		gp_host_facts_dialect(box->hosts, addr, now_ns, (__u32)stack);
		return;
	}
	if (doing == DO_TLS || doing == DO_MAILBOX) {
		snprintf(text, sizeof(text), "t13d%04dh2_8daaf6152771_%012d", stack / 2, stack / 2);
		gp_host_facts_ja4(box->hosts, addr, now_ns, text);
		return;
	}
	snprintf(text, sizeof(text), "Mozilla/5.0 (number %d)", stack);
	gp_host_facts_user_agent(box->hosts, addr, now_ns, text, strlen(text));
}

static void request(struct box *box, const struct gp_addr *addr, const char *path, const char *agent, const char *type)
{
	struct gp_stream stream = {.client = *addr, .service = GP_SERVICE_HTTP, .begin_ns = START, .client_port = 40000,
				   .server_port = 80, .proved = true, .sides = {{.syn = true}, {.syn = true}},
				   .server = world_v4(0xc6130001), .end_ns = START + SECOND};
	struct gp_dialogue *d = gp_dialogue_open(&stream, &box->budget);
	char text[256];
	int len = snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: news.example\r\nUser-Agent: %s\r\n\r\n", path, agent);

	assert_non_null(d);
	gp_dialogue_bytes(d, GP_FROM_CLIENT, START, (const __u8 *)text, (__u32)len);
	len = snprintf(text, sizeof(text), "HTTP/1.1 200 x\r\nContent-Length: 0\r\nContent-Type: %s\r\n\r\n", type);
	gp_dialogue_bytes(d, GP_FROM_SERVER, START + SECOND, (const __u8 *)text, (__u32)len);
	gp_dialogue_finish(d);
	gp_web_facts_dialogue(box->web, d, addr, 0);
	gp_dialogue_close(d);
}

static void fetch(struct box *box, const struct gp_addr *addr, enum doing doing)
{
	static const __u64 late_ns[] = {300 * SECOND, 2000 * SECOND, 9000 * SECOND};

	if (doing == DO_PIXELS) {
		request(box, addr, "/open.gif", "Mozilla/5.0 (via ggpht.com GoogleImageProxy)", "image/gif");
		return;
	}
	if (doing != DO_LINKS && doing != DO_PAGES && doing != DO_READERS && doing != DO_CRAWL)
		return;
	request(box, addr, "/page", "Mozilla/5.0", "text/html");
	if (doing == DO_CRAWL && box_chance(box) < 0.1)
		request(box, addr, "/robots.txt", "Mozilla/5.0", "text/plain");
	if (doing == DO_LINKS)
		gp_web_facts_joined(box->web, addr, (__u64)(box_chance(box) * 20 * (double)SECOND), false);
	if (doing == DO_READERS)
		gp_web_facts_joined(box->web, addr, late_ns[random_splitmix(&box->seed) % ROWS(late_ns)], false);
	if (doing == DO_PAGES || doing == DO_READERS) {
		request(box, addr, "/style.css", "Mozilla/5.0", "text/css");
		request(box, addr, "/logo.png", "Mozilla/5.0", "image/png");
	}
}

static void count(struct gp_host *host, const struct range *range, bool refused)
{
	static const enum gp_service services[] = {
		[DO_TLS] = GP_SERVICE_TLS, [DO_MAILBOX] = GP_SERVICE_MAILBOX, [DO_MAIL] = GP_SERVICE_SMTP,
	};
	enum gp_service service = services[range->doing] ? services[range->doing] : GP_SERVICE_HTTP;
	struct gp_service_count *c = &host->services[service];

	c->flows++;
	c->attempts++;
	c->answered++;
	c->confirmed++;
	host->proved_flows++;
	if (range->doing == DO_MAIL)
		host->smtp[0].replies[GP_STAGE_RCPT][refused ? GP_REPLY_5XX : GP_REPLY_2XX]++;
}

/* --- ranges ------------------------------------------------------------------------------------------------------- */

/* Everybody's stacks, a few frequent ones and a tail, as a range has them. */
static void mixture(struct box *box, double *sums, double likeness)
{
	double sum = 0;

	for (__u32 i = 0; i < STACKS; i++) {
		sum += draw_gamma(box, likeness * 0.3 * pow(0.7, i));
		sums[i] = sum;
	}
}

static int stack_of(struct box *box, const struct range *range, const double *stacks, int people[][PEOPLE], __u32 who)
{
	if (range->stack >= 0)
		return range->stack;
	if (people[who][0] < 0) {
		for (__u32 i = 0; i < PEOPLE; i++)
			people[who][i] = (int)draw(box, stacks, STACKS);
	}
	return people[who][range->stack == CROWD ? random_splitmix(&box->seed) % PEOPLE : 0];
}

void box_add(struct box *box, const struct range *range)
{
	static struct gp_host hosts[ADDRESSES];
	static int people[ADDRESSES][PEOPLE];
	double sums[ADDRESSES], stacks[STACKS], sum = 0;
	__u32 k = range->shares == ONCE ? range->n : range->k;

	assert_in_range(k, 1, ADDRESSES);
	memset(hosts, 0, k * sizeof(*hosts));
	memset(people, 0xff, sizeof(people));
	mixture(box, stacks, range->likeness > 0 ? range->likeness : 20);
	for (__u32 i = 0; i < k; i++) {
		hosts[i] = (struct gp_host){.tag = 1, .bits = 128, .ready = 1, .addr = box_addr(range, i),
					    .first_seen_ns = START, .last_seen_ns = START + 400 * SECOND};
		sums[i] = sum += range->shares > 0 ? draw_gamma(box, range->shares) + 1e-300 : 1;
	}
	for (__u32 i = 0; i < range->n; i++) {
		__u32 who = range->shares < 0 ? i % k : draw(box, sums, k);

		count(&hosts[who], range, box_chance(box) < range->refused);
		/* A SYN comes before its source has proved itself by this flow. */
		show(box, &hosts[who].addr, stack_of(box, range, stacks, people, who), range->doing,
		     hosts[who].proved_flows >= 3);
		fetch(box, &hosts[who].addr, range->doing);
	}
	for (__u32 i = 0; i < k; i++) {
		if (hosts[i].proved_flows)
			assert_int_equal(gp_world_add_host(box->w.known, &hosts[i]), 0);
	}
}

void box_add_people(struct box *box, __u32 first, __u32 count_)
{
	static const double shares[] = {0.3, 0.5, 1, 3, EVEN};

	for (__u32 i = first; i < first + count_; i++) {
		__u32 k = 8 + (__u32)(random_splitmix(&box->seed) % 60);
		struct range people = {
			.first = world_v4(0x3c000000 + (i << 9) + (__u32)(random_splitmix(&box->seed) % 180)),
			.k = k,
			.n = 50 + (__u32)(random_splitmix(&box->seed) % (4 * k)),
			.shares = shares[i % ROWS(shares)],
			.stack = i % 2 ? HUMAN : CROWD,
			.likeness = i % 3 ? 20 : 5,
			.doing = i % 8 == 7 ? DO_READERS : i % 8 == 3 ? DO_PAGES : i % 8 == 5 ? DO_MAILBOX : DO_TLS,
		};

		box_add(box, &people);
	}
}
