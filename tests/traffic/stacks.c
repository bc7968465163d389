// SPDX-License-Identifier: GPL-2.0-or-later
#include "stacks.h"

#include <string.h>

/* Initial values as captures of these systems show them; of the tools, as their sources build them. */
const struct stack_row stack_rows[STACKS] = {
	[STACK_WINDOWS] = { "windows", 128, 64240, 1460, 8, "MNWNNS", "MNWST", "MNWNNS", true, ID_COUNTS, 4 },
	[STACK_WINDOWS_OLD] = { "windows-old", 128, 8192, 1460, 2, "MNWNNS", "MNWST", "MNWNNS", true, ID_COUNTS, 3 },
	[STACK_LINUX] = { "linux", 64, 64240, 1460, 7, "MSTNW", "MSTNW", "MNNSNW", true, ID_COUNTS, 4 },
	[STACK_LINUX_OLD] = { "linux-old", 64, 29200, 1460, 7, "MSTNW", "MSTNW", "MNNSNW", true, ID_COUNTS, 4 },
	[STACK_MACOS] = { "macos", 64, 65535, 1460, 6, "MNWNNTSE", "MNWNNTSE", "MNWSE", true, ID_ZERO, 4 },
	[STACK_IOS] = { "ios", 64, 65535, 1440, 7, "MNWNNTSE", "MNWNNTSE", "MNWSE", true, ID_ZERO, 4 },
	[STACK_ANDROID] = { "android", 64, 65535, 1460, 9, "MSTNW", "MSTNW", "MNNSNW", true, ID_COUNTS, 4 },
	[STACK_FREEBSD] = { "freebsd", 64, 65535, 1460, 6, "MNWST", "MNWST", "MNWSE", true, ID_RANDOM, 4 },
	[STACK_EMBEDDED] = { "embedded", 255, 5840, 1460, 0, "M", "M", "M", false, ID_COUNTS, 3 },
	[STACK_CAMERA] = { "camera", 64, 5840, 1460, 1, "MSTNW", "MSTNW", "MNNSNW", true, ID_COUNTS, 4 },
	[STACK_RAW] = { "raw", 64, 1024, 1460, 0, "M", "M", "M", false, ID_RANDOM, 1 },
	[STACK_ZMAP] = { "zmap", 255, 65535, 1460, 0, "M", "M", "M", false, ID_54321, 1 },
	[STACK_MASSCAN] = { "masscan", 255, 1024, 1460, 0, "M", "M", "M", false, ID_MASSCAN, 1 },
	[STACK_MIRAI] = { "mirai", 64, 14600, 0, 0, "", "M", "M", false, ID_RANDOM, 1 },
};

bool stack_offers(const char *layout, char option)
{
	return strchr(layout, option) != NULL;
}

static __u8 *put(__u8 *at, __u32 value, unsigned int width)
{
	while (width--)
		*at++ = (__u8)(value >> 8 * width);
	return at;
}

size_t stack_options(__u8 *out, const struct stack_row *row, const char *layout, __u16 mss, __u32 now, __u32 echo)
{
	__u8 *at = out;

	for (; *layout; layout++) {
		switch (*layout) {
		case 'M':
			at = put(at, 2 << 24 | 4 << 16 | mss, 4);
			break;
		case 'N':
			*at++ = 1;
			break;
		case 'W':
			at = put(at, 3 << 16 | 3 << 8 | row->scale, 3);
			break;
		case 'S':
			at = put(at, 4 << 8 | 2, 2);
			break;
		case 'T':
			at = put(put(put(at, 8 << 8 | 10, 2), now, 4), echo, 4);
			break;
		default:
			*at++ = 0;
			break;
		}
	}
	while ((at - out) & 3)
		*at++ = 0;
	return (size_t)(at - out);
}
