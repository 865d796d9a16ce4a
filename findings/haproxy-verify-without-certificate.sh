#!/usr/bin/env bash
# HAProxy 2.6.12-1+deb12u4 and Hitch 1.7.2-1+b1: the field `verify` of the SSL TLV for a TLS client that shows no certificate.
#
# doc/proxy-protocol.txt: `verify` is zero if the client presented a certificate and it was verified, and non-zero otherwise.
# HAProxy writes 0 for a client without a certificate; Hitch writes 1.
# So verify=0 alone proves nothing about a HAProxy's client: PP2_CLIENT_CERT_CONN (0x02) and _SESS (0x04) have to be read with it.
source "$(dirname "$0")/setup.sh"
fetch haproxy=2.6.12-1+deb12u4 hitch=1.7.2-1+b1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=example.test -days 2 \
    -keyout "$temp/key.pem" -out "$temp/cert.pem" 2>/dev/null
cat "$temp/key.pem" "$temp/cert.pem" >"$temp/both.pem"
front=$(free_port) back=$(free_port)
cat >"$temp/haproxy.cfg" <<CONF
defaults
    mode tcp
    timeout connect 5s
    timeout client 30s
    timeout server 30s
listen tls
    bind 127.0.0.1:$front ssl crt $temp/both.pem
    server backend 127.0.0.1:$back send-proxy-v2-ssl
CONF
start haproxy -db -f "$temp/haproxy.cfg"
hitch_front=$(free_port) hitch_back=$(free_port)
printf '%s\n' "frontend = \"[127.0.0.1]:$hitch_front\"" "backend = \"[127.0.0.1]:$hitch_back\"" "pem-file = \"$temp/both.pem\"" \
    'write-proxy-v2 = on' 'proxy-tlv = on' 'workers = 1' 'user = "nobody"' 'group = "nogroup"' >"$temp/hitch.conf"
start hitch --config="$temp/hitch.conf"

# The client bits and `verify` of the SSL TLV that a TLS client without a certificate brings.
ask() {
    PYTHONPATH=$(dirname "$0") python3 - "$1" "$2" <<'PY'
import ssl, struct, sys, wire
front, back = int(sys.argv[1]), int(sys.argv[2])
backend = wire.listen(back)
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
wire.greet(context, front)
value = dict(wire.tlvs_of(wire.header_of(backend.accept()[0])))[0x20]
print("client=0x%x verify=%d" % (value[0], struct.unpack(">I", value[1:5])[0]))
PY
}
same "client=0x1 verify=0" "$(ask "$front" "$back")"
same "client=0x1 verify=1" "$(ask "$hitch_front" "$hitch_back")"
