// SPDX-License-Identifier: GPL-2.0-or-later
#include "check_rules.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "check_read.h"

typedef struct json_object json;

/* A member that is there, of whatever type; else NULL. */
static json *member(json *object, const char *key)
{
	json *value = NULL;

	if (json_object_is_type(object, json_type_object))
		json_object_object_get_ex(object, key, &value);
	return value;
}

static bool has(json *object, const char *key)
{
	return json_object_is_type(object, json_type_object) && json_object_object_get_ex(object, key, NULL);
}

static const char *text_of(json *object, const char *key)
{
	json *value = member(object, key);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

static bool is_nat_target(const char *name)
{
	static const char *const targets[] = { "MASQUERADE", "SNAT", "DNAT", "REDIRECT", "NETMAP", "SNPT", "DNPT" };

	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++)
		if (!strcmp(name, targets[i]))
			return true;
	return false;
}

/* The statement of a rule that translates, by its name; else NULL. */
static const char *nat_statement(json *statement)
{
	static const char *const names[] = { "masquerade", "snat", "dnat", "redirect" };
	const char *target;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (has(statement, names[i]))
			return names[i];
	/* iptables-nft: the extension in a wrapping of its own */
	target = text_of(member(statement, "xt"), "name");
	return is_nat_target(target) ? target : NULL;
}

/* fib saddr: is there a route back to the source? */
static bool asks_for_route_back(json *statement)
{
	json *flags = member(member(member(member(statement, "match"), "left"), "fib"), "flags");

	if (!json_object_is_type(flags, json_type_array))
		return json_object_is_type(flags, json_type_string) && !strcmp(json_object_get_string(flags), "saddr");
	for (size_t i = 0; i < json_object_array_length(flags); i++) {
		json *flag = json_object_array_get_idx(flags, i);

		if (json_object_is_type(flag, json_type_string) && !strcmp(json_object_get_string(flag), "saddr"))
			return true;
	}
	return false;
}

static void note_nat(struct gp_rules *rules, const char *family, const char *table, const char *chain, const char *what)
{
	if (!rules->nat++)
		snprintf(rules->first_nat, sizeof(rules->first_nat), "%s %s %s: %s", family, table, chain, what);
}

static void take_rule(struct gp_rules *rules, json *rule)
{
	json *statements = member(rule, "expr");
	bool route_back = false, drops = false;
	const char *nat = NULL;

	if (!json_object_is_type(statements, json_type_array))
		return;
	for (size_t i = 0; i < json_object_array_length(statements); i++) {
		json *statement = json_object_array_get_idx(statements, i);

		if (!nat)
			nat = nat_statement(statement);
		route_back = route_back || asks_for_route_back(statement);
		drops = drops || has(statement, "drop") || has(statement, "reject");
	}
	if (nat)
		note_nat(rules, text_of(rule, "family"), text_of(rule, "table"), text_of(rule, "chain"), nat);
	rules->fib_rule = rules->fib_rule || (route_back && drops);
}

int gp_rules_nft(struct gp_rules *rules, const char *text)
{
	json *root = json_tokener_parse(text), *list = member(root, "nftables");
	int err = json_object_is_type(list, json_type_array) ? 0 : -EINVAL;

	for (size_t i = 0; !err && i < json_object_array_length(list); i++)
		take_rule(rules, member(json_object_array_get_idx(list, i), "rule"));
	json_object_put(root);
	return err;
}

/* "-A POSTROUTING -o eth1 -j MASQUERADE --random" */
void gp_rules_iptables(struct gp_rules *rules, const char *text, const char *family)
{
	while (*text) {
		size_t length = strcspn(text, "\n");
		char *line = strndup(text, length), *jump = line ? strstr(line, " -j ") : NULL;
		char chain[32], target[32];

		if (jump && sscanf(line, "-A %31s", chain) == 1 && sscanf(jump, " -j %31s", target) == 1 &&
		    is_nat_target(target))
			note_nat(rules, family, "nat", chain, target);
		free(line);
		text += length;
		text += *text == '\n';
	}
}

/* A module that lies there and is not loaded has no rules; to ask would load it. */
static bool is_unloaded_module(const char *folder, const char *module)
{
	static const char *const endings[] = { "", ".xz", ".zst", ".gz" };
	struct utsname name;
	char path[512];

	snprintf(path, sizeof(path), "/sys/module/%s", module);
	if (uname(&name) || !access(path, F_OK))
		return false;
	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
		snprintf(path, sizeof(path), "/lib/modules/%s/kernel/net/%s/%s.ko%s", name.release, folder, module,
			 endings[i]);
		if (!access(path, F_OK))
			return true;
	}
	return false;
}

static void unknown(struct gp_rules *rules, const char *why, const char *remedy)
{
	rules->unknown = why;
	rules->remedy = remedy;
}

static void read_nft(struct gp_rules *rules)
{
	char path[64], *text;
	/* -t: sets may hold millions of elements, and no rules */
	char *argv[] = { path, "-j", "-t", "list", "ruleset", NULL };

	if (is_unloaded_module("netfilter", "nf_tables"))
		return;
	if (geteuid() != 0) {
		unknown(rules, "listing the packet filter's rules takes root", "use sudo");
	} else if (!gp_find_program(path, "nft")) {
		unknown(rules, "nft is not installed, so nobody can list the rules", "apt install nftables");
	} else if (gp_read_command(&text, argv)) {
		unknown(rules, "nft does not list the rules", "nft list ruleset");
	} else {
		if (!text || gp_rules_nft(rules, text))
			unknown(rules, "what nft lists is not understood", "nft list ruleset");
		free(text);
	}
}

/* The old tables appear in a list of the namespace with their first use; before that they hold nothing. */
static void read_iptables(struct gp_rules *rules, const char *names_path, const char *program, const char *family)
{
	char path[64], *names, *text;
	char *argv[] = { path, "-t", "nat", NULL };
	int err = gp_read_file(&names, names_path);
	bool used;

	if (err == -ENOENT)
		return;
	used = !err && names && (!strncmp(names, "nat\n", 4) || strstr(names, "\nnat\n"));
	if (!err)
		free(names);
	if (err) {
		unknown(rules, "the list of iptables' tables cannot be read", err == -EACCES ? "use sudo" : NULL);
	} else if (used && !gp_find_program(path, program)) {
		unknown(rules, "a legacy iptables nat table is in use, and iptables is not installed", "apt install iptables");
	} else if (used && gp_read_command(&text, argv)) {
		unknown(rules, "iptables-legacy-save does not list the rules", "iptables-legacy-save -t nat");
	} else if (used) {
		gp_rules_iptables(rules, text ? text : "", family);
		free(text);
	}
}

void gp_rules_read(struct gp_rules *rules)
{
	*rules = (struct gp_rules){ 0 };
	read_nft(rules);
	read_iptables(rules, "/proc/self/net/ip_tables_names", "iptables-legacy-save", "ip");
	read_iptables(rules, "/proc/self/net/ip6_tables_names", "ip6tables-legacy-save", "ip6");
}
