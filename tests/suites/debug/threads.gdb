# Threads that run into a breakpoint two thousand times, and each looked at.
break add_to
ignore 1 1499
run threads
print counter
info breakpoints
delete
python
import gdb
stacks = set()
for t in gdb.selected_inferior().threads():
    t.switch()
    f = gdb.newest_frame()
    names = []
    while f:
        names.append(f.name())
        f = f.older()
    stacks.add("main" if "main" in names else "thread" if "thread" in names else str(names))
print("stacks:", *sorted(stacks))
end
continue
