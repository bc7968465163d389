/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a report may look like. */
#ifndef GATEPOST_FORMAT_H
#define GATEPOST_FORMAT_H

enum gp_format {
	GP_FORMAT_JSON,	  /* indented */
	GP_FORMAT_NDJSON, /* one line */
	GP_FORMAT_TEXT,	  /* a table within 100 columns */
};

#endif
