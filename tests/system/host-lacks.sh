#!/bin/bash
# timeout: 300
# Hosts that lack a system call, or a flag of one: a guest boots all the same and does its work,
# or one line says what is missing and what to do; 'linux --check' tells which.
. tests/system/lib.sh

LACK=$PWD/build/guest/lack
truncate -s 4M "$T/disk"

# A guest that does a bit of everything; with the arguments as parameters.
work() { # WHAT ARGS...
	local what=$1 warned
	shift
	expect_status 5 timeout -k 5 30 "$LACK" "$what" "$LINUX" uml_dir="$UML" mem=64M ubd1="$T/cow,$T/disk" "$@" -- -c '
		mke2fs /dev/ubdb >/dev/null && mkdir -p /tmp/d && mount /dev/ubdb /tmp/d || exit 1
		dd if=/dev/urandom of=/tmp/d/a bs=64k count=16 2>/dev/null
		cp /tmp/d/a /tmp/d/b; sync; echo 3 >/proc/sys/vm/drop_caches; cmp /tmp/d/a /tmp/d/b || exit 2
		i=0; while [ $i -lt 40 ]; do /bin/true | cat || exit 3; i=$((i + 1)); done
		dd if=/dev/zero of=/tmp/x bs=1M count=16 2>/dev/null && rm /tmp/x
		echo all is well; umount /tmp/d; exit 5'
	expect_text '^all is well'
	# That the pid namespace is missing is said, in one line; of what others hold as well nothing is.
	case ,$what, in *,newuser,*) warned=1 ;; *) warned=0 ;; esac
	[ "$(grep -c "^linux: warning: a layer .* missing: pid namespace.*; 'linux --check'" "$T/out")" -eq $warned ] ||
		fail "the warning does not stand there $warned times"
	[ "$(wc -l <"$T/out")" -eq $((1 + warned)) ] || fail "more than the guest's own words"
	rm -f "$T/cow"
}
tells() { # WHAT STATUS PATTERN: of --check
	expect_status "$2" "$LACK" "$1" "$LINUX" --check
	expect_text "$3"
}

expect_status 0 "$LINUX" --check
expect_text '^Guests can run on this host'

all=
for what in memfd_create close_range rseq clone3 statx openat2 preadv2 pwritev2 nowait fallocate \
	populate personality pidfd_open io_uring futex_waitv landlock getrandom newpid,newuser; do
	echo "without $what"
	work "$what"
	all+=$what,
done
work "${all%,}"
work "${all%,}" nestling.fsgsbase=0 nestling.tsc=0

tells memfd_create 0 '^no +memory files of their own kind'
tells fallocate 0 '^no +guest memory goes back'
tells preadv2 0 '^no +reads of the page cache only'
tells close_range 0 '^no +descriptors closed at once'
tells landlock 0 '^no +Landlock'
tells newpid,newuser 0 '^no +pid namespace'
tells personality 0 '^no +address randomisation'

# Files that are shared read only, and hidden ones, by whatever the host gives; root in the guest may
# mount what it likes. Where there is nothing to keep them by, nothing runs.
export HOME=$T/home
mkdir -p "$HOME/.ssh" "$HOME/more"
echo secret >"$HOME/.ssh/id"
attempts='cat ~/file ~/more/file; h=$(mktemp -d) && mount -t hostfs -o / none "$h" && cat ~/.ssh/id "$h$HOME/.ssh/id"
	mount -o remount,rw "$h"
	for f in ~/file "$h$HOME/file" "$h$HOME/more/file" "$h$HOME/new"; do echo changed >"$f"; done; echo tried'
keeps() { # WHAT
	echo plain | tee "$HOME/file" >"$HOME/more/file"
	expect_status 0 timeout -k 5 30 "$LACK" "$1" build/bin/uml_run --user root -- sh -c "$attempts"
	[ "$(grep -cx plain "$T/out")" = 2 ] || fail "without $1: what is not hidden cannot be read"
	grep -qx tried "$T/out" || fail "without $1: the attempts did not run"
	! grep -q secret "$T/out" || fail "without $1: a secret was read"
	[ "$(cat "$HOME/file" "$HOME/more/file" | sort -u)" = plain ] && [ ! -e "$HOME/new" ] ||
		fail "without $1: the host's files were changed"
}
# The last two are what containers allow, by and large.
for what in io_uring mount_setattr landlock mount_setattr,landlock newuser newpid,newuser,mount,ptrace,io_uring mount,ptrace; do
	keeps $what
done
expect_status 125 "$LACK" newpid,newuser,landlock build/bin/uml_run -- true
expect_text 'mount namespace: .*; Landlock: .*; cure: .*--sandbox=off'
expect_status 69 "$LACK" newpid,newuser,landlock "$LINUX" uml_dir="$UML" hostfs="$HOME,ro" -- -c true
expect_text 'mount namespace: .*; Landlock: .*; cure: .*--sandbox=off'
echo plain >"$HOME/file"
expect_status 0 "$LACK" newpid,newuser,landlock build/bin/uml_run --sandbox=off --user root -- sh -c "$attempts"
[ "$(cat "$HOME/file")" = changed ] && grep -q secret "$T/out" || fail "the attempts change nothing where they could: they show nothing"
expect_status 0 "$LACK" mount_setattr build/bin/uml_run --sandbox=strict -- true
# One directory alone, where mounts can be changed one by one only and nothing else keeps it.
mkdir "$HOME/shared"
for how in ,ro ''; do
	echo plain >"$HOME/shared/file"
	expect_status 0 timeout -k 5 30 "$LACK" mount_setattr,landlock "$LINUX" uml_dir="$UML" umid=one mem=64M hostfs="$HOME/shared$how" -- -c "
		mkdir /tmp/s && mount -t hostfs $HOME/shared /tmp/s && cat /tmp/s/file; echo changed >/tmp/s/file; exit 0"
	expect_text '^plain'
	! grep -q 'warning' "$T/out" || fail "hostfs=DIR$how without mount_setattr: a layer is missing"
	[ "$(cat "$HOME/shared/file")" = "$([ -n "$how" ] && echo plain || echo changed)" ] || fail "hostfs=DIR$how: $(cat "$HOME/shared/file")"
done

# --sandbox=strict wants all of it: one line says which layer is not there.
strict() { # WHAT PATTERN
	expect_status 69 timeout -k 5 30 "$LACK" "$1" "$LINUX" uml_dir="$UML" mem=64M --sandbox=strict -- -c 'echo it runs'
	one_line
	expect_text "^linux: --sandbox=strict: this host does not give: $2.*; cure: "
	expect_status 125 timeout -k 5 30 "$LACK" "$1" build/bin/uml_run --sandbox=strict -- echo it runs
	one_line
	expect_text "^uml_run: --sandbox=strict: this host does not give: $2.*; cure: "
}
strict landlock 'Landlock'
strict newuser 'user namespace'
strict newpid,newuser '(user|pid) namespace'
strict mount 'mount namespace'

# Without a namespace for it nothing of a guest is left either, nor does any of it run on while the
# guest kernel is stopped.
bare() {
	: >"$T/out" # the lines of the one before are not this one's
	"$LACK" newpid,newuser,close_range "$LINUX" uml_dir="$UML" umid=bare mem=64M -- -c '
		(while :; do :; done) & n=0; while :; do n=$((n + 1)); echo "line $n"; sleep 0.1; done' >"$T/out" 2>&1 </dev/null &
	pid=$!
	cleanup_hooks=("kill -KILL $pid \$(tree $pid) 2>/dev/null")
	wait_for 20 lines 3 || fail "the guest does not come up without a namespace"
	all=$(tree $pid)
	[ "$(wc -w <<<"$all")" -ge 3 ] || fail "only these processes: $all"
	kernel=$(pgrep -P "$pid" -x guest-kernel)
	[ "$(wc -w <<<"$kernel")" -eq 1 ] || fail "the guest kernel is not the loader's child: $kernel"
}
lines() { [ "$(grep -c '^line' "$T/out")" -ge "$1" ]; }
bare
before=$(ticks $all)
sleep 1
[ $(($(ticks $all) - before)) -ge 20 ] || fail "the guest does not spin: this would show nothing"
kill -STOP "$kernel"
sleep 0.5
before=$(ticks $all) now=$(grep -c '^line' "$T/out")
sleep 1
used=$(($(ticks $all) - before))
kill -CONT "$kernel"
[ $used -le 2 ] || fail "guest code ran on ($used ticks in a second) while the guest kernel was stopped"
wait_for 10 lines $((now + 3)) || fail "the guest does not go on"
kill -KILL $pid
wait $pid 2>/dev/null
wait_for 5 all_gone $all || fail "the loader was killed: left are $(for c in $all; do cat "/proc/$c/comm" 2>/dev/null; done | xargs)"
bare
kill -KILL "$kernel"
wait $pid
sleep 1
all_gone $all || fail "the guest kernel was killed: left are $(for c in $all; do cat "/proc/$c/comm" 2>/dev/null; done | xargs)"

# What cannot be done without: one line, and the cure.
expect_status 69 "$LACK" seccomp "$LINUX" uml_dir="$UML" mem=64M -- -c 'exit 5'
one_line
expect_text '^linux: .*seccomp filters with traps.*cure: .*CONFIG_SECCOMP_FILTER'
tells seccomp 69 '^NO +seccomp filters'
expect_text 'cure: .*CONFIG_SECCOMP_FILTER'
# This tree may lie below /tmp itself, so it is made read only and not covered.
expect_status 69 env TMPDIR=/proc "$LACK" memfd_create unshare -rm sh -c "mount -t tmpfs -o ro none /dev/shm; mount --rbind /tmp /tmp; mount -o remount,bind,ro /tmp; exec '$LINUX' uml_dir=/var/tmp/none mem=64M -- -c 'exit 5'"
one_line
expect_text '^linux: .*guest memory.*cure: '
