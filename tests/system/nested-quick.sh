#!/bin/bash
# timeout: 320
# needs: mksquashfs
# with sanitizers: no, it runs the suite in a guest, which does not see where the links of the other tree lead
# The quick part of this suite (tests/quick) passes one level down: a guest that sees the host's
# files, and nothing else of it, is the host that runs scripts/run-tests.
. tests/system/lib.sh

top=$PWD
mkdir -p build/test
# Only what the tests write to is memory; all other files are the host's, read only.
cat >"$T/outer" <<END
mkdir /h && mount -t hostfs -r none /h || exit 50
mount -t proc none /h/proc && mount --rbind /dev /h/dev && mount --rbind /sys /h/sys || exit 51
for d in /tmp /run; do mount -t tmpfs none /h\$d || exit 52; done
case $top in /tmp/*) mkdir -p /h$top && mount -t hostfs -r -o $top none /h$top || exit 53 ;; esac
mount -t tmpfs none /h$top/build/test || exit 54
cd /
exec chroot /h /usr/bin/env HOME=/tmp PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin \
	bash -c 'cd $top && exec scripts/run-tests --quick'
END
mkdir "$T/disk"
cp "$T/outer" "$T/disk/outer"
mksquashfs "$T/disk" "$T/outer.img" -quiet -no-progress -all-root >/dev/null || fail "mksquashfs"
timeout -k 5 300 "$LINUX" uml_dir="$UML" mem=1G hostfs=/,ro ubd1r="$T/outer.img" -- \
	-c 'mkdir -p /mnt && mount -o ro /dev/ubdb /mnt && sh /mnt/outer' >"$T/out" 2>&1 </dev/null
status=$?
grep -aE '^(ok|skip|FAIL)|passed' "$T/out" | tr -d '\r'
[ "$status" -eq 0 ] || fail "the outer guest gave $status"
expect_text '^[0-9]+ passed, 0 failed, 0 skipped$'
for t in $(grep -v '^#' tests/quick); do
	expect_text "^ok +${t//\*/} *"
done
