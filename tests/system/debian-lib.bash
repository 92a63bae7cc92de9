# Boots a Debian image in our guest and looks at it; sourced by debian-*.sh.
# shellcheck shell=bash
. tests/system/lib-found.sh

fail() { echo "$*"; exit 1; }

# debian_image RECIPE: sets img, or skips where there is neither image nor network.
debian_image() {
	local rc=0
	img=$(scripts/debian-image "$1") || rc=$?
	if [ "$rc" -eq 77 ]; then echo "no image, and the package mirror cannot be reached"; exit 77; fi
	[ "$rc" -eq 0 ] || fail "scripts/debian-image $1: status $rc"
}

# debian_boot CHECKS: boots $img with a COW disk, logs in, runs the checks (each a shell
# command that must succeed in the guest), shuts down, looks at the file system.
debian_boot() {
	local rc=0
	cat >"$t/boot" <<'END'
set timeout 90
source tests/system/expect.tcl
set start [clock milliseconds]
spawn -noecho build/bin/linux mem=128M uml_dir=$env(t)/uml ubd0=$env(t)/cow,$env(img) root=/dev/ubd0
want {login: }
puts "\nlogin prompt after [expr [clock milliseconds] - $start] ms"
send "root\r"
want {:~# }
send "stty -echo; PS1=; bind 'set enable-bracketed-paste off'\r"
foreach check [split $env(checks) "\n"] {
	if {$check == ""} continue
	send "if $check; then echo check-'ok'; else echo check-'bad'; fi\r"
	expect {
		check-ok {}
		check-bad { puts "\nin the guest: failed: $check"; exit 1 }
		timeout { puts "\nin the guest: no answer: $check"; exit 1 }
		eof { puts "\nended at: $check"; exit 1 }
	}
}
send "shutdown -h now\r"
want_end shutdown
END
	export t img checks=$1
	expect "$t/boot" >"$t/out" 2>&1 || rc=$?
	[ "$rc" -eq 0 ] || fail "status $rc: $(cat "$t/out")"
	grep -a 'login prompt after' "$t/out"
	build/bin/uml_moo "$t/cow" "$t/merged" >"$t/moo" 2>&1 || fail "uml_moo: $(cat "$t/moo")"
	dumpe2fs -h "$t/merged" 2>/dev/null | found '^Filesystem state: *clean$' || fail "the file system was not left clean"
	if dumpe2fs -h "$t/merged" 2>/dev/null | found needs_recovery; then fail "the journal was left to be replayed"; fi
	fsck.ext4 -fn "$t/merged" >"$t/fsck" 2>&1 || fail "fsck: $(cat "$t/fsck")"
}
