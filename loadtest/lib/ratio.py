"""Takes turns at a command of the shell and an upload, and prints their medians as a row of a Markdown table.

    ratio.py --server PID --api HOST:PORT --store FOLDER --name TEXT --warmups N --runs N --goal TEXT FLOOR DROPLET

FLOOR is run by bash, with the droplet's path as $1. TEXT of --goal is '<= 1.0' (the upload's time by the floor's) or
'>= 3.0' (the floor's time by the upload's).
"""

import argparse
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import time
import uuid

from upload import upload

TICKS = os.sysconf("SC_CLK_TCK")


def arguments():
    parser = argparse.ArgumentParser()
    for option in ("--server", "--api", "--store", "--name", "--goal"):
        parser.add_argument(option, required=True)
    for option in ("--warmups", "--runs"):
        parser.add_argument(option, type=int, required=True)
    parser.add_argument("floor")
    parser.add_argument("droplet")
    return parser.parse_args()


def say(text):
    print(f"conversion: {text}", file=sys.stderr, flush=True)


def empty(store):
    """Forgets what is stored, so that the next upload stores it again, and has the disk at rest."""
    for folder in ("cc-droplets", "dropship/layers"):
        for file in (store / folder).rglob("*"):
            if file.is_file():
                file.unlink()
    os.sync()


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def processors_used():
    """In seconds, by everything on this machine together, since it was started."""
    fields = pathlib.Path("/proc/stat").read_text().split()[1:9]
    return (sum(map(int, fields)) - int(fields[3]) - int(fields[4])) / TICKS


def run_floor(command, droplet):
    def used():
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return children.ru_utime + children.ru_stime

    used_before, start = used(), time.perf_counter()
    subprocess.run(["bash", "-c", command, "floor", droplet], check=True)
    return time.perf_counter() - start, used() - used_before


def main():
    given = arguments()
    host, port = given.api.split(":")
    store = pathlib.Path(given.store)
    floors, uploads, of_floor, of_server = [], [], [], []

    def convert():
        empty(store)
        before = processor_seconds(given.server)
        times = upload((host, int(port)), str(uuid.uuid4()), "0" * 40, given.droplet)
        return times, processor_seconds(given.server) - before

    for number in range(given.warmups):
        times, _ = convert()
        say(f"{given.name}: warm-up {number + 1}: {times.seconds:.2f} s")
    begin, used_by_all, used_by_us = time.perf_counter(), processors_used(), sum(os.times()[:2])
    for number in range(given.runs):
        empty(store)
        floor, used = run_floor(given.floor, given.droplet)
        floors.append(floor)
        of_floor.append(used)
        times, used = convert()
        uploads.append(times)
        of_server.append(used)
        say(
            f"{given.name}: run {number + 1}: command {floor:.2f} s, upload {times.seconds:.2f} s, "
            f"lag {times.lag:.2f} s, load average {os.getloadavg()[0]:.1f}"
        )
    all_used = processors_used() - used_by_all
    ours = sum(of_floor) + sum(of_server) + sum(os.times()[:2]) - used_by_us
    others = max(0.0, all_used - ours) / ((time.perf_counter() - begin) * os.cpu_count())
    floor = statistics.median(floors)
    seconds = statistics.median(times.seconds for times in uploads)
    lag = statistics.median(times.lag for times in uploads)
    size = os.path.getsize(given.droplet)
    relation, goal = given.goal.split()
    ratio = seconds / floor if relation == "<=" else floor / seconds
    reached = ratio <= float(goal) if relation == "<=" else ratio >= float(goal)
    print(
        f"| {given.name} | {floor:.2f} s | {seconds:.2f} s ({min(t.seconds for t in uploads):.2f} "
        f"to {max(t.seconds for t in uploads):.2f}) | **{ratio:.2f}** | {'≤' if relation == '<=' else '≥'} {goal} "
        f"{'yes' if reached else 'no'} | {lag:.2f} s | {size / seconds / 1e6:.0f} MB/s | "
        f"{statistics.median(of_floor):.2f} s | {statistics.median(of_server):.2f} s | {100 * others:.0f} % |"
    )


main()
