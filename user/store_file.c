// SPDX-License-Identifier: GPL-2.0-or-later
#include "store_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gatepost/types.h>

#include "log.h"
#include "store_schema.h"

/* https://www.sqlite.org/fileformat2.html, 1.3 */
#define HEADER_BYTES 100
#define USER_VERSION_AT 60
#define APPLICATION_AT 68

static const char magic[16] = "SQLite format 3";

static int refuse(int err, bool quiet, const char *path, const char *why)
{
	if (!quiet)
		gp_error("store: %s %s", path, why);
	return err;
}

static int make_directory(const char *path)
{
	char directory[4096];
	const char *end = strrchr(path, '/');
	int n;

	if (!end || end == path)
		return 0;
	n = snprintf(directory, sizeof(directory), "%.*s", (int)(end - path), path);
	if (n < 0 || (size_t)n >= sizeof(directory))
		return -ENAMETOOLONG;
	if (mkdir(directory, 0750))
		return errno == EEXIST ? 0 : -errno;
	return chmod(directory, 0750) ? -errno : 0; /* whatever the umask */
}

static int open_or_make(const char *path)
{
	int fd, err;

	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd >= 0 || errno != ENOENT)
		return fd >= 0 ? fd : -errno;
	err = make_directory(path);
	if (err)
		return err;
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return -errno;
	if (fchmod(fd, 0640)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

static int look_at_header(const char *path, int fd, bool quiet)
{
	unsigned char header[HEADER_BYTES] = "";
	ssize_t n;

	n = pread(fd, header, sizeof(header), 0);
	if (n < 0)
		return -errno;
	if (n < HEADER_BYTES || memcmp(header, magic, sizeof(magic)))
		return refuse(-EINVAL, quiet, path,
			      "is no SQLite database: move it away, or name another file for the store");
	if (gp_load_be32(header + APPLICATION_AT) != GP_SCHEMA_APPLICATION)
		return refuse(-EINVAL, quiet, path,
			      "is another program's database: move it away, or name another file for the store");
	if ((__s32)gp_load_be32(header + USER_VERSION_AT) > gp_schema_version(gp_schema_steps))
		return refuse(-EOPNOTSUPP, quiet, path,
			      "was written by a later gatepost: install that one, or name another file for the store");
	return 0;
}

static int claim(const char *path, int fd, bool *empty, bool quiet)
{
	struct stat st;
	int err;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return refuse(-EINVAL, quiet, path, "is no regular file: name another one for the store");
	if (flock(fd, LOCK_EX | LOCK_NB))
		return errno != EWOULDBLOCK ? -errno :
		       refuse(-EBUSY, quiet, path,
			      "is in use by another gatepost: stop that one, or name another file for the store");
	*empty = !st.st_size;
	if (*empty)
		return 0;
	err = look_at_header(path, fd, quiet);
	if (!err && st.st_mode & 07 && !fchmod(fd, st.st_mode & 0770))
		gp_notice("store: %s was open to everybody: it is not any more", path);
	return err;
}

int gp_store_file_claim(const char *path, int *fd, bool *empty, bool quiet)
{
	int err;

	*fd = open_or_make(path);
	if (*fd < 0) {
		err = *fd;
		*fd = -1;
		return err == -ELOOP ? refuse(-EINVAL, quiet, path, "is a symbolic link: name the file itself") : err;
	}
	err = claim(path, *fd, empty, quiet);
	if (err) {
		close(*fd);
		*fd = -1;
	}
	return err;
}

bool gp_store_file_is_there(const char *path, int fd)
{
	struct stat named, open_one;

	return !stat(path, &named) && !fstat(fd, &open_one) && named.st_dev == open_one.st_dev &&
	       named.st_ino == open_one.st_ino;
}

void gp_store_file_sizes(const char *path, __u64 *file_bytes, __u64 *log_bytes)
{
	char name[4096 + 8];
	struct stat st;

	*file_bytes = stat(path, &st) ? 0 : (__u64)st.st_size;
	snprintf(name, sizeof(name), "%s-wal", path);
	*log_bytes = stat(name, &st) ? 0 : (__u64)st.st_size;
}
