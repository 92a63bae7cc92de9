#!/bin/bash
# timeout: 120
# needs: linux expect
# The built-in system: a command's output and status, a shell that can write, its endings.
set -euo pipefail
. tests/system/lib-found.sh
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
fail() { echo "$*"; exit 1; }
export linux="build/bin/linux mem=64M uml_dir=$t/uml"

rc=0
timeout 30 $linux -- -c 'echo hello; id -un; exit 7' </dev/null >"$t/out" 2>&1 || rc=$?
[ "$rc" -eq 7 ] || fail "status $rc, not 7: $(cat "$t/out")"
tr -d '\r' <"$t/out" | found -x hello || fail "no output: $(cat "$t/out")"
tr -d '\r' <"$t/out" | found -x root || fail "not root: $(cat "$t/out")"

cat >"$t/shell" <<'END'
set timeout 30
source tests/system/expect.tcl
set how [lindex $argv 0]
spawn -noecho {*}$env(linux)
want {To leave:}
want {# }
send "echo w >/etc/new && cat /etc/ne\[w\] && tty && ip a show lo\r"
want {\nw\r}
want {/dev/tty0}
want {127\.0\.0\.1}
want {# }
send "sleep 50 & jobs\r"
want {Running +sleep 50}
want {# }
if {$how == "cad"} { set how "kill -INT 1" }
send "$how\r"
want_end $how
END
# What ends the guest, and the status that follows.
for how in exit poweroff halt "shutdown -h now"; do
	rc=0
	expect "$t/shell" "$how" >"$t/out" 2>&1 || rc=$?
	[ "$rc" -eq 0 ] || fail "$how: status $rc: $(cat "$t/out")"
done
