# Python's own tests of what it makes of the system; without VSOCK, which where nothing answers never ends.
# shellcheck shell=bash

python() {
	chosen python | while read -r name seconds; do
		echo "$name ${seconds:-120} python3 -m test -v -i '*VSOCK*' $name"
	done >"$dir/ks/cases"
	in_debian python python3,libpython3.11-testsuite
}
