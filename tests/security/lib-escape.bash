# Shared by the tests that run the escape-* programs in a guest; sourced.
#
#   escape_guest SECONDS COMMAND...  boots a guest in which escape-guard runs, runs the command
#                                    lines there and ends; fails when it takes longer, or when
#                                    guest or guard do not end as they should. Output: $T/out
#   escape_control PROGRAM   runs it on the host, where nothing holds its attacks up: each must be noticed
# shellcheck shell=bash
. tests/system/lib.sh

escape_control() {
	timeout -k 5 100 "build/guest/$1" control >"$T/out" 2>&1 </dev/null || fail "$1: an escape goes unnoticed"
	expect_text "^$1: control: [1-9][0-9]* cases, 0 wrong\$"
	grep -aE "^$1: control|^# " "$T/out"
}

# The guard may be kept from running for so long, in milliseconds, by a busy host too.
GAP_MS=${GAP_MS:-6000}

escape_guest() {
	local limit=$1 status gap p
	shift
	mkdir -p "$T/disk"
	for p in build/guest/escape-*; do
		cp "$p" "$T/disk/" && strip "$T/disk/${p##*/}" || fail "$p: make guests"
	done
	{
		echo 'cd /tmp; export PATH=$PATH:/mnt; ulimit -c 0'
		echo 'escape-guard & guard=$!'
		echo 'while [ ! -e /tmp/guard ]; do sleep 0.1; done'
		printf '%s || echo "FAILED: $?"\n' "$@"
		echo 'dmesg | grep -E "nestling:.*stub" | tail -n 40; kill $guard; wait $guard; echo "guard ended: $?"'
	} >"$T/disk/run"
	mksquashfs "$T/disk" "$T/disk.img" -quiet -no-progress -noappend -comp lz4 -all-root >/dev/null || fail "mksquashfs"
	# shellcheck disable=SC2086
	timeout -k 5 "$limit" "$LINUX" uml_dir="$UML" mem=128M ubd1="$T/disk.img" ${GUEST_ARGS:-} -- \
		-c 'mkdir -p /mnt && mount -o ro /dev/ubdb /mnt && sh /mnt/run' </dev/null >"$T/console" 2>&1
	status=$?
	tr -d '\r' <"$T/console" >"$T/out"
	[ -z "${KEEP:-}" ] || cp "$T/out" "$KEEP"
	grep -E '^(escape-|guard:|ESCAPE|jump|# )' "$T/out"
	[ $status -ne 124 ] || fail "no end after $limit s"
	[ $status -eq 0 ] || fail "the guest ended with status $status"
	! grep -q '^ESCAPE' "$T/out" || fail "guest code broke out"
	! grep -q '^FAILED' "$T/out" || fail "an attack did not end as it should"
	expect_text '^guard ended: 0$'
	! grep -qE 'Kernel panic|BUG:|Oops|WARNING:' "$T/out" || fail "the guest kernel was hurt"
	gap=$(sed -nE 's/^guard: intact, longest gap ([0-9]+) ms$/\1/p' "$T/out")
	[ -n "$gap" ] || fail "the guard said nothing"
	[ "$gap" -le "$GAP_MS" ] || fail "the guard was kept from running for $gap ms"
}
