#!/bin/bash
# Real work, timed: run inside a Debian root (scripts/bench.d/work), on the host by chroot and in
# guests; prints "job<TAB>seconds". All files are made in a tmpfs at /run, so that disks do not
# count. With the argument "init" it is the guest's init.
set -u
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C DEBIAN_FRONTEND=noninteractive
if [ "${1:-}" = init ]; then
	mount -t proc none /proc
	mount -t sysfs none /sys
	mount -t devtmpfs none /dev 2>/dev/null
	mount -o remount,rw / 2>/dev/null
fi
mount -t tmpfs none /run
mkdir -p /run/w && cd /run/w || exit 1

timed() { # NAME COMMAND...
	local name=$1 t0 t1
	shift
	t0=$(date +%s%N)
	"$@" >/run/out 2>&1 || { echo "failed: $name" >&2; tail -n 3 /run/out >&2; return; }
	t1=$(date +%s%N)
	awk -v n="$name" -v d=$((t1 - t0)) 'BEGIN { printf "%s\t%.4f\n", n, d / 1e9 }'
}

source_file() { # N: something for a compiler to chew on
	awk -v n="$1" 'BEGIN {
		print "#include <math.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>"
		for (i = 0; i < 60; i++) {
			printf "static int cmp%d(const void *a, const void *b) { return *(const int *)a %% %d - *(const int *)b %% %d; }\n", i, i + 2, i + 2
			printf "int f%d_%d(int *v, int n, char *s)\n{\n\tint sum = 0;\n\tqsort(v, n, sizeof(*v), cmp%d);\n", n, i, i
			printf "\tfor (int i = 0; i < n; i++)\n\t\tsum += v[i] * %d + (int)strlen(s) + (i %% 3 ? v[n - i - 1] : %d);\n\tsnprintf(s, 32, \"%%d\", sum);\n\treturn sum;\n}\n", i, i
		}
	}' >"f$1.c"
}

shell_loop() { for ((i = 0; i < 200; i++)); do /bin/true; done; }
compile() { gcc -O2 -c f1.c f2.c f3.c; }
project() { make -C proj clean all; }
archive() { tar cf - -C /usr/include . | tar tf - | wc -l; }
search() { find /usr -xdev -type f -name '*.[hc]' -size +1k | wc -l; }
repository() {
	rm -rf repo && mkdir repo && cd repo && git init -q . && cp -r /usr/include/linux . &&
		git -c user.name=n -c user.email=e@e add . && git -c user.name=n -c user.email=e@e commit -qm first && git status --short && cd ..
}
database() {
	rm -f db
	{
		echo 'create table t(a integer primary key, b text, c real);'
		for ((i = 0; i < 100; i++)); do
			echo 'begin;'
			for ((j = 0; j < 50; j++)); do echo "insert into t(b, c) values('row $i $j', $i.$j);"; done
			echo 'commit;'
		done
		echo 'create index i on t(b); select count(*), sum(c) from t where b like "row 5%";'
	} | sqlite3 db
}
package() { apt-get install -y -qq /bench/hello.deb && hello && dpkg -r hello; }

source_file 1
source_file 2
source_file 3
mkdir proj
for n in 4 5 6 7 8 9; do
	source_file $n
	mv f$n.c proj/
done
printf 'int main(void) { return 0; }\n' >proj/main.c
printf 'o = main.o f4.o f5.o f6.o f7.o f8.o f9.o\nall: prog\nprog: $(o)\n\tgcc -o $@ $(o)\n%%.o: %%.c\n\tgcc -O1 -c -o $@ $<\nclean:\n\trm -f prog $(o)\n' >proj/Makefile
# Once before it counts: what comes from a disk is in the cache then.
compile >/dev/null 2>&1
archive >/dev/null 2>&1
git --version >/dev/null
echo 'select 1;' | sqlite3 >/dev/null
for ((round = 0; round < ${ROUNDS:-3}; round++)); do
	timed 'shell loop, 200 x /bin/true' shell_loop
	timed 'gcc -O2 -c, 3 files' compile
	timed 'make of a small C project' project
	timed 'tar of /usr/include' archive
	timed 'find in /usr' search
	timed 'git: init, add, commit' repository
	timed 'sqlite: 5,000 rows in 100 transactions' database
	timed 'apt-get install and dpkg -r' package
done
cd /
umount /run 2>/dev/null
[ "${1:-}" != init ] || { echo o >/proc/sysrq-trigger; sleep 60; }
