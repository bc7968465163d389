/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who a web client says it is: the kinds of User-Agent (RFC 9110, 10.1.5) that tell mail programs, proxies and robots
 * apart. Anyone may say anything: it is what honest ones are counted by. */
#ifndef GATEPOST_AGENT_H
#define GATEPOST_AGENT_H

#include <stddef.h>

enum gp_agent {
	GP_AGENT_NONE,	  /* the field was missing or empty */
	GP_AGENT_UNKNOWN, /* none of these */
	/* Mailbox providers that fetch pictures for readers. */
	GP_AGENT_GOOGLE_IMAGE_PROXY,
	GP_AGENT_YAHOO_MAIL_PROXY,
	GP_AGENT_IMAGE_PROXY, /* another one that says so */
	/* Mail programs. */
	GP_AGENT_OUTLOOK,
	GP_AGENT_THUNDERBIRD,
	GP_AGENT_APPLE_MAIL,
	GP_AGENT_MAIL_PROGRAM, /* another one */
	/* Browsers. */
	GP_AGENT_EDGE,
	GP_AGENT_OPERA,
	GP_AGENT_SAMSUNG,
	GP_AGENT_FIREFOX,
	GP_AGENT_CHROME,
	GP_AGENT_SAFARI,
	GP_AGENT_BROWSER, /* another one */
	/* Programs. */
	GP_AGENT_ROBOT,	  /* declares itself one: crawlers, previews, monitors */
	GP_AGENT_HEADLESS, /* a browser without a screen */
	GP_AGENT_LIBRARY, /* curl, HTTP libraries of languages */
	GP_AGENT_TOOL,	  /* made to find holes */
	GP_AGENTS,
};

enum gp_agent_class {
	GP_AGENT_CLASS_NONE,
	GP_AGENT_CLASS_OTHER,
	GP_AGENT_CLASS_IMAGE_PROXY,
	GP_AGENT_CLASS_MAIL_PROGRAM,
	GP_AGENT_CLASS_BROWSER,
	GP_AGENT_CLASS_ROBOT,
	GP_AGENT_CLASS_LIBRARY,
	GP_AGENT_CLASS_TOOL,
	GP_AGENT_CLASSES,
};

/* What a field's value says, letter case aside; any bytes, of which the first GP_AGENT_BYTES are read. */
#define GP_AGENT_BYTES 512u
enum gp_agent gp_agent(const void *value, size_t len);

enum gp_agent_class gp_agent_class(enum gp_agent agent);

/* "thunderbird", "google_image_proxy"; "mail_program", "robot". "unknown" out of range. */
const char *gp_agent_name(enum gp_agent agent);
const char *gp_agent_class_name(enum gp_agent_class agent_class);

#endif
