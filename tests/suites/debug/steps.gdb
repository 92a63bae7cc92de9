# Every instruction of a signal to itself: calls, the handler and the way back.
break signal_self
run signal

python
import gdb

steps = 0
names = []
while gdb.selected_inferior().pid and steps < 20000:
    gdb.execute("stepi")
    steps += 1
    name = gdb.newest_frame().name()
    if not names or names[-1] != name:
        names.append(name)
    if name == "printf" or name == "puts":
        break
print("RESULT", steps, "steps through", *names)
end
delete
echo RESULT caught
output caught
echo \n
continue
