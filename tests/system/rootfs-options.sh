#!/bin/bash
# timeout: 500
# needs: mmdebstrap mke2fs debugfs uml_rig
# company: images
# uml_mkroot debian: more packages, files of the host, a script, the disk's size; and a size too small.
# With its packages, the examples of uml_rig that need them hold what they say, the same twice.
set -euo pipefail
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
. tests/system/debian-lib.bash
debian_image debian # fills the package cache, or skips
mkdir "$t/site" "$t/tmp"
echo "from the host" >"$t/site/index.html"
printf '#!/bin/sh\nset -e\ntest -x /usr/bin/tree\necho "ran as $(id -u)" >/etc/ran\n' >"$t/script"
chmod 755 "$t" "$t/script"
chmod 1777 "$t/tmp"
TMPDIR=$t/tmp rootfs/uml_mkroot debian -q --cache build/cache/debs --size 700M --include tree,bird2,dnsmasq-base \
	--copy-in "$t/site:/var/www" --run "$t/script" --hostname mine "$t/out.img" || fail "the build failed"
shows() { debugfs -R "cat $1" "$t/out.img" 2>/dev/null; }
[ "$(stat -c %s "$t/out.img")" -eq $((700 << 20)) ] || fail "size"
[ "$(shows /etc/hostname)" = mine ] || fail "host name"
[ "$(shows /etc/ran)" = "ran as 0" ] || fail "script: $(shows /etc/ran)"
[ "$(shows /var/www/index.html)" = "from the host" ] || [ "$(shows /var/www/site/index.html)" = "from the host" ] ||
	fail "copied files"
debugfs -R "stat /usr/bin/tree" "$t/out.img" 2>/dev/null | found 'Type: regular' || fail "package"
rc=0
TMPDIR=$t/tmp rootfs/uml_mkroot debian -q --size 3M "$t/small.img" >"$t/log" 2>&1 || rc=$?
[ $rc -ne 0 ] && [ "$(wc -l <"$t/log")" -eq 1 ] && [ ! -e "$t/small.img" ] || fail "3M: status $rc, $(cat "$t/log")"
[ -z "$(ls -A "$t/tmp")" ] || fail "left behind: $(ls -A "$t/tmp")"

for name in ospf office-dns; do
	for way in "" --sequential; do
		# shellcheck disable=SC2086  # or none
		build/bin/uml_rig run -q $way -o "$t/$name.run$way" -D image="$t/out.img" \
			"Documentation/examples/$name.rig" >"$t/log" 2>&1 || fail "$name $way: $(cat "$t/log")"
		found '^passed' <"$t/log" || fail "$name has no verdict"
	done
	diff -r -q -x wall.json "$t/$name.run" "$t/$name.run--sequential" || fail "$name is not the same"
done
