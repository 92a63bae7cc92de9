#!/bin/bash
# timeout: 120
# kill -9 in the middle of synced writes to a COW disk: all that was acknowledged is there.
set -euo pipefail
. tests/system/disk-lib.bash

disk_root <<'END'
disktool log /dev/ubdb /dev/ubdc 4000
END
truncate -s 16M "$dir/back"

# The number that the guest acknowledged last, from the ticket disk.
ticket() { od -An -t u8 -N 8 "$dir/ticket" | tr -d ' '; }

for round in 1 2 3; do
	rm -f "$dir/cow" "$dir/ticket"
	truncate -s 64k "$dir/ticket"
	disk_start ubd1="$dir/cow,$dir/back" ubd2="$dir/ticket" &
	pid=$!
	for ((i = 0; i < 300; i++)); do
		[ "$(ticket)" -lt $((round * 40)) ] || break
		sleep 0.1
	done
	child=$(pgrep -P $pid | head -n 1)
	kill -9 "$child"
	wait $pid 2>/dev/null || true
	# Nothing of the guest may be left that writes.
	for ((i = 0; i < 50; i++)); do
		build/bin/uml_cow check "$dir/cow" >"$dir/check" 2>&1 && break
		sleep 0.1
	done
	last=$(ticket)
	build/bin/uml_cow check "$dir/cow" || fail "the COW file is damaged"
	rm -f "$dir/merged"
	build/bin/uml_moo "$dir/cow" "$dir/merged" >/dev/null
	[ "$last" -ge $((round * 40)) ] || { tail "$dir/console"; fail "the guest wrote nothing"; }
	for ((n = 1; n <= last; n++)); do
		got=$(od -An -t u8 -j $((n * 7919 % 4000 * 4096)) -N 8 "$dir/merged" | tr -d ' ')
		[ "$got" = "$n" ] || fail "acknowledged write $n of $last is lost: found $got"
	done
	echo "round $round: killed after $last acknowledged writes, all there"
done
