#!/usr/bin/env bash
# OpenSMTPD 6.8.0p2-4+b4, `listen on … smtps … proxy-v2`: a ClientHello that arrives together with the PROXY header.
#
# A sender may put the header and the first bytes of the connection into one segment; the receiver takes the header off and keeps the rest.
# OpenSMTPD drops what came in the same read: the TLS handshake never starts, and both sides wait.
# The same ClientHello in a segment of its own, a moment later, is answered.
source "$(dirname "$0")/setup.sh"
fetch opensmtpd=6.8.0p2-4+b4
port=$(free_port)
mkdir -p "$temp/etc" "$temp/empty"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=mx.example.test -days 2 \
    -keyout "$temp/etc/key.pem" -out "$temp/etc/cert.pem" 2>/dev/null
printf '%s\n' "pki own cert \"$temp/etc/cert.pem\"" "pki own key \"$temp/etc/key.pem\"" \
    "listen on 127.0.0.1 port $port smtps pki own proxy-v2 hostname mx.example.test" 'match from any for any reject' >"$temp/etc/smtpd.conf"
# Its users and folders are compiled in: they exist in a mount namespace of its own.
cp /etc/passwd /etc/group "$temp/etc"
printf 'opensmtpd:x:64990:64990::/var/lib/opensmtpd/empty:/bin/false\nopensmtpq:x:64991:64991::/var/lib/opensmtpd/empty:/bin/false\n' >>"$temp/etc/passwd"
printf 'opensmtpd:x:64990:\nopensmtpq:x:64991:\n' >>"$temp/etc/group"
echo mx.example.test >"$temp/etc/mailname"
start unshare --mount bash -c '
    temp=$1 root=$2
    mount --bind "$temp/etc/passwd" /etc/passwd && mount --bind "$temp/etc/group" /etc/group &&
    mount -t tmpfs none /var && mkdir -p /var/lib/opensmtpd/empty /var/spool/smtpd /var/mail && ln -s /run /var/run &&
    mount -t tmpfs none /run && mount --bind "$root/usr/libexec" /usr/libexec && chmod 711 /var/spool/smtpd &&
    exec "$root/usr/sbin/smtpd" -d -f "$temp/etc/smtpd.conf"' - "$temp" "$root"
seen=$(PYTHONPATH=$(dirname "$0") python3 - "$port" <<'PY'
import socket, ssl, struct, sys, time, wire
header = wire.SIGNATURE + bytes([0x21, 0x11]) + struct.pack(">H", 12) + socket.inet_aton("192.0.2.7") + socket.inet_aton("192.0.2.1") + struct.pack(">HH", 40001, 465)

def ask(pause):
    """What comes first for a ClientHello in the header's segment (no pause) or in its own."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    out = ssl.MemoryBIO()
    try:
        context.wrap_bio(ssl.MemoryBIO(), out, server_hostname="mx.example.test").do_handshake()
    except ssl.SSLWantReadError:
        hello = out.read()
    connection = wire.connect(("127.0.0.1", int(sys.argv[1])))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if pause:
        connection.sendall(header)
        time.sleep(pause)
        connection.sendall(hello)
    else:
        connection.sendall(header + hello)
    connection.settimeout(8)
    try:
        answer = connection.recv(4096)
        return "TLS handshake" if answer[:1] == b"\x16" else answer[:20].hex() or "closed"
    except socket.timeout:
        return "nothing"

print("together: %s; apart: %s" % (ask(0), ask(0.3)))
PY
)
same "together: nothing; apart: TLS handshake" "$seen"
