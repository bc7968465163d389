// SPDX-License-Identifier: GPL-2.0-or-later
#include "query_time.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define NS_PER_S 1000000000ull
#define LAST_S 253402300799ll /* 9999-12-31T23:59:59Z */

/* Exactly n digits at *p, which moves behind them. */
static bool digits(const char **p, unsigned n, unsigned *out)
{
	*out = 0;
	for (; n; n--, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		*out = *out * 10 + (unsigned)(**p - '0');
	}
	return true;
}

static bool letter(const char **p, const char *either)
{
	if (!**p || !strchr(either, **p))
		return false;
	(*p)++;
	return true;
}

static unsigned month_days(unsigned year, unsigned month)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

/* Days since 1970-01-01 of the proleptic Gregorian calendar; the year begins with March, so that a leap day ends it. */
static __s64 days_since_1970(unsigned year, unsigned month, unsigned day)
{
	unsigned y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;

	return (__s64)y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

/* "Z", "+02:00". */
static bool read_offset(const char **p, __s64 *seconds)
{
	unsigned hours, minutes;
	bool west;

	*seconds = 0;
	if (letter(p, "Zz"))
		return true;
	west = **p == '-';
	if (!letter(p, "+-") || !digits(p, 2, &hours) || !letter(p, ":") || !digits(p, 2, &minutes) || hours > 23 ||
	    minutes > 59)
		return false;
	*seconds = (__s64)(hours * 3600 + minutes * 60) * (west ? -1 : 1);
	return true;
}

/* ".25"; digits beyond the ninth say nothing here. */
static bool read_fraction(const char **p, __u64 *ns)
{
	__u64 unit = NS_PER_S;

	*ns = 0;
	if (!letter(p, "."))
		return true;
	if (**p < '0' || **p > '9')
		return false;
	for (; **p >= '0' && **p <= '9'; (*p)++) {
		unit /= 10;
		*ns += unit * (__u64)(**p - '0');
	}
	return true;
}

static int read_date(__u64 *out, const char *p)
{
	unsigned year, month, day, hour, minute, second;
	__s64 offset_s, at;
	__u64 ns;

	if (!digits(&p, 4, &year) || !letter(&p, "-") || !digits(&p, 2, &month) || !letter(&p, "-") ||
	    !digits(&p, 2, &day) || !letter(&p, "Tt ") || !digits(&p, 2, &hour) || !letter(&p, ":") ||
	    !digits(&p, 2, &minute) || !letter(&p, ":") || !digits(&p, 2, &second) || !read_fraction(&p, &ns) ||
	    !read_offset(&p, &offset_s) || *p)
		return -EINVAL;
	if (year < 1969 || !month || month > 12 || !day || day > month_days(year, month) || hour > 23 || minute > 59 ||
	    second > 60)
		return -EINVAL;
	if (second == 60)
		ns = 0;
	at = days_since_1970(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset_s;
	if (at < 0 || at > LAST_S)
		return -EINVAL;
	*out = (__u64)at * NS_PER_S + ns;
	return 0;
}

/* "-15m". What lies before 1970 is an error, too. */
static int read_before(__u64 *out, const char *p, __u64 now_ns)
{
	static const struct {
		char letter;
		__u64 seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 } };
	__u64 number = 0;
	unsigned n = 0;

	for (; *p >= '0' && *p <= '9' && n < 9; p++, n++)
		number = number * 10 + (__u64)(*p - '0');
	if (!n || !p[0] || p[1])
		return -EINVAL;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (*p != units[i].letter)
			continue;
		if (number * units[i].seconds > now_ns / NS_PER_S)
			return -EINVAL;
		*out = now_ns - number * units[i].seconds * NS_PER_S;
		return 0;
	}
	return -EINVAL;
}

int gp_time_read(__u64 *out, const char *text, __u64 now_ns)
{
	if (!strcmp(text, "now")) {
		*out = now_ns;
		return 0;
	}
	return text[0] == '-' ? read_before(out, text + 1, now_ns) : read_date(out, text);
}
