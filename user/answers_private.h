/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to answers*.c. */
#ifndef GATEPOST_ANSWERS_PRIVATE_H
#define GATEPOST_ANSWERS_PRIVATE_H

#include "answers.h"
#include "rates.h"
#include "report_select.h"

/* A lag of the commits beyond which the agent is not called healthy: several time slices. */
#define GP_HEALTHY_LAG_NS (30 * 1000000000ull)

struct gp_answers {
	struct gp_agent_view view;
	struct gp_rates rates;
	__u64 turned_ns; /* when an answer has last asked for a turn; the data plane's clock */
};

/* Each fills @out in; return as gp_answer_fn. */
int gp_answer_status(struct gp_answers *a, const struct gp_report *report, struct gp_answer *out);
int gp_answer_metrics(struct gp_answers *a, const struct gp_report *report, struct gp_answer *out);
int gp_answer_health(struct gp_answers *a, const struct gp_report *report, struct gp_answer *out);
int gp_answer_explain(const struct gp_query *query, const struct gp_report *report, struct gp_answer *out);

/* What the agent says of itself. */
struct gp_status gp_answers_status(const struct gp_answers *a);

/* Since the last commit, at the end of the report. */
__u64 gp_answers_lag_ns(const struct gp_status *status, const struct gp_report *report);

/* The report's end as time since the Unix epoch. */
__u64 gp_answers_now_ns(const struct gp_report *report);

#endif
