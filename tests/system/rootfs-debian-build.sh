#!/bin/bash
# timeout: 500
# needs: mmdebstrap mke2fs debugfs fsck.ext4
# company: images
# The Debian image again, in another environment: the same bytes. What it holds, without booting it.
set -euo pipefail
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
. tests/system/debian-lib.bash
debian_image debian
chmod 755 "$t"
mkdir -m 1777 "$t/tmp"
# Others may use the cache at the same time: what becomes of it while a build lasts does not matter.
cp -al build/cache/debs "$t/cache" 2>/dev/null || cp -a build/cache/debs "$t/cache"
(umask 077 && TMPDIR=$t/tmp TZ=Asia/Tokyo LC_ALL=C exec rootfs/uml_mkroot debian -q --cache "$t/cache" "$t/again.img") &
for ((i = 0; i < 600; i++)); do
	[ ! -p "$(echo "$t"/tmp/uml_mkroot.*/pipe)" ] || break
	sleep 0.1
done
mv "$t/cache" "$t/elsewhere"
wait $! || fail "the second build failed"
[ ! -e "$t/cache" ] || fail "the cache was made anew"
cmp "$img" "$t/again.img" || fail "two builds differ"
[ -z "$(ls -A "$t/tmp")" ] || fail "left behind: $(ls -A "$t/tmp")"
fsck.ext4 -fn "$img" >"$t/fsck" 2>&1 || fail "fsck: $(cat "$t/fsck")"
for f in /usr/sbin/exim4 /usr/sbin/cron /etc/init.d/nestling-boot /etc/fstab; do
	debugfs -R "stat $f" "$img" 2>/dev/null | found 'Type: regular' || fail "$f is not in the image"
done
[ "$(debugfs -R 'cat /etc/hostname' "$img" 2>/dev/null)" = debian ] || fail "host name"
[ -z "$(debugfs -R 'cat /etc/machine-id' "$img" 2>/dev/null)" ] || fail "the image has a machine-id"
