# Runtimes that compile as they go, or make their own system calls, signals and threads; each runs
# a program of runtimes/, and must print the same. Those that are not installed are left out.
# shellcheck shell=bash
how=text

# have CASE PROGRAM... : the case is wanted and all of these are installed
have() {
	local c=$1 p
	shift
	wanted "$c" || return 1
	for p in "$@"; do
		command -v "$p" >/dev/null || { echo "suites: ${c#+} is left out: there is no $p" >&2; return 1; }
	done
}

runtimes() {
	local from=tests/suites/runtimes to=$dir/ks java paths=()
	cp $from/work.* "$to/"
	if have +luajit luajit; then
		echo "luajit 60 luajit work.lua"
		paths+=(luajit /usr/share/luajit-2.1.0-beta3)
	fi >>"$to/cases"
	if have +perl perl; then
		echo "perl 60 perl work.pl"
		paths+=(perl /usr/lib/x86_64-linux-gnu/{perl-base,perl/5.36} /usr/share/perl/5.36)
	fi >>"$to/cases"
	if have +python python3; then
		echo "python 60 python3 work.py"
		paths+=(python3 /usr/lib/python3.11)
	fi >>"$to/cases"
	if have go go; then
		CGO_ENABLED=0 GOCACHE=$work/gocache go build -o "$to/work-go" $from/work.go
		echo "go 60 ./work-go"
		echo "go-one-thread 60 GOMAXPROCS=1 ./work-go"
		echo "go-threads 60 GOMAXPROCS=8 GODEBUG=gcstoptheworld=1 ./work-go"
	fi >>"$to/cases"
	if have node node; then
		echo "node 60 node work.js"
		echo "node-eager 60 node --always-turbofan work.js"
		paths+=(node)
	fi >>"$to/cases"
	if have java java javac; then
		javac -d "$to" $from/Work.java
		java=$(dirname "$(dirname "$(realpath "$(command -v java)")")")
		for o in UseSerialGC UseParallelGC UseG1GC UseShenandoahGC; do echo "java-$o 120 java -XX:+$o Work"; done
		echo "java-Xint 120 java -Xint Work"
		echo "java-Xcomp 300 java -Xcomp -XX:TieredStopAtLevel=1 Work"
		paths+=(java "$java" "/etc/java-17-openjdk")
	fi >>"$to/cases"
	[ -s "$to/cases" ] || skip "there is none of the runtimes"
	in_image runtimes "${paths[@]}"
}
