/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every fuzzer has: its entry, and a way to say that something must hold. */
#ifndef GATEPOST_TESTS_FUZZ_H
#define GATEPOST_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition) ((condition) ? (void)0 : abort())

#endif
