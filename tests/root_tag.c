/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The XDP program's tags and the tc program, through BPF_PROG_TEST_RUN. Needs root; attaches nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include "bpf_object.h"
#include "filters.h"
#include "gatepost.skel.h"
#include "memory_setup.h"
#include "tag.skel.h"
#include "tag_rows.h"

#define META_MAX 252 /* no kernel takes more (struct skb_shared_info) */

/* The XDP program as an engine, so that rows can be played on it. */
static struct {
	struct gp_engine engine;
	struct gp_bpf bpf;
	struct gp_config *config;
	__u8 out[META_MAX + FRAME_ROOM];
	__u32 out_bytes, meta_bytes;
} kernel;

static void drain(struct gp_engine *engine, gp_record_fn *take, void *context)
{
	(void)engine;
	gp_bpf_drain(&kernel.bpf, take, context);
}

/* One run. @meta_bytes: of the data, in front of the frame. Return: 0, or -errno when the kernel refuses. */
static int run(const struct gp_bpf *bpf, const __u8 *data, __u32 bytes, __u32 meta_bytes)
{
	struct xdp_md in = { .data = meta_bytes, .data_end = bytes }, out = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = data, .data_size_in = bytes, .data_out = kernel.out,
		    .data_size_out = sizeof(kernel.out), .ctx_in = &in, .ctx_size_in = sizeof(in), .ctx_out = &out,
		    .ctx_size_out = sizeof(out));
	int err = bpf_prog_test_run_opts(bpf_program__fd(bpf->program), &options);

	if (err)
		return err;
	assert_int_equal(options.retval, XDP_PASS);
	kernel.out_bytes = options.data_size_out;
	kernel.meta_bytes = out.data;
	return 0;
}

static int feed(void *context, const struct gp_frame *frame, enum gp_side side, bool prepare)
{
	struct gp_tag tag;
	int err;

	(void)side;
	if (prepare)
		gp_filters_prepare(&kernel.engine.memory, frame->time_ns);
	kernel.bpf.skeleton->bss->gp_replay_now_ns = frame->time_ns;
	kernel.bpf.skeleton->bss->gp_replay_excess_bytes = 0;
	err = run(&kernel.bpf, frame->data, frame->data_bytes, 0);
	if (err)
		return err;
	/* The frame itself is as it was. */
	assert_int_equal(kernel.out_bytes, kernel.meta_bytes + frame->data_bytes);
	assert_memory_equal(kernel.out + kernel.meta_bytes, frame->data, frame->data_bytes);
	if (!kernel.meta_bytes)
		return tag_play_note(context, NULL, frame->time_ns);
	assert_int_equal(kernel.meta_bytes, sizeof(tag));
	memcpy(&tag, kernel.out, sizeof(tag));
	return tag_play_note(context, &tag, frame->time_ns);
}

static void test_rows(void **state)
{
	(void)state;
	tag_rows_check(&kernel.engine, feed);
}

/* A SYN from 10.0.0.7 to port 25, behind metadata of somebody else. */
static __u32 other_metadata(__u8 *data, __u32 meta_bytes)
{
	static const __u8 frame[54] = { [12] = 0x08, 0x00, 0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 7, 192, 0, 2,
					25, 0x9c, 0x40, 0, 25, [46] = 0x50, GP_TCP_SYN };

	memset(data, 0xa5, meta_bytes);
	memcpy(data + meta_bytes, frame, sizeof(frame));
	return meta_bytes + (__u32)sizeof(frame);
}

static __u64 tags_failed(void)
{
	__u64 failed = 0;

	for (__u32 i = 0; i < kernel.engine.memory.cpu_count; i++)
		failed += kernel.engine.memory.cpus[i].totals.tags_failed;
	return failed;
}

static void test_metadata_of_others(void **state)
{
	static const struct gp_tag wanted = { GP_TAG_VERSION, GP_SERVICE_SMTP, GP_FROM_OWNER, GP_TAG_HANDSHAKE, 0, { 0 } };
	__u8 data[128];
	__u32 bytes = other_metadata(data, 12);

	(void)state;
	account_clear(&kernel.engine.memory);
	assert_int_equal(run(&kernel.bpf, data, bytes, 12), 0);
	assert_int_equal(kernel.meta_bytes, sizeof(wanted) + 12);
	assert_memory_equal(kernel.out, &wanted, sizeof(wanted));
	assert_memory_equal(kernel.out + sizeof(wanted), data, bytes);
	assert_int_equal(tags_failed(), 0);
}

/* As much metadata as the kernel takes: the packet passes as it came, and is counted. */
static void test_no_room(void **state)
{
	__u32 meta_bytes = META_MAX, bytes;
	__u8 data[META_MAX + 64];
	int err;

	(void)state;
	account_clear(&kernel.engine.memory);
	do {
		bytes = other_metadata(data, meta_bytes);
		err = run(&kernel.bpf, data, bytes, meta_bytes);
		meta_bytes -= err ? 4 : 0;
	} while (err && meta_bytes);
	assert_int_equal(err, 0);
	assert_int_equal(kernel.meta_bytes, meta_bytes);
	assert_int_equal(kernel.out_bytes, bytes);
	assert_memory_equal(kernel.out, data, bytes);
	assert_int_equal(tags_failed(), 1);
}

/* Tags are for live packets, and for those who asked for them. */
static void test_off(void **state)
{
	struct gp_bpf_options options = { .side = GP_SIDE_TAP, .cpus = 1 };
	struct gp_bpf bpf;
	__u8 data[128];

	(void)state;
	assert_int_equal(gp_bpf_open(&bpf, kernel.config, &options), 0);
	assert_int_equal(bpf.skeleton->rodata->gp_knob_tags, 0);
	gp_bpf_close(&bpf);
	kernel.config->tags = true;
	assert_int_equal(gp_bpf_open(&bpf, kernel.config, &options), 0);
	assert_int_equal(bpf.skeleton->rodata->gp_knob_tags, 1);
	gp_bpf_close(&bpf);
	options.replay = true;
	assert_int_equal(gp_bpf_open(&bpf, kernel.config, &options), 0);
	kernel.config->tags = false;
	assert_int_equal(bpf.skeleton->rodata->gp_knob_tags, 0);
	assert_int_equal(gatepost_bpf__load(bpf.skeleton), 0);
	assert_int_equal(gp_bpf_map(&bpf), 0);
	gp_memory_setup(&bpf.memory, kernel.config, &bpf.plan);
	assert_int_equal(run(&bpf, data, other_metadata(data, 0), 0), 0);
	assert_int_equal(kernel.meta_bytes, 0);
	gp_bpf_close(&bpf);
}

/* Without metadata the mark stays, and other filters come next. What a tag becomes: test_tag.c, tests/netns/test_tag.sh. */
static void test_no_tag_no_mark(void **state)
{
	struct __sk_buff in = { .mark = 0xabcd }, out = { 0 };
	struct tag_bpf *tag = tag_bpf__open();
	__u8 data[128];
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = data, .data_size_in = other_metadata(data, 0), .ctx_in = &in,
		    .ctx_size_in = sizeof(in), .ctx_out = &out, .ctx_size_out = sizeof(out));

	(void)state;
	assert_non_null(tag);
	tag->rodata->gp_mark_mask = 0xff;
	assert_int_equal(tag_bpf__load(tag), 0);
	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(tag->progs.gatepost_tag), &options), 0);
	assert_int_equal((int)options.retval, TC_ACT_UNSPEC);
	assert_int_equal(out.mark, 0xabcd);
	tag_bpf__destroy(tag);
}

static int open_kernel(void **state)
{
	const struct gp_bpf_options options = { .side = GP_SIDE_TAP, .replay = true, .cpus = 1 };

	(void)state;
	if (account_config_open(&kernel.config) || gp_bpf_open(&kernel.bpf, kernel.config, &options))
		return -1;
	gp_bpf_choose(&kernel.bpf, GP_BPF_TAGS);
	if (gatepost_bpf__load(kernel.bpf.skeleton) || gp_bpf_map(&kernel.bpf))
		return -1;
	kernel.engine.memory = kernel.bpf.memory;
	kernel.engine.drain = drain;
	gp_memory_setup(&kernel.engine.memory, kernel.config, &kernel.bpf.plan);
	return 0;
}

static int close_kernel(void **state)
{
	(void)state;
	gp_bpf_close(&kernel.bpf);
	gp_config_close(kernel.config);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_metadata_of_others),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_no_tag_no_mark),
	};

	return cmocka_run_group_tests(tests, open_kernel, close_kernel);
}
