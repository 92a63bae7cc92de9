#!/bin/bash
# timeout: 60
# company: switch-ctl
# needs: uml_switch python3
# The command line of the switch: its sockets, what it shows, and what others wrote into that.
. tests/system/lib.sh

switch=$PWD/build/bin/uml_switch
ctl() { "$switch" ctl -unix "$T/s" "$@" >"$T/out" 2>&1; }

# Wrong usage is told as that, not looked for at a switch.
for args in -unix -ctl --unix -wrong '-wrong show' '-unix /nowhere' ''; do
	# shellcheck disable=SC2086  # words
	"$switch" ctl $args >"$T/out" 2>&1
	[ $? -eq 2 ] && [ "$(wc -l <"$T/out")" = 1 ] && grep -q 'see uml_switch ctl --help' "$T/out" ||
		fail "ctl $args: $(cat "$T/out")"
done

# A socket that somebody serves by another protocol is not taken away.
python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1]); time.sleep(50)' "$T/s" &
other=$!
cleanup_hooks+=("kill $other 2>/dev/null")
wait_for 10 [ -S "$T/s" ] || fail "no socket"
timeout 10 "$switch" -unix "$T/s" 2>"$T/log" && fail "it ended well"
grep -q 'no socket of a switch' "$T/log" || fail "$(cat "$T/log")"
[ -S "$T/s" ] || fail "the other's socket is gone"
kill $other
wait $other 2>/dev/null # its socket answers until it is gone

"$switch" -unix "$T/s" -stp -port nat@odd 2>"$T/log" &
cleanup_hooks+=("kill $! 2>/dev/null; wait")
wait_for 10 ctl show ports || fail "no switch: $(cat "$T/log")"
ctl capture start "$T/"$'a\e[7mb' || fail "capture: $(cat "$T/out")"
ctl show captures && grep -qF '/a\x1b[7mb' "$T/out" || fail "control characters: $(cat -v "$T/out")"
ctl show stp || fail "show stp"
grep -q 'is the root$' "$T/out" && grep -q '^odd ' "$T/out" || fail "show stp: $(cat "$T/out")"
ctl stp off && ctl show stp && grep -qx off "$T/out" || fail "stp off: $(cat "$T/out")"
ctl show links nobody && fail "a link of nobody"
ctl show links odd && grep -qx 'odd in perfect' "$T/out" || fail "show links: $(cat "$T/out")"
ctl link odd && grep -qx 'odd out perfect' "$T/out" || fail "link: $(cat "$T/out")"

# A capture of ports that are not there leaves the file as it is.
echo precious >"$T/old"
ctl capture start "$T/old" ports odd,nobody && fail "a capture of nobody"
grep -q "no port 'nobody'" "$T/out" || fail "capture: $(cat "$T/out")"
grep -qx precious "$T/old" || fail "the file was replaced"
ctl capture start "$T/old" ports odd,odd || fail "capture: $(cat "$T/out")"
ctl capture stop "$T/old" || fail "capture: $(cat "$T/out")"

# Each tap that is asked for is made, or told of.
"$switch" -no-listen -tap first/ -tap second/ 2>"$T/log" && fail "such taps cannot be"
grep -q 'first/' "$T/log" || fail "taps: $(cat "$T/log")"
