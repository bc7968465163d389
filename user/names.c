/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "names.h"

#include <stddef.h>

#define NAME(names, value) name((names), sizeof(names) / sizeof((names)[0]), (size_t)(value))

static const char *name(const char *const *names, size_t count, size_t value)
{
	return value < count && names[value] ? names[value] : "unknown";
}

const char *gp_parse_name(enum gp_parse status)
{
	static const char *const names[] = {
		[GP_PARSE_OK] = "ok",
		[GP_PARSE_ARP] = "arp",
		[GP_PARSE_NOT_IP] = "not_ip",
		[GP_PARSE_LLC] = "llc",
		[GP_PARSE_PPP_CONTROL] = "ppp_control",
		[GP_PARSE_FRAME_TOO_SHORT] = "frame_too_short",
		[GP_PARSE_FRAME_TOO_LONG] = "frame_too_long",
		[GP_PARSE_LINK_TYPE] = "link_type",
		[GP_PARSE_TRUNCATED] = "truncated",
		[GP_PARSE_VLAN_TOO_DEEP] = "vlan_too_deep",
		[GP_PARSE_MPLS_TOO_DEEP] = "mpls_too_deep",
		[GP_PARSE_MPLS_NOT_IP] = "mpls_not_ip",
		[GP_PARSE_PPPOE_MALFORMED] = "pppoe_malformed",
		[GP_PARSE_IP_VERSION] = "ip_version",
		[GP_PARSE_IPV4_MALFORMED] = "ipv4_malformed",
		[GP_PARSE_IPV6_MALFORMED] = "ipv6_malformed",
		[GP_PARSE_IPV6_EXT_TOO_DEEP] = "ipv6_ext_too_deep",
		[GP_PARSE_FRAGMENT_LATER] = "fragment_later",
		[GP_PARSE_TCP_MALFORMED] = "tcp_malformed",
		[GP_PARSE_UDP_MALFORMED] = "udp_malformed",
		[GP_PARSE_TUNNEL_MALFORMED] = "tunnel_malformed",
		[GP_PARSE_TUNNEL_TOO_DEEP] = "tunnel_too_deep",
	};
	_Static_assert(sizeof(names) / sizeof(names[0]) == GP_PARSE_STATUSES, "every status has a name");

	return NAME(names, status);
}

const char *gp_service_name(enum gp_service service)
{
	static const char *const names[GP_SERVICES] = {
		[GP_SERVICE_OTHER] = "other",
		[GP_SERVICE_SMTP] = "smtp",
		[GP_SERVICE_SUBMISSION] = "submission",
		[GP_SERVICE_HTTP] = "http",
		[GP_SERVICE_TLS] = "tls",
		[GP_SERVICE_QUIC] = "quic",
		[GP_SERVICE_MAILBOX] = "mailbox",
	};

	return NAME(names, service);
}

const char *gp_role_name(enum gp_role role)
{
	static const char *const names[] = {
		[GP_ROLE_OUTSIDE] = "outside",
		[GP_ROLE_SUBSCRIBER] = "subscriber",
		[GP_ROLE_RELAY] = "relay",
		[GP_ROLE_INFRASTRUCTURE] = "infrastructure",
		[GP_ROLE_BUSINESS] = "business",
	};

	return NAME(names, role);
}

const char *gp_verdict_name(enum gp_verdict verdict)
{
	static const char *const names[] = {
		[GP_VERDICT_NONE] = "none",
		[GP_VERDICT_SUSPECTED] = "suspected",
		[GP_VERDICT_CONFIRMED] = "confirmed",
	};

	return NAME(names, verdict);
}

const char *gp_kind_name(enum gp_kind kind)
{
	static const char *const names[GP_KINDS] = {
		[GP_KIND_SPAM_BOT] = "spam_bot",
		[GP_KIND_SCANNER] = "scanner",
		[GP_KIND_BRUTE_FORCER] = "brute_forcer",
		[GP_KIND_HTTP_BOT] = "http_bot",
		[GP_KIND_DDOS_SOURCE] = "ddos_source",
	};

	return NAME(names, kind);
}

const char *gp_range_kind_name(enum gp_range_kind kind)
{
	static const char *const names[GP_RANGE_KINDS] = {
		[GP_RANGE_SCANNER] = "scanner_range",
		[GP_RANGE_LINK_SCANNER] = "link_scanner",
		[GP_RANGE_IMAGE_PROXY] = "image_proxy",
		[GP_RANGE_MAIL_PROXY] = "mail_proxy",
		[GP_RANGE_CRAWLER] = "crawler",
		[GP_RANGE_ROBOT] = "robot_range",
		[GP_RANGE_SNOWSHOE] = "snowshoe",
	};

	return NAME(names, kind);
}

const char *gp_smtp_command_name(enum gp_smtp_command command)
{
	static const char *const names[GP_SMTP_COMMANDS] = {
		[GP_SMTP_NONE] = "none",
		[GP_SMTP_HELO] = "helo",
		[GP_SMTP_EHLO] = "ehlo",
		[GP_SMTP_MAIL] = "mail",
		[GP_SMTP_RCPT] = "rcpt",
		[GP_SMTP_DATA] = "data",
		[GP_SMTP_BDAT] = "bdat",
		[GP_SMTP_RSET] = "rset",
		[GP_SMTP_NOOP] = "noop",
		[GP_SMTP_QUIT] = "quit",
		[GP_SMTP_STARTTLS] = "starttls",
		[GP_SMTP_AUTH] = "auth",
		[GP_SMTP_VRFY] = "vrfy",
		[GP_SMTP_OTHER] = "other",
	};

	return NAME(names, command);
}

const char *gp_smtp_stage_name(enum gp_smtp_stage stage)
{
	static const char *const names[GP_SMTP_STAGES] = {
		[GP_STAGE_CONNECT] = "connect",
		[GP_STAGE_HELO] = "helo",
		[GP_STAGE_MAIL] = "mail",
		[GP_STAGE_RCPT] = "rcpt",
		[GP_STAGE_DATA] = "data",
		[GP_STAGE_BODY] = "body",
		[GP_STAGE_STARTTLS] = "starttls",
		[GP_STAGE_AUTH] = "auth",
		[GP_STAGE_QUIT] = "quit",
		[GP_STAGE_OTHER] = "other",
	};

	return NAME(names, stage);
}

const char *gp_reply_class_name(enum gp_reply_class reply_class)
{
	static const char *const names[GP_REPLY_CLASSES] = {
		[GP_REPLY_2XX] = "2xx",
		[GP_REPLY_3XX] = "3xx",
		[GP_REPLY_4XX] = "4xx",
		[GP_REPLY_5XX] = "5xx",
	};

	return NAME(names, reply_class);
}

const char *gp_http_method_name(enum gp_http_method method)
{
	static const char *const names[GP_HTTP_METHODS] = {
		[GP_HTTP_GET] = "get",
		[GP_HTTP_HEAD] = "head",
		[GP_HTTP_POST] = "post",
		[GP_HTTP_OTHER_METHOD] = "other",
	};

	return NAME(names, method);
}

const char *gp_sni_name(enum gp_sni sni)
{
	static const char *const names[] = {
		[GP_SNI_UNKNOWN] = "unknown",
		[GP_SNI_ABSENT] = "absent",
		[GP_SNI_PRESENT] = "present",
	};

	return NAME(names, sni);
}

const char *gp_scan_class_name(enum gp_scan_class scan_class)
{
	static const char *const names[GP_SCAN_CLASSES] = {
		[GP_SCAN_HIGH] = "high",
		[GP_SCAN_SERVICE] = "service",
		[GP_SCAN_WATCHED] = "watched",
		[GP_SCAN_ENDPOINT] = "endpoint",
	};

	return NAME(names, scan_class);
}
