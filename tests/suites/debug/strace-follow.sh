# Calls of a process and its children, each in a file of its own; a filter in the kernel; threads.
show() { # what a program called, children in their order; when their end is told is chance
	for f in $(ls t.* | sort -t. -k2n); do
		echo "-- one process"
		sed '/^--- SIGCHLD/d' "$f"
	done
	rm -f t.*
}
d=$(mktemp -d) && here=$PWD && cd "$d" || exit 1
strace -ff -o t -e 'trace=!getrandom,brk,mmap,munmap,mprotect,pread64,prlimit64' "$here/debuggee" fork
show
strace -ff --seccomp-bpf -o t -e trace=%process,write,pipe2,dup2 sh -c 'echo one | cat; (exit 3); true'
show
strace -ff -o t -e trace=exit,exit_group,set_robust_list,rseq,execve "$here/debuggee" threads
cat t.* | sort
rm -f t.*
strace -f -e trace=none -e signal=all "$here/debuggee" signal 2>&1
strace -o t.1 "$here/debuggee" crash
tail -n 2 t.1
