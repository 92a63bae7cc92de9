# Breakpoints, conditions, a watchpoint, steps of lines and of instructions, calls, values.
break add_to if by == 7
run count
backtrace
info locals
print last
print last.square / 2
finish
print add_to(100)
call (void)puts("called")
tbreak add_to
continue
set can-use-hw-watchpoints 0
watch counter
continue
continue
delete 3
info breakpoints
next
step
step
up
print i
set var i = 8
delete
stepi
nexti
stepi
x/i $pc
print $eflags
set var $xmm0.v2_double[0] = 2.5
print $xmm0.v2_double[0]
print $_siginfo.si_signo
continue
