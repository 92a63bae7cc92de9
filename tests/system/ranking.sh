#!/bin/bash
# timeout: 120
# needs: linux uml_rig
# scripts/ranking: the same work in a guest gives the CPU's results to the bit; who is there has figures,
# who is not is named with what to install.
. tests/system/lib.sh

expect_status 0 scripts/ranking --quick
expect_text '^this host  .*  1\.00 '
expect_text '^Nestling  .* exact, 1000 of 1000  *[0-9]+\.[0-9]+  *1, [0-9.]+ MB, Linux in it  *1: x86_64$'
for name in 'QEMU \(TCG\)=qemu-system-x86_64' Bochs=bochs-bin Hercules=hercules; do
	if command -v "${name#*=}" >/dev/null; then
		expect_text "^${name%=*}  .* 0?\.?[0-9]+.* MB "
	else
		expect_text "^${name%=*}  *not installed: apt install "
	fi
done
expect_text '^speed  *rounds of that integer work a second'
expect_status 64 scripts/ranking --fast
