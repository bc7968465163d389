/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "file_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_BYTES 65536u

struct gp_file_stamp gp_file_stamp(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return (struct gp_file_stamp){0};
	return (struct gp_file_stamp){.device = st.st_dev, .inode = st.st_ino, .size = (__u64)st.st_size,
				      .changed_s = st.st_mtim.tv_sec, .changed_ns = st.st_mtim.tv_nsec};
}

bool gp_file_stamp_equal(const struct gp_file_stamp *a, const struct gp_file_stamp *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static int read_all(char **text, size_t *len, int fd, size_t most)
{
	size_t capacity = 0;
	ssize_t n;

	do {
		if (*len == capacity) {
			char *grown;

			capacity = capacity ? 2 * capacity : FIRST_BYTES;
			grown = realloc(*text, capacity);
			if (!grown)
				return -ENOMEM;
			*text = grown;
		}
		n = read(fd, *text + *len, capacity - *len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		*len += (size_t)n;
		if (*len > most)
			return -EFBIG;
	} while (n);
	return 0;
}

/* Whoever waits for a writer of a pipe waits with all packets. */
static int check_kind(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	return S_ISREG(st.st_mode) ? 0 : -EINVAL;
}

int gp_file_read(char **text, size_t *len, const char *path, size_t most)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err;

	*text = NULL;
	*len = 0;
	if (fd < 0)
		return -errno;
	err = check_kind(fd);
	if (!err)
		err = read_all(text, len, fd, most);
	close(fd);
	if (err) {
		free(*text);
		*text = NULL;
		*len = 0;
	}
	return err;
}

const char *gp_file_error(int err)
{
	if (err == -EFBIG)
		return "it is too long";
	if (err == -EINVAL)
		return "it is no regular file";
	return strerror(-err);
}
