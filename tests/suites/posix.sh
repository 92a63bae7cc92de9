# The Open POSIX Test Suite: its programs for interfaces and behaviour, most of which sleep.
#
# Left out: what sets the clock, which on the host is everybody's.
# shellcheck shell=bash

posix_build() {
	local src=$work/posixtestsuite
	deb_source posixtestsuite
	[ ! -f "$work/posix.done" ] || return 0
	echo "suites: building posix" >&2
	# Headers that today's libc does not include along with others; programs that cannot be built
	# (a few) are missing on both sides.
	(cd "$src" && find conformance/interfaces conformance/behavior -name '[0-9]*.c' ! -name '*buildonly*' \
		! -exec grep -qE '(clock_settime|settimeofday|stime) *\(' {} \; -print |
		xargs -P "$(nproc)" -I '{}' sh -c 'gcc -w -O1 -std=gnu99 -D_GNU_SOURCE -D_XOPEN_SOURCE=600 -Iinclude \
			-include fcntl.h -include signal.h -include sys/resource.h "$1" -o "${1%.c}.test" -lpthread -lrt -lm ||
			echo "not built: $1"' - '{}' >"$work/posix.log" 2>&1)
	touch "$work/posix.done"
}

posix() {
	local group seconds f name
	posix_build
	grep -vE '^(#|$)' tests/suites/posix.list | while read -r group seconds; do
		for f in "$work/posixtestsuite/conformance/${group#+}"/*.test; do
			name=$group/$(basename "$f" .test)
			[ -f "$f" ] && wanted "$name" || continue
			name=${name#+}
			mkdir -p "$dir/ks/${name%/*}"
			cp "$f" "$dir/ks/$name.test"
			echo "$name ${seconds:-60} $name.test"
		done
	done >"$dir/ks/cases"
	find "$dir/ks" -name '*.test' -exec strip {} +
	# Some of them keep every CPU for themselves: more at a time would disturb each other.
	echo "${JOBS:-4}" >"$dir/ks/jobs"
	in_image posix /lib/x86_64-linux-gnu/libgcc_s.so.1 # pthread_cancel() opens it
}
