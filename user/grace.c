// SPDX-License-Identifier: GPL-2.0-or-later
#include "grace.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define WAIT_NS 20000000l /* where the kernel does not tell: a thousand times as long as a program runs */

void gp_grace_wait(void)
{
	struct timespec left = {.tv_nsec = WAIT_NS};

	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		while (nanosleep(&left, &left) && errno == EINTR)
			;
}
