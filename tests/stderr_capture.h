/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the program says on standard error, read instead of shown. */
#ifndef GATEPOST_TESTS_STDERR_CAPTURE_H
#define GATEPOST_TESTS_STDERR_CAPTURE_H

#include <stddef.h>

/* From here on messages go to a file, also those of child processes. */
void stderr_capture_begin(void);
/* Standard error is what it was; @out holds what was said, cut to @size - 1 bytes and terminated. */
void stderr_capture_end(char *out, size_t size);

#endif
