# Each stressor of stress-ng for a moment, with its checks.
# shellcheck shell=bash

stress() {
	command -v stress-ng >/dev/null || skip "stress needs the package stress-ng"
	mkdir -p "$dir/ks/bin"
	cp "$(command -v stress-ng)" "$dir/ks/bin/"
	chosen stress | while read -r name seconds; do
		echo "$name 60 mkdir -p /tmp/ks/t && LD_LIBRARY_PATH=/tmp/ks/lib bin/stress-ng --verify --temp-path /tmp/ks/t -t ${seconds:-2} --$name 1"
	done >"$dir/ks/cases"
	echo "${JOBS:-2}" >"$dir/ks/jobs" # each takes its time, however much gets done in it
	in_tiny stress
}
