// SPDX-License-Identifier: GPL-2.0-or-later
#include "beacon.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
	__u32 left = *(const __u32 *)a, right = *(const __u32 *)b;

	return (left > right) - (left < right);
}

static void sort(__u32 *list, __u32 count)
{
	qsort(list, count, sizeof(*list), compare);
}

/* Of a sorted list, between its neighbours in proportion; the k-th stands at k / (count + 1) (Hyndman, Fan 1996: no. 6). */
static double quantile(const __u32 *list, __u32 count, double share)
{
	double at = fmin(fmax(share * (count + 1) - 1, 0), count - 1);
	__u32 below = (__u32)at, above = below + 1 < count ? below + 1 : below;

	return list[below] + (at - below) * ((double)list[above] - list[below]);
}

/* How far the middle lies beside the middle of the quartiles: -1 to 1; 0 where they are too near to tell. */
static double skew(const __u32 *list, __u32 count)
{
	double q1 = quantile(list, count, 0.25), q2 = quantile(list, count, 0.5), q3 = quantile(list, count, 0.75);

	if (q3 - q1 < 10 || q2 == q1 || q2 == q3)
		return 0;
	return (q1 + q3 - 2 * q2) / (q3 - q1);
}

/* @otherwise: where the median is nearly 0. */
static double nearness(const __u32 *list, __u32 count, double otherwise)
{
	double median = quantile(list, count, 0.5), score;
	__u32 deviations[GP_BEACON_CONTACTS];

	if (median < 1)
		return otherwise;
	for (__u32 i = 0; i < count; i++)
		deviations[i] = (__u32)fabs(list[i] - median);
	sort(deviations, count);
	score = (median - quantile(deviations, count, 0.5)) / median;
	return score > 0 ? score : 0;
}

static double regularity(const __u32 *list, __u32 count, double otherwise)
{
	return (1 - fabs(skew(list, count)) + nearness(list, count, otherwise)) / 2;
}

static double evenness(const __u16 hours[GP_BEACON_HOURS])
{
	double sum = 0, squares = 0, mean, variation;

	for (__u32 i = 0; i < GP_BEACON_HOURS; i++)
		sum += hours[i];
	mean = sum / GP_BEACON_HOURS;
	for (__u32 i = 0; i < GP_BEACON_HOURS; i++)
		squares += (hours[i] - mean) * (hours[i] - mean);
	if (mean <= 0)
		return 0;
	variation = sqrt(squares / GP_BEACON_HOURS) / mean;
	return variation > 1 ? 0 : 1 - variation;
}

/* Heights in steps of 5 % of the highest: how many hours have one of the two most usual ones. */
static double two_heights(const __u16 hours[GP_BEACON_HOURS])
{
	__u32 heights[GP_BEACON_HOURS + 1] = { 0 }, max = 0, bars = 0, step, first = 0, second = 0;
	double score;

	for (__u32 i = 0; i < GP_BEACON_HOURS; i++) {
		max = hours[i] > max ? hours[i] : max;
		bars += hours[i] != 0;
	}
	if (bars < 11)
		return 0;
	step = (max + 19) / 20;
	for (__u32 i = 0; i < GP_BEACON_HOURS; i++)
		if (hours[i])
			heights[hours[i] / step]++;
	for (__u32 i = 0; i <= GP_BEACON_HOURS; i++) {
		if (heights[i] > first) {
			second = first;
			first = heights[i];
		} else if (heights[i] > second) {
			second = heights[i];
		}
	}
	score = (double)(first + second) / (bars - 1);
	return score < 1 ? score : 1;
}

static double duration(const __u16 hours[GP_BEACON_HOURS])
{
	__u32 seen = 0, run = 0, longest = 0, first = GP_BEACON_HOURS, last = 0;
	double coverage, running;

	for (__u32 i = 0; i < GP_BEACON_HOURS; i++) {
		run = hours[i] ? run + 1 : 0;
		longest = run > longest ? run : longest;
		if (!hours[i])
			continue;
		seen++;
		first = first < i ? first : i;
		last = i;
	}
	if (seen < 6)
		return 0;
	coverage = (double)(last - first + 1) / GP_BEACON_HOURS;
	running = longest / 12.0;
	return fmin(1, fmax(coverage, running));
}

/* In place of sorted times. Return: how many of them are not 0. */
static __u32 to_intervals(__u32 *times_s, __u32 count)
{
	__u32 intervals = 0;

	for (__u32 i = 1; i < count; i++)
		if (times_s[i] != times_s[i - 1])
			times_s[intervals++] = times_s[i] - times_s[i - 1];
	return intervals;
}

bool gp_beacon(struct gp_beacon *out, __u32 *times_s, __u32 *bytes, __u32 count, const __u16 hours[GP_BEACON_HOURS])
{
	memset(out, 0, sizeof(*out));
	if (count < 4 || count > GP_BEACON_CONTACTS)
		return false;
	sort(times_s, count);
	sort(bytes, count);
	out->intervals = to_intervals(times_s, count);
	if (out->intervals < 3)
		return false;
	sort(times_s, out->intervals);
	out->times = regularity(times_s, out->intervals, 1);
	out->bytes = regularity(bytes, count, 0);
	out->hours = fmax(evenness(hours), two_heights(hours));
	out->duration = duration(hours);
	out->score = (out->times + out->bytes + out->hours + out->duration) / 4;
	return true;
}
