#!/bin/bash
# timeout: 180
# needs: screen tmux python3 setpriv
# Pseudo-terminals: joined, left and joined again by screen and by tmux.
set -euo pipefail
. tests/system/lib-found.sh

dir=$(mktemp -d)
export SCREENDIR=$dir/screen
mkdir -m 700 "$SCREENDIR"
guest=
cleanup() {
	screen -S nestling-test -X quit >/dev/null 2>&1 || true
	tmux -S "$dir/tmux" kill-server 2>/dev/null || true
	[ -z "$guest" ] || kill -9 "$guest" 2>/dev/null || true
	rm -rf "$dir"
}
trap cleanup EXIT

fail() { echo "FAIL: $*"; cat "$dir/log"; exit 1; }

# wait_for WHAT COMMAND...: until the command succeeds, a minute at most
wait_for() {
	local what=$1 i
	shift
	for ((i = 0; i < 300; i++)); do
		"$@" && { echo "ok: $what"; return; }
		sleep 0.2
	done
	fail "$what"
}

build/bin/linux uml_dir="$dir" umid=pts mem=64M con0=null con1=pts con2=pty </dev/null >"$dir/log" 2>&1 &
guest=$!
announced() { grep -q 'con2 is on /dev/pts/' "$dir/log"; }
wait_for "the names are announced" announced
one=$(sed -n 's/.*con1 is on //p' "$dir/log")
two=$(sed -n 's/.*con2 is on //p' "$dir/log")

screen_shows() {
	screen -S nestling-test -X hardcopy "$dir/copy" && grep -q "$1" "$dir/copy"
}
screen_type() { screen -S nestling-test -X stuff "$1"$'\r'; }

TERM=xterm screen -d -m -S nestling-test "$one"
prompt_in_screen() { screen -S nestling-test -X stuff $'\r' && screen_shows '# *$'; }
wait_for "screen shows the prompt on con1" prompt_in_screen
# shellcheck disable=SC2016 # the guest's shell expands it
screen_type 'KEEP=safe; echo by-screen-$((6*7)) on $(tty)'
wait_for "screen drives the guest" screen_shows 'by-screen-42 on /dev/tty1'
screen -S nestling-test -X quit
sleep 1
TERM=xterm screen -d -m -S nestling-test "$one"
sleep 1
wait_for "screen is back" prompt_in_screen
screen_type 'set | grep ^KEEP' # screen itself would expand a variable
wait_for "the session is there when screen comes back" screen_shows "^KEEP='safe'"

# tmux runs a small terminal program on the device.
tmux -S "$dir/tmux" -f /dev/null new-session -d -x 80 -y 24 \
	"stty raw -echo; cat <$two & cat >$two"
tmux_shows() { tmux -S "$dir/tmux" capture-pane -p | found "$1"; }
prompt_in_tmux() { tmux -S "$dir/tmux" send-keys Enter; tmux_shows '# *$'; }
wait_for "tmux shows the prompt on con2" prompt_in_tmux
# shellcheck disable=SC2016
tmux -S "$dir/tmux" send-keys -l 'echo by-tmux-$((6*7)) on $(tty)'
tmux -S "$dir/tmux" send-keys Enter
wait_for "tmux drives the guest" tmux_shows 'by-tmux-42 on /dev/tty2'

kill "$guest"
status=0
wait "$guest" || status=$?
[ $status -eq 143 ] || fail "the loader ended with status $status"
guest=
echo "ok: and ends"

# As an ordinary user, whom the kernel keeps out of a terminal that another program took for itself.
user=()
[ "$(id -u)" -ne 0 ] || user=(setpriv --reuid=65534 --regid=65534 --clear-groups env PATH=/usr/bin:/bin)
chmod 711 "$dir"
mkdir -m 777 "$dir/user"
cp build/bin/linux "$dir/linux"
rm "$dir/log" # what the first guest said is not to be read for the second one's
"${user[@]}" env HOME="$dir/user" "$dir/linux" umid=excl mem=64M con0=null con1=pts </dev/null >"$dir/log" 2>&1 &
guest=$!
announced() { grep -qs 'con1 is on /dev/pts/' "$dir/log"; }
wait_for "the name is announced" announced
# It may have another name each time, if other programs come for pseudo-terminals.
"${user[@]}" python3 - "$dir/log" <<'END' || fail "an exclusive user leaves it closed"
import fcntl, os, re, sys, termios, time
for turn in range(3):
    for wait in range(50):
        try:
            name = re.findall(r"con1 is on (/dev/pts/\d+)", open(sys.argv[1]).read())[-1]
            fd = os.open(name, os.O_RDWR | os.O_NOCTTY)
            break
        except OSError as e:
            why = e
            time.sleep(0.1)
    else:
        sys.exit("turn %d: %s" % (turn, why))
    fcntl.ioctl(fd, termios.TIOCEXCL)
    time.sleep(0.5)
    os.close(fd)
    time.sleep(0.5)
END
echo "ok: and may be exclusive"
