// SPDX-License-Identifier: GPL-2.0-or-later
#include "pins.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "log.h"

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

int gp_pins_remove(const char *dir, unsigned *count)
{
	DIR *stream = opendir(dir);
	struct dirent *entry;
	int err = 0;

	if (!stream && errno == ENOENT)
		return 0;
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
