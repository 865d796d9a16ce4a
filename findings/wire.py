"""What the findings share: a recorder that shows the PROXY header it got, and a client that sends one. Not a parser: it cuts by the lengths that valid headers state."""
import socket
import struct
import sys
import threading
import time

SIGNATURE = bytes.fromhex("0d0a0d0a000d0a515549540a")


def listen(port):
    server = socket.create_server(("127.0.0.1", int(port)), reuse_port=False)
    server.settimeout(30)
    return server


def connect(address, seconds=30):
    """A connection to (host, port) or to the path of a unix socket, as soon as something listens there."""
    end = time.time() + seconds
    while True:
        client = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
        client.settimeout(seconds)
        try:
            client.connect(address)
            return client
        except OSError:
            client.close()
            if time.time() > end:
                sys.exit("not run: nothing listens at %s" % (address,))
            time.sleep(0.05)


_open = []


def greet(context, port, **options):
    """A TLS client that says hello and stays, beside the caller: it would wait for the proxy, which may wait for the backend."""
    def run():
        _open.append(context.wrap_socket(connect(("127.0.0.1", port)), **options))
        _open[-1].sendall(b"hello")

    threading.Thread(target=run, daemon=True).start()


def header_of(connection):
    """The PROXY header that begins what a connection brings, as bytes; b"" where there is none."""
    connection.settimeout(30)
    data = b""
    while True:
        if data.startswith(SIGNATURE) and len(data) >= 16 and len(data) >= 16 + struct.unpack(">H", data[14:16])[0]:
            return data[:16 + struct.unpack(">H", data[14:16])[0]]
        if data.startswith(b"PROXY ") and b"\r\n" in data:
            return data[:data.index(b"\r\n") + 2]
        if data and not SIGNATURE.startswith(data[:12]) and not b"PROXY ".startswith(data[:6]):
            return b""
        more = connection.recv(65536)
        if not more:
            return b""
        data += more


def tlvs_of(header):
    """[(type, value)] of a version 2 header over IPv4 or IPv6, or LOCAL without addresses."""
    at = 16 + {0x11: 12, 0x21: 36}.get(header[13], 0)
    found = []
    while at + 3 <= len(header):
        length = struct.unpack(">H", header[at + 1:at + 3])[0]
        found.append((header[at], header[at + 3:at + 3 + length]))
        at += 3 + length
    return found
