#!/bin/bash
# timeout: 420
# company: fuzz
# scripts/fuzz, with targets that only look like some: a target's hours are counted part by part until it
# has had them, its corpus stays small however much it has learnt, and one that found something is named.
. tests/system/lib.sh

mkdir -p "$T"/{scripts,tests/fuzz/corpus,build/fuzz}
cp scripts/fuzz "$T/scripts/"
echo 'build/fuzz/%: ; @true' >"$T/Makefile"
touch "$T"/tests/fuzz/fuzz_{much,finds}.c
# Two seconds of CPU time a part or a little less, of which whole ones count; what it has learnt are more names than a pipe holds.
cat >"$T/build/fuzz/fuzz_much" <<'SH'
#!/bin/bash
case $5 in
-merge=1) # an input that takes long here, as on a busy host, is none that was found
	echo x >"${4#-artifact_prefix=}timeout-1"
	cd "$6" && seq -f 'input-with-a-long-name-%.0f' 5000 | xargs touch
	exit
	;;
esac
(ulimit -t 2; while :; do :; done) 2>/dev/null
echo 'stat::number_of_executed_units: 7'
SH
cat >"$T/build/fuzz/fuzz_finds" <<'SH'
#!/bin/bash
for a; do [[ $a != -artifact_prefix=* ]] || echo x >"${a#*=}crash-1"; done
exit 1
SH
chmod 755 "$T"/build/fuzz/fuzz_*

timeout 200 "$T/scripts/fuzz" -s 5 -p 1 much >"$T/out" 2>&1 || fail "a target that learns much: status $?"
[ "$(grep -c '[12] s, 7 inputs' "$T/out")" -ge 3 ] || fail "not told part by part"
awk '$1 == "much" && $2 >= 5 && $3 >= 21 { ok = 1 } END { exit !ok }' "$T/tests/fuzz/HOURS" || fail "hours: $(cat "$T/tests/fuzz/HOURS")"
[ "$(ls "$T/tests/fuzz/corpus/much" | wc -l)" -eq 16 ] || fail "corpus: $(ls "$T/tests/fuzz/corpus/much" | wc -l) inputs"
[ -z "$(ls -d "$T"/build/fuzz/found/merge.* 2>/dev/null)" ] && [ "$(ls "$T" | xargs)" = "Makefile build out scripts tests" ] ||
	fail "a merge is left over: $(ls "$T")"
echo "hours are counted, and the corpus is small"

status=0
more=$(($(awk '$1 == "much" { print $2 }' "$T/tests/fuzz/HOURS") + 1)) # it may have had more than it was to have
timeout 200 "$T/scripts/fuzz" -s $more -p 1 >"$T/out" 2>&1 || status=$?
[ $status -eq 1 ] && found '^finds: found something: build/fuzz/found/finds-crash-1;' <"$T/out" || fail "one that finds something: status $status"
awk -v more=$more '$1 == "much" && $2 >= more { ok = 1 } END { exit !ok }' "$T/tests/fuzz/HOURS" || fail "the other one does not go on"
echo "what is found is named, and others go on"
