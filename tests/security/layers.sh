#!/bin/bash
# timeout: 100
# Each layer around a guest by itself: what the host's kernel says (/proc) of the guest kernel, of
# ns-init and of a stub. Where all layers are on the filter refuses nearly everything first, and
# one that was missing below it would not be noticed (takeover.sh). As root, and as a user without
# privileges; with --sandbox=strict, with files shared, and without layers, where each of the
# facts must be another.
. tests/system/lib.sh

takeover=$PWD/build/security/takeover
[ -x "$takeover" ] || fail "$takeover: make guests"
if "$LINUX" --check | sed '1,/^Layers/d' | grep '^no ' >"$T/lacks"; then
	cat "$T/lacks"
	echo "this host does not offer all layers"
	exit 77
fi
guests=()
end_guests() {
	local p
	for p in "${guests[@]}"; do kill -KILL "$p" $(tree "$p") 2>/dev/null; done
}
cleanup_hooks=(end_guests)
up() { grep -qs '^up' "$T/guest"; }

# begin COMMAND...: a guest that says "up" and stays; sets pid, loader, kernel, init and stub
begin() {
	local c
	rm -f "$T/guest"
	"${as[@]}" timeout -k 5 60 "$@" >"$T/guest" 2>&1 </dev/null &
	pid=$!
	guests+=("$pid")
	wait_for 30 up || { cp "$T/guest" "$T/out"; fail "$round: the guest does not come up"; }
	loader=$(pgrep -P "$pid")
	kernel=$(for c in $(tree "$loader"); do [ "$(cat "/proc/$c/comm")" != guest-kernel ] || { echo "$c"; break; }; done)
	[ -n "$kernel" ] || fail "$round: no guest kernel among the processes"
	init=$(awk '{ print $4 }' "/proc/$kernel/stat")
	[ "$(cat "/proc/$init/comm")" = ns-init ] || fail "$round: the guest kernel is not ns-init's child"
	stub=$(pgrep -P "$kernel" | tail -n 1)
	[ -n "$stub" ] || fail "$round: no stub"
}
end() {
	kill -INT "$loader"
	wait "$pid" 2>/dev/null || true
}

status() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"; }
limit() { sed -nE "s/^Max $2 +([^ ]+) +([^ ]+).*/\1 \2/p" "/proc/$1/limits"; }
# Descriptors without the numbers of pipes and sockets; what each may be used for (r, w).
descriptors() {
	local f
	for f in /proc/"$1"/fd/*; do
		[ -L "$f" ] || continue
		echo "$(readlink "$f" | sed -E "s,:\[[0-9]+\],,; s, \(deleted\),,; s,^$T/,,; s,^$(readlink -f "$LINUX")$,linux,"):$(stat -c %A "$f" | cut -c2-3)"
	done | LC_ALL=C sort | uniq -c | awk '{ print $2 ($1 > 1 ? "*" $1 : "") }' | xargs
}

# facts PID: what the host says of a process, a line for each layer
facts() {
	local p=$1 n own=
	echo "users: $(status "$p" Uid | xargs) groups: $(status "$p" Gid | xargs) $(status "$p" Groups)"
	for n in cgroup ipc mnt net pid user uts; do
		[ "$(readlink "/proc/$p/ns/$n")" = "$(readlink "/proc/self/ns/$n")" ] || own+=" $n"
	done
	echo "namespaces of its own:$own"
	echo "network: $(awk -F : 'NR > 2 { print $1 }' "/proc/$p/net/dev" | xargs)"
	echo "root: $(ls -A "/proc/$p/root/" | xargs)"
	echo "may write: $(awk '$6 !~ /^ro(,|$)/ { print $5 }' "/proc/$p/mountinfo" | xargs)"
	echo "capabilities: $(status "$p" CapEff) $(status "$p" CapPrm) $(status "$p" CapInh) $(status "$p" CapAmb)"
	echo "bounding set: $(status "$p" CapBnd)"
	echo "no new privileges: $(status "$p" NoNewPrivs)"
	echo "filters: $(status "$p" Seccomp) $(status "$p" Seccomp_filters)"
	echo "core: $(limit "$p" 'core file size')"
	echo "locked memory: $(limit "$p" 'locked memory')"
	echo "open files: $(limit "$p" 'open files')"
	echo "processes: $(limit "$p" processes)"
	echo "file size: $(limit "$p" 'file size' | cut -d ' ' -f 1)"
	echo "private memory: $(limit "$p" 'data size' | cut -d ' ' -f 1)"
	echo "descriptors: $(descriptors "$p")"
}

# compare WHO PID: with standard input, line for line
compare() {
	facts "$2" >"$T/$1"
	diff -U 0 - "$T/$1" >"$T/out" || fail "$round: $1: what should be (-) and what is (+) differ"
}

none=0000000000000000
empty="namespaces of its own: cgroup ipc mnt net pid user uts
network: lo"
rights="capabilities: $none $none $none $none
bounding set: $none
no new privileges: 1"

# whole: the three processes of a guest that shares nothing
whole() {
	local users="users: $uid $uid $uid $uid groups: $gid $gid $gid $gid $groups" limits
	# Processes: those for which the guest's memory has room. Files: of the disk, which is larger
	# than the guest's memory.
	limits="core: 0 0
locked memory: 0 0
open files: 1024 1024
processes: 2048 2048
file size: $((48 << 20))
private memory: $((64 << 20))"
	compare guest-kernel "$kernel" <<-END
		$users
		$empty
		root: 
		may write: 
		$rights
		filters: 2 2
		$limits
		descriptors: /dev/null:rw /memfd:boot-record:rw /memfd:guest-memory:rw /memfd:last-words:rw anon_inode:[eventpoll]:rw disk:rw linux:r- pipe:-w*3 pipe:r- socket:rw*2
	END
	compare stub "$stub" <<-END
		$users
		$empty
		root: 
		may write: 
		$rights
		filters: 2 3
		$limits
		descriptors: /memfd:guest-memory:rw
	END
	compare ns-init "$init" <<-END
		$users
		$empty
		root: 
		may write: 
		$rights
		filters: 2 1
		core: 0 unlimited
		locked memory: $(limit $$ 'locked memory')
		open files: $(limit $$ 'open files')
		processes: $(limit $$ processes)
		file size: $(limit $$ 'file size' | cut -d ' ' -f 1)
		private memory: $(limit $$ 'data size' | cut -d ' ' -f 1)
		descriptors: pipe:-w
	END
	# Stubs from before the filter after boot have that for boot and their own.
	for c in $(pgrep -P "$kernel"); do
		[ "$(status "$c" Seccomp_filters)" -ge 2 ] || fail "$round: a stub without a filter of its own: $c"
	done
	echo "$round: guest kernel, stub and ns-init have all layers"
}

# rounds WHO: all of them as the user of $as, whose numbers in the guest's namespace are $uid and $gid
rounds() {
	local started=("$linux" uml_dir="$home/uml" mem=32M ubd1="$T/disk") words=(-c 'echo up; while :; do sleep 1000; done') level same
	for level in default strict; do
		round="as $1, --sandbox=$level"
		begin "${started[@]}" --sandbox=$level -- "${words[@]}"
		whole
		end
	done

	# Without layers each fact is another: it would be seen if one were missing.
	round="as $1, --sandbox=off"
	cp "$T/guest-kernel" "$T/with"
	begin "${started[@]}" --sandbox=off -- "${words[@]}"
	facts "$kernel" >"$T/without"
	# Not the user, which is another in root's guests only, nor a limit that the test has itself.
	same=$(grep -Fx -f "$T/with" "$T/without" | grep -v '^\(users\|descriptors\):' |
		grep -vFx -f <(facts $$ | grep '^\(core\|locked memory\|open files\|processes\|file size\|private memory\):'))
	[ -z "$same" ] || { cp "$T/without" "$T/out"; fail "$round: as with all layers: $same"; }
	echo "$round: every fact is another"
	end

	round="as $1, with a directory shared"
	begin "${started[@]}" hostfs="$T/share,ro" --sandbox=strict -- "${words[@]}"
	facts "$kernel" >"$T/out"
	expect_text '^may write: $'
	expect_text "^capabilities: $files_rights $files_rights $none $none\$"
	expect_text "^bounding set: $none\$"
	expect_text '^no new privileges: 1$'
	expect_text '^filters: 2 2$'
	expect_text "^file size: $((48 << 20))\$"
	expect_text '^processes: 2048 2048$'
	expect_text '^namespaces of its own: cgroup ipc mnt net pid user uts$'
	[ "$(cd "/proc/$kernel/root" && find . -mindepth 1 | sort)" = "$(p=.; IFS=/; for f in ${T#/} share; do p+=/$f; echo "$p"; done; echo "$p/file")" ] ||
		fail "$round: the root is $(cd "/proc/$kernel/root" && find . | xargs)"
	# Landlock is not told by /proc. It refuses what nothing else does here.
	timeout -k 5 20 "$takeover" --share "$T/share" "$kernel" "$loader" 999 landlock-parent >"$T/out" 2>&1
	expect_text '^landlock-parent: refused .EACCES.$'
	echo "$round: it and nothing else is there, read only, and Landlock holds"
	end

	round="as $1, uml_run"
	begin "$run" --sandbox strict --mem 64M --rw "$T/share" --hide "$T/hidden" --clean-env --chdir / -- sh -c 'echo up; sleep 1000'
	facts "$kernel" >"$T/out"
	expect_text "^may write: $T/share\$"
	expect_text "^capabilities: $files_rights $files_rights $none $none\$"
	expect_text "^bounding set: $none\$"
	expect_text '^no new privileges: 1$'
	expect_text '^filters: 2 2$'
	expect_text '^core: 0 0$'
	expect_text '^locked memory: 0 0$'
	expect_text '^namespaces of its own: cgroup ipc mnt net pid user uts$'
	expect_text '^network: lo$'
	[ -z "$(ls -A "/proc/$kernel/root$T/hidden" "/proc/$kernel/root/proc" | grep -v ':$' | xargs)" ] || fail "$round: what is hidden is there"
	echo "$round: one directory may be written, and what is hidden is not there"
	end
}

umask 022
truncate -s 48M "$T/disk"
mkdir "$T/share" "$T/hidden"
touch "$T/share/file" "$T/hidden/file"
as=() linux=$LINUX run=$PWD/build/bin/uml_run home=$T
uid=$(id -u) gid=$(id -g) files_rights=$none
# An ordinary user cannot give up groups.
groups=$(status self Groups)
if [ "$uid" -eq 0 ]; then
	# Root's guest is nobody; root that shares files keeps five rights over these (confine.c).
	uid=65534 gid=65534 files_rights=000000000000001f groups=
	chmod 755 "$T"
	chmod 666 "$T/disk"
fi
rounds "$(id -un)"
[ "$(id -u)" -eq 0 ] || exit 0
install -m 755 "$LINUX" "$T/linux"
install -m 755 "$run" "$T/uml_run"
install -d -m 700 -o nobody "$T/home"
chown -R nobody "$T/share" "$T/hidden"
linux=$T/linux run=$T/uml_run home=$T/home files_rights=$none groups= LINUX=$T/linux
as=(setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$T/home")
rounds "an ordinary user"
