/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gatepost check: what is said of interfaces and packet filters of every kind, and how it is printed. */
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <json-c/json.h>
#include <linux/if_link.h>

#include "check.h"
#include "check_interface.h"
#include "check_network.h"
#include "check_rules.h"
#include "text.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))
#define UP .flags = IFF_UP, .carrier = true, .type = ARPHRD_ETHER, .mtu = 1500, .rx_queues = 1
#define ALL_XDP .xdp_features = GP_XDP_BASIC | GP_XDP_REDIRECT | GP_XDP_FRAGS
#define OFF .vlan_ctag = { .known = true }, .lro = { .known = true }, .gro_hw = { .known = true }

/* One interface of each kind; what is a member of what. */
static const struct gp_netif links[] = {
	{ "lo", 1, IFF_UP, .carrier = true, .type = ARPHRD_LOOPBACK, .mtu = 65536 },
	{ "eth0", 2, UP },
	{ "eth1", 3, UP, .master = 10, .member_kind = "bond" },
	{ "eth2", 4, UP, .master = 10, .member_kind = "bond" },
	{ "eth3", 5, UP, .master = 11, .member_kind = "team" },
	{ "eth4", 6, UP, .master = 12, .member_kind = "bridge" },
	{ "eth5", 7, UP, .master = 13, .member_kind = "vrf" },
	{ "eth6", 8, UP, .master = 99, .member_kind = "openvswitch" },
	{ "bond0", 10, UP, .kind = "bond" },
	{ "team0", 11, UP, .kind = "team" },
	{ "br0", 12, UP, .kind = "bridge" },
	{ "red", 13, UP, .kind = "vrf" },
	{ "br1", 14, UP, .kind = "bridge" },
	{ "eth0.5", 15, UP, .kind = "vlan", .lower = 2 },
	{ "mac0", 16, UP, .kind = "macvlan", .lower = 2, .lower_elsewhere = true },
	{ "ppp0", 17, IFF_UP, .carrier = true, .type = ARPHRD_PPP, .mtu = 1492, .kind = "ppp" },
	{ "down0", 18, .type = ARPHRD_ETHER, .mtu = 1500 },
	{ "unplugged0", 19, IFF_UP, .type = ARPHRD_ETHER, .mtu = 1500 },
	{ "jumbo0", 20, IFF_UP, .carrier = true, .type = ARPHRD_ETHER, .mtu = 9000 },
	{ "native0", 21, UP, .xdp_mode = XDP_ATTACHED_DRV, .xdp_program = 7 },
	{ "generic0", 22, UP, .xdp_mode = XDP_ATTACHED_SKB, .xdp_program = 8 },
	{ "page0", 23, IFF_UP, .carrier = true, .type = ARPHRD_ETHER, .mtu = 3506 },
	{ "page1", 24, IFF_UP, .carrier = true, .type = ARPHRD_ETHER, .mtu = 3507 },
};

static const struct gp_netif *named(const char *name)
{
	for (size_t i = 0; i < COUNT(links); i++)
		if (!strcmp(links[i].name, name))
			return &links[i];
	fail_msg("no interface %s in the table", name);
	return NULL;
}

static const struct gp_check_row *find_row(const struct gp_check *check, const char *name)
{
	for (size_t i = 0; i < check->count; i++)
		if (!strcmp(check->rows[i].name, name))
			return &check->rows[i];
	return NULL;
}

static void assert_row(const struct gp_check *check, const char *name, enum gp_check_state state, const char *found,
		       const char *remedy)
{
	const struct gp_check_row *row = find_row(check, name);

	if (!row)
		fail_msg("no row %s", name);
	if (row->state != state || !strstr(row->found, found))
		fail_msg("%s: state %d, wanted %d: \"%s\", wanted \"%s\"", name, row->state, state, row->found, found);
	if (!remedy)
		assert_null(row->remedy);
	else if (!row->remedy || !strstr(row->remedy, remedy))
		fail_msg("%s: remedy \"%s\", wanted \"%s\"", name, row->remedy ? row->remedy : "(none)", remedy);
}

static struct gp_check_place place_of(const struct gp_nic *nic)
{
	return (struct gp_check_place){
		.nic = nic,
		.links = links,
		.count = COUNT(links),
		.side = GP_SIDE_INSIDE,
		.side_known = true,
		.cpus = 4,
		.page_bytes = 4096,
	};
}

/* Which device to attach to. */
static void test_links(void **state)
{
	static const struct {
		const char *name;
		enum gp_check_state state;
		const char *found, *remedy;
		bool surveyed;
	} rows[] = {
		{ "eth0", GP_CHECK_OK, "up, MTU 1500", NULL, true },
		{ "eth1", GP_CHECK_WARN, "member of bond bond0", "attach to bond0", true },
		{ "eth3", GP_CHECK_WARN, "member of team team0", "every member: eth3", true },
		{ "eth4", GP_CHECK_OK, "port of bridge br0", NULL, true },
		{ "eth5", GP_CHECK_OK, "in VRF red", NULL, true },
		{ "eth6", GP_CHECK_OK, "member of another interface", NULL, true },
		{ "bond0", GP_CHECK_OK, "bond of eth1, eth2", NULL, true },
		{ "team0", GP_CHECK_FAIL, "team: native XDP works on its members", "members: eth3", false },
		{ "br0", GP_CHECK_FAIL, "bridge: ", "members: eth4", false },
		{ "br1", GP_CHECK_FAIL, "bridge: ", "it has no members", false },
		{ "red", GP_CHECK_FAIL, "vrf: ", "members: eth5", false },
		{ "eth0.5", GP_CHECK_FAIL, "vlan device on eth0", "attach to eth0;", false },
		{ "mac0", GP_CHECK_FAIL, "macvlan device on an interface of another", "in its namespace", false },
		{ "ppp0", GP_CHECK_FAIL, "no Ethernet (link type 512), ppp", "below it", false },
		{ "down0", GP_CHECK_WARN, "down", "ip link set dev down0 up", true },
		{ "unplugged0", GP_CHECK_WARN, "no carrier", "cable", true },
		{ "lo", GP_CHECK_OK, "up", NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct gp_nic nic = { .link = named(rows[i].name), ALL_XDP, OFF };
		const struct gp_check_place place = place_of(&nic);
		struct gp_check check = { 0 };

		gp_check_interface(&check, &place);
		assert_row(&check, "link", rows[i].state, rows[i].found, rows[i].remedy);
		/* Of the wrong device nothing more is said. */
		if (rows[i].state == GP_CHECK_FAIL)
			assert_int_equal(check.count, 1);
		else
			assert_non_null(find_row(&check, "merging"));
		assert_int_equal(gp_check_may_attach(nic.link), rows[i].surveyed);
		gp_check_close(&check);
	}
}

#define NIC(name_, ...) { .driver = "ixgbe", .link = &links[name_], __VA_ARGS__ }
enum { ETH0 = 1, JUMBO0 = 18, NATIVE0, GENERIC0, PAGE0, PAGE1 };

static void test_drivers(void **state)
{
	static const struct {
		struct gp_nic nic;
		struct gp_check_facts facts;
		const char *name;
		enum gp_check_state state;
		const char *found, *remedy;
	} rows[] = {
		{ NIC(ETH0, ALL_XDP), { 0 }, "xdp", GP_CHECK_OK, "ixgbe: native, frames of several buffers, redirect", NULL },
		{ NIC(ETH0, .xdp_features = 0), { 0 }, "xdp", GP_CHECK_WARN, "no native XDP", "--xdp-mode skb" },
		{ NIC(ETH0, .xdp_err = -ENOENT), { 0 }, "xdp", GP_CHECK_WARN, "unknown: ixgbe; before Linux 6.3", "run tells" },
		{ NIC(ETH0, .xdp_err = -EPERM), { 0 }, "xdp", GP_CHECK_WARN, "unknown: ixgbe; Operation not", "run tells" },

		{ NIC(ETH0, ALL_XDP), { 0 }, "program", GP_CHECK_OK, "no XDP program", NULL },
		{ NIC(NATIVE0, ALL_XDP), { 0 }, "program", GP_CHECK_WARN, "program 7 is attached in native", "show id 7" },
		{ NIC(NATIVE0, .programs = "filter"), { 0 }, "program", GP_CHECK_FAIL, "filter (id 7)", "dev native0 xdp off" },
		{ NIC(GENERIC0, .programs = "filter"), { 0 }, "program", GP_CHECK_FAIL, "generic", "xdpgeneric off" },
		{ NIC(NATIVE0, .programs = "a, b", .dispatcher = true), { .dispatcher = true }, "program", GP_CHECK_OK,
		  "a, b, by libxdp's dispatcher", NULL },
		{ NIC(NATIVE0, .programs = "filter"), { .dispatcher = true }, "program", GP_CHECK_FAIL, "alone", "off" },
		{ NIC(NATIVE0, .programs = "gatepost", .ours = true), { .running = true }, "program", GP_CHECK_OK,
		  "by the gatepost that runs", NULL },
		{ NIC(NATIVE0, .programs = "gatepost", .ours = true), { .left_behind = true }, "program", GP_CHECK_FAIL,
		  "has ended", "gatepost detach -i native0" },

		{ NIC(ETH0), { 0 }, "queues", GP_CHECK_OK, "1 receive queue, 4 CPUs", NULL },
		{ NIC(ETH0, .channels_known = true, .rx_channels = 4, .rx_channels_max = 8), { 0 }, "queues", GP_CHECK_OK,
		  "4 receive queues, 4 CPUs", NULL },
		{ NIC(ETH0, .channels_known = true, .rx_channels = 2, .rx_channels_max = 2), { 0 }, "queues", GP_CHECK_OK,
		  "the driver has no more", NULL },
		{ NIC(ETH0, .channels_known = true, .combined = true, .rx_channels = 1, .rx_channels_max = 63), { 0 },
		  "queues", GP_CHECK_WARN, "1 receive queue of 63", "ethtool -L eth0 combined 4" },
		{ NIC(ETH0, .channels_known = true, .rx_channels = 2, .rx_channels_max = 3), { 0 }, "queues", GP_CHECK_WARN,
		  "2 receive queues of 3", "ethtool -L eth0 rx 3" },

		{ NIC(PAGE0, .xdp_features = GP_XDP_BASIC), { 0 }, "mtu", GP_CHECK_OK, "fits one buffer", NULL },
		{ NIC(PAGE1, .xdp_features = GP_XDP_BASIC), { 0 }, "mtu", GP_CHECK_FAIL, "3507: native XDP in ixgbe takes",
		  "mtu 3506" },
		{ NIC(JUMBO0, ALL_XDP), { 0 }, "mtu", GP_CHECK_OK, "several buffers, which ixgbe can", NULL },
		{ NIC(JUMBO0, .xdp_features = 0), { 0 }, "mtu", GP_CHECK_OK, "generic XDP", NULL },
		{ NIC(JUMBO0, .xdp_err = -ENOENT), { 0 }, "mtu", GP_CHECK_WARN, "unknown whether ixgbe can", "mtu 3506" },

		{ NIC(ETH0, OFF), { 0 }, "vlan_tags", GP_CHECK_OK, "left in", NULL },
		{ NIC(ETH0), { 0 }, "vlan_tags", GP_CHECK_WARN, "unknown", NULL },
		{ NIC(ETH0, .vlan_ctag = { true, true, false }), { 0 }, "vlan_tags", GP_CHECK_WARN, "taken out",
		  "ethtool -K eth0 rxvlan off" },
		{ NIC(ETH0, .vlan_ctag = { true, false, false }, .vlan_stag = { true, true, false }), { 0 }, "vlan_tags",
		  GP_CHECK_WARN, "(802.1ad)", "ethtool -K eth0 rx-vlan-stag-hw-parse off" },
		{ NIC(ETH0, .vlan_ctag = { true, true, true }), { 0 }, "vlan_tags", GP_CHECK_WARN, "taken out", "fixed it" },

		{ NIC(ETH0, OFF), { 0 }, "merging", GP_CHECK_OK, "one by one", NULL },
		{ NIC(ETH0), { 0 }, "merging", GP_CHECK_WARN, "unknown", NULL },
		{ NIC(ETH0, .lro = { true, true, false }), { 0 }, "merging", GP_CHECK_FAIL, "LRO", "ethtool -K eth0 lro off" },
		{ NIC(ETH0, .lro = { true, true, true }), { 0 }, "merging", GP_CHECK_FAIL, "LRO", "another network card" },
		{ NIC(ETH0, .gro_hw = { true, true, false }), { 0 }, "merging", GP_CHECK_WARN, "GRO in hardware",
		  "ethtool -K eth0 rx-gro-hw off" },
		{ NIC(ETH0, .gro_hw = { true, true, true }), { 0 }, "merging", GP_CHECK_WARN, "may refuse", "run tells" },

		{ NIC(ETH0), { 0 }, "source_validation", GP_CHECK_WARN, "unknown", "source_validation: none" },
		{ NIC(ETH0, .rp_filter_known = true, .rp_filter = 0), { 0 }, "source_validation", GP_CHECK_WARN,
		  "rp_filter 0: ", "net.ipv4.conf.eth0.rp_filter=1" },
		{ NIC(ETH0, .rp_filter_known = true, .rp_filter = 2), { 0 }, "source_validation", GP_CHECK_WARN,
		  "rp_filter 2 (loose)", "none" },
		{ NIC(ETH0, .rp_filter_known = true, .rp_filter = 1), { 0 }, "source_validation", GP_CHECK_OK,
		  "access lines", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct gp_check_place place = place_of(&rows[i].nic);
		struct gp_check check = { .facts = rows[i].facts };

		gp_check_interface(&check, &place);
		assert_row(&check, rows[i].name, rows[i].state, rows[i].found, rows[i].remedy);
		gp_check_close(&check);
	}
}

/* Where nobody named an interface, none fails, and what is right with it is said in two rows. */
static void test_survey(void **state)
{
	const struct gp_nic nic = { .link = named("page1"), .xdp_features = GP_XDP_BASIC, .lro = { true, true, false } };
	struct gp_check check = { .survey = true };
	struct gp_check_place place = place_of(&nic);

	(void)state;
	place.side_known = false;
	gp_check_interface(&check, &place);
	assert_int_equal(gp_check_count(&check, GP_CHECK_FAIL), 0);
	assert_row(&check, "link", GP_CHECK_OK, "up", NULL);
	assert_row(&check, "xdp", GP_CHECK_OK, "native", NULL);
	assert_row(&check, "mtu", GP_CHECK_WARN, "3507", "3506");
	assert_row(&check, "merging", GP_CHECK_WARN, "LRO", "off");
	assert_null(find_row(&check, "program"));
	assert_null(find_row(&check, "queues"));
	assert_null(find_row(&check, "source_validation"));
	gp_check_subject(&check, "", NULL);
	gp_check_add(&check, GP_CHECK_FAIL, "bpf", "the host still fails");
	assert_int_equal(gp_check_count(&check, GP_CHECK_FAIL), 1);
	gp_check_close(&check);
}

#define LIST(...) "{\"nftables\":[{\"metainfo\":{}}," __VA_ARGS__ "]}"
#define RULE(expr) "{\"rule\":{\"family\":\"ip\",\"table\":\"t\",\"chain\":\"c\",\"expr\":[" expr "]}}"

static void test_nft(void **state)
{
	static const struct {
		const char *json;
		int err;
		size_t nat;
		const char *first;
		bool fib;
	} rows[] = {
		{ LIST(RULE("{\"accept\":null}")), 0, 0, "", false },
		{ LIST(RULE("{\"counter\":{}},{\"masquerade\":null}")), 0, 1, "ip t c: masquerade", false },
		{ LIST(RULE("{\"snat\":{\"addr\":\"192.0.2.1\"}}") "," RULE("{\"dnat\":{}}")), 0, 2, "ip t c: snat", false },
		{ LIST(RULE("{\"redirect\":{\"port\":3128}}")), 0, 1, "ip t c: redirect", false },
		{ LIST(RULE("{\"xt\":{\"type\":\"target\",\"name\":\"NETMAP\"}}")), 0, 1, "ip t c: NETMAP", false },
		{ LIST(RULE("{\"xt\":{\"type\":\"match\",\"name\":\"comment\"}}")), 0, 0, "", false },
		{ LIST(RULE("{\"xt\":null}")), 0, 0, "", false },
		{ LIST(RULE("{\"match\":{\"left\":{\"fib\":{\"result\":\"oif\",\"flags\":[\"saddr\",\"iif\"]}}}},{\"drop\":null}")),
		  0, 0, "", true },
		{ LIST(RULE("{\"match\":{\"left\":{\"fib\":{\"result\":\"oif\",\"flags\":\"saddr\"}}}},{\"reject\":null}")),
		  0, 0, "", true },
		{ LIST(RULE("{\"match\":{\"left\":{\"fib\":{\"flags\":[\"saddr\"]}}}},{\"counter\":{}}")), 0, 0, "", false },
		{ LIST(RULE("{\"match\":{\"left\":{\"fib\":{\"flags\":[\"daddr\"]}}}},{\"drop\":null}")), 0, 0, "", false },
		/* not what is expected, at any depth */
		{ "", -EINVAL, 0, "", false },
		{ "{", -EINVAL, 0, "", false },
		{ "[]", -EINVAL, 0, "", false },
		{ "{\"nftables\":{}}", -EINVAL, 0, "", false },
		{ "{\"nftables\":[null,1,[],{\"rule\":null},{\"rule\":{\"expr\":null}},{\"rule\":{\"expr\":[null,1,\"x\"]}}]}", 0, 0,
		  "", false },
		{ "{\"nftables\":[{\"rule\":{\"expr\":[{\"snat\":1}]}}]}", 0, 1, "  : snat", false },
		{ LIST(RULE("{\"match\":{\"left\":{\"fib\":{\"flags\":[1,null,{}]}}}},{\"drop\":null}")), 0, 0, "", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct gp_rules rules = { 0 };

		assert_int_equal(gp_rules_nft(&rules, rows[i].json), rows[i].err);
		assert_int_equal(rules.nat, rows[i].nat);
		assert_string_equal(rules.first_nat, rows[i].first);
		assert_int_equal(rules.fib_rule, rows[i].fib);
	}
}

static void test_iptables(void **state)
{
	struct gp_rules rules = { 0 };

	(void)state;
	gp_rules_iptables(&rules, "# Generated\n*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -o a -j ACCEPT\n"
				  "-A POSTROUTING -o y -j MASQUERADE\n-A PREROUTING -p tcp -j DNAT --to 10.0.0.1\n"
				  "-A OUTPUT -j DOCKER\nCOMMIT\n", "ip");
	assert_int_equal(rules.nat, 2);
	assert_string_equal(rules.first_nat, "ip nat POSTROUTING: MASQUERADE");
	gp_rules_iptables(&rules, "", "ip6");
	gp_rules_iptables(&rules, "-A POSTROUTING -j SNAT", "ip6");
	assert_int_equal(rules.nat, 3);
}

static void assert_network(const struct gp_rules *rules, const struct gp_interface *interfaces, size_t count,
			   const char *name, enum gp_check_state state, const char *found, const char *remedy)
{
	const struct gp_check_chosen chosen = { interfaces, count, links, COUNT(links) };
	struct gp_check check = { 0 };

	gp_check_network(&check, rules, &chosen);
	assert_row(&check, name, state, found, remedy);
	gp_check_close(&check);
}

static void test_network(void **state)
{
	static const struct gp_rules none = { 0 }, two = { .nat = 2, .first_nat = "ip t c: snat" };
	static const struct gp_rules unknown = { .unknown = "no nft", .remedy = "apt install nftables" };
	static const struct gp_interface both[] = { { .name = "eth0", .index = 2, .side = GP_SIDE_INSIDE }, { .name = "eth5", .index = 7, .side = GP_SIDE_OUTSIDE } };
	static const struct gp_interface tap[] = { { .name = "eth0", .index = 2, .side = GP_SIDE_TAP } };
	static const struct gp_interface red[] = { { .name = "eth5", .index = 7, .side = GP_SIDE_TAP } };

	(void)state;
	assert_network(&none, both, 2, "nat", GP_CHECK_OK, "no rule", NULL);
	assert_network(&unknown, both, 2, "nat", GP_CHECK_WARN, "unknown: no nft", "apt install");
	assert_network(&two, both, 2, "nat", GP_CHECK_WARN, "2 rules (ip t c: snat, ...)", "inside only");
	assert_network(&two, both, 1, "nat", GP_CHECK_OK, "2 rules", NULL);
	assert_network(&two, tap, 1, "nat", GP_CHECK_WARN, "one host", "tap on the subscribers' side");
	assert_network(&two, NULL, 0, "nat", GP_CHECK_WARN, "2 rules", "inside only");
	assert_network(&none, both, 2, "vrf", GP_CHECK_WARN, "eth0 and eth5", "one VRF");
	assert_network(&none, red, 1, "vrf", GP_CHECK_OK, "in red", NULL);
}

/* Hostile words, long words, several interfaces. */
static void make_rows(struct gp_check *check)
{
	gp_check_add(check, GP_CHECK_OK, "kernel", "Linux %s", "6.18");
	gp_check_subject(check, "e\033[31m", "inside");
	gp_check_add(check, GP_CHECK_FAIL, "vlan_tags", "a \033]0;title\007 b \"quoted\" %s", "c");
	gp_check_mend(check, "first");
	gp_check_mend(check, "%s", "ethtool -K eth0 rxvlan off and a great many words more that have to be broken over "
				   "several lines so that nobody has to scroll to the right for them");
	gp_check_subject(check, "eth1", NULL);
	gp_check_add(check, GP_CHECK_WARN, "mtu", "%s", "0123456789012345678901234567890123456789012345678901234567890123"
		     "456789012345678901234567890123456789012345678901234567890123456789");
}

static void test_text(void **state)
{
	static const char *const expected[] = {
		"HOST",
		"  ok    kernel     Linux 6.18",
		"",
		"INTERFACE e\\x1b[31m (inside)",
		"  fail  vlan tags  a \\x1b]0;title\\x07 b \"quoted\" c",
		"                   -> ethtool -K eth0 rxvlan off and a great many words more that have to be broken",
		"                      over several lines so that nobody has to scroll to the right for them",
		"",
		"INTERFACE eth1",
		"  warn  mtu        0123456789012345678901234567890123456789012345678901234567890123456789012345678"
		"901234567890123456789012345678901234567890123456789",
		"",
		"gatepost cannot run here as it is: 1 failure, 1 warning",
	};
	struct gp_check check = { 0 };
	char *text, *line, *rest;

	(void)state;
	make_rows(&check);
	text = gp_check_print(&check, GP_FORMAT_TEXT, false);
	assert_non_null(text);
	rest = text;
	for (size_t i = 0; i < COUNT(expected); i++) {
		line = strsep(&rest, "\n");
		assert_string_equal(line, expected[i]);
	}
	assert_string_equal(rest, "");
	free(text);
	text = gp_check_print(&check, GP_FORMAT_TEXT, true);
	assert_non_null(strstr(text, "\033[31mfail\033[0m"));
	assert_null(strstr(text, "\033]"));
	free(text);
	gp_check_close(&check);
}

static void test_results(void **state)
{
	struct gp_check check = { 0 };
	char *text;

	(void)state;
	gp_check_add(&check, GP_CHECK_OK, "kernel", "fine");
	text = gp_check_print(&check, GP_FORMAT_TEXT, false);
	assert_non_null(strstr(text, "\ngatepost can run here\n"));
	free(text);
	gp_check_add(&check, GP_CHECK_WARN, "clock", "off");
	gp_check_add(&check, GP_CHECK_WARN, "nat", "unknown");
	text = gp_check_print(&check, GP_FORMAT_TEXT, false);
	assert_non_null(strstr(text, "\ngatepost can run here; 2 warnings\n"));
	free(text);
	check.no_memory = true;
	assert_null(gp_check_print(&check, GP_FORMAT_TEXT, false));
	gp_check_close(&check);
}

static const char *text_at(struct json_object *rows, size_t i, const char *key)
{
	struct json_object *value = NULL;

	assert_true(json_object_object_get_ex(json_object_array_get_idx(rows, i), key, &value));
	return json_object_get_string(value);
}

static void test_json(void **state)
{
	struct json_object *root, *rows, *value;
	struct gp_check check = { 0 };
	char *text;

	(void)state;
	make_rows(&check);
	text = gp_check_print(&check, GP_FORMAT_NDJSON, true);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	assert_null(strchr(text, '\033'));
	root = json_tokener_parse(text);
	assert_true(json_object_object_get_ex(root, "schema", &value));
	assert_string_equal(json_object_get_string(value), "gatepost.check/1");
	assert_true(json_object_object_get_ex(root, "state", &value));
	assert_string_equal(json_object_get_string(value), "fail");
	assert_true(json_object_object_get_ex(root, "rows", &rows));
	assert_int_equal(json_object_array_length(rows), 3);
	assert_null(text_at(rows, 0, "interface"));
	assert_null(text_at(rows, 0, "remedy"));
	assert_string_equal(text_at(rows, 1, "interface"), "e\\x1b[31m");
	assert_string_equal(text_at(rows, 1, "side"), "inside");
	assert_string_equal(text_at(rows, 1, "check"), "vlan_tags");
	assert_string_equal(text_at(rows, 1, "state"), "fail");
	assert_string_equal(text_at(rows, 1, "found"), "a \\x1b]0;title\\x07 b \"quoted\" c");
	assert_null(text_at(rows, 2, "side"));
	json_object_put(root);
	free(text);
	gp_check_close(&check);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links),	 cmocka_unit_test(test_drivers), cmocka_unit_test(test_survey),
		cmocka_unit_test(test_nft),	 cmocka_unit_test(test_iptables), cmocka_unit_test(test_network),
		cmocka_unit_test(test_text),	 cmocka_unit_test(test_results), cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
