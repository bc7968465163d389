/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control socket over real sockets: clients as they should be, and as they should not. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "control.h"
#include "control_client.h"
#include "control_head.h"
#include "control_listen.h"
#include "serve_thread.h"
#include "stderr_capture.h"
#include "temp_directory.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
/* Long enough for a machine that is busy with other tests. */
#define REQUEST_MS 1500
#define STALL_MS 1500

struct agent {
	char directory[64], path[96];
	struct gp_control_socket *control;
	struct serve_thread loop;
};

/* Many zeros, which cost nothing before somebody reads them. */
static int answer_zeros(struct gp_answer *out, size_t len)
{
	out->text = calloc(1, len);
	out->len = out->capacity = out->text ? len : 0;
	return out->text ? 0 : -ENOMEM;
}

static int answer(void *context, const struct gp_query *q, struct gp_answer *out)
{
	static const char kib[1024] = "a KiB of zeros";

	(void)context;
	switch (q->name) {
	case GP_QUERY_HOSTS: /* as many KiB as the limit */
		if (q->limit > 10000)
			return answer_zeros(out, 1024ul * q->limit);
		for (__u32 i = 0; i < q->limit; i++)
			gp_answer_write(out, kib, sizeof(kib));
		return 0;
	case GP_QUERY_RANGES:
		return gp_answer_fail(out, 422, "not today, %s", "\x1b[31mred");
	case GP_QUERY_NETWORKS:
		for (unsigned i = 0; i < GP_ANSWER_MAX / 1024 + 1; i++)
			gp_answer_write(out, kib, sizeof(kib));
		return 0;
	case GP_QUERY_REPORT:
		return -EIO;
	default:
		gp_answer_print(out, "{\"schema\":\"gatepost.%s/1\"}\n", gp_query_name(q->name));
		return 0;
	}
}

static void serve(void *context)
{
	gp_control_serve(context);
}

static struct gp_control_options options_of(const char *path)
{
	return (struct gp_control_options){ .path = path, .answer = answer, .request_ms = REQUEST_MS, .stall_ms = STALL_MS };
}

static void make_directory(struct agent *a)
{
	*a = (struct agent){ 0 };
	assert_int_equal(temp_directory(a->directory, sizeof(a->directory)), 0);
	snprintf(a->path, sizeof(a->path), "%s/gatepost.sock", a->directory);
}

static void remove_directory(struct agent *a)
{
	char lock[128];

	snprintf(lock, sizeof(lock), "%s.lock", a->path);
	unlink(lock);
	unlink(a->path);
	assert_int_equal(rmdir(a->directory), 0);
}

static void begin(struct agent *a)
{
	struct gp_control_options options;

	make_directory(a);
	options = options_of(a->path);
	assert_int_equal(gp_control_open(&a->control, &options), 0);
	assert_int_equal(serve_thread_begin(&a->loop, gp_control_fd(a->control), serve, a->control), 0);
}

static struct gp_control_tally end(struct agent *a)
{
	struct gp_control_tally count;

	serve_thread_end(&a->loop);
	count = gp_control_count(a->control);
	gp_control_close(a->control);
	assert_int_not_equal(access(a->path, F_OK), 0);
	remove_directory(a);
	return count;
}

static int connect_to(const char *path)
{
	const struct timeval wait = { .tv_sec = 10 };
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(gp_control_address(&address, path), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	return fd;
}

static void say(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

		if (n < 0)
			return; /* the agent has heard enough */
		text += n;
		len -= (size_t)n;
	}
}

/* All that comes, until the agent closes. Return: its length. */
static size_t hear(int fd, char *text, size_t size)
{
	size_t len = 0;
	ssize_t n = 1;

	while (n > 0 && len + 1 < size) {
		n = recv(fd, text + len, size - 1 - len, 0);
		len += n > 0 ? (size_t)n : 0;
	}
	assert_true(n >= 0 || errno == ECONNRESET);
	text[len] = '\0';
	return len;
}

static struct gp_control_head hear_head(int fd)
{
	struct gp_control_head head = { 0 };
	char text[8192];
	size_t len = hear(fd, text, sizeof(text));
	const char *line_end = memchr(text, '\n', len);

	assert_non_null(line_end);
	assert_int_equal(gp_control_head_read(&head, text, (size_t)(line_end - text)), 0);
	assert_int_equal((size_t)(text + len - line_end - 1), head.length);
	return head;
}

static void sleep_ms(unsigned ms)
{
	const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000l };

	nanosleep(&t, NULL);
}

static double seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int ask_status(const char *path)
{
	struct gp_answer out = { 0 };
	int err = gp_control_ask(path, "{\"query\":\"status\"}", 10, &out), status = err ? err : out.status;

	if (status == 200)
		assert_memory_equal(out.text, "{\"schema\":\"gatepost.status/1\"}\n", out.len);
	gp_answer_free(&out);
	return status;
}

/* --- questions and answers ---------------------------------------------------------------------------------------- */

static void test_answers(void **state)
{
	static const struct {
		const char *line;
		int status;
		size_t len;
		const char *error;
	} rows[] = {
		{ "{\"query\":\"status\"}", 200, 31, "" },
		{ "{\"query\":\"hosts\",\"limit\":1}", 200, 1024, "" },
		{ "{\"query\":\"hosts\",\"limit\":20000}", 200, 20480000, "" },
		{ "{\"query\":\"ranges\"}", 422, 0, "not today, \\x1b[31mred" },
		{ "{\"query\":\"networks\"}", 413, 0, "longer than 32 MiB" },
		{ "{\"query\":\"report\"}", 500, 0, "Input/output error" },
		{ "{\"query\":\"x\"}", 404, 0, "no query x" },
		{ "{\"query\":\"status\",\"limit\":1}", 400, 0, "no parameter limit" },
		{ "GET / HTTP/1.1", 400, 0, "not one object" },
		{ "", 400, 0, "not one object" },
	};
	struct gp_control_tally count;
	struct agent a;

	(void)state;
	begin(&a);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct gp_answer out = { 0 };
		int err = gp_control_ask(a.path, rows[i].line, 20, &out);

		if (err || out.status != rows[i].status || out.len != rows[i].len || !strstr(out.error, rows[i].error))
			fail_msg("%s: %d, %d, %zu bytes, \"%s\"", rows[i].line, err, out.status, out.len, out.error);
		gp_answer_free(&out);
	}
	count = end(&a);
	assert_int_equal(count.accepted, COUNT(rows));
	assert_int_equal(count.answered, 3);
	assert_int_equal(count.refused, COUNT(rows) - 3);
	assert_int_equal(count.timed_out + count.busy, 0);
}

static void test_bytes(void **state)
{
	static const struct {
		const char *name, *text;
		size_t len;
		bool closes; /* the peer says that nothing more comes */
		int status;
	} rows[] = {
		{ "a line", "{\"query\":\"status\"}\n", 19, false, 200 },
		{ "no line's end, but the end", "{\"query\":\"status\"}", 18, true, 200 },
		{ "half of it, and the end", "{\"query\":\"sta", 13, true, 400 },
		{ "more behind the line", "{\"query\":\"status\"}\n{\"query\":\"reload\"}\n", 38, false, 200 },
		{ "a NUL", "{\"query\":\"status\"\0}\n", 20, false, 400 },
		{ "zeros", "\0\0\0\0\0\0\n", 7, false, 400 },
		{ "no text", "\xff\xfe\xfd\n", 4, false, 400 },
		{ "only the line's end", "\n", 1, false, 400 },
		{ "a telnet client", "quit\r\n", 6, false, 400 },
	};
	struct agent a;

	(void)state;
	begin(&a);
	for (size_t i = 0; i < COUNT(rows); i++) {
		int fd = connect_to(a.path);
		struct gp_control_head head;

		say(fd, rows[i].text, rows[i].len);
		if (rows[i].closes)
			shutdown(fd, SHUT_WR);
		head = hear_head(fd);
		if (head.status != rows[i].status || head.ok != (rows[i].status == 200))
			fail_msg("%s: %d %s", rows[i].name, head.status, head.error);
		close(fd);
	}
	end(&a);
}

/* Byte by byte, in time. */
static void test_slow_request(void **state)
{
	static const char line[] = "{\"query\":\"status\"}\n";
	struct agent a;
	int fd;

	(void)state;
	begin(&a);
	fd = connect_to(a.path);
	for (size_t i = 0; i < strlen(line); i++) {
		say(fd, line + i, 1);
		sleep_ms(10);
	}
	assert_int_equal(hear_head(fd).status, 200);
	close(fd);
	end(&a);
}

static void test_half_request(void **state)
{
	struct gp_control_tally count;
	char text[16];
	double since;
	struct agent a;
	int fd;

	(void)state;
	begin(&a);
	since = seconds_now();
	fd = connect_to(a.path);
	/* A byte now and then buys no time. */
	for (int i = 0; i < 4; i++) {
		say(fd, "{", 1);
		sleep_ms(REQUEST_MS / 5);
		assert_int_equal(ask_status(a.path), 200);
	}
	assert_int_equal(hear(fd, text, sizeof(text)), 0);
	since = seconds_now() - since;
	assert_true(since >= REQUEST_MS / 1000.0 && since < 10);
	close(fd);
	count = end(&a);
	assert_int_equal(count.timed_out, 1);
}

static void test_oversize(void **state)
{
	size_t len = 4 * GP_QUERY_LINE_MAX;
	char *text = malloc(len);
	struct agent a;
	int fd;

	(void)state;
	assert_non_null(text);
	memset(text, ' ', len);
	begin(&a);
	fd = connect_to(a.path);
	say(fd, text, len);
	assert_int_equal(hear_head(fd).status, 413);
	close(fd);
	assert_int_equal(ask_status(a.path), 200);
	end(&a);
	free(text);
}

static void test_too_many(void **state)
{
	int idle[GP_CONTROL_CLIENTS], fd;
	struct gp_control_tally count;
	struct gp_control_head head;
	struct agent a;

	(void)state;
	begin(&a);
	for (size_t i = 0; i < COUNT(idle); i++)
		idle[i] = connect_to(a.path);
	fd = connect_to(a.path);
	head = hear_head(fd);
	assert_int_equal(head.status, 503);
	assert_non_null(strstr(head.error, "busy: 16 clients"));
	close(fd);
	assert_int_equal(ask_status(a.path), 503);
	/* Who says nothing gives way in time. */
	sleep_ms(REQUEST_MS + 800);
	assert_int_equal(ask_status(a.path), 200);
	for (size_t i = 0; i < COUNT(idle); i++)
		close(idle[i]);
	count = end(&a);
	assert_int_equal(count.busy, 2);
	assert_int_equal(count.timed_out, GP_CONTROL_CLIENTS);
}

/* 20 MB for somebody who does not read; the others are answered meanwhile, and the agent sleeps. */
static void test_never_reads(void **state)
{
	struct gp_control_tally count;
	struct agent a;
	double since;
	char byte;
	int fd;

	(void)state;
	begin(&a);
	fd = connect_to(a.path);
	say(fd, "{\"query\":\"hosts\",\"limit\":20000}\n", 32);
	assert_int_equal(recv(fd, &byte, 1, 0), 1);
	for (int i = 0; i < 10; i++) {
		since = seconds_now();
		assert_int_equal(ask_status(a.path), 200);
		assert_true(seconds_now() - since < 5);
	}
	sleep_ms(STALL_MS + 800);
	close(fd);
	count = end(&a);
	assert_int_equal(count.timed_out, 1);
	assert_int_equal(count.answered, 11);
	/* Two wake-ups each and a timer; a loop that spins would have made millions. */
	if (a.loop.calls > 200)
		fail_msg("%lu calls", a.loop.calls);
}

static void test_slow_reader(void **state)
{
	size_t size = 4 << 20, len = 0;
	char *text = malloc(size);
	struct gp_control_tally count;
	struct agent a;
	ssize_t n;
	int fd;

	(void)state;
	assert_non_null(text);
	begin(&a);
	fd = connect_to(a.path);
	say(fd, "{\"query\":\"hosts\",\"limit\":3000}\n", 31);
	for (int i = 0; (n = recv(fd, text + len, size - len < 40000 ? size - len : 40000, 0)) > 0; i++) {
		len += (size_t)n;
		if (i % 10 == 0)
			sleep_ms(10);
	}
	assert_int_equal(n, 0);
	n = (char *)memchr(text, '\n', len) + 1 - text;
	assert_int_equal(len - (size_t)n, 3000 * 1024);
	for (size_t i = 0; i < 3000; i++)
		assert_string_equal(text + n + 1024 * i, "a KiB of zeros");
	close(fd);
	count = end(&a);
	assert_int_equal(count.timed_out, 0);
	free(text);
}

/* Answers that nobody reads may not fill the memory. */
static void test_pending(void **state)
{
	struct agent a;
	int fds[6], busy = 0;

	(void)state;
	begin(&a);
	for (size_t i = 0; i < COUNT(fds); i++) {
		fds[i] = connect_to(a.path);
		say(fds[i], "{\"query\":\"hosts\",\"limit\":20000}\n", 32);
	}
	for (size_t i = 0; i < COUNT(fds); i++) {
		char text[64];

		memset(text, 0, sizeof(text));
		assert_true(recv(fds[i], text, sizeof(text) - 1, 0) > 40);
		busy += strstr(text, "\"status\":503") != NULL;
	}
	for (size_t i = 0; i < COUNT(fds); i++)
		close(fds[i]);
	/* Four of 20 MB pass the bound of 64 MiB. */
	assert_int_equal(busy, 2);
	sleep_ms(200);
	assert_int_equal(ask_status(a.path), 200);
	end(&a);
}

static void test_going_away(void **state)
{
	struct agent a;

	(void)state;
	begin(&a);
	for (int i = 0; i < 50; i++) {
		int fd = connect_to(a.path);

		if (i % 3 == 1)
			say(fd, "{\"query\":", 9);
		if (i % 3 == 2)
			say(fd, "{\"query\":\"hosts\",\"limit\":20000}\n", 32);
		close(fd);
	}
	sleep_ms(300);
	assert_int_equal(ask_status(a.path), 200);
	end(&a);
}

static void test_reload_is_logged(void **state)
{
	struct gp_answer out = { 0 };
	char log[512], expected[64];
	struct agent a;

	(void)state;
	stderr_capture_begin();
	begin(&a);
	assert_int_equal(gp_control_ask(a.path, "{\"query\":\"reload\"}", 10, &out), 0);
	assert_int_equal(ask_status(a.path), 200);
	end(&a);
	stderr_capture_end(log, sizeof(log));
	snprintf(expected, sizeof(expected), "reload asked for by uid %u, process %d\n", getuid(), getpid());
	assert_non_null(strstr(log, expected));
	assert_int_equal(strchr(log, '\n') - log + 1, strlen(log));
	gp_answer_free(&out);
}

/* --- the socket in the file system -------------------------------------------------------------------------------- */

/* Opens, and leaves what is said on standard error in @log. */
static int try_open(struct gp_control_socket **out, const struct gp_control_options *options, char *log, size_t size)
{
	int err;

	stderr_capture_begin();
	err = gp_control_open(out, options);
	stderr_capture_end(log, size);
	return err;
}

static void test_mode(void **state)
{
	gid_t group = getgid();
	struct gp_control_options options;
	struct group *own = getgrgid(group);
	struct agent a;
	struct stat st;

	(void)state;
	make_directory(&a);
	options = options_of(a.path);
	assert_int_equal(gp_control_open(&a.control, &options), 0);
	assert_int_equal(stat(a.path, &st), 0);
	assert_int_equal(st.st_mode, S_IFSOCK | 0600);
	gp_control_close(a.control);
	assert_non_null(own);
	/* Root can give it to anybody; others to their own group. */
	options.group = getuid() ? own->gr_name : "daemon";
	umask(077);
	assert_int_equal(gp_control_open(&a.control, &options), 0);
	umask(022);
	assert_int_equal(stat(a.path, &st), 0);
	assert_int_equal(st.st_mode, S_IFSOCK | 0660);
	assert_int_equal(st.st_gid, getgrnam(options.group)->gr_gid);
	gp_control_close(a.control);
	remove_directory(&a);
}

static void test_refused_paths(void **state)
{
	struct gp_control_socket *control, *second;
	struct gp_control_options options;
	char log[1024], longer[200], file[128];
	struct agent a;
	FILE *f;

	(void)state;
	make_directory(&a);
	options = options_of(a.path);
	options.group = "no-such-group-here";
	assert_int_equal(try_open(&control, &options, log, sizeof(log)), -ENOENT);
	assert_non_null(strstr(log, "addgroup --system no-such-group-here"));
	assert_int_not_equal(access(a.path, F_OK), 0);

	/* A file is not a socket, and stays. */
	f = fopen(a.path, "w");
	fputs("mine", f);
	fclose(f);
	options = options_of(a.path);
	assert_int_equal(try_open(&control, &options, log, sizeof(log)), -ENOTSOCK);
	assert_non_null(strstr(log, "it is no socket"));
	assert_int_equal(access(a.path, F_OK), 0);
	unlink(a.path);
	/* Nor is what a link leads to. */
	snprintf(file, sizeof(file), "%s/target", a.directory);
	assert_int_equal(symlink(file, a.path), 0);
	assert_int_equal(try_open(&control, &options, log, sizeof(log)), -ENOTSOCK);
	unlink(a.path);

	memset(longer, 'x', sizeof(longer));
	longer[0] = '/';
	longer[sizeof(longer) - 1] = '\0';
	options = options_of(longer);
	assert_int_equal(try_open(&control, &options, log, sizeof(log)), -ENAMETOOLONG);
	assert_non_null(strstr(log, "107 bytes"));
	options = options_of("/nonexistent/gatepost.sock");
	assert_int_equal(try_open(&control, &options, log, sizeof(log)), -ENOENT);
	assert_non_null(strstr(log, "its directory must exist"));

	options = options_of(a.path);
	assert_int_equal(gp_control_open(&control, &options), 0);
	assert_int_equal(try_open(&second, &options, log, sizeof(log)), -EADDRINUSE);
	assert_non_null(strstr(log, "another agent answers there"));
	assert_int_equal(access(a.path, F_OK), 0);
	gp_control_close(control);
	remove_directory(&a);
}

/* Another program's socket at the path: it has no lock, and lives. */
static void test_foreign_socket(void **state)
{
	struct gp_control_options options;
	struct sockaddr_un address;
	struct gp_control_socket *control;
	char log[1024];
	struct agent a;
	int fd;

	(void)state;
	make_directory(&a);
	gp_control_address(&address, a.path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	options = options_of(a.path);
	assert_int_equal(try_open(&control, &options, log, sizeof(log)), -EADDRINUSE);
	assert_non_null(strstr(log, "another program answers there"));
	/* Once it is dead, its socket is only a file in the way. */
	close(fd);
	assert_int_equal(gp_control_open(&control, &options), 0);
	gp_control_close(control);
	remove_directory(&a);
}

/* Killed where it stands: what it leaves behind does not keep the next one from listening. */
static void test_killed_agent(void **state)
{
	struct gp_control_options options;
	struct agent a;
	int ready[2], status;
	pid_t child;
	char byte;

	(void)state;
	make_directory(&a);
	options = options_of(a.path);
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (!child) {
		if (!gp_control_open(&a.control, &options) && write(ready[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	assert_int_equal(access(a.path, F_OK), 0);
	assert_int_equal(ask_status(a.path), -ECONNREFUSED);
	assert_int_equal(gp_control_open(&a.control, &options), 0);
	assert_int_equal(serve_thread_begin(&a.loop, gp_control_fd(a.control), serve, a.control), 0);
	assert_int_equal(ask_status(a.path), 200);
	end(&a);
	close(ready[0]);
	close(ready[1]);
}

/* --- the client, and whoever listens ------------------------------------------------------------------------------ */

static void test_no_agent(void **state)
{
	struct agent a;

	(void)state;
	make_directory(&a);
	assert_int_equal(ask_status(a.path), -ENOENT);
	assert_int_equal(ask_status("/dev/null"), -ECONNREFUSED);
	assert_int_equal(ask_status(""), -EINVAL);
	assert_int_equal(rmdir(a.directory), 0);
}

struct impostor {
	int fd;
	const char *text;
	size_t len;
	bool waits;
};

static void *pretend(void *argument)
{
	struct impostor *x = argument;
	int fd = accept(x->fd, NULL, NULL);
	char line[256];

	assert_true(recv(fd, line, sizeof(line), 0) > 0);
	say(fd, x->text, x->len);
	/* Until the client gives up. */
	while (x->waits && recv(fd, line, sizeof(line), 0) > 0)
		;
	close(fd);
	return NULL;
}

#define HEAD(rest) "{\"schema\":\"gatepost.answer/1\"," rest "}\n"

static void test_impostors(void **state)
{
	static const struct {
		const char *text;
		bool waits;
		int err;
	} rows[] = {
		{ "", false, -ECONNRESET },
		{ "", true, -ETIMEDOUT },
		{ "HTTP/1.1 200 OK\n", false, -EBADMSG },
		{ "no line's end", false, -EBADMSG },
		{ "{}\n", false, -EBADMSG },
		{ HEAD("\"ok\":true,\"status\":200"), false, -EBADMSG },
		{ HEAD("\"ok\":true,\"status\":200,\"length\":-1"), false, -EBADMSG },
		{ HEAD("\"ok\":true,\"status\":200,\"length\":33554433"), false, -EBADMSG },
		{ HEAD("\"ok\":1,\"status\":200,\"length\":0"), false, -EBADMSG },
		{ HEAD("\"ok\":true,\"status\":200,\"length\":5") "four", false, -ECONNRESET },
		{ HEAD("\"ok\":true,\"status\":200,\"length\":5") "four", true, -ETIMEDOUT },
		{ HEAD("\"ok\":true,\"status\":200,\"length\":3") "four", false, -EBADMSG },
		{ HEAD("\"ok\":true,\"status\":200,\"length\":4") "four", false, 0 },
		{ HEAD("\"ok\":false,\"status\":500,\"length\":0,\"error\":\"\\u001b[2J\""), false, 0 },
		{ HEAD("\"ok\":false,\"status\":500,\"length\":0"), false, 0 },
	};
	struct sockaddr_un address;
	struct agent a;

	(void)state;
	make_directory(&a);
	gp_control_address(&address, a.path);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct impostor x = { .text = rows[i].text, .len = strlen(rows[i].text), .waits = rows[i].waits };
		struct gp_answer out = { 0 };
		pthread_t thread;
		int err;

		x.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_int_equal(bind(x.fd, (struct sockaddr *)&address, sizeof(address)), 0);
		assert_int_equal(listen(x.fd, 1), 0);
		assert_int_equal(pthread_create(&thread, NULL, pretend, &x), 0);
		err = gp_control_ask(a.path, "{\"query\":\"status\"}", 1, &out);
		if (err != rows[i].err || strchr(out.error, '\x1b'))
			fail_msg("row %zu: %d, \"%s\"", i, err, out.error);
		pthread_join(thread, NULL);
		close(x.fd);
		unlink(a.path);
		gp_answer_free(&out);
	}
	assert_int_equal(rmdir(a.directory), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),	      cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_slow_request),  cmocka_unit_test(test_half_request),
		cmocka_unit_test(test_oversize),      cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_never_reads),   cmocka_unit_test(test_slow_reader),
		cmocka_unit_test(test_pending),	      cmocka_unit_test(test_going_away),
		cmocka_unit_test(test_reload_is_logged), cmocka_unit_test(test_mode),
		cmocka_unit_test(test_refused_paths), cmocka_unit_test(test_foreign_socket),
		cmocka_unit_test(test_killed_agent),  cmocka_unit_test(test_no_agent),
		cmocka_unit_test(test_impostors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
