# SPDX-License-Identifier: GPL-2.0
# The tiny system: busybox and an init of our own in a read-only erofs. Sourced by uml_mkroot.
#
# erofs without compression: two megabytes need none, and nothing has to be
# unpacked page by page while the guest boots.
# shellcheck shell=bash

tiny_uuid=6e657374-6c69-6e67-8000-74696e790001

# tiny_busybox: path of a static busybox.
tiny_busybox() {
	local b
	for b in /bin/busybox /usr/bin/busybox; do
		[ -x "$b" ] || continue
		if head -c 4096 "$b" | grep -qaF ld-linux; then continue; fi
		echo "$b"
		return
	done
	die $EX_UNAVAILABLE "no static busybox: apt-get install busybox-static"
}

# Bytes that the tree will take in the work folder: busybox, our init, the copies.
tiny_need() {
	local pair bytes=$((4 << 20))
	for pair in "${copy_in[@]}"; do
		split_copy_in "$pair"
		bytes=$((bytes + $(du -sbL "$copy_src" | cut -f1)))
	done
	echo "$bytes"
}

# The compiled init: shipped when installed, compiled in a source tree.
tiny_init() {
	if [ -x "$share/tiny/init" ]; then cp "$share/tiny/init" "$1"; return; fi
	need gcc gcc
	gcc -std=gnu11 -Os -static -s -fno-ident -Wl,--build-id=none -D_GNU_SOURCE \
		-Wall -Wextra -Werror "$share"/tiny/*.c -o "$1" ||
		die 1 "compiling $share/tiny/*.c failed (see above)"
}

tiny_tree() {
	local root=$1 busybox path
	busybox=$(tiny_busybox)
	mkdir -p "$root"/{dev,proc,sys,tmp,run,mnt,root,home,bin,sbin,usr/bin,usr/sbin,usr/lib,var/{log,tmp,lib},etc}
	ln -s ../run "$root/var/run"
	cp "$busybox" "$root/bin/busybox"
	for path in $("$busybox" --list-full); do
		case $path in bin/busybox | linuxrc) continue ;; esac
		ln -sf /bin/busybox "$root/$path"
	done
	tiny_init "$root/sbin/init.new"
	mv -f "$root/sbin/init.new" "$root/sbin/init"
	ln -sf init "$root/sbin/shutdown"
	cp -r "$share/tiny/skel/." "$root/"
}

tiny_copy_in() {
	local root=$1 pair
	for pair in "${copy_in[@]}"; do
		split_copy_in "$pair"
		mkdir -p "$root$(dirname "$copy_dst")"
		cp -rL --no-target-directory "$copy_src" "$root$copy_dst" || die 1 "copying $copy_src into the image failed"
	done
}

tiny_build() {
	local root=$work/root
	need mkfs.erofs erofs-utils
	progress 10 "tiny: files"
	room_for "$work" "$(tiny_need)" "TMPDIR names another place"
	tiny_tree "$root"
	tiny_copy_in "$root"
	# Modes must not depend on the builder's umask.
	chmod -R u=rwX,go=rX "$root"
	chmod 1777 "$root/tmp" "$root/var/tmp"
	chmod 700 "$root/root"
	room_for "$(dirname "$out")" "$(du -sb "$root" | cut -f1)" "make room, or write the image elsewhere"
	progress 70 "tiny: file system"
	mkfs.erofs --quiet --all-root -T "$epoch" -U "$tiny_uuid" -x-1 "$part" "$root" >"$work/log" 2>&1 ||
		die 1 "mkfs.erofs failed: $(tail -n 1 "$work/log")"
}
