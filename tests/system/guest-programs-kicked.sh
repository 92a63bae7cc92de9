#!/bin/bash
# timeout: 400
# needs: mksquashfs
# company: guest-programs-kicked
# The programs of guest-programs under a rain of kicks at random, and with every return to a program by
# a signal frame (nestling.frames=1): the same answers as on the host.
. tests/system/lib.sh

build/tools/kick-random $$ 200 >"$T/kicks" &
kicker=$!
cleanup_hooks+=("kill $kicker 2>/dev/null")
GUEST_ARGS="nestling.frames=1 ${GUEST_ARGS:-}" tests/system/guest-programs.sh
status=$?
kill $kicker
wait $kicker
cat "$T/kicks"
[ $status -eq 0 ] || exit $status
[ "$(grep -oE '^[0-9]+' "$T/kicks")" -ge 1000 ] || fail "too few kicks"
