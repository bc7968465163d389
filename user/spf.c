// SPDX-License-Identifier: GPL-2.0-or-later
#include "spf.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <gatepost/parse.h>
#include <gatepost/table.h>

#include "literal.h"
#include "spf_private.h"

#define VERSION "v=spf1"
#define VERSION_LEN (sizeof(VERSION) - 1)

static struct gp_spf_frame *top(struct gp_spf *spf)
{
	return &spf->frames[spf->depth - 1];
}

static enum gp_spf_result result_of(char qualifier)
{
	switch (qualifier) {
	case '-':
		return GP_SPF_FAIL;
	case '~':
		return GP_SPF_SOFTFAIL;
	case '?':
		return GP_SPF_NEUTRAL;
	default:
		return GP_SPF_PASS;
	}
}

/* The whole evaluation has its result. */
static void end(struct gp_spf *spf, enum gp_spf_result result)
{
	spf->phase = GP_SPF_DONE;
	spf->result = result;
}

/* A record has a result: the evaluation's, or that of an include (5.2). */
static void finish(struct gp_spf *spf, enum gp_spf_result result)
{
	spf->phase = GP_SPF_RUNS;
	while (spf->depth > 1) {
		spf->depth--;
		if (result == GP_SPF_FAIL || result == GP_SPF_SOFTFAIL || result == GP_SPF_NEUTRAL)
			return;
		if (result == GP_SPF_PASS)
			result = result_of(top(spf)->qualifier);
		else if (result == GP_SPF_NONE)
			result = GP_SPF_PERMERROR;
	}
	end(spf, result);
}

static void ask(struct gp_spf *spf, enum gp_spf_phase phase, const char *name, enum gp_dns_type type)
{
	if (gp_dns_question_set(&spf->question, name, strlen(name), type))
		spf->phase = phase;
	else
		end(spf, GP_SPF_PERMERROR); /* never: names are checked where they are made */
}

static enum gp_dns_type address_type(const struct gp_spf *spf)
{
	return gp_addr_is_mapped(&spf->ip) ? GP_DNS_A : GP_DNS_AAAA;
}

static bool in_network(const struct gp_addr *ip, const struct gp_addr *network, unsigned cidr4, unsigned cidr6)
{
	struct gp_addr a = *ip, b = *network;
	unsigned bits = gp_addr_is_mapped(ip) ? 96 + cidr4 : cidr6;

	if (gp_addr_is_mapped(ip) != gp_addr_is_mapped(network))
		return false;
	gp_addr_mask(&a, (__u8)bits);
	gp_addr_mask(&b, (__u8)bits);
	return !memcmp(&a, &b, sizeof(a));
}

/* 4.6: the whole record is read before any of it is acted on. */
static bool check_record(struct gp_spf_frame *frame)
{
	const char *at = frame->record + frame->at, *stop = frame->record + frame->len;
	bool explained = false;
	struct gp_spf_term t;
	int more;

	while ((more = gp_spf_term_next(&t, &at, stop)) == 1) {
		if ((t.kind == GP_SPF_REDIRECT && frame->redirect_len) || (t.kind == GP_SPF_EXP && explained))
			return false;
		explained |= t.kind == GP_SPF_EXP;
		if (t.kind == GP_SPF_REDIRECT) {
			frame->redirect_at = (__u32)(t.spec - frame->record);
			frame->redirect_len = (__u32)t.spec_len;
		}
	}
	return !more;
}

static bool is_record(const char *text, size_t len)
{
	return len >= VERSION_LEN && !strncasecmp(text, VERSION, VERSION_LEN) &&
	       (len == VERSION_LEN || text[VERSION_LEN] == ' ');
}

/* 4.5: exactly one record. */
static void take_record(struct gp_spf *spf, const struct gp_dns_answer *answer)
{
	struct gp_spf_frame *frame = top(spf);
	unsigned found = 0;

	for (unsigned i = 0; i < answer->count; i++) {
		size_t len;
		const char *text = gp_dns_answer_record(answer, i, &len);

		if (!is_record(text, len))
			continue;
		frame->len = (__u32)(len < sizeof(frame->record) ? len : sizeof(frame->record));
		memcpy(frame->record, text, frame->len);
		found++;
	}
	frame->at = VERSION_LEN;
	if (found > 1 || answer->more)
		finish(spf, GP_SPF_PERMERROR);
	else if (!found)
		finish(spf, frame->redirected ? GP_SPF_PERMERROR : GP_SPF_NONE);
	else if (!check_record(frame))
		finish(spf, GP_SPF_PERMERROR);
	else
		spf->phase = GP_SPF_RUNS;
}

/* One more term that asks (4.6.4), and the name that it asks for. Return: false when there is none to ask. */
static bool target(struct gp_spf *spf, char name[GP_DNS_NAME], const char *spec, size_t len)
{
	enum gp_spf_expansion expansion;

	if (++spf->lookups > GP_SPF_LOOKUPS) {
		end(spf, GP_SPF_PERMERROR);
		return false;
	}
	expansion = len ? gp_spf_expand(name, spf, top(spf)->domain, spec, len) : GP_SPF_EXPANDED;
	if (!len)
		memcpy(name, top(spf)->domain, GP_DNS_NAME);
	if (expansion == GP_SPF_UNKNOWN) {
		spf->undecided = true;
		end(spf, GP_SPF_NEUTRAL);
	} else if (expansion == GP_SPF_SYNTAX) {
		end(spf, GP_SPF_PERMERROR);
	}
	return expansion == GP_SPF_EXPANDED;
}

static void include(struct gp_spf *spf, const struct gp_spf_term *t)
{
	char name[GP_DNS_NAME];
	struct gp_spf_frame *frame;

	top(spf)->qualifier = t->qualifier;
	if (!target(spf, name, t->spec, t->spec_len) || spf->depth == GP_SPF_DEPTH) {
		if (spf->phase == GP_SPF_RUNS)
			end(spf, GP_SPF_PERMERROR);
		return;
	}
	spf->depth++;
	frame = top(spf);
	memset(frame, 0, offsetof(struct gp_spf_frame, record));
	memcpy(frame->domain, name, sizeof(name));
	ask(spf, GP_SPF_WANTS_RECORD, name, GP_DNS_TXT);
}

/* 6.1: takes the place of the record that ended without a match. */
static void redirect(struct gp_spf *spf)
{
	struct gp_spf_frame *frame = top(spf);
	char name[GP_DNS_NAME];

	if (!target(spf, name, frame->record + frame->redirect_at, frame->redirect_len)) {
		if (spf->phase == GP_SPF_RUNS)
			end(spf, GP_SPF_PERMERROR);
		return;
	}
	memset(frame, 0, offsetof(struct gp_spf_frame, record));
	memcpy(frame->domain, name, sizeof(name));
	frame->redirected = true;
	ask(spf, GP_SPF_WANTS_RECORD, name, GP_DNS_TXT);
}

static void ask_for_term(struct gp_spf *spf, const struct gp_spf_term *t)
{
	char name[GP_DNS_NAME];

	if (!target(spf, name, t->spec, t->spec_len))
		return;
	spf->qualifier = t->qualifier;
	spf->cidr4 = t->cidr4;
	spf->cidr6 = t->cidr6;
	spf->ptr = t->kind == GP_SPF_PTR;
	if (t->kind == GP_SPF_A) {
		ask(spf, GP_SPF_WANTS_ADDRESSES, name, address_type(spf));
	} else if (t->kind == GP_SPF_EXISTS) {
		ask(spf, GP_SPF_WANTS_ANY, name, GP_DNS_A); /* 5.7: also over IPv6 */
	} else if (t->kind == GP_SPF_MX) {
		ask(spf, GP_SPF_WANTS_NAMES, name, GP_DNS_MX);
	} else {
		memcpy(spf->target, name, sizeof(name));
		gp_dns_question_reverse(&spf->question, &spf->ip);
		spf->phase = GP_SPF_WANTS_NAMES;
	}
}

static void evaluate(struct gp_spf *spf, const struct gp_spf_term *t)
{
	switch (t->kind) {
	case GP_SPF_ALL:
		finish(spf, result_of(t->qualifier));
		break;
	case GP_SPF_IP4:
	case GP_SPF_IP6:
		if (in_network(&spf->ip, &t->addr, t->cidr4, t->cidr6))
			finish(spf, result_of(t->qualifier));
		break;
	case GP_SPF_INCLUDE:
		include(spf, t);
		break;
	case GP_SPF_A:
	case GP_SPF_MX:
	case GP_SPF_PTR:
	case GP_SPF_EXISTS:
		ask_for_term(spf, t);
		break;
	default:
		break;
	}
}

/* Term after term, until a question must be answered. */
static void run(struct gp_spf *spf)
{
	while (spf->phase == GP_SPF_RUNS) {
		struct gp_spf_frame *frame = top(spf);
		const char *at = frame->record + frame->at;
		struct gp_spf_term t;

		if (gp_spf_term_next(&t, &at, frame->record + frame->len) == 1) {
			frame->at = (__u32)(at - frame->record);
			evaluate(spf, &t);
		} else if (frame->redirect_len) {
			redirect(spf);
		} else {
			finish(spf, GP_SPF_NEUTRAL);
		}
	}
}

/* Does one of the addresses match? */
static bool matches(const struct gp_spf *spf, const struct gp_dns_answer *answer)
{
	unsigned cidr4 = spf->ptr ? 32 : spf->cidr4, cidr6 = spf->ptr ? 128 : spf->cidr6;

	for (unsigned i = 0; i < answer->count; i++) {
		struct gp_addr addr = gp_dns_answer_addr(answer, i);

		if (in_network(&spf->ip, &addr, cidr4, cidr6))
			return true;
	}
	return false;
}

static bool is_below(const char *name, const char *domain)
{
	size_t n = strlen(name), d = strlen(domain);

	return n >= d && !strcasecmp(name + n - d, domain) && (n == d || name[n - d - 1] == '.');
}

/* 5.4, 5.5: names whose addresses are asked for. Return: false when there are too many. */
static bool take_names(struct gp_spf *spf, const struct gp_dns_answer *answer)
{
	struct gp_dns_question question;

	spf->names_count = spf->names_at = 0;
	for (unsigned i = 0; i < answer->count; i++) {
		size_t len;
		const char *name = gp_dns_answer_record(answer, i, &len);

		if (i == GP_SPF_NAMES)
			return spf->ptr;
		/* "." is a domain that takes no mail (RFC 7505). */
		if (!gp_dns_question_set(&question, name, len, GP_DNS_A))
			continue;
		if (!spf->ptr || is_below(question.name, spf->target))
			memcpy(spf->names[spf->names_count++], question.name, sizeof(question.name));
	}
	return true;
}

static void ask_next_name(struct gp_spf *spf)
{
	if (spf->names_at < spf->names_count)
		ask(spf, GP_SPF_WANTS_NAME, spf->names[spf->names_at++], address_type(spf));
	else
		spf->phase = GP_SPF_RUNS;
}

/* What came back for a mechanism. */
static void take_answer(struct gp_spf *spf, const struct gp_dns_answer *answer)
{
	bool found = answer->status == GP_DNS_FOUND && answer->count;

	if (answer->status == GP_DNS_FAILED && !spf->ptr) {
		end(spf, GP_SPF_TEMPERROR);
		return;
	}
	if (!found && answer->status != GP_DNS_FAILED && ++spf->voids > GP_SPF_VOIDS) {
		end(spf, GP_SPF_PERMERROR);
		return;
	}
	if (spf->phase == GP_SPF_WANTS_NAMES) {
		if (take_names(spf, answer))
			ask_next_name(spf);
		else
			end(spf, GP_SPF_PERMERROR);
	} else if (spf->phase == GP_SPF_WANTS_ANY ? found : matches(spf, answer)) {
		finish(spf, result_of(spf->qualifier));
	} else if (spf->phase != GP_SPF_WANTS_ANY && answer->more) {
		spf->undecided = true; /* the address may be among those that were not kept */
		end(spf, GP_SPF_NEUTRAL);
	} else if (spf->phase == GP_SPF_WANTS_NAME) {
		ask_next_name(spf);
	} else {
		spf->phase = GP_SPF_RUNS;
	}
}

void gp_spf_answer(struct gp_spf *spf, const struct gp_dns_answer *answer)
{
	if (spf->phase == GP_SPF_DONE || spf->phase == GP_SPF_RUNS)
		return;
	if (spf->phase != GP_SPF_WANTS_RECORD)
		take_answer(spf, answer);
	else if (answer->status == GP_DNS_FAILED)
		end(spf, GP_SPF_TEMPERROR);
	else
		take_record(spf, answer);
	run(spf);
}

void gp_spf_begin(struct gp_spf *spf, const struct gp_addr *ip, const char *domain, const char *local, const char *helo)
{
	struct gp_dns_question question;
	struct gp_addr literal;
	size_t len = strnlen(domain, GP_DNS_NAME + 1);

	memset(spf, 0, sizeof(*spf));
	spf->ip = *ip;
	spf->local_known = local && strlen(local) < sizeof(spf->local);
	snprintf(spf->local, sizeof(spf->local), "%s", !spf->local_known ? "" : local[0] ? local : "postmaster");
	if (strlen(helo) < sizeof(spf->helo))
		snprintf(spf->helo, sizeof(spf->helo), "%s", helo);
	spf->depth = 1;
	/* 4.3: a name of one label, or an address, is no domain. */
	if (gp_literal_read(&literal, domain, len) || !gp_dns_question_set(&question, domain, len, GP_DNS_TXT) ||
	    !strchr(question.name, '.') || question.name[0] == '[') {
		end(spf, GP_SPF_NONE);
		return;
	}
	memcpy(spf->sender, question.name, sizeof(spf->sender));
	memcpy(spf->frames[0].domain, question.name, sizeof(spf->frames[0].domain));
	ask(spf, GP_SPF_WANTS_RECORD, question.name, GP_DNS_TXT);
}

const struct gp_dns_question *gp_spf_wants(const struct gp_spf *spf)
{
	return spf->phase == GP_SPF_DONE ? NULL : &spf->question;
}

enum gp_spf_result gp_spf_result(const struct gp_spf *spf)
{
	return spf->result;
}

const char *gp_spf_result_name(enum gp_spf_result result)
{
	static const char *const names[GP_SPF_RESULTS] = {
		[GP_SPF_NONE] = "none", [GP_SPF_NEUTRAL] = "neutral", [GP_SPF_PASS] = "pass", [GP_SPF_FAIL] = "fail",
		[GP_SPF_SOFTFAIL] = "softfail", [GP_SPF_TEMPERROR] = "temperror", [GP_SPF_PERMERROR] = "permerror",
	};

	return result < GP_SPF_RESULTS ? names[result] : "unknown";
}
