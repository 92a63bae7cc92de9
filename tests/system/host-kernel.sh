#!/bin/bash
# timeout: 600
# needs: linux uml_rig qemu-system-x86_64 busybox cpio dpkg-deb
# with sanitizers: no, a packed rig is to run without any libraries
# Debian 12's own kernel as the host, emulated by QEMU, for who tests may run on a newer one: guests,
# files of the host, guests in guests and a packed rig, for an ordinary user, and for root.
# HOST_KERNEL=FILE tries another vmlinuz that has no need of modules (Debian's are called *-cloud-amd64).
. tests/system/lib.sh

kernel=${HOST_KERNEL:-}
if [ -z "$kernel" ]; then
	kept=build/cache/host-kernel
	kernel=$(find $kept -name 'vmlinuz-*' 2>/dev/null | head -n 1)
fi
if [ -z "$kernel" ]; then
	name=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | sed -n 's/.*Depends: \(linux-image-[0-9].*cloud-amd64\)$/\1/p' | head -n 1)
	mkdir -p "$T/deb"
	if [ -z "$name" ] || ! (cd "$T/deb" && apt-get download "$name") >"$T/out" 2>&1; then
		echo "linux-image-cloud-amd64 cannot be had: $(tail -n 1 "$T/out" 2>/dev/null)"
		exit 77
	fi
	mkdir -p $kept
	dpkg-deb --fsys-tarfile "$T"/deb/*.deb | tar xf - -C $kept --wildcards './boot/vmlinuz-*' || fail "the package has no kernel"
	kernel=$(find $kept -name 'vmlinuz-*' | head -n 1)
fi

cat >"$T/there.rig" <<'END2'
rig there 1
node a
node b
link a@10.0.0.1/24 b@10.0.0.2/24 delay=5ms
at 1s run a "ping -c 1 10.0.0.2" as=there
at 2s stop
expect a.there.status == 0 by 2s
END2
root=$T/root
mkdir -p "$root"/{bin,proc,sys,dev,tmp,etc,home}
build/bin/uml_rig pack --fast -q -o "$root/bin/packed" "$T/there.rig" || fail "pack"
cp build/bin/linux "$root/bin/linux"
ln -s linux "$root/bin/uml_run"
cp "$(command -v busybox)" "$root/bin/busybox"
for c in $(busybox --list); do
	[ -e "$root/bin/$c" ] || ln -s busybox "$root/bin/$c"
done
printf 'root:x:0:0::/:/bin/sh\nnest:x:1000:1000::/home:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\nnest:x:1000:\n' >"$root/etc/group"
cat >"$root/etc/try" <<'END2'
cd "$(mktemp -d)"
export HOME=$PWD
who=$(id -un)
said() { echo "$who: $1: $2"; }
linux --check >check 2>&1; said check $?
sed "s/^/$who: /" check
linux mem=64M -- -c 'echo "$(uname -r)" >/tmp/x; grep -q nestling /tmp/x && exit 7' >o 2>&1; said guest $?; cat o
linux --sandbox=strict mem=64M -- -c 'exit 7' >o 2>&1; said strict $?; cat o
echo from the host >here
uml_run --rw . --mem 128M -- sh -c 'cat here; echo from the guest >there; exit 7' >o 2>&1; said files "$? $(cat o there | tr '\n' ' ')"
uml_run --mem 256M -- linux mem=64M -- -c 'exit 7' >o 2>&1; said nested $?; cat o
packed run -q -o run >o 2>&1; said packed $?; cat o
END2
cat >"$root/init" <<'END2'
#!/bin/busybox sh
export PATH=/bin
mount -t proc none /proc; mount -t sysfs none /sys; mount -t devtmpfs none /dev
mkdir -p /dev/pts /dev/shm; mount -t devpts none /dev/pts; mount -t tmpfs none /dev/shm
mount -t tmpfs none /tmp; chmod 1777 /tmp
echo "host: $(uname -r)"
su nest -c 'sh /etc/try'
sh /etc/try
echo end of it
poweroff -f
END2
chmod 755 "$root/init" "$root"/bin/*
(cd "$root" && find . | cpio -o -H newc -R 0:0 --quiet | gzip -1) >"$T/initrd" || fail "cpio"

timeout -k 5 560 qemu-system-x86_64 -accel tcg -cpu max -M pc -m 1500 -nographic -no-reboot -kernel "$kernel" \
	-initrd "$T/initrd" -append "console=ttyS0 quiet panic=-1" </dev/null 2>&1 | tr -d '\r' >"$T/out"
found '^end of it' <"$T/out" || fail "it did not come to its end"
for who in nest root; do
	for what in "check: 0" "guest: 7" "files: 7 from the host from the guest" "nested: 7" "packed: 0"; do
		expect_text "^$who: $what"
	done
	# A kernel with all layers has them all; --check says which is missing.
	if found "^$who: no  *Landlock" <"$T/out"; then
		expect_text "^$who: strict: 69"
	else
		expect_text "^$who: strict: 7"
	fi
done
grep -o 'host: [0-9].*' "$T/out"
