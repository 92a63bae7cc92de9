#!/bin/bash
# timeout: 400
# needs: mksquashfs
# The programs of tests/guest that include check.h give the same answers in a guest as on the host.
#
# Every program runs on the host first, where all its checks must hold; then one guest runs all
# of them from a disk. KNOWN_FAILURES (default tests/guest/known-failures; "" for none) names a list
# of what this engine is known to get wrong. NL_PROGRAMS="sysabi ..." chooses programs, GUEST_ARGS
# are more arguments for the guest, NL_STOCK=FILE boots that stock kernel instead (scripts/oracle), KEEP
# is a directory for all output. A check that is skipped
# ("# SKIP") on the host, or the whole program there, may hold or be skipped in the guest, but must not
# fail; one that is skipped in the guest only is a difference.
. tests/system/lib.sh
known=${KNOWN_FAILURES-tests/guest/known-failures}
limit=20 # seconds for one program in the guest

# Those of tests/guest, and what the Makefile makes of them with other libraries.
all_programs() {
	grep -lE '^#include "(check|site).h"' tests/guest/*.c | xargs -n 1 basename | sed 's/\.c$//'
	find build/guest -name '*-dyn' -o -name '*-musl' | xargs -rn 1 basename | sort
}
# What an engine most depends on the host for, which is another engine one level down (nested-quick.sh).
quick='sysabi sig-basic tls fpu-calls fpu-frames site-text site-change ptrace-step seccomp-filter'
[ -z "${NESTLING_TEST_QUICK:-}" ] || NL_PROGRAMS=${NL_PROGRAMS:-$quick}
read -r -a programs <<<"${NL_PROGRAMS:-$(all_programs | tr '\n' ' ')}"
[ -n "${NL_PROGRAMS:-}" ] || compgen -G 'build/guest/*-musl' >/dev/null ||
	echo "skipped: the programs with musl, which were not built (no musl-gcc)"

# Filters from a program's output: checks without numbers and skipped ones; the skipped ones.
checks() {
	sed -nE 's/^(not ok|ok) [0-9]+ - /\1 - /p' "$1" | grep -v ' # SKIP ' | sort
}
skips() {
	sed -nE 's/^ok [0-9]+ - (.*) # SKIP .*/\1/p' "$1" | sort
}
# Leaves out the checks that the argument, text of several lines, names; of them not those that failed,
# if there is another argument.
without() {
	awk -v list="$1" -v failed="${2:-}" '
		BEGIN { n = split(list, a, "\n"); for (i = 1; i <= n; i++) skip[a[i]] = 1 }
		{ t = $0; sub(/^(not )?ok - /, "", t); if (!(t in skip) || failed && /^not/) print }'
}

# --- on the host ---------------------------------------------------------------

mkdir -p "$T/disk" "$T/host" "$T/guest" "$T/cwd"
for p in "${programs[@]}"; do
	cp "build/guest/$p" "$T/disk/$p" && strip "$T/disk/$p" || fail "build/guest/$p: make guests"
	(cd "$T/cwd" && timeout -k 5 60 "$T/disk/$p" </dev/null >"$T/host/$p.out" 2>&1) || {
		grep -v '^ok' "$T/host/$p.out"
		fail "$p fails on the host"
	}
done

# --- in a guest ------------------------------------------------------------------

mkdir "$T/disk/lib"
cp -L /lib64/ld-linux-x86-64.so.2 "$(gcc -print-file-name=libc.so.6)" "$T/disk/lib/"
cat >"$T/disk/run" <<'END'
cd /tmp
mkdir -p /lib /lib64
cp /mnt/lib/ld-linux-x86-64.so.2 /lib64/
cp /mnt/lib/libc.so.6 /lib/
mkdir -p /dev/shm /dev/mqueue
ulimit -c unlimited
for p in $(cat /mnt/programs); do
	echo "=== $p"
	t=$(cut -d ' ' -f 1 /proc/uptime)
	timeout -s KILL LIMIT /mnt/$p 2>&1 </dev/null
	echo "--- $? from $t to $(cut -d ' ' -f 1 /proc/uptime)"
done
echo "=== end"
END
sed -i "s/LIMIT/$limit/" "$T/disk/run"
echo "${programs[@]}" >"$T/disk/programs"
mksquashfs "$T/disk" "$T/programs.img" -quiet -no-progress -comp lz4 -all-root >/dev/null || fail "mksquashfs"
# The stock kernel takes its init's arguments as words; and its stubs inherit an rseq area that they unmap, for
# which newer hosts kill them.
boot() {
	local run='mkdir -p /mnt && mount -o ro /dev/ubdb /mnt && sh /mnt/run'
	# shellcheck disable=SC2086
	if [ -n "${NL_STOCK:-}" ]; then
		GLIBC_TUNABLES=glibc.pthread.rseq=0 timeout -k 5 350 "$NL_STOCK" uml_dir="$UML/" mem=256M \
			ubd0r=build/rootfs/tiny.img ubd1r="$T/programs.img" root=/dev/ubda con0=fd:0,fd:1 con=null \
			ssl=null quiet ${GUEST_ARGS:-} -- -C "${run// /%20}"
	else
		timeout -k 5 350 "$LINUX" uml_dir="$UML" mem=256M ubd1="$T/programs.img" ${GUEST_ARGS:-} -- -c "$run"
	fi
}
boot </dev/null >"$T/console" 2>&1
status=$?
tr -d '\r' <"$T/console" >"$T/all"
awk -v dir="$T/guest" '/^=== /{ out = dir "/" $2 ".out"; next } out { print > out }' "$T/all"

# --- comparison ------------------------------------------------------------------

keys=no
build/tools/exec-only && keys=yes

# is_known PROGRAM CHECK: lines of the list are `PROGRAM | CHECK | reason`, CHECK a shell pattern
is_known() {
	local program pattern reason name=$1
	name=${name%-dyn}
	name=${name%-musl}
	[ -n "$known" ] || return 1
	while IFS='|' read -r program pattern reason; do
		pattern=${pattern# } program=${program% }
		# shellcheck disable=SC2053
		[[ $program == "$name" && -n $reason && $2 == ${pattern% } ]] || continue
		[[ $reason != *"without protection keys:"* || $keys == no ]] || continue
		met["$program |$pattern"]=1
		return 0
	done <"$known"
	return 1
}

declare -A met=() # entries of the list that were needed
bad=0 expected=0 total=0
for p in "${programs[@]}"; do
	host=$T/host/$p.out guest=$T/guest/$p.out
	if ! grep -q '^--- ' "$guest" 2>/dev/null; then
		echo "$p: the guest did not get to its end"
		touch "$guest"
	fi
	shown= whole=
	if grep -q '^ok 1 - everything # SKIP' "$host"; then
		whole=1
		echo "$p: skipped on the host:$(sed -n 's/.* # SKIP//p' "$host" | head -n 1)"
		grep -q "^--- " "$guest" || bad=$((bad + 1))
	fi
	# What ran on the host and was not looked at in the guest; "everything" is a whole program.
	while IFS= read -r check; do
		if is_known "$p" "$check"; then
			expected=$((expected + 1))
		else
			bad=$((bad + 1))
			echo "$p: skipped in the guest only: $check"
		fi
	done < <([ -n "$whole" ] || comm -13 <(skips "$host") <(skips "$guest"))
	if grep -q '^ok 1 - everything # SKIP' "$guest"; then
		echo "$p: skipped in the guest:$(sed -n 's/.* # SKIP//p' "$guest" | head -n 1)"
		continue
	fi
	skip=$(skips "$host"; skips "$guest")
	checks "$host" | without "$skip" >"$T/a"
	checks "$guest" | without "$skip" failed >"$T/b"
	# A program that is skipped whole tells no names.
	[ -z "$whole" ] || { : >"$T/a"; grep '^not' "$T/b" >"$T/failed"; mv "$T/failed" "$T/b"; }
	total=$((total + $(wc -l <"$T/a")))
	while IFS= read -r check; do
		if is_known "$p" "${check#ok - }"; then
			expected=$((expected + 1))
		else
			bad=$((bad + 1)) shown=1
			echo "$p: not so in the guest: ${check#ok - }"
		fi
	done < <(comm -23 "$T/a" "$T/b")
	# Failures of checks that the host does not have at all.
	while IFS= read -r check; do
		is_known "$p" "${check#not ok - }" || {
			bad=$((bad + 1)) shown=1
			echo "$p: only in the guest: $check"
		}
	done < <(comm -13 <(sed -E 's/^(not )?ok - //' "$T/a" | sort) <(sed -E 's/^(not )?ok - //' "$T/b" | sort))
	[ -z "$shown" ] || grep -A 1 '^not' "$guest" | sed "s/^/    $p| /" | head -n 60
	awk -v p="$p" '/^--- /{ if ($6 - $4 > 3) print p ": took " $6 - $4 " s in the guest" }
		/^# .*: took [0-9]* ms/{ print p ": " substr($0, 3) }' "$guest"
done
[ -z "${KEEP:-}" ] || cp -r "$T/host" "$T/guest" "$T/console" "$KEEP"
# Only said: some failures depend on the host or on luck.
if [ -n "$known" ]; then
	while IFS='|' read -r program pattern reason; do
		[[ $reason != *"without protection keys:"* || $keys == no ]] || continue
		[[ $program != \#* && " ${programs[*]} " == *" ${program% } "* ]] || continue
		[ -n "${met["${program% } |${pattern# }"]:-}" ] || echo "known failure that did not occur: $program|$pattern"
	done <"$known"
fi
echo "${#programs[@]} programs, $total checks, $expected known failures, $bad differences"
[ $status -eq 0 ] && grep -q '^=== end' "$T/all" || {
	tail -n 20 "$T/all"
	fail "the guest ended early, with status $status"
}
[ $bad -eq 0 ] || fail "the guest differs from the host"
