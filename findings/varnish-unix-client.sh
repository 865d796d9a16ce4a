#!/usr/bin/env bash
# Varnish 7.1.1-2+deb12u1 with `.proxy_header` and a client that came over a unix socket.
#
# The PROXY protocol has a form for "no address": `PROXY UNKNOWN` in version 1, LOCAL or the family UNSPEC in version 2.
# Varnish announces an IPv4 client instead: 0.0.0.0, port 0, at 0.0.0.0, port 0, in both versions.
# A receiver that refuses 0.0.0.0 as nobody's address refuses every such request.
source "$(dirname "$0")/setup.sh"
fetch varnish=7.1.1-2+deb12u1

# One request over the unix socket; prints the first bytes that the backend gets.
ask() {
    local port
    port=$(free_port)
    cat >"$temp/v$1.vcl" <<VCL
vcl 4.1;
backend default { .host = "127.0.0.1"; .port = "$port"; .proxy_header = $1; }
VCL
    start env TMPDIR="$temp" varnishd -F -j none -n "$temp/work$1" -a "u=$temp/v$1.sock,HTTP,mode=666" -f "$temp/v$1.vcl" -s default,1m
    python3 - "$port" "$temp/v$1.sock" <<'PY'
import os, socket, sys, time
backend = socket.create_server(("127.0.0.1", int(sys.argv[1])))
backend.settimeout(30)
end = time.time() + 30
client = socket.socket(socket.AF_UNIX)
while True:
    try:
        client.connect(sys.argv[2]); break
    except OSError:
        if time.time() > end: sys.exit("not run: varnishd did not start")
        time.sleep(0.05)
client.sendall(b"GET / HTTP/1.1\r\nHost: example.test\r\n\r\n")
server, _ = backend.accept()
data = b""
while b"GET /" not in data:
    data += server.recv(4096)
header = data[:data.index(b"GET /")]
print(header.decode().strip() if header.startswith(b"PROXY") else header[12:].hex())
PY
}

same "PROXY TCP4 0.0.0.0 0.0.0.0 0 0" "$(ask 1)"
# 21: version 2, PROXY (20 would be LOCAL). 11: TCP over IPv4. 000c: twelve bytes of addresses, all zero.
same "2111000c000000000000000000000000" "$(ask 2)"
