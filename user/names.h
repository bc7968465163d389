/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stable, lower-case names under which enums leave the program. Static strings; "unknown" out of range. */
#ifndef GATEPOST_NAMES_H
#define GATEPOST_NAMES_H

#include "judge.h"

/* "ok", "truncated", "fragment_later"; the keys of coverage.unparsed. */
const char *gp_parse_name(enum gp_parse status);
/* "smtp", "tls", "other"; the keys of services. */
const char *gp_service_name(enum gp_service service);
/* "subscriber", "outside". */
const char *gp_role_name(enum gp_role role);
/* "none", "suspected", "confirmed". */
const char *gp_verdict_name(enum gp_verdict verdict);
/* "spam_bot", "scanner". */
const char *gp_kind_name(enum gp_kind kind);
/* "scanner_range". */
const char *gp_range_kind_name(enum gp_range_kind kind);
/* "helo", "mail"; "none" for GP_SMTP_NONE. */
const char *gp_smtp_command_name(enum gp_smtp_command command);
/* "connect", "rcpt": what a reply answers. */
const char *gp_smtp_stage_name(enum gp_smtp_stage stage);
/* "2xx" to "5xx". */
const char *gp_reply_class_name(enum gp_reply_class reply_class);
/* "get", "other". */
const char *gp_http_method_name(enum gp_http_method method);
/* "unknown", "absent", "present". */
const char *gp_sni_name(enum gp_sni sni);
/* "watched", "service", "high", "endpoint". */
const char *gp_scan_class_name(enum gp_scan_class scan_class);

#endif
