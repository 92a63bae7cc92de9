# System calls, signals and forks that are caught.
catch syscall write
catch syscall exit_group
catch signal SIGUSR1
run signal
backtrace 3
print $_siginfo.si_signo
continue
print $rdi
print $rdx
continue
print $rax
continue
print $rdi
info breakpoints
continue
delete
catch fork
run fork
continue
