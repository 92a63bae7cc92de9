#!/bin/bash
# timeout: 60
# company: run-net
# needs: python3 curl
# uml_run --net nat: the command reaches services of the host, and a published port leads to it;
# without it there is nothing but loopback.
. tests/system/lib.sh
run=$PWD/build/bin/uml_run
mkdir "$T/web"
seq 1 50000 >"$T/web/file"
python3 - "$T" <<'P' &
import functools, http.server, sys
class H(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *a): pass
s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(H, directory=sys.argv[1] + "/web"))
open(sys.argv[1] + "/port", "w").write("%d\n" % s.server_address[1])
s.serve_forever()
P
server=$!
cleanup_hooks+=("kill $server")
wait_for 10 test -s "$T/port"
port=$(cat "$T/port")
free() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

[ "$("$run" --net nat -- curl -s --max-time 10 "http://10.0.2.2:$port/file" | sha256sum)" = "$(sha256sum <"$T/web/file")" ] ||
	fail "the file did not come, or not whole"
expect_status 7 "$run" -- curl -s --max-time 5 "http://127.0.0.1:$port/file"
expect_status 7 "$run" -- curl -s --max-time 5 "http://10.0.2.2:$port/file"
# The resolver is told below what is shared: the host's /etc is left alone, and no hindrance.
expect_status 0 "$run" --net nat --ro /etc -- curl -s --max-time 10 -o /dev/null "http://10.0.2.2:$port/file"
echo "with --net nat the host's services, without it none"

pub=$(free)
timeout 40 "$run" --publish "$pub:8000" -- python3 -c '
import http.server
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"from inside\n")
    def log_message(self, *a): pass
http.server.HTTPServer(("", 8000), H).handle_request()' >"$T/serve.out" 2>&1 </dev/null &
served=$!
cleanup_hooks+=("kill $served \$(tree $served) 2>/dev/null")
answers() { [ "$(curl -s --max-time 2 "http://127.0.0.1:$pub/")" = "from inside" ]; }
wait_for 20 answers || fail "the published port does not answer: $(cat "$T/serve.out")"
wait $served || fail "the server's status: $(cat "$T/serve.out")"

# UDP, and an address of the host's own to listen on, with another port inside.
pub=$(free) tcp=$(free)
timeout 40 "$run" --publish "udp:127.0.0.2:$pub:53" --publish "127.0.0.3:$tcp:8000" --user root -- python3 -c '
import socket
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.bind(("", 53))
t = socket.socket()
t.bind(("", 8000))
t.listen()
data, who = u.recvfrom(100)
u.sendto(b"inside: " + data, who)
c, _ = t.accept()
c.sendall(b"inside: tcp")' >"$T/serve.out" 2>&1 </dev/null &
served=$!
cleanup_hooks+=("kill $served \$(tree $served) 2>/dev/null")
timeout 40 python3 - "$pub" "$tcp" >"$T/out" 2>&1 <<'P' || fail "ports of other addresses: $(cat "$T/serve.out")"
import socket, sys, time
pub, tcp = int(sys.argv[1]), int(sys.argv[2])
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.settimeout(0.5)
for n in range(40):  # until somebody listens
    try:
        u.sendto(b"udp", ("127.0.0.2", pub))
        assert u.recv(100) == b"inside: udp"
        break
    except (TimeoutError, ConnectionError):
        time.sleep(0.1)
else:
    sys.exit("no answer by UDP")
for host, answer in (("127.0.0.1", False), ("127.0.0.3", True)):
    s = socket.socket()
    s.settimeout(10)
    try:
        s.connect((host, tcp))
        assert answer, "it listens at " + host
        assert s.recv(100) == b"inside: tcp"
    except ConnectionRefusedError:
        assert not answer, "it does not listen at " + host
P
wait $served || fail "the server's status: $(cat "$T/serve.out")"
echo "a published port leads to the command"

bad() { # PATTERN ARGUMENT...: one line, and nothing is run
	local pattern=$1
	shift
	expect_status 125 "$run" "$@" -- echo ran
	expect_text "$pattern"
	one_line
}
bad "none or nat" --net all
bad "8080:80" --publish 0:80
bad "8080:80" --publish 80:99999
bad "8080:80" --publish http
bad "8080:80" --publish 1:2:3:4
python3 -c 'import socket, sys, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(); open(sys.argv[1], "w").write("%d" % s.getsockname()[1]); time.sleep(30)' "$T/taken" &
cleanup_hooks+=("kill $!")
wait_for 5 test -s "$T/taken"
bad "in use" --publish "$(cat "$T/taken")"
echo "what cannot be is told in one line: $(cat "$T/out")"
