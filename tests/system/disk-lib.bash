# For the disk tests: small guests that run one script and report through a disk.
# Sourced by disk-*.sh.
#
# The script of the test runs as `sh /test.sh` in the guest, root read-only, /tmp writable,
# with what the kernel's command line sets as NAME=VALUE in its environment. All its output
# goes to the disk ubd15, so that nothing here depends on consoles.

linux=${LINUX:-build/bin/linux}
dir=$(mktemp -d)
disk_cleanup() {
	local p
	for p in $(jobs -p); do kill -9 "$p" 2>/dev/null || true; done
	rm -rf "$dir"
}
trap disk_cleanup EXIT

fail() { echo "FAIL: $*"; exit 1; }

# Reads the guest's script from standard input and makes $dir/root.img with it.
disk_root() {
	local r=$dir/root a
	mkdir -p "$r"/{bin,dev,proc,sys,mnt,tmp}
	cp /bin/busybox "$r/bin/"
	for a in $(/bin/busybox --list | grep -vx busybox); do ln -sf busybox "$r/bin/$a"; done
	cp build/guest/disktool build/guest/diskbench "$r/bin/"
	cat >"$r/test.sh"
	cat >"$r/init" <<'END'
#!/bin/sh
export PATH=/bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t tmpfs tmp /tmp
[ -e /dev/null ] || mount -t devtmpfs dev /dev
sh /test.sh </dev/null >/tmp/out 2>&1
echo "script ended" >>/tmp/out
cat /tmp/out /dev/zero | dd of=/dev/ubdp bs=4k count=64 iflag=fullblock conv=fsync 2>/dev/null
poweroff -f
END
	chmod +x "$r/init"
	rm -f "$dir/root.img"
	truncate -s 16M "$dir/root.img"
	mke2fs -q -F -t ext4 -d "$r" "$dir/root.img"
}

# disk_start ARGUMENT...: the guest in the foreground, output in $dir/console
disk_start() {
	rm -f "$dir/result"
	truncate -s 256k "$dir/result"
	${disk_prefix:-} "$linux" mem=64M ubd0r="$dir/root.img" "$@" ubd15="$dir/result" root="${disk_rootdev:-/dev/ubd0}" init=/init \
		con=null con0=null,fd:1 ssl=null umid="disk$$" uml_dir="$dir/uml" >"$dir/console" 2>&1 </dev/null
}

# disk_boot ARGUMENT...: runs the guest to its end; its script's output is in $dir/out, and shown.
disk_boot() {
	local status=0
	disk_start "$@" || status=$?
	tr -d '\0' <"$dir/result" >"$dir/out"
	sed 's/^/    guest: /' "$dir/out"
	if [ $status -ne 0 ] || ! grep -qx "script ended" "$dir/out"; then
		tail -n 30 "$dir/console"
		fail "the guest ended with status $status"
	fi
}

# The guest's output has this line (a basic regular expression for the whole line).
expect() { grep -qx -- "$1" "$dir/out" || fail "no line '$1' in the guest's output"; }

# Bytes that a file uses on the host.
used() { echo $(($(stat -c %b "$1") * 512)); }
