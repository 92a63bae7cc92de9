# SPDX-License-Identifier: GPL-2.0
# Debian systems: mmdebstrap makes a tar file, mke2fs or mksquashfs a disk of it. Sourced by uml_mkroot.
#
# Nothing needs privileges: mmdebstrap works in a user namespace (or under
# fakechroot where there is none), and mke2fs -d fills a file. Same bytes each
# time: mmdebstrap's tar is reproducible, identifiers and times of the file
# system are fixed, and what mke2fs takes from the builder's files (change and
# access times) is overwritten afterwards.
# shellcheck shell=bash

debian_uuid=6e657374-6c69-6e67-8000-646562690001
PATH=$PATH:/usr/sbin:/sbin

debian_check() {
	local script
	need mmdebstrap mmdebstrap
	case $format in
	ext4)
		need mke2fs e2fsprogs
		need debugfs e2fsprogs ;;
	squashfs) need mksquashfs squashfs-tools ;;
	*) die $EX_USAGE "--format $format: ext4 or squashfs" ;;
	esac
	[[ $init = sysvinit || $init = systemd || $init = tiny ]] || die $EX_USAGE "--init $init: sysvinit or systemd (or tiny, our own)"
	[[ $format = ext4 || $init = tiny ]] || die $EX_USAGE "--format squashfs needs --init tiny: nothing else puts a writable layer over it"
	[[ $hostname =~ ^[a-zA-Z0-9][a-zA-Z0-9.-]{0,62}$ ]] || die $EX_USAGE "--hostname '$hostname' is no host name"
	size_bytes=$(numfmt --from=iec "${size^^}" 2>/dev/null) ||
		die $EX_USAGE "--size $size: a number with K, M, G or T is wanted"
	((size_bytes >= 64 << 20)) || die $EX_USAGE "--size $size: Debian needs 64M at the very least, 1G is usual"
	for script in "${run[@]}"; do
		[ -f "$script" ] || die $EX_NOINPUT "--run: $script: no such file"
	done
	case ${root_password:-} in *[:$'\n']*) die $EX_USAGE "--root-password may not contain ':' or newlines" ;; esac
}

# How to be root for a while: mmdebstrap's mode and what runs a command in the same way.
debian_choose_mode() {
	as_root=()
	if [ "$(id -u)" -eq 0 ]; then mode=root
	elif mmdebstrap --unshare-helper true 2>/dev/null; then
		mode=unshare
		as_root=(mmdebstrap --unshare-helper)
		# There another id works, which must come to the work folder, or into one beside it. A probe,
		# as modes say nothing of ACLs and mounts.
		chmod 711 "$work"
		(cd / && "${as_root[@]}" sh -c 'cd "$1"' probe "$work") 2>/dev/null ||
			die $EX_CANTCREAT "TMPDIR=$(dirname "$work") is closed to other users, and apt works as another here; chmod o+x it and all above it, or unset TMPDIR"
		chmod 700 "$work"
	else
		command -v fakechroot >/dev/null && command -v fakeroot >/dev/null ||
			die $EX_UNAVAILABLE "no user namespace for $(id -un) (needs the package uidmap and lines in /etc/subuid, /etc/subgid; or install fakechroot and fakeroot)"
		mode=fakechroot
		as_root=(fakeroot)
	fi
}

# Lines for sources.list: --mirror, or the host's own Debian mirrors of that suite, or deb.debian.org.
debian_sources() {
	local uri release
	if [ -n "${mirror:-}" ]; then echo "deb $mirror $suite main"; return; fi
	apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' 2>/dev/null | sort -u |
		while read -r uri release; do
			case $release in "$suite" | "$suite-updates" | "$suite-security") echo "deb $uri $release main" ;; esac
		done >"$work/host-sources"
	if grep -q " $suite main" "$work/host-sources"; then cat "$work/host-sources"; return; fi
	echo "deb http://deb.debian.org/debian $suite main"
	[ "$suite" = sid ] || [ "$suite" = unstable ] || {
		echo "deb http://deb.debian.org/debian $suite-updates main"
		echo "deb http://deb.debian.org/debian-security $suite-security main"
	}
}

# Our own init, as in the built-in system.
debian_tiny_init() {
	. "$share/lib/tiny.sh"
	mkdir -p "$1/usr/sbin"
	tiny_init "$1/usr/sbin/init"
	ln -s init "$1/usr/sbin/shutdown"
}

# One of servers/: shipped when installed, compiled in a source tree. It is made of the files that
# begin with its name, and those that all share.
debian_program() {
	local sources
	mkdir -p "$(dirname "$2")"
	if [ -x "$share/servers/$1" ]; then cp "$share/servers/$1" "$2"; return; fi
	need gcc gcc
	mapfile -t sources < <(printf '%s\n' "$share/servers"/{"$1.c","$1"_*.c,common.c} | grep -vF '*')
	gcc -std=gnu11 -Os -static -s -fno-ident -Wl,--build-id=none -D_GNU_SOURCE -Wall -Wextra -Werror \
		"${sources[@]}" -o "$2" ||
		die 1 "compiling $share/servers/$1*.c failed (see above)"
}

# The files of ours that go into the image, with what --copy-in names, as one tar file.
debian_overlay() {
	local tree=$work/overlay pair program
	mkdir -p "$tree/etc"
	cp -r "$share/debian/common/." "$tree/"
	cp -r "$share/debian/$init/." "$tree/"
	[ "$init" != tiny ] || debian_tiny_init "$tree"
	[ -z "${overlay:-}" ] || cp -r "$share/$overlay/." "$tree/"
	for program in ${programs:-}; do debian_program "$program" "$tree/rig/$program"; done
	echo "$hostname" >"$tree/etc/hostname"
	echo "$hostname" >"$tree/etc/mailname"
	printf '127.0.0.1\tlocalhost\n127.0.1.1\t%s\n::1\tlocalhost ip6-localhost ip6-loopback\n' "$hostname" >"$tree/etc/hosts"
	chmod -R u=rwX,go=rX "$tree"
	for pair in "${copy_in[@]}"; do
		split_copy_in "$pair"
		mkdir -p "$tree$(dirname "$copy_dst")"
		cp -rL --preserve=mode --no-target-directory "$copy_src" "$tree$copy_dst" ||
			die 1 "copying $copy_src failed"
	done
	# No folders but those that are named by copies: the image's own keep their modes.
	(cd "$tree" && find . \( -type d -empty -o ! -type d \) -print0 | sort -z |
		tar --no-recursion --null -T - --owner=0 --group=0 --numeric-owner --mtime="@$epoch" -cf "$work/overlay.tar")
}

debian_init_packages() {
	case $init in
	sysvinit) echo sysvinit-core ;;
	systemd) echo "systemd-sysv dbus" ;;
	tiny) ;;
	esac
}

# Packages that dpkg does not let be installed together can lie beside each other: their files are
# unpacked, where there is no other of that name, and their scripts do not run. beside ROOT PACKAGE...
debian_lay_beside='
	set -e
	root=$1
	shift
	export APT_CONFIG=$MMDEBSTRAP_APT_CONFIG
	mkdir -p "$root/var/cache/apt/archives"
	cd "$root/var/cache/apt/archives"
	apt-get -q -o APT::Sandbox::User=root download "$@"
	for package; do
		dpkg-deb --fsys-tarfile "$package"_*.deb |
			tar -C "$root" -xpf - --numeric-owner --skip-old-files --keep-directory-symlink
	done
'

# Two builds may use one cache at once, and mmdebstrap's copies would be in each other's way: each has
# a copy of its own while it lasts.
debian_cache_take() {
	mkdir -p "$cache" || die $EX_CANTCREAT "--cache $cache cannot be made"
	cp -al "$cache" "$work/debs" 2>/dev/null || { rm -rf "$work/debs" && cp -a "$cache" "$work/debs"; } ||
		die $EX_CANTCREAT "--cache $cache cannot be copied to ${TMPDIR:-/tmp}"
}

# Gives to the cache what is new.
debian_cache_give() {
	local f name
	for f in "$work"/debs/*.deb; do
		name=${f##*/}
		[ -e "$cache/$name" ] || { cp "$f" "$cache/.$name.$$" && mv "$cache/.$name.$$" "$cache/$name"; } || {
			rm -f "$cache/.$name.$$"
			return 0 # no room: the next build downloads it again
		}
	done
}

# Arguments of mmdebstrap, one an element, in the array args.
debian_arguments() {
	local list script n=0
	list="$packages $(debian_init_packages) ${include[*]//,/ }"
	args=(--mode="$mode" --variant=minbase --format=tar --include="${list// /,}" --aptopt='Acquire::Languages "none"'
		--dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/man/*'
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright'
		--dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*'
		--essential-hook="printf '%s\n' 'exim4-config exim4/dc_eximconfig_configtype select local delivery only; not on a network' 'exim4-config exim4/mailname string $hostname' | chroot \"\$1\" debconf-set-selections")
	if [ -n "${cache:-}" ]; then
		debian_cache_take
		args+=(--skip=essential/unlink
			--setup-hook="mkdir -p \"\$1/var/cache/apt/archives\""
			--setup-hook="sync-in '$work/debs' /var/cache/apt/archives")
	fi
	[ -z "${beside:-}" ] || args+=(--customize-hook="sh -c '$debian_lay_beside' beside \"\$1\" $beside")
	[ -z "${cache:-}" ] || args+=(
		--customize-hook="rm -rf \"\$1\"/var/cache/apt/archives/lock \"\$1\"/var/cache/apt/archives/partial"
		--customize-hook="sync-out /var/cache/apt/archives '$work/debs'")
	args+=(--customize-hook="tar-in '$work/overlay.tar' /"
		--customize-hook="upload '$share/debian/customize' /tmp/customize"
		--customize-hook="chroot \"\$1\" sh /tmp/customize $init $(printf %q "${root_password:-}")")
	for script in "${run[@]}"; do
		n=$((n + 1))
		args+=(--customize-hook="upload '$(realpath "$script")' /tmp/run-$n"
			--customize-hook="chmod 755 \"\$1/tmp/run-$n\"; chroot \"\$1\" /tmp/run-$n")
	done
	[ -z "${finish:-}" ] || args+=(--skip=cleanup/apt --skip=cleanup/tmp --customize-hook="upload '$share/$finish' /tmp/run-finish"
		--customize-hook="chroot \"\$1\" sh /tmp/run-finish")
	args+=(--customize-hook="upload '$share/debian/tidy' /tmp/tidy" --customize-hook="chroot \"\$1\" sh /tmp/tidy")
}

# Turns mmdebstrap's log into phases with a percentage, while it runs.
debian_watch() {
	local line shown=0 text n=0
	while IFS= read -r line; do
		echo "$line" >>"$work/log"
		case $line in
		I:*"running apt-get update"*) shown=3 text="package lists" ;;
		I:*"downloading packages"* | I:*"downloading"*"required"*) shown=8 text="downloading essential packages" ;;
		I:*"extracting archives"*) shown=20 text="unpacking essential packages" ;;
		I:*"installing essential"*) shown=25 text="installing essential packages" ;;
		I:*"installing remaining"*) shown=40 text="installing the other packages" ;;
		"Setting up "*)
			[ -t 2 ] || continue
			n=$((n + 1)) text="installing ${line#Setting up }" text=${text%% (*}
			shown=$((25 + (n < 150 ? n * 60 / 150 : 60))) ;;
		I:*"running"*"customize"* | I:*"cleaning"*) shown=86 text="settling in" ;;
		I:*"creating tarball"*) shown=88 text="collecting files" ;;
		*) continue ;;
		esac
		progress "$shown" "$text"
	done
}

# What went wrong, in one line, from the log.
debian_explain() {
	local why
	if grep -qE 'Could not resolve|Temporary failure|Could not connect|Connection failed|Unable to connect' "$work/log"; then
		why="the package mirror cannot be reached (--mirror names another): $(grep -m1 -oE '(Could not resolve|Could not connect to|Temporary failure|Unable to connect to)[^.]*' "$work/log")"
	elif grep -q 'No space left on device' "$work/log"; then
		why="no space left in ${TMPDIR:-/tmp} (TMPDIR names another place)"
	elif grep -q 'Unable to locate package' "$work/log"; then
		why="--include: $(grep -m1 -oE 'Unable to locate package .*' "$work/log"); check the name and --suite $suite"
	elif grep -qE 'does not have a Release file|404 +Not Found' "$work/log"; then
		why="the mirror has no suite '$suite' (--suite, --mirror)"
	else
		why=$(grep -E '^E: ' "$work/log" | head -n 1)
		why=${why:-$(tail -n 1 "$work/log")}
	fi
	cp "$work/log" "$out.log" 2>/dev/null && why="$why (log: $out.log)"
	die 1 "$why"
}

debian_bootstrap() {
	local args
	debian_arguments
	progress 1 "starting mmdebstrap ($mode)"
	debian_sources >"$work/sources"
	mkfifo "$work/pipe"
	debian_watch <"$work/pipe" &
	local watcher=$!
	SOURCE_DATE_EPOCH=$epoch LC_ALL=C.UTF-8 mmdebstrap "${args[@]}" --verbose "$suite" "$work/root.tar" "$work/sources" \
		>"$work/pipe" 2>&1 </dev/null &
	child=$!
	local status=0
	wait "$child" || status=$?
	child=
	wait "$watcher" || true
	[ "$status" -eq 0 ] || debian_explain
	[ -z "${cache:-}" ] || debian_cache_give
}

# Runs with root's view: unpacks the tar file and fills a file system with it. The image is its
# standard input: the way to it may be closed to the id that works, as home directories are.
debian_fill='
	set -e
	tree=$1 tar=$2
	# Whatever happens: only here may its files be removed.
	trap "rm -rf \"\$tree\"" EXIT
	trap "exit 130" INT TERM HUP
	mkdir -p "$tree"
	tar -C "$tree" -xpf "$tar" --numeric-owner --exclude="./dev/*"
	mke2fs -q -t ext4 -F -U "$3" -L root -m 1 -I 256 -M / -d "$tree" \
		-E "hash_seed=$3,lazy_itable_init=0,lazy_journal_init=0,nodiscard,root_owner=0:0" /proc/self/fd/0
'

# Read-only and packed. What is a device there is not needed: the guest has its own /dev.
debian_squashfs() {
	progress 90 "packing the file system"
	mksquashfs - "$part" -tar -noappend -no-progress -quiet -comp "${compressor:-xz}" -b "${block:-128K}" \
		-mkfs-time "$epoch" -all-time "$epoch" <"$work/root.tar" >"$work/log" 2>&1 ||
		die 1 "mksquashfs failed: $(grep -v '^$' "$work/log" | tail -n 1)"
}

debian_ext4() {
	local used
	progress 90 "making the file system"
	used=$(stat -c %s "$work/root.tar")
	((size_bytes > used + used / 8)) ||
		die 1 "--size $size is too small: the files alone are $((used >> 20)) MB; try --size $(((used >> 20) * 3 / 2))M"
	room_for "$(dirname "$out")" "$used" "make room, or write the image elsewhere"
	room_for "$work" "$used" "TMPDIR names another place"
	truncate -s "$size_bytes" "$part" || die $EX_CANTCREAT "$part cannot be made"
	[ "$mode" != unshare ] || chmod 666 "$part"
	# In the namespace another id works: it must be able to come there.
	[ "$mode" != unshare ] || { chmod 711 "$work"; mkdir -m 777 "$work/in"; chmod 644 "$work/root.tar"; }
	mkdir -p "$work/in"
	export E2FSPROGS_FAKE_TIME=$epoch
	"${as_root[@]}" sh -c "$debian_fill" fill "$work/in/root" "$work/root.tar" "$debian_uuid" <>"$part" >"$work/log" 2>&1 ||
		die 1 "mke2fs failed: $(grep -v '^$' "$work/log" | tail -n 1); a larger --size may help"
	progress 95 "fixing times"
	debian_fix_times
}

# mke2fs copies access and change times, which no one can set, from the files it read.
debian_fix_times() {
	local inode
	debugfs -R 'stats' "$part" 2>/dev/null | sed -n 's/^Inode count: *//p' >"$work/count"
	dumpe2fs "$part" 2>/dev/null >"$work/dump"
	debian_used_inodes >"$work/inodes"
	while read -r inode; do
		printf 'sif <%d> ctime @%d\nsif <%d> atime @%d\nsif <%d> crtime @%d\n' \
			"$inode" "$epoch" "$inode" "$epoch" "$inode" "$epoch"
		printf 'sif <%d> ctime_extra 0\nsif <%d> atime_extra 0\nsif <%d> crtime_extra 0\n' "$inode" "$inode" "$inode"
	done <"$work/inodes" >"$work/commands"
	debugfs -w -f "$work/commands" "$part" >/dev/null 2>"$work/log" || die 1 "debugfs failed: $(tail -n 1 "$work/log")"
}

# Inodes in use, from dumpe2fs' lists of free ones.
debian_used_inodes() {
	awk '/^Inode count:/ { total = $3 }
		/^  Free inodes:/ { sub(/^  Free inodes: */, ""); n = split($0, r, /, */)
			for (i = 1; i <= n; i++) { split(r[i], e, "-"); a = e[1]; b = (e[2] == "") ? a : e[2]
				for (j = a; j <= b && a != ""; j++) free[j] = 1 } }
		END { print 2; for (i = 11; i <= total; i++) if (!(i in free)) print i }' "$work/dump"
}

debian_build() {
	debian_check
	debian_choose_mode
	debian_overlay
	debian_bootstrap
	"debian_$format"
}
