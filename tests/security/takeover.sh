#!/bin/bash
# timeout: 480
# A guest kernel that has been taken over makes host calls of its own choice (takeover.c): all are
# refused, the guest goes on, and neither the loader nor a guest beside it is disturbed. The same
# attempts with --sandbox=off succeed but for a list with reasons, so each would be noticed.
# As root, and as a user without privileges; with files shared by hostfs= and by uml_run.
. tests/system/lib.sh

takeover=$PWD/build/security/takeover
[ -x "$takeover" ] || fail "$takeover: make guests"
guests=()
end_guests() {
	local p
	for p in "${guests[@]}"; do kill -KILL "$p" $(tree "$p") 2>/dev/null; done
}
cleanup_hooks=(end_guests)

count='n=0; while :; do n=$((n+1)); echo "line $n"; sleep 0.1; done'

# start NAME COMMAND...: a guest, whose lines go to $T/NAME; sets pid
start() {
	rm -f "$T/$1"
	"${as[@]}" timeout -k 5 450 "${@:2}" >"$T/$1" 2>&1 </dev/null &
	pid=$!
	guests+=("$pid")
}
# begin NAME COMMAND...: a guest, whose lines go to $T/NAME; sets pid, loader and kernel
begin() {
	local c
	start "$@"
	wait_for 30 lines "$1" 2 || { cp "$T/$1" "$T/out"; fail "$round: the guest does not come up"; }
	loader=$(pgrep -P "$pid") # timeout has this child only, and its name is not 'linux' any more
	[[ $(cat "/proc/$loader/comm") != timeout ]] || fail "$round: this is not the loader"
	kernel=$(for c in $(tree "$loader"); do [ "$(cat "/proc/$c/comm")" != guest-kernel ] || { echo "$c"; break; }; done)
	[ -n "$kernel" ] || fail "$round: no guest kernel among the processes"
}
lines() { [ -f "$T/$1" ] && [ "$(grep -c '^line' "$T/$1")" -ge "$2" ]; }
goes_on() {
	local now
	now=$(grep -c '^line' "$T/$1")
	wait_for 20 lines "$1" $((now + 3)) || { cp "$T/$1" "$T/out"; fail "$round: $1 does not go on"; }
}
stop() {
	kill -INT "$loader"
	wait "$pid" 2>/dev/null || true
}

# Another guest of the same user, for as long as its rounds last.
begin_sibling() {
	round="the guest beside it"
	begin sibling "$linux" uml_dir="$home/uml2" mem=32M -- -c "$count"
	sibling=$kernel sibling_pid=$pid sibling_loader=$loader
}
end_sibling() {
	goes_on sibling
	loader=$sibling_loader pid=$sibling_pid
	stop
}

# What takeover-files.h finds in $T/share and beside it: all as it was before the last round.
make_files() {
	rm -rf "$T"/{share,hidden,plain}
	mkdir -p "$T"/{share/empty,hidden,plain}
	for f in share/{file,other,held,unlinked,moved-out,any} {hidden,plain}/{file,unlinked}; do echo old >"$T/$f"; done
	ln -s ../hidden/file "$T/share/way-out"
	[ "$(id -u)" -ne 0 ] || mknod -m 666 "$T/share/node" c 1 3
	rm -f "$T/disk"
	truncate -s 16M "$T/disk"
	[ ${#as[@]} -eq 0 ] || chown -R nobody "$T"/{share,hidden,plain,disk}
}

# attempts PID OPTION...: makes those of $only at the guest kernel; result in $T/out
attempts() {
	# The guest's first disk lies behind the built-in system's and the consoles' descriptors.
	disk=$(for f in /proc/"$kernel"/fd/*; do [ "$(readlink "$f")" != "$T/disk" ] || basename "$f"; done | head -n 1)
	[ -n "$disk" ] || [ -n "$diskless" ] || fail "$round: the guest kernel has no descriptor of its disk"
	timeout -k 5 100 "$takeover" --sibling "$sibling" --share "$T/share" "$@" "$kernel" "$loader" "${disk:-999}" \
		"${only[@]}" >"$T/out" 2>&1 || fail "$round: takeover: status $?"
	# What succeeds with the layers off may hurt it.
	[[ $round == *off ]] || goes_on guest
	rss=$(awk '/^VmRSS/ { print int($2 / 1024) }' "/proc/$loader/status")
	[ "$rss" -lt 40 ] || fail "$round: the loader has grown to $rss MB"
}

# attack MODE WORD...: a round with linux; MODE is how the guest holds DIR/held: none, ro or rw
attack() {
	local hold=
	case $1 in
	ro) hold="mkdir -p /mnt; mount -t hostfs $T/share /mnt && exec 3</mnt/held || exit; " ;;
	rw) hold="mkdir -p /mnt; mount -t hostfs $T/share /mnt && exec 3<>/mnt/held || exit; " ;;
	esac
	shift
	diskless=
	make_files
	begin guest "$linux" uml_dir="$home/uml" mem=32M ubd1="$T/disk" "$@" -- -c "$hold$count"
	attempts --outside "$T/hidden/file"
	stop
}
# attack_boot WORD...: a round at a guest kernel that boots; one that is too fast is let go
attack_boot() {
	local try status
	diskless=
	for ((try = 1; try <= 20; try++)); do
		make_files
		start guest "$linux" uml_dir="$home/uml" mem=32M ubd1="$T/disk" "$@" -- -c "$count"
		timeout -k 5 100 "$takeover" --boot --sibling "$sibling" --share "$T/share" --outside "$T/hidden/file" \
			"$pid" "$T/disk" "${only[@]}" >"$T/out" 2>&1
		status=$?
		[ $status -eq 75 ] || break
		kill -INT "$(pgrep -P "$pid")"
		wait "$pid"
	done
	[ $status -eq 0 ] || fail "$round: takeover: status $status"
}
# begin_run OPTION...: a guest of uml_run, with one directory to write and one hidden
begin_run() {
	diskless=yes
	make_files
	begin guest "$run" --mem 64M --chdir / --clean-env --rw "$T/share" --hide "$T/hidden" "$@" -- \
		sh -c "exec 3<>$T/share/held; $count"
}

# verdicts WORD PATTERN...: each attempt of the round has this verdict, but those of the patterns
# the other one; '?PATTERN' may have both. Each was made, and those that were made had an object.
verdicts() {
	local word=$1 name got want p bad=
	shift
	diff <("$takeover" --list | while read -r name; do [ ${#only[@]} -gt 0 ] || echo "$name"
		for p in "${only[@]}"; do [[ $name != $p ]] || { echo "$name"; break; }; done; done) \
		<(sed 's/:.*//' "$T/out") >"$T/missing" || fail "$round: attempts are missing: $(cat "$T/missing")"
	while IFS=': ' read -r name got; do
		want=$word
		for p; do
			[[ $name == ${p#\?} ]] || continue
			case $p in
			\?*) want=${got%% *} ;;
			*) [ "$word" = refused ] && want=SUCCEEDED || want=refused ;;
			esac
		done
		[ "${got%% *}" = "$want" ] || bad+=" $name ($got)"
		# They sent nothing, or the guest has not opened what it was to hold.
		[[ $got != *ENOMSG* ]] || bad+=" $name(nothing-was-sent)"
		[[ $round != *shared* || $name != held-* || $got != *ENODEV* ]] || bad+=" $name(not-held)"
	done <"$T/out"
	[ -z "$bad" ] || fail "$round: not $word, or not as they should be:$bad"
	echo "$round: $(grep -c ': refused' "$T/out") refused, $(grep -c ': SUCCEEDED' "$T/out") succeeded"
}
files=('share-*' 'held-*' 'escape-*' 'any-*' 'gain-*' attributes)
untouched() { # DIR: nobody has changed the files in it
	[ "$(ls "$T/$1" | xargs)" = "file unlinked" ] && [ "$(cat "$T/$1/file")" = old ] && [ "$(stat -c %a "$T/$1/file")" = 644 ] ||
		fail "$round: $1: $(ls -l "$T/$1")"
}

# Every call that a filter compares arguments of is tried with others; those that are let through with any
# arguments, with all kinds of them; what boot alone lets through, after it.
notes() { # PHASES REST: the calls of such notes
	grep -rhoE "@host ($1) [a-z0-9_]+$2" arch-um drivers hostlib | awk '{ sub(":", "", $3); print $3 }' | sort -u
}
"$takeover" --list >"$T/list"
for c in $(notes 'boot|run|old|files|change' ' [A-Z]'); do
	found "^args-$c-" <"$T/list" || fail "no attempt with bad arguments for $c: takeover-args.h"
done
for c in $(notes 'run|old|files|change' :); do
	found "^any-$c-" <"$T/list" || fail "no attempt with all kinds of arguments for $c: takeover-any.h"
done
for c in $(notes boot :); do
	found -E "^(any|args)-$c-" <"$T/list" || fail "no attempt at $c, which is for boot: takeover-args.h"
done
rm -rf /tmp/nestling-escaped # an attempt's, of one that was interrupted

as=() linux=$LINUX run=$PWD/build/bin/uml_run home=$T only=()
umask 022
[ "$(id -u)" -ne 0 ] || chmod 755 "$T"
begin_sibling
round="as $(id -un)"
attack none
verdicts refused
untouched hidden

# Before init starts the filter is a wider one. What it lets through:
boots=(
	# Mappings of all kinds, for the loader lays the image and the first stack. Nothing of the guest's
	# runs yet.
	'args-mmap-*' gain-executable gain-shared executable-memory execute-anonymous-fd4 'eat-shared-memory*' eat-stack
	# What interrupts come by: threads of disks, pipes, timers.
	args-{pipe2,socketpair,epoll_create,timer_create}-after-boot args-fcntl-set-flags timer
	# The filter after boot.
	args-seccomp-all-threads
	# The start of libc.
	args-{brk,set_tid_address,set_robust_list,rseq}-after-boot
	# To look at limits, not to set them; at the machine's name and CPUs.
	prlimit args-{prlimit64,uname,sched_getaffinity}-after-boot
	# A session, which it may have already.
	'?args-setsid-after-boot'
)
boot_goes_on() {
	wait_for 30 lines guest 2 || fail "$round: the guest does not go on: $(tail -n 5 "$T/guest" | tr -d '\0' | cut -c 1-300)"
	loader=$(pgrep -P "$pid")
	stop
}
# boot_rounds WHO: with no file, and with a directory that may be written (of which nothing is open yet)
boot_rounds() {
	round="as $1, during boot"
	mapfile -t only < <(grep -vx args-clone-thread "$T/list")
	attack_boot
	verdicts refused "${boots[@]}"
	untouched hidden
	boot_goes_on
	round="as $1, during boot, with a directory" only=("${files[@]}")
	attack_boot hostfs="$T/share"
	verdicts refused 'share-*' gain-executable gain-shared
	untouched hidden
	boot_goes_on
}
boot_rounds "$(id -un)"
# Threads it may make, for disks; none of them could be ended but with the guest kernel, which takeover then
# kills: a thread that ran on would do what the stack of another has it do, wait for ever included.
round="a thread during boot" only=(args-clone-thread)
attack_boot
verdicts SUCCEEDED
wait "$pid"
found 'ended by signal 9' <"$T/guest" || fail "$round: another end: $(tail -n 1 "$T/guest")"
only=()

# A directory that is shared opens the way to nothing else, nor to its files when it is read only.
round="with a directory shared read only"
attack ro hostfs="$T/share,ro"
verdicts refused share-read share-list args-newfstatat-name
untouched hidden
round="with a directory shared" only=("${files[@]}")
attack rw hostfs="$T/share"
verdicts refused 'share-*' 'held-*'
untouched hidden
# What was said to have been done was done.
[ "$(cat "$T/share/file")" = Xld ] && [ -e "$T/share/renamed" ] && [ ! -e "$T/share/unlinked" ] && [ -p "$T/share/fifo" ] ||
	fail "$round: $(ls -l "$T/share")"

# Whatever it says of its card is told once: who has a terminal that nobody reads waits for the rest.
round="with a card" only=(bad-messages)
attack none eth0=nat
verdicts refused
[ "$(grep -c 'rings that cannot be' "$T/guest")" -eq 1 ] || fail "$round: not told once: $(grep rings "$T/guest" | sort | uniq -c)"

# uml_run: one directory may be written, one is hidden, all else may be read only.
round="with a directory shared by uml_run" only=("${files[@]}")
begin_run
attempts --outside "$T/hidden/file"
verdicts refused 'share-*' 'held-*'
untouched hidden
round="at what uml_run shows"
only=(escape-{write,create,link,rename,move-out,truncate,mkdir,unlink,chmod,times})
attempts --outside "$T/plain/file"
verdicts refused
untouched plain
stop

# With the layers off. What is refused all the same:
still=(
	# The pid namespace stays on. Without one see below.
	'*-loader' '*-sibling'
	# Most hosts have no x32, and their kernel says what the filter says.
	'?x32'
	# The boot record is sealed before the guest kernel has it; no layer is needed for that.
	boot-record
	# Nothing is gained by them with or without layers: verdicts() looks whether they were sent.
	bad-messages flood empty-message
	# A host may lack the protocol.
	'?vsock'
	# It may have a session already.
	'?args-setsid-after-boot'
	# Nothing is gained by calls that all filters let through; gain-* shows that it would be noticed.
	'any-*'
)
# What an ordinary user may not do anywhere, or not on each host.
roots=()
[ "$(id -u)" -eq 0 ] || roots=(escape-device escape-node escape-uncover '?attributes')
[ "$(id -u)" -eq 0 ] || still+=('?file-handle' '?mount' '?pivot-root' '?fsopen' '?bpf' '?perf' '?setuid' "${roots[@]}")
only=() round="with the layers off"
attack rw hostfs="$T/share" --sandbox=off
verdicts SUCCEEDED "${still[@]}"
[ ! -e /tmp/nestling-escaped ] || fail "/tmp/nestling-escaped is left over"
# A signal that comes while a call is made is no refusal.
round="amid signals, with the layers off" only=(tcp)
diskless=yes
begin guest "$linux" uml_dir="$home/uml" mem=32M --sandbox=off -- -c "$count"
while kill -ALRM "$kernel"; do :; done 2>/dev/null &
flood=$!
disown "$flood"
guests+=("$flood")
for ((try = 1; try <= 10; try++)); do
	attempts
	verdicts SUCCEEDED
done
kill "$flood"
stop
round="uml_run with the layers off" only=("${files[@]}")
begin_run --sandbox off
attempts --outside "$T/hidden/file"
verdicts SUCCEEDED "${roots[@]}" 'any-*'
stop
only=()
end_sibling

[ "$(id -u)" -eq 0 ] || exit 0
install -m 755 "$LINUX" "$T/linux"
install -m 755 "$run" "$T/uml_run"
install -d -m 700 -o nobody "$T/home"
linux=$T/linux run=$T/uml_run home=$T/home
ordinary=(setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$T/home")
as=("${ordinary[@]}")
begin_sibling
round="as an ordinary user"
attack none
verdicts refused
boot_rounds "an ordinary user"
round="as an ordinary user with a directory shared read only" only=("${files[@]}")
attack ro hostfs="$T/share,ro"
verdicts refused share-read share-list
untouched hidden
round="as an ordinary user with a directory shared"
attack rw hostfs="$T/share"
verdicts refused 'share-*' 'held-*'
untouched hidden
round="as an ordinary user with a directory shared by uml_run"
begin_run
attempts --outside "$T/hidden/file"
verdicts refused 'share-*' 'held-*'
untouched hidden
stop
end_sibling

# Where there are no namespaces the other layers hold alone. All guests in one user namespace that
# makes no others, or the sibling would be held by that.
"${ordinary[@]}" unshare --user --map-root-user sh -c \
	'echo 0 >/proc/sys/user/max_user_namespaces && echo 0 >/proc/sys/user/max_pid_namespaces && echo yes >"$1" && exec sleep 450' sh \
	"$T/home/ready" &
holder=$!
disown "$holder"
cleanup_hooks+=("kill $holder")
wait_for 10 grep -qs yes "$T/home/ready" || fail "no user namespace without others in it"
as=("${ordinary[@]}" nsenter --preserve-credentials --user --target "$holder")
only=()
begin_sibling
round="as an ordinary user without namespaces"
# Signals are then Landlock's, which knows them from version 6 on.
held=()
"$LINUX" --check | found 'Landlock.*no signal' || held=(signal-loader signal-sibling)
# Who has a CPU, and how much of it, nothing but the pid namespace keeps. (The loader has come by rights in
# that user namespace; who has none may not give it CPUs.)
held+=('?cpus-loader' cpus-sibling cpu-time-{loader,sibling})
attack none
verdicts refused "${held[@]}"
# Landlock has no word about attributes: those of each file of the user, shared or not, can be looked at
# by name, and where something may be changed, be changed. Nor does it tell a device's node from a file.
# Only a mount namespace keeps them.
unheld=(escape-chmod escape-times escape-look escape-node gain-change gain-path)
round="without namespaces, with a directory shared read only" only=("${files[@]}")
attack ro hostfs="$T/share,ro"
verdicts refused share-read share-list escape-look escape-node gain-path
round="without namespaces, with a directory shared"
attack rw hostfs="$T/share"
verdicts refused 'share-*' 'held-*' "${unheld[@]}"
echo "$round: not held: ${unheld[*]}"
[ "$(cat "$T/hidden/file")" = old ] || fail "$round: the file outside was written"
# The control of those at other processes, and of what Landlock alone holds.
round="without any layer" only=({signal,tkill,sigqueue,pidfd,ptrace,write,read,cpus,cpu-time}-{loader,sibling} "${files[@]}")
attack rw hostfs="$T/share" --sandbox=off
# To make devices and to unmount is root's on every host; so are the files that it has descriptors of.
verdicts SUCCEEDED escape-device escape-uncover attributes 'any-*'
end_sibling
