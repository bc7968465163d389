/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The requests of a dialogue, each with the answer to it and what it was for. */
#ifndef GATEPOST_WEB_REQUEST_H
#define GATEPOST_WEB_REQUEST_H

#include "dialogue.h"
#include "web_shape.h"

struct gp_web_request {
	const struct gp_dialogue *d;
	const struct gp_said *said, *answer; /* NULL: no answer was seen */
	struct gp_web_shape shape;
	enum gp_web_thing thing; /* by the answer where the path does not tell */
	bool post;
	__u32 next, next_answer; /* where to look on */
};

/* The next request; begin with { .d = dialogue }. Return: false behind the last one. */
bool gp_web_request_next(struct gp_web_request *request);

/* Never NULL: a dialogue that found no room has no text at all. */
const char *gp_web_text(const struct gp_dialogue *d, const struct gp_words *words);

/* The answer says that it is what was asked for. */
bool gp_web_served(const struct gp_said *answer);

#endif
