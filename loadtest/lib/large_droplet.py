"""Writes a droplet of jars and text as a tar to standard output: 380 MB of each, which gzip -6 makes about 500 MB.

    large_droplet.py FOLDER_WITH_JARS | gzip -6 -n > large.tgz

The jars are those of the folder, over and over: no compressor in question sees further than a few megabytes back. The
same jars give the same bytes.
"""

import io
import itertools
import pathlib
import random
import sys
import tarfile

OF_EACH = 380_000_000
TEXT_FILE = 64 * 1024
MTIME = 1_700_000_000


def jars(folder):
    found = sorted(folder.rglob("*.jar"))
    if not found:
        sys.exit(f"large_droplet: no jars in {folder}")
    return found


def texts():
    """Files of lines as logs and source code have them: few words often, many seldom, and numbers."""
    chance = random.Random(1)
    syllables = [c + v for c in "bcdfghklmnprstvz" for v in ("a", "e", "i", "o", "u", "an", "er", "is")]
    words = ["".join(chance.choices(syllables, k=chance.randint(1, 4))) for _ in range(20_000)]
    frequency = list(itertools.accumulate(1 / (rank + 3) for rank in range(len(words))))
    while True:
        lines, size = [], 0
        while size < TEXT_FILE:
            line = f"{chance.randrange(10**6):06d} " + " ".join(chance.choices(words, cum_weights=frequency, k=12)) + ";\n"
            lines.append(line)
            size += len(line)
        yield "".join(lines).encode()


def entry(name, size=0, directory=False):
    made = tarfile.TarInfo(name)
    made.type = tarfile.DIRTYPE if directory else tarfile.REGTYPE
    made.mode = 0o755 if directory else 0o644
    made.uid = made.gid = 2000
    made.uname = made.gname = "vcap"
    made.mtime = MTIME
    made.size = size
    return made


def main():
    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.GNU_FORMAT) as droplet:
        for folder in (".", "./app", "./app/BOOT-INF", "./app/BOOT-INF/lib", "./app/public", "./deps", "./logs", "./tmp"):
            droplet.addfile(entry(folder, directory=True))
        written, text = {"jars": 0, "text": 0}, texts()
        for number, jar in enumerate(itertools.cycle(jars(pathlib.Path(sys.argv[1])))):
            content = jar.read_bytes()
            droplet.addfile(entry(f"./app/BOOT-INF/lib/{number:05d}-{jar.name}", len(content)), io.BytesIO(content))
            written["jars"] += len(content)
            while written["text"] < written["jars"]:
                content = next(text)
                droplet.addfile(entry(f"./app/public/{written['text']:09d}.txt", len(content)), io.BytesIO(content))
                written["text"] += len(content)
            if written["jars"] >= OF_EACH:
                break
        info = b'{"detected_buildpack":"java","start_command":"sleep 1000"}'
        droplet.addfile(entry("./staging_info.yml", len(info)), io.BytesIO(info))


main()
