#!/usr/bin/env bash
# curl 7.88.1-10+deb12u15, `--haproxy-protocol` for an https:// address through an HTTP proxy.
#
# The proxy gets no header. It comes after CONNECT, as the first bytes in the tunnel, so the server behind the proxy reads it,
# and its addresses are the two ends of the connection between curl and the proxy: the destination is the proxy, which the server never saw.
source "$(dirname "$0")/setup.sh"
fetch curl=7.88.1-10+deb12u15
proxy=$(free_port)
seen=$(PYTHONPATH=$(dirname "$0") python3 - "$proxy" <<'PY'
import subprocess, sys, wire
port = int(sys.argv[1])
proxy = wire.listen(port)
curl = subprocess.Popen(["curl", "-s", "-m", "20", "--haproxy-protocol", "--proxytunnel", "-x", "http://127.0.0.1:%d" % port, "https://192.0.2.1:8443/"])
connection, peer = proxy.accept()
connection.settimeout(30)
request = b""
while b"\r\n\r\n" not in request:
    request += connection.recv(4096)
connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
header = wire.header_of(connection).decode().strip()
connection.close()
curl.wait()
print(request.split(b"\r\n")[0].decode(), "|", header.replace(str(port), "PROXYPORT").replace(str(peer[1]), "CURLPORT"))
PY
)
same "CONNECT 192.0.2.1:8443 HTTP/1.1 | PROXY TCP4 127.0.0.1 127.0.0.1 CURLPORT PROXYPORT" "$seen"
