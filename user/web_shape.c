// SPDX-License-Identifier: GPL-2.0-or-later
#include "web_shape.h"

#include <ctype.h>
#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* A target in lower case, decoded; the path ends where the query begins. */
struct target {
	char text[GP_WEB_SHAPE_BYTES];
	size_t len, path_len;
};

/*
 * Shapes of probing, each for a whole class of holes. Those behind `query` may stand anywhere, others in the path: a query
 * may well tell of a path. What some servers have and their owners use is a probe only where it is missing.
 */
static const struct {
	const char *shape;
	bool query;
	enum gp_web_probe probe;
} probes[] = {
	{ "../../", true, GP_PROBE_SURE }, /* out of the tree; browsers resolve ".." before they ask (RFC 3986, 5.2.4) */
	{ "..\\..\\", true, GP_PROBE_SURE },
	{ "/../", false, GP_PROBE_SURE },
	{ "/..;/", false, GP_PROBE_SURE },
	{ "%2e%2e", true, GP_PROBE_SURE }, /* encoded twice */
	{ "/etc/passwd", true, GP_PROBE_SURE },
	{ "/bin/sh", true, GP_PROBE_SURE },
	{ "${jndi:", true, GP_PROBE_SURE }, /* code in what is logged, in templates, in queries of data bases, in pages */
	{ "{{7*7}}", true, GP_PROBE_SURE },
	{ "union select", true, GP_PROBE_SURE },
	{ "union all select", true, GP_PROBE_SURE },
	{ "' or 1=1", true, GP_PROBE_SURE },
	{ "' or '1'='1", true, GP_PROBE_SURE },
	{ "<script", true, GP_PROBE_SURE },
	{ "<?php", true, GP_PROBE_SURE },
	{ "php://input", true, GP_PROBE_SURE },
	{ "allow_url_include", true, GP_PROBE_SURE },
	{ "invokefunction&function", true, GP_PROBE_SURE },
	{ "setup.cgi?next_file", true, GP_PROBE_SURE }, /* shells of routers and cameras */
	{ ";wget ", true, GP_PROBE_SURE },
	{ ";curl ", true, GP_PROBE_SURE },
	{ "|wget ", true, GP_PROBE_SURE },
	{ "`wget ", true, GP_PROBE_SURE },
	{ "$(wget ", true, GP_PROBE_SURE },
	{ "cd /tmp;", true, GP_PROBE_SURE },
	{ "/boaform/", false, GP_PROBE_SURE },
	{ "/goform/", false, GP_PROBE_IF_MISSING },
	{ "/gponform/", false, GP_PROBE_SURE },
	{ "/hnap1", false, GP_PROBE_IF_MISSING },
	{ "/cgi-bin/", false, GP_PROBE_IF_MISSING },
	{ "/.env", false, GP_PROBE_SURE }, /* what was left lying in the tree of a server */
	{ "/.git/", false, GP_PROBE_IF_MISSING },
	{ "/.svn/", false, GP_PROBE_IF_MISSING },
	{ "/.aws/", false, GP_PROBE_SURE },
	{ "/.ssh/", false, GP_PROBE_SURE },
	{ "/.htpasswd", false, GP_PROBE_SURE },
	{ "/wp-config.php", false, GP_PROBE_SURE },
	{ "/vendor/phpunit", false, GP_PROBE_SURE },
	{ "/eval-stdin.php", false, GP_PROBE_SURE },
	{ "/wp-login", false, GP_PROBE_IF_MISSING }, /* doors of programs that are not there */
	{ "/xmlrpc.php", false, GP_PROBE_IF_MISSING },
	{ "/phpmyadmin", false, GP_PROBE_IF_MISSING },
	{ "/pma/", false, GP_PROBE_IF_MISSING },
	{ "/mysqladmin", false, GP_PROBE_IF_MISSING },
	{ "/phpinfo", false, GP_PROBE_IF_MISSING },
	{ "/shell.php", false, GP_PROBE_IF_MISSING },
	{ "/manager/html", false, GP_PROBE_IF_MISSING },
	{ "/actuator", false, GP_PROBE_IF_MISSING },
	{ "/solr/admin", false, GP_PROBE_IF_MISSING },
	{ "/jmx-console", false, GP_PROBE_IF_MISSING },
	{ "/server-status", false, GP_PROBE_IF_MISSING },
	{ "/owa/auth", false, GP_PROBE_IF_MISSING },
	{ "/autodiscover/autodiscover.json", false, GP_PROBE_IF_MISSING },
	{ "/remote/login", false, GP_PROBE_IF_MISSING },
	{ "/dump.sql", false, GP_PROBE_IF_MISSING },
};

/* Words of paths that passwords are sent to: a part between slashes begins with one. */
static const char *const forms[] = {
	"login", "log-in", "log_in", "logon", "signin", "sign-in", "sign_in", "wp-login", "authenticate",
	"j_security_check", "xmlrpc.php", "userlogin", "do_login", "dologin",
};

/* Likewise; pages also keep a session alive there, by themselves and as often as they like. */
static const char *const sessions[] = { "auth", "oauth", "session", "sessions" };

static const struct {
	const char *extension;
	enum gp_web_thing thing;
} extensions[] = {
	{ "gif", GP_WEB_IMAGE },  { "png", GP_WEB_IMAGE },  { "jpg", GP_WEB_IMAGE },   { "jpeg", GP_WEB_IMAGE },
	{ "webp", GP_WEB_IMAGE }, { "avif", GP_WEB_IMAGE }, { "svg", GP_WEB_IMAGE },   { "bmp", GP_WEB_IMAGE },
	{ "css", GP_WEB_ASSET },  { "js", GP_WEB_ASSET },   { "mjs", GP_WEB_ASSET },   { "woff", GP_WEB_ASSET },
	{ "woff2", GP_WEB_ASSET }, { "ttf", GP_WEB_ASSET }, { "otf", GP_WEB_ASSET },   { "ico", GP_WEB_ASSET },
	{ "map", GP_WEB_ASSET },  { "eot", GP_WEB_ASSET },  { "webmanifest", GP_WEB_ASSET },
};

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Behind "scheme://host" of a target that a proxy was told (RFC 9112, 3.2.2). */
static void pass_authority(const char **text, size_t *len)
{
	const char *end, *slash;

	if (!*len || **text == '/')
		return;
	end = *text + *len;
	slash = memmem(*text, *len, "://", 3);
	if (!slash)
		return;
	slash = memchr(slash + 3, '/', (size_t)(end - slash) - 3);
	*text = slash ? slash : end;
	*len = (size_t)(end - *text);
}

static void decode(struct target *t, const char *text, size_t len)
{
	bool query = false;

	t->len = 0;
	for (size_t i = 0; i < len && t->len < sizeof(t->text); i++) {
		int high = i + 2 < len && text[i] == '%' ? digit((char)tolower((unsigned char)text[i + 1])) : -1;
		int low = high >= 0 ? digit((char)tolower((unsigned char)text[i + 2])) : -1;
		char c = (char)tolower((unsigned char)text[i]);

		if (text[i] == '?' && !query) {
			query = true;
			t->path_len = t->len;
		} else if (low >= 0) {
			c = (char)tolower(high << 4 | low);
			i += 2;
		} else if (query && c == '+') {
			c = ' ';
		}
		t->text[t->len++] = c;
	}
	if (!query)
		t->path_len = t->len;
}

static void find_probe(struct gp_web_shape *shape, const struct target *t)
{
	for (size_t i = 0; i < COUNT(probes) && shape->probe != GP_PROBE_SURE; i++) {
		if (!memmem(t->text, probes[i].query ? t->len : t->path_len, probes[i].shape, strlen(probes[i].shape)) ||
		    probes[i].probe <= shape->probe)
			continue;
		shape->probe = probes[i].probe;
		shape->door = probes[i].probe == GP_PROBE_IF_MISSING ? (unsigned char)(i + 1) : 0;
	}
}

/* Does a part of the path begin with one of these, and go on with no letter ("author" is no "auth")? */
static bool has_word(const struct target *t, const char *const words[], size_t count)
{
	for (size_t at = 0; at < t->path_len; at++) {
		if (t->text[at] != '/')
			continue;
		for (size_t i = 0; i < count; i++) {
			size_t end = at + 1 + strlen(words[i]);

			if (end <= t->path_len && !memcmp(t->text + at + 1, words[i], strlen(words[i])) &&
			    (end == t->path_len || !isalnum((unsigned char)t->text[end])))
				return true;
		}
	}
	return false;
}

static enum gp_web_login login_of(const struct target *t)
{
	if (has_word(t, forms, COUNT(forms)))
		return GP_WEB_LOGIN_SURE;
	return has_word(t, sessions, COUNT(sessions)) ? GP_WEB_LOGIN_IF_NEW : GP_WEB_LOGIN_NONE;
}

static enum gp_web_thing thing_of(const struct target *t)
{
	static const char robots[] = "/robots.txt";
	const char *name = memrchr(t->text, '/', t->path_len), *end = t->text + t->path_len, *dot;
	size_t len;

	if (t->path_len == sizeof(robots) - 1 && !memcmp(t->text, robots, t->path_len))
		return GP_WEB_ROBOTS_TXT;
	dot = name ? memrchr(name, '.', (size_t)(end - name)) : NULL;
	len = dot ? (size_t)(end - dot) - 1 : 0;
	for (size_t i = 0; i < COUNT(extensions) && len; i++) {
		if (len == strlen(extensions[i].extension) && !memcmp(dot + 1, extensions[i].extension, len))
			return extensions[i].thing;
	}
	return GP_WEB_PAGE;
}

struct gp_web_shape gp_web_shape(const void *target, size_t len)
{
	const char *text = target;
	struct gp_web_shape shape;
	struct target t;

	pass_authority(&text, &len);
	decode(&t, text, len);
	shape = (struct gp_web_shape){ .thing = thing_of(&t), .probe = GP_PROBE_NONE, .login = login_of(&t) };
	find_probe(&shape, &t);
	return shape;
}
