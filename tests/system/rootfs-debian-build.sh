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
(umask 077 && TMPDIR=$t/tmp TZ=Asia/Tokyo LC_ALL=C rootfs/uml_mkroot debian -q --cache build/cache/debs "$t/again.img") ||
	fail "the second build failed"
cmp "$img" "$t/again.img" || fail "two builds differ"
[ -z "$(ls -A "$t/tmp")" ] || fail "left behind: $(ls -A "$t/tmp")"
fsck.ext4 -fn "$img" >"$t/fsck" 2>&1 || fail "fsck: $(cat "$t/fsck")"
for f in /usr/sbin/exim4 /usr/sbin/cron /etc/init.d/nestling-boot /etc/fstab; do
	debugfs -R "stat $f" "$img" 2>/dev/null | found 'Type: regular' || fail "$f is not in the image"
done
[ "$(debugfs -R 'cat /etc/hostname' "$img" 2>/dev/null)" = debian ] || fail "host name"
[ -z "$(debugfs -R 'cat /etc/machine-id' "$img" 2>/dev/null)" ] || fail "the image has a machine-id"
