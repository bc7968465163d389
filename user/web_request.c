// SPDX-License-Identifier: GPL-2.0-or-later
#include "web_request.h"

#include <string.h>

const char *gp_web_text(const struct gp_dialogue *d, const struct gp_words *words)
{
	return words->len ? d->text + words->at : "";
}

bool gp_web_served(const struct gp_said *answer)
{
	return answer && answer->code / 100 == 2;
}

/* Answers come in the order of requests (RFC 9112, 9.3.2), those of 1yz before the final one. */
static const struct gp_said *answer_to(struct gp_web_request *r, __s32 index)
{
	for (; r->next_answer < r->d->said_count; r->next_answer++) {
		const struct gp_said *said = &r->d->said[r->next_answer];

		if (said->kind == GP_SAID_RESPONSE && said->code >= 200 && said->answers >= index)
			return said->answers == index ? said : NULL;
	}
	return NULL;
}

/* A path tells what is asked for, and the answer knows better. */
static enum gp_web_thing thing_of(const struct gp_web_request *r)
{
	__u8 media = gp_web_served(r->answer) ? r->answer->media : GP_MEDIA_UNKNOWN;

	if (r->shape.thing == GP_WEB_PAGE && media == GP_MEDIA_IMAGE)
		return GP_WEB_IMAGE;
	if (r->shape.thing == GP_WEB_PAGE && media == GP_MEDIA_ASSET)
		return GP_WEB_ASSET;
	return r->shape.thing;
}

bool gp_web_request_next(struct gp_web_request *r)
{
	const struct gp_words *method, *target;

	while (r->next < r->d->said_count && r->d->said[r->next].kind != GP_SAID_REQUEST)
		r->next++;
	if (r->next == r->d->said_count)
		return false;
	r->said = &r->d->said[r->next];
	r->answer = answer_to(r, (__s32)r->next++);
	method = &r->said->words[GP_WORDS_VERB];
	target = &r->said->words[GP_WORDS_ARGUMENT];
	r->post = method->len == 4 && !memcmp(gp_web_text(r->d, method), "POST", 4);
	r->shape = gp_web_shape(gp_web_text(r->d, target), target->len);
	r->thing = thing_of(r);
	return true;
}
