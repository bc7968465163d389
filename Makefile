# SPDX-License-Identifier: GPL-2.0-or-later
#
#   make             build/gatepost                     make check       tests that need no root
#   make check-root  tests that load BPF, namespaces    make fuzz        each fuzzer for FUZZ_SECONDS
#   make bench       what a packet costs                make install     DESTDIR= PREFIX=
#   V=1 shows the commands. clang >= 14 for BPF, gcc >= 12 (or CC=clang) for the rest.

CC ?= gcc
CLANG ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 20
# Debian keeps asm/types.h in its multiarch folder, which clang does not search for the BPF target.
ARCH_INCLUDE := $(firstword $(wildcard /usr/include/$(shell uname -m)-linux-gnu) /usr/include)

B := build
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-8s %s\n' '$(1)' '$(2)')

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wformat=2 -Werror
LIBS := libbpf libxdp libpcap json-c yaml-0.1 libcrypto libmaxminddb libcares sqlite3 libmicrohttpd
PKG_CFLAGS := $(shell pkg-config --cflags $(LIBS))
PKG_LIBS := $(shell pkg-config --libs $(LIBS)) -lm
CPPFLAGS_ALL := -Iinclude -Iuser -I$(B) -D_GNU_SOURCE $(PKG_CFLAGS) $(CPPFLAGS)
CFLAGS ?= -O2 -g
CFLAGS_ALL := -std=gnu17 $(WARN) -MMD -MP $(CFLAGS)
SANITIZE := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
BPF_CFLAGS := -std=gnu17 -O2 -g -target bpf -mcpu=v3 $(WARN) -Wno-missing-prototypes -MMD -MP -Iinclude -Ibpf -I$(ARCH_INCLUDE)

BPF_SOURCES := $(wildcard bpf/*.bpf.c)
SKELETONS := $(BPF_SOURCES:bpf/%.bpf.c=$(B)/%.skel.h)
SOURCES := $(wildcard user/*.c)
LIB_SOURCES := $(filter-out user/main.c,$(SOURCES))
OBJECTS := $(SOURCES:%.c=$(B)/%.o)
LIB_ASAN := $(LIB_SOURCES:%.c=$(B)/asan/%.o)
LIB_FUZZ := $(LIB_SOURCES:%.c=$(B)/fuzz/%.o)
# Programs that test scripts ask: what gatepost makes of some bytes.
PRINTERS := $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/print_*.c))
TEST_SUPPORT := $(filter-out tests/test_%.c tests/fuzz_%.c tests/root_%.c tests/print_%.c,$(wildcard tests/*.c))
TESTS := $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/test_*.c))
ROOT_TESTS := $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/root_*.c))
FUZZERS := $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/fuzz_*.c))

.PHONY: all tests check check-root fuzz fuzzers bench install clean headers
.SECONDARY:
.DELETE_ON_ERROR:
all: $(B)/gatepost

$(B)/gatepost: $(OBJECTS)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

# BPF object -> skeleton. The debug information (not the BTF) is stripped: it would be embedded in the binary.
$(B)/%.bpf.o: bpf/%.bpf.c Makefile
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MT $@ -MF $@.d -c $< -o $@.full
	$(Q)$(BPFTOOL) gen object $@ $@.full

$(B)/%.skel.h: $(B)/%.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@

$(B)/user/%.o: user/%.c Makefile | $(SKELETONS)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -c $< -o $@

# The same sources under ASan and UBSan for tests, and with coverage for libFuzzer.
$(B)/asan/%.o: %.c Makefile | $(SKELETONS)
	$(call say,CC asan,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) -Itests $(CFLAGS_ALL) $(SANITIZE) -c $< -o $@

$(B)/fuzz/%.o: %.c Makefile | $(SKELETONS)
	$(call say,CC fuzz,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(CPPFLAGS_ALL) -Itests $(CFLAGS_ALL) $(SANITIZE) -fsanitize=fuzzer-no-link -c $< -o $@

$(B)/tests/test_% $(B)/tests/root_%: LDLIBS_TEST = -lcmocka
$(TESTS) $(ROOT_TESTS) $(PRINTERS): $(B)/tests/%: $(B)/asan/tests/%.o $(LIB_ASAN) $(TEST_SUPPORT:%.c=$(B)/asan/%.o)
	$(call say,LD asan,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -lcmocka $(PKG_LIBS)

$(FUZZERS): $(B)/tests/%: $(B)/fuzz/tests/%.o $(LIB_FUZZ)
	$(call say,LD fuzz,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(SANITIZE) -fsanitize=fuzzer -o $@ $^ $(PKG_LIBS)

tests: $(TESTS) $(ROOT_TESTS) $(PRINTERS)
fuzzers: $(FUZZERS)

check: $(B)/gatepost $(B)/evaluate $(TESTS) $(PRINTERS)
	$(Q)scripts/run-tests user
check-root: $(B)/gatepost $(ROOT_TESTS) $(PRINTERS)
	$(Q)scripts/run-tests root
fuzz: $(FUZZERS)
	$(Q)scripts/run-fuzzers $(FUZZ_SECONDS)

# A population's packets, made up (tests/traffic/traffic.h).
TRAFFIC_SOURCES := $(filter-out tests/traffic/tool.c,$(wildcard tests/traffic/*.c))

$(B)/traffic: $(TRAFFIC_SOURCES:%.c=$(B)/%.o) $(B)/tests/traffic/tool.o
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(B)/tests/traffic/%.o: tests/traffic/%.c Makefile
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -c $< -o $@

$(B)/tests/test_traffic: $(TRAFFIC_SOURCES:%.c=$(B)/asan/%.o)

# What a packet costs. Its programs wrap the data plane's own (bpf/entry.h).
BENCH_SOURCES := $(addprefix tests/bench/,bench.c frames.c live.c live_evidence.c live_pair.c measure.c neighbours.c results.c world.c)
BENCH_SKELETONS := $(addprefix $(B)/tests/bench/,bench.skel.h deep.skel.h jump.skel.h textbook.skel.h)

$(B)/bench: $(BENCH_SOURCES:%.c=$(B)/%.o) $(LIB_SOURCES:%.c=$(B)/%.o)
$(B)/bench_drain: $(B)/tests/bench/bench_drain.o $(LIB_SOURCES:%.c=$(B)/%.o)
$(B)/bench_deep: $(B)/tests/bench/bench_deep.o $(B)/tests/bench/deep_pcap.o $(LIB_SOURCES:%.c=$(B)/%.o)
$(B)/bench_judge: $(B)/tests/bench/bench_judge.o $(LIB_SOURCES:%.c=$(B)/%.o)
$(B)/bench_store: $(B)/tests/bench/bench_store.o $(LIB_SOURCES:%.c=$(B)/%.o)
$(B)/bench $(B)/bench_deep $(B)/bench_drain $(B)/bench_judge $(B)/bench_store:
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(B)/tests/bench/%.bpf.o: tests/bench/%.bpf.c Makefile
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MT $@ -MF $@.d -c $< -o $@.full
	$(Q)$(BPFTOOL) gen object $@ $@.full

$(B)/tests/bench/%.skel.h: $(B)/tests/bench/%.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@

$(B)/tests/bench/%.o: tests/bench/%.c Makefile | $(SKELETONS) $(BENCH_SKELETONS)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -c $< -o $@

# How good the verdicts are, beside other detectors: scripts/evaluate.
EVALUATE_SOURCES := $(wildcard tests/evaluate/*.c)
EVALUATE_PARTS := $(filter-out %/evaluate.c,$(EVALUATE_SOURCES)) $(TRAFFIC_SOURCES)

$(B)/evaluate: $(B)/tests/evaluate/evaluate.o $(EVALUATE_PARTS:%.c=$(B)/%.o) $(LIB_SOURCES:%.c=$(B)/%.o)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(B)/tests/evaluate/%.o: tests/evaluate/%.c Makefile | $(SKELETONS)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) -Itests $(CFLAGS_ALL) -c $< -o $@

$(B)/tests/test_evaluate: $(EVALUATE_PARTS:%.c=$(B)/asan/%.o)

bench: $(B)/bench $(B)/bench_deep $(B)/bench_drain $(B)/bench_judge $(B)/bench_store
	$(Q)B=$(B) scripts/bench

install: $(B)/gatepost
	install -D -m 755 $(B)/gatepost $(DESTDIR)$(PREFIX)/sbin/gatepost
	install -D -m 644 docs/gatepost.conf.example $(DESTDIR)$(PREFIX)/share/doc/gatepost/gatepost.conf.example
	install -D -m 644 docs/report.schema.json $(DESTDIR)$(PREFIX)/share/gatepost/report.schema.json
	install -D -m 644 docs/api.schema.json $(DESTDIR)$(PREFIX)/share/gatepost/api.schema.json
	install -D -m 644 docs/api.md $(DESTDIR)$(PREFIX)/share/doc/gatepost/api.md
	install -D -m 644 docs/gatepost.8 $(DESTDIR)$(PREFIX)/share/man/man8/gatepost.8
	install -D -m 644 docs/gatepost.conf.5 $(DESTDIR)$(PREFIX)/share/man/man5/gatepost.conf.5

clean:
	rm -rf $(B)

-include $(shell find $(B) -name '*.d' 2>/dev/null)
