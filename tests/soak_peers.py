"""Who talks to the gateway of soak.py: backends, innocent clients, attackers."""
import asyncio
import contextlib
import random
import socket
import struct
import time

LISTENERS = {"tcp": 9000, "pp": 9001, "h1": 8080, "h2": 8081, "probes": 9900, "admin": 9901}
INNOCENT, ATTACKER = "127.0.0.10", "127.0.0.66"
PATIENCE = 15  # seconds until a request counts as lost
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
BIG = 4 << 20


# ---- Backends ------------------------------------------------------------------------------------------------------------------------

async def echo_backend(reader, writer):
    """Answers with the four bytes of the address in the PROXY header, then with what comes."""
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        head = await reader.readexactly(16)
        addresses = await reader.readexactly(struct.unpack("!H", head[14:])[0])
        writer.write(addresses[:4])
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()


async def web_backend(reader, writer):
    """/big: 4 MiB; /deaf: reads no body, for two minutes; else the body comes back."""
    with contextlib.suppress(OSError, ValueError, asyncio.IncompleteReadError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            path = head.split(b" ", 2)[1]
            if path == b"/deaf":
                writer.transport.pause_reading()
                await asyncio.sleep(120)
                break
            body = await read_body(reader, head)
            if path == b"/big":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % BIG)
                for _ in range(BIG >> 16):
                    writer.write(bytes(65536))
                    await writer.drain()
            else:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                await writer.drain()
    writer.transport.abort()


def quiet(loop, context):
    """What ends with the run is no news."""
    if not isinstance(context.get("exception"), asyncio.CancelledError):
        loop.default_exception_handler(context)


async def read_body(reader, head):
    """A message's body, by its length or in chunks."""
    if b"\r\ntransfer-encoding: chunked" in head:
        body = b""
        while size := int((await reader.readline()).split(b";")[0], 16):
            body += await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readline()
        return body
    _, _, rest = head.partition(b"\r\ncontent-length:")
    return await reader.readexactly(int(rest.split(b"\r\n")[0])) if rest else b""


# ---- HTTP/2 --------------------------------------------------------------------------------------------------------------------------

def frame(kind, flags, stream, payload=b""):
    return struct.pack("!I", len(payload))[1:] + bytes([kind, flags]) + struct.pack("!I", stream) + payload


def h2_head(method, path, length=None):
    """A header block without Huffman coding and without the dynamic table."""
    block = {"GET": b"\x82", "POST": b"\x83"}[method] + b"\x86\x04" + bytes([len(path)]) + path + b"\x01\x04soak"
    return block + (b"\x0f\x0d" + bytes([len(str(length))]) + str(length).encode() if length is not None else b"")


def h2_hello(window):
    """Preface, no header table (so that `:status 200` is one known byte), and room of `window` bytes for each stream and for all."""
    settings = struct.pack("!HIHI", 1, 0, 4, window)
    return PREFACE + frame(4, 0, 0, settings) + frame(8, 0, 0, struct.pack("!I", window))


class H2:
    """A client of one HTTP/2 connection."""

    def __init__(self):
        self.streams, self.next, self.room, self.changed = {}, 1, 65535, asyncio.Event()

    async def open(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", LISTENERS["h2"], local_addr=(INNOCENT, 0))
        self.writer.write(h2_hello(1 << 24))
        self.loop = asyncio.ensure_future(self.read())
        return self

    async def read(self):
        try:
            while True:
                head = await self.reader.readexactly(9)
                payload = await self.reader.readexactly(int.from_bytes(head[:3], "big"))
                self.on_frame(head[3], head[4], struct.unpack("!I", head[5:])[0], payload)
        except (OSError, asyncio.IncompleteReadError) as e:
            for _, done in self.streams.values():
                done.cancelled() or done.done() or done.set_exception(ConnectionError(f"HTTP/2 connection ended: {e!r}"))

    def on_frame(self, kind, flags, stream, payload):
        body, done = self.streams.get(stream, (None, None))
        if kind == 0 and payload:
            self.writer.write(frame(8, 0, 0, struct.pack("!I", len(payload))))
            if body is not None:
                body.extend(payload)
        elif kind == 1 and body is not None and payload.lstrip(bytes(range(0x20, 0x40)))[:1] != b"\x88":
            done.done() or done.set_exception(ValueError(f"status is not 200: {payload[:8].hex()}"))
        elif kind == 3 and body is not None:
            done.done() or done.set_exception(ValueError(f"RST_STREAM {payload.hex()}"))
        elif kind == 4 and not flags & 1:
            self.writer.write(frame(4, 1, 0))
        elif kind == 6 and not flags & 1:
            self.writer.write(frame(6, 1, 0, payload))
        elif kind == 8 and stream == 0:
            self.room += struct.unpack("!I", payload)[0]
            self.changed.set()
        if kind in (0, 1) and flags & 1 and body is not None and not done.done():
            done.set_result(bytes(body))

    async def post(self, body):
        stream, self.next = self.next, self.next + 2
        self.streams[stream] = (bytearray(), asyncio.get_running_loop().create_future())
        try:
            self.writer.write(frame(1, 4, stream, h2_head("POST", b"/echo", len(body))))
            for at in range(0, len(body), 16384):
                part = body[at:at + 16384]
                while self.room < len(part):
                    self.changed.clear()
                    await self.changed.wait()
                self.room -= len(part)
                self.writer.write(frame(0, 1 if at + 16384 >= len(body) else 0, stream, part))
            return await self.streams[stream][1]
        finally:
            del self.streams[stream]

    def close(self):
        self.loop.cancel()
        self.writer.transport.abort()


# ---- Innocent clients ----------------------------------------------------------------------------------------------------------------

class Innocents:
    """Ask at a steady rate; an answer that is late, missing or different is a lost request."""

    def __init__(self):
        self.asked, self.lost, self.times, self.why = {}, 0, [], []

    async def every(self, name, seconds, ask):
        tasks = set()
        at = time.monotonic()
        while True:
            # In its own task: a slow answer does not slow the others down.
            task = asyncio.ensure_future(self.one(name, ask))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            at = max(at + seconds, time.monotonic() - 1)
            await asyncio.sleep(at - time.monotonic())

    async def one(self, name, ask):
        self.asked[name] = self.asked.get(name, 0) + 1
        begin = time.monotonic()
        try:
            await asyncio.wait_for(ask(), PATIENCE)
            self.times.append(time.monotonic() - begin)
        except (OSError, ValueError, EOFError, asyncio.TimeoutError) as e:
            self.lost += 1
            self.why.append(f"{time.strftime('%H:%M:%S')} {name}: {e!r} after {time.monotonic() - begin:.2f} s")
            print("lost:", self.why[-1], flush=True)


def some_bytes():
    return random.randbytes(random.choice((1, 100, 1000, 5000, 32768)))


def same(expected, seen):
    if expected != seen:
        raise ValueError(f"{len(expected)} bytes expected, {len(seen)} others came")


async def tcp_once(port="tcp", header=b"", address=INNOCENT):
    """A connection: the backend learns the client's address, and every byte comes back, up to the end."""
    body = some_bytes()
    reader, writer = await asyncio.open_connection("127.0.0.1", LISTENERS[port], local_addr=(INNOCENT, 0))
    try:
        writer.write(header + body)
        writer.write_eof()
        same(socket.inet_aton(address) + body, await reader.readexactly(4 + len(body)))
    finally:
        writer.transport.abort()


async def pp_once():
    await tcp_once("pp", b"PROXY TCP4 203.0.113.7 192.0.2.1 40000 443\r\n", "203.0.113.7")


class LongTcp:
    """A connection that lasts for the whole run."""

    lock = None

    async def ask(self):
        self.lock = self.lock or asyncio.Lock()
        async with self.lock:
            body = some_bytes()
            if not hasattr(self, "reader"):
                self.reader, self.writer = await asyncio.open_connection("127.0.0.1", LISTENERS["tcp"], local_addr=(INNOCENT, 0))
                self.writer.write(b"!")
                await self.reader.readexactly(5)
            self.writer.write(body)
            same(body, await self.reader.readexactly(len(body)))


class KeptH1:
    """Kept-alive connections, each replaced after some requests."""

    def __init__(self):
        self.idle = []

    async def ask(self):
        # A connection that was idle for KeepAliveTimeout has ended in order.
        self.idle = [one for one in self.idle if not one[0].at_eof()]
        reader, writer, count = self.idle.pop() if self.idle else (
            *await asyncio.open_connection("127.0.0.1", LISTENERS["h1"], local_addr=(INNOCENT, 0)), 0)
        try:
            body = some_bytes()
            writer.write(b"POST /r7/0/x HTTP/1.1\r\nHost: soak\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200 "):
                raise ValueError(head[:60])
            same(body, await read_body(reader, head.lower()))
        except BaseException:
            writer.transport.abort()
            raise
        if count < 50:
            self.idle.append((reader, writer, count + 1))
        else:
            writer.transport.abort()


class KeptH2:
    """One HTTP/2 connection, replaced after some requests; the old one ends with its last stream."""

    def __init__(self):
        self.opening, self.count = None, 0

    async def ask(self):
        if self.count % 200 == 0:
            self.opening = asyncio.ensure_future(H2().open())
        self.count += 1
        opening, last = self.opening, self.count % 200 == 0
        client = await asyncio.shield(opening)
        body = some_bytes()
        same(body, await client.post(body))
        if last:
            asyncio.get_running_loop().call_later(PATIENCE, client.close)


async def get(path, port, source):
    reader, writer = await asyncio.open_connection("127.0.0.1", LISTENERS[port], local_addr=(source, 0))
    try:
        writer.write(b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n" % path.encode())
        answer = await reader.read(-1)
    finally:
        writer.transport.abort()
    if not answer.startswith(b"HTTP/1.1 200 "):
        raise ValueError(answer[:60])
    return answer.decode(errors="replace")


# ---- Attacks -------------------------------------------------------------------------------------------------------------------------

async def hold(port, count, seconds, first=b"", over=2.0):
    """Opens connections within `over` seconds, sends each `first`, keeps them for `seconds` and ends half of them with a reset."""
    sockets = []
    try:
        for i in range(count):
            s = socket.socket()
            s.setblocking(False)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
            s.bind((ATTACKER, 0))
            s.connect_ex(("127.0.0.1", LISTENERS[port]))
            sockets.append(s)
            if i % 50 == 49:
                await asyncio.sleep(over * 50 / count)
        await asyncio.sleep(1)
        await push(sockets, first, seconds - over - 1)
    finally:
        for i, s in enumerate(sockets):
            if i % 2:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            s.close()


async def push(sockets, first, seconds):
    """Sends what each takes; nobody reads, but for one byte in ten seconds on some."""
    left = {s: memoryview(first) for s in sockets} if first else {}
    end = time.monotonic() + seconds
    while (rest := end - time.monotonic()) > 0:
        for s, data in list(left.items()):
            try:
                left[s] = data[s.send(data[:65536]):]
            except BlockingIOError:
                continue
            except OSError:
                left[s] = b""
            if not left[s]:
                del left[s]
        for s in sockets[::10]:
            with contextlib.suppress(OSError):
                s.recv(1024)
        await asyncio.sleep(min(rest, 2))


def upload(path, length, sent):
    return b"POST %s HTTP/1.1\r\nHost: soak\r\nContent-Length: %d\r\n\r\n" % (path, length) + bytes(sent)


def h2_streams(count, window, head, body=b""):
    """Many streams of one connection; the body of each in frames."""
    frames = [h2_hello(window)]
    for i in range(count):
        stream = 2 * i + 1
        frames.append(frame(1, 4 if body else 5, stream, head))
        if body:
            frames.append(frame(0, 0, stream, body))
    return b"".join(frames)


def attacks(cycle):
    """What happens in one minute, each for less than that."""
    half = b"PROXY TCP4 203.0.1"
    yield hold("tcp", 300, 45)
    yield hold("pp", 300, 45, half if cycle % 2 else b"\r\n\r\n\0\r\nQU")
    yield hold("h1", 300, 45, b"GET / HTTP/1.1\r\nHost: so" if cycle % 2 else b"")
    yield hold("h2", 200, 45, PREFACE[:10] if cycle % 2 else PREFACE)
    for port in ("probes", "admin"):
        yield hold(port, 150, 20, (b"", half, b"GET /healthz/ready HTTP/1.1\r\n")[cycle % 3])
    yield hold("h1", 60, 50, upload(b"/deaf", 1 << 30, BIG))
    yield hold("h1", 60, 50, upload(b"/echo", 1 << 20, 1 << 17))
    yield hold("h2", 5, 50, h2_streams(50, 65535, h2_head("POST", b"/deaf", 1 << 30), bytes(1200)))
    yield hold("h1", 60, 50, b"GET /big HTTP/1.1\r\nHost: soak\r\n\r\n")
    yield hold("h2", 5, 50, h2_streams(50, 1 << 24, h2_head("GET", b"/big")))
    if cycle % 3 == 1:
        yield hold("h2", 2, 20, h2_hello(65535) + frame(6, 0, 0, bytes(8)) * 30000)
        yield hold("h2", 2, 20, h2_hello(65535) + frame(1, 4, 1, h2_head("POST", b"/echo")) + frame(0, 0, 1) * 30000)
    if cycle % 5 == 2:
        # More than there are places, silent, on TCP.
        yield hold("tcp", 5000, 50, over=20)


async def attack(until, cycles):
    """Rounds of a minute as long as there is time; how many there were."""
    done = 0
    for cycle in cycles:
        if time.monotonic() + 60 >= until:
            break
        running = []
        for one in attacks(cycle):
            running.append(asyncio.ensure_future(one))
            await asyncio.sleep(0.3)
        await asyncio.gather(*running)
        await asyncio.sleep(2)
        done += 1
    return done
