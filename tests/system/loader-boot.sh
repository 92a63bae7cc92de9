#!/bin/bash
# timeout: 60
# Boots the built-in system: commands, exit status, halt, reboot, standard descriptors.
. tests/system/lib.sh

expect_status 0 boot -- -c 'uname -s'
expect_text '^Linux$'
expect_status 7 boot -- -c 'exit 7'
expect_status 0 boot -- -c 'cat /proc/cmdline'
expect_text 'root=/dev/ubda'

# Quiet by default: nothing but what the command says.
expect_status 0 boot -- -c 'echo only'
[ "$(tr -d '\r' <"$T/out")" = only ] || fail "boot is not quiet"

# The command arrives as it was given: quotes, spaces, signs, several words.
expect_status 0 boot -- -c 'printf "%s|" "a  b" '\''$HOME \"x\"'\'' "" "100%" ü'
[ "$(cat "$T/out")" = 'a  b|$HOME \"x\"||100%|ü|' ] || fail "quoting: $(cat "$T/out")"
expect_status 0 boot -- -c echo 'two   words' '"three   words"'
[ "$(cat "$T/out")" = 'two words three   words' ] || fail "words: $(cat "$T/out")"

# A script on standard input.
printf 'echo from-$((40 + 2))\nexit\n' | boot >"$T/out" 2>&1 || fail "script on stdin"
expect_text 'from-42'

# Descriptors that are closed, or files.
boot -- -c 'echo x' <&- >"$T/out" 2>&1 || fail "closed stdin"
expect_text '^x'
echo 'echo file-stdin; exit' >"$T/script"
boot <"$T/script" >"$T/out" 2>&1 || fail "file as stdin"
expect_text 'file-stdin'
boot -- -c 'exit 3' >&- 2>&-
[ $? -eq 3 ] || fail "closed stdout and stderr"
boot -- -c 'exit 4' >/dev/null 2>&1 </dev/null
[ $? -eq 4 ] || fail "/dev/null"

# Memory as asked for.
expect_status 0 boot mem=64M -- -c 'grep MemTotal /proc/meminfo'
kb=$(tr -dc 0-9 <"$T/out")
[ "$kb" -gt 40000 ] && [ "$kb" -lt 65536 ] || fail "mem=64M gives $kb kB"

# A restart boots again; the second boot is told from the first by a file on a disk.
truncate -s 1M "$T/disk"
expect_status 9 boot ubd1="$T/disk" -- -c \
	'if grep -q again /dev/ubdb; then exit 9; fi; echo again >/dev/ubdb; sync; reboot -f'
expect_status 0 boot noreboot -- -c 'reboot -f'

# A panic is told from a halt.
expect_status 70 boot -- -c 'echo c >/proc/sysrq-trigger'
expect_text 'Kernel panic - not syncing: sysrq triggered crash'
expect_text 'sysrq_handle_crash'
expect_text '^linux: the guest kernel panicked'

# Nothing is left behind but the panic's report.
rm "$UML"/guest-*.crash || fail "the panic left no report"
[ -z "$(ls "$UML")" ] || fail "left in the run-time directory: $(ls "$UML")"
