#!/bin/bash
# timeout: 180
# needs: linux uml_rig python3
# company: rig-sweep
# uml_rig sweep with real guests: values, tables, the first run that fails and the command that repeats
# it, the same bytes twice, CPUs, signals, and errors as a user meets them.
. tests/system/lib.sh

RIG=$PWD/build/bin/uml_rig
mkdir "$T/tmp"
export TMPDIR=$T/tmp
cd "$T" || exit 1
pid=
cleanup_hooks+=('[ -z "$pid" ] || kill $pid 2>/dev/null')

cat >wan.rig <<'END'
rig wan 1
set loss 0%
set mem 32M
node a mem=$mem
node b mem=$mem
link a@10.0.0.1/24 b@10.0.0.2/24 delay=5ms loss=$loss
every 1s sample a answers "ping -q -c 4 -i 0.1 -W 1 10.0.0.2 | sed -n 's|.* \\([0-9]*\\) packets received.*|\\1|p'"
every 1s sample a->b
expect a.answers >= 3 always from 1s until 5s title="one of four may be lost"
expect a->b.frames > 10 by 6s
END

# sweep STATUS OPTION...: what it says in $T/out
sweep() {
	expect_status "$1" timeout -k 5 60 "$RIG" sweep -q "${@:2}"
	left_nothing
}

left_nothing() {
	[ -z "$(ls "$T/tmp")" ] || fail "left in TMPDIR: $(ls "$T/tmp")"
}

# refused STATUS PATTERN OPTION...: one line, and nothing has begun
refused() {
	expect_status "$1" "$RIG" sweep -o refused "${@:3}"
	[ "$1" = 1 ] || one_line
	expect_text "$2"
	[ ! -e refused ] || fail "a folder was made"
}

# --- a variable: who fails, and the files ----------------------------------------------------
sweep 1 -o loss --vary loss=0%..60%/30% wan.rig
expect_text '^run  loss  result   *a.answers  *a->b.lost'
expect_text '^  1    0%  passed  *4  *0 '
expect_text '^  3   60%  FAILED '
expect_text '^FAILED  loss=60%: one of four may be lost \(was [012] at '
expect_text '^1 passed, 2 failed; loss/index.html'
expect_text '^the first that failed: loss=30%; the same again:'
expect_text "^  .*/uml_rig run -D loss=30% wan.rig$"
[ "$(ls loss)" = "$(printf '%s\n' 1-loss=0 2-loss=30 3-loss=60 index.html sweep.csv sweep.json verdicts.tap wall.json)" ] ||
	fail "the folder has $(ls loss)"
cat >look.py <<'PY'
import csv, json, re, sys
import xml.etree.ElementTree as E
at, runs, figures = sys.argv[1], int(sys.argv[2]), int((sys.argv + ["3"])[3])
text = open(at + "/index.html", encoding="utf-8").read()
page = E.fromstring(text)
assert not re.search(r"url\(|@import|src=", text), "the page needs something else"
ids = [e.get("id") for e in page.iter() if e.get("id")]
assert len(ids) == len(set(ids))
refs = [e.get("href") for e in page.iter("a")]
for r in refs:
    assert r[1:] in ids if r[0] == "#" else open(at + "/" + r), r
assert len(list(page.iter("figure"))) >= figures
rows = list(csv.DictReader(open(at + "/sweep.csv", newline="")))
made = json.load(open(at + "/sweep.json"))
assert len(rows) == len(made["runs"]) == runs, len(rows)
for row, run in zip(rows, made["runs"]):
    assert None not in row and None not in row.values()
    assert row["folder"] == run["folder"] and row["result"] == run["result"]
    assert int(row["seed"]) == run["seed"]
    if row["result"] in ("passed", "FAILED"):
        assert float(row["a.answers.min"]) <= float(row["a.answers.mean"]) <= float(row["a.answers.max"])
        assert row["the run itself"] == "passed" and float(row["end_s"]) > 1
        last = [r for r in csv.DictReader(open(at + "/" + row["folder"] + "/samples.csv"))
                if r["source"] == "a->b" and r["name"] == "lost"][-1]["value"] if run["kept"] else None
        assert last in (None, row["a->b.lost.last"])
tap = [l for l in open(at + "/verdicts.tap").read().split("\n") if re.match("(not )?ok ", l)]
assert [not l.startswith("not") for l in tap] == [r["result"] == "passed" for r in rows]
wall = json.load(open(at + "/wall.json"))
assert len(wall["runs_took_ns"]) == runs
PY
python3 look.py loss 3 || fail "files of the sweep"
[ "$(grep -c '"result": "FAILED"' loss/sweep.json)" = 2 ] || fail "sweep.json"

# --- seeds: the first that fails, the command that repeats it, twice the same ---------------
# Which ones do depends on the kernel's version: a dozen whose first passes.
for from in 1 13 25 37; do
	seeds=$from..$((from + 11))
	rm -rf one
	"$RIG" sweep -q -o one -D loss=5% --seed $seeds wan.rig >"$T/out" 2>&1 </dev/null
	first=$(sed -n 's|^the first that failed: seed=\([0-9]*\);.*|\1|p' "$T/out")
	[ "${first:-$from}" = $from ] || break
done
replay=$(sed -n 's|^  \(.*/uml_rig run .*\)|\1|p' "$T/out")
[ "${first:-$from}" -gt "$from" ] || fail "seed $first of $seeds fails first: choose other losses"
python3 look.py one 12 || fail "files of the sweep of seeds"
expect_text '^figure  *least  *median  *most'
cp "$T/out" one.out
folder=$(ls -d one/*-seed="$first")
case $replay in
*" run -D loss=5% --seed $first wan.rig") ;;
*) fail "the command is $replay" ;;
esac
rm -rf wan.run
expect_status 1 sh -c "$replay"
expect_text '^FAILED  one of four may be lost'
"$RIG" diff "$folder" wan.run >"$T/out" || fail "the replay is another run: $(cat "$T/out")"
expect_text '^the same: '

sweep 1 -j 1 -o two -D loss=5% --seed $seeds wan.rig
cmp <(sed 's|one/index|two/index|' one.out) "$T/out" || fail "the summary differs"
find one two -name wall.json -delete
diff -rq one two || fail "the same sweep gives other bytes"

sweep 1 --stop --keep failed -j 2 -o stop -D loss=5% --seed $seeds wan.rig
expect_text "^$((first - from)) passed, 1 failed, $((from + 11 - first)) not run"
[ "$(ls -d stop/*seed=*)" = "stop/$(basename "$folder")" ] || fail "folders: $(ls stop)"
"$RIG" diff "$folder" "stop/$(basename "$folder")" >"$T/out" || [ "$(grep -c wall.json "$T/out")" = 1 ] ||
	fail "with --stop it is another run: $(cat "$T/out")"
sweep 0 --keep failed -o well --seed 1,2 --vary mem=32M,64M wan.rig
expect_text '^4 passed, 0 failed'
[ "$(ls well)" = "$(printf '%s\n' index.html sweep.csv sweep.json verdicts.tap wall.json)" ] || fail "kept: $(ls well)"
python3 look.py well 4 0 || fail "files of a sweep of two"
grep -q '^mem  result' "$T/out" || fail "no line for each point: $(cat "$T/out")"

# --- names of folders --------------------------------------------------------------------------
rm -rf wan.sweep*
sweep 0 --seed 1 wan.rig
sweep 0 --seed 1 wan.rig
[ -d wan.sweep ] && [ -d wan.sweep.2 ] || fail "folders: $(ls)"
expect_status 0 "$RIG" run -q -o seeded --seed 18446744073709551615 wan.rig
grep -q '"seed": 18446744073709551615,' seeded/manifest.json || fail "run --seed is not heard"

# --- progress, and a run on each CPU ---------------------------------------------------------------
cat >slow.rig <<'END'
rig slow 1
set n 1
node a
at 0s run a 'i=0; while [ $i -lt 150000 ]; do i=$((i + 1)); done; echo $i' as=n
expect a.n == 150000 by 1h
END
expect_status 0 "$RIG" sweep -j 2 -o progress --seed 1..2 wan.rig
expect_text '^uml_rig: wan: 2 runs \(2 of seed\), 2 at a time; results go to progress$'

# Where the runs of process $1 may be: a CPU each.
cpus_of() {
	local p
	for p in $(pgrep -P "$1"); do
		taskset -cp "$p" 2>/dev/null | sed 's/.*: //'
	done | sort -u
}
two_cpus() {
	[ "$(cpus_of "$1" | grep -c '^[0-9]*$')" = 2 ]
}
if [ "$(nproc)" -ge 2 ] && command -v taskset >/dev/null; then
	"$RIG" sweep -q -o cpus --seed 1..4 slow.rig >"$T/out" 2>&1 </dev/null &
	pid=$!
	wait_for 5 two_cpus $pid || fail "runs are on CPUs $(cpus_of $pid)"
	wait $pid || fail "the sweep of slow.rig"
fi

# --- a run that dies harms no other ------------------------------------------------------------------
cat >long.rig <<'END'
rig long 1
time real
set s 1
node a
at 1s run a "echo begun" as=begun
at ${s}s run a true
expect a.begun has begun by 2s
END
"$RIG" sweep -q --to-end -j 2 -o died --vary s=60,3 long.rig >"$T/out" 2>&1 </dev/null &
pid=$!
wait_for 5 test -e died/1-s=60/a.log || fail "no run begins"
kill -KILL "$(pgrep -P $pid -f 'died/1-s=60')"
wait $pid
got=$?
[ $got = 4 ] || fail "status $got where a run died"
expect_text '^broken  s=60: uml_rig died of signal 9'
expect_text '^1 passed, 0 failed, 1 broken'
rm -rf "$T/tmp/uml_rig".*

# --- the rig is changed meanwhile, progress on a terminal -------------------------------------------
cp wan.rig edited.rig
"$RIG" sweep -q -j 1 -o edited --seed 1..6 edited.rig >"$T/out" 2>&1 </dev/null &
pid=$!
wait_for 5 test -e edited/2-seed=2 || fail "it does not begin"
echo '# a thought' >>edited.rig
wait $pid
expect_text 'warning: edited.rig was changed meanwhile'
if command -v script >/dev/null; then
	script -qec "'$RIG' sweep --to-end -o terminal --vary s=2,3 long.rig" typescript >/dev/null </dev/null || fail "on a terminal"
	grep -q '1 of 2 runs, 0 did not pass, real [0-9]* s, about [0-9]* s to go: s=3' typescript ||
		fail "no progress: $(cat typescript)"
	grep -q ' 2 runs (2 of s), 1 at a time;' typescript || fail "real time, and several at once"
fi

# --- signals ---------------------------------------------------------------------------------------------
# begin OPTION...: a sweep that goes on for long as $pid, its processes in $tree
begin() {
	rm -rf signal
	env --default-signal=INT "$RIG" sweep -q --to-end -j 2 -o signal "$@" long.rig >"$T/out" 2>&1 </dev/null &
	pid=$!
	wait_for 5 test -s signal/1-s=1/report.html && wait_for 5 test -e signal/2-s=60/a.log || fail "it does not begin"
	tree=$(tree $pid)
}
begin --vary s=1,60..65
kill -INT $pid
wait $pid
got=$?
[ $got = 130 ] || fail "status $got of SIGINT: $(cat "$T/out")"
# shellcheck disable=SC2086
wait_for 5 all_gone $tree || fail "guests live on"
left_nothing
expect_text '^1 passed, 0 failed, 2 interrupted, 4 not run; signal/index.html'
[ -s signal/3-s=61/report.html ] || fail "a run did not end in good order"
python3 - <<'PY' || fail "files of a sweep that was interrupted"
import json
made = json.load(open("signal/sweep.json"))
assert made["interrupted"] and made["results"]["interrupted"] == 2
assert [r["result"] for r in made["runs"]] == ["passed"] + 2 * ["interrupted"] + 4 * ["not run"]
PY
begin --vary s=1,60..65
kill -KILL $pid
wait $pid 2>/dev/null
# shellcheck disable=SC2086
wait_for 5 all_gone $tree || fail "runs live on without the sweep"

# --- wrong words: one line, with the cause and the cure --------------------------------------------------
refused 2 'sweep needs --vary NAME=VALUES or --seed VALUES' wan.rig
refused 2 '^uml_rig: wan.rig: --vary los: .*did you mean .loss' --vary los=1%,2% wan.rig
refused 2 '^uml_rig: wan.rig: -D los: .*did you mean .loss' -D los=1% --seed 1,2 wan.rig
refused 2 '^uml_rig: --vary: .loss. is not NAME=VALUES' --vary loss wan.rig
refused 2 '^uml_rig: --vary: 0%..20% has no step; say for example' --vary loss=0%..20% wan.rig
refused 2 '^uml_rig: --vary: the ends of 0..20% are not of one kind' --vary loss=0..20%/5% wan.rig
refused 2 '^uml_rig: --vary: .*is varied twice' --vary loss=1% --vary loss=2% wan.rig
refused 2 'both -D and --vary' -D loss=1% --vary loss=2% wan.rig
refused 2 '^uml_rig: --seed: .x. is not a whole number' --seed x wan.rig
refused 2 '^uml_rig: --seed: there are more than 10000 values' --seed 1..1000000 wan.rig
refused 2 '20000 runs or more are too many, 10000 is the most' --vary mem=1..200 --seed 1..100 wan.rig
refused 2 '^uml_rig: -j 0: say how many' -j 0 --seed 1..2 wan.rig
refused 2 '^uml_rig: -j x: say how many' -j x --seed 1..2 wan.rig
refused 2 'is not what --keep takes: all or failed' --keep some --seed 1..2 wan.rig
refused 2 'sweep needs the name of a file' --seed 1..2
refused 2 'standard input only once; name a file' --seed 1..2 -
refused 3 '^uml_rig: nothere.rig cannot be read' --seed 1..2 nothere.rig
refused 1 '^uml_rig: nothing was run: that is so with loss=2, mem=32M' --vary loss=1%,2 --vary mem=32M wan.rig
expect_text 'wan.rig:6:'
printf '%s\n' 'rig keep 1' 'image i i.img' 'node a image=i cow=a.cow' 'at 1s run a true' >keep.rig
refused 2 '^uml_rig: -j 2: runs at once cannot share the disk that a keeps in a.cow; leave out -j' -j 2 --seed 1,2 keep.rig
expect_status 2 "$RIG" run --seed 1..5 wan.rig
one_line
expect_text "^uml_rig: --seed: '1..5' is not a whole number; one run has one seed, 'uml_rig sweep' takes several"
expect_status 2 "$RIG" check --vary loss=1% wan.rig
expect_text 'check does not take --vary'
expect_status 4 "$RIG" sweep -o one --seed 1..2 wan.rig
one_line
expect_text 'there is something in one; remove it, or name another folder with -o'
expect_status 4 "$RIG" sweep -o nothere/x --seed 1..2 wan.rig
one_line
expect_status 4 env NESTLING_LINUX=/nothere "$RIG" sweep -o refused --seed 1..2 wan.rig
one_line
expect_text '^uml_rig: /nothere: No such file'
