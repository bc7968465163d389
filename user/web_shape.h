/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a request is for, by the look of its target: a page, a picture, a log-in, a hole. Any bytes may stand there. */
#ifndef GATEPOST_WEB_SHAPE_H
#define GATEPOST_WEB_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

enum gp_web_thing {
	GP_WEB_PAGE, /* whatever is none of the others */
	GP_WEB_IMAGE,
	GP_WEB_ASSET, /* style sheets, scripts, fonts, icons: what browsers fetch by themselves */
	GP_WEB_ROBOTS_TXT,
};

enum gp_web_probe {
	GP_PROBE_NONE,
	GP_PROBE_IF_MISSING, /* some have it and use it: it was looked for when it is not there */
	GP_PROBE_SURE,	     /* nobody asks for it but who looks for holes */
};

enum gp_web_login {
	GP_WEB_LOGIN_NONE,
	GP_WEB_LOGIN_IF_NEW, /* who has a session yet asks to keep it, and sends no password: with a cookie it is none */
	GP_WEB_LOGIN_SURE,
};

struct gp_web_shape {
	enum gp_web_thing thing;
	enum gp_web_probe probe;
	unsigned char door; /* of GP_PROBE_IF_MISSING: which one, from 1 */
	enum gp_web_login login; /* its path is one that passwords are sent to */
};

#define GP_WEB_SHAPE_BYTES 2048u /* of a target, read; more are passed over */

/* Of a request's target (RFC 9112, 3.2), once decoded (RFC 3986, 2.1) and letter case aside. */
struct gp_web_shape gp_web_shape(const void *target, size_t len);

#endif
