/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that speak HTTP: what they call themselves, and how they speak TLS. */
#ifndef GATEPOST_TRAFFIC_AGENTS_H
#define GATEPOST_TRAFFIC_AGENTS_H

#include <linux/types.h>

enum agent {
	AGENT_CHROME,
	AGENT_EDGE,
	AGENT_FIREFOX,
	AGENT_SAFARI,
	AGENT_IPHONE,
	AGENT_ANDROID,
	AGENT_CURL,
	AGENT_PYTHON,
	AGENT_GO,
	AGENT_OLD,
	AGENT_DEVICE,
	AGENT_GOOGLEBOT,
	AGENT_IMAGE_PROXY,
	AGENT_HEADLESS, /* says that it is Chrome */
	AGENT_CRAWLER,
	AGENTS,
};

struct agent_row {
	const char *text;
	__u8 hello; /* enum tls_client */
};

extern const struct agent_row agent_rows[AGENTS];

#endif
