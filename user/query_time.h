/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Points in time as people write them. */
#ifndef GATEPOST_QUERY_TIME_H
#define GATEPOST_QUERY_TIME_H

#include <linux/types.h>

/**
 * gp_time_read() - "2026-05-04T10:00:00Z", "2026-05-04T12:00:00.25+02:00" (RFC 3339, 5.6), or before now: "-90s", "-15m",
 *                  "-1h", "-7d", "-2w"; "now".
 * @now_ns, @out: ns since the Unix epoch.
 *
 * A leap second (":60") is the first instant of the next minute. Return: 0, or -EINVAL: it is neither, the date does not
 * exist, or it lies before 1970 or beyond 9999.
 */
int gp_time_read(__u64 *out, const char *text, __u64 now_ns);

#endif
