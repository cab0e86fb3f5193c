"""Uploads droplets as the Cloud Controller does (PUT /droplets/GUID/HASH, a multipart form), and takes the time."""

import os
import socket
import time
from typing import NamedTuple

CHUNK = 256 * 1024
BOUNDARY = "droplet-ends-here"
PATIENCE = 600


class Times(NamedTuple):
    """When an upload's first byte was sent, its last, and when 201 had come, as time.perf_counter() has it.

    Sent means handed to the kernel, whose buffers take a few megabytes. A standstill is the longest time in which it
    took nothing, or no answer came.
    """

    first: float
    last: float
    answered: float
    standstill: float

    @property
    def seconds(self):
        return self.answered - self.first

    @property
    def lag(self):
        return self.answered - self.last


def upload(address, guid, hash_, path):
    """One upload on a connection of its own. address is (host, port); guid and hash_ name the droplet."""
    size = os.path.getsize(path)
    before = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="droplet"; filename="droplet.tgz"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    after = f"\r\n--{BOUNDARY}--\r\n".encode()
    head = (
        f"PUT /droplets/{guid}/{hash_} HTTP/1.1\r\nHost: {address[0]}:{address[1]}\r\nConnection: close\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
        f"Content-Length: {len(before) + size + len(after)}\r\n\r\n"
    ).encode()
    with socket.create_connection(address, timeout=PATIENCE) as connection, open(path, "rb") as droplet:
        first = moved = time.perf_counter()
        standstill = 0.0
        connection.sendall(head + before)
        sent = 0
        while sent < size:
            sent += connection.sendfile(droplet, sent, min(CHUNK, size - sent))
            now = time.perf_counter()
            standstill, moved = max(standstill, now - moved), now
        connection.sendall(after)
        last = time.perf_counter()
        answer = b"".join(iter(lambda: connection.recv(CHUNK), b""))
        answered = time.perf_counter()
    if not answer.startswith(b"HTTP/1.1 201 "):
        raise RuntimeError(f"the upload of {guid} was answered {answer[:300]!r}, expected 201")
    return Times(first, last, answered, max(standstill, answered - last))
