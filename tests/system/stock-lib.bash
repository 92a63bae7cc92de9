# Guests of stock User Mode Linux (Debian's user-mode-linux); sourced after lib.sh.
#
#   stock_boot NUMBER ARGS...   boots linux.uml with ARGS, its console in $T/consoleNUMBER, until its init says
#                               STOCK_IN_INIT; the process is $stock_pid; $T/cowNUMBER is made anew
#
# Stock's kernel panicked in mount_root once in CI, before anything of ours was asked. Such a boot tells nothing
# of what is tested here: it is reported and made once more, twice at most. It has room for 2696 bytes of the
# FPU's state, and CPUs with AMX have more: there no program of its runs, and the test is skipped.
# shellcheck shell=bash
STOCK_IN_INIT='init of a stock guest'
stock_pid=

stock_boot() {
	local console=$T/console$1 cow=$T/cow$1 try
	shift
	for try in 1 2 3; do
		rm -f "$cow"
		: >"$console" # what the one before said is not this one's
		timeout -k 5 150 linux.uml "$@" uml_dir="$UML" root=/dev/ubda rw init=/init con=null con0=null,fd:1 ssl=null \
			</dev/null >"$console" 2>&1 &
		stock_pid=$!
		cleanup_hooks+=("kill $stock_pid 2>/dev/null")
		wait_for 60 stock_decided "$console"
		grep -aq "$STOCK_IN_INIT" "$console" && return
		grep -aq 'Kernel panic' "$console" || break
		! grep -aq 'ptrace set fp regs failed' "$console" || { echo "stock User Mode Linux cannot run on this CPU"; exit 77; }
		kill $stock_pid 2>/dev/null
		wait $stock_pid
		echo "stock's kernel panicked before its init (try $try):"
		grep -avE '^ ?\[<' "$console" | tail -n 25
	done
	tail -n 25 "$console"
	fail "a guest of stock User Mode Linux does not boot"
}

# stock_decided CONSOLE: init runs, or never will
stock_decided() {
	grep -aqE "$STOCK_IN_INIT|Kernel panic" "$1" || ! kill -0 "$stock_pid" 2>/dev/null
}
