#!/bin/bash
# timeout: 240
# needs: expect mke2fs debugfs e2fsck busybox
# uml_run: a command in a throw-away guest that sees the host's files.
. tests/system/lib.sh

RUN=$(dirname "$LINUX")/uml_run
mkdir -p "$T/home/.ssh" "$T/home/open" "$T/share"
echo secret >"$T/home/.ssh/id"
echo plain >"$T/home/open/file"
chmod 755 "$T" "$T/home" "$T/share"
run() { HOME=$T/home timeout -k 5 60 "$RUN" "$@"; }

# Streams and status are the command's.
printf 'some input' | run -- sh -c 'cat; echo " and output"; echo errors >&2; exit 77' >"$T/o" 2>"$T/e"
[ $? -eq 77 ] || fail "the status is not the command's: $?"
[ "$(cat "$T/o")" = 'some input and output' ] || fail "output: $(cat "$T/o")"
[ "$(cat "$T/e")" = errors ] || fail "errors: $(cat "$T/e")"
run -- sh -c 'i=0; while [ $i -lt 300 ]; do echo $i; echo $i >&2; i=$((i+1)); done' >"$T/o" 2>&1
awk 'BEGIN { for (i = 0; i < 300; i++) print i "\n" i }' | cmp - "$T/o" || fail "output and errors in one file are out of order"
head -c 3000000 /dev/urandom >"$T/bytes"
run cat <"$T/bytes" | cmp - "$T/bytes" || fail "bytes changed on the way"
run -- sh -c 'head -c 2000000 /dev/zero; sleep 0.2; echo end' | tail -c 4 | found -x end || fail "the last output was lost"
run -- sh -c 'while echo y; do :; done' | head -n 1 >"$T/out"
[ "${PIPESTATUS[0]}" -eq 141 ] || fail "a reader that goes away: the writer ends with another status than of SIGPIPE"
[ "$(cat "$T/out")" = y ] || fail "a reader that goes away: $(cat "$T/out")"
# Output that the host cannot take is told, also where the command has ended by then.
for i in 1 2 3 4 5; do
	run -- echo lost 2>"$T/out" >/dev/full
	[ $? -eq 125 ] || fail "output is lost, with another status than 125"
	one_line
	expect_text "writing the command's output failed: No space left"
done
expect_status 127 run -- no-such-command
expect_text '^uml_run: no-such-command: No such file'
expect_status 126 run -- "$T/home/open/file"
expect_status 137 run -- sh -c 'kill -9 $$'
expect_status 124 run --timeout 0.5 -- sleep 20
expect_text 'longer than 0.5 s'
expect_status 0 run --stats -- true
expect_text '^uml_run: [0-9.]+ s, of the command .* [1-9][0-9]* calls$'
# Memory is the command's, and the guest's is what --mem says.
megabytes() { run --stats -- dd if=/dev/zero of=/dev/null bs="$1" count=1 2>&1 >/dev/null | sed -n 's/^uml_run: .* \([0-9]*\)\.[0-9] MB memory.*/\1/p'; }
few=$(megabytes 1k) many=$(megabytes 64M)
[ "$few" -gt 0 ] && [ $((many - few)) -ge 60 ] && [ $((many - few)) -le 70 ] || fail "64 MB more are told as $few and $many"
for mem in 128 700; do
	got=$(run --mem ${mem}M -- awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo)
	[ $((got * 100)) -ge $((mem * 85)) ] && [ "$got" -le $mem ] || fail "--mem ${mem}M gives $got MB"
done
# Calls are counted: 5,000 more of the command's are 5,000 more, give or take its reading of input.
calls() { run --stats -- dd if=/dev/zero of=/dev/null bs=1 count="$1" 2>&1 >/dev/null | sed -n 's/^uml_run: .* \([0-9]*\) calls$/\1/p'; }
few=$(calls 1) many=$(calls 5001)
[ $((many - few)) -ge 10000 ] && [ $((many - few)) -lt 10100 ] || fail "10,000 calls more are told as $few and $many"

# Mistakes are told in one line, and nothing runs.
for wrong in '' '--no-such-option true' '--rw /no/such/dir true' '--rw /etc/passwd true' '--mem 1 true' \
	'--timeout x true' '--net bridge true' '--env =x true' '--tmpfs= true' '--hide / true' '--root /no/image true'; do
	# shellcheck disable=SC2086
	expect_status 125 run $wrong
	one_line
done

# A guest that dies is no status of the command.
expect_status 125 run --user root -- sh -c 'echo c >/proc/sysrq-trigger; sleep 5'
expect_text 'panicked'
expect_status 125 run --root /etc/passwd -- true
expect_text 'holds no ext4 file system'
! grep -q panic "$T/out" || fail "a wrong image makes the guest kernel panic"

# Same place, user and environment.
cd "$T/share" || exit 1
[ "$(A='b c' run -- sh -c 'pwd; id -u; id -g; umask; echo "$A"' | tr '\n' '|')" = "$T/share|$(id -u)|$(id -g)|$(umask)|b c|" ] ||
	fail "directory, user or environment differ"
cd - >/dev/null || exit 1
mkdir "$T/gone"
cd "$T/gone" || exit 1
rmdir "$T/gone"
run -- pwd >"$T/out" 2>&1
[ $? -eq 125 ] || fail "it starts somewhere else, without a current directory"
[ "$(run --chdir / pwd)" = / ] || fail "--chdir without a current directory"
cd - >/dev/null || exit 1
one_line
expect_text 'current directory: .*--chdir'
run --clean-env --env N=1 -- env | found '^HOME=' && fail "--clean-env passes HOME on"
run --clean-env --env N=1 -- env | found -x N=1 || fail "--env"
surely() { env TZ=EST5 LANG=C LC_ALL=C LC_TIME=C TERM=vt100 A='b c' HOME="$T/home" timeout -k 5 60 "$RUN" "$@"; }
[ "$(surely --clean-env --env A -- env | grep -v ^PATH= | sort | xargs)" = 'A=b c LANG=C LC_ALL=C TERM=vt100 TZ=EST5' ] ||
	fail "--clean-env: $(surely --clean-env --env A -- env)"
[ "$(surely --clean-env -- date +%z)" = -0500 ] || fail "TZ has no effect"
[ "$(surely --env A=d --env LC_TIME= -- sh -c 'echo "$A$LC_TIME$LC_ALL"')" = dC ] || fail "--env in place of what is there"
[ "$(run --chdir / pwd)" = / ] || fail "--chdir"
[ "$(run --user root -- id -u)" = 0 ] || fail "--user root"

# The same signal again ends a command that does not mind it, and at once.
: >"$T/e"
HOME=$T/home "$RUN" --timeout 60 -- sh -c 'trap "" TERM; echo up >&2; sleep 100' 2>"$T/e" &
pid=$!
wait_for 20 grep -q up "$T/e" || fail "no guest"
began=$SECONDS
kill -TERM $pid
sleep 0.3
kill -0 $pid || fail "the first signal ends a command that ignores it"
kill -TERM $pid
wait $pid
status=$?
[ $status -eq 143 ] || fail "a second signal: status $status"
[ $((SECONDS - began)) -lt 5 ] || fail "a second signal: it took $((SECONDS - began)) s"
! grep -q panic "$T/e" || fail "a second signal is told as a crash"

# Files: changes are gone, but for --rw; secrets are hidden; the host's /proc is not shown.
run -- sh -c "echo changed >$T/home/open/file; rm /etc/hostname; echo new >$T/new; cat $T/home/open/file" >"$T/out" || fail "changing files"
expect_text '^changed$'
[ "$(cat "$T/home/open/file")" = plain ] && [ -e /etc/hostname ] && [ ! -e "$T/new" ] || fail "a change reached the host"
expect_status 1 run -- cat "$T/home/.ssh/id"
# Root in the guest can take its own cover away, but not the host's.
run --user root -- sh -c "umount $T/home/.ssh; mkdir /h; mount -t hostfs -o $T/home none /h; cat $T/home/.ssh/id /h/.ssh/id; cat /h/open/file; echo x >/h/open/file" >"$T/out" 2>&1
expect_text '^plain$'
! grep -q secret "$T/out" && [ "$(cat "$T/home/open/file")" = plain ] || fail "root in the guest sees or changes what it must not"
run --show-secrets -- cat "$T/home/.ssh/id" | found -x secret || fail "--show-secrets"
run --ro "$T/home/.ssh" -- cat "$T/home/.ssh/id" | found -x secret || fail "--ro"
# Also where HOME is another: the directory that is the user's own counts, and everybody's for root.
own=$(getent passwd "$(id -u)" | cut -d: -f6)
if mkdir "$own/.gnupg" 2>/dev/null; then
	echo secret >"$own/.gnupg/nestling-test"
	run -- cat "$own/.gnupg/nestling-test" >"$T/out" 2>&1
	rm -r "$own/.gnupg"
	! grep -q secret "$T/out" || fail "with another HOME the user's secrets are shown"
fi
expect_status 1 run --hide "$T/home/open" -- cat "$T/home/open/file"
run --tmpfs "$T/home/open" -- sh -c "ls $T/home/open | wc -l" | found -x 0 || fail "--tmpfs"
expect_status 1 run -- test -e "/proc/$$/cwd/Makefile"
run --rw "$T/share" -- sh -c "cd $T/share && mkdir d && echo one >d/a && ln d/a d/b && ln -s a d/c && mv d/b d/e &&
	echo two >>d/e && chmod 640 d/e && flock d/a true && rm d/c && ln -s e d/c && echo three >$T/outside" || fail "--rw: a step failed"
[ "$(cat "$T/share/d/a")" = "one
two" ] && [ "$(stat -c %a,%h "$T/share/d/a")" = 640,2 ] && [ "$(readlink "$T/share/d/c")" = e ] && [ ! -e "$T/outside" ] ||
	fail "--rw: the host sees $(ls -la "$T/share/d")"

# A file that changes underneath is seen to, in an overlay and in a share.
for how in "--chdir /" "--rw $T/share"; do
	echo before >"$T/share/f"
	rm -f "$T/e"
	# shellcheck disable=SC2086
	run $how -- sh -c "exec 3<$T/share/f; cat $T/share/f; i=0; echo ready >&2; while [ \$i -lt 100 ] && ! grep -q after $T/share/f; do sleep 0.1; i=\$((i+1)); done; cat $T/share/f" >"$T/out" 2>"$T/e" &
	wait_for 20 grep -q ready "$T/e" || fail "no guest"
	echo after >"$T/share/f"
	wait $! || fail "$how: the status of a program that waits for a change"
	[ "$(tr '\n' ' ' <"$T/out")" = 'before after ' ] || fail "$how: $(cat "$T/out")"
done

# Changes can be kept; in what is no place for them nothing is changed, nor is it removed.
mkfifo "$T/fifo"
mkdir "$T/dir"
head -c 4096 /dev/urandom >"$T/other"
cp "$T/other" "$T/other.before"
if [ "$(id -u)" = 0 ] && mknod "$T/node" c 1 3; then nodes="$T/node"; else nodes=; fi
for wrong in "$T/fifo" "$T/dir" $nodes "$T/other" /proc/version; do
	expect_status 125 run --keep "$wrong" -- true
	one_line
	expect_text "$wrong|the file of --keep holds no changes"
	[ -e "$wrong" ] || fail "--keep $wrong removed it"
done
cmp "$T/other" "$T/other.before" || fail "--keep changed another's file"
run --keep "$T/kept" -- sh -c "echo kept >$T/home/kept; rm -rf $T/home/open" || fail "--keep"
run --keep "$T/kept" -- sh -c "cat $T/home/kept; ls -d $T/home/open" >"$T/out" 2>&1 && fail "--keep: what was removed is there"
expect_text '^kept$'
[ -e "$T/home/open/file" ] && [ ! -e "$T/home/kept" ] || fail "--keep changed the host"
# What a command has changed whose time is over is kept, also what only its memory has; it does not go on.
expect_status 124 run --timeout 5 --keep "$T/kept" -- sh -c "trap '' TERM; echo late >$T/home/late; sleep 60; echo no >$T/home/late"
expect_status 0 run --keep "$T/kept" -- grep -x late "$T/home/late"
# One that had no time to be made is not left half made.
expect_status 124 run --timeout 0.01 --keep "$T/half" -- true
[ ! -e "$T/half" ] || fail "--keep: half a file system is left"
mkdir "$T/home/rw"
expect_status 124 run --timeout 5 --rw "$T/home/rw" -- python3 -c 'import mmap, sys, time
f = open(sys.argv[1], "w+b")
f.truncate(4096)
m = mmap.mmap(f.fileno(), 4096)
m[:5] = b"late\n"
time.sleep(60)' "$T/home/rw/map"
expect_text 'longer than 5 s'
[ "$(head -n 1 "$T/home/rw/map" | tr -d '\0')" = late ] || fail "--timeout: what was written through memory is not in the file"

# With an image they are a COW file over it, for the other tools and for linux.
mkdir -p "$T/tree/bin"
cp "$(command -v busybox)" "$T/tree/bin/busybox"
ln -s busybox "$T/tree/bin/sh"
mke2fs -q -F -d "$T/tree" "$T/image" 16M >/dev/null 2>&1
cp "$T/image" "$T/image.before"
BIN=$(dirname "$LINUX")
image() { run --user root --chdir / "$@"; }
image --root "$T/image" -- /bin/sh -c 'echo lost >/lost && busybox cat /lost' | found -x lost || fail "--root: no change in memory"
image --root "$T/image" --rw "$T/share" --ro /etc -- /bin/sh -c "echo lost >$T/share/lost; busybox ls -d /etc/passwd $T/share" >"$T/out" 2>&1
[ $? -ne 0 ] && [ ! -e "$T/share/lost" ] && ! grep -qx "/etc/passwd\|$T/share" "$T/out" || fail "--root with --rw or --ro: the host's files are seen"
image --root "$T/image" --tmpfs /bin/new -- /bin/sh -c 'echo mine >/bin/new/f && busybox cat /bin/new/f' | found -x mine || fail "--root with --tmpfs"
image --root "$T/image" --keep "$T/c.cow" -- /bin/sh -c '[ ! -e /lost ] && echo kept >/kept' || fail "--root with --keep"
image --root "$T/image" --keep "$T/c.cow" -- /bin/busybox cat /kept | found -x kept || fail "--root with --keep: nothing was kept"
"$BIN/uml_cow" check "$T/c.cow" >"$T/out" 2>&1 || fail "uml_cow check"
"$BIN/uml_cow" info "$T/c.cow" | found -x "backing file: $T/image" || fail "uml_cow info"
"$BIN/uml_moo" -q "$T/c.cow" "$T/merged" || fail "uml_moo"
image --root "$T/merged" -- /bin/busybox cat /kept | found -x kept || fail "the merged image lacks what was kept"
cmp "$T/image" "$T/image.before" || fail "--keep changed the image"
expect_status 125 image --root "$T/image" --keep "$T/merged" -- /bin/sh
one_line
expect_text 'is not a COW file'
mke2fs -q -F -t ext4 -d "$T/tree" "$T/crashed" 16M >/dev/null 2>&1
debugfs -w -R 'feature needs_recovery' "$T/crashed" >/dev/null 2>&1
expect_status 125 image --root "$T/crashed" -- /bin/sh -c true
one_line
expect_text 'was not unmounted \(e2fsck -p'
e2fsck -p "$T/crashed" >/dev/null
image --root "$T/crashed" -- /bin/sh -c true || fail "an image that e2fsck mended"

# Signals reach the command, once: timeout sends to its process and to the group.
: >"$T/out"
run -- sh -c 'trap "echo got-term; exit 3" TERM; echo up; while :; do sleep 0.1; done' >"$T/out" 2>&1 &
wait_for 20 grep -q up "$T/out" || fail "no guest"
pkill -TERM -P $!
wait $!
[ "$(grep -c got-term "$T/out")" -eq 1 ] || fail "the signal did not reach the command: $(cat "$T/out")"

# The others go as they came, however often; and the command is told of each that it handles.
: >"$T/out"
HOME=$T/home "$RUN" --timeout 60 -- sh -c 'for s in HUP QUIT USR1 USR2; do trap "echo got-$s" $s; done; trap "exit 9" TERM; echo up; while :; do sleep 0.05; done' >"$T/out" 2>"$T/e" &
pid=$!
wait_for 20 grep -q up "$T/out" || fail "no guest"
n=0
for s in HUP QUIT USR1 USR2 USR1 USR1; do
	kill -$s $pid
	n=$((n + 1))
	told() { [ "$(grep -c got "$T/out")" -eq $n ]; }
	wait_for 10 told || fail "SIG$s does not reach the command: $(xargs <"$T/out")"
done
[ "$(xargs <"$T/out")" = 'up got-HUP got-QUIT got-USR1 got-USR2 got-USR1 got-USR1' ] || fail "signals: $(cat "$T/out")"
kill -TERM $pid
wait $pid
status=$?
[ $status -eq 9 ] || fail "after signals: status $status"
expect_status 138 run -- sh -c 'kill -USR1 $$'

# On a terminal: the command has it, its size, and Ctrl-C.
export RUN T
expect >"$T/out" 2>&1 <<'END' || fail "on a terminal"
set timeout 30
source tests/system/expect.tcl
set stty_init "rows 31 columns 97"
spawn -noecho env HOME=$env(T)/home $env(RUN) -- sh -c "tty; stty size; read line; echo got-\$line; trap 'stty size' WINCH; trap 'echo int; exit 5' INT; echo waiting; while :; do sleep 0.1; done"
want {/dev/tty0}
want {31 97}
send "hello\r"
want {got-hello}
want {waiting}
stty rows 41 columns 113 < $spawn_out(slave,name)
want {41 113}
send "\003"
want {int}
expect eof
exit [expr {[lindex [wait] 3] == 5 ? 0 : 1}]
END

[ -z "$(pgrep -f "$T/home" | grep -v $$)" ] || true
if [ "$(id -u)" -eq 0 ]; then
	install -m 755 "$LINUX" "$T/linux"
	ln -s linux "$T/uml_run"
	install -d -m 755 -o 54321 "$T/user"
	as() { (cd "$T/user" && HOME=$T/user timeout -k 5 60 setpriv --reuid=54321 --regid=54321 --clear-groups "$T/uml_run" "$@"); }
	as -- sh -c 'id -u; stat -c %U /etc/passwd; touch f && echo made' >"$T/out" 2>&1 || fail "as an ordinary user"
	[ "$(tr '\n' ' ' <"$T/out")" = '54321 root made ' ] || fail "as an ordinary user"
	as --rw "$T/user" -- sh -c 'echo x >mine' || fail "as an ordinary user: --rw"
	[ "$(stat -c %u "$T/user/mine")" = 54321 ] || fail "the file is somebody else's"
	[ "$(setpriv --groups "$(seq -s, 1001 1200)" timeout 60 "$RUN" -- id -G | wc -w)" -eq 201 ] || fail "groups are lost"
	expect_status 0 setpriv --groups "$(seq -s, 1001 3000)" timeout 60 "$RUN" -- true
	one_line
	expect_text 'of 2000 supplementary groups .* first 1024'
fi
