/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A whole file as text, and what tells whether it has changed since. */
#ifndef GATEPOST_FILE_TEXT_H
#define GATEPOST_FILE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

/* Another file by that name, or another content, has another stamp. All zero: there is none. */
struct gp_file_stamp {
	__u64 device, inode, size;
	__s64 changed_s, changed_ns;
};

/* The stamp of what a path names now. */
struct gp_file_stamp gp_file_stamp(const char *path);
bool gp_file_stamp_equal(const struct gp_file_stamp *a, const struct gp_file_stamp *b);

/**
 * gp_file_read() - read a regular file.
 * @text: out; the caller frees it. Not terminated.
 * @most: bytes.
 *
 * Return: 0, -EFBIG for a longer one, -EISDIR for a directory, -EINVAL for another thing that is no file, or -errno.
 */
int gp_file_read(char **text, size_t *len, const char *path, size_t most);

/* Why, for people: strerror() of what gp_file_read() returned, and plainer words for its own. Static. */
const char *gp_file_error(int err);

#endif
