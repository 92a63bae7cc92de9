# Calls that strace changes: errors, results, signals and delays of its own; and attaching.
d=$(mktemp -d) && here=$PWD && cd "$d" || exit 1
strace -e trace=write -e inject=write:error=ENOSPC:when=1 sh -c 'echo lost; echo kept' 2>&1
strace -e trace=getppid -e inject=getppid:retval=4242 sh -c 'echo $PPID' 2>&1
strace -e trace=getpid -e inject=getpid:signal=TERM "$here/debuggee" signal 2>&1
echo "status $?"
strace -r -e trace=none -e inject=write:delay_exit=50000 sh -c 'echo late' 2>&1 | grep -c late
strace -e trace=write -e fault=write:error=EPIPE:when=2+2 sh -c 'for i in 1 2 3 4; do echo $i; done' 2>&1
: >out
"$here/debuggee" wait >out &
pid=$!
until grep -qs waiting out; do sleep 0.05; done
timeout -s INT 1 strace -o t -p $pid
head -n 3 t | sed 's/resuming interrupted.*/resumed/'
kill $pid
wait $pid 2>/dev/null
echo "ended with $?"
