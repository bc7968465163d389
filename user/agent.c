// SPDX-License-Identifier: GPL-2.0-or-later
#include "agent.h"

#include <stdbool.h>
#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/*
 * In this order, the first one counts: programs call themselves what they are compatible with, so that the more special
 * mark comes first. All in lower case.
 */
static const struct {
	const char *mark;
	enum gp_agent agent;
} marks[] = {
	{ "googleimageproxy", GP_AGENT_GOOGLE_IMAGE_PROXY },
	{ "yahoomailproxy", GP_AGENT_YAHOO_MAIL_PROXY },
	{ "imageproxy", GP_AGENT_IMAGE_PROXY },
	{ "mailproxy", GP_AGENT_IMAGE_PROXY },
	{ "image-proxy", GP_AGENT_IMAGE_PROXY },
	{ "sqlmap", GP_AGENT_TOOL },
	{ "nikto", GP_AGENT_TOOL },
	{ "nuclei", GP_AGENT_TOOL },
	{ "zgrab", GP_AGENT_TOOL },
	{ "masscan", GP_AGENT_TOOL },
	{ "nmap scripting engine", GP_AGENT_TOOL },
	{ "wpscan", GP_AGENT_TOOL },
	{ "dirbuster", GP_AGENT_TOOL },
	{ "gobuster", GP_AGENT_TOOL },
	{ "fuzz faster", GP_AGENT_TOOL },
	{ "hydra", GP_AGENT_TOOL },
	{ "bot/", GP_AGENT_ROBOT },
	{ "bot;", GP_AGENT_ROBOT },
	{ "bot)", GP_AGENT_ROBOT },
	{ "bot-", GP_AGENT_ROBOT },
	{ "robot", GP_AGENT_ROBOT },
	{ "+http", GP_AGENT_ROBOT },
	{ "crawler", GP_AGENT_ROBOT },
	{ "spider", GP_AGENT_ROBOT },
	{ "slurp", GP_AGENT_ROBOT },
	{ "facebookexternalhit", GP_AGENT_ROBOT },
	{ "scrapy", GP_AGENT_ROBOT },
	{ "linkpreview", GP_AGENT_ROBOT },
	{ "uptime", GP_AGENT_ROBOT },
	{ "headlesschrome", GP_AGENT_HEADLESS },
	{ "phantomjs", GP_AGENT_HEADLESS },
	{ "electron/", GP_AGENT_BROWSER },
	{ "thunderbird/", GP_AGENT_THUNDERBIRD },
	{ "betterbird/", GP_AGENT_THUNDERBIRD },
	{ "microsoft outlook", GP_AGENT_OUTLOOK },
	{ "ms-office", GP_AGENT_OUTLOOK },
	{ "msoffice", GP_AGENT_OUTLOOK },
	{ "outlook-ios", GP_AGENT_OUTLOOK },
	{ "outlook-android", GP_AGENT_OUTLOOK },
	{ "outlook-express", GP_AGENT_OUTLOOK },
	{ "applemail", GP_AGENT_APPLE_MAIL },
	{ "airmail", GP_AGENT_MAIL_PROGRAM },
	{ "lotus-notes", GP_AGENT_MAIL_PROGRAM },
	{ "em client", GP_AGENT_MAIL_PROGRAM },
	{ "emclient", GP_AGENT_MAIL_PROGRAM },
	{ "postbox/", GP_AGENT_MAIL_PROGRAM },
	{ "the bat!", GP_AGENT_MAIL_PROGRAM },
	{ "evolution/", GP_AGENT_MAIL_PROGRAM },
	{ "kmail", GP_AGENT_MAIL_PROGRAM },
	{ "k-9 mail", GP_AGENT_MAIL_PROGRAM },
	{ "curl/", GP_AGENT_LIBRARY },
	{ "wget/", GP_AGENT_LIBRARY },
	{ "libwww-perl", GP_AGENT_LIBRARY },
	{ "python", GP_AGENT_LIBRARY },
	{ "aiohttp", GP_AGENT_LIBRARY },
	{ "go-http-client", GP_AGENT_LIBRARY },
	{ "okhttp", GP_AGENT_LIBRARY },
	{ "apache-httpclient", GP_AGENT_LIBRARY },
	{ "axios/", GP_AGENT_LIBRARY },
	{ "node-fetch", GP_AGENT_LIBRARY },
	{ "guzzlehttp", GP_AGENT_LIBRARY },
	{ "java/", GP_AGENT_LIBRARY },
	{ "ruby", GP_AGENT_LIBRARY },
	{ "php/", GP_AGENT_LIBRARY },
	{ "powershell", GP_AGENT_LIBRARY },
	{ "winhttp", GP_AGENT_LIBRARY },
	{ "edg/", GP_AGENT_EDGE },
	{ "edga/", GP_AGENT_EDGE },
	{ "edgios/", GP_AGENT_EDGE },
	{ "edge/", GP_AGENT_EDGE },
	{ "opr/", GP_AGENT_OPERA },
	{ "opera", GP_AGENT_OPERA },
	{ "samsungbrowser/", GP_AGENT_SAMSUNG },
	{ "fxios/", GP_AGENT_FIREFOX },
	{ "firefox/", GP_AGENT_FIREFOX },
	{ "crios/", GP_AGENT_CHROME },
	{ "chrome/", GP_AGENT_CHROME },
	{ "chromium/", GP_AGENT_CHROME },
	{ "safari/", GP_AGENT_SAFARI },
	{ "trident/", GP_AGENT_BROWSER },
	{ "msie ", GP_AGENT_BROWSER },
	/* WebKit without a browser's name: Apple's mail program shows pictures so. */
	{ "applewebkit/", GP_AGENT_APPLE_MAIL },
};

static const struct {
	const char *name;
	enum gp_agent_class agent_class;
} agents[GP_AGENTS] = {
	[GP_AGENT_NONE] = { "none", GP_AGENT_CLASS_NONE },
	[GP_AGENT_UNKNOWN] = { "other", GP_AGENT_CLASS_OTHER },
	[GP_AGENT_GOOGLE_IMAGE_PROXY] = { "google_image_proxy", GP_AGENT_CLASS_IMAGE_PROXY },
	[GP_AGENT_YAHOO_MAIL_PROXY] = { "yahoo_mail_proxy", GP_AGENT_CLASS_IMAGE_PROXY },
	[GP_AGENT_IMAGE_PROXY] = { "other_image_proxy", GP_AGENT_CLASS_IMAGE_PROXY },
	[GP_AGENT_OUTLOOK] = { "outlook", GP_AGENT_CLASS_MAIL_PROGRAM },
	[GP_AGENT_THUNDERBIRD] = { "thunderbird", GP_AGENT_CLASS_MAIL_PROGRAM },
	[GP_AGENT_APPLE_MAIL] = { "apple_mail", GP_AGENT_CLASS_MAIL_PROGRAM },
	[GP_AGENT_MAIL_PROGRAM] = { "other_mail_program", GP_AGENT_CLASS_MAIL_PROGRAM },
	[GP_AGENT_EDGE] = { "edge", GP_AGENT_CLASS_BROWSER },
	[GP_AGENT_OPERA] = { "opera", GP_AGENT_CLASS_BROWSER },
	[GP_AGENT_SAMSUNG] = { "samsung_browser", GP_AGENT_CLASS_BROWSER },
	[GP_AGENT_FIREFOX] = { "firefox", GP_AGENT_CLASS_BROWSER },
	[GP_AGENT_CHROME] = { "chrome", GP_AGENT_CLASS_BROWSER },
	[GP_AGENT_SAFARI] = { "safari", GP_AGENT_CLASS_BROWSER },
	[GP_AGENT_BROWSER] = { "other_browser", GP_AGENT_CLASS_BROWSER },
	[GP_AGENT_ROBOT] = { "declared_robot", GP_AGENT_CLASS_ROBOT },
	[GP_AGENT_HEADLESS] = { "headless_browser", GP_AGENT_CLASS_ROBOT },
	[GP_AGENT_LIBRARY] = { "library", GP_AGENT_CLASS_LIBRARY },
	[GP_AGENT_TOOL] = { "hole_finder", GP_AGENT_CLASS_TOOL },
};

enum gp_agent gp_agent(const void *value, size_t len)
{
	const unsigned char *bytes = value;
	char text[GP_AGENT_BYTES];
	size_t n = len < sizeof(text) ? len : sizeof(text);

	for (size_t i = 0; i < n; i++)
		text[i] = (char)(bytes[i] >= 'A' && bytes[i] <= 'Z' ? bytes[i] | 0x20 : bytes[i]);
	for (size_t i = 0; i < COUNT(marks); i++) {
		if (n && memmem(text, n, marks[i].mark, strlen(marks[i].mark)))
			return marks[i].agent;
	}
	return n ? GP_AGENT_UNKNOWN : GP_AGENT_NONE;
}

enum gp_agent_class gp_agent_class(enum gp_agent agent)
{
	return (unsigned)agent < GP_AGENTS ? agents[agent].agent_class : GP_AGENT_CLASS_OTHER;
}

const char *gp_agent_name(enum gp_agent agent)
{
	return (unsigned)agent < GP_AGENTS ? agents[agent].name : "unknown";
}

const char *gp_agent_class_name(enum gp_agent_class agent_class)
{
	static const char *const names[GP_AGENT_CLASSES] = {
		[GP_AGENT_CLASS_NONE] = "none", [GP_AGENT_CLASS_OTHER] = "other",
		[GP_AGENT_CLASS_IMAGE_PROXY] = "image_proxy", [GP_AGENT_CLASS_MAIL_PROGRAM] = "mail_program",
		[GP_AGENT_CLASS_BROWSER] = "browser", [GP_AGENT_CLASS_ROBOT] = "robot",
		[GP_AGENT_CLASS_LIBRARY] = "library", [GP_AGENT_CLASS_TOOL] = "hole_finder",
	};

	return (unsigned)agent_class < GP_AGENT_CLASSES ? names[agent_class] : "unknown";
}
