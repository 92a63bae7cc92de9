#!/bin/bash
# timeout: 60
# needs: python3
# company: rig-report
# The files that runs of rigs leave (tests/unit/test_rigrun_report makes some): parsers of others
# read them, and the page needs nothing from elsewhere.
. tests/system/lib.sh

mkdir "$T/runs"
build/unit/test_rigrun_report "$T/runs" >"$T/out" || fail "test_rigrun_report failed"
python3 - "$T/runs" <<'PY' || fail "a file is not well-formed"
import csv, html.parser, json, os, re, sys
import xml.etree.ElementTree as E

VOID = {"meta", "input", "use", "rect", "path", "circle", "polyline"}

class Page(html.parser.HTMLParser):
    """Each end tag closes what is open: what XML says must hold by HTML's rules as well."""
    def __init__(self):
        super().__init__()
        self.open, self.ids, self.refs, self.scripts = [], [], [], 0
    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            assert not name.startswith("on"), name
            if name == "id":
                self.ids.append(value)
            if name in ("href", "src"):
                self.refs.append(value)
        self.scripts += tag == "script"
        self.open.append(tag)
    def handle_startendtag(self, tag, attrs):
        assert tag in VOID, tag
        self.handle_starttag(tag, attrs)
        self.open.pop()
    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag

def page(path):
    text = open(path, encoding="utf-8", newline="").read()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", text), "control characters"
    E.fromstring(text)
    p = Page()
    p.feed(text)
    p.close()
    assert not p.open and p.scripts == 1, (p.open, p.scripts)
    assert len(p.ids) == len(set(p.ids)), "an id twice"
    assert all(r[0] == "#" and r[1:] in p.ids for r in p.refs), p.refs
    assert not re.search(r"url\(|@import|src=", text), "it needs something else"

def tap(path):
    lines = open(path, encoding="utf-8").read().split("\n")
    assert lines[0] == "TAP version 14"
    points = [l for l in lines if re.match("(not )?ok ", l)]
    assert lines[1] == f"1..{len(points)}"
    for n, line in enumerate(points):
        assert re.fullmatch(r"(not )?ok %d - ([^#\\]|\\#|\\\\)*" % (n + 1), line), line
    reasons = [l[10:] for l in lines if l.startswith("  reason: ")]
    assert len(reasons) == len(points) and all(json.loads(r) for r in reasons)
    return [not l.startswith("not") for l in points]

def junit(path):
    suite = E.parse(path).getroot().find("testsuite")
    cases = suite.findall("testcase")
    good = [c.find("failure") is None for c in cases]
    assert int(suite.get("tests")) == len(cases)
    assert int(suite.get("failures")) == good.count(False)
    assert all(c.get("name") and float(c.get("time")) >= 0 for c in cases)
    return good

def folder(at):
    page(at + "/report.html")
    good = junit(at + "/junit.xml")
    assert tap(at + "/verdicts.tap") == good
    made = json.load(open(at + "/manifest.json", encoding="utf-8"))
    assert made["verdicts"]["all_well"] == all(good)
    rows = list(csv.DictReader(open(at + "/samples.csv", newline="")))
    assert all(len(r) == 7 and None not in r for r in rows)
    times = [float(r["time_s"]) for r in rows]
    assert times == sorted(times)
    return made, rows

runs = {run: folder(os.path.join(sys.argv[1], run)) for run in os.listdir(sys.argv[1])}
assert len(runs) == 8, runs.keys()
assert len(runs["many"][1]) == 10000
assert runs["hostile"][0]["sha256"]["image <base>"] == "\"&'\\x01\\xff"
assert runs["empty"][0]["cpu"] is None
PY
