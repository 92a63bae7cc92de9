#!/bin/bash
# timeout: 400
# needs: expect
# Debian in Debian: each level boots from a COW disk of its own to a login on its own console, runs a
# command, and shuts down in good order. Two levels; NESTLING_TEST_SLOW=1 adds a third, for minutes.
. tests/system/debian-lib.bash

t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
debian_image debian
mkdir "$t/files"
cp build/bin/linux "$t/files/linux"
cp --sparse=always "$img" "$t/files/debian.img"
cat >"$t/boot" <<'END'
set timeout 120
source tests/system/expect.tcl
proc log_in {level} {
	set start [clock milliseconds]
	want {login: $}
	puts "\nlevel $level: login after [expr [clock milliseconds] - $start] ms"
	send "root\r"
	want {:~# $}
	send "stty -echo; PS1='level-$level '; bind 'set enable-bracketed-paste off'\r"
	want "level-$level $"
	send "echo disk-\$(findmnt -no SOURCE /)-\$(test -e /level && echo used || echo new)-\$(tty); touch /level\r"
	want "disk-/dev/(root|ubda|ubd0)-new-/dev/tty0"
	want "level-$level $"
}
spawn -noecho $env(t)/files/linux mem=768M hostfs=$env(t)/files,ro uml_dir=$env(t)/uml ubd0=$env(t)/cow,$env(t)/files/debian.img root=/dev/ubd0
log_in 1
set levels "2 400"
if {[info exists env(NESTLING_TEST_SLOW)]} { append levels " 3 160" }
foreach {level mem} $levels {
	send "mount -t hostfs none /mnt && cd /mnt && ./linux mem=${mem}M hostfs=/mnt,ro uml_dir=/run/uml ubd0=/root/cow,debian.img root=/dev/ubd0; echo gave-\$?\r"
	log_in $level
}
while {$level > 1} {
	send "shutdown -h now\r"
	want {gave-0}
	incr level -1
	want "level-$level $"
}
send "shutdown -h now\r"
want_end shutdown
END
export t
rc=0
expect "$t/boot" >"$t/out" 2>&1 || rc=$?
[ $rc -eq 0 ] || fail "status $rc: $(tail -n 30 "$t/out")"
grep -a 'login after' "$t/out"
