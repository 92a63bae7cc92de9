#!/bin/bash
# timeout: 120
# A stock kernel whose programs do not run (on a CPU whose FPU it has no room for) is found out before it is
# measured; the figures of the others stand without it.
. tests/system/lib.sh

expect_status 0 scripts/stock-runs "$LINUX"
printf '#!/bin/sh\necho "Kernel panic - not syncing: Attempted to kill init!"\nkill -ABRT $$\n' >"$T/panics"
chmod 755 "$T/panics"
expect_status 1 scripts/stock-runs "$T/panics"
expect_text '^Kernel panic - not syncing: Attempted to kill init!'
expect_status 66 scripts/stock-runs "$T/none"
expect_status 64 scripts/stock-runs
echo "ok: whether a stock kernel runs here"

STOCK=$T/panics BENCH_GUESTS=1 SECONDS_IDLE=1 timeout 60 scripts/bench idle >"$T/out" 2>&1 || fail "scripts/bench idle: status $?"
expect_text 'bench: the stock kernel does not run on this host'
expect_text '^memory of an idle guest.* MB +- +- +- +[0-9]'
echo "ok: a benchmark without it"
