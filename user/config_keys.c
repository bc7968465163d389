/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "config_keys.h"
#include "config_value.h"

#define CONFIG(field) offsetof(struct gp_config, field)
#define LIMIT(field) offsetof(struct gp_config, limits.field)

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
	{"sensor", GP_KEY_TEXT, "characters", 1, 64, "gatepost", CONFIG(sensor)},
	{"journal", GP_KEY_TEXT, "", 1, 255, "/run/gatepost/journal", CONFIG(journal)},
	{"inside", GP_KEY_PREFIXES, "entries", 1, GP_PREFIXES_MAX, PRIVATE_SPACE, GP_ROLE_SUBSCRIBER},
	{"inside[].prefix", GP_KEY_ENTRY_PREFIX, "", 0, 128, NULL, 0},
	{"inside[].subscriber", GP_KEY_ENTRY_SUBSCRIBER, "bits", 0, 128, "32 for IPv4, 56 for IPv6", 0},
	{"relays", GP_KEY_PREFIXES, "entries", 0, GP_PREFIXES_MAX, "[]", GP_ROLE_RELAY},
	{"infrastructure", GP_KEY_PREFIXES, "entries", 0, GP_PREFIXES_MAX, "[]", GP_ROLE_INFRASTRUCTURE},
	{"source_validation", GP_KEY_VALIDATION, "", 0, 1, "none", CONFIG(trust_inside)},
	{"decapsulate", GP_KEY_BOOL, "", 0, 1, "false", CONFIG(tunnels)},
	{"hash_secret", GP_KEY_SECRET, "hexadecimal digits", 32, 32, "67617465706f7374207265706c617921",
	 CONFIG(secret)},

	{"ports", GP_KEY_SECTION, "", 0, 0, NULL, 0},
	{"ports.smtp", GP_KEY_PORTS, "TCP ports", 1, 65535, "[25]", GP_SERVICE_SMTP},
	{"ports.submission", GP_KEY_PORTS, "TCP ports", 1, 65535, "[465, 587, 2525]", GP_SERVICE_SUBMISSION},
	{"ports.http", GP_KEY_PORTS, "TCP ports", 1, 65535, "[80, 8000, 8080]", GP_SERVICE_HTTP},
	{"ports.tls", GP_KEY_PORTS, "TCP ports", 1, 65535, "[443, 8443]", GP_SERVICE_TLS},
	{"ports.quic", GP_KEY_PORTS, "UDP ports", 1, 65535, "[443]", GP_SERVICE_QUIC},
	{"ports.mailbox", GP_KEY_PORTS, "TCP ports", 1, 65535, "[110, 143, 993, 995]", GP_SERVICE_MAILBOX},

	{"scan_ports", GP_KEY_SECTION, "", 0, 0, NULL, 0},
	{"scan_ports.watched", GP_KEY_SCAN_PORTS, "TCP ports", 1, 65535, "[25, 465, 587, 80, 443, 8080, 8443]",
	 GP_SCAN_WATCHED},
	{"scan_ports.service", GP_KEY_SCAN_PORTS, "TCP ports", 1, 65535, SERVICE_PORTS, GP_SCAN_SERVICE},

	{"tables", GP_KEY_SECTION, "", 0, 0, NULL, 0},
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

	{"evidence", GP_KEY_SECTION, "", 0, 0, NULL, 0},
	{"evidence.flows", GP_KEY_INTEGER, "flows per minute of each source", 0, 60000, "60", CONFIG(sample_flows)},
	{"evidence.samples", GP_KEY_INTEGER, "packets per second of each kind", 1, 1000000, "5000", CONFIG(samples)},
	{"evidence.ring", GP_KEY_POWER, "bytes", 65536, 1 << 30, "4194304", CONFIG(sample_ring)},
	{"evidence.retention", GP_KEY_DURATION, "", 60, 31536000, "7d", CONFIG(capture_retention_s)},

	{"deep", GP_KEY_SECTION, "", 0, 0, NULL, 0},
	{"deep.stream_kib", GP_KEY_INTEGER, "KiB", 1, 4096, "64", CONFIG(deep_stream_kib)},

	{"web", GP_KEY_SECTION, "", 0, 0, NULL, 0},
	{"web.clients", GP_KEY_INTEGER, "web clients", 1, 1 << 22, "65536", CONFIG(web.clients)},
	{"web.tokens", GP_KEY_INTEGER, "links of mails", 1, 1 << 22, "65536", CONFIG(web.tokens)},
	{"web.retention", GP_KEY_DURATION, "", 60, 31536000, "7d", CONFIG(web.retention_s)},

	{"thresholds", GP_KEY_SECTION, "", 0, 0, NULL, 0},
	{"thresholds.window", GP_KEY_DURATION, "", 1, 86400, "10min", LIMIT(window_s)},
	{"thresholds.half_life", GP_KEY_DURATION, "", 1, 31536000, "1d", LIMIT(half_life_s)},
	{"thresholds.prior", GP_KEY_NUMBER, "share of hosts", 1e-6, 0.5, "0.001", LIMIT(prior)},
	{"thresholds.suspect_score", GP_KEY_NUMBER, "nats", 0.1, 100, "9.2", LIMIT(suspect_score)},
	{"thresholds.confirm_score", GP_KEY_NUMBER, "nats", 0.1, 100, "11.5", LIMIT(confirm_score)},
	{"thresholds.spam_min_flows", GP_KEY_NUMBER, "flows", 1, 1e6, "5", LIMIT(spam_min_flows)},
	{"thresholds.spam_min_mx", GP_KEY_NUMBER, "mail networks per day", 1, 1e6, "10", LIMIT(spam_min_mx)},
	{"thresholds.spam_refused_share", GP_KEY_NUMBER, "share of outcomes", 0, 1, "0.1", LIMIT(spam_refused_share)},
	{"thresholds.scan_watched_steps", GP_KEY_NUMBER, "steps", 1, 1e6, "10", LIMIT(scan_watched_steps)},
	{"thresholds.scan_service_steps", GP_KEY_NUMBER, "steps", 1, 1e6, "12", LIMIT(scan_service_steps)},
	{"thresholds.scan_high_steps", GP_KEY_NUMBER, "steps", 1, 1e6, "12", LIMIT(scan_high_steps)},
	{"thresholds.scan_high_contacts", GP_KEY_NUMBER, "addresses", 0, 1e6, "200", LIMIT(scan_high_contacts)},
	{"thresholds.scan_endpoint_steps", GP_KEY_NUMBER, "steps", 1, 1e6, "12", LIMIT(scan_endpoint_steps)},
	{"thresholds.scan_endpoint_ports", GP_KEY_NUMBER, "ports", 0, 65535, "20", LIMIT(scan_endpoint_ports)},
	{"thresholds.scan_endpoint_ratio", GP_KEY_NUMBER, "ports per address", 0, 65535, "3",
	 LIMIT(scan_endpoint_ratio)},

	{"fleet", GP_KEY_SECTION, "", 0, 0, NULL, 0},
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
	case GP_KEY_MASK:
		snprintf(out, size, "0x and 1 to 8 hexadecimal digits, such as 0xff00");
		break;
	case GP_KEY_TEXT:
		snprintf(out, size, "%g to %g printable ASCII %s", key->min, key->max, key->unit);
		break;
	case GP_KEY_PORTS:
	case GP_KEY_SCAN_PORTS:
		snprintf(out, size, "a list of %s from %g to %g, such as [25, 8000-8010]", key->unit, key->min,
			 key->max);
		break;
	case GP_KEY_PREFIXES:
		snprintf(out, size, "a list of %g to %g prefixes, such as [192.0.2.0/24, \"2001:db8::/32\"]", key->min,
			 key->max);
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
