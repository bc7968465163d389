#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel matrix: guest.sh in guests with Debian's newest 6.1 and 6.12 kernels, and on the running kernel in
# namespaces of its own. The guests are emulated, so this needs neither KVM nor root; the running kernel's part does
# need root. Kernels are fetched with apt-get download and unpacked; they are never installed.
#
#   tests/vm/test_kernels.sh [--load] [6.1] [6.12] [host]     all of them by default
#
# --load only loads the programs: quick, for work on the data plane. GP_VM_SHOW=1 shows the consoles.
#
# Ends with "N passed, N failed, N skipped". Everything it makes lies in build/vm.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
# shellcheck source=tests/vm/build.sh
. tests/vm/build.sh

# A guest needs 120 s of CPU time, and up to 320 s where other programs have its caches. That is what is limited; the time by
# the clock only ends a guest that hangs.
limit_cpu_s=${GP_VM_CPU_S:-600}
limit_s=${GP_VM_LIMIT_S:-840}
modules=(veth sch_ingress cls_bpf)
captures=(encapsulations/input.pcap tcp-disorder/input.pcap spam-bot-ipv6/input.pcap)
passed=0 failed=0 skipped=0
cache=$VM_BUILD/cache
declare -A pids=()

ok() {
	printf 'ok - %s\n' "$1"
	passed=$((passed + 1))
}

not_ok() {
	printf 'not ok - %s\n' "$1"
	failed=$((failed + 1))
}

skip() {
	printf 'skip - %s\n' "$1"
	skipped=$((skipped + 1))
}

end() {
	printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
	[ "$failed" -eq 0 ]
	exit
}

end_guests() {
	local series
	for series in "${!pids[@]}"; do
		kill -s KILL "${pids[$series]}" 2>/dev/null
		wait "${pids[$series]}" 2>/dev/null || true
	done
}

# Prints which of the tools is missing; fails then.
missing() {
	local tool
	for tool in "$@"; do
		command -v "$tool" >/dev/null || {
			printf '%s is not installed (scripts/deps)\n' "$tool"
			return 0
		}
	done
	return 1
}

# newest_package SERIES: the newest signed cloud kernel of it that apt-cache knows.
newest_package() {
	apt-cache search --names-only "^linux-image-${1//./\\.}\\.[0-9].*-cloud-amd64\$" 2>/dev/null |
		awk '{print $1}' | sort -V | tail -n 1
}

# cached SERIES: the newest package file of it that was fetched before.
cached() {
	find "$cache" -maxdepth 1 -name "linux-image-$1.[0-9]*.deb" -size +1M 2>/dev/null | sort -V | tail -n 1
}

download() {
	local package
	package=$(newest_package "$1")
	[ -n "$package" ] || {
		printf 'apt-cache knows no linux-image-%s.*-cloud-amd64\n' "$1" >"$cache/$1.err"
		return 1
	}
	[ -z "$(find "$cache" -name "${package}_*.deb" -size +1M)" ] || return 0
	(cd "$cache" && timeout 90 apt-get -q -o APT::Sandbox::User=root download "$package") >"$cache/$1.err" 2>&1
}

# fetch SERIES: prints the package file; on failure the reason, to be read in $cache/SERIES.err. A list of packages that
# is older than the mirror names files that are gone: once more with a new one.
fetch() {
	mkdir -p "$cache"
	download "$1" || {
		[ "$(id -u)" -eq 0 ] && timeout 90 apt-get -q update >/dev/null 2>&1 && download "$1"
	}
	cached "$1" | grep .
}

# copy_program FILE [DIRECTORY]: with the shared libraries that it needs, each where it is found here.
copy_program() {
	local library
	install -D -m 755 "$1" "$tree${2:-/usr/sbin}/${1##*/}"
	for library in $(ldd "$1" 2>/dev/null | grep -o '/[^ ]*'); do
		[ -e "$tree$library" ] || install -D -m 755 "$library" "$tree$library"
	done
}

# What all guests have: everything but the modules. Packed once.
make_common() {
	local program object
	tree=$PWD/$VM_BUILD/tree
	rm -rf "$tree"
	mkdir -p "$tree"/{proc,sys,dev,tmp,run,gp,usr/{bin,sbin,lib,lib64}}
	for program in bin sbin lib lib64; do
		ln -s "usr/$program" "$tree/$program"
	done
	install -m 755 "$(command -v busybox)" "$tree/usr/bin/busybox"
	ln -s /bin/busybox "$tree/usr/sbin/modprobe"
	for program in ip xdp-filter tcpreplay; do
		program=$(command -v "$program")
		copy_program "$(readlink -f "$program")" "${program%/*}"
	done
	ln -sf /usr/sbin/ip "$tree/usr/bin/ip"
	mkdir -p "$tree/usr/lib/x86_64-linux-gnu/bpf"
	cp /usr/lib/x86_64-linux-gnu/bpf/xdp*.o "$tree/usr/lib/x86_64-linux-gnu/bpf/"
	copy_program "$VM_BUILD/load" /gp
	if [ -z "$only" ]; then
		copy_program "$VM_BUILD/gatepost" /gp
		copy_program "$VM_BUILD/tests/root_rows" /gp/tests
		copy_program "$VM_BUILD/tests/root_account" /gp/tests
	fi
	for object in "$VM_BUILD"/objects/*/*.bpf.o; do
		install -D -m 644 "$object" "$tree/gp/${object#"$VM_BUILD"/}"
	done
	cp -r "$VM_BUILD/pcap" "$tree/gp/pcap"
	install -m 755 tests/vm/guest.sh "$tree/gp/guest.sh"
	install -m 755 tests/vm/init.sh "$tree/init"
	pack "$tree" "$VM_BUILD/common.cpio"
}

pack() {
	(cd "$1" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0) >"$2"
}

copy_captures() {
	local capture
	rm -rf "$VM_BUILD/pcap"
	mkdir -p "$VM_BUILD/pcap"
	for capture in "${captures[@]}"; do
		cp "tests/pcap/$capture" "$VM_BUILD/pcap/${capture%/*}.pcap"
	done
	cp tests/pcap/link-types/ethernet.pcap "$VM_BUILD/pcap/small.pcap"
}

# copy_module UNPACKED DESTINATION NAME: with what it depends on, uncompressed.
copy_module() {
	local file name
	file=$(find "$1/lib/modules" -name "$3.ko" -o -name "$3.ko.xz" | head -n 1)
	# Not there: built into the kernel.
	[ -n "$file" ] || return 0
	name=$2/${file#"$1"/}
	[ ! -e "${name%.xz}" ] || return 0
	mkdir -p "${name%/*}"
	case $file in
	*.xz) xz -dc "$file" >"${name%.xz}" ;;
	*) cp "$file" "$name" ;;
	esac
	# Its .modinfo section holds KEY=VALUE strings, each ended by a NUL.
	for name in $(grep -az '^depends=' "${name%.xz}" | tr -d '\0' | cut -d= -f2 | tr ',' ' '); do
		copy_module "$1" "$2" "$name"
	done
}

# unpack SERIES PACKAGE_FILE: the kernel and its initramfs in $VM_BUILD/SERIES.
unpack() {
	local at=$VM_BUILD/$1 module
	rm -rf "$at"
	mkdir -p "$at/modules"
	dpkg-deb -x "$2" "$at/package" || return 1
	mv "$at"/package/boot/vmlinuz-* "$at/vmlinuz" || return 1
	for module in "${modules[@]}"; do
		copy_module "$at/package" "$at/modules/usr" "$module"
	done
	pack "$at/modules" "$at/modules.cpio"
	cat "$VM_BUILD/common.cpio" "$at/modules.cpio" >"$at/initramfs"
	rm -rf "$at/package"
}

# boot SERIES: in the background; its console goes to a file.
boot() {
	local at=$VM_BUILD/$1
	: >"$at/console"
	(
		ulimit -t "$limit_cpu_s"
		exec qemu-system-x86_64 -machine pc,accel=tcg -cpu max -smp 1 -m 1200 -nodefaults -no-user-config -display none \
			-no-reboot -serial "file:$at/console" -kernel "$at/vmlinuz" -initrd "$at/initramfs" \
			-append "console=ttyS0 loglevel=4 panic=-1 rdinit=/init mitigations=off init_on_alloc=0 nokaslr${only:+ gp_only=$only}"
	) </dev/null >"$at/qemu.out" 2>&1 &
	pids[$1]=$!
}

# Waits for all guests; one that is not done in time is ended, and has no closing line then.
wait_for_guests() {
	local end=$((SECONDS + limit_s)) series
	for series in "${!pids[@]}"; do
		while kill -0 "${pids[$series]}" 2>/dev/null && [ "$SECONDS" -lt "$end" ]; do
			sleep 0.5
		done
	done
	end_guests
	pids=()
}

# show_console FILE FILTER...: the end of what comes through the filter.
show_console() {
	local file=$1
	shift
	printf '# the end of the console (%s):\n' "$file"
	"$@" <"$file.txt" | tail -n 40 | sed 's/^/#   /'
	[ ! -s "${file%/*}/qemu.out" ] || sed 's/^/#   qemu: /' "${file%/*}/qemu.out"
}

# judge COLUMN FILE: counts what guest.sh said there.
judge() {
	local column=$1 file=$2 version failed_before=$failed line
	tr -d '\r' <"$file" >"$file.txt"
	version=$(sed -n 's/^# \([0-9]\)/\1/p' "$file.txt" | head -n 1)
	printf '# %s: Linux %s\n' "$column" "${version:-which did not start}"
	while IFS= read -r line; do
		case $line in
		'ok - '*) ok "${version%%-*}: ${line#ok - }" ;;
		'not ok - '*) not_ok "${version%%-*}: ${line#not ok - }" ;;
		'skip - '*) skip "${version%%-*}: ${line#skip - }" ;;
		'#   '*) printf '%s\n' "$line" ;;
		esac
	done <"$file.txt"
	if ! grep -q '^# end of the tests' "$file.txt"; then
		not_ok "$column: the tests did not come to their end (limits: $limit_cpu_s s of CPU time, $limit_s s)"
		show_console "$file" cat
	elif [ -n "${GP_VM_SHOW-}" ]; then
		show_console "$file" cat
	elif [ "$failed" -ne "$failed_before" ]; then
		# The tests' own words were printed; the kernel's were not.
		show_console "$file" grep -E '^\[ *[0-9]+\.[0-9]+\]'
	fi
	costs "$version" "$file.txt"
}

# The verifier's costs there, against the table.
costs() {
	local counts=$2.costs
	sed -n 's/^cost - //p' "$2" >"$counts"
	[ -s "$counts" ] || return 0
	if scripts/verifier-costs --kernel "$(cut -d. -f1,2 <<<"$1")" --counts "$counts" >"$counts.out" 2>&1; then
		ok "${1%%-*}: the verifier's costs have not grown"
	else
		not_ok "${1%%-*}: the verifier's costs have grown"
	fi
	sed 's/^/#   /' "$counts.out"
}

guests() {
	local series package reason booted
	if reason=$(missing qemu-system-x86_64 cpio xz dpkg-deb); then
		skip "$*: $reason"
		return
	fi
	make_common || {
		not_ok 'the common part of the initramfs can be made'
		return
	}
	for series in "$@"; do
		if ! package=$(fetch "$series"); then
			skip "$series: no kernel: $(tail -n 1 "$cache/$series.err")"
		elif unpack "$series" "$package"; then
			boot "$series"
		else
			not_ok "$series: ${package##*/} can be unpacked"
		fi
	done
	booted=("${!pids[@]}")
	wait_for_guests
	# One boot in some 50 ended in a panic of the emulated kernel after 1 s, before anything of ours ran; the cause is not
	# known. It is shown, and that guest gets a second chance. Whatever happens once the tests have begun stands.
	for series in "${booted[@]}"; do
		grep -aq '^# [0-9]' "$VM_BUILD/$series/console" && continue
		printf '# %s: the kernel did not come up; once more\n' "$series"
		tr -d '\r' <"$VM_BUILD/$series/console" >"$VM_BUILD/$series/console.txt"
		show_console "$VM_BUILD/$series/console" cat
		boot "$series"
	done
	[ "${#pids[@]}" -eq 0 ] || wait_for_guests
	for series in "${booted[@]}"; do
		judge "$series" "$VM_BUILD/$series/console"
	done
}

# The running kernel, apart from everything else: no device, no pin, no mount of the machine is touched.
on_host() {
	local at=$VM_BUILD/host
	if [ "$(id -u)" -ne 0 ]; then
		skip 'the running kernel: needs root'
		return
	fi
	mkdir -p "$at"
	# shellcheck disable=SC2016 # for the inner shell
	timeout --kill-after=5 "$limit_s" unshare --mount --net bash -c '
		mount -t sysfs sysfs /sys && mount -t bpf bpf /sys/fs/bpf && mount -t tmpfs tmpfs /run &&
		/sbin/ip link set lo up && exec busybox sh tests/vm/guest.sh "$1" host "$2" "$3"
		' bash "$PWD/$VM_BUILD" "$PWD/$at/scratch" "$only" >"$at/console" 2>&1
	judge host "$at/console"
}

only=
if [ "${1-}" = --load ]; then
	only=load
	shift
fi
columns=("$@")
[ "$#" -gt 0 ] || columns=(6.1 6.12 host)
series=()
for column in "${columns[@]}"; do
	case $column in
	host) ;;
	[5-9].[0-9]*) series+=("$column") ;;
	*)
		printf 'test_kernels.sh: %s: name a series, as 6.1, or host\n' "$column" >&2
		exit 2
		;;
	esac
done
trap end_guests EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

if reason=$(missing busybox ip tcpreplay xdp-filter clang); then
	skip "the kernel matrix: $reason"
	end
fi
mkdir -p "$VM_BUILD"
# In the guests a load takes 10 s: the oldest compiler and the newest stand for those between.
mapfile -t compilers < <(vm_compilers | sed -n '1p;$p' | uniq)
if ! vm_loader || ! vm_objects "${compilers[@]}" || { [ -z "$only" ] && ! vm_programs; }; then
	not_ok 'the programs for the guests can be built'
	end
fi
copy_captures
case " ${columns[*]} " in
*' host '*) on_host ;;
esac
[ "${#series[@]}" -eq 0 ] || guests "${series[@]}"
end
