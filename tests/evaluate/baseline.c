// SPDX-License-Identifier: GPL-2.0-or-later
#include "baseline.h"

#include <stdio.h>
#include <stdlib.h>

void baseline_open(struct baseline *b, const struct baseline_ops *ops, baseline_alarm_fn *alarm, void *context)
{
	*b = (struct baseline){.ops = ops, .alarm = alarm, .context = context};
	b->state = calloc(1, ops->state_bytes + 1);
	if (!b->state) {
		fprintf(stderr, "evaluate: out of memory\n");
		exit(1);
	}
}

void baseline_close(struct baseline *b)
{
	if (b->ops->close)
		b->ops->close(b);
	free(b->state);
}
