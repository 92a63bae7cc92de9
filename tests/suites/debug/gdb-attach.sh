# gdb comes to a process that runs already, lets it go, and makes a core file of another.
d=$(mktemp -d) && here=$PWD && cd "$d" || exit 1
cat >attach <<END
tbreak wait_here
continue
backtrace
print go_on
set var go_on = 5
detach
END
"$here/debuggee" wait >out &
pid=$!
until grep -qs waiting out; do sleep 0.05; done
eval "$GDB -p $pid -x attach" 2>&1 | sed -n '/^Temporary breakpoint 1 at/,$p'
wait $pid
echo "ended with $?"
cat out
ulimit -c unlimited
"$here/debuggee" crash
echo "ended with $?"
eval "$GDB -ex backtrace -ex 'print last' -ex 'info registers eflags' -ex 'print \$_siginfo._sifields._sigfault.si_addr' $here/debuggee core*" 2>&1
