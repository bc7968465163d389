/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config_reload.h"
#include "log.h"
#include "prefix.h"

/* Two configurations, or an entry of each. */
struct pair {
	const struct gp_config *old_config, *new_config;
	const char *old, *new;
};

static bool text_differs(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) != 0 : a != b;
}

static bool texts_differ(const struct pair *pair, const struct gp_config_key *key)
{
	return text_differs(*(char *const *)(const void *)(pair->old + key->where),
			    *(char *const *)(const void *)(pair->new + key->where));
}

static bool names_differ(const struct pair *pair, const struct gp_config_key *key)
{
	return strcmp(pair->old + key->where, pair->new + key->where) != 0;
}

static bool doubles_differ(const struct pair *pair, const struct gp_config_key *key)
{
	return memcmp(pair->old + key->where, pair->new + key->where, sizeof(double)) != 0;
}

static bool integers_differ(const struct pair *pair, const struct gp_config_key *key)
{
	return memcmp(pair->old + key->where, pair->new + key->where, sizeof(__u32)) != 0;
}

static bool bools_differ(const struct pair *pair, const struct gp_config_key *key)
{
	return *(const bool *)(pair->old + key->where) != *(const bool *)(pair->new + key->where);
}

static bool sections_differ(const struct pair *pair, const struct gp_config_key *key)
{
	return key->where && bools_differ(pair, key);
}

/* One that was drawn is as good as any. */
static bool secrets_differ(const struct pair *pair, const struct gp_config_key *key)
{
	(void)key;
	if (!pair->new_config->secret_given)
		return pair->old_config->secret_given;
	return memcmp(pair->old_config->secret, pair->new_config->secret, sizeof(pair->old_config->secret)) != 0;
}

static bool ports_differ(const struct pair *pair, const struct gp_config_key *key)
{
	for (unsigned int i = 0; i < GP_PORTS; i++) {
		const struct gp_port *a = &pair->old_config->ports[i], *b = &pair->new_config->ports[i];
		__u8 old = key->where == GP_SERVICE_QUIC ? a->udp_service : a->tcp_service;
		__u8 new = key->where == GP_SERVICE_QUIC ? b->udp_service : b->tcp_service;

		if ((old == key->where) != (new == key->where))
			return true;
	}
	return false;
}

static bool scan_ports_differ(const struct pair *pair, const struct gp_config_key *key)
{
	for (unsigned int i = 0; i < GP_PORTS; i++) {
		if ((pair->old_config->ports[i].scan_class == key->where) !=
		    (pair->new_config->ports[i].scan_class == key->where))
			return true;
	}
	return false;
}

/* The next prefix of a role from *at on, or NULL. */
static const struct gp_prefix *next_of(const struct gp_config *config, size_t role, __u32 *at)
{
	while (*at < config->prefix_count) {
		const struct gp_prefix *prefix = &config->prefixes[(*at)++];

		if (prefix->role == role)
			return prefix;
	}
	return NULL;
}

/* As they are written, in their order. */
static bool prefixes_differ(const struct pair *pair, const struct gp_config_key *key)
{
	const struct gp_config *old = pair->old_config, *new = pair->new_config;
	const struct gp_prefix *a, *b;
	__u32 i = 0, j = 0;

	if (key->where == GP_ROLE_SUBSCRIBER && old->default_inside != new->default_inside)
		return true;
	do {
		a = next_of(old, key->where, &i);
		b = next_of(new, key->where, &j);
		if (!a != !b || (a && (a->bits != b->bits || memcmp(&a->addr, &b->addr, sizeof(a->addr)))))
			return true;
	} while (a);
	return false;
}

/* An address that stays inside, under subscribers of another length? Ranges are sorted and disjoint. */
static bool subscribers_differ(const struct pair *pair, const struct gp_config_key *key)
{
	const struct gp_config *old = pair->old_config, *new = pair->new_config;

	(void)key;
	for (__u32 i = 0, j = 0; i < old->range_count && j < new->range_count;) {
		const struct gp_range *a = &old->ranges[i], *b = &new->ranges[j];

		if (gp_addr_number(&a->last) < gp_addr_number(&b->first)) {
			i++;
		} else if (gp_addr_number(&b->last) < gp_addr_number(&a->first)) {
			j++;
		} else {
			if (a->role == GP_ROLE_SUBSCRIBER && b->role == GP_ROLE_SUBSCRIBER &&
			    a->subscriber_bits != b->subscriber_bits)
				return true;
			if (gp_addr_number(&a->last) < gp_addr_number(&b->last))
				i++;
			else
				j++;
		}
	}
	return false;
}

static bool class_prefixes_differ(const struct pair *pair, const struct gp_config_key *key)
{
	const struct gp_config *old = pair->old_config, *new = pair->new_config;

	(void)key;
	if (old->class_prefix_count != new->class_prefix_count)
		return true;
	for (__u32 i = 0; i < old->class_prefix_count; i++) {
		const struct gp_class_prefix *a = &old->class_prefixes[i], *b = &new->class_prefixes[i];

		if (a->class != b->class || a->prefix.bits != b->prefix.bits ||
		    memcmp(&a->prefix.addr, &b->prefix.addr, sizeof(a->prefix.addr)))
			return true;
	}
	return false;
}

static bool entries_differ(const struct pair *pair, const struct gp_config_key *key);

static bool is_different(const struct pair *pair, const struct gp_config_key *key)
{
	static bool (*const differ[])(const struct pair *, const struct gp_config_key *) = {
		[GP_KEY_SECTION] = sections_differ,
		[GP_KEY_TEXT] = texts_differ,
		[GP_KEY_BOOL] = bools_differ,
		[GP_KEY_VALIDATION] = bools_differ,
		[GP_KEY_NUMBER] = doubles_differ,
		[GP_KEY_DURATION] = doubles_differ,
		[GP_KEY_POWER] = integers_differ,
		[GP_KEY_INTEGER] = integers_differ,
		[GP_KEY_BITS] = integers_differ,
		[GP_KEY_MASK] = integers_differ,
		[GP_KEY_PORTS] = ports_differ,
		[GP_KEY_SCAN_PORTS] = scan_ports_differ,
		[GP_KEY_PREFIXES] = prefixes_differ,
		[GP_KEY_ENTRY_SUBSCRIBER] = subscribers_differ,
		[GP_KEY_SECRET] = secrets_differ,
		[GP_KEY_NAME] = names_differ,
		[GP_KEY_CHOICE] = integers_differ,
		[GP_KEY_ENTRIES] = entries_differ,
		[GP_KEY_LIST_ENTRIES] = texts_differ,
		[GP_KEY_CLASS_PREFIXES] = class_prefixes_differ,
	};

	return differ[key->type](pair, key);
}

static bool entries_differ(const struct pair *pair, const struct gp_config_key *key)
{
	const struct gp_entries_place *place = &gp_entries_places[key->where];
	__u32 old_count, new_count;
	struct pair entry = {
		.old_config = pair->old_config,
		.new_config = pair->new_config,
		.old = gp_config_entries(pair->old_config, (enum gp_entries)key->where, &old_count),
		.new = gp_config_entries(pair->new_config, (enum gp_entries)key->where, &new_count),
	};

	if (old_count != new_count)
		return true;
	for (; old_count--; entry.old += place->size, entry.new += place->size) {
		for (const struct gp_config_key *k = gp_config_keys; k < gp_config_keys + gp_config_key_count; k++) {
			if (gp_config_key_below(k, place->parent) && is_different(&entry, k))
				return true;
		}
	}
	return false;
}

/* Keys of entries are looked at with their entries, except for the one that takes a restart where they do not. */
static bool is_compared(const struct gp_config_key *key)
{
	return !strstr(key->path, "[].") || key->type == GP_KEY_ENTRY_SUBSCRIBER;
}

static bool takes_restart(const struct pair *pair, const struct gp_config_key *key)
{
	__u32 old, new;

	if (key->change != GP_CHANGE_LIVE_ABOVE_0)
		return key->change != GP_CHANGE_LIVE;
	memcpy(&old, pair->old + key->where, sizeof(old));
	memcpy(&new, pair->new + key->where, sizeof(new));
	return !old || !new;
}

void gp_config_compare(struct gp_config_changes *changes, const struct gp_config *old, const struct gp_config *new)
{
	const struct pair pair = {
		.old_config = old,
		.new_config = new,
		.old = (const char *)old,
		.new = (const char *)new,
	};

	*changes = (struct gp_config_changes){0};
	for (size_t i = 0; i < gp_config_key_count; i++) {
		const struct gp_config_key *key = &gp_config_keys[i];

		if (!is_compared(key) || !is_different(&pair, key))
			continue;
		if (takes_restart(&pair, key)) {
			changes->restart[i] = true;
			changes->restart_count++;
		} else {
			changes->live[i] = true;
			changes->live_count++;
		}
	}
}

bool gp_config_changed(const struct gp_config_changes *changes, const char *path)
{
	for (size_t i = 0; i < gp_config_key_count; i++) {
		if ((changes->live[i] || changes->restart[i]) &&
		    (!strcmp(gp_config_keys[i].path, path) || gp_config_key_below(&gp_config_keys[i], path)))
			return true;
	}
	return false;
}

void gp_config_refuse(struct gp_config_errors *errors, const struct gp_config_changes *changes)
{
	for (size_t i = 0; i < gp_config_key_count; i++) {
		const struct gp_config_key *key = &gp_config_keys[i];

		if (changes->restart[i])
			gp_config_errors_add(errors, 0, "%s: cannot change%s while running; restart, or take the change back",
					     key->path, key->change == GP_CHANGE_LIVE_ABOVE_0 ? " from or to 0" : "");
	}
}

void gp_config_changes_list(char *out, size_t size, const struct gp_config_changes *changes)
{
	unsigned int left = changes->live_count;
	size_t at = 0;

	*out = '\0';
	for (size_t i = 0; i < gp_config_key_count && left; i++) {
		const char *path = gp_config_keys[i].path;

		if (!changes->live[i])
			continue;
		if (at + strlen(path) + sizeof(", , and 4294967295 more") > size) {
			snprintf(out + at, size - at, "%s%u more", at ? ", and " : "", left);
			return;
		}
		at += (size_t)sprintf(out + at, "%s%s", at ? ", " : "", path);
		left--;
	}
}

/* What lasts as long as the agent does. */
static void carry_over(struct gp_config *new, const struct gp_config *old)
{
	if (!new->secret_given)
		memcpy(new->secret, old->secret, sizeof(new->secret));
	new->deep = old->deep;
	new->sampling = old->sampling;
}

int gp_config_reload(struct gp_config **out, struct gp_config_changes *changes, const struct gp_config *old,
		     const struct gp_config_source *source)
{
	struct gp_config_errors errors = {0};
	struct gp_config *new;
	int err = gp_config_open(&new, source->path, source->inside, source->inside_count);

	*out = NULL;
	if (!err)
		err = gp_config_interfaces(new, source->interfaces, source->interface_count);
	if (err) {
		gp_config_close(new);
		return err;
	}
	gp_config_compare(changes, old, new);
	gp_config_refuse(&errors, changes);
	gp_config_errors_log(&errors, source->path);
	gp_config_errors_free(&errors);
	if (changes->restart_count) {
		gp_config_close(new);
		return -EINVAL;
	}
	carry_over(new, old);
	*out = new;
	return 0;
}
