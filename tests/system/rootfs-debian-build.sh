#!/bin/bash
# timeout: 800
# needs: mmdebstrap mke2fs debugfs fsck.ext4 setpriv unshare newuidmap
# company: images
# The Debian image again, in another environment and by an ordinary user in a home directory that is
# closed to others, as adduser makes them: the same bytes. What it holds, without booting it.
set -euo pipefail
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
. tests/system/debian-lib.bash
debian_image debian
chmod 755 "$t"
mkdir -m 1777 "$t/tmp"
mkdir -m 700 "$t/home"

# For root: somebody whom only this process tree's view of /etc knows.
user() {
	if [ "$(id -u)" -ne 0 ]; then (cd "$t/home" && exec "$@"); return; fi
	chown 64999:64999 "$t/home"
	{ cat /etc/passwd; echo "nestling-test:x:64999:64999::$t/home:/bin/sh"; } >"$t/passwd"
	echo "nestling-test:6500000:65536" >"$t/subid"
	chmod 644 "$t/passwd" "$t/subid"
	# shellcheck disable=SC2016
	unshare -m sh -c 'd=$1; shift
		mount --bind "$d/passwd" /etc/passwd && mount --bind "$d/subid" /etc/subuid &&
			mount --bind "$d/subid" /etc/subgid && cd "$d/home" || exit 1
		exec setpriv --reuid=64999 --regid=64999 --clear-groups "$@"' sh "$t" "$@"
}
# Others may use the cache at the same time: what becomes of it while a build lasts does not matter.
cp -al build/cache/debs "$t/cache" 2>/dev/null || cp -a build/cache/debs "$t/cache"
(umask 077 && export HOME=$t/home TMPDIR=$t/tmp TZ=Asia/Tokyo LC_ALL=C &&
	user "$PWD/rootfs/uml_mkroot" debian -q --cache "$t/cache" again.img) &
for ((i = 0; i < 600; i++)); do
	[ ! -p "$(echo "$t"/tmp/uml_mkroot.*/pipe)" ] || break
	sleep 0.1
done
mv "$t/cache" "$t/elsewhere"
wait $! || fail "the second build failed: $(tail -n 30 "$t/home/again.img.log")"
[ ! -e "$t/cache" ] || fail "the cache was made anew"
packages() { debugfs -R 'cat /var/lib/dpkg/status' "$1" 2>/dev/null; }
if ! cmp -s "$img" "$t/home/again.img" && ! cmp -s <(packages "$img") <(packages "$t/home/again.img"); then
	echo "Debian has other versions than when the image was made: it is made anew"
	rm -f "$img.stamp"
	debian_image debian
fi
cmp "$img" "$t/home/again.img" || fail "two builds differ"
[ -z "$(ls -A "$t/tmp")" ] || fail "left behind: $(ls -A "$t/tmp")"
# A folder for temporary files where apt's user does not come.
rc=0
TMPDIR=$t/home user "$PWD/rootfs/uml_mkroot" debian -q never.img >"$t/closed" 2>&1 || rc=$?
[ "$rc" -eq 73 ] && [ "$(wc -l <"$t/closed")" -eq 1 ] && grep -q "TMPDIR=$t/home is closed.*chmod" "$t/closed" ||
	fail "a closed TMPDIR: status $rc: $(cat "$t/closed")"
[ "$(ls -A "$t/home")" = again.img ] || fail "left behind: $(ls -A "$t/home")"
# A file system that cannot be made: the tree for it, whose files belong to apt's user, goes.
mkdir "$t/fake"
printf '#!/bin/sh\nexit 1\n' >"$t/fake/mke2fs"
chmod 755 "$t/fake/mke2fs"
mkdir -m 777 "$t/tmp/in"
tar -C "$t/fake" --owner=5 -cf "$t/tmp/tar" mke2fs
chmod 644 "$t/tmp/tar"
# shellcheck disable=SC2016
! user bash -c '. "$1/rootfs/lib/debian.sh"; as_root=(mmdebstrap --unshare-helper)
	PATH=$2/fake:$PATH "${as_root[@]}" sh -c "$debian_fill" fill "$2/tmp/in/root" "$2/tmp/tar" none </dev/null' \
	bash "$PWD" "$t" >"$t/filled" 2>&1 || fail "mke2fs failed, and the build went on"
[ -z "$(ls -A "$t/tmp/in")" ] || fail "left behind: $(ls -lA "$t/tmp/in") $(cat "$t/filled")"
fsck.ext4 -fn "$img" >"$t/fsck" 2>&1 || fail "fsck: $(cat "$t/fsck")"
for f in /usr/sbin/exim4 /usr/sbin/cron /etc/init.d/nestling-boot /etc/fstab; do
	debugfs -R "stat $f" "$img" 2>/dev/null | found 'Type: regular' || fail "$f is not in the image"
done
[ "$(debugfs -R 'cat /etc/hostname' "$img" 2>/dev/null)" = debian ] || fail "host name"
[ -z "$(debugfs -R 'cat /etc/machine-id' "$img" 2>/dev/null)" ] || fail "the image has a machine-id"
