#!/bin/bash
# timeout: 300
# needs: linux uml_rig taskset
# company: rig-repeat
# The same rig with the same seed gives the same bytes, whoever runs it where, beside what, and how
# often; another seed gives others. RUNS=20 looks longer, KEEP=DIR keeps the runs.
. tests/system/lib.sh

mkdir -p "$T/bin"
cp build/bin/uml_rig build/bin/linux "$T/bin/" # where others may run them
RIG=$T/bin/uml_rig
cp build/guest/netload "$T/netload" || fail "no build/guest/netload"
chmod 755 "$T"
cd "$T" || exit 1
head -c 200000 /dev/zero | tr '\0' x >data

cat >repeat.rig <<'RIG'
rig repeat 1
set seed 7
seed $seed
default node kernel="loglevel=7 printk.time=1"
default link loss=2% jitter=2ms/normal
node alice card=office@10.0.0.1/24 gateway=10.0.0.254 copy=netload:/netload:755 copy=data:/data
node carol card=office@10.0.0.3/24 gateway=10.0.0.254
node dave card=office@10.0.0.4/24 gateway=10.0.0.254
router gw card=office@10.0.0.254/24 card=far@10.1.0.254/24
node bob gateway=10.1.0.254 copy=netload:/netload:755
lan office
lan far
link alice office delay=1ms
link bob@10.1.0.1/24 far delay=20ms rate=10Mbit queue=64KiB
capture all
every 500ms sample carol rtt "ping -c 1 -W 2 10.1.0.1 | tail -n 1 | cut -d/ -f 4"
every 1s sample alice->office
at 0s run bob "nc -l -p 7000 | sha256sum" as=got
at 100ms run bob "/netload tcp-server 7100 & sleep 1000"
at 1s run alice 'nc -w 5 10.1.0.1 7000 </data; echo $?' as=sent
at 1s run dave "head -c 64 /dev/urandom | od -An -tx1; cat /proc/sys/kernel/random/uuid; mktemp -u" as=chance
at 1s run gw "date +%s.%N; cat /proc/uptime; ls -lai --full-time / /etc /proc/self/; cat /proc/stat /proc/meminfo /proc/interrupts /proc/vmstat" as=state
at +0s run carol 'for i in 1 2 3 4 5 6 7 8; do (sleep 0.0$i; echo $i $$ $(date +%N); head -c 100000 /dev/urandom | md5sum; seq 1 20000 | sort -r | md5sum) & done; wait' as=parallel
at +0s run dave 'for i in 1 2 3 4 5 6 7 8; do (seq 1 $((i * 5000)) | sort -R | md5sum; echo $i) & done; wait' as=sorts
at 2s crash dave
at 3s on dave
at 4s run dave "head -c 64 /dev/urandom | od -An -tx1; ping -c 5 -i 0.2 10.1.0.1" as=again
at 5s off carol
at 5s off dave
at 5500ms on carol
at 5500ms on dave
at 6s reboot carol
at 6s reboot dave
at 6s reboot bob
at 7s run carol "dmesg; ls -lai /; ps" as=dmesg
at 8s run alice "dmesg | md5sum; cat /proc/stat; ping -c 20 -i 0.1 -s 1200 10.1.0.1" as=end
at 8s run bob "dmesg; date +%s.%N" as=dmesg
at 12s stop
expect alice.sent == 0 by 12s
expect alice.end has "packets transmitted" by 12s
RIG
printf '%s\n' 'rig plain 1' 'node a' 'node b' 'link a@10.0.0.1/24 b@10.0.0.2/24' \
	'at 1s run a "ping -c 3 10.0.0.2"' 'capture all' >plain.rig

# times NAME COMMAND...: its results in NAME.d
times() {
	local name=$1 rc
	shift
	"$@" "$RIG" run -q --to-end -o "$name.d" repeat.rig >"$name.out" 2>&1 </dev/null
	rc=$?
	[ $rc = 0 ] || fail "$name: status $rc: $(cat "$name.out")"
	rm -f "$name.d/wall.json"
}

# same NAME: as the first, to the byte
same() {
	diff -rq first.d "$1.d" >"$T/out" && return
	diff -ra first.d "$1.d" | cut -c 1-160 | head -n 30
	[ -z "${KEEP:-}" ] || cp -r "$T" "$KEEP"
	fail "$1 differs"
}

times first env
grep -q '"deterministic": true' first.d/manifest.json || fail "doubts: $(grep -A 3 doubts first.d/manifest.json)"
[ "$(stat -c %s first.d/capture.pcapng)" -gt 100000 ] || fail "too little happened: $(ls -l first.d)"
grep -q '^passed  alice.sent' first.out || fail "nothing was sent: $(cat first.out)"
times second env
same second
for how in --sequential --parallel; do
	rm -rf second.d
	"$RIG" run -q --to-end "$how" -o second.d repeat.rig >second.out 2>&1 || true
	rm -f second.d/wall.json
	same second
done

hogs=()
for _ in 1 2; do
	while :; do :; done &
	hogs+=($!)
done
cleanup_hooks+=('kill "${hogs[@]}" 2>/dev/null')
times hogs env
same hogs
for ((n = 0; n < ${RUNS:-0}; n++)); do
	rm -rf more.d
	times more env
	same more
done
kill "${hogs[@]}"
wait "${hogs[@]}" 2>/dev/null
times one-cpu taskset -c 0
same one-cpu

# Somebody else, elsewhere, with other words in the environment.
mkdir -p elsewhere/deep
cp repeat.rig netload data elsewhere/deep
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	chmod 777 elsewhere elsewhere/deep
	cd elsewhere/deep || exit 1
	(umask 077 && times other setpriv --reuid=65534 --regid=65534 --clear-groups \
		env -i PATH="$PATH" HOME=/ A="$(seq -s, 1 1000)" TZ=Asia/Tokyo LC_ALL=C) || exit 1
	cd "$T" || exit 1
	cp -r elsewhere/deep/other.d other.d
	same other
fi

times seed env
"$RIG" run -q --to-end -D seed=8 -o other-seed.d repeat.rig >other-seed.out 2>&1
for file in capture.pcapng outputs.txt; do
	if cmp -s "first.d/$file" "other-seed.d/$file"; then fail "another seed gives the same $file"; fi
done
"$RIG" diff first.d one-cpu.d >"$T/out" || fail "diff of equals: $(cat "$T/out")"
"$RIG" diff first.d other-seed.d >"$T/out" && fail "diff sees nothing"
grep -q '^capture.pcapng: frame [1-9]' "$T/out" || fail "diff: $(cat "$T/out")"
