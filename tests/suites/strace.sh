# strace's own tests: each runs strace on a program that says what the output should have been.
# shellcheck shell=bash

strace_build() {
	deb_source strace
	[ ! -f "$work/strace.done" ] || return 0
	echo "suites: building strace and its tests" >&2
	(cd "$work/strace" && ./configure --disable-mpers --disable-gcc-Werror && make -j"$(nproc)" &&
		make -j"$(nproc)" -C tests check TESTS=) >"$work/strace.log" 2>&1 ||
		{ tail -n 5 "$work/strace.log"; return 1; }
	touch "$work/strace.done"
}

strace() {
	local src=$work/strace f name mem=2G # the logs of some are large
	local settings="STRACE_ARCH=x86_64 STRACE_NATIVE_ARCH=x86_64 SIZEOF_KERNEL_LONG_T=8 SIZEOF_LONG=8 TIMEOUT_DURATION=900"
	strace_build
	mkdir -p "$dir/ks/src" "$dir/ks/tests"
	cp "$src/src/strace" "$src/src/config.h" "$dir/ks/src/"
	find "$src/tests" -maxdepth 1 -type f ! -name '*.[cho]' ! -name '*.a' ! -name '*.am' -exec cp -t "$dir/ks/tests" {} +
	find "$dir/ks" -type f -perm -100 -exec strip {} + 2>/dev/null || true # not of those without symbols to look up
	for name in pc stack-fcall stack-fcall-attach stack-fcall-mangled; do cp "$src/tests/$name" "$dir/ks/tests/"; done
	for f in "$dir/ks/tests/"*.test; do
		name=$(basename "$f" .test)
		wanted "$name" || continue
		# Each leaves its logs in a directory of its own; all of them would fill the guest's /tmp.
		echo "$name 1000 cd tests && $settings ./run.sh ./$name.test; status=\$?; rm -rf ${name%.gen}.dir; exit \$status"
	done >"$dir/ks/cases"
	echo "${JOBS:-4}" >"$dir/ks/jobs"
	in_image strace bash awk cmp comm cut date diff dirname expr false find gzip head id kill ln mkfifo mktemp mknod \
		mv nl nproc od printf ps pwd readlink rmdir sort stat tail tee test touch tr uniq uname unlink unshare nsenter yes /usr/bin/perl
}
