// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loads every program of BPF objects, each alone, and prints what it cost the verifier:
 *
 *   load FILE.bpf.o...      one line per program: "FILE.bpf.o:PROGRAM INSTRUCTIONS"
 *
 * Nothing is attached or pinned. A program that the kernel refuses is named on standard error with the end of the
 * verifier's log; the others are tried all the same. Exit codes: 0 all were loaded, 1 some were not, 2 usage.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#define LOG_BYTES (16u << 20)
#define LOG_TAIL_LINES 40

static char verifier_log[LOG_BYTES];

__attribute__((format(printf, 2, 0))) static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

/* The verifier's last words are the reason. */
static void print_log_tail(void)
{
	const char *at = verifier_log + strlen(verifier_log);

	for (int lines = 0; at > verifier_log; at--)
		if (at[-1] == '\n' && ++lines > LOG_TAIL_LINES)
			break;
	fprintf(stderr, "%s\n", at);
}

/* What the last "processed N insns" of the log said, as the kernel keeps it (bpf_prog_info, Linux 5.16). */
static int instructions(const struct bpf_program *program, __u32 *count)
{
	struct bpf_prog_info info = { 0 };
	__u32 bytes = sizeof(info);
	int err = bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &bytes);

	*count = info.verified_insns;
	return err;
}

/* Pins belong to a running agent, not to this. */
static int take_pins_off(struct bpf_object *object)
{
	struct bpf_map *map;
	int err = 0;

	bpf_object__for_each_map(map, object)
		if (!err && bpf_map__pin_path(map))
			err = bpf_map__set_pin_path(map, NULL);
	return err;
}

static struct bpf_object *open_object(const char *path)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .kernel_log_buf = verifier_log, .kernel_log_size = LOG_BYTES,
		    .kernel_log_level = 1);
	struct bpf_object *object = bpf_object__open_file(path, &options);

	if (!object)
		fprintf(stderr, "%s: cannot open: %s\n", path, strerror(errno));
	return object;
}

/* Loads program number @nth of an object just opened, alone. Return: 0, or -errno. */
static int load_nth(struct bpf_object *object, int nth, const char *file)
{
	struct bpf_program *program, *chosen = NULL;
	__u32 count = 0;
	int i = 0, err;

	bpf_object__for_each_program(program, object) {
		bpf_program__set_autoload(program, i == nth);
		if (i++ == nth)
			chosen = program;
	}
	err = take_pins_off(object);
	verifier_log[0] = 0;
	if (!err)
		err = bpf_object__load(object);
	if (err) {
		fprintf(stderr, "%s:%s: cannot load: %s\n", file, bpf_program__name(chosen), strerror(-err));
		print_log_tail();
		return err;
	}
	err = instructions(chosen, &count);
	if (err)
		fprintf(stderr, "%s:%s: cannot ask for its cost: %s\n", file, bpf_program__name(chosen), strerror(-err));
	else
		printf("%s:%s %u\n", file, bpf_program__name(chosen), count);
	return err;
}

/* Return: 0, or 1 when the object or any of its programs did not load. */
static int load_all(const char *path)
{
	const char *slash = strrchr(path, '/');
	int programs = 1, failed = 0;

	for (int n = 0; n < programs; n++) {
		struct bpf_object *object = open_object(path);
		struct bpf_program *program;

		if (!object)
			return 1;
		programs = 0;
		bpf_object__for_each_program(program, object)
			programs++;
		if (!programs)
			fprintf(stderr, "%s: no program in it\n", path);
		if (!programs || load_nth(object, n, slash ? slash + 1 : path))
			failed = 1;
		bpf_object__close(object);
	}
	return failed;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc < 2) {
		fprintf(stderr, "usage: load FILE.bpf.o...\n");
		return 2;
	}
	libbpf_set_print(quiet);
	for (int i = 1; i < argc; i++)
		failed |= load_all(argv[i]);
	return failed;
}
