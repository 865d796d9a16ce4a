#!/usr/bin/env bash
# uWSGI 2.0.21-5.1, its HTTP router with `http-enable-proxy-protocol`: `PROXY UNKNOWN` with addresses behind it.
#
# UNKNOWN says that the sender does not vouch for addresses; what stands behind it up to the end of the line is to be ignored.
# uWSGI takes the address all the same: the application's REMOTE_ADDR is the one that nobody vouched for.
# Behind the bare line it is the peer's own.
source "$(dirname "$0")/setup.sh"
fetch uwsgi-core=2.0.21-5.1
port=$(free_port) back=$(free_port)
start uwsgi --plugins-dir "$root/usr/lib/uwsgi/plugins" --plugin http --master \
    --http "127.0.0.1:$port" --http-to "127.0.0.1:$back" --http-enable-proxy-protocol
until_listening "$port"
seen=$(PYTHONPATH=$(dirname "$0") python3 - "$port" "$back" <<'PY'
import struct, sys, wire
backend = wire.listen(sys.argv[2])

def remote_addr(line):
    client = wire.connect(("127.0.0.1", int(sys.argv[1])))
    client.sendall(line + b"\r\nGET / HTTP/1.1\r\nHost: example.test\r\n\r\n")
    server, _ = backend.accept()
    server.settimeout(30)
    packet = b""
    # uwsgi's own protocol: four bytes with the length, then names and values.
    while len(packet) < 4 or len(packet) < 4 + struct.unpack("<H", packet[1:3])[0]:
        packet += server.recv(65536)
    at, texts = 4, []
    while at < 4 + struct.unpack("<H", packet[1:3])[0]:
        length = struct.unpack("<H", packet[at:at + 2])[0]
        texts.append(packet[at + 2:at + 2 + length].decode())
        at += 2 + length
    server.close()
    return dict(zip(texts[::2], texts[1::2]))["REMOTE_ADDR"]

print("with addresses: %s; bare: %s" % (remote_addr(b"PROXY UNKNOWN 192.0.2.7 192.0.2.1 40001 80"), remote_addr(b"PROXY UNKNOWN")))
PY
)
same "with addresses: 192.0.2.7; bare: 127.0.0.1" "$seen"
