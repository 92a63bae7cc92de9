# strace -c: how often each call was made.
d=$(mktemp -d) && here=$PWD && cd "$d" || exit 1
for mode in count signal fork; do
	strace -c -f -o counts "$here/debuggee" $mode
	awk '$NF ~ /^[a-z_0-9]+$/ && $4 ~ /^[0-9]+$/ { print $NF, $4 }' counts | sort
done
strace -c -f -S name -U name,calls,errors sh -c 'for i in 1 2 3 4 5 6 7 8 9 10; do true | cat; done; cat /nowhere' 2>&1 |
	grep -E '^(execve|clone|vfork|wait4|exit_group|pipe2?|dup2) ' |
	# A fork that a signal comes to is begun again (ERESTARTNOINTR): whether one does is chance.
	awk '$1 ~ /^(clone|vfork)$/ && NF == 3 { $2 -= $3; $3 = "" } 1'
