/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config_value.h"

#define DIGITS_MAX 15	/* below 2^53 whatever the digits are */
#define EXPONENT_MAX 22 /* 10^22 is the last power of ten that a double holds exactly */

static const struct {
	const char *name;
	double seconds;
} units[] = {
	{"s", 1},
	{"min", 60},
	{"h", 3600},
	{"d", 86400},
};
#define UNITS (sizeof(units) / sizeof(units[0]))

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Moves *text over digits; returns how many were significant, -1 without any. */
static int digits_parse(__u64 *number, const char **text, int significant)
{
	const char *start = *text;

	for (; is_digit(**text); (*text)++) {
		if (significant || **text != '0')
			significant++;
		if (significant <= DIGITS_MAX)
			*number = 10 * *number + (__u64)(**text - '0');
	}
	return *text == start ? -1 : significant;
}

/* "e-6"; 0 when there is none, out of range when it is not one to be taken. */
static int exponent_parse(const char **text)
{
	const char *s = *text;
	int sign = 1, value = 0;

	if (*s != 'e' && *s != 'E')
		return 0;
	s++;
	if (*s == '+' || *s == '-')
		sign = *s++ == '-' ? -1 : 1;
	if (!is_digit(*s))
		return 0;
	for (; is_digit(*s); s++)
		value = value > EXPONENT_MAX ? value : 10 * value + (*s - '0');
	*text = s;
	return sign * value;
}

int gp_number_parse(double *value, const char **rest, const char *text)
{
	const char *at = text, *fraction;
	int significant, exponent = 0, i;
	__u64 number = 0;
	double power = 1;

	significant = digits_parse(&number, &at, 0);
	/* "010" is eight to YAML 1.1, ten to YAML 1.2, and a mistake here. */
	if (significant < 0 || (text[0] == '0' && is_digit(text[1])))
		return -EINVAL;
	if (*at == '.') {
		fraction = ++at;
		significant = digits_parse(&number, &at, significant);
		if (significant < 0 || at - fraction > EXPONENT_MAX)
			return -EINVAL;
		exponent = -(int)(at - fraction);
	}
	exponent += exponent_parse(&at);
	if (significant > DIGITS_MAX || exponent < -EXPONENT_MAX || exponent > EXPONENT_MAX)
		return -EINVAL;
	for (i = exponent < 0 ? -exponent : exponent; i; i--)
		power *= 10;
	*value = exponent < 0 ? (double)number / power : (double)number * power;
	*rest = at;
	return 0;
}

int gp_integer_parse(__u32 *value, const char *text, __u32 most)
{
	__u64 number = 0;
	size_t i;

	if (!text[0] || (text[0] == '0' && text[1]))
		return -EINVAL;
	for (i = 0; text[i]; i++) {
		if (!is_digit(text[i]))
			return -EINVAL;
		number = 10 * number + (__u64)(text[i] - '0');
		if (number > most)
			return -EINVAL;
	}
	*value = (__u32)number;
	return 0;
}

int gp_duration_parse(double *seconds, const char **why, const char *text)
{
	const char *unit;
	size_t i;

	*why = "is not a duration";
	if (gp_number_parse(seconds, &unit, text))
		return -EINVAL;
	for (i = 0; i < UNITS; i++) {
		if (!strcmp(unit, units[i].name)) {
			*seconds *= units[i].seconds;
			return 0;
		}
	}
	*why = *unit ? "has an unknown unit" : "has no unit";
	return -EINVAL;
}

void gp_duration_format(char *out, size_t size, double seconds)
{
	size_t i = UNITS - 1;

	while (i && seconds / units[i].seconds != (double)(__u64)(seconds / units[i].seconds))
		i--;
	snprintf(out, size, "%.15g%s", seconds / units[i].seconds, units[i].name);
}

int gp_ports_parse(__u16 *first, __u16 *last, const char *text)
{
	const char *dash = strchr(text, '-');
	char low[8];
	__u32 from, to;

	if (!dash)
		dash = text + strlen(text);
	if ((size_t)(dash - text) >= sizeof(low))
		return -EINVAL;
	memcpy(low, text, (size_t)(dash - text));
	low[dash - text] = '\0';
	if (gp_integer_parse(&from, low, 65535) || (*dash && gp_integer_parse(&to, dash + 1, 65535)))
		return -EINVAL;
	if (!*dash)
		to = from;
	if (!from || from > to)
		return -EINVAL;
	*first = (__u16)from;
	*last = (__u16)to;
	return 0;
}

/* Return: 0 to 15, or -EINVAL. */
static int hex_digit(int c)
{
	if (is_digit((char)c))
		return c - '0';
	if (c >= 'A' && c <= 'F')
		c += 'a' - 'A';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -EINVAL;
}

int gp_mask_parse(__u32 *mask, const char *text)
{
	__u32 value = 0;
	size_t i;

	if (text[0] != '0' || text[1] != 'x' || !text[2])
		return -EINVAL;
	for (i = 2; text[i]; i++) {
		int digit = hex_digit(text[i]);

		if (digit < 0 || i == 10)
			return -EINVAL;
		value = value << 4 | (__u32)digit;
	}
	*mask = value;
	return 0;
}

int gp_secret_parse(__u64 secret[2], const char *text)
{
	__u64 halves[2] = {0, 0};
	size_t i;

	for (i = 0; i < 32; i++) {
		int digit = hex_digit(text[i]);

		if (digit < 0)
			return -EINVAL;
		halves[i / 16] = halves[i / 16] << 4 | (__u64)digit;
	}
	if (text[32])
		return -EINVAL;
	secret[0] = halves[0];
	secret[1] = halves[1];
	return 0;
}
