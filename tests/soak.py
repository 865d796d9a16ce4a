#!/usr/bin/env python3
"""An hour with everything that peers can do to a gateway's memory, descriptors and log, outside CI.

    tests/soak.py [--minutes 60] [--gateway EXECUTABLE] [--log FILE]

As root, with the .NET SDK (without --gateway the Release build is published first), unshare, mount and ip. Everything happens in a network
and mount namespace of its own: nothing else on the machine is met.

The gateway has its shipped limits and the heap of a container of 1 GiB (deploy/base), and writes its log to a disk that is full three
quarters of the time. Meanwhile

- innocent clients ask on TCP, HTTP/1.1, HTTP/2 and Probes at a steady rate, and compare each answer byte for byte;
- the configuration is read anew every 5 s: changed, broken, and with a port that is in use;
- uploads stall (a backend that reads nothing, a client that stops), on HTTP/1.1 and HTTP/2;
- readers take nothing, or a little now and then, on HTTP/1.1 and HTTP/2;
- connections flood every listener, Probes and Admin too: silent, or with half a PROXY header or half a request; now and then on TCP more
  than there are places; HTTP/2 frames without content.

The warm-up is three rounds, in which each attack occurs, and a quiet minute: its end is the baseline, since .NET keeps what it has once
needed. At the end come three quiet minutes. Exit code 1: a promise of those at the end of the report was broken, first of all that no
innocent request is lost. The gateway and this script take some 15 % of a core.
"""
import argparse
import asyncio
import contextlib
import itertools
import json
import os
import pathlib
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import soak_peers as peers

HEAP = 768 << 20  # what .NET takes of a container of 1 GiB
ECHO, WEB, BUSY = 7000, 7001, 7099  # backends, and a port that is taken
SCRAPER = "127.0.0.2"
HTTP_ROUTES = 300
QUIET = 180


def config(n):
    """The file of the n-th reload. What innocent clients use stays; everything beside changes."""
    listeners = {
        "tcp": {"Address": f"127.0.0.1:{peers.LISTENERS['tcp']}", "Protocol": "Tcp"},
        "pp": {"Address": f"127.0.0.1:{peers.LISTENERS['pp']}", "Protocol": "Tcp", "ProxyProtocol": {"TrustedProxies": ["127.0.0.0/8"]}},
        "h1": {"Address": f"127.0.0.1:{peers.LISTENERS['h1']}", "Protocol": "Http"},
        "h2": {"Address": f"127.0.0.1:{peers.LISTENERS['h2']}", "Protocol": "Http", "HttpVersion": "Http2"},
    }
    if n % 2:
        listeners["extra"] = {"Address": "127.0.0.1:8090", "Protocol": "Http", "HttpLimits": {"MaxRequestHeaderCount": 50 + n % 7}}
    if n % 8 == 5:
        listeners["busy"] = {"Address": f"127.0.0.1:{BUSY}", "Protocol": "Http"}
    routes = {f"r{i}": {"ClusterId": "web", "Match": {"Path": f"/r{i}/{n % 3}/{{**rest}}"}} for i in range(HTTP_ROUTES)}
    routes["all"] = {"ClusterId": "web", "Match": {"Path": "{**rest}"}}
    source = {"Mode": "ProxyProtocol", "Version": "V2"}
    return {
        "Listeners": listeners,
        "TcpProxy": {
            "Routes": {name: {"Listener": name, "ClusterId": "echo", "SourceIp": source, "IdleTimeout": f"{30 + n % 5}m"}
                       for name in ("tcp", "pp")},
            "Clusters": {"echo": {"ConnectTimeout": "5s", "Destinations": {"echo": {"Address": f"127.0.0.1:{ECHO}"}}}},
        },
        "ReverseProxy": {"Routes": routes, "Clusters": {"web": {"Destinations": {"web": {"Address": f"http://127.0.0.1:{WEB}/"}}}}},
        "Probes": {"Address": f"127.0.0.1:{peers.LISTENERS['probes']}",
                   "ProxyProtocol": {"TrustedProxies": ["127.0.0.0/8"], "HealthCheckers": [f"{SCRAPER}/32"]}},
        "Shutdown": {"DrainTimeout": "3s"},
    }


# ---- The gateway ---------------------------------------------------------------------------------------------------------------------

class Gateway:
    def __init__(self, executable, folder):
        self.folder, self.path = folder, folder / "appsettings.json"
        self.disk = folder / "disk"
        self.disk.mkdir()
        subprocess.check_call(["mount", "-t", "tmpfs", "-o", "size=256k", "soak", str(self.disk)])
        self.write(json.dumps(config(0)))
        self.good, self.bad, self.written = 0, 0, 0
        environment = {**os.environ, "DOTNET_GCHeapHardLimit": hex(HEAP), "DOTNET_EnableDiagnostics": "0"}
        with open(self.disk / "log", "ab") as log:
            self.process = subprocess.Popen(
                [executable, "run", "--config", str(self.path)], stdout=log, stderr=log, cwd=folder, env=environment)

    def write(self, text):
        new = self.folder / "new"
        new.write_text(text)
        os.replace(new, self.path)

    async def reload(self):
        for n in range(1, 1 << 30):
            await asyncio.sleep(5)
            self.write(json.dumps(config(n))[:-1 if n % 8 == 3 else None])
            if n % 8 in (3, 5):
                self.bad += 1
            else:
                self.good += 1

    async def fill_disk(self):
        """Full for 45 s of each minute; then somebody clears it up, and the log goes on."""
        log, filler = self.disk / "log", self.disk / "filler"
        while True:
            with contextlib.suppress(OSError), open(filler, "ab", buffering=0) as f:
                while True:
                    f.write(bytes(4096))
            await asyncio.sleep(45)
            filler.unlink()
            os.truncate(log, 0)
            await asyncio.sleep(15)
            self.written += log.stat().st_size

    async def metrics(self):
        """{name: sum over its series}, and {name{labels}: value}."""
        values = {}
        for line in (await peers.get("/metrics", "probes", SCRAPER)).splitlines():
            if line[:1].isalpha() and " " in line and not line.startswith("HTTP/"):
                series, _, rest = line.rpartition("} ") if "}" in line else line.partition(" ")
                with contextlib.suppress(ValueError, IndexError):
                    for key in {series, series.partition("{")[0]}:
                        values[key] = values.get(key, 0) + float(rest.split()[0])
        return values

    async def sample(self):
        process = pathlib.Path("/proc", str(self.process.pid))
        status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines() if ":" in line)
        values = await self.metrics()
        return {
            "rss": int(status["VmRSS"].split()[0]) >> 10,
            "heap": int(values.get("dotnet_gc_last_collection_heap_size_bytes", 0)) >> 20,
            "fds": len(os.listdir(process / "fd")),
            "threads": int(status["Threads"]),
            "places": int(values.get("gateway_connection_count", 0)),
            "waiting": int(values.get("gateway_http_response_waiting", 0)),
        }


# ---- The run -------------------------------------------------------------------------------------------------------------------------

async def middle(gateway, seconds):
    """The medians of what is seen within some seconds."""
    samples = []
    for _ in range(max(1, seconds // 5)):
        samples.append(await gateway.sample())
        await asyncio.sleep(5)
    return {key: int(statistics.median(sample[key] for sample in samples)) for key in samples[0]}


async def watch(gateway, innocents, peaks):
    last, begin = 0, time.monotonic()
    while True:
        with contextlib.suppress(OSError, ValueError, asyncio.TimeoutError):
            seen = await asyncio.wait_for(gateway.sample(), peers.PATIENCE)
            for key, value in seen.items():
                peaks[key] = max(peaks.get(key, 0), value)
            if time.monotonic() - last > 60:
                last = time.monotonic()
                print(f"{(last - begin) / 60:5.1f} min", seen, f"asked={sum(innocents.asked.values())} lost={innocents.lost}", flush=True)
        await asyncio.sleep(5)


async def run(arguments, folder):
    asyncio.get_running_loop().set_exception_handler(peers.quiet)
    begin = time.monotonic()
    attack_end = begin + arguments.minutes * 60 - QUIET
    for handler, port in ((peers.echo_backend, ECHO), (peers.web_backend, WEB)):
        await asyncio.start_server(handler, "127.0.0.1", port, backlog=4096)
    busy = socket.create_server(("127.0.0.1", BUSY))
    gateway, innocents, peaks = Gateway(arguments.gateway, folder), peers.Innocents(), {}
    while True:
        with contextlib.suppress(OSError, ValueError):
            await peers.get("/healthz/ready", "admin", SCRAPER)
            break
        if gateway.process.poll() is not None:
            sys.exit("the gateway did not start: " + (gateway.disk / "log").read_text())
        await asyncio.sleep(0.1)
    tasks = [asyncio.ensure_future(task) for task in (
        innocents.every("tcp", 0.2, peers.tcp_once),
        innocents.every("tcp proxy header", 0.5, peers.pp_once),
        innocents.every("tcp long", 1, peers.LongTcp().ask),
        innocents.every("http/1.1", 0.1, peers.KeptH1().ask),
        innocents.every("http/2", 0.2, peers.KeptH2().ask),
        innocents.every("probes", 2, lambda: peers.get("/healthz/ready", "probes", SCRAPER)),
        gateway.fill_disk(),
        watch(gateway, innocents, peaks))]
    reloads = asyncio.ensure_future(gateway.reload())
    await asyncio.sleep(30)
    fresh = await middle(gateway, 30)
    await peers.attack(begin + 330, range(3))
    await asyncio.sleep(60)
    base = await middle(gateway, 30)
    print("fresh   ", fresh)
    print("baseline", base, flush=True)
    cycles = await peers.attack(attack_end, itertools.count())
    print("quiet", flush=True)
    await asyncio.sleep(QUIET - 30)
    end = await middle(gateway, 30)
    reloads.cancel()
    # The last of them is in force by then.
    await asyncio.sleep(12)
    values = await gateway.metrics()
    for task in tasks:
        task.cancel()
    busy.close()
    gateway.process.send_signal(signal.SIGTERM)
    code = await asyncio.get_running_loop().run_in_executor(None, gateway.process.wait, 30)
    taken = time.monotonic() - begin
    used = [(usage.ru_utime + usage.ru_stime) / taken
            for usage in (resource.getrusage(resource.RUSAGE_CHILDREN), resource.getrusage(resource.RUSAGE_SELF))]
    times = sorted(innocents.times)

    def counter(name):
        return int(values.get(name, 0))

    def labelled(name, label):
        return sum(int(value) for key, value in values.items() if key.startswith(name + "{") and label in key)

    failed_writes = labelled("gateway_log_dropped_total", "write_failed")
    good, refused = labelled("gateway_config_reload_total", "succeeded"), labelled("gateway_config_reload_total", "failed")
    print(f"fresh    {fresh}\nbaseline {base}\nend      {end}\npeak     {peaks}")
    print(f"{taken / 60:.1f} minutes, {cycles} cycles of attacks; "
          f"reloads {good} of {gateway.good} good, {refused} refused of {gateway.bad} bad")
    print(f"innocent requests {innocents.asked}: lost {innocents.lost}; ms p50 {times[len(times) // 2] * 1e3:.1f}, p99 "
          f"{times[len(times) * 99 // 100] * 1e3:.1f}, most {times[-1] * 1e3:.0f}")
    print(f"log: {failed_writes} lines lost to the full disk, {gateway.written} bytes written where there was room; ended for floods "
          f"{counter('gateway_http_connection_flooded_total')}, for stalls {counter('gateway_http_response_stalled_total')}; rejected "
          f"{counter('gateway_tcp_connection_rejected_total')}")
    print(f"CPU: gateway {used[0]:.0%}, this script {used[1]:.0%} of a core")
    promises = {
        "no request of an innocent client is lost": innocents.lost == 0,
        "descriptors are back": end["fds"] <= base["fds"] + 20,
        "places are back": end["places"] <= base["places"] + 10,
        "no response waits": end["waiting"] == 0,
        "resident memory is back": end["rss"] <= base["rss"] * 1.25 + 32,
        "the heap is back": end["heap"] <= base["heap"] * 1.25 + 32,
        "threads are back": end["threads"] <= base["threads"] + 5,
        "the container's memory was enough": peaks["rss"] < 1024,
        "every good file came into force": good >= gateway.good,
        "the disk was full, and the log went on afterwards": failed_writes > 0 and gateway.written > 0,
        "frame floods ended": cycles < 2 or counter("gateway_http_connection_flooded_total") > 0,
        "the gateway ends with 0": code == 0,
    }
    for what, holds in promises.items():
        print("holds " if holds else "BROKEN", what)
    return all(promises.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--gateway", help="the executable; by default the Release build of this tree is published")
    arguments = parser.parse_args()
    if arguments.minutes < 11:
        parser.error("less than 11 minutes have no room for the warm-up, some attacks and the quiet end")
    root = pathlib.Path(__file__).resolve().parent.parent
    if "GATEWAY_SOAK" not in os.environ:
        # Once, inside namespaces of its own.
        os.environ["GATEWAY_SOAK"] = "1"
        os.execvp("unshare", ["unshare", "--mount", "--net", sys.executable, *sys.argv])
    subprocess.check_call(["ip", "link", "set", "lo", "up"])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        folder = pathlib.Path(folder)
        if not arguments.gateway:
            subprocess.check_call(["dotnet", "publish", str(root / "src/Gateway"), "-c", "Release", "-o", str(folder / "app"), "-v", "q"])
            arguments.gateway = str(folder / "app/Gateway")
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        try:
            held = asyncio.run(run(arguments, folder))
        finally:
            subprocess.call(["umount", "-l", str(folder / "disk")])
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()
