/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as an HTTP head, whole and cut where the first byte says: a cut one may know less, never something else;
 * what lies behind the end does not matter.
 */
#include <string.h>

#include <gatepost/http.h>

#include "fuzz_window.h"

static int look(const uint8_t *text, size_t len, struct gp_http_request *out)
{
	struct gp_window *w = fuzz_window_new();
	struct gp_http_request request[2];
	int status[2], i;

	for (i = 0; i < 2; i++) {
		fuzz_window_fill(w, text, len, i ? '\n' : 0xff);
		memset(&request[i], 0, sizeof(request[i]));
		MUST(gp_http_request(w, &request[i]) == request[i].match);
		status[i] = gp_http_status(w);
	}
	MUST(memcmp(&request[0], &request[1], sizeof(request[0])) == 0);
	MUST(status[0] == status[1] && status[0] >= -1 && status[0] <= 999);
	MUST(request[0].match <= GP_MATCH_YES && request[0].method < GP_HTTP_METHODS);
	*out = request[0];
	free(w);
	return status[0];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gp_http_request whole, part;
	int status, part_status;
	size_t cut;

	if (size < 1)
		return 0;
	cut = data[0];
	data++;
	size--;
	if (cut > size)
		cut = size;
	status = look(data, size, &whole);
	part_status = look(data, cut, &part);
	MUST(part.match == GP_MATCH_PARTIAL || part.match == whole.match);
	MUST(part.match != GP_MATCH_YES || part.method == whole.method);
	MUST(part.has_cookie <= whole.has_cookie && part.has_referrer <= whole.has_referrer);
	MUST(part.has_host <= whole.has_host && part.complete <= whole.complete);
	/* A fourth digit undoes a code. */
	MUST(part_status == -1 || part_status == status || status == 0);
	return 0;
}
