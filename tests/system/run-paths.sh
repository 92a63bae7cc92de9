#!/bin/bash
# timeout: 120
# uml_run: options that name paths in one another. The deeper one wins in either order, for the
# command and on the host's side; what cannot be is told before there is a guest.
. tests/system/lib.sh

RUN=$(dirname "$LINUX")/uml_run
run() { HOME=$T/home timeout -k 5 60 "$RUN" "$@"; }
mkdir "$T/home"
chmod 755 "$T" "$T/home"
P=$T/p
anew() {
	rm -rf "$P"
	mkdir -p "$P/vendor/sub" "$P/other"
	echo host | tee "$P/vendor/f" "$P/vendor/sub/f" >"$P/other/f"
}
host() { # FILE EXPECTED
	[ "$(cat "$P/$1")" = "$2" ] || fail "$what: the host's $1 is '$(cat "$P/$1")', not '$2'"
}

# Root takes the guest's own mounts away, and mounts others: what is left is the host's cover.
attempts="for d in $P/vendor/sub $P/vendor $P; do umount \$d; done; mkdir /mine; mount -t hostfs -o $P none /mine
	for d in $P /mine; do for f in vendor/f vendor/sub/f other/f vendor/new; do echo guest >\$d/\$f; done; done; :"
for order in "--ro $P/vendor --rw $P" "--rw $P --ro $P/vendor"; do
	what=$order
	anew
	# shellcheck disable=SC2086
	run $order -- sh -c "cat $P/vendor/f; echo guest >$P/other/f; echo guest >$P/vendor/f" >"$T/out" 2>&1
	expect_text '^host$'
	expect_text 'Read-only'
	host vendor/f host
	host other/f guest
	# shellcheck disable=SC2086
	run --user root $order -- sh -c "$attempts" >"$T/out" 2>&1 || fail "$what: the attempts"
	host vendor/f host
	host vendor/sub/f host
	[ ! -e "$P/vendor/new" ] || fail "$what: root in the guest makes a file on the host"
	# shellcheck disable=SC2086
	run $order --rw "$P/vendor/sub" -- sh -c "echo deep >$P/vendor/sub/f; echo deep >$P/vendor/f" 2>/dev/null
	host vendor/sub/f deep
	host vendor/f host
done
for order in "--tmpfs $P/other --rw $P" "--rw $P --tmpfs $P/other"; do
	what=$order
	anew
	# shellcheck disable=SC2086
	run $order -- sh -c "ls $P/other; echo guest >$P/other/new; cat $P/other/new" >"$T/out" 2>&1
	[ "$(cat "$T/out")" = guest ] || fail "$what: $(cat "$T/out")"
	# shellcheck disable=SC2086
	run --user root $order -- sh -c "umount $P/other; $attempts" >/dev/null 2>&1 || fail "$what: the attempts"
	host other/f host
	host vendor/f guest
	[ ! -e "$P/other/new" ] || fail "$what: what is to be in memory is on the host"
done
for order in "--tmpfs $P --rw $P/other --ro $P/vendor" "--ro $P/vendor --rw $P/other --tmpfs $P"; do
	what=$order
	anew
	# shellcheck disable=SC2086
	run $order -- sh -c "ls $P; cat $P/vendor/f; echo guest >$P/other/f; echo guest >$P/f; echo guest >$P/vendor/f" >"$T/out" 2>/dev/null
	[ "$(xargs <"$T/out")" = 'other vendor host' ] || fail "$what: $(cat "$T/out")"
	host other/f guest
	host vendor/f host
	[ ! -e "$P/f" ] || fail "$what: what is to be in memory is on the host"
done
anew
mkdir "$T/home/.ssh"
echo secret >"$T/home/.ssh/id"
run --tmpfs "$T/home/.ssh" -- sh -c "echo mine >$T/home/.ssh/mine; ls $T/home/.ssh" >"$T/out" 2>&1
[ "$(cat "$T/out")" = mine ] || fail "--tmpfs over what is hidden: $(cat "$T/out")"
ln -s "$P/vendor" "$T/link"
run --tmpfs "$T/link/new" -- sh -c "echo mine >$P/vendor/new/f; cat $T/link/new/f" | found -x mine || fail "--tmpfs below a link"
run --tmpfs "$T/none/so/far" -- sh -c "echo mine >$T/none/so/far/f; cat $T/none/so/far/f" | found -x mine || fail "--tmpfs where there is nothing"
[ ! -e "$T/none" ] || fail "--tmpfs makes a directory on the host"
(cd "$T" && run --tmpfs none/here -- sh -c "echo mine >$T/none/here/f; cat none/here/f") | found -x mine || fail "--tmpfs with a relative name"
echo "the deeper one wins"

# Without mount namespaces: a cover cannot be had there.
lack() { HOME=$T/home timeout -k 5 60 build/guest/lack newpid,newuser,mount,ptrace "$RUN" "$@"; }
expect_status 0 lack --rw "$P/other" --ro "$P/vendor" -- true
for below in --ro --tmpfs; do
	expect_status 125 lack --rw "$P" $below "$P/vendor" -- true
	one_line
	expect_text "keep the guest from files"
done
# Nor with all of it off, where the guest's own covers are left.
for dir in "$P/vendor" /srv /opt; do # right below the root, too
	[ -d "$dir" ] || continue
	run --sandbox off --user root --hide "$dir" -- touch "$dir/new" 2>/dev/null && fail "--sandbox off: --hide $dir hides nothing"
done

refused() { # PATTERN OPTION...
	local pattern=$1
	shift
	expect_status 125 run "$@" -- echo ran
	one_line
	expect_text "^uml_run: $pattern"
}
anew
for dir in /proc /sys /dev /run /proc/self /dev/shm; do
	for how in --rw --ro; do
		refused "$how /.*: /proc, /sys, /dev and /run are the guest's own" $how $dir
	done
	refused "--tmpfs .*the guest's own" --tmpfs $dir
	expect_status 0 run --hide $dir -- true
done
refused "--tmpfs $P/new: No such file .* in --rw $P; make" --rw "$P" --tmpfs "$P/new"
refused "--tmpfs $P/new: No such file .* in --ro $P; make" --tmpfs "$P/new" --ro "$P"
[ ! -e "$P/new" ] || fail "--tmpfs: a directory is left on the host"
refused "--tmpfs $P/vendor/f: not a directory" --tmpfs "$P/vendor/f"
refused "--tmpfs $P/vendor/f/x: not a directory" --tmpfs "$P/vendor/f/x"
refused "--rw $P: --ro names it" --ro "$P" --rw "$P/../p"
refused "--rw $P/vendor: $P is hidden" --hide "$P" --rw "$P/vendor"
mkdir "$T/home/.ssh/sub"
refused "--ro $T/home/.ssh/sub: $T/home/.ssh is hidden" --ro "$T/home/.ssh/sub"
run --ro "$T/home/.ssh" --rw "$T/home/.ssh/sub" -- sh -c "cat $T/home/.ssh/id; echo x >$T/home/.ssh/sub/f" | found -x secret || fail "--ro, and --rw below"
[ -e "$T/home/.ssh/sub/f" ] || fail "--rw below --ro"
echo "what cannot be is told"

# The host's own /proc and its like are covered on the host's side.
run --user root -- sh -c 'mkdir /mine; for d in proc dev sys run; do mount -t hostfs -o /$d none /mine && ls /mine; umount /mine; done' >"$T/out" 2>&1
[ ! -s "$T/out" ] || fail "something of the host's /proc, /dev, /sys or /run is seen"
exit 0
