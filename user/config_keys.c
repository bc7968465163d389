/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "config_keys.h"
#include "config_value.h"

/* Where a key's value is, and whether it may change while gatepost runs. */
#define CONFIG(field) offsetof(struct gp_config, field), GP_CHANGE_RESTART
#define LIVE(field) offsetof(struct gp_config, field), GP_CHANGE_LIVE
#define LIMIT(field) LIVE(limits.field)
#define LIST(field) offsetof(struct gp_list_spec, field), GP_CHANGE_LIVE
#define INTERFACE(field) offsetof(struct gp_interface_spec, field), GP_CHANGE_RESTART
#define OUTPUT(field) offsetof(struct gp_output_spec, field), GP_CHANGE_LIVE
#define CLASS(field) offsetof(struct gp_class, field), GP_CHANGE_LIVE

/* A threshold that judges a host: for all, and for a class of subscribers. */
#define HOST_LIMIT(name, type, unit, min, max, fallback, field) \
	{"thresholds." name, type, unit, min, max, fallback, LIMIT(field)}, \
	{"classes[]." name, type, unit, min, max, NULL, CLASS(limits.field)}

#define PRIVATE_SPACE "[10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, \"fc00::/7\"]"

/*
 * Services above 1023 that scanners ask for, chosen by hand from IANA's service registry and vendors' manuals:
 * file sharing and proxies; log-in and remote control (2323: telnet of Mirai's kin); databases and caches; telephony;
 * management of devices (5555 adb, 7547 CWMP, 8291 and 8728 RouterOS, 9100 printers, 37215 and 52869: UPnP of home
 * routers that Mirai's kin break into), of web servers, containers and clusters.
 */
#define SERVICE_PORTS \
	"[1-1023, 1080, 2049, 3128, 8888, " \
	"1723, 2222, 2323, 3389, 4899, 5900, 5901, 5985, 5986, 6000, " \
	"1433, 1521, 3306, 5432, 5984, 6379, 9200, 11211, 27017, 50000, " \
	"1883, 5060, 5555, 7547, 8291, 8728, 9100, 37215, 52869, " \
	"2375, 2376, 2525, 5601, 6443, 7001, 8000, 8008, 8009, 8081, 8088, 9000, 9090, 10000, 10250]"

const struct gp_config_key gp_config_keys[] = {
	/* path, type, unit, min, max, default, where */
	{"sensor", GP_KEY_TEXT, "characters", 1, 64, "gatepost", LIVE(sensor)},
	{"journal", GP_KEY_TEXT, "", 1, 255, "/run/gatepost/journal", CONFIG(journal)},
	{"interfaces", GP_KEY_ENTRIES, "mappings with name and side", 0, GP_INTERFACES_MAX, "[]", GP_ENTRIES_INTERFACES,
	 GP_CHANGE_RESTART},
	{"interfaces[].name", GP_KEY_NAME, "characters", 1, GP_INTERFACE_NAME - 1, NULL, INTERFACE(name)},
	{"interfaces[].side", GP_KEY_CHOICE, "tap, inside or outside", 0, 0, "tap", INTERFACE(side)},
	{"inside", GP_KEY_PREFIXES, "entries", 1, GP_PREFIXES_MAX, PRIVATE_SPACE, GP_ROLE_SUBSCRIBER, GP_CHANGE_LIVE},
	{"inside[].prefix", GP_KEY_ENTRY_PREFIX, "", 0, 128, NULL, 0, GP_CHANGE_LIVE},
	{"inside[].subscriber", GP_KEY_ENTRY_SUBSCRIBER, "bits", 0, 128, "32 for IPv4, 56 for IPv6", 0,
	 GP_CHANGE_RESTART},
	{"relays", GP_KEY_PREFIXES, "entries", 0, GP_PREFIXES_MAX, "[]", GP_ROLE_RELAY, GP_CHANGE_LIVE},
	{"infrastructure", GP_KEY_PREFIXES, "entries", 0, GP_PREFIXES_MAX, "[]", GP_ROLE_INFRASTRUCTURE, GP_CHANGE_LIVE},
	{"business", GP_KEY_PREFIXES, "entries", 0, GP_PREFIXES_MAX, "[]", GP_ROLE_BUSINESS, GP_CHANGE_LIVE},
	{"source_validation", GP_KEY_VALIDATION, "", 0, 1, "none", CONFIG(trust_inside)},
	{"decapsulate", GP_KEY_BOOL, "", 0, 1, "false", CONFIG(tunnels)},
	{"hash_secret", GP_KEY_SECRET, "hexadecimal digits", 32, 32, "67617465706f7374207265706c617921",
	 CONFIG(secret)},

	{"ports", GP_KEY_SECTION, "", 0, 0, NULL, 0, GP_CHANGE_LIVE},
	{"ports.smtp", GP_KEY_PORTS, "TCP ports", 1, 65535, "[25]", GP_SERVICE_SMTP, GP_CHANGE_LIVE},
	{"ports.submission", GP_KEY_PORTS, "TCP ports", 1, 65535, "[465, 587, 2525]", GP_SERVICE_SUBMISSION, GP_CHANGE_LIVE},
	{"ports.http", GP_KEY_PORTS, "TCP ports", 1, 65535, "[80, 8000, 8080]", GP_SERVICE_HTTP, GP_CHANGE_LIVE},
	{"ports.tls", GP_KEY_PORTS, "TCP ports", 1, 65535, "[443, 8443]", GP_SERVICE_TLS, GP_CHANGE_LIVE},
	{"ports.quic", GP_KEY_PORTS, "UDP ports", 1, 65535, "[443]", GP_SERVICE_QUIC, GP_CHANGE_LIVE},
	{"ports.mailbox", GP_KEY_PORTS, "TCP ports", 1, 65535, "[110, 143, 993, 995]", GP_SERVICE_MAILBOX, GP_CHANGE_LIVE},

	{"scan_ports", GP_KEY_SECTION, "", 0, 0, NULL, 0, GP_CHANGE_LIVE},
	{"scan_ports.watched", GP_KEY_SCAN_PORTS, "TCP ports", 1, 65535, "[25, 465, 587, 80, 443, 8080, 8443]",
	 GP_SCAN_WATCHED, GP_CHANGE_LIVE},
	{"scan_ports.service", GP_KEY_SCAN_PORTS, "TCP ports", 1, 65535, SERVICE_PORTS, GP_SCAN_SERVICE, GP_CHANGE_LIVE},

	{"tables", GP_KEY_SECTION, "", 0, 0, NULL, 0, GP_CHANGE_LIVE},
	{"tables.addresses", GP_KEY_POWER, "inside addresses", 256, 1 << 26, NULL, CONFIG(address_slots)},
	{"tables.hosts", GP_KEY_POWER, "inside hosts", 64, 1 << 24, "65536", CONFIG(inside_hosts)},
	{"tables.outside", GP_KEY_POWER, "outside hosts", 64, 1 << 22, "32768", CONFIG(outside_hosts)},
	{"tables.cells", GP_KEY_POWER, "outside prefixes", 64, 1 << 22, "16384", CONFIG(cells)},
	{"tables.slices", GP_KEY_POWER, "CPUs", 1, 256, NULL, CONFIG(slices)},
	{"tables.flows", GP_KEY_POWER, "flows", 64, 1 << 24, "262144", CONFIG(flow_slots)},
	{"tables.filter_bits", GP_KEY_BITS, "bits per filter", 4096, 1 << 30, "4194304", CONFIG(filter_words)},

	{"tags", GP_KEY_SECTION, "", 0, 0, NULL, CONFIG(tags)},
	{"tags.mark_mask", GP_KEY_MASK, "", 0, 0, "0xff", CONFIG(mark_mask)},
	{"tags.mark_shift", GP_KEY_INTEGER, "bits", 0, 31, "0", CONFIG(mark_shift)},
	{"tags.expiry", GP_KEY_DURATION, "", 10, 86400, "30s", CONFIG(tag_expiry_s)},

	{"evidence", GP_KEY_SECTION, "", 0, 0, NULL, 0, GP_CHANGE_LIVE},
	{"evidence.flows", GP_KEY_INTEGER, "flows per minute of each source", 0, 60000, "60",
	 offsetof(struct gp_config, sample_flows), GP_CHANGE_LIVE_ABOVE_0},
	{"evidence.samples", GP_KEY_INTEGER, "packets per second of each kind", 1, 1000000, "5000", LIVE(samples)},
	{"evidence.ring", GP_KEY_POWER, "bytes", 65536, 1 << 30, "4194304", CONFIG(sample_ring)},
	{"evidence.retention", GP_KEY_DURATION, "", 60, 31536000, "7d", LIVE(capture_retention_s)},

	{"deep", GP_KEY_SECTION, "", 0, 0, NULL, 0, GP_CHANGE_LIVE},
	{"deep.stream_kib", GP_KEY_INTEGER, "KiB", 1, 4096, "64", CONFIG(deep_stream_kib)},

	{"web", GP_KEY_SECTION, "", 0, 0, NULL, 0, GP_CHANGE_LIVE},
	{"web.clients", GP_KEY_INTEGER, "web clients", 1, 1 << 22, "65536", CONFIG(web.clients)},
	{"web.tokens", GP_KEY_INTEGER, "links of mails", 1, 1 << 22, "65536", CONFIG(web.tokens)},
	{"web.retention", GP_KEY_DURATION, "", 60, 31536000, "7d", LIVE(web.retention_s)},
	{"lists", GP_KEY_ENTRIES, "mappings with name, kind, and file or entries", 0, GP_LISTS_MAX, "[]",
	 GP_ENTRIES_LISTS, GP_CHANGE_LIVE},
	{"lists[].name", GP_KEY_NAME, "characters", 1, GP_LIST_NAME - 1, NULL, LIST(name)},
	{"lists[].kind", GP_KEY_CHOICE, "watch, known-bad or known-good", 0, 0, NULL, LIST(kind)},
	{"lists[].file", GP_KEY_TEXT, "characters", 1, 255, NULL, LIST(file)},
	{"lists[].entries", GP_KEY_LIST_ENTRIES, "entries", 1, 1000, NULL, LIST(entries)},
	{"list_evidence", GP_KEY_SECTION, "", 0, 0, NULL, 0, GP_CHANGE_LIVE},
	{"list_evidence.known_bad_step", GP_KEY_NUMBER, "nats", 0, 10, "1", LIMIT(lists.known_bad_step)},
	{"list_evidence.known_bad_cap", GP_KEY_NUMBER, "nats", 0, 10, "2", LIMIT(lists.known_bad_cap)},

	{"as_table", GP_KEY_TEXT, "characters", 0, 255, "\"\"", CONFIG(as_table)},
	{"networks", GP_KEY_SECTION, "", 0, 0, NULL, 0, GP_CHANGE_LIVE},
	{"networks.prefix4", GP_KEY_INTEGER, "bits", 8, 32, "24", LIMIT(networks.prefix4)},
	{"networks.prefix6", GP_KEY_INTEGER, "bits", 16, 64, "48", LIMIT(networks.prefix6)},
	{"networks.top", GP_KEY_INTEGER, "networks", 1, 1000, "10", LIMIT(networks.top)},
	{"networks.min_hosts", GP_KEY_INTEGER, "active hosts", 1, 1000000, "10", LIMIT(networks.min_hosts)},
	{"networks.all_kinds", GP_KEY_BOOL, "", 0, 1, "false", LIMIT(networks.all_kinds)},
	{"spf", GP_KEY_SECTION, "", 0, 0, NULL, 0, GP_CHANGE_LIVE},
	{"spf.enabled", GP_KEY_BOOL, "", 0, 1, "false", CONFIG(spf.enabled)},
	{"spf.resolver", GP_KEY_TEXT, "characters", 1, 255, "system", CONFIG(spf.resolver)},
	{"spf.timeout", GP_KEY_DURATION, "", 1, 60, "3s", CONFIG(spf.timeout_s)},
	{"spf.cache", GP_KEY_INTEGER, "answers", 64, 1 << 20, "4096", CONFIG(spf.cache)},
	{"spf.queries", GP_KEY_INTEGER, "questions per second", 1, 100000, "50", CONFIG(spf.queries_per_s)},
	{"spf.every", GP_KEY_INTEGER, "mail flows", 1, 1000000, "16", CONFIG(spf.every)},

	{"senders", GP_KEY_SECTION, "", 0, 0, NULL, 0, GP_CHANGE_LIVE},
	{"senders.prefixes", GP_KEY_INTEGER, "prefixes", 1, 1 << 20, "4096", CONFIG(senders.prefixes)},
	{"senders.min_mails", GP_KEY_INTEGER, "mails", 1, 1000000, "20", CONFIG(senders.min_mails)},
	{"senders.rows", GP_KEY_INTEGER, "senders", 1, 10000, "20", CONFIG(senders.rows)},

	{"memory", GP_KEY_SECTION, "", 0, 0, NULL, 0, GP_CHANGE_LIVE},
	{"memory.path", GP_KEY_TEXT, "characters", 0, 255, "/run/gatepost/memory", CONFIG(memory_path)},

	{"store", GP_KEY_SECTION, "", 0, 0, NULL, 0, GP_CHANGE_LIVE},
	{"store.path", GP_KEY_TEXT, "characters", 0, 255, "/var/lib/gatepost/gatepost.db", CONFIG(store.path)},
	{"store.hosts", GP_KEY_DURATION, "", 3600, 315360000, "30d", LIVE(store.hosts_s)},
	{"store.evidence", GP_KEY_DURATION, "", 3600, 315360000, "90d", LIVE(store.evidence_s)},
	{"store.epochs", GP_KEY_DURATION, "", 3600, 315360000, "7d", LIVE(store.epochs_s)},
	{"store.metrics", GP_KEY_DURATION, "", 3600, 315360000, "400d", LIVE(store.metrics_s)},
	{"store.notifications", GP_KEY_DURATION, "", 3600, 315360000, "400d", LIVE(store.notifications_s)},

	{"control", GP_KEY_SECTION, "", 0, 0, NULL, 0, GP_CHANGE_LIVE},
	{"control.socket", GP_KEY_TEXT, "characters", 0, 107, "/run/gatepost/gatepost.sock", CONFIG(control.socket)},
	{"control.group", GP_KEY_TEXT, "characters", 1, 32, "gatepost", CONFIG(control.group)},

	{"http", GP_KEY_SECTION, "", 0, 0, NULL, 0, GP_CHANGE_LIVE},
	{"http.listen", GP_KEY_TEXT, "characters", 0, 64, "\"\"", CONFIG(http.listen)},
	{"http.token_file", GP_KEY_TEXT, "characters", 0, 255, "\"\"", CONFIG(http.token_file)},

	{"outputs", GP_KEY_ENTRIES, "mappings with path, format and interval", 0, GP_OUTPUTS_MAX, "[]",
	 GP_ENTRIES_OUTPUTS, GP_CHANGE_LIVE},
	{"outputs[].path", GP_KEY_TEXT, "characters", 1, 255, NULL, OUTPUT(path)},
	{"outputs[].format", GP_KEY_CHOICE, "json, ndjson or text", 0, 0, "json", OUTPUT(format)},
	{"outputs[].interval", GP_KEY_DURATION, "", 1, 86400, "5min", OUTPUT(interval_s)},

	{"classes", GP_KEY_ENTRIES, "mappings with name, prefixes, and thresholds of their own", 0, GP_CLASSES_MAX, "[]",
	 GP_ENTRIES_CLASSES, GP_CHANGE_LIVE},
	{"classes[].name", GP_KEY_NAME, "characters", 1, GP_CLASS_NAME - 1, NULL, CLASS(name)},
	{"classes[].prefixes", GP_KEY_CLASS_PREFIXES, "entries", 1, GP_PREFIXES_MAX, NULL, 0, GP_CHANGE_LIVE},

	{"thresholds", GP_KEY_SECTION, "", 0, 0, NULL, 0, GP_CHANGE_LIVE},
	{"thresholds.window", GP_KEY_DURATION, "", 1, 86400, "10min", LIMIT(window_s)},
	HOST_LIMIT("half_life", GP_KEY_DURATION, "", 1, 31536000, "1d", half_life_s),
	HOST_LIMIT("prior", GP_KEY_NUMBER, "share of hosts", 1e-6, 0.5, "0.001", prior),
	HOST_LIMIT("watch_score", GP_KEY_NUMBER, "nats", 0.1, 100, "4.6", watch_score),
	HOST_LIMIT("suspect_score", GP_KEY_NUMBER, "nats", 0.1, 100, "9.2", suspect_score),
	HOST_LIMIT("confirm_score", GP_KEY_NUMBER, "nats", 0.1, 100, "11.5", confirm_score),
	HOST_LIMIT("quiet", GP_KEY_DURATION, "", 1, 31536000, "3d", quiet_s),
	HOST_LIMIT("clean", GP_KEY_DURATION, "", 1, 31536000, "14d", clean_s),
	HOST_LIMIT("reinfected", GP_KEY_DURATION, "", 1, 31536000, "180d", reinfect_s),
	HOST_LIMIT("spam_min_flows", GP_KEY_NUMBER, "flows", 1, 1e6, "5", spam_min_flows),
	HOST_LIMIT("spam_min_mx", GP_KEY_NUMBER, "mail networks per day", 1, 1e6, "10", spam_min_mx),
	HOST_LIMIT("spam_refused_share", GP_KEY_NUMBER, "share of outcomes", 0, 1, "0.1", spam_refused_share),
	HOST_LIMIT("scan_watched_steps", GP_KEY_NUMBER, "steps", 1, 1e6, "10", scan_watched_steps),
	HOST_LIMIT("scan_service_steps", GP_KEY_NUMBER, "steps", 1, 1e6, "12", scan_service_steps),
	HOST_LIMIT("scan_high_steps", GP_KEY_NUMBER, "steps", 1, 1e6, "12", scan_high_steps),
	HOST_LIMIT("scan_high_contacts", GP_KEY_NUMBER, "addresses", 0, 1e6, "200", scan_high_contacts),
	HOST_LIMIT("scan_endpoint_steps", GP_KEY_NUMBER, "steps", 1, 1e6, "12", scan_endpoint_steps),
	HOST_LIMIT("scan_endpoint_ports", GP_KEY_NUMBER, "ports", 0, 65535, "20", scan_endpoint_ports),
	HOST_LIMIT("scan_endpoint_ratio", GP_KEY_NUMBER, "ports per address", 0, 65535, "3",
		   scan_endpoint_ratio),

	{"spam", GP_KEY_SECTION, "", 0, 0, NULL, 0, GP_CHANGE_LIVE},
	{"spam.placement_floor", GP_KEY_NUMBER, "nats", -100, 0, "-4", LIMIT(spam.bounds[GP_FAMILY_PLACEMENT].floor)},
	{"spam.placement_cap", GP_KEY_NUMBER, "nats", 0, 100, "2.5", LIMIT(spam.bounds[GP_FAMILY_PLACEMENT].cap)},
	{"spam.fanout_floor", GP_KEY_NUMBER, "nats", -100, 0, "0", LIMIT(spam.bounds[GP_FAMILY_FANOUT].floor)},
	{"spam.fanout_cap", GP_KEY_NUMBER, "nats", 0, 100, "4", LIMIT(spam.bounds[GP_FAMILY_FANOUT].cap)},
	{"spam.refused_floor", GP_KEY_NUMBER, "nats", -100, 0, "-4", LIMIT(spam.bounds[GP_FAMILY_REFUSED].floor)},
	{"spam.refused_cap", GP_KEY_NUMBER, "nats", 0, 100, "8", LIMIT(spam.bounds[GP_FAMILY_REFUSED].cap)},
	{"spam.dialect_floor", GP_KEY_NUMBER, "nats", -100, 0, "-1", LIMIT(spam.bounds[GP_FAMILY_DIALECT].floor)},
	{"spam.dialect_cap", GP_KEY_NUMBER, "nats", 0, 100, "6", LIMIT(spam.bounds[GP_FAMILY_DIALECT].cap)},
	{"spam.tls_floor", GP_KEY_NUMBER, "nats", -100, 0, "-1", LIMIT(spam.bounds[GP_FAMILY_TLS].floor)},
	{"spam.tls_cap", GP_KEY_NUMBER, "nats", 0, 100, "2", LIMIT(spam.bounds[GP_FAMILY_TLS].cap)},
	{"spam.retry_floor", GP_KEY_NUMBER, "nats", -100, 0, "-1", LIMIT(spam.bounds[GP_FAMILY_RETRY].floor)},
	{"spam.retry_cap", GP_KEY_NUMBER, "nats", 0, 100, "2", LIMIT(spam.bounds[GP_FAMILY_RETRY].cap)},
	{"spam.tcp_floor", GP_KEY_NUMBER, "nats", -100, 0, "-1", LIMIT(spam.bounds[GP_FAMILY_TCP].floor)},
	{"spam.tcp_cap", GP_KEY_NUMBER, "nats", 0, 100, "4", LIMIT(spam.bounds[GP_FAMILY_TCP].cap)},
	{"spam.stack_floor", GP_KEY_NUMBER, "nats", -100, 0, "-0.7", LIMIT(spam.bounds[GP_FAMILY_STACK].floor)},
	{"spam.stack_cap", GP_KEY_NUMBER, "nats", 0, 100, "0.7", LIMIT(spam.bounds[GP_FAMILY_STACK].cap)},
	{"spam.spf_floor", GP_KEY_NUMBER, "nats", -100, 0, "-1", LIMIT(spam.bounds[GP_FAMILY_SPF].floor)},
	{"spam.spf_cap", GP_KEY_NUMBER, "nats", 0, 100, "2", LIMIT(spam.bounds[GP_FAMILY_SPF].cap)},
	{"spam.known_bad_floor", GP_KEY_NUMBER, "nats", -100, 0, "0", LIMIT(spam.bounds[GP_FAMILY_KNOWN_BAD].floor)},
	{"spam.known_bad_cap", GP_KEY_NUMBER, "nats", 0, 100, "2", LIMIT(spam.bounds[GP_FAMILY_KNOWN_BAD].cap)},
	{"spam.submission_floor", GP_KEY_NUMBER, "nats", -100, 0, "0", LIMIT(spam.bounds[GP_FAMILY_SUBMISSION].floor)},
	{"spam.submission_cap", GP_KEY_NUMBER, "nats", 0, 100, "9.5", LIMIT(spam.bounds[GP_FAMILY_SUBMISSION].cap)},
	{"spam.placement", GP_KEY_NUMBER, "nats", -100, 100, "2.5", LIMIT(spam.placement)},
	{"spam.serves", GP_KEY_NUMBER, "nats", -100, 100, "-1", LIMIT(spam.serves)},
	{"spam.serves_networks", GP_KEY_NUMBER, "networks", 1, 8, "3", LIMIT(spam.serves_networks)},
	{"spam.grown", GP_KEY_NUMBER, "nats", -100, 100, "2", LIMIT(spam.grown)},
	{"spam.grown_ratio", GP_KEY_NUMBER, "times", 1, 1000, "10", LIMIT(spam.grown_ratio)},
	{"spam.refused", GP_KEY_NUMBER, "nats", -100, 100, "1.5", LIMIT(spam.refused)},
	{"spam.accepted", GP_KEY_NUMBER, "nats", -100, 100, "-0.4", LIMIT(spam.accepted)},
	{"spam.listed", GP_KEY_NUMBER, "nats", -100, 100, "5", LIMIT(spam.listed)},
	{"spam.listed_again", GP_KEY_NUMBER, "nats", -100, 100, "1", LIMIT(spam.listed_again)},
	{"spam.early", GP_KEY_NUMBER, "nats", -100, 100, "4", LIMIT(spam.early)},
	{"spam.helo_bad", GP_KEY_NUMBER, "nats", -100, 100, "1", LIMIT(spam.helo_bad)},
	{"spam.helo_good", GP_KEY_NUMBER, "nats", -100, 100, "-0.2", LIMIT(spam.helo_good)},
	{"spam.odd", GP_KEY_NUMBER, "nats", -100, 100, "1.5", LIMIT(spam.odd)},
	{"spam.no_quit", GP_KEY_NUMBER, "nats", -100, 100, "0.5", LIMIT(spam.no_quit)},
	{"spam.quit", GP_KEY_NUMBER, "nats", -100, 100, "-0.1", LIMIT(spam.quit)},
	{"spam.names", GP_KEY_NUMBER, "nats", -100, 100, "2.5", LIMIT(spam.names)},
	{"spam.names_per_day", GP_KEY_NUMBER, "names per day", 1, 1000, "3", LIMIT(spam.names_per_day)},
	{"spam.tls_unused", GP_KEY_NUMBER, "nats", -100, 100, "1", LIMIT(spam.tls_unused)},
	{"spam.tls_used", GP_KEY_NUMBER, "nats", -100, 100, "-0.7", LIMIT(spam.tls_used)},
	{"spam.gave_up", GP_KEY_NUMBER, "nats", -100, 100, "1", LIMIT(spam.gave_up)},
	{"spam.came_back", GP_KEY_NUMBER, "nats", -100, 100, "-1.5", LIMIT(spam.came_back)},
	{"spam.unanswered", GP_KEY_NUMBER, "nats", -100, 100, "1.39", LIMIT(spam.unanswered)},
	{"spam.answered", GP_KEY_NUMBER, "nats", -100, 100, "-0.69", LIMIT(spam.answered)},
	{"spam.client_stack", GP_KEY_NUMBER, "nats", -100, 100, "0.7", LIMIT(spam.client_stack)},
	{"spam.server_stack", GP_KEY_NUMBER, "nats", -100, 100, "-0.7", LIMIT(spam.server_stack)},
	{"spam.spf_fail", GP_KEY_NUMBER, "nats", -100, 100, "2", LIMIT(spam.spf_fail)},
	{"spam.spf_pass", GP_KEY_NUMBER, "nats", -100, 100, "-1", LIMIT(spam.spf_pass)},
	{"spam.handed_refused", GP_KEY_NUMBER, "nats", -100, 100, "1.5", LIMIT(spam.handed_refused)},
	{"spam.handed_accepted", GP_KEY_NUMBER, "nats", -100, 100, "-0.4", LIMIT(spam.handed_accepted)},
	{"spam.handed_spam", GP_KEY_NUMBER, "nats", -100, 100, "3", LIMIT(spam.handed_spam)},

	{"login", GP_KEY_SECTION, "", 0, 0, NULL, 0, GP_CHANGE_LIVE},
	{"login.allowed", GP_KEY_NUMBER, "log-ins per window", 0, 1e6, "20", LIMIT(login.allowed)},
	{"login.refused", GP_KEY_NUMBER, "nats", 0, 100, "0.2", LIMIT(login.refused)},
	{"login.accepted", GP_KEY_NUMBER, "nats", 0, 100, "0.5", LIMIT(login.accepted)},
	{"login.refused_share", GP_KEY_NUMBER, "share of outcomes", 0, 1, "0.8", LIMIT(login.refused_share)},
	{"login.fast", GP_KEY_NUMBER, "log-ins per window", 1, 1e9, "300", LIMIT(login.fast)},
	{"login.very_fast", GP_KEY_NUMBER, "log-ins per window", 1, 1e9, "600", LIMIT(login.very_fast)},
	{"login.brief_allowed", GP_KEY_NUMBER, "flows per window", 0, 1e6, "30", LIMIT(login.brief_allowed)},
	{"login.brief", GP_KEY_NUMBER, "nats", 0, 100, "0.6", LIMIT(login.brief)},
	{"login.brief_share", GP_KEY_NUMBER, "share of flows", 0, 1, "0.8", LIMIT(login.brief_share)},
	{"login.per_server", GP_KEY_NUMBER, "flows per server", 1, 1e6, "10", LIMIT(login.per_server)},
	{"login.hidden", GP_KEY_NUMBER, "flows per window", 1, 1e9, "6000", LIMIT(login.hidden)},

	{"http_bot", GP_KEY_SECTION, "", 0, 0, NULL, 0, GP_CHANGE_LIVE},
	{"http_bot.allowed", GP_KEY_NUMBER, "responses per window", 0, 1e6, "20", LIMIT(http_bot.allowed)},
	{"http_bot.failed", GP_KEY_NUMBER, "nats", 0, 100, "0.1", LIMIT(http_bot.failed)},
	{"http_bot.succeeded", GP_KEY_NUMBER, "nats", 0, 100, "0.05", LIMIT(http_bot.succeeded)},
	{"http_bot.failed_share", GP_KEY_NUMBER, "share of responses", 0, 1, "0.5", LIMIT(http_bot.failed_share)},
	{"http_bot.fast", GP_KEY_NUMBER, "responses per window", 1, 1e6, "600", LIMIT(http_bot.fast)},
	{"http_bot.min_paths", GP_KEY_NUMBER, "paths", 1, 1e6, "20", LIMIT(http_bot.min_paths)},
	{"http_bot.probe", GP_KEY_NUMBER, "nats", 0, 100, "1", LIMIT(http_bot.probe)},
	{"http_bot.min_servers", GP_KEY_NUMBER, "servers", 1, 1e6, "20", LIMIT(http_bot.min_servers)},
	{"http_bot.per_server", GP_KEY_NUMBER, "requests per server", 1, 1e6, "3", LIMIT(http_bot.per_server)},
	{"http_bot.beacon", GP_KEY_NUMBER, "nats", 0, 2, "2", LIMIT(http_bot.beacon)},
	{"http_bot.beacon_score", GP_KEY_NUMBER, "score", 0, 1, "0.8", LIMIT(http_bot.beacon_score)},
	{"http_bot.beacon_prevalence", GP_KEY_NUMBER, "share of web clients", 0, 1, "0.02", LIMIT(http_bot.beacon_prevalence)},
	{"http_bot.declared", GP_KEY_NUMBER, "nats", 0, 100, "3", LIMIT(http_bot.declared)},

	{"flood", GP_KEY_SECTION, "", 0, 0, NULL, 0, GP_CHANGE_LIVE},
	{"flood.syn_per_s", GP_KEY_NUMBER, "SYNs per second", 1, 1e9, "1000", LIMIT(flood.syn_per_s)},
	{"flood.answered_share", GP_KEY_NUMBER, "share of SYNs", 0, 1, "0.1", LIMIT(flood.answered_share)},
	{"flood.new_share", GP_KEY_NUMBER, "share of SYNs", 0, 1, "0.01", LIMIT(flood.new_share)},
	{"flood.slices", GP_KEY_NUMBER, "slices of 4 s", 1, 1000, "3", LIMIT(flood.slices)},
	{"fleet", GP_KEY_SECTION, "", 0, 0, NULL, 0, GP_CHANGE_LIVE},
	{"fleet.price", GP_KEY_NUMBER, "idle addresses", 0, 1e6, "8", LIMIT(fleet.price)},
	{"fleet.widest4", GP_KEY_NUMBER, "bits", 8, 24, "20", LIMIT(fleet.widest4)},
	{"fleet.widest6", GP_KEY_NUMBER, "bits", 16, 48, "40", LIMIT(fleet.widest6)},
	{"fleet.min_requests", GP_KEY_NUMBER, "connections", 10, 1e6, "50", LIMIT(fleet.min_requests)},
	{"fleet.min_addresses", GP_KEY_NUMBER, "addresses", 2, 1e6, "5", LIMIT(fleet.min_addresses)},
	{"fleet.uniform_max", GP_KEY_NUMBER, "index of dispersion", 0.1, 100, "1.25", LIMIT(fleet.uniform_max)},
	{"fleet.uniform_cap", GP_KEY_NUMBER, "nats", 0, 100, "3", LIMIT(fleet.uniform_cap)},
	{"fleet.coherence_cap", GP_KEY_NUMBER, "nats", 0, 100, "8", LIMIT(fleet.coherence_cap)},
	{"fleet.score", GP_KEY_NUMBER, "nats", 0.1, 100, "9.2", LIMIT(fleet.score)},
	{"fleet.snowshoe_sources", GP_KEY_NUMBER, "addresses", 2, 1e6, "8", LIMIT(fleet.snowshoe_sources)},
	{"fleet.snowshoe_uniform_max", GP_KEY_NUMBER, "index of dispersion", 0.1, 100, "1.4",
	 LIMIT(fleet.snowshoe_uniform_max)},
	{"fleet.period", GP_KEY_DURATION, "", 600, 31536000, "1d", LIMIT(fleet.period_s)},
};
const size_t gp_config_key_count = sizeof(gp_config_keys) / sizeof(gp_config_keys[0]);
_Static_assert(sizeof(gp_config_keys) / sizeof(gp_config_keys[0]) <= GP_CONFIG_KEYS_MAX, "raise GP_CONFIG_KEYS_MAX");

const struct gp_entries_place gp_entries_places[GP_ENTRIES] = {
#define PLACE(name, type) \
	offsetof(struct gp_config, name##s), offsetof(struct gp_config, name##_count), sizeof(type), offsetof(type, line)
	[GP_ENTRIES_LISTS] = {"lists[]", PLACE(list, struct gp_list_spec)},
	[GP_ENTRIES_INTERFACES] = {"interfaces[]", PLACE(interface, struct gp_interface_spec)},
	[GP_ENTRIES_OUTPUTS] = {"outputs[]", PLACE(output, struct gp_output_spec)},
	[GP_ENTRIES_CLASSES] = {"classes[]", offsetof(struct gp_config, classes), offsetof(struct gp_config, class_count),
				sizeof(struct gp_class), offsetof(struct gp_class, line)},
#undef PLACE
};

const char *gp_config_entries(const struct gp_config *config, enum gp_entries which, __u32 *count)
{
	const struct gp_entries_place *place = &gp_entries_places[which];

	*count = *(const __u32 *)((const char *)config + place->count);
	return *(char *const *)((const char *)config + place->list);
}

/* The part of a path behind "parent.", or NULL if the path does not lie directly below parent. */
static const char *name_below(const char *path, const char *parent)
{
	size_t len = strlen(parent);

	if (len) {
		if (strncmp(path, parent, len) || path[len] != '.')
			return NULL;
		path += len + 1;
	}
	return strpbrk(path, ".[") ? NULL : path;
}

bool gp_config_key_below(const struct gp_config_key *key, const char *parent)
{
	return name_below(key->path, parent);
}

bool gp_choice_get(char *out, size_t size, const char *choices, unsigned int place)
{
	const char *word = choices, *end;

	for (;;) {
		size_t comma = strcspn(word, ","), len;

		end = strstr(word, " or ");
		len = end && (size_t)(end - word) < comma ? (size_t)(end - word) : comma;
		if (!place--) {
			snprintf(out, size, "%.*s", (int)len, word);
			return true;
		}
		if (!word[len])
			return false;
		word += len + (word[len] == ',' ? strlen(", ") : strlen(" or "));
	}
}

int gp_choice_find(const char *choices, const char *word)
{
	char choice[32];

	for (unsigned int i = 0; gp_choice_get(choice, sizeof(choice), choices, i); i++) {
		if (!strcmp(choice, word))
			return (int)i;
	}
	return -1;
}

const struct gp_config_key *gp_config_key_find(const char *parent, const char *name)
{
	const char *below;
	size_t i;

	for (i = 0; i < gp_config_key_count; i++) {
		below = name_below(gp_config_keys[i].path, parent);
		if (below && !strcmp(below, name))
			return &gp_config_keys[i];
	}
	return NULL;
}

void gp_config_key_siblings(char *out, size_t size, const char *parent)
{
	const char *name;
	size_t i, at = 0;
	int n;

	out[0] = '\0';
	for (i = 0; i < gp_config_key_count && at < size; i++) {
		name = name_below(gp_config_keys[i].path, parent);
		if (!name)
			continue;
		n = snprintf(out + at, size - at, "%s%s", at ? ", " : "", name);
		at += n > 0 ? (size_t)n : 0;
	}
}

static void allowed_in_range(char *out, size_t size, const struct gp_config_key *key)
{
	char min[32], max[32];

	if (key->type == GP_KEY_DURATION) {
		gp_duration_format(min, sizeof(min), key->min);
		gp_duration_format(max, sizeof(max), key->max);
		snprintf(out, size, "a duration from %s to %s, with its unit: s, min, h or d", min, max);
		return;
	}
	snprintf(out, size, "%s from %.15g to %.15g (%s)",
		 key->type == GP_KEY_NUMBER ? "a number" :
		 key->type == GP_KEY_INTEGER ? "a whole number" : "a power of two", key->min, key->max, key->unit);
}

static void allowed_entries(char *out, size_t size, const struct gp_config_key *key)
{
	if (key->type == GP_KEY_PREFIXES || key->type == GP_KEY_CLASS_PREFIXES)
		snprintf(out, size, "a list of %g to %g prefixes, such as [192.0.2.0/24, \"2001:db8::/32\"]", key->min,
			 key->max);
	else if (key->type == GP_KEY_ENTRIES)
		snprintf(out, size, "a sequence of %g to %g %s", key->min, key->max, key->unit);
	else if (key->type == GP_KEY_LIST_ENTRIES)
		snprintf(out, size, "a list of %g to %g entries, such as [\"192.0.2.0/24, a label, 2026-12-31\"]", key->min,
			 key->max);
	else
		snprintf(out, size, "a list of %s from %g to %g, such as [25, 8000-8010]", key->unit, key->min, key->max);
}

void gp_config_key_allowed(char *out, size_t size, const struct gp_config_key *key)
{
	switch (key->type) {
	case GP_KEY_NUMBER:
	case GP_KEY_DURATION:
	case GP_KEY_POWER:
	case GP_KEY_INTEGER:
	case GP_KEY_BITS:
		allowed_in_range(out, size, key);
		break;
	case GP_KEY_PORTS:
	case GP_KEY_SCAN_PORTS:
	case GP_KEY_PREFIXES:
	case GP_KEY_ENTRIES:
	case GP_KEY_LIST_ENTRIES:
	case GP_KEY_CLASS_PREFIXES:
		allowed_entries(out, size, key);
		break;
	case GP_KEY_MASK:
		snprintf(out, size, "0x and 1 to 8 hexadecimal digits, such as 0xff00");
		break;
	case GP_KEY_TEXT:
	case GP_KEY_NAME:
		snprintf(out, size, "%g to %g printable ASCII %s", key->min, key->max, key->unit);
		break;
	case GP_KEY_ENTRY_SUBSCRIBER:
		snprintf(out, size, "the length of one subscriber's prefix, from that of the entry to 32 or 128");
		break;
	case GP_KEY_ENTRY_PREFIX:
		snprintf(out, size, "a prefix, such as 192.0.2.0/24 or 2001:db8::/32");
		break;
	case GP_KEY_SECRET:
		snprintf(out, size, "%g %s", key->max, key->unit);
		break;
	case GP_KEY_CHOICE:
		snprintf(out, size, "%s", key->unit);
		break;
	case GP_KEY_SECTION:
		snprintf(out, size, "a mapping of keys");
		break;
	case GP_KEY_BOOL:
		snprintf(out, size, "true or false");
		break;
	case GP_KEY_VALIDATION:
		snprintf(out, size, "none or strict");
		break;
	}
}
