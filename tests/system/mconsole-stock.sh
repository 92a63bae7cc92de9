#!/bin/bash
# timeout: 60
# needs: linux.uml mke2fs
# uml_mconsole commands a guest of stock User Mode Linux, too (Debian's user-mode-linux).
. tests/system/lib.sh
. tests/system/stock-lib.bash

MC=$PWD/build/bin/uml_mconsole
mkdir -p "$T/root"/{bin,proc,dev} "$UML"
busybox=$(command -v busybox) || { echo "no busybox"; exit 77; }
cp "$busybox" "$T/root/bin/busybox"
printf '#!/bin/busybox sh\n/bin/busybox echo init of a stock guest\n/bin/busybox sleep 50\n' >"$T/root/init"
chmod +x "$T/root/init"
truncate -s 16M "$T/root.img"
mke2fs -q -t ext4 -d "$T/root" -F "$T/root.img"

stock_boot 1 mem=64M umid=stock ubd0="$T/root.img"
guest=$stock_pid
answers() { timeout 5 "$MC" -d "$UML" -t 2 stock version >"$T/out" 2>&1; }
wait_for 40 answers || { tail -n 5 "$T/console1"; fail "no answer"; }
expect_text '^OK Linux .* x86_64'
expect_status 0 "$MC" -d "$UML"
expect_text "^stock +[0-9]+ .*umid=stock"
expect_status 0 "$MC" -d "$UML" stock proc version
expect_text 'Linux version'
expect_status 1 "$MC" -d "$UML" stock fly
expect_text '^ERR Unknown command'
expect_status 0 "$MC" -d "$UML" stock halt
gone() { ! kill -0 $guest 2>/dev/null; }
wait_for 20 gone || fail "it does not halt"
expect_status 3 "$MC" -d "$UML" stock version
