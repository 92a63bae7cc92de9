# Linux's own tests of what programs see, built from the source of the guest kernel.
# shellcheck shell=bash

# The guest kernel's own source, without what was built there; only the directories wanted.
kselftest_build() {
	local src=$work/linux targets
	targets=$(chosen kselftest | cut -d/ -f1 | sort -u | xargs)
	[ "$(cat "$work/kselftest.done" 2>/dev/null)" != "$targets" ] || return 0
	[ -d build/linux-nestling/tools/testing/selftests ] || skip "kselftest needs the guest kernel's source: make"
	[ -f /usr/include/sys/capability.h ] || skip "kselftest needs the package libcap-dev"
	echo "suites: building kselftest" >&2
	if [ ! -f "$src/mm/gup_test.h" ] || [ ! -d "$src/usr/include/linux" ]; then
		rm -rf "$src"
		mkdir -p "$src"
		tar cf - -C build/linux-nestling --exclude='*.o' --exclude='.*.cmd' --exclude='*.a' \
			Makefile Kbuild Kconfig scripts include arch/x86 arch/Kconfig usr mm/gup_test.h \
			tools/{testing/selftests,include,arch,scripts,lib,build} | tar xf - -C "$src"
		make -s -C "$src" headers ARCH=x86 >"$work/kselftest.log" 2>&1 || { tail -n 5 "$work/kselftest.log"; exit 1; }
	fi
	# Not all of mm's can be built without more libraries: those of the list can.
	make -s -k -j"$(nproc)" -C "$src/tools/testing/selftests" ARCH=x86_64 TARGETS="$targets" \
		>>"$work/kselftest.log" 2>&1 || true
	echo "$targets" >"$work/kselftest.done"
}

kselftest() {
	local src=$work/linux/tools/testing/selftests name seconds
	kselftest_build
	while read -r name seconds; do
		[ -x "$src/$name" ] || { echo "suites: $name was not built" >&2; continue; }
		mkdir -p "$dir/ks/${name%/*}"
		cp -r "$src/$name" "$dir/ks/$name"
		case $name in
		exec/execveat) cp -r "$src"/exec/{script,subdir} "$src/exec/execveat.denatured" "$dir/ks/exec/" && ln -sf execveat "$dir/ks/exec/execveat.symlink" ;;
		rseq/*) mkdir -p "$dir/ks/lib" && cp "$src/rseq/librseq.so" "$dir/ks/lib/" ;;
		esac
		echo "$name ${seconds:-30} cd ${name%/*} && LD_LIBRARY_PATH=../lib ./${name##*/}"
	done < <(chosen kselftest) >"$dir/ks/cases"
	in_tiny kselftest
}
