#!/bin/bash
# timeout: 300
# A guest kernel that has been taken over makes host calls of its own choice (takeover.c): all are
# refused, the guest goes on, and the loader is not disturbed. The same attempts with
# --sandbox=off show that each would be noticed. As root, and as a user without privileges.
. tests/system/lib.sh

takeover=$PWD/build/security/takeover
[ -x "$takeover" ] || fail "$takeover: make guests"

start() { # WORDS...
	rm -f "$T/guest"
	truncate -s 16M "$T/disk"
	[ "$(id -u)" -ne 0 ] || chmod 666 "$T/disk"
	"${as[@]}" timeout -k 5 200 "$linux" uml_dir="$home/uml" mem=32M ubd1="$T/disk" "$@" -- \
		-c 'n=0; while :; do n=$((n+1)); echo "line $n"; sleep 0.1; done' >"$T/guest" 2>&1 </dev/null &
	pid=$!
	cleanup_hooks=("kill -KILL $pid \$(tree $pid) 2>/dev/null")
	wait_for 30 lines 2 || { cp "$T/guest" "$T/out"; fail "the guest did not come up: $*"; }
	loader=$(pgrep -P "$pid" -x linux || echo "$pid")
	kernel=$(for c in $(tree "$loader"); do [ "$(cat "/proc/$c/comm")" != guest-kernel ] || { echo "$c"; break; }; done)
	[ -n "$kernel" ] || fail "no guest kernel among the processes"
}
lines() { [ -f "$T/guest" ] && [ "$(grep -c '^line' "$T/guest")" -ge "$1" ]; }
goes_on() {
	local now
	now=$(grep -c '^line' "$T/guest")
	wait_for 20 lines $((now + 3)) || { cp "$T/guest" "$T/out"; fail "the guest does not go on after $*"; }
}
stop() {
	kill -INT "$loader"
	wait "$pid" 2>/dev/null
}
attack() { # WORDS...
	start "$@"
	# The guest's first disk lies behind the built-in system's and the consoles' descriptors.
	disk=$(for f in /proc/"$kernel"/fd/*; do [ "$(readlink "$f")" != "$T/disk" ] || basename "$f"; done | head -n 1)
	timeout -k 5 100 "$takeover" "$kernel" "$loader" "${disk:-16}" "${only[@]}" >"$T/out" 2>&1 || fail "takeover: status $?"
	goes_on "the attempts"
	rss=$(awk '/^VmRSS/ { print int($2 / 1024) }' "/proc/$loader/status")
	[ "$rss" -lt 40 ] || fail "the loader has grown to $rss MB"
	stop
}
user_round() { # NAME [PATTERN of those that this host cannot refuse]
	attack
	grep 'SUCCEEDED' "$T/out" | grep -v "^${2:-none}: " && fail "as $1: these were not refused"
	[ "$(grep -c ": refused\|^${2:-none}: " "$T/out")" -eq "$("$takeover" --list | wc -l)" ] || fail "as $1: attempts are missing"
	echo "as $1: $(grep -c ': refused' "$T/out") attempts refused"
}

as=() linux=$LINUX home=$T only=()
user_round "$(id -un)"

# A directory that is shared opens the way to nothing else, nor to its files when it is read only.
mkdir -p "$T/share/tmp"
echo shared >"$T/share/passwd"
attack hostfs="$T/share,ro"
grep 'SUCCEEDED' "$T/out" && fail "with a shared directory these were not refused"
echo "with a shared directory: $(grep -c ': refused' "$T/out") attempts refused"

attack --sandbox=off
cp "$T/out" "$T/off"
[ "$(grep -c SUCCEEDED "$T/off")" -ge 30 ] || { cp "$T/off" "$T/out"; fail "with the layers off too few attempts succeed: the test would not notice"; }
echo "with the layers off: $(grep -c SUCCEEDED "$T/off") succeed; refused all the same: $(sed -n 's/: refused//p' "$T/off" | tr '\n' ' ')"

if [ "$(id -u)" -eq 0 ]; then
	chmod 755 "$T"
	install -m 755 "$LINUX" "$T/linux"
	install -d -m 700 -o nobody "$T/home"
	linux=$T/linux home=$T/home
	ordinary=(setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$T/home")
	as=("${ordinary[@]}")
	user_round "an ordinary user"

	# Where there are no namespaces the other layers hold alone.
	as=("${ordinary[@]}" unshare --user --map-root-user sh -c
		'echo 0 >/proc/sys/user/max_user_namespaces && echo 0 >/proc/sys/user/max_pid_namespaces && exec "$@"' sh)
	# Signals to the loader are then Landlock's, which knows them from version 6 on.
	held=none
	"$LINUX" --check | found 'Landlock.*no signal' || held=signal-loader
	user_round "an ordinary user without namespaces" $held
	only=(signal-loader tkill-loader sigqueue-loader pidfd-loader ptrace-loader write-loader read-loader)
	attack --sandbox=off
	for a in "${only[@]}"; do
		grep -q "^$a: SUCCEEDED" "$T/out" || fail "$a is refused without any layer: the test would not notice"
	done
fi
