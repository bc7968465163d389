/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lists_load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "file_text.h"
#include "log.h"

#define ERRORS_MAX 1000u /* further ones are counted */

struct gp_lists_loader {
	const struct gp_list_spec *specs;
	size_t count;
	struct gp_lists *lists;
	struct gp_file_stamp stamps[GP_LISTS_MAX]; /* of the files that were read last, broken or not */
	size_t errors;
	char *texts[GP_LISTS_MAX]; /* while they are read */
	size_t lens[GP_LISTS_MAX];
};

static void log_error(void *context, const struct gp_lists_error *error)
{
	struct gp_lists_loader *loader = context;
	const struct gp_list_spec *spec = &loader->specs[error->list];

	if (loader->errors++ >= ERRORS_MAX)
		return;
	if (spec->file)
		gp_error("%s:%d: %s", spec->file, error->line, error->text);
	else
		gp_error("lists: %s, entry %d: %s", spec->name, error->line, error->text);
}

/* The stamps are taken first: what changes while it is read has another one then. */
static int read_files(struct gp_lists_loader *loader)
{
	int first = 0;

	for (size_t i = 0; i < loader->count; i++) {
		const struct gp_list_spec *spec = &loader->specs[i];
		int err;

		if (!spec->file)
			continue;
		loader->stamps[i] = gp_file_stamp(spec->file);
		err = gp_file_read(&loader->texts[i], &loader->lens[i], spec->file, GP_LIST_FILE_BYTES);
		if (err)
			gp_error("lists: cannot read %s of %s: %s", spec->file, spec->name, gp_file_error(err));
		first = first ? first : err;
	}
	return first;
}

static void release_texts(struct gp_lists_loader *loader)
{
	for (size_t i = 0; i < loader->count; i++) {
		free(loader->texts[i]);
		loader->texts[i] = NULL;
	}
}

/* Files that can be read are checked even where another cannot. */
static int read_lists(struct gp_lists_loader *loader)
{
	int missing = read_files(loader), err;
	struct gp_lists *trial = NULL;

	loader->errors = 0;
	if (!missing) {
		err = gp_lists_read(loader->lists, (const char *const *)loader->texts, loader->lens, log_error, loader);
	} else {
		err = gp_lists_open(&trial, loader->specs, loader->count);
		if (!err)
			gp_lists_read(trial, (const char *const *)loader->texts, loader->lens, log_error, loader);
		gp_lists_close(trial);
		err = missing;
	}
	release_texts(loader);
	if (loader->errors > ERRORS_MAX)
		gp_error("lists: %zu more errors", loader->errors - ERRORS_MAX);
	if (err == -ENOMEM)
		gp_error("lists: %s", strerror(-err));
	return err;
}

int gp_lists_load(struct gp_lists_loader **out, const struct gp_list_spec *specs, size_t count)
{
	struct gp_lists_loader *loader = calloc(1, sizeof(*loader));
	int err;

	if (!loader || count > GP_LISTS_MAX) {
		free(loader);
		return loader ? -EINVAL : -ENOMEM;
	}
	loader->specs = specs;
	loader->count = count;
	err = count ? gp_lists_open(&loader->lists, specs, count) : 0;
	if (!err && count)
		err = read_lists(loader);
	if (err)
		gp_lists_unload(loader);
	else
		*out = loader;
	return err;
}

struct gp_lists *gp_lists_loaded(const struct gp_lists_loader *loader)
{
	return loader ? loader->lists : NULL;
}

int gp_lists_reload(struct gp_lists_loader *loader)
{
	int err = loader->lists ? read_lists(loader) : 0;

	if (err)
		gp_error("lists: what was read before stays in use, all of it, until the errors above are put right");
	return err;
}

int gp_lists_refresh(struct gp_lists_loader *loader)
{
	bool changed = false;
	int err;

	for (size_t i = 0; i < loader->count && !changed; i++) {
		struct gp_file_stamp now;

		if (!loader->specs[i].file)
			continue;
		now = gp_file_stamp(loader->specs[i].file);
		changed = !gp_file_stamp_equal(&now, &loader->stamps[i]);
	}
	if (!changed)
		return 0;
	err = gp_lists_reload(loader);
	if (!err)
		gp_notice("lists: read again");
	return err ? err : 1;
}

void gp_lists_loader_swap(struct gp_lists_loader *a, struct gp_lists_loader *b)
{
	struct gp_lists_loader was = *a;

	if (a->lists)
		gp_lists_swap(a->lists, b->lists);
	*a = *b;
	a->lists = was.lists;
	was.lists = b->lists;
	*b = was;
}

void gp_lists_unload(struct gp_lists_loader *loader)
{
	if (!loader)
		return;
	gp_lists_close(loader->lists);
	free(loader);
}
