# A watchpoint as gdb sets it unasked: in debug registers.
break count
run count
watch counter
continue
continue
delete
continue
