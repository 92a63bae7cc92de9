#!/bin/bash
# timeout: 60
# What is wrong is said in one line, with the documented status, before anything boots.
. tests/system/lib.sh

refused() { # STATUS PATTERN ARGS...
	local status=$1 pattern=$2
	shift 2
	expect_status "$status" boot "$@"
	one_line
	expect_text "$pattern"
}

refused 66 'No such file|not exist|missing' ubd0="$T/absent"
refused 66 'directory' ubd0="$T"
mkfifo "$T/fifo"
refused 66 'FIFO|fifo|pipe' ubd0="$T/fifo"
refused 64 'flag' ubd0q="$T/absent"
refused 64 'ubd0 to ubd15' ubd16="$T/absent"
refused 64 'names no file' ubd0=
refused 64 'amount of memory' mem=lots
refused 64 'between' mem=1M
refused 64 'between' mem=99999999G
refused 64 'not known' --bogus
refused 64 'control character' "$(printf 'a\001b')"
refused 64 'umid' umid=a/b
refused 64 'too long' uml_dir="$T/$(printf 'd%.0s' {1..120})"
refused 64 'channel' con1=
refused 64 'con0 to con15' con16=null
refused 64 'escape|understood|notify' mconsole=x
refused 66 'initrd' initrd="$T/absent"
: >"$T/empty"
refused 65 'empty' initrd="$T/empty"
refused 64 'ptrace engine' seccomp=off
refused 64 'one CPU' ncpus=4

# One writer only.
truncate -s 1M "$T/disk"
refused 75 'lock|in use|use by' ubd1="$T/disk" ubd2="$T/disk"

# A backing file whose content changed.
head -c 1M /dev/urandom >"$T/back"
build/bin/uml_mkcow "$T/c.cow" "$T/back" >/dev/null
expect_status 0 boot ubd1="$T/c.cow","$T/back" -- -c 'true'
sleep 1.1
printf changed | dd of="$T/back" conv=notrunc status=none
refused 65 'changed|backing' ubd1="$T/c.cow","$T/back"

# Long command lines.
mapfile -t many < <(seq -f 'word%g' 10000)
refused 64 'more than the guest kernel takes' "${many[@]}"
refused 64 'more than the guest kernel takes' "$(head -c 100000 /dev/zero | tr '\0' x)"

# A name that is taken.
"$LINUX" uml_dir="$UML" umid=taken -- -c 'echo up; sleep 30' >"$T/log" 2>&1 </dev/null &
first=$!
wait_for 20 grep -q up "$T/log" || fail "first guest did not come up"
refused 75 "taken" umid=taken
expect_status 0 boot umid=other -- -c true
kill "$first"
wait "$first" 2>/dev/null

# A directory that cannot be made.
: >"$T/file"
refused 73 'uml_dir' uml_dir="$T/file/x"
exit 0
