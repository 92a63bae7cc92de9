#!/bin/bash
# timeout: 120
# needs: mke2fs python3
# Management console with a live guest: the kernel's own commands, hot-plug with a
# mounted disk, stop and go, restart, panic and halt.
. tests/system/lib.sh

MC=$PWD/build/bin/uml_mconsole
export UML_DIR=$UML

# mc STATUS PATTERN COMMAND...: to the guest
mc() {
	local want=$1 pattern=$2
	shift 2
	expect_status "$want" timeout 30 "$MC" -t 20 g "$@"
	expect_text "$pattern"
}

# The guest's shell reads from a pipe; seen waits for a line of its output.
mkfifo "$T/in"
exec 3<>"$T/in"
tell() { echo "$*" >&3; }
seen() { wait_for 30 grep -qs "$1" "$T/con" || { cat "$T/con"; fail "the guest does not say '$1'"; }; }
start() {
	: >"$T/con"
	timeout -k 5 100 "$LINUX" umid=g uml_dir="$UML" "$@" <"$T/in" >"$T/con" 2>&1 3>&- &
	guest=$!
	cleanup_hooks+=("kill $guest 2>/dev/null")
	tell 'echo up-$((1 + 1))'
	seen up-2
}
ends_with() {
	wait "$guest"
	local got=$?
	[ $got -eq "$1" ] || fail "the guest ended with $got instead of $1"
}

start
mc 0 '^OK' log "hello from outside"
mc 0 'hello from outside' log
mc 0 'Linux version 6' proc version
mc 0 'MemTotal' proc meminfo
mc 1 '^ERR .' proc no/such/file
mc 0 '^OK' stack 1
mc 1 '^ERR .' stack 99999
mc 1 '^ERR .' stack x
mc 0 '^OK' sysrq h
mc 0 '[0-9]' config mem
mc 1 "^ERR memory is taken from a guest with 'config mem=-SIZE'" remove mem

# A disk comes, is used, and goes when it is not any more.
truncate -s 8M "$T/disk" "$T/disk2"
mke2fs -q -F "$T/disk"
mc 0 '^OK' config ubd1="$T/disk"
mc 0 "$T/disk" config ubd1
mc 1 'remove it first' config ubd1="$T/disk2"
tell 'mkdir -p /tmp/m; mount -t ext4 /dev/ubdb /tmp/m && echo mount-$((40 + 2))'
seen mount-42
mc 1 '^ERR .*in use' remove ubd1
mc 0 "$T/disk" config ubd1
tell 'umount /tmp/m && echo umount-$((40 + 2))'
seen umount-42
mc 0 '^OK' remove ubd1
mc 0 'none' config ubd1
mc 1 'no ubd1' remove ubd1
tell '[ -e /dev/ubdb ] || echo gone-$((40 + 2))'
seen gone-42

# A line comes, is in use, gets another channel, and goes.
mc 0 '^OK' config ssl5=pts
mc 0 '^OK pts:/dev/pts/' config ssl5
pts=$(sed -n 's/^OK pts://p' "$T/out" | tr -d '\r')
exec 4<>"$pts"
tell 'sleep 100 </dev/ttyS5 & echo over-the-line >/dev/ttyS5; echo line-$((40 + 2))'
seen line-42
IFS= read -r -t 20 said <&4 || fail "nothing comes over the line"
[[ $said == over-the-line* ]] || fail "over the line came '$said'"
mc 1 '^ERR .*use' remove ssl5
mc 1 '^ERR .*use' config ssl5=null
tell 'kill $!; wait; echo free-$((40 + 2))'
seen free-42
exec 4>&-
mc 0 '^OK' config ssl5=null
mc 0 '^OK null' config ssl5
mc 1 '^ERR ssl5: ' config ssl5=nonsense
mc 0 '^OK null' config ssl5
mc 0 '^OK' remove ssl5
mc 0 '^OK none' config ssl5

# By now the loader's descriptors are its own (guest memory, disks), and a name may be a trap.
for n in 3 4 5 6 7 8 20; do
	mc 1 "^ERR descriptor $n: .*only 0, 1 and 2" config ssl5=fd:$n
done
mc 1 '^ERR descriptor 4: ' config ssl5=null,fd:4
mc 0 '^OK' config ssl6=pts
mc 0 '^OK pts:/dev/pts/' config ssl6
pts=$(sed -n 's/^OK pts://p' "$T/out" | tr -d '\r')
ln -s "$pts" "$T/link"
mkfifo "$T/fifo"
mc 1 'is a symbolic link.*name the device' config ssl5="tty:$T/link"
mc 1 'is not a terminal' config ssl5="tty:$T/fifo"
mc 1 'is not a terminal' config ssl5="tty:$T/disk"
mc 1 'is not a terminal' config ssl5=tty:/dev/null
mc 0 '^OK none' config ssl5
mc 0 '^OK' config ssl5="tty:$pts"
mc 0 '^OK' remove ssl5
mc 0 '^OK' remove ssl6
mc 1 'name a tap' config eth0=tuntap

# Stopped, it does nothing and says so; then it goes on.
mc 1 'not stopped' go
mc 0 '^OK' stop
tell 'echo late-$((40 + 2))'
mc 1 'the guest is stopped' log x
mc 1 'the guest is stopped' config ubd1="$T/disk"
mc 0 '^OK Linux g' version
sleep 0.5
grep -q late-42 "$T/con" && fail "a stopped guest runs"
mc 0 '^OK' go
seen late-42

# What was added is there after a restart.
mc 0 '^OK' config ubd2="$T/disk2"
mc 0 '^OK' reboot
again() { tell 'echo boot-$((1 + 1))'; sleep 0.2; grep -q boot-2 "$T/con"; }
wait_for 30 again || fail "no restart"
tell 'grep -q ubdc /proc/partitions && echo kept-$((40 + 2))'
seen kept-42
mc 0 '^OK' log "the second guest answers, too"
mc 0 '^OK' halt
ends_with 0
[ ! -e "$UML/g" ] || fail "left behind: $(ls "$UML/g")"

# Debian's client.
if [ -x /usr/bin/uml_mconsole ]; then
	start
	timeout 20 /usr/bin/uml_mconsole "$UML/g/mconsole" proc version >"$T/out" 2>&1 </dev/null
	expect_text '^OK Linux version'
	timeout 20 /usr/bin/uml_mconsole "$UML/g/mconsole" halt >"$T/out" 2>&1 </dev/null
	expect_text '^OK'
	ends_with 0
fi

# Ctrl-Alt-Del is the guest's init's affair.
start noreboot
mc 0 '^OK' cad
ends_with 0

# A panic by order: the command is answered, the guest's end has its status. Who wants to
# be told is told, of this and of what programs in the guest have to say.
python3 - "$T" <<'PY' &
import socket, struct, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1] + "/notify")
with open(sys.argv[1] + "/told", "wb", buffering=0) as f:
    while True:
        d = s.recv(1000)
        kind, n = struct.unpack("=II", d[8:16])
        f.write(b"%d %s\n" % (kind, d[16:16 + n].strip(b"\0\n")))
PY
cleanup_hooks+=("kill $! 2>/dev/null")
wait_for 20 test -S "$T/notify" || fail "nobody listens"
start mconsole=notify:"$T/notify"
tell 'echo "news from inside" >/proc/mconsole'
wait_for 20 grep -q '^3 news from inside' "$T/told" || fail "no news from the guest"
mc 0 '^OK' sysrq c
ends_with 70
mc 3 'no guest' version
wait_for 20 grep -q '^1 .*sysrq' "$T/told" || fail "the panic was not told: $(cat "$T/told")"
