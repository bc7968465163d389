// SPDX-License-Identifier: GPL-2.0-or-later
#include "pins.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "log.h"

#define NOTE "gp_note"

int gp_pins_lock(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

#define NEW "_new" /* names there hold no dots */

static int note_path(char path[PATH_MAX], const char *dir)
{
	return snprintf(path, PATH_MAX, "%s/" NOTE, dir) < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* The note becomes visible with its name, whole, and in place of the one before. */
static int pin_note(const char *path, const struct gp_note *notes, size_t count)
{
	char fresh[PATH_MAX + sizeof(NEW)];
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, NOTE, sizeof(__u32), sizeof(*notes), (__u32)count, NULL), err = 0;

	if (fd < 0)
		return fd;
	for (__u32 i = 0; i < count && !err; i++)
		err = bpf_map_update_elem(fd, &i, &notes[i], BPF_ANY);
	snprintf(fresh, sizeof(fresh), "%s" NEW, path);
	unlink(fresh); /* of an agent that was killed in between */
	if (!err)
		err = bpf_obj_pin(fd, fresh);
	if (!err && rename(fresh, path))
		err = -errno;
	close(fd);
	return err;
}

int gp_pins_note(const char *dir, const struct gp_note *notes, size_t count)
{
	char path[PATH_MAX];
	int err = note_path(path, dir);

	if (!err)
		err = pin_note(path, notes, count);
	if (err)
		gp_error("%s/" NOTE ": cannot pin: %s", dir, strerror(-err));
	return err;
}

static int read_note(int fd, struct gp_note **out, size_t *count)
{
	struct bpf_map_info info = { 0 };
	__u32 bytes = sizeof(info);
	struct gp_note *notes;
	int err = bpf_obj_get_info_by_fd(fd, &info, &bytes);

	if (err)
		return err;
	if (info.value_size != sizeof(*notes) || info.key_size != sizeof(__u32) || !info.max_entries)
		return -EPROTO;
	notes = calloc(info.max_entries, sizeof(*notes));
	if (!notes)
		return -ENOMEM;
	for (__u32 i = 0; i < info.max_entries && !err; i++) {
		err = bpf_map_lookup_elem(fd, &i, &notes[i]);
		if (!err && notes[i].settings.abi_version != GP_ABI_VERSION)
			err = -EPROTO;
	}
	if (err) {
		free(notes);
		return err;
	}
	*out = notes;
	*count = info.max_entries;
	return 0;
}

int gp_pins_read_note(const char *dir, struct gp_note **notes, size_t *count)
{
	char path[PATH_MAX];
	int fd, err = note_path(path, dir);

	if (err)
		return err;
	fd = bpf_obj_get(path);
	if (fd < 0)
		return fd;
	err = read_note(fd, notes, count);
	close(fd);
	return err;
}

int gp_pins_remove(const char *dir, unsigned *count)
{
	DIR *stream = opendir(dir);
	struct dirent *entry;
	int err = 0;

	if (!stream && errno == ENOENT)
		return 0;
	/* Nobody shall take for complete what is being removed. */
	if (stream && !unlinkat(dirfd(stream), NOTE, 0) && count)
		(*count)++;
	while (stream && (entry = readdir(stream))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (unlinkat(dirfd(stream), entry->d_name, 0)) {
			err = -errno;
			gp_error("%s/%s: cannot unpin: %s", dir, entry->d_name, strerror(-err));
		} else if (count) {
			(*count)++;
		}
	}
	if (stream)
		closedir(stream);
	if (!err && rmdir(dir)) {
		err = -errno;
		gp_error("%s: cannot remove: %s", dir, strerror(-err));
	}
	return err;
}

void gp_pins_remove_libxdp(void)
{
	static const char dir[] = "/sys/fs/bpf/xdp";
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	/* It fails when another program's dispatcher is pinned there, and then it should. */
	if (!flock(fd, LOCK_EX | LOCK_NB))
		rmdir(dir);
	close(fd);
}
