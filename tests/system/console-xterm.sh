#!/bin/bash
# timeout: 180
# needs: Xvfb xterm xdotool import convert
# con1=xterm: a window with a prompt, keys typed into it reach the guest, its size too, closing
# hangs up, and without a DISPLAY nothing boots.
set -euo pipefail

dir=$(mktemp -d)
x= guest=
cleanup() {
	[ -z "$guest" ] || kill -9 "$guest" 2>/dev/null || true
	[ -z "$x" ] || kill "$x" 2>/dev/null || true
	wait 2>/dev/null || true
	rm -rf "$dir"
}
trap cleanup EXIT

fail() { echo "FAIL: $*"; cat "$dir/log" 2>/dev/null; exit 1; }

wait_for() {
	local what=$1 i
	shift
	for ((i = 0; i < 300; i++)); do
		"$@" && { echo "ok: $what"; return; }
		sleep 0.2
	done
	fail "$what"
}

linux=build/bin/linux
status=0
env -u DISPLAY "$linux" uml_dir="$dir" mem=64M con1=xterm </dev/null >"$dir/log" 2>&1 || status=$?
if [ $status -ne 69 ] || [ "$(wc -l <"$dir/log")" -ne 1 ] || ! grep -q DISPLAY "$dir/log"; then
	fail "a missing DISPLAY: status $status"
fi
echo "ok: a missing DISPLAY is one line before anything boots"
if DISPLAY=:1 "$linux" uml_dir="$dir" con1=xterm xterm=no-such-emulator </dev/null >"$dir/log" 2>&1; then
	fail "a missing emulator was accepted"
fi
grep -q "no-such-emulator" "$dir/log" || fail "a missing emulator is not named"

exec 3>"$dir/display"
# Without -noreset the server restarts when its last client goes, and may turn the next one away.
Xvfb -noreset -displayfd 3 -screen 0 1024x768x24 -nolisten tcp >"$dir/xvfb" 2>&1 &
x=$!
has_display() { [ -s "$dir/display" ]; }
wait_for "a display" has_display
DISPLAY=:$(cat "$dir/display")
export DISPLAY

"$linux" uml_dir="$dir" umid=xt mem=64M con0=fd:0,fd:1 con1=xterm </dev/null >"$dir/log" 2>&1 &
guest=$!
window() { id=$(xdotool search --name '^con1 ' 2>/dev/null | head -n 1); [ -n "$id" ]; }
wait_for "the window opens" window

# Colours in the window: text is there when there are more than the background.
pixels() {
	import -window "$id" "$dir/shot.png" 2>/dev/null &&
		dark=$(convert "$dir/shot.png" -colorspace Gray -threshold 50% -format '%[fx:int((1-mean)*w*h)]' info:) &&
		light=$(convert "$dir/shot.png" -colorspace Gray -threshold 50% -format '%[fx:int(mean*w*h)]' info:)
}
text_shown() { pixels && [ "$dark" -gt 300 ] && [ "$light" -gt 300 ]; }
wait_for "the screenshot shows text" text_shown

# What is typed into the window arrives in the guest: it tells con0.
xtype() { xdotool windowfocus "$id" 2>/dev/null || true; xdotool type --window "$id" --delay 5 "$1" && xdotool key --window "$id" Return; }
told() { grep -q "$1" "$dir/log"; }
# shellcheck disable=SC2016 # the guest's shell expands it
typed() { xtype 'echo typed-$((6*7))-on-$(tty) >/dev/tty0' && sleep 1 && told 'typed-42-on-/dev/tty1'; }
wait_for "typed text reaches the guest" typed
before=$((dark))
# shellcheck disable=SC2016
xtype 'clear; for i in $(seq 20); do echo "MMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMM"; done'
changed() { pixels && [ $((dark - before)) -gt 3000 -o $((before - dark)) -gt 3000 ]; }
wait_for "what the guest prints appears in the window" changed

if compgen -G 'drivers/control/*_kern.c' >/dev/null; then # without it nothing can be told to the guest
	# Closing the window hangs the session up; the guest's init starts another, in a new window.
	xtype 'OLD=still-there'
	# Told by its process: the server gives the new window the same number now and then.
	emulator() { pgrep -f "^xterm .*$dir/"; }
	old=$(emulator)
	xdotool windowkill "$id" 2>/dev/null || xdotool windowclose "$id"
	another() { [ "$(emulator)" != "$old" ] && window; }
	wait_for "a new session opens a new window" another
	# shellcheck disable=SC2016
	typed() { xtype 'echo new-$((6*7))-${OLD:-session} >/dev/tty0' && sleep 1 && told 'new-42-session'; }
	wait_for "the new session works" typed
fi
kill -0 "$guest" || fail "closing a window ended the loader"

kill "$guest"
status=0
wait "$guest" || status=$?
[ $status -eq 143 ] || fail "the loader ended with status $status"
guest=
no_window() { ! xdotool search --name '^con1 ' >/dev/null 2>&1; }
wait_for "no window is left behind" no_window

# Whoever calls at the window's socket with another greeting, or with two terminals, leaves no descriptor
# behind: of three that are sent one is kept.
cat >"$dir/caller" <<'PY'
#!/usr/bin/python3
import array, os, socket, sys, time

ttys = [os.openpty()[1] for _ in range(3)]

def call(byte, fds):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.connect(sys.argv[-1])
    s.sendmsg([byte], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))])
    return s

call(b"?", ttys[:1]).recv(1)
calling = call(b"h", ttys[1:])
with open(sys.argv[0] + ".ttys", "w") as f:
    print(*[os.ttyname(t) for t in ttys], sep="\n", file=f)
time.sleep(60)
PY
chmod 755 "$dir/caller"
"$linux" uml_dir="$dir" umid=two mem=64M con0=fd:0,fd:1 con1=xterm xterm="$dir/caller,-T,-e" </dev/null >"$dir/log" 2>&1 &
guest=$!
kept() {
	[ -s "$dir/caller.ttys" ] || return 1
	n=$(for f in /proc/"$guest"/fd/*; do readlink "$f"; done | grep -cxFf "$dir/caller.ttys")
	[ "$n" -ge 1 ]
}
wait_for "the terminal is taken" kept
[ "$n" -eq 1 ] || fail "$n of three descriptors are kept"
echo "ok: no more than one descriptor is kept"
kill "$guest"
wait "$guest" || true
guest=
