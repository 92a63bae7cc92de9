#!/bin/bash
# timeout: 60
# needs: setpriv unshare pgrep
# Users without privileges: with namespaces, and where the host does not allow any.
. tests/system/lib.sh

# A copy that anybody can reach: the file must run on its own, anywhere.
chmod 755 "$T"
mkdir -m 777 "$T/home"
cp "$LINUX" "$T/linux"
as_user=()
[ "$(id -u)" -ne 0 ] || as_user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
user() {
	(cd "$T/home" && HOME=$T/home timeout 30 "${as_user[@]}" "$T/linux" "$@")
}

expect_status 5 user -- -c 'exit 5'
[ -d "$T/home/.uml" ] || fail "the run-time directory is not ~/.uml"
expect_status 0 user --check
expect_text '^yes +seccomp filters'

truncate -s 4M "$T/home/disk"
[ "$(id -u)" -ne 0 ] || chown 65534 "$T/home/disk"
expect_status 0 user ubd1=disk -- -c 'echo written >/dev/ubdb; sync'
grep -q '^written' "$T/home/disk" || fail "the disk was not written"

# A file of somebody else.
if [ "$(id -u)" -eq 0 ]; then
	truncate -s 1M "$T/secret"
	chmod 600 "$T/secret"
	expect_status 77 user ubd1="$T/secret"
	one_line
fi

# No namespaces at all: the guest runs, and nothing of it stays when the loader is killed.
bare() { # in a subshell: it becomes the loader
	exec unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_user_namespaces &&
		exec setpriv --bounding-set=-sys_admin "$@"' sh "$T/linux" uml_dir="$T/bare" "$@"
}
if ! unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_user_namespaces' 2>/dev/null; then
	echo "this host cannot switch namespaces off for a test"
	exit 77
fi
(bare --check) >"$T/out" 2>&1 </dev/null
expect_text 'user\.max_user_namespaces is 0; cure: sysctl user\.max_user_namespaces='
(bare -- -c 'exit 6') >"$T/out" 2>&1 </dev/null
[ $? -eq 6 ] || fail 'a guest without namespaces'
(bare umid=bare -- -c 'echo up; while :; do sleep 1; done') >"$T/log" 2>&1 </dev/null &
pid=$!
wait_for 20 grep -q up "$T/log" || fail "the guest without namespaces did not come up"
kids=$(tree "$pid")
[ -n "$kids" ] || fail "no processes of the guest"
kill -KILL "$pid"
wait "$pid" 2>/dev/null
wait_for 5 all_gone $kids || fail "left after SIGKILL of the loader: $kids"

# Few descriptors.
(
	ulimit -n 64
	boot -- -c 'exit 2' </dev/null >"$T/out" 2>&1
	[ $? -eq 2 ]
) || fail "a limit of 64 descriptors is not enough"
