#!/usr/bin/env bash
# nginx 1.22.1-9+deb12u11, stream: `listen 127.0.0.1:… proxy_protocol`, `set_real_ip_from`, `proxy_protocol on`.
#
# An IPv6 client is announced by a header to a listener on an IPv4 address. nginx passes it on as
#   PROXY TCP6 2001:db8::7 127.0.0.1 40001 PORT
# TCP6 with an IPv4 destination: the protocol wants both addresses in the family that the line names.
# nginx itself takes such a line; HAProxy, Varnish and RabbitMQ refuse it, so the chain works or fails by what is behind.
source "$(dirname "$0")/setup.sh"
fetch nginx=1.22.1-9+deb12u11 libnginx-mod-stream=1.22.1-9+deb12u11
front=$(free_port) back=$(free_port)
cat >"$temp/nginx.conf" <<CONF
load_module $root/usr/lib/nginx/modules/ngx_stream_module.so;
daemon off; pid $temp/nginx.pid; error_log stderr; user root;
events { }
stream {
    server { listen 127.0.0.1:$front proxy_protocol; set_real_ip_from 127.0.0.1; proxy_protocol on; proxy_pass 127.0.0.1:$back; }
}
CONF
start nginx -p "$temp" -c "$temp/nginx.conf" -e stderr
seen=$(PYTHONPATH=$(dirname "$0") python3 - "$front" "$back" <<'PY'
import sys, wire
front, back = int(sys.argv[1]), int(sys.argv[2])
backend = wire.listen(back)
client = wire.connect(("127.0.0.1", front))
client.sendall(b"PROXY TCP6 2001:db8::7 2001:db8::1 40001 443\r\nhello")
print(wire.header_of(backend.accept()[0]).decode().strip().replace(str(front), "PORT"))
PY
)
same "PROXY TCP6 2001:db8::7 127.0.0.1 40001 PORT" "$seen"
