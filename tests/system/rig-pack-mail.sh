#!/bin/bash
# timeout: 900
# needs: linux uml_rig mmdebstrap mke2fs debugfs
# company: rig-mail
# with sanitizers: no, a packed rig is to run without any libraries
# The mail WAN in one file: small enough for a mail, with the same results; and sent as mail through
# Exim from one guest to another. A small packed rig is sent likewise, taken out of the mailbox there
# with what the image has, and run in that guest. Without an image and a way to make one: skipped.
set -euo pipefail
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
. tests/system/debian-lib.bash
debian_image mail
img=$PWD/$img
rig=$PWD/build/bin/uml_rig

"$rig" pack -q -D "image=$img" -o "$t/mail-wan" rootfs/rigs/mail-wan.rig
size=$(stat -c %s "$t/mail-wan")
echo "the WAN: $size bytes"
[ "$size" -le 40000000 ] || fail "the packed WAN has $size bytes"

# The same few messages from the file and from the tree.
for name in packed tree; do
	run=("$t/mail-wan" run)
	[ $name = packed ] || run=("$rig" run -D "image=$img" rootfs/rigs/mail-wan.rig)
	"${run[@]}" -q -D messages=12 -D end=2h -o "$t/$name" >"$t/$name.out" 2>&1 </dev/null || true
	[ -s "$t/$name/verdicts.tap" ] || fail "$name: $(cat "$t/$name.out")"
done
for f in samples.csv verdicts.tap timeline.txt logs.tar.gz; do
	cmp "$t/packed/$f" "$t/tree/$f" || fail "the packed WAN gives another $f"
done
[ "$(wc -l <"$t/packed/samples.csv")" -gt 40 ] || fail "no samples"

# Two mails for two users of another guest.
cat >"$t/small.rig" <<'END'
rig small 1
node a
node b
link a@10.0.0.1/24 b@10.0.0.2/24 delay=1ms
every 1s sample a ok "ping -c 1 -W 1 10.0.0.2 >/dev/null; echo $?"
at 5s stop
expect a.ok == 0 always
END
"$rig" pack --fast -q -o "$t/small" "$t/small.rig"
for name in small mail-wan; do
	"$rig" pack -q --eml --from alice@a.test --to bob@b.test --subject "$name" -o "$t/$name.eml" "$t/$name"
done
echo "the mail of the WAN: $(stat -c %s "$t/mail-wan.eml") bytes"
printf 'ttl 60\nzone b.test\nb.test MX 10 mx.b.test\nmx.b.test A 198.51.100.2\n' >"$t/zone"
cat >"$t/there" <<'END'
# What somebody does who has the mail, and no program that knows about such files.
set -e
cd /root
sed -n '/^f0VMR/,/^--/p' /var/mail/carol | sed '$d' | base64 -d >small
chmod 755 small
./small --verify
./small run -q -o run
END
cat >"$t/post.rig" <<'END'
rig post 1
set image mail.img
image mail $image
set limit "MACROS=MESSAGE_SIZE_LIMIT=64M"
node a mem=128M image=mail copy=zone:/etc/zone copy=mail-wan.eml:/root/mail-wan copy=small.eml:/root/small \
  run="/rig/dns /etc/zone" run=/rig/mta MAILNAME=a.test DNS=198.51.100.1 $limit
node b mem=512M image=mail copy=there:/root/there run=/rig/mta MAILNAME=b.test DNS=198.51.100.1 $limit
link a@198.51.100.1/24 b@198.51.100.2/24 delay=1ms
at 1s run a "exim4 -odf bob@b.test </root/mail-wan; exim4 -odf carol@b.test </root/small; exim4 -bpc" as=queue
every 10s sample b arrived "ls /var/mail | wc -w" until=1m
at 5m run b "sh /root/there" as=nested
at 10m fetch b /root/run/samples.csv there.csv
at 10m fetch b /var/mail/bob bob
at 10m fetch b /root/small small
at 20m stop
expect a.queue == 0 by 5m title="the server has passed both on"
expect b.arrived == 2 by 5m
expect b.nested.status == 0 by 20m title="it runs where it arrived"
END
"$rig" run -q --to-end -D "image=$img" -o "$t/post" "$t/post.rig" >"$t/out" 2>&1 </dev/null ||
	fail "$(cat "$t/out" "$t/post/outputs.txt")"
cat "$t/out"
"$rig" unpack -o "$t/got" "$t/post/bob"
cmp "$t/got" "$t/mail-wan" || fail "another file came out of the mail"
cmp "$t/post/small" "$t/small" || fail "another file came out of the mail there"
"$rig" run -q -o "$t/here" "$t/small.rig" >/dev/null 2>&1 || fail "the small rig fails here"
cmp "$t/post/there.csv" "$t/here/samples.csv" || fail "in the guest it gives other samples"
found 'Received: from .*(helo=a.test)\|by b.test' <"$t/post/bob" || fail "it did not come by Exim"
