"""Uploads a droplet many times at once, while manifests are pulled at a fixed rate, and prints what came of it.

    crowd.py --server PID --jcmd FILE --api HOST:PORT --registry HOST:PORT --limit MB DROPLET

Each pull is timed from when it was due, so that one late answer counts for all that waited behind it. The pulls have a
process of their own, ahead of all others at the processors if we may: kubelets have machines of their own.
"""

import argparse
import concurrent.futures
import contextlib
import http.client
import multiprocessing
import os
import pathlib
import re
import subprocess
import sys
import threading
import time
import uuid

from upload import upload

UPLOADS = 32
RATE = 200
CONNECTIONS = 32
HASH = "1" * 40
REST = 5


def arguments():
    parser = argparse.ArgumentParser()
    for option in ("--server", "--jcmd", "--api", "--registry"):
        parser.add_argument(option, required=True)
    parser.add_argument("--limit", type=int, required=True)
    parser.add_argument("droplet")
    return parser.parse_args()


def address(text):
    host, port = text.split(":")
    return host, int(port)


def say(text):
    print(f"conversion: {text}", file=sys.stderr, flush=True)


def pull_until(stop, registry, path, results):
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, -15)
    begin = time.perf_counter() + 0.1
    latencies = []

    def one(number):
        connection = http.client.HTTPConnection(*registry, timeout=60)
        own = []
        turn = number
        while not stop.is_set():
            due = begin + turn / RATE
            turn += CONNECTIONS
            time.sleep(max(0.0, due - time.perf_counter()))
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f"GET {path} was answered {answer.status}")
            own.append(time.perf_counter() - due)
        latencies.extend(own)

    with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as connections:
        for ended in [connections.submit(one, number) for number in range(CONNECTIONS)]:
            ended.result()
    results.put(sorted(latencies))


@contextlib.contextmanager
def pulls(registry, path):
    """Yields a function that ends the pulls and returns their latencies, the shortest first."""
    stop, results = multiprocessing.Event(), multiprocessing.Queue()
    process = multiprocessing.Process(target=pull_until, args=(stop, registry, path, results), daemon=True)
    process.start()

    def end():
        stop.set()
        return results.get(timeout=60)

    try:
        yield end
    finally:
        stop.set()
        process.join(60)


def shown(latencies):
    def quantile(part):
        return 1000 * latencies[min(len(latencies) - 1, int(part * len(latencies)))]

    return f"{len(latencies)} pulls: p50 {quantile(0.5):.1f} ms, p99 {quantile(0.99):.1f} ms, max {1000 * latencies[-1]:.1f} ms"


def peaks(jcmd, pid):
    """The most the heap and what is allocated beside it (buffers of Netty and NIO: 'Other') ever were, in MB."""
    report = subprocess.run([jcmd, pid, "VM.native_memory", "summary"], check=True, capture_output=True, text=True).stdout

    def committed(section):
        text = re.search(rf"^-\s+{section} \((.*?)(?=^-)", report, re.M | re.S).group(1)
        now = int(re.search(r"committed=(\d+)KB", text).group(1))
        peak = re.search(r"(?:mmap|malloc).*?peak=(\d+)KB", text)
        return max(now, int(peak.group(1)) if peak else 0) / 1024

    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    resident = int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) / 1024
    return committed("Java Heap"), committed("Other"), resident


def main():
    given = arguments()
    api, registry = address(given.api), address(given.registry)
    pulled = str(uuid.uuid4())
    for guid in (pulled, *(str(uuid.uuid4()) for _ in range(4))):
        upload(api, guid, HASH, given.droplet)
    path = f"/v2/cloudfoundry/{pulled}/manifests/{HASH}"
    with pulls(registry, path) as warmed:
        time.sleep(REST)
        warmed()
    with pulls(registry, path) as ended:
        time.sleep(REST)
        at_rest = ended()
    say(f"at rest, {shown(at_rest)}")
    together = threading.Barrier(UPLOADS)

    def one(_):
        together.wait()
        return upload(api, str(uuid.uuid4()), HASH, given.droplet)

    with pulls(registry, path) as ended, concurrent.futures.ThreadPoolExecutor(UPLOADS) as crowd:
        start = time.perf_counter()
        times = list(crowd.map(one, range(UPLOADS)))
        meanwhile = ended()
    done = sorted(each.answered - start for each in times)
    heap, direct, resident = peaks(given.jcmd, given.server)
    p99 = 1000 * meanwhile[int(0.99 * len(meanwhile))]
    rows = [
        ("each of them took", f"{min(t.seconds for t in times):.1f} s to {max(t.seconds for t in times):.1f} s", ""),
        ("first and last 201", f"{done[0]:.1f} s, {done[-1]:.1f} s", ""),
        ("longest standstill of one", f"{max(each.standstill for each in times):.1f} s", ""),
        ("all together", f"{UPLOADS * os.path.getsize(given.droplet) / done[-1] / 1e6:.0f} MB/s", ""),
        ("GET manifest, meanwhile", shown(meanwhile), f"p99 < 20 ms {'yes' if p99 < 20 else 'no'}"),
        ("GET manifest, at rest", shown(at_rest), ""),
        (
            "heap + direct memory, peak",
            f"{heap:.0f} + {direct:.0f} = {heap + direct:.0f} MB",
            f"≤ {given.limit} MB {'yes' if heap + direct <= given.limit else 'no'}",
        ),
        ("resident, peak", f"{resident:.0f} MB", ""),
    ]
    print(f"| {UPLOADS} uploads at once | | goal |\n| --- | --- | --- |")
    for row in rows:
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
