#!/bin/busybox sh
# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-or-later
# Process 1 of a guest: the file systems, the modules, the tests, power off.
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs devtmpfs /dev
/bin/busybox mount -t bpf bpf /sys/fs/bpf
/bin/busybox mount -t tmpfs tmpfs /tmp
/bin/busybox mount -t tmpfs tmpfs /run
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
depmod
/sbin/ip link set lo up
echo 1 >/proc/sys/net/core/bpf_jit_enable
only=$(sed -n 's/.*gp_only=\([a-z]*\).*/\1/p' /proc/cmdline)
busybox sh /gp/guest.sh /gp guest /tmp/guest "$only" 2>&1
poweroff -f
