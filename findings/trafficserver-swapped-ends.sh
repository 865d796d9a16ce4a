#!/usr/bin/env bash
# Apache Traffic Server 9.2.5+ds-0+deb12u4, `proxy.config.http.proxy_protocol_out` for a client that came without a PROXY header.
#
# The header says who connected to whom: source the client, destination the listener.
# Traffic Server writes them the other way round: its own listener is the source, and the client the destination, in versions 1 and 2.
# A backend logs the proxy's own address as the client, and finds the client where it looks for the destination.
source "$(dirname "$0")/setup.sh"
fetch trafficserver=9.2.5+ds-0+deb12u4

# ask VERSION: the header that the origin gets, with the ports by name.
ask() {
    local front back base
    front=$(free_port) back=$(free_port) base=$temp/ats$1
    mkdir -p "$base"/{etc,run,log,cache}
    cp -r "$root"/etc/trafficserver/. "$base/etc"
    printf '%s\n' "CONFIG proxy.config.http.server_ports STRING $front:ip-in=127.0.0.1" \
        "CONFIG proxy.config.http.proxy_protocol_out INT $1" 'CONFIG proxy.config.admin.user_id STRING nobody' \
        'CONFIG proxy.config.http.cache.http INT 0' 'CONFIG proxy.config.url_remap.remap_required INT 1' \
        'CONFIG proxy.config.diags.output.diag STRING E' >"$base/etc/records.config"
    echo "map / http://127.0.0.1:$back/" >"$base/etc/remap.config"
    : >"$base/etc/storage.config"
    printf 'prefix: %s\nexec_prefix: %s\nbindir: %s/usr/bin\nsbindir: %s/usr/sbin\nsysconfdir: %s/etc\ndatadir: %s/cache\nincludedir: /\nlibdir: %s\nlibexecdir: %s\nlocalstatedir: %s/run\nruntimedir: %s/run\nlogdir: %s/log\nmandir: /\ninfodir: /\ncachedir: %s/cache\n' \
        "$base" "$base" "$root" "$root" "$base" "$base" "$root/usr/lib/trafficserver" "$root/usr/lib/trafficserver/modules" "$base" "$base" "$base" "$base" >"$base/runroot.yaml"
    chown -R nobody "$base"
    start traffic_server --run-root="$base/runroot.yaml"
    PYTHONPATH=$(dirname "$0") python3 - "$front" "$back" <<'PY'
import socket, struct, sys, wire
front, back = int(sys.argv[1]), int(sys.argv[2])
backend = wire.listen(back)
client = wire.connect(("127.0.0.1", front))
names = {front: "LISTENER", client.getsockname()[1]: "CLIENT"}
client.sendall(b"GET / HTTP/1.1\r\nHost: example.test\r\n\r\n")
header = wire.header_of(backend.accept()[0])
if header.startswith(b"PROXY"):
    ports = [int(port) for port in header.split()[4:]]
else:
    ports = struct.unpack(">HH", header[24:28])
print("source %s, destination %s" % tuple(names.get(port, "?") for port in ports))
PY
}
same "source LISTENER, destination CLIENT" "$(ask 1)"
same "source LISTENER, destination CLIENT" "$(ask 2)"
