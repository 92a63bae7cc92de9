# For the tests of networks: a switch, and built-in guests that run one script each.
# Sourced by net-*.sh; sources lib.sh.
#
#   net_switch [OPTION...]    the switch, at $ctl
#   net_ctl WORD...           a command for it
#   net_guest NAME SCRIPT [ARGUMENT...]   in the background, output in $dir/NAME.out
#   net_wait NAME             its exit status
#   said NAME                 what it printed
# shellcheck shell=bash

. tests/system/lib.sh
set -e
dir=$T
ctl=$dir/sw
declare -A net_pid
net_end() {
	local p pids
	pids=$(jobs -p)
	disown -a # or the shell would report each
	for p in $pids; do kill -KILL "$p" $(tree "$p") 2>/dev/null || true; done
}
cleanup_hooks+=(net_end)

# As lib.sh has it, with what switch and guests said.
fail() {
	local f
	echo "FAILED: $*"
	for f in "$dir"/*.out "$dir"/*.err; do [ -s "$f" ] && { echo "--- ${f##*/}"; tail -n 15 "$f"; }; done
	exit 1
}

# busybox nc ends when its peer has no more to say, so the one that listens keeps its input open.
net_switch() {
	build/bin/uml_switch -unix "$ctl" "$@" >"$dir/switch.out" 2>&1 &
	net_switch_pid=$!
	wait_for 5 test -S "$ctl.ctl" || fail "the switch did not start"
}

net_ctl() { build/bin/uml_switch ctl -unix "$ctl" "$@"; }

net_guest() {
	local name=$1 script=$2
	shift 2
	"$LINUX" mem=64M con=null con0=null,fd:1 umid="$name" uml_dir="$dir/uml" noreboot "$@" -- -c "$script" \
		>"$dir/$name.out" 2>"$dir/$name.err" </dev/null &
	net_pid[$name]=$!
}

net_wait() {
	local status=0
	wait "${net_pid[$1]}" || status=$?
	return $status
}

# What a guest said, without a terminal's carriage returns.
said() { tr -d '\r' <"$dir/$1.out"; }
