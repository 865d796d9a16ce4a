#!/usr/bin/env python3
"""Renews src/Gateway/native.order, in whose order the native build's functions lie in the file (docs/decisions/0114).

    tests/native_order.py [BUILD]      a folder with a native build and its Gateway.dbg; without, one is made in artifacts/native

The kernel maps 64 KiB of a file around each page that is touched. Of 80,000 functions a start calls 7,000: wherever they lie apart from the
others, 10 MB less are resident. First come those that are called for connections and requests, then those of the start, then those that are
not called, but whose unwind information the runtime reads (it lies in the same order). A function that the list does not name lies behind
them, and a name without a function is skipped: the list only loses its effect with time.

Needs x86-64, gcc and binutils. What is called is found by traps: tests/native_order.c.
"""
import bisect, http.client, http.server, json, os, re, signal, socket, socketserver, struct, subprocess, sys, tempfile, threading, time, urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SEARCH = "_ZN21UnixNativeCodeManager14FindMethodInfoEPvP10MethodInfo"
PAGE, MOST, UNWOUND = 4096, 4 << 20, 1 << 63


def build():
    out = os.path.join(ROOT, "artifacts/native")
    subprocess.run(
        ["dotnet", "publish", "src/Gateway", "-c", "Release", "--use-current-runtime", "-p:PublishAot=true", "-v", "q", "-o", out], cwd=ROOT, check=True)
    return out


# The names of the program's functions by address, and the address of the runtime's search for unwind information.
def symbols(build):
    text = subprocess.run(["readelf", "-SW", f"{build}/Gateway"], capture_output=True, text=True, check=True).stdout
    begin, size = re.search(r" __managedcode +PROGBITS +([0-9a-f]+) [0-9a-f]+ ([0-9a-f]+)", text).groups()
    begin, end = int(begin, 16), int(begin, 16) + int(size, 16)
    names, search = {}, None
    text = subprocess.run(["readelf", "-sW", f"{build}/Gateway.dbg"], capture_output=True, text=True).stdout
    for fields in (line.split(None, 7) for line in text.splitlines()):
        if len(fields) == 8 and fields[3] == "FUNC" and fields[6] != "UND":
            address, name = int(fields[1], 16), fields[7].strip()
            if begin <= address < end:
                names[address] = name
            elif name == SEARCH:
                search = address
    return names, search, end


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(4096):
            self.request.sendall(data)


class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *_):
        pass


def serve(server_type, handler):
    server = server_type(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    # A connection that the gateway's end resets.
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def configuration(tcp, web, probes, admin):
    echo, page = serve(socketserver.ThreadingTCPServer, Echo), serve(http.server.ThreadingHTTPServer, Page)
    return {
        "Listeners": {
            "tcp": {"Address": f"127.0.0.1:{tcp}", "Protocol": "Tcp"},
            "web": {"Address": f"127.0.0.1:{web}", "Protocol": "Http"}},
        "TcpProxy": {
            "Routes": {"tcp": {"Listener": "tcp", "ClusterId": "tcp", "SourceIp": {"Mode": "None"}}},
            "Clusters": {"tcp": {"Destinations": {"one": {"Address": f"127.0.0.1:{echo}"}}}}},
        "ReverseProxy": {
            "Routes": {"web": {"ClusterId": "web", "Match": {"Path": "{**rest}"}}},
            "Clusters": {"web": {"Destinations": {"one": {"Address": f"http://127.0.0.1:{page}/"}}}}},
        "Probes": {"Address": f"127.0.0.1:{probes}"},
        "Admin": {"Address": f"127.0.0.1:{admin}"}}


def use(tcp, web, probes, admin):
    for size in (1, 100, 70_000):
        with socket.create_connection(("127.0.0.1", tcp)) as peer:
            peer.sendall(b"x" * size)
            received = 0
            while received < size:
                received += len(peer.recv(65536))
    client = http.client.HTTPConnection("127.0.0.1", web)
    for method, body in (("GET", None), ("GET", None), ("POST", b"x" * 1000), ("GET", None)):
        client.request(method, "/", body)
        assert client.getresponse().read() == b"hello"
    client.close()
    for url in (f"{probes}/healthz/ready", f"{probes}/healthz/live", f"{admin}/metrics", f"{admin}/"):
        urllib.request.urlopen(f"http://127.0.0.1:{url}", timeout=5).read()


def notes_of(path):
    with open(path, "rb") as file:
        count = min(struct.unpack("<Q", file.read(8))[0], MOST)
        return struct.unpack(f"<{count}Q", file.read(8 * count))


def run(build, folder, names, search, end):
    library, listed, noted, config = (os.path.join(folder, name) for name in ("order.so", "list", "notes", "config.json"))
    subprocess.run(["gcc", "-O1", "-shared", "-fPIC", "-o", library, os.path.join(ROOT, "tests/native_order.c")], check=True)
    with open(listed, "wb") as file:
        low, high = min(search, *names) // PAGE * PAGE, (max(search, end) // PAGE + 1) * PAGE
        file.write(struct.pack(f"<{3 + len(names)}Q", search, low, high, *sorted(names)))
    with open(noted, "wb") as file:
        file.truncate(8 * (MOST + 1))
    ports = free_ports(4)
    with open(config, "w") as file:
        json.dump(configuration(*ports), file)
    gateway = subprocess.Popen(
        [f"{build}/Gateway", "run", "--config", config], stdout=subprocess.PIPE, text=True,
        env=dict(os.environ, LD_PRELOAD=library, NATIVE_ORDER_LIST=listed, NATIVE_ORDER_NOTES=noted))
    try:
        # The self-test's line is the start's last.
        for line in gateway.stdout:
            if "Self-test" in line:
                break
        # What comes of itself in the first seconds: looks at the file, timers.
        time.sleep(3)
        at_start = len(notes_of(noted))
        gateway.send_signal(signal.SIGTRAP)
        use(*ports)
        all_notes = notes_of(noted)
        gateway.terminate()
        gateway.wait(30)
    finally:
        gateway.kill()
    starts = sorted(names)
    called_at_start = {note for note in all_notes[:at_start] if not note & UNWOUND}
    serving = {note for note in all_notes[at_start:] if not note & UNWOUND}
    unwound = {starts[bisect.bisect(starts, note & ~UNWOUND) - 1] for note in all_notes if note & UNWOUND and starts[0] <= note & ~UNWOUND < end}
    return [serving, called_at_start - serving, unwound - serving - called_at_start]


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else build()
    names, search, end = symbols(folder)
    with tempfile.TemporaryDirectory() as scratch:
        groups = run(folder, scratch, names, search, end)
    with open(os.path.join(ROOT, "src/Gateway/native.order"), "w") as file:
        for group in groups:
            file.writelines(f"{name}\n" for name in sorted(names[address] for address in group))
    print(*(f"{len(group)} functions {what}" for group, what in zip(groups, ("serve", "start", "are unwound"))), sep=", ")


main()
