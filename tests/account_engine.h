/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The native engine with the tables that rows of the counting core expect. One at a time; cmocka fixtures. */
#ifndef GATEPOST_TESTS_ACCOUNT_ENGINE_H
#define GATEPOST_TESTS_ACCOUNT_ENGINE_H

#include "account_rows.h"

static struct gp_config *config;
static struct gp_engine *engine;

static inline int open_engine(void **state)
{
	(void)state;
	return account_config_open(&config) || gp_engine_native_open(&engine, config);
}

static inline int close_engine(void **state)
{
	(void)state;
	engine->close(engine);
	gp_config_close(config);
	return 0;
}

#endif
