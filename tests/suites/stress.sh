# Each stressor of stress-ng for a moment, with its checks.
# shellcheck shell=bash

stress() {
	command -v stress-ng >/dev/null || skip "stress needs the package stress-ng"
	local name seconds before there nobody="bin/setpriv --reuid 65534 --regid 65534 --clear-groups"
	[ "$(id -u)" -eq 0 ] || nobody="bin/unshare -U" # there is no other user in the host's side then
	there=" $(stress-ng --stressors) "
	mkdir -p "$dir/ks/bin"
	cp "$(type -P stress-ng)" "$(type -P setpriv)" "$(type -P unshare)" "$dir/ks/bin/"
	while read -r name seconds; do
		[[ $there == *" $name "* ]] || wrong+=("stress-ng has no stressor '$name'")
		case $name in
		exec | spawn) before=$nobody ;; # they refuse to run as root
		rseq) before="GLIBC_TUNABLES=glibc.pthread.rseq=0" ;; # glibc would have it already
		*) before= ;;
		esac
		echo "$name 60 mkdir -p /tmp/ks/t && chmod 1777 /tmp/ks/t && LD_LIBRARY_PATH=/tmp/ks/lib $before" \
			"bin/stress-ng --verify --temp-path /tmp/ks/t -t ${seconds:-2} --$name 1"
	done < <(chosen stress) >"$dir/ks/cases"
	echo "${JOBS:-2}" >"$dir/ks/jobs" # each takes its time, however much gets done in it
	in_tiny stress
}
