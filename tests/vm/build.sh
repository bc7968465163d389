# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the kernel matrix and scripts/verifier-costs run, built into a directory of its own. To be sourced from the top
# of the project; VM_BUILD says where.

VM_BUILD=${VM_BUILD:-build/vm}
VM_OLDEST=clang-14 # Debian 12's own, and the oldest that is promised to work

# The numbered compilers that are installed, from the oldest that is promised upward.
vm_compilers() {
	{
		printf '%s\n' "$VM_OLDEST"
		compgen -c clang- | grep -E '^clang-[0-9]+$'
	} | sort -uV | sed -n "/^$VM_OLDEST\$/,\$p" | while read -r compiler; do
		command -v "$compiler" >/dev/null && printf '%s\n' "$compiler"
	done
}

# The newest one that Debian has here, or nothing when apt-cache knows none.
vm_newest_compiler() {
	apt-cache search --names-only '^clang-[0-9]+$' 2>/dev/null | awk '{print $1}' | sort -V | tail -n 1
}

# vm_objects COMPILER...: every object by each: $VM_BUILD/objects/COMPILER/*.bpf.o, and no others. make says nothing
# unless it fails.
vm_objects() {
	local compiler source targets
	for compiler in "$VM_BUILD"/objects/*; do
		[[ " $* " == *" ${compiler##*/} "* ]] || rm -rf "$compiler"
	done
	for compiler; do
		targets=()
		for source in bpf/*.bpf.c; do
			source=${source##*/}
			targets+=("$VM_BUILD/objects/$compiler/${source%.c}.o")
		done
		make -s B="$VM_BUILD/objects/$compiler" CLANG="$compiler" "${targets[@]}" >"$VM_BUILD/make.out" 2>&1 || {
			tail -n 40 "$VM_BUILD/make.out" >&2
			return 1
		}
	done
}

vm_loader() {
	mkdir -p "$VM_BUILD"
	if [ ! "$VM_BUILD/load" -nt tests/vm/load.c ]; then
		"${CC:-gcc}" -std=gnu17 -O2 -Wall -Wextra -Wshadow -Werror -o "$VM_BUILD/load" tests/vm/load.c -lbpf
	fi
}

# The agent and the rows, without the sanitizers: emulation is slow enough.
vm_programs() {
	make -s B="$VM_BUILD" SANITIZE=-O2 "$VM_BUILD/gatepost" "$VM_BUILD/tests/root_rows" \
		"$VM_BUILD/tests/root_account" >"$VM_BUILD/make.out" 2>&1 || {
		tail -n 40 "$VM_BUILD/make.out" >&2
		return 1
	}
}
