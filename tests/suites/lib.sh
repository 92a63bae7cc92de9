# Shared by scripts/suites and the suites of this folder: what is chosen, the two sides, comparison.
#
#   top, ours, work, mem, dir   repository, program under test, output, the guest's memory, scratch
#   skip TEXT                   ends a suite that cannot be had here
#   chosen SUITE                lines of its list that are wanted
#   in_tiny, in_image, in_debian SUITE   run the cases of $dir/ks/cases on both sides: in a guest of
#                               busybox, of programs of the host, in a Debian root
#   compare SUITE cases|text    what passes on the host passes in the guest; or: prints the same
# shellcheck shell=bash

skip() {
	echo "$*" | tee "$dir/skipped"
	exit 77
}

# Lines of a list that are wanted: NAME [SECONDS]
chosen() { # LIST
	local name rest
	grep -vE '^(#|$)' "tests/suites/$1.list" | while read -r name rest; do
		if wanted "$name"; then echo "${name#+} $rest"; fi
	done
}

wanted() { # NAME, with a + before it in the quick part
	[ -z "${QUICK:-}" ] || [[ $1 == +* ]] || return 1
	# shellcheck disable=SC2053
	[[ ${1#+} == ${ONLY:-*} ]]
}

# A source package of Debian, unpacked as $work/NAME; asks apt with lists of its own, so that
# nothing of the machine's set-up changes and no rights are needed. Skips where there is none.
deb_source() { # PACKAGE
	local lists=$work/apt options
	[ ! -d "$work/$1" ] || return 0
	mkdir -p "$lists/partial" "$work/$1.new"
	echo 'deb-src http://deb.debian.org/debian bookworm main' >"$work/sources.list"
	options=(-qq -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$lists"
		-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=)
	echo "suites: fetching the source of $1" >&2
	(cd "$work/$1.new" && apt-get "${options[@]}" update && apt-get "${options[@]}" source --download-only "$1") \
		>"$work/$1.log" 2>&1 || skip "the source package $1 cannot be had"
	mkdir "$work/$1.new/src"
	tar xf "$work/$1.new/"*.orig.tar.?z -C "$work/$1.new/src" --strip-components=1
	mv "$work/$1.new/src" "$work/$1"
	rm -r "$work/$1.new"
}

# All that a case has of an environment.
clean="PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LC_ALL=C.UTF-8"

# What runs on both sides, in a shell that may be busybox': cases from ./cases, one a line, NAME
# SECONDS COMMAND, as many at a time as ./jobs says; their output between marks, through files,
# since a console is a terminal. The status that counts is the command's.
write_runner() { # DIRECTORY
	[ -f "$1/jobs" ] || echo 1 >"$1/jobs"
	cat >"$1/run" <<'END'
#!/bin/sh
if [ -n "$1" ]; then
	sed -n "$1p" cases | {
		read -r name seconds command
		echo "=== $name"
		timeout -s KILL "$seconds" sh -c "$command" </dev/null 2>&1
		status=$?
		echo
		echo "--- $status"
	} >"out/$1" 2>/dev/null
	# One at a time needs no lock.
	if [ "$(cat jobs)" -eq 1 ]; then cat "out/$1"; else flock cases cat "out/$1"; fi
	exit
fi
rm -rf out && mkdir out
seq "$(wc -l <cases)" | xargs -P "$(cat jobs)" -n 1 ./run
END
	chmod +x "$1/run"
}

# The cases of $dir/ks on the host, under the path that they have in the guest: some tests show
# and measure it. In namespaces of their own with a /tmp of their own, so that what they leave is
# gone and nothing of another run is met.
host_side() { # SUITE [OPTION of unshare...]
	local suite=$1
	shift
	[ "${SIDE:-host}" = host ] || return 0
	[ "$(id -u)" -eq 0 ] || set -- -r "$@"
	echo "suites: $suite on the host" >&2
	unshare -m "$@" sh -c 'cd "$1" && mount -t tmpfs none /tmp && mkdir /tmp/ks && mount -c --bind . /tmp/ks && cd /tmp/ks && ulimit -S -c 0 && exec env -i $2 ./run' - "$dir/ks" "$clean" \
		>"$work/$suite.host" 2>&1 </dev/null || true
}

# The guest's second disk: $dir/ks before the host's side leaves there what no image can hold.
make_disk() {
	mkfs.erofs --quiet --all-root "$dir/ks.img" "$dir/ks" >/dev/null
}

guest_side() { # SUITE ARGUMENT...
	local suite=$1
	shift
	echo "suites: $suite in a guest" >&2
	timeout -k 5 3600 "$ours" uml_dir="$dir/uml" mem="$mem" "$@" 2>&1 </dev/null | sed -u 's,\r,,g' >"$work/$suite.guest" || true
}

in_tiny() { # SUITE
	local f
	mkdir -p "$dir/ks/lib" "$dir/ks/bin"
	write_runner "$dir/ks"
	cp /bin/bash /bin/true "$(type -P flock)" "$dir/ks/bin/" # busybox' true needs its own name
	# The guest has no libraries of its own.
	find "$dir/ks" -type f -perm -100 -exec ldd {} \; 2>/dev/null | sed -nE 's,^[[:space:]]*([^ ]+ => )?(/[^ ]+) .*,\2,p' |
		sort -u | while read -r f; do cp -nL "$f" "$dir/ks/lib/" || true; done
	cp -nL /lib/x86_64-linux-gnu/libgcc_s.so.1 "$dir/ks/lib/" || true # pthread_cancel() opens it
	make_disk
	host_side "$1"
	guest_side "$1" ubd1r="$dir/ks.img" -- -c '
		ulimit -S -c 0; mkdir -p /mnt /lib /lib64 && mount -t erofs /dev/ubdb /mnt && mount -t tmpfs none /tmp &&
		cp -r /mnt /tmp/ks && cp /mnt/lib/* /lib/ && cp /mnt/lib/ld-linux* /lib64/ && cp -f /mnt/bin/* /bin/ &&
		mkdir -p /dev/shm /dev/mqueue /etc && ln -sf /proc/self/mounts /etc/mtab && cd /tmp/ks && ./run'
}

# What a guest does whose root has programs of its own.
write_init() { # DIRECTORY
	cat >"$1/init" <<-'END'
		#!/bin/sh
		PATH=/usr/sbin:/usr/bin:/sbin:/bin
		mount -t proc none /proc; mount -t sysfs none /sys
		mkdir -p /dev/shm /dev/pts; mount -t tmpfs none /dev/shm; mount -t devpts none /dev/pts; mount -t tmpfs none /tmp
		ip link set lo up
		ln -s /proc/self/fd /dev/fd; for n in 0:in 1:out 2:err; do ln -s "/proc/self/fd/${n%:*}" "/dev/std${n#*:}"; done
		cp -r /mnt /tmp/ks; cd /tmp/ks; ulimit -S -c 0
		env -i $(cat clean) ./run
		echo o >/proc/sysrq-trigger; sleep 60
	END
	chmod +x "$1/init"
	echo "$clean" >"$1/clean"
}

# One word: the guest kernel's command line is split at spaces.
to_init="mount\${IFS}-terofs\${IFS}/dev/ubdb\${IFS}/mnt&&exec\${IFS}/mnt/init"

# in_image SUITE PATH...: in a guest whose root are these files of the host
in_image() {
	local suite=$1
	image_paths=("${@:2}")
	shift
	write_runner "$dir/ks"
	write_init "$dir/ks"
	scripts/host-image "$dir/root.img" sh mount mkdir mktemp cp cat ls rm mv sed grep seq wc xargs flock timeout sleep true echo env ip \
		/etc/{ld.so.cache,passwd,group,hosts,nsswitch.conf} /lib/x86_64-linux-gnu/{gconv,libnss_files.so.2} /usr/lib/locale/C.utf8 "$@"
	make_disk
	host_side "$suite" -p -f -i --mount-proc
	guest_side "$suite" ubd0r="$dir/root.img" ubd1r="$dir/ks.img" root=/dev/ubd0 ro init=/bin/sh -- -c "$to_init"
}

# in_debian SUITE PACKAGES: in a Debian root, on the host by chroot
in_debian() {
	local suite=$1 packages=$2 img=$work/root.img stamp
	[ "$(id -u)" -eq 0 ] || skip "the host's side of $suite needs root (chroot)"
	stamp=$(cat rootfs/uml_mkroot | sha256sum)$packages
	if [ ! -f "$img" ] || [ "$(cat "$img.stamp" 2>/dev/null)" != "$stamp" ]; then
		rootfs/uml_mkroot debian --size 3G --include "$packages" \
			--cache build/cache/debs "$img" >&2 || skip "the Debian root cannot be made"
		echo "$stamp" >"$img.stamp"
	fi
	write_runner "$dir/ks"
	write_init "$dir/ks"
	make_disk
	[ "${SIDE:-host}" = guest ] || chroot_side "$suite" "$img"
	rm -f "$dir/cow"
	guest_side "$suite" ubd0="$dir/cow,$img" ubd1r="$dir/ks.img" root=/dev/ubd0 rw init=/bin/sh -- -c "$to_init"
}

# The host's side in a Debian root, all of whose changes are thrown away.
chroot_side() { # SUITE IMAGE
	local suite=$1 upper=$dir/upper root=$dir/root
	echo "suites: $suite on the host" >&2
	mkdir -p "$dir/lower" "$upper" "$root"
	mount -o loop,ro,noload "$2" "$dir/lower"
	mount -t tmpfs none "$upper"
	mkdir -p "$upper/u" "$upper/w"
	mount -t overlay -o "lowerdir=$dir/lower,upperdir=$upper/u,workdir=$upper/w" none "$root"
	mount -t proc none "$root/proc"
	mount --bind /dev "$root/dev"
	cp -r "$dir/ks" "$root/tmp/ks"
	# shellcheck disable=SC2086
	env -i $clean unshare -m chroot "$root" sh -c 'cd /tmp/ks; ulimit -S -c 0; ./run' >"$work/$suite.host" 2>&1 </dev/null || true
	umount "$root/proc" "$root/dev" "$root" "$dir/lower" "$upper"
}

# --- comparison ----------------------------------------------------------------------

# results FILE: "case<TAB>pass|fail|skip", for each program and for each part of it that it speaks
# of. A name that comes again in a program gets a number, lest one result hides another.
results() {
	awk '
	# Of a part t of the program: what differs from run to run is left out of its name.
	function say(t, r) {
		sub(/: line:[0-9]+$/, "", t)
		gsub(/0x[0-9a-f]+/, "0x", t)
		sub(/execveat\([0-9]+/, "execveat(N", t)
		sub(/with [0-9]+MB/, "with NMB", t)
		gsub(/\t/, " ", t)
		t = prog ": " t
		if (++times[t] > 1) t = t " (" times[t] ")"
		print t "\t" r
	}
	/^=== / { prog = $2; run = warned = ""; idle = 0; next }
	# stress-ng of Debian 12 ends with 0 where it did nothing.
	/^stress-ng: .*No stress workers invoked/ { idle = 1 }
	/^--- [0-9]+$/ {
		print prog "\t" (idle || $2 == 4 || $2 == 3 || $2 == 77 ? "skip" : $2 == 0 ? "pass" : "fail")
		prog = ""
		next
	}
	prog == "" { next }
	# TAP
	/^(not )?ok [0-9]+/ {
		r = /^not/ ? "fail" : /# SKIP/ ? "skip" : "pass"
		t = $0; sub(/^(not )?ok [0-9]+ *(- *)?/, "", t)
		if (t ~ /^# /) sub(/^# (SKIP )?/, "", t)
		else sub(/ *# .*/, "", t)
		say(t, r)
		next
	}
	# x86: "[RUN] what", then one or several "[OK] what came of it", which may differ by a register
	/^\[(RUN|OK|FAIL|SKIP)\]/ {
		t = $0; sub(/^[^]]*\][ \t]*/, "", t)
		if (/^\[RUN/) run = t
		else say(run != "" ? run : t, /^\[OK/ ? "pass" : /^\[SKIP/ ? "skip" : "fail")
		next
	}
	# uffd-unit-tests
	/^Testing .*\.\.\. (done|failed|skipped)/ {
		r = /\.\.\. done/ ? "pass" : /\.\.\. skipped/ ? "skip" : "fail"
		t = $0; sub(/^Testing /, "", t); sub(/\.\.\. .*/, "", t)
		say(t, r)
		next
	}
	# Python: "test_x (test.y.Z.test_x) ... ok", maybe with warnings before the ok, of a slow task say
	/^test_[^ ]+ \([^ ]+\) \.\.\. / && !/ \.\.\. (ok|FAIL|ERROR|skipped)/ {
		warned = $0; sub(/ \.\.\. .*/, "", warned)
		next
	}
	warned != "" && /^(ok|FAIL|ERROR|skipped)/ {
		say(warned, /^ok/ ? "pass" : /^skipped/ ? "skip" : "fail")
		warned = ""
		next
	}
	/ \.\.\. (ok|FAIL|ERROR|skipped)/ {
		r = / \.\.\. ok/ ? "pass" : / \.\.\. skipped/ ? "skip" : "fail"
		t = $0; sub(/ \.\.\. .*/, "", t)
		say(t, r)
	}' "$1" | sort
}

# texts FILE: "case<TAB>pass", for each case that ended, with a number for its output; what differs
# from run to run is taken out by tests/suites/SUITE.sed. The output goes to FILE.d/CASE.
texts() { # SUITE SIDE
	local out=$dir/$2.d f
	rm -rf "$out"
	mkdir "$out"
	sed -E -f "tests/suites/$1.sed" "$work/$1.$2" | awk -v out="$out" '
		/^=== / { f = out "/" $2; next }
		f { print >f }
		/^--- [0-9]+$/ { close(f); f = "" }'
	for f in "$out"/*; do
		[ -f "$f" ] && printf '%s\t%s\n' "${f##*/}" "$(sha256sum <"$f" | cut -c1-12)"
	done
}

declare -A needed=() # entries of `explained` that explained something
is_explained() { # SUITE CASE
	local suite pattern reason
	while IFS='|' read -r suite pattern reason; do
		pattern=${pattern# } pattern=${pattern% }
		# shellcheck disable=SC2053
		[[ ${suite% } == "$1" && -n $reason && $2 == $pattern ]] || continue
		needed["$1 | $pattern"]=1
		return 0
	done < <(grep -v '^#' tests/suites/explained)
	return 1
}

# Entries of `explained` that nothing needed, of a suite that ran whole. Only said: some depend on
# the host or on luck.
say_idle() { # SUITE
	local suite pattern
	[ -z "${ONLY:-}${QUICK:-}" ] || return 0
	while IFS='|' read -r suite pattern _; do
		pattern=${pattern# } pattern=${pattern% }
		[ "${suite% }" != "$1" ] || [ -n "${needed["$1 | $pattern"]:-}" ] ||
			echo "$1: explained, but did not differ: $pattern"
	done < <(grep -v '^#' tests/suites/explained)
}

# Cases that ran beside others and differ run once more, alone: what differed by being late is
# told apart from what differs. The cases are those of $dir/bad.
alone() { # SUITE
	local jobs
	jobs=$(cat "$dir/ks/jobs" 2>/dev/null || echo 1)
	[ "$jobs" -gt 1 ] && [ -s "$dir/bad" ] && [ -n "${image_paths[*]:-}" ] || return 1
	echo "suites: $(wc -l <"$dir/bad") cases of $1 once more, one at a time" >&2
	awk 'NR == FNR { bad[$1]; next } $1 in bad' "$dir/bad" "$dir/ks/cases" >"$dir/cases"
	mv "$dir/cases" "$dir/ks/cases"
	echo 1 >"$dir/ks/jobs"
	in_image "$1-alone" "${image_paths[@]}"
	compare "$1-alone" cases
}

# Says what differs and is not explained. 0: nothing
compare() { # SUITE cases|text
	local suite=$1 how=$2 same known=0 bad=0 c other of=
	case $how in
	cases)
		results "$work/$suite.host" >"$dir/h"
		results "$work/$suite.guest" >"$dir/g"
		;;
	text)
		texts "$suite" host >"$dir/h"
		texts "$suite" guest >"$dir/g"
		;;
	esac
	: >"$dir/bad"
	same=$(awk -F '\t' -v text="$([ "$how" = cases ] || echo 1)" -v differ="$dir/differ" '
		BEGIN { printf "" >differ }
		NR == FNR { guest[$1] = $2; next }
		!text && $2 != "pass" { next }
		guest[$1] == $2 { same++; next }
		{ print $1 "\t" guest[$1] >differ }
		END { print same + 0 }' "$dir/g" "$dir/h")
	while IFS=$'\t' read -r c other; do
		if is_explained "${suite%-alone}" "$c"; then
			known=$((known + 1))
			continue
		fi
		bad=$((bad + 1))
		echo "$c" >>"$dir/bad"
		if [ "$how" = text ] && [ -n "$other" ]; then
			echo "$suite: $c: prints, in the guest (>):"
			diff "$dir/host.d/$c" "$dir/guest.d/$c" | head -n 40 | cut -c 1-160 || true
		else
			case $other in
			fail) other="fails in the guest" ;;
			skip) other="skipped in the guest" ;;
			*) other="not there in the guest" ;;
			esac
			echo "$suite: $c: passes on the host, $other"
		fi
	done <"$dir/differ"
	[ "${suite%-alone}" != "$suite" ] || say_idle "$suite"
	# What fails on the host is not compared: many of these tell of a broken host.
	[ "$how" = text ] || of=$(awk -F '\t' '{ n[$2]++ }
		END { printf " (%d fail there, %d are skipped)", n["fail"], n["skip"] }' "$dir/h")
	echo "$suite: $(wc -l <"$dir/h") cases on the host$of, $same the same on both sides," \
		"$known differences explained, $bad not"
	[ "$same" -gt 0 ] && [ $bad -eq 0 ]
}
