# Parent and child of a fork, both held: one goes on while the other waits.
set detach-on-fork off
tbreak await
run fork
break add_to
inferior 2
continue
backtrace 1
continue
inferior 1
continue
