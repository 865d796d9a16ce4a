#!/usr/bin/env bash
# Hitch 1.7.2-1+b1: what `--write-proxy-v2` puts into the header with `proxy-tlv = off`, and with `proxy-client-cert = on`.
#
# hitch.conf(5): `proxy-tlv` adds the cipher and the TLS version as TLVs. Off, the header still carries AUTHORITY (0x02), whose length the client chooses.
# `proxy-client-cert` sends the client's certificate as text in TLV 0xE0, under OpenSSL's own label TRUSTED CERTIFICATE, which few PEM readers know.
# 0xE0 is in the range of custom types; Google Private Service Connect puts its eight bytes of connection id there:
# a receiver has to look at the length before it names the value.
source "$(dirname "$0")/setup.sh"
fetch hitch=1.7.2-1+b1
for name in server client; do
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$name.example.test" -days 2 \
        -keyout "$temp/$name.key" -out "$temp/$name.pem" 2>/dev/null
done
cat "$temp/server.key" "$temp/server.pem" >"$temp/both.pem"

# ask LINES OF hitch.conf: the types of the TLVs that one TLS client with a server name and a certificate brings, and how 0xE0 begins.
ask() {
    local front back
    front=$(free_port) back=$(free_port)
    printf '%s\n' "frontend = \"[127.0.0.1]:$front\"" "backend = \"[127.0.0.1]:$back\"" "pem-file = \"$temp/both.pem\"" \
        'write-proxy-v2 = on' 'workers = 1' 'user = "nobody"' 'group = "nogroup"' "$@" >"$temp/hitch-$front.conf"
    start hitch --config="$temp/hitch-$front.conf"
    PYTHONPATH=$(dirname "$0") python3 - "$front" "$back" "$temp/client" <<'PY'
import ssl, sys, wire
front, back, client = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
backend = wire.listen(back)
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
context.load_cert_chain(client + ".pem", client + ".key")
wire.greet(context, front, server_hostname="www.example.test")
found = wire.tlvs_of(wire.header_of(backend.accept()[0]))
print(*["0x%02x" % type + (":" + value.split(b"\n")[0].decode() if type == 0xE0 else "") for type, value in found])
PY
}
same "0x02" "$(ask 'proxy-tlv = off')"
same "0x02 0xe0:-----BEGIN TRUSTED CERTIFICATE----- 0x20" "$(ask 'client-verify = optional' "client-verify-ca = \"$temp/client.pem\"" 'proxy-client-cert = on')"
