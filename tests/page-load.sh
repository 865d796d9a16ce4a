#!/usr/bin/env bash
# What the status page costs: 50,000 live connections, and the round trips of others, while the page's questions are asked and while nobody
# asks, one after the other in pairs. Not in CI: it takes some minutes and wants a quiet machine.
#   tests/page-load.sh [CONNECTIONS] [PAIRS] [SECONDS]      50000 12 4
# As root it runs in a network namespace of its own. Needs python3.
set -euo pipefail
cd "$(dirname "$0")/.."

connections=${1:-50000} pairs=${2:-12} seconds=${3:-4}
gateway=${GATEWAY:-src/Gateway/bin/Release/net10.0/Gateway}
[ -x "$gateway" ] || dotnet build src/Gateway -c Release -v q
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
# Two descriptors of the gateway for each connection.
need=$((connections * 2 + 2000))
if [ "$(ulimit -n)" -lt "$need" ] && ! ulimit -n "$need" 2>/dev/null; then
  echo "this shell may open $(ulimit -Hn) descriptors, $need are needed: tests/page-load.sh $((($(ulimit -Hn) - 2000) / 2))" >&2
  exit 1
fi

cat > "$out/config.json" <<'JSON'
{
  "Admin": { "Address": "127.0.0.1:7901" },
  "Limits": { "MaxConnections": 200000 },
  "Listeners": { "in": { "Address": "127.0.0.1:7100", "Protocol": "Tcp", "ProxyProtocol": { "TrustedProxies": [ "127.0.0.0/8" ] } } },
  "TcpProxy": {
    "Routes": { "in": { "Listener": "in", "ClusterId": "c", "SourceIp": { "Mode": "None" } } },
    "Clusters": { "c": { "HealthCheck": { "Passive": { "Enabled": false } }, "Destinations": {
      "a": { "Address": "127.0.1.1:7200" }, "b": { "Address": "127.0.1.2:7200" },
      "c": { "Address": "127.0.1.3:7200" }, "d": { "Address": "127.0.1.4:7200" } } } } },
  "Logging": { "LogLevel": { "Default": "Warning" } }
}
JSON

cat > "$out/load.py" <<'PY'
import http.client, multiprocessing, select, socket, statistics, subprocess, sys, time

gateway, config, count, pairs, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])


def backend():
    poll = select.epoll()
    listeners, peers = {}, {}
    for last in range(1, 5):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((f"127.0.1.{last}", 7200))
        listener.listen(4096)
        listener.setblocking(False)
        listeners[listener.fileno()] = listener
        poll.register(listener, select.EPOLLIN)
    while True:
        for number, _ in poll.poll():
            if number in listeners:
                try:
                    peer, _ = listeners[number].accept()
                except BlockingIOError:
                    continue
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                peers[peer.fileno()] = peer
                poll.register(peer, select.EPOLLIN)
            else:
                data = peers[number].recv(4096)
                if data:
                    peers[number].send(data)
                else:
                    poll.unregister(number)
                    peers.pop(number).close()


def connect(number):
    peer = socket.socket()
    peer.bind((f"127.2.0.{1 + number % 4}", 0))
    peer.connect(("127.0.0.1", 7100))
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client = f"203.{number // 65536}.{number // 256 % 256}.{number % 256}"
    peer.sendall(f"PROXY TCP4 {client} 192.0.2.1 {1024 + number % 60000} 5432\r\nx".encode())
    return peer


def hold(count, ready):
    held = []
    for number in range(count):
        held.append(connect(number))
        if len(held) % 64 == 0:
            for peer in held[-64:]:
                peer.recv(1)
    for peer in held[len(held) - len(held) % 64:]:
        peer.recv(1)
    ready.set()
    time.sleep(86400)


# What the page asks, every two seconds, with a search; and how long each answer takes.
def ask(on, times):
    paths = ["/api/connections?limit=100&client=203.0.0.0/16", "/api/closed?limit=100", "/api/listeners", "/api/routes", "/api/clusters",
             "/api/reasons", "/api/connections?limit=1000"]
    admin = http.client.HTTPConnection("127.0.0.1", 7901)
    while True:
        on.wait()
        for path in paths:
            begun = time.perf_counter()
            admin.request("GET", path)
            length = len(admin.getresponse().read())
            times.put((path, time.perf_counter() - begun, length))
        time.sleep(2)


def measure(peers, seconds):
    taken, end, turn = [], time.perf_counter() + seconds, 0
    while (begun := time.perf_counter()) < end:
        peer = peers[turn % len(peers)]
        turn += 1
        peer.send(b"0123456789abcdef")
        peer.recv(64)
        taken.append((time.perf_counter() - begun) * 1e6)
    taken.sort()
    return taken[len(taken) // 2], taken[int(len(taken) * .99)], taken[int(len(taken) * .999)], len(taken)


backend_process = multiprocessing.Process(target=backend, daemon=True)
backend_process.start()
process = subprocess.Popen([gateway, "--config", config])
try:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", 7100)).close()
            break
        except OSError:
            time.sleep(.1)
    ready, on, times = multiprocessing.Event(), multiprocessing.Event(), multiprocessing.Queue()
    begun = time.time()
    multiprocessing.Process(target=hold, args=(count, ready), daemon=True).start()
    ready.wait()
    print(f"{count} live connections after {time.time() - begun:.0f} s")
    multiprocessing.Process(target=ask, args=(on, times), daemon=True).start()
    peers = [connect(200000 + number) for number in range(16)]
    for peer in peers:
        peer.recv(1)
    measure(peers, 2)
    rows = []
    for pair in range(pairs):
        both = {}
        for asked in ((False, True) if pair % 2 == 0 else (True, False)):
            on.set() if asked else on.clear()
            time.sleep(2.2 if not asked else .1)
            both[asked] = measure(peers, seconds)
        on.clear()
        rows.append((both[False], both[True]))
        quiet, busy = both[False], both[True]
        print(f"pair {pair + 1:2}: p50 {quiet[0]:6.1f} -> {busy[0]:6.1f} us   p99 {quiet[1]:7.1f} -> {busy[1]:7.1f} us   "
              f"p99.9 {quiet[2]:7.1f} -> {busy[2]:7.1f} us   ({quiet[3]}, {busy[3]} round trips)", flush=True)
    for place, name in ((0, "p50"), (1, "p99"), (2, "p99.9")):
        quiet, busy = [row[0][place] for row in rows], [row[1][place] for row in rows]
        ratios = sorted(there / here for here, there in zip(quiet, busy))
        print(f"{name}: median {statistics.median(quiet):.1f} us without, {statistics.median(busy):.1f} us with; "
              f"ratio in pairs: median {statistics.median(ratios):.3f} ({ratios[len(ratios) // 4]:.3f} to {ratios[len(ratios) * 3 // 4]:.3f})")
    answers = {}
    while not times.empty():
        path, took, length = times.get()
        answers.setdefault(path, []).append((took * 1000, length))
    for path, taken in answers.items():
        print(f"{path}: median {statistics.median(t for t, _ in taken):.1f} ms, longest {max(t for t, _ in taken):.1f} ms, {taken[-1][1]} bytes")
    with open(f"/proc/{process.pid}/status") as status:
        print(next(line.strip() for line in status if line.startswith("VmRSS")))
finally:
    process.terminate()
    process.terminate()
PY

run=(python3 "$out/load.py" "$gateway" "$out/config.json" "$connections" "$pairs" "$seconds")
if [ "$(id -u)" = 0 ]; then
  unshare --net bash -c 'ip link set lo up; echo "10000 65535" > /proc/sys/net/ipv4/ip_local_port_range; exec "$@"' bash "${run[@]}"
else
  "${run[@]}"
fi
