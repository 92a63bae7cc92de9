# A crash, from inside, and the file that gdb makes of it.
run crash
backtrace
print $_siginfo.si_signo
print $_siginfo._sifields._sigfault.si_addr
print counter
generate-core-file core.gdb
kill
core-file core.gdb
backtrace
print last
info threads
print $_siginfo._sifields._sigfault.si_addr
