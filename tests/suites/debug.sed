s/0x[0-9a-f]{4,}/0xN/g
s/([Pp]rocess|LWP|pid=|child process|from process|after fork|New LWP|inferior [12] \[process) ?[0-9]+/\1 N/g
s/Thread [0-9]+ "debuggee"/Thread N "debuggee"/
/^\[(New Thread|Switching to Thread|New LWP)/d
/^warning: (target file|Memory read failed)/d
s/(clone|clone3|fork|wait4|set_tid_address|getpid|gettid|getpgrp)\((.*)\) += [0-9]+/\1(\2) = N/
s/(wait4|tgkill|kill)\([0-9]+(, [0-9]+)?/\1(N\2/
s/tgkill\(N, [0-9]+/tgkill(N, N/
s/si_(pid|utime|stime)= ?[0-9N]+/si_\1=N/g
s/^\[pid +[0-9]+\]/[pid N]/
s/\[[0-9]+\]( \(|, )/[N]\1/g
s/ {2,}/ /g
# Of some CPUs gdb says more.
s,([Ss]ection `\.reg-[a-z]+/)[0-9]+',\1PID',g
# Steps of one instruction enter the handler before it has stored its argument: what is there is luck.
s,^on_signal \(sig=[0-9]+\) at,on_signal (sig=N) at,
