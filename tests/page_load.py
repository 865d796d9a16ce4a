"""What tests/page-load.sh runs: 50,000 live connections through one gateway, the status page in Chromium, and the round trips of others.

A client, a gateway and a backend, each in a network namespace. Relayed connections take two descriptors of the gateway, those of HTTP one and
those of Dnat none, so the hard limit of descriptors decides how they are mixed. Clients and backends are processes that hold a part each.
"""
import base64, gc, http.client, json, os, random, resource, select, signal, socket, statistics, struct, subprocess, sys, tempfile, threading, time

SELF = os.path.abspath(__file__)
GATEWAY, BACKEND = "10.99.1.1", "10.99.2.2"
TCP, HTTP, DNAT = 7100, 7101, 7102
DNAT_BACKENDS, TCP_BACKENDS = 4, 2
ADMIN = ("127.0.0.1", 9901)
QUIET = .85
WARM = 120


def descriptors():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


# The client of a connection: an address of its own where nothing claims one, and the address that a PROXY header claims.
def own_address(number):
    return f"198.{18 + number // 65536}.{number // 256 % 256}.{number % 256}"


def claimed_address(number):
    return f"203.{number // 65536}.{number // 256 % 256}.{number % 256}"


def connect(kind, number):
    peer = socket.socket()
    peer.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
    peer.bind((own_address(number) if kind == "dnat" else f"198.19.255.{1 + number % 8}", 0))
    for attempt in range(5):
        try:
            peer.connect((GATEWAY, {"tcp": TCP, "http": HTTP, "dnat": DNAT}[kind]))
            break
        except ConnectionError:
            time.sleep(.2 * (attempt + 1))
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if kind == "tcp":
        peer.sendall(f"PROXY TCP4 {claimed_address(number)} 192.0.2.1 {1024 + number % 60000} 5432\r\nx".encode())
    else:
        peer.sendall(b"GET /page HTTP/1.1\r\nHost: example.com\r\n\r\n" if kind == "http" else b"x")
    return peer


# hold KIND FIRST COUNT: connects, waits for an answer on each, says so, and stays until its input ends.
def hold(kind, first, count):
    descriptors()
    held = []
    for number in range(first, first + count):
        held.append(connect(kind, number))
        if len(held) % 64 == 0:
            for peer in held[-64:]:
                peer.recv(4096)
    for peer in held[len(held) - len(held) % 64:]:
        peer.recv(4096)
    print("ready", flush=True)
    sys.stdin.read()


# backend PORT: sends back what it gets; on HTTP's port an answer to each request.
def backend(port):
    descriptors()
    listener = socket.create_server((BACKEND, port), backlog=4096)
    listener.setblocking(False)
    poll, peers = select.epoll(), {}
    poll.register(listener, select.EPOLLIN)
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" if port == 8000 else None
    print("ready", flush=True)
    while True:
        for number, _ in poll.poll():
            if number == listener.fileno():
                try:
                    peer, _ = listener.accept()
                except BlockingIOError:
                    continue
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                peers[peer.fileno()] = peer
                poll.register(peer, select.EPOLLIN)
                continue
            try:
                data = peers[number].recv(4096)
                if data:
                    peers[number].send(answer or data)
            except ConnectionError:
                data = b""
            if not data:
                poll.unregister(number)
                peers.pop(number).close()


# probe: a line with seconds in, the round trips of that time out. Both kinds in turn, on 16 connections each.
def probe():
    peers = {kind: [connect(kind, 90000 + number) for number in range(16)] for kind in ("tcp", "dnat")}
    for peer in [*peers["tcp"], *peers["dnat"]]:
        peer.recv(64)
    print("ready", flush=True)
    for line in sys.stdin:
        taken, end, turn = {"tcp": [], "dnat": []}, time.perf_counter() + float(line), 0
        while time.perf_counter() < end:
            for kind, times in taken.items():
                peer = peers[kind][turn % 16]
                begun = time.perf_counter()
                peer.send(b"0123456789abcdef")
                peer.recv(64)
                times.append((time.perf_counter() - begun) * 1e6)
            turn += 1
        print(json.dumps({kind: figures(times) for kind, times in taken.items()}), flush=True)


# pace RATE: as probe, but so many round trips of either kind a second, so that the cores are idle most of the time. Out come the times of all.
def pace(rate):
    gc.disable()
    peers = {kind: [connect(kind, 90000 + number) for number in range(16)] for kind in ("tcp", "dnat")}
    for peer in [*peers["tcp"], *peers["dnat"]]:
        peer.recv(64)
    print("ready", flush=True)
    for line in sys.stdin:
        taken, due, turn = {"tcp": [], "dnat": []}, time.perf_counter(), 0
        end = due + float(line)
        while due < end:
            for kind, times in taken.items():
                due += .5 / rate
                wait = due - time.perf_counter()
                if wait > 0:
                    time.sleep(wait)
                # A round trip that held up the next one counts in both. A late wake-up of this process does not count.
                begun = time.perf_counter() if wait > 0 else due
                peer = peers[kind][turn % 16]
                peer.send(b"0123456789abcdef")
                peer.recv(64)
                times.append(round((time.perf_counter() - begun) * 1e6))
            turn += 1
        print(json.dumps(taken), flush=True)


# look: reads the paths of one update, and asks for them at each event, as the page does over its connections. Nothing is made of the answers.
def look():
    paths = json.loads(sys.stdin.readline())
    for line in sys.stdin:
        if line == "open\n":
            stop, updates = threading.Event(), []
            watching = threading.Thread(target=watch, args=(paths, stop, updates))
            watching.start()
        else:
            stop.set()
            watching.join()
            print(len(updates), flush=True)


def watch(paths, stop, updates):
    asked = [http.client.HTTPConnection(*ADMIN) for _ in paths]

    def update():
        for admin, path in zip(asked, paths):
            admin.request("GET", path)
        for admin in asked:
            admin.getresponse().read()
        updates.append(time.perf_counter())

    events = http.client.HTTPConnection(*ADMIN)
    events.request("GET", "/api/events")
    answer = events.getresponse()
    update()
    print("open", flush=True)
    while not stop.is_set():
        if answer.readline() == b"event: status\n":
            update()
    for admin in [events, *asked]:
        admin.close()


def figures(times):
    times.sort()
    return {"p50": times[len(times) // 2], "p99": times[int(len(times) * .99)], "p99.9": times[int(len(times) * .999)], "count": len(times)}


class Browser:
    """A headless Chromium, by the DevTools protocol over its WebSocket."""

    all = []

    def __init__(self, folder, idle):
        # SCHED_IDLE: as if the browser were on another machine, as that of somebody who looks is. A group, not a session of its own: the kernel
        # shares the processors between sessions first (autogroup), and only those of the same session give way to each other.
        command = ["chromium", "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={folder}", "--no-sandbox", "--disable-gpu",
                   "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions", "--disable-background-networking", "--disable-sync",
                   "--window-size=1400,900", "about:blank"]
        self.process = subprocess.Popen(["chrt", "--idle" if idle else "--other", "0", *command], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, process_group=0)
        Browser.all.append(self)
        line = next(line for line in self.process.stderr if line.startswith("DevTools listening on "))
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        port = int(line.split(":")[2].split("/")[0])
        for _ in range(100):
            question = http.client.HTTPConnection("127.0.0.1", port)
            question.request("GET", "/json")
            pages = [one for one in json.loads(question.getresponse().read()) if one["type"] == "page"]
            if pages:
                break
            time.sleep(.1)
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        key = base64.b64encode(os.urandom(16)).decode()
        path = pages[0]["webSocketDebuggerUrl"].split(str(port), 1)[1]
        self.socket.sendall((f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        self.stream, self.last = self.socket.makefile("rb"), 0
        while self.stream.readline() != b"\r\n":
            pass

    def ask(self, method, **parameters):
        self.last += 1
        text = json.dumps({"id": self.last, "method": method, "params": parameters}).encode()
        size = bytes([0xfe]) + struct.pack("!H", len(text)) if len(text) > 125 else bytes([0x80 | len(text)])
        self.socket.sendall(b"\x81" + size + bytes(4) + text)  # a mask of zeros
        while True:
            message = b""
            while True:
                head, length = self.stream.read(2)
                if length > 125:
                    length = int.from_bytes(self.stream.read(2 if length == 126 else 8), "big")
                message += self.stream.read(length)
                if head & 0x80:
                    break
            answer = json.loads(message)
            if answer.get("id") == self.last:
                return answer["result"]

    def evaluate(self, expression):
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def open(self, address):
        self.ask("Page.enable")
        self.ask("Page.navigate", url=address)

    # Milliseconds of the page's clock from an action until a condition holds and a frame has been drawn.
    def until(self, condition, action=""):
        return self.evaluate(f"""new Promise(resolve => {{
            const begun = performance.now();
            {action};
            const look = () => {condition} ? requestAnimationFrame(() => resolve(performance.now() - begun)) : setTimeout(look, 5);
            look();
        }})""")

    def close(self):
        if self in Browser.all:
            Browser.all.remove(self)
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


ROWS = "document.querySelector('#live-table tbody')?.rows.length"
TYPE = "(() => {{ const field = document.querySelector('#client'); field.value = '{}'; field.dispatchEvent(new Event('input', {{ bubbles: true }})); }})()"
LIMIT = "(() => {{ const field = document.querySelector('#limit'); field.value = '{}'; field.dispatchEvent(new Event('change')); }})()"
SORT = "document.querySelectorAll('#live-table th button')[{}].click(); document.body.offsetHeight"


# What somebody does who looks, at the browser's ordinary priority.
def use_page(folder, dnat_number, tcp_number):
    browser = Browser(folder, idle=False)
    browser.open("http://127.0.0.1:9901/")
    browser.until(f"{ROWS} >= 100")
    print(f"page: first 100 rows {browser.evaluate('performance.now()'):.0f} ms after the navigation, at most; "
          f"{browser.evaluate('''document.querySelector('#live-count').textContent''')}")
    browser.evaluate("""window.longest = 0; new PerformanceObserver(list => {
        for (const entry of list.getEntries()) { window.longest = Math.max(window.longest, entry.duration); } }).observe({ entryTypes: ["longtask"] })""")
    for name, client in (("Dnat", own_address(dnat_number)), ("TCP", claimed_address(tcp_number))):
        took = browser.until("document.querySelector('#live-count').textContent === 'Connections: 1' && "
                             f"document.querySelector('#live-table td').textContent.startsWith('{client}:')", TYPE.format(client))
        print(f"page: found one client of {name} {took:.0f} ms after the last key (200 of them are a pause that the page makes)")
    took = browser.until(f"{ROWS} >= 100", TYPE.format(""))
    print(f"page: all again after {took:.0f} ms")
    for limit in (100, 1000):
        if limit == 1000:
            print(f"page: 1000 rows after {browser.until(f'{ROWS} >= 1000', LIMIT.format(1000)):.0f} ms")
        took = [browser.evaluate(f"(() => {{ const begun = performance.now(); {SORT.format(index)}; return performance.now() - begun; }})()")
                for index in (0, 8, 11)]
        print(f"page: {limit} rows sorted by client, bytes, age in {', '.join(f'{one:.0f}' for one in took)} ms")
        browser.evaluate("window.longest = 0")
        before = heap(browser)
        time.sleep(20)
        print(f"page: {limit} rows followed for 20 s: longest task {browser.evaluate('window.longest'):.0f} ms, "
              f"its heap {before:.1f} -> {heap(browser):.1f} MB")
    browser.close()


def heap(browser):
    browser.ask("HeapProfiler.collectGarbage")
    return browser.ask("Runtime.getHeapUsage")["usedSize"] / 1e6


def ask_api(dnat_number):
    admin = http.client.HTTPConnection(*ADMIN)
    one = own_address(dnat_number)
    for path in ("/api/connections?limit=100", "/api/connections?limit=1000", f"/api/connections?client={one}",
                 "/api/connections?client=203.0.0.0/16&limit=100", "/api/connections?listener=dnat&limit=1000", "/api/closed?limit=100",
                 "/api/listeners", "/api/routes", "/api/clusters", "/api/reasons", "/api/status"):
        times = []
        for _ in range(7):
            begun = time.perf_counter()
            admin.request("GET", path)
            length = len(admin.getresponse().read())
            times.append((time.perf_counter() - begun) * 1000)
            time.sleep(.4)
        print(f"api: {path}: median {statistics.median(times):.1f} ms, longest {max(times):.1f} ms, {length} bytes", flush=True)


def resident(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS"))


# What the gateway has used so far: its CPU in seconds, and what .NET has allocated and collected.
def used(pid):
    tasks = f"/proc/{pid}/task"
    ran = 0
    for task in os.listdir(tasks):
        try:
            with open(f"{tasks}/{task}/schedstat") as schedstat:
                ran += int(schedstat.read().split()[0])
        except OSError:
            pass  # the thread has ended
    admin = http.client.HTTPConnection(*ADMIN)
    admin.request("GET", "/metrics")
    metrics = dict(line.rsplit(" ", 1) for line in admin.getresponse().read().decode().splitlines() if not line.startswith("#"))
    number = lambda name: sum(float(value) for series, value in metrics.items() if series.split("{")[0] == name)
    return {"cpu": ran / 1e9, "allocated": number("dotnet_gc_heap_total_allocated_bytes_total"), "collections": number("dotnet_gc_collections_total")}


def idle_share():
    with open("/proc/stat") as stat:
        fields = [int(field) for field in stat.readline().split()[1:9]]
    return fields[3] + fields[4], sum(fields)


# The requests that the page makes for one update: those between two events, as the browser has them.
def record(folder):
    browser = Browser(folder, idle=False)
    browser.open("http://127.0.0.1:9901/?limit=100")
    browser.until(f"{ROWS} >= 100")
    time.sleep(10)
    entries = browser.evaluate("performance.getEntriesByType('resource').map(one => [one.startTime, one.name.replace(location.origin, '')])")
    browser.close()
    asked = sorted((begun / 1000, path) for begun, path in entries if path.startswith("/api/") and not path.startswith("/api/events"))
    last = asked[-1][0]
    update = [path for begun, path in asked if begun > last - 1]
    begins = [begun for begun, path in asked if path == update[0]]
    print(f"page: asks for {len(update)} resources every {statistics.median(b - a for a, b in zip(begins, begins[1:])):.2f} s: {' '.join(update)}")
    return update


# Without and with the page, in an order drawn anew for each pair, and after a pause that is drawn, too: what comes once a minute (the kernel
# looks for connections that have ended) would otherwise fall on the same side of all pairs.
def drawn(pause):
    time.sleep(random.uniform(0, pause))
    return random.sample((False, True), 2)


# What the gateway itself costs others: the page's requests without a browser, by a client that runs only where a core is idle.
def replayed(process, pacer, folder, pairs, seconds):
    client = subprocess.Popen(["chrt", "--idle", "0", sys.executable, SELF, "look"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def tell(text):
        client.stdin.write(text)
        client.stdin.flush()

    def measure(is_open):
        opened = time.perf_counter()
        if is_open:
            tell("open\n")
            expect(client)
        time.sleep(3)
        before, idle, begun = used(process.pid), idle_share(), time.perf_counter()
        pacer.stdin.write(f"{seconds}\n")
        pacer.stdin.flush()
        times = json.loads(expect(pacer))
        row = {kind: figures(taken) for kind, taken in times.items()}
        row["times"] = times
        after, took, idle_after = used(process.pid), time.perf_counter() - begun, idle_share()
        row.update({name: (after[name] - before[name]) / took for name in after})
        row["idle"] = (idle_after[0] - idle[0]) / (idle_after[1] - idle[1])
        if is_open:
            tell("close\n")
            # Those of the pauses, too: the client has to keep up.
            row["updates"] = int(expect(client)) / (time.perf_counter() - opened)
        return row

    rows = []
    try:
        tell(json.dumps(record(folder)) + "\n")
        # Until the page's code has been compiled for good.
        tell("open\n")
        expect(client)
        time.sleep(WARM)
        tell("close\n")
        expect(client)
        for pair in range(pairs):
            both = {is_open: measure(is_open) for is_open in drawn(seconds)}
            rows.append((both[False], both[True]))
            print(f"pair {pair + 1:2}: " + "   ".join(
                f"{kind} p50 {both[False][kind]['p50']:.0f} -> {both[True][kind]['p50']:.0f}, p99 {both[False][kind]['p99']:.0f} -> "
                f"{both[True][kind]['p99']:.0f} us" for kind in ("tcp", "dnat"))
                + f"   idle {both[False]['idle']:.2f} -> {both[True]['idle']:.2f}", flush=True)
    finally:
        client.kill()
    report_work(rows)
    compare(rows)
    for kind in ("tcp", "dnat"):
        without, with_page = (figures([one for row in rows for one in row[index]["times"][kind]]) for index in (0, 1))
        print(f"{kind}, all {without['count']} and {with_page['count']} round trips: "
              + ", ".join(f"{name} {without[name]} -> {with_page[name]} us" for name in ("p50", "p99", "p99.9")))
    # Others on this machine are seen in p99 long before this machine is busy.
    quiet = [row for row in rows if min(one["idle"] for one in row) > QUIET]
    if 0 < len(quiet) < len(rows):
        print(f"the {len(quiet)} pairs in which this machine was idle for more than {QUIET:.0%}:")
        report_work(quiet)
        compare(quiet)


def report_work(rows):
    def both(key, scale, digits):
        return " -> ".join(f"{statistics.median(row[index][key] for row in rows) * scale:.{digits}f}" for index in (0, 1))

    print(f"each second, without and with: CPU {both('cpu', 1000, 1)} ms, allocated {both('allocated', .001, 0)} KB, "
          f"collections {both('collections', 1, 2)}; updates {statistics.median(row[1]['updates'] for row in rows):.2f}")


def cpu(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def inside(name, *arguments):
    process = subprocess.Popen(["ip", "netns", "exec", name, sys.executable, SELF, *map(str, arguments)],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return process


def expect(process):
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"{process.args} has ended")
    return line


def config(path):
    dnat = {f"d{number}": {"Address": f"{BACKEND}:{7300 + number}"} for number in range(DNAT_BACKENDS)}
    tcp = {f"t{number}": {"Address": f"{BACKEND}:{7200 + number}"} for number in range(TCP_BACKENDS)}
    with open(path, "w") as file:
        json.dump({
            "Admin": {"Address": "127.0.0.1:9901"},
            "Checks": {"AtStart": "None"},
            "Limits": {"MaxConnections": 200000},
            "Listeners": {
                "tcp": {"Address": f"*:{TCP}", "Protocol": "Tcp", "ProxyProtocol": {"TrustedProxies": ["198.19.255.0/24"]}},
                "http": {"Address": f"*:{HTTP}", "Protocol": "Http"},
                "dnat": {"Address": f"*:{DNAT}", "Protocol": "Tcp"}},
            "TcpProxy": {
                "Routes": {"tcp": {"Listener": "tcp", "ClusterId": "tcp", "SourceIp": {"Mode": "None"}, "IdleTimeout": "10:00:00"},
                           "dnat": {"Listener": "dnat", "ClusterId": "dnat", "SourceIp": {"Mode": "Dnat"}}},
                "Clusters": {"tcp": {"HealthCheck": {"Passive": {"Enabled": False}}, "Destinations": tcp},
                             "dnat": {"Destinations": dnat}}},
            "ReverseProxy": {
                "Routes": {"http": {"ClusterId": "http", "Match": {"Path": "{**all}"}}},
                "Clusters": {"http": {"Destinations": {"h": {"Address": f"http://{BACKEND}:8000"}}}}},
            "Logging": {"LogLevel": {"Default": "Warning"}}}, file)


def compare(rows):
    for kind in ("tcp", "dnat"):
        for name in ("p50", "p99", "p99.9"):
            quiet, busy = [row[0][kind][name] for row in rows], [row[1][kind][name] for row in rows]
            ratios = sorted(there / here for here, there in zip(quiet, busy))
            print(f"{kind} {name}: median {statistics.median(quiet):.0f} us without, {statistics.median(busy):.0f} us with the page; "
                  f"ratio in pairs {statistics.median(ratios):.3f} ({ratios[len(ratios) // 4]:.3f} to {ratios[len(ratios) * 3 // 4]:.3f})")


def paired(process, prober, folder, pairs, seconds):
    def measure(page):
        browser.open("http://127.0.0.1:9901/?limit=100" if page else "about:blank")
        time.sleep(3)
        before, begun = cpu(process.pid), time.perf_counter()
        prober.stdin.write(f"{seconds}\n")
        prober.stdin.flush()
        row = json.loads(expect(prober))
        row["cpu"] = (cpu(process.pid) - before) / (time.perf_counter() - begun)
        return row

    browser, rows, at_first = Browser(folder, idle=True), [], resident(process.pid)
    for pair in range(pairs):
        both = {page: measure(page) for page in drawn(10)}
        rows.append((both[False], both[True]))
        print(f"pair {pair + 1:2}: " + "   ".join(
            f"{kind} p50 {both[False][kind]['p50']:.0f} -> {both[True][kind]['p50']:.0f}, p99 {both[False][kind]['p99']:.0f} -> "
            f"{both[True][kind]['p99']:.0f} us" for kind in ("tcp", "dnat")), flush=True)
    browser.close()
    compare(rows)
    # A connection that the page has nothing to do with costs CPU, too: what the page adds for each round trip is not taken off here.
    print("CPU of the gateway, cores: " + ", ".join(
        f"{statistics.median(row[index]['cpu'] for row in rows):.3f} {name}" for index, name in ((0, "without"), (1, "with the page"))))
    print(f"resident: {at_first:.0f} MB before the pairs, {resident(process.pid):.0f} MB after")


def idle_cpu(process, folder):
    browser = Browser(folder, idle=True)
    for name, address in (("no page", "about:blank"), ("the page", "http://127.0.0.1:9901/"), ("1000 rows", "http://127.0.0.1:9901/?limit=1000")):
        browser.open(address)
        time.sleep(3)
        if name == "1000 rows":
            browser.until(f"{ROWS} >= 1000", LIMIT.format(1000))
        before = cpu(process.pid)
        time.sleep(20)
        print(f"CPU of the gateway that carries nothing, {name}: {(cpu(process.pid) - before) / 20 * 100:.1f} % of a core", flush=True)
    browser.close()


def run(gateway, namespaces, count, pairs, seconds, rate):
    client, backends = namespaces
    # Chromium inherits the limit that this process has, and its select() takes 1,024 descriptors at most: each child raises its own.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    tcp = min(8000, (hard - 3000) // 2 - 500, count // 4)
    of_http = min(1000, count // 10)
    dnat = count - tcp - of_http
    with tempfile.TemporaryDirectory() as folder:
        config(f"{folder}/config.json")
        children = [inside(backends, "backend", port)
                    for port in [8000, *(7200 + n for n in range(TCP_BACKENDS)), *(7300 + n for n in range(DNAT_BACKENDS))]]
        for child in children:
            expect(child)
        process = subprocess.Popen([gateway, "--config", f"{folder}/config.json"])
        try:
            for _ in range(200):
                try:
                    admin = http.client.HTTPConnection(*ADMIN)
                    admin.request("GET", "/api/clusters")
                    clusters = json.loads(admin.getresponse().read())["clusters"]
                    if all(one["health"] == "healthy" for cluster in clusters if cluster["name"] == "dnat" for one in cluster["destinations"]):
                        break
                except OSError:
                    pass
                time.sleep(.1)
            print(f"resident at rest: {resident(process.pid):.0f} MB")
            begun, part = time.time(), min(hard - 1000, 12000)
            kinds = [("tcp", 0, tcp), ("http", 0, of_http), *(("dnat", first, min(part, dnat - first)) for first in range(0, dnat, part))]
            holders = [inside(client, "hold", *one) for one in kinds]
            children += holders
            for holder in holders:
                expect(holder)
            admin = http.client.HTTPConnection(*ADMIN)
            admin.request("GET", "/api/status")
            print(f"{json.loads(admin.getresponse().read())['connections']} live after {time.time() - begun:.0f} s; "
                  f"resident {resident(process.pid):.0f} MB", flush=True)
            if rate:
                pacer = inside(client, "pace", rate)
                children.append(pacer)
                expect(pacer)
                replayed(process, pacer, f"{folder}/used", pairs, seconds)
                return
            ask_api(dnat - 7)
            prober = inside(client, "probe")
            children.append(prober)
            expect(prober)
            use_page(f"{folder}/used", dnat - 7, tcp // 2)
            idle_cpu(process, f"{folder}/idle")
            prober.stdin.write("2\n")
            prober.stdin.flush()
            expect(prober)
            paired(process, prober, f"{folder}/paired", pairs, seconds)
        finally:
            for browser in list(Browser.all):
                browser.close()
            process.terminate()
            for child in children:
                child.kill()
            process.wait()


if __name__ == "__main__":
    role, *rest = sys.argv[1:]
    if role == "hold":
        hold(rest[0], int(rest[1]), int(rest[2]))
    elif role == "backend":
        backend(int(rest[0]))
    elif role == "probe":
        probe()
    elif role == "pace":
        pace(float(rest[0]))
    elif role == "look":
        look()
    else:
        sys.stdout.reconfigure(line_buffering=True)
        run(rest[0], rest[1:3], int(rest[3]), int(rest[4]), float(rest[5]), float(rest[6]))
