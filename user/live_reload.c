// SPDX-License-Identifier: GPL-2.0-or-later
/* Another configuration while packets come. */
#include "config_reload.h"
#include "live_private.h"
#include "log.h"

/* What a new configuration needs, before anything of the old one is touched. */
struct change {
	struct gp_config *config;
	struct gp_config_changes changes;
	struct gp_lists_loader *lists;
	struct gp_as_table *as_table;
	struct gp_classes *classes;
};

static int open_change(struct change *c, const struct gp_live *live)
{
	const struct gp_options *options = live->options;
	const struct gp_config_source source = {
		.path = options->config_path,
		.inside = options->inside,
		.inside_count = options->inside_count,
		.interfaces = options->interfaces,
		.interface_count = options->interface_count,
	};
	int err = gp_config_reload(&c->config, &c->changes, live->config, &source);

	if (err)
		return err;
	c->config->kept = live->config->kept;
	err = gp_classes_open(&c->classes, c->config->classes, c->config->class_count, c->config->class_prefixes,
			      c->config->class_prefix_count);
	if (err)
		return err;
	err = gp_lists_load(&c->lists, c->config->lists, c->config->list_count);
	if (!err && c->config->as_table[0])
		err = gp_as_open(&c->as_table, c->config->as_table);
	return err;
}

static void close_change(struct change *c)
{
	gp_lists_unload(c->lists);
	gp_as_close(c->as_table);
	gp_classes_close(c->classes);
	if (c->config)
		gp_config_close(c->config);
}

/* The configuration stays where it is, for many have borrowed it; what it held goes with the change. */
static void swap(struct gp_live *live, struct change *c)
{
	struct gp_config config = *live->config;
	struct gp_as_table *as_table = live->as_table;
	struct gp_classes *classes = live->classes;

	*live->config = *c->config;
	live->as_table = c->as_table;
	*c->config = config;
	c->as_table = as_table;
	live->classes = c->classes;
	c->classes = classes;
}

/* Of lists that are the same but for their entries it is known who speaks with them, and stays known. */
static int use_lists(struct gp_live *live, struct change *c)
{
	struct gp_lists_loader *lists = live->lists;

	if (gp_list_specs_agree(live->config->lists, live->config->list_count, c->config->lists, c->config->list_count)) {
		gp_lists_loader_swap(live->lists, c->lists);
		return 0;
	}
	live->lists = c->lists;
	c->lists = lists;
	return gp_witness_lists(live->witness, gp_lists_loaded(live->lists));
}

static int use_change(struct gp_live *live, struct change *c)
{
	int err = use_lists(live, c);
	struct gp_heard heard;

	gp_judge_change(live->judge, &live->config->limits, live->classes);
	gp_judge_origins(live->judge, gp_as_number, live->as_table);
	heard = gp_witness_heard(live->witness);
	gp_judge_hear(live->judge, &heard);
	return err;
}

int gp_live_reload(struct gp_live *live)
{
	struct change c = { 0 };
	char what[256];
	int err = open_change(&c, live);

	if (!err)
		err = gp_feed_reload(live, c.config);
	if (err) {
		live->reloads_failed++;
		gp_error("reload: the configuration that was read before stays in use");
	} else {
		swap(live, &c);
		err = use_change(live, &c);
		live->reloads++;
		gp_config_changes_list(what, sizeof(what), &c.changes);
		gp_notice("reload: the new configuration is in use%s%s", *what ? "; changed: " : "", what);
	}
	close_change(&c);
	return err;
}
