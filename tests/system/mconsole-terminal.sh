#!/bin/bash
# timeout: 60
# needs: expect
# uml_mconsole on a terminal: prompt, history, completion, switching, the end of a guest.
. tests/system/lib.sh

export HOME=$T/home
mkdir -p "$HOME"
unset UML_DIR
for n in one two; do
	mkfifo "$T/$n.in"
	timeout -k 5 50 "$LINUX" umid=$n -- -c 'echo is-up; read x' <>"$T/$n.in" >"$T/$n.out" 2>&1 &
	cleanup_hooks+=("kill $! 2>/dev/null")
	wait_for 30 grep -qs is-up "$T/$n.out" || fail "guest $n does not boot"
done

cat >"$T/expect" <<'EOX'
set timeout 10
source tests/system/expect.tcl
spawn build/bin/uml_mconsole one
want {\(one\) }
send "version\r"
want {OK Linux one}
want {\(one\) }
# Arrow up: the last command again.
send "\033\[A\r"
want {OK Linux one}
want {\(one\) }
send "vers\t\r"
want {OK Linux one}
want {\(one\) }
send "fly\r"
want {ERR unknown command}
want {\(one\) }
send "help\r"
want {switch UMID}
want {\(one\) }
send "switch nobody\r"
want {no guest 'nobody'}
want {\(one\) }
send "switch two\r"
want {\(two\) }
send "quit\r"
expect eof
lassign [wait] pid id os status
if {$status != 0} { puts "quit gives $status"; exit 1 }
# The history outlives the program; Ctrl-D ends it.
spawn build/bin/uml_mconsole one
want {\(one\) }
send "\033\[A\033\[A\r"
want {\(two\) }
# libedit shows its prompt before it takes the terminal's keys; an end of input that comes between
# is lost, as with other shells, and quotes the next key: hence twice Ctrl-U before each Ctrl-D.
set ends 0
for {set i 0} {$i < 10 && !$ends} {incr i} {
	send "\025\025\004"
	expect {
		-timeout 2
		eof { set ends 1 }
		timeout {}
	}
}
if {!$ends} { puts "Ctrl-D does not end it"; exit 1 }
lassign [wait] pid id os status
if {$status != 0} { puts "Ctrl-D gives $status"; exit 1 }
# The guest ends under its feet.
spawn build/bin/uml_mconsole two
want {\(two\) }
exec sh -c "echo >$env(T)/two.in"
exec sh -c "while \[ -e $env(HOME)/.uml/two/mconsole ]; do sleep 0.05; done"
send "version\r"
want {has ended}
expect eof
lassign [wait] pid id os status
if {$status != 3} { puts "a guest's end gives $status"; exit 1 }
# Ctrl-C ends it and leaves the terminal as it was.
spawn sh -c {trap : INT; stty -a >$T/before; build/bin/uml_mconsole one; stty -a >$T/after; echo all-over}
want {\(one\) }
send "\003"
want {all-over}
expect eof
EOX
T=$T expect "$T/expect" >"$T/out" 2>&1 || fail "on a terminal"
cmp "$T/before" "$T/after" || fail "the terminal is not restored"
[ "$(stat -c %a "$HOME/.uml/.history")" = 600 ] || fail "others may read the history"
