# gdb and strace at work on a program of ours (debug/debuggee.c): what they print must be the same.
# shellcheck shell=bash
how=text

debug() {
	local f name at=/tmp/ks gdb
	for f in gdb strace; do command -v $f >/dev/null || skip "debug needs the package $f"; done
	cp tests/suites/debug/* "$dir/ks/"
	(cd "$dir/ks" && gcc -g -O0 -pthread -fdebug-prefix-map="$dir/ks=$at" -o debuggee debuggee.c)
	# All symbols looked up at the start, and no symbols that only the host has.
	gdb="LD_BIND_NOW=1 gdb -nx -q -batch -iex 'set debug-file-directory /none' -iex 'set debuginfod enabled off'"
	gdb+=" -ex 'set width 0' -ex 'set print thread-events off'"
	{
		for f in tests/suites/debug/*.gdb; do
			name=$(basename "$f" .gdb)
			echo "+gdb-$name 60 $gdb -x $name.gdb $at/debuggee"
		done
		for f in tests/suites/debug/*.sh; do
			name=$(basename "$f" .sh)
			echo "+$name 60 GDB=\"$gdb\" sh $name.sh"
		done
	} | while read -r name f; do if wanted "$name"; then echo "${name#+} $f"; fi; done >"$dir/ks/cases"
	in_image debug gdb strace awk sort tr cut head tail kill pwd /usr/share/gdb /usr/lib/python3.11 /lib/x86_64-linux-gnu/libthread_db.so.1
}
