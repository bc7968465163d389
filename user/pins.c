// SPDX-License-Identifier: GPL-2.0-or-later
#include "pins.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

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
