#!/usr/bin/env bash
# Apache httpd 2.4.71-1~deb12u1, mod_remoteip: `RemoteIPProxyProtocol On`.
#
# Version 1 has a line for "no address", which balancers send for their own checks and for clients on unix sockets: `PROXY UNKNOWN`, with or
# without addresses behind it, which the receiver is to ignore.
# Apache takes the line with addresses, and goes on with the peer's own. The bare line it refuses (AH03513), and closes.
source "$(dirname "$0")/setup.sh"
fetch apache2-bin=2.4.71-1~deb12u1
port=$(free_port)
cat >"$temp/httpd.conf" <<CONF
ServerRoot $temp
ServerName example.test
PidFile $temp/httpd.pid
Mutex posixsem
Listen 127.0.0.1:$port
LoadModule mpm_event_module $root/usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module $root/usr/lib/apache2/modules/mod_authz_core.so
LoadModule remoteip_module $root/usr/lib/apache2/modules/mod_remoteip.so
RemoteIPProxyProtocol On
ErrorLog $temp/server.log
LogFormat "%a %>s" seen
CustomLog $temp/seen.log seen
User daemon
Group daemon
CONF
start apache2 -f "$temp/httpd.conf" -D FOREGROUND
until_listening "$port"
seen=$(PYTHONPATH=$(dirname "$0") python3 - "$port" <<'PY'
import sys, wire

def ask(line):
    client = wire.connect(("127.0.0.1", int(sys.argv[1])))
    client.sendall(line + b"\r\nGET / HTTP/1.1\r\nHost: example.test\r\nConnection: close\r\n\r\n")
    try:
        return "answered" if client.recv(4096).startswith(b"HTTP/1.1 ") else "closed"
    except ConnectionResetError:
        return "closed"

print("bare: %s; with addresses: %s" % (ask(b"PROXY UNKNOWN"), ask(b"PROXY UNKNOWN 192.0.2.7 192.0.2.1 40001 80")))
PY
)
until [ -s "$temp/seen.log" ]; do sleep 0.05; done
same "bare: closed; with addresses: answered; client: 127.0.0.1" "$seen; client: $(cut -d' ' -f1 "$temp/seen.log")"
