/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the text of a scalar to a value, the same under every locale. Internal to config. */
#ifndef GATEPOST_CONFIG_VALUE_H
#define GATEPOST_CONFIG_VALUE_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

/**
 * gp_number_parse() - a decimal number without sign: "12", "0.001", "1e-6".
 * @rest: out; what follows the number. At most 15 significant digits and exponents of -22 to 22 are taken, where the
 *        result is the nearest double (both factors are exact, one operation rounds).
 *
 * Return: 0, or -EINVAL if the text does not begin with such a number.
 */
int gp_number_parse(double *value, const char **rest, const char *text);

/* The same, of digits only and without needless zeros, with nothing behind it. */
int gp_integer_parse(__u32 *value, const char *text, __u32 most);

/**
 * gp_duration_parse() - "90s", "10min", "1.5h", "7d".
 * @why: out on failure; static, what is wrong.
 *
 * Return: 0, or -EINVAL.
 */
int gp_duration_parse(double *seconds, const char **why, const char *text);

/* Writes a duration in its largest whole unit. */
void gp_duration_format(char *out, size_t size, double seconds);

/**
 * gp_ports_parse() - "25" or "1-1023", within 1 to 65535.
 *
 * Return: 0, or -EINVAL.
 */
int gp_ports_parse(__u16 *first, __u16 *last, const char *text);

/* "0xff00": 0x and 1 to 8 hexadecimal digits. Return: 0, or -EINVAL. */
int gp_mask_parse(__u32 *mask, const char *text);

/* 32 hexadecimal digits, the most significant first. Return: 0, or -EINVAL. */
int gp_secret_parse(__u64 secret[2], const char *text);

#endif
