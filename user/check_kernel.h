/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows about this process and this kernel. */
#ifndef GATEPOST_CHECK_KERNEL_H
#define GATEPOST_CHECK_KERNEL_H

#include "check.h"

/* Privileges, kernel, memory, BPF file system, pins, clock; gp_check_bpf() among them. Fills in check->facts. */
void gp_check_kernel(struct gp_check *check);

/* Program types, maps, helpers, compiler and dispatcher, as the kernel itself answers. Needs facts.bpf to ask. */
void gp_check_bpf(struct gp_check *check);

#endif
