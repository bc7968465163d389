/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What Prometheus is told: every figure where it belongs, and promtool's own opinion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "metrics_text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Each figure another number. */
static struct gp_metrics figures(void)
{
	struct gp_metrics m = {
		.start_ns = 1777888800250000000ull,
		.unaccounted = -3,
		.nic_missed = 11,
		.received = { 1001, 2002 },
		.flow_records_lost = 12,
		.epochs = 13,
		.epoch_lag_ns = 1500000000,
		.drain_ns = 20000000,
		.store_open = true,
		.store_bytes = 81920,
		.store_pending = 14,
		.store_commits = 15,
		.store_failures = 16,
		.reloads = 17,
		.reload_failures = 18,
		.resident_bytes = ~0ull,
		.cpu_s = 1.25,
		.http_refused = 19,
	};

	m.services[GP_SERVICE_SMTP] = (struct gp_count){ 101, 102 };
	m.attempts[GP_SERVICE_SMTP] = 103;
	m.unparsed[GP_PARSE_ARP] = 104;
	m.unparsed[GP_PARSE_OK] = 999;
	m.table_full[GP_TABLE_CELLS] = 105;
	m.sampled[GP_SAMPLED_MAIL] = (struct gp_sampled_count){ .taken = 106, .source_limited = 107, .limited = 108,
								.ring_full = 109 };
	m.hosts[GP_STATE_CONFIRMED][GP_KIND_SPAM_BOT] = 110;
	m.hosts[GP_STATE_CLEAN][GP_KIND_SPAM_BOT] = 999;
	m.ranges[GP_RANGE_SNOWSHOE] = 111;
	m.deliveries[GP_DELIVERY_DEFERRED] = 112;
	return m;
}

/* Terminated, to be freed. */
static char *text_of(const struct gp_metrics *m)
{
	struct gp_answer out = { 0 };

	gp_metrics_text(&out, m);
	gp_answer_write(&out, "", 1);
	assert_int_equal(out.err, 0);
	assert_string_equal(out.type, GP_TYPE_PROMETHEUS);
	return out.text;
}

static void test_figures(void **state)
{
	static const char *const lines[] = {
		"\ngatepost_received_packets_total 1001\n",
		"\ngatepost_received_bytes_total 2002\n",
		"\ngatepost_service_packets_total{service=\"smtp\"} 101\n",
		"\ngatepost_service_bytes_total{service=\"smtp\"} 102\n",
		"\ngatepost_service_attempts_total{service=\"smtp\"} 103\n",
		"\ngatepost_service_packets_total{service=\"other\"} 0\n",
		"\ngatepost_unparsed_packets_total{reason=\"arp\"} 104\n",
		"\ngatepost_unaccounted_packets -3\n",
		"\ngatepost_interface_missed_packets_total 11\n",
		"\ngatepost_table_overflow_total{table=\"cells\"} 105\n",
		"\ngatepost_evidence_packets_total{kind=\"mail\",result=\"taken\"} 106\n",
		"\ngatepost_evidence_packets_total{kind=\"mail\",result=\"source_limited\"} 107\n",
		"\ngatepost_evidence_packets_total{kind=\"mail\",result=\"limited\"} 108\n",
		"\ngatepost_evidence_packets_total{kind=\"mail\",result=\"ring_full\"} 109\n",
		"\ngatepost_flow_records_lost_total 12\n",
		"\ngatepost_hosts{state=\"confirmed\",kind=\"spam_bot\"} 110\n",
		"\ngatepost_ranges{kind=\"snowshoe\"} 111\n",
		"\ngatepost_epoch_drain_seconds_count 13\n",
		"\ngatepost_epoch_drain_seconds_sum 0.020000000\n",
		"\ngatepost_epoch_lag_seconds 1.500000000\n",
		"\ngatepost_start_time_seconds 1777888800.250000000\n",
		"\ngatepost_store_size_bytes 81920\n",
		"\ngatepost_store_pending_records 14\n",
		"\ngatepost_store_commits_total{result=\"ok\"} 15\n",
		"\ngatepost_store_commits_total{result=\"failed\"} 16\n",
		"\ngatepost_config_reloads_total{result=\"ok\"} 17\n",
		"\ngatepost_config_reloads_total{result=\"failed\"} 18\n",
		"\ngatepost_deliveries_total{result=\"deferred\"} 112\n",
		"\ngatepost_requests_total{via=\"http\",result=\"refused\"} 19\n",
		"\ngatepost_resident_memory_bytes 18446744073709551615\n",
		"\ngatepost_cpu_seconds_total 1.250000\n",
	};
	const struct gp_metrics m = figures();
	char *text = text_of(&m);

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++)
		if (!strstr(text, lines[i]))
			fail_msg("no line %s", lines[i]);
	assert_null(strstr(text, "999"));
	assert_null(strstr(text, "unknown"));
	free(text);
}

static void test_without_store(void **state)
{
	struct gp_metrics m = figures();
	char *text;

	(void)state;
	m.store_open = false;
	text = text_of(&m);
	assert_null(strstr(text, "gatepost_store"));
	free(text);
}

/* Every sample stands below a HELP and a TYPE of its own name; counters, and nothing else, end in _total. */
static void test_types(void **state)
{
	const struct gp_metrics m = figures();
	char *text = text_of(&m), *rest = text, *line, name[100] = "", type[20] = "";
	unsigned families = 0;

	(void)state;
	while ((line = strsep(&rest, "\n")) && *line) {
		size_t len = strlen(name);

		if (sscanf(line, "# HELP %99s", name) == 1) {
			families++;
			continue;
		}
		if (line[0] == '#') {
			assert_int_equal(sscanf(line, "# TYPE %*s %19s", type), 1);
			if (!strcmp(type, "counter") != (len > 6 && !strcmp(name + len - 6, "_total")))
				fail_msg("%s is a %s", name, type);
			continue;
		}
		if (strncmp(line, name, len) || !strchr(" {_", line[len]))
			fail_msg("\"%s\" stands below %s", line, name);
	}
	assert_true(families > 30);
	free(text);
}

static void test_promtool(void **state)
{
	const struct gp_metrics m = figures();
	char *text = text_of(&m);
	char said[4096] = "";
	FILE *tool;
	size_t n;
	int in[2], out[2], status;
	pid_t child;

	(void)state;
	if (access("/usr/bin/promtool", X_OK)) {
		printf("skip - promtool is not installed (Debian: prometheus)\n");
		free(text);
		skip();
	}
	assert_int_equal(pipe(in) | pipe(out), 0);
	child = fork();
	if (!child) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		dup2(out[1], 2);
		close(in[1]);
		close(out[0]);
		execl("/usr/bin/promtool", "promtool", "check", "metrics", (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	assert_int_equal(write(in[1], text, strlen(text)), strlen(text));
	close(in[1]);
	tool = fdopen(out[0], "r");
	n = fread(said, 1, sizeof(said) - 1, tool);
	fclose(tool);
	waitpid(child, &status, 0);
	/* Not a word: neither an error nor a matter of style. */
	if (!WIFEXITED(status) || WEXITSTATUS(status) || n)
		fail_msg("promtool: %d\n%s", WEXITSTATUS(status), said);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_figures), cmocka_unit_test(test_without_store), cmocka_unit_test(test_types),
		cmocka_unit_test(test_promtool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
