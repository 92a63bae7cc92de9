#!/bin/bash
# timeout: 400
# needs: mksquashfs
# company: guest-programs-kicked
# The programs of guest-programs under a rain of kicks at random: the same answers as on the host. Nothing
# is switched off, for kicks are to meet the usual ways back to a program, too (guest-programs-frames.sh).
. tests/system/lib.sh

build/tools/kick-random $$ 200 >"$T/kicks" &
kicker=$!
cleanup_hooks+=("kill $kicker 2>/dev/null")
tests/system/guest-programs.sh
status=$?
kill $kicker
wait $kicker
cat "$T/kicks"
[ $status -eq 0 ] || exit $status
[ "$(grep -oE '^[0-9]+' "$T/kicks")" -ge 1000 ] || fail "too few kicks"
