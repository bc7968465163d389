/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of what is under way in the kernel. */
#ifndef GATEPOST_GRACE_H
#define GATEPOST_GRACE_H

/*
 * Waits until no program runs that was begun before. membarrier(2) waits for a grace period of RCU (Linux,
 * kernel/sched/membarrier.c: synchronize_rcu()), and a program is a reader of RCU. Kernels with nohz_full refuse it: then
 * some time passes instead.
 */
void gp_grace_wait(void);

#endif
