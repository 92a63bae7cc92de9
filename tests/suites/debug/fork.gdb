# The child's side of a fork, then both.
set follow-fork-mode child
break add_to
run fork >/dev/null
print by
backtrace 1
continue
