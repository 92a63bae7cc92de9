#!/bin/bash
# timeout: 60
# Each command of the guest kernel through uml_mconsole, and its refusals.
set -euo pipefail
dir=$(mktemp -d)
linux=
cleanup() {
	[ -z "$linux" ] || kill -9 "$linux" 2>/dev/null || true
	rm -rf "$dir"
}
trap cleanup EXIT
mc() { timeout 20 build/bin/uml_mconsole "$dir/uml/c/mconsole" "$@" >"$dir/answer" 2>&1; }
fail() { echo "$*"; cat "$dir/answer" "$dir/out"; exit 1; }
gives() { # PATTERN COMMAND...
	local pattern=$1
	shift
	mc "$@" || fail "$* failed"
	grep -q -- "$pattern" "$dir/answer" || fail "$*: no '$pattern'"
}
refuses() { # PATTERN COMMAND...
	local pattern=$1
	shift
	! mc "$@" || fail "$* was not refused"
	grep -q -- "$pattern" "$dir/answer" || fail "$*: no '$pattern'"
}
resident() { mc proc meminfo || fail "no meminfo"; awk '$1 ~ /MemTotal/ || $2 ~ /MemTotal/ { print $(NF - 1) }' "$dir/answer"; }

# MB of its memory file that the host has given the guest.
held_mb() {
	local kernel=$linux
	until [ "$(cat "/proc/$kernel/comm")" = guest-kernel ]; do kernel=$(pgrep -o -P "$kernel"); done
	echo $(($(stat -L -c %b "/proc/$kernel/fd/4") / 2048))
}

touch "$dir/answer"
# The disk stays open and is read again and again: the cache of an idle guest goes back by itself in seconds.
truncate -s 100M "$dir/disk"
build/bin/linux mem=128M uml_dir="$dir/uml" umid=c ubd1r="$dir/disk" -- \
	-c 'exec 3</dev/ubdb; cat /dev/ubdb >/dev/null; echo started; while sleep 0.5; do cat /dev/ubdb >/dev/null; done' </dev/null >"$dir/out" 2>&1 &
linux=$!
for ((i = 0; i < 300; i++)); do
	grep -q started "$dir/out" && break
	sleep 0.1
done
grep -q started "$dir/out" || fail "the guest did not start"

gives 'Mem-Info' sysrq m
gives 'Linux version' proc version
gives 'kworker' sysrq t
gives 'lo:' proc net/dev
refuses 'below /proc' proc ../etc/passwd
refuses 'error 2' proc nothing
gives 'Call Trace' stack 1
refuses 'no process' stack 32000
mc log "a line of the operator's" || fail "log TEXT failed"
gives "a line of the operator's" log
before=$(resident) full=$(held_mb)
[ "$full" -ge 100 ] || fail "a guest that has read 100 MB holds $full MB"
gives '' config mem=-32M
[ $((before - $(resident))) = 32768 ] || fail "32M less are not 32M less"
# What the disk's cache held is the host's again; by itself it would have stayed.
held=$(held_mb)
[ "$held" -le 96 ] || fail "32M less of 128M: the host still holds $held MB for it, before $full"
gives '' config mem=-1000K # not a number of whole blocks
[ $((before - $(resident))) = 33768 ] || fail "1000K less are not 1000K less"
refuses 'needs its memory' config mem=1M
refuses 'cannot have more' config mem=+1G
gives '' config mem=128M
[ "$(resident)" = "$before" ] || fail "the memory did not come back"
gives '' stop
refuses 'stopped' proc version
gives '' go
gives 'Linux version' proc version
gives 'kworker' sysrq t
mc halt || fail "halt failed"
status=0
wait "$linux" || status=$?
linux=
[ $status = 0 ] || fail "halt ended with status $status"
