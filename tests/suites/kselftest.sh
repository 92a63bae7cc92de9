# Linux's own tests of what programs see, built from the source of the guest kernel.
# shellcheck shell=bash

# The guest kernel's own source, without what was built there; only the directories wanted.
kselftest_build() {
	local src=$work/linux targets built
	targets=$(chosen kselftest | cut -d/ -f1 | sort -u)
	built=$(xargs -rn 1 2>/dev/null <"$work/kselftest.done" || true)
	[ -n "$(comm -23 <(echo "$targets") <(echo "$built"))" ] || return 0
	targets=$(printf '%s\n' "$targets" "$built" | sort -u | xargs)
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
	local src=$work/linux/tools/testing/selftests name seconds by_line run t
	local mem=${MEM:-3G} # mremap_test moves 2 GB
	kselftest_build
	mkdir -p "$dir/ks/lib"
	cp /usr/libexec/coreutils/libstdbuf.so "$dir/ks/lib/"
	while read -r name seconds; do
		[ -x "$src/$name" ] || { wrong+=("$name was not built"); continue; }
		mkdir -p "$dir/ks/${name%/*}"
		cp -r "$src/$name" "$dir/ks/$name"
		by_line=
		case $name in
		# Some die in the guest, and would take along what they have not written yet.
		x86/*) by_line="LD_PRELOAD=../lib/libstdbuf.so _STDBUF_O=L" ;;
		exec/execveat) cp -r "$src"/exec/{script,subdir,Makefile} "$src/exec/execveat.denatured" "$dir/ks/exec/" && ln -sf execveat "$dir/ks/exec/execveat.symlink" ;;
		rseq/*) cp "$src/rseq/librseq.so" "$dir/ks/lib/" ;;
		esac
		run="cd ${name%/*} && LD_LIBRARY_PATH=../lib $by_line ./${name##*/}"
		case $name in
		# What cannot be set up ends all of it: each test by itself, which leaves out the first.
		mm/uffd-unit-tests)
			echo "$name 30 $run | grep UFFDIO_API"
			for t in $("$src/$name" -l); do echo "$name/$t ${seconds:-30} $run -f $t"; done
			;;
		*) echo "$name ${seconds:-30} $run" ;;
		esac
	done < <(chosen kselftest) >"$dir/ks/cases"
	in_tiny kselftest
}
