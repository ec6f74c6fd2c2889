#!/usr/bin/python3
"""What the scoring service loses against the library, and what its clients lose by each other.

Usage: service_bench.py [--build DIR] [--model DIR] [--precision P] [--requests N] [--samples N] [PART..]

Parts (all): throughput, latency, labels, idle, memory. Prints a JSON object a part. Only figures of one
part belong together: they are measured in turn, within minutes. `others` is the share of all processors
that processes other than the server and this client took meanwhile: from a few per cent on, a part says
little. The model is one of Llama-3.2-1B's shape with random weights, made once (2.5 GB), but for idle and
memory, which are about connections and take the shipped one.
"""

import argparse
import concurrent.futures
import contextlib
import json
import os
import pathlib
import random
import re
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

SOURCE_DIR = pathlib.Path(__file__).resolve().parent.parent
sys.path.append(str(SOURCE_DIR / "tests"))

from service_process import Server  # pylint: disable=wrong-import-position

KJV = SOURCE_DIR / "models/kjv-2m"
NOTHING = {"max_tokens": 0}
NEXT = {"max_tokens": 1, "logprobs": 1}
CHANCE = random.Random(1)


def ids(count):
    """A prompt that begins like no other."""
    return [CHANCE.randrange(100, 2000) for _ in range(count)]


def processor():
    text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    return re.search(r"model name\s*:\s*(.*)", text)[1]


def ticks(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


class Others:
    """How much of the machine was not ours while this lived."""

    def __init__(self, *pids):
        self.pids = (os.getpid(), *pids)
        self.begin = self._now()

    def _now(self):
        fields = [int(f) for f in pathlib.Path("/proc/stat").read_text(encoding="utf-8").split("\n", 1)[0].split()[1:9]]
        idle = fields[3] + fields[4]
        return sum(fields), sum(fields) - idle - sum(ticks(pid) for pid in self.pids)

    def share(self):
        total, others = (b - a for a, b in zip(self.begin, self._now()))
        return round(max(0, others) / max(1, total), 3)


def percentile(samples, share):
    return sorted(samples)[min(len(samples) - 1, int(share * len(samples)))]


def seconds_of(server, connection, body):
    begin = time.perf_counter()
    status, _, answer = server.ask("/v1/completions", body, connection=connection)
    assert status == 200, answer
    return time.perf_counter() - begin


def library_speed(arguments, length, batch):
    """sotto-bench's tokens per second, and processor seconds per token."""
    with tempfile.TemporaryDirectory() as output:
        subprocess.run([arguments.build / "bin/sotto-bench", "--model", arguments.model, "--lengths", str(length),
                        "--batch-sizes", str(batch), "--precisions", arguments.precision, "--logits", "last",
                        "--repeats", "3", "--output", output], check=True, capture_output=True)
        row = json.loads(pathlib.Path(output, "bench.json").read_text(encoding="utf-8"))["rows"][0]
        return row["tokens_per_sec"], row["cpu_seconds_per_token"]


@contextlib.contextmanager
def serving(arguments, model, *flags):
    server = Server(arguments.build, model, "--precision", arguments.precision, *flags)
    try:
        yield server
    finally:
        server.close()


def throughput(arguments):
    """64 clients, 16 to 512 tokens a prompt, between two measurements of the library."""
    prompts = [ids(int(2 ** CHANCE.uniform(4, 9))) for _ in range(arguments.requests)]
    before = library_speed(arguments, 256, 4)
    with serving(arguments, arguments.model) as server:
        local = threading.local()

        def ask(prompt):
            if not hasattr(local, "connection"):
                local.connection = server.connect(timeout=3600)
            seconds_of(server, local.connection, {"prompt": prompt, **NEXT})

        others = Others(server.process.pid)
        begin, cpu = time.perf_counter(), ticks(server.process.pid)
        with concurrent.futures.ThreadPoolExecutor(64) as clients:
            list(clients.map(ask, prompts))
        tokens = sum(map(len, prompts))
        speed = tokens / (time.perf_counter() - begin)
        cpu = (ticks(server.process.pid) - cpu) / os.sysconf("SC_CLK_TCK") / tokens
        share = others.share()
    after = library_speed(arguments, 256, 4)
    return {"tokens_per_sec": speed, "cpu_seconds_per_token": cpu, "sotto_bench": [before, after],
            "ratio": speed / max(before[0], after[0]), "cpu_ratio": min(before[1], after[1]) / cpu, "others": share}


def latency(arguments):
    """A client with short prompts, alone, and beside two with prompts of 2048 tokens."""
    short, long = {"prompt": ids(64), **NEXT}, [{"prompt": ids(2048), **NEXT} for _ in range(2)]
    with serving(arguments, arguments.model) as server, concurrent.futures.ThreadPoolExecutor(2) as clients:
        with contextlib.closing(server.connect()) as connection:
            for _ in range(3):
                seconds_of(server, connection, short)
            alone = [seconds_of(server, connection, short) for _ in range(arguments.samples)]
            stop, counts = threading.Event(), [0, 0]

            def load(n):
                with contextlib.closing(server.connect(timeout=3600)) as own:
                    while not stop.is_set():
                        seconds_of(server, own, long[n])
                        counts[n] += 1

            others = Others(server.process.pid)
            loads = [clients.submit(load, n) for n in range(2)]
            time.sleep(1)
            beside = []
            for _ in range(arguments.samples):
                time.sleep(CHANCE.uniform(0, 0.5))  # At any moment of a pass.
                beside.append(seconds_of(server, connection, short))
            stop.set()
            share = others.share()
            for done in loads:
                done.result()
    return {"alone_median": statistics.median(alone), "alone_p99": percentile(alone, 0.99),
            "beside_median": statistics.median(beside), "beside_p99": percentile(beside, 0.99),
            "ratio": percentile(beside, 0.99) / percentile(alone, 0.99),
            "ratio_to_median": percentile(beside, 0.99) / statistics.median(alone), "long_done": sum(counts),
            "others": share}


def labels(arguments):
    """Ten labels, among themselves and among the vocabulary, against no logits at all; in turn."""
    config = json.loads((arguments.model / "config.json").read_text(encoding="utf-8"))
    named = {"max_tokens": 0, "label_token_ids": CHANCE.sample(range(config["vocab_size"]), 10)}
    kinds = {"nothing": NOTHING, "labels": {**named, "apply_softmax": True}, "labels_of_vocabulary": named}
    times = {kind: [] for kind in kinds}
    with serving(arguments, arguments.model) as server, contextlib.closing(server.connect()) as connection:
        others = Others(server.process.pid)
        for _ in range(arguments.samples):
            prompt = ids(128)
            for kind, body in kinds.items():
                times[kind].append(seconds_of(server, connection, {"prompt": prompt, **body}))
        share = others.share()
    median = {kind: statistics.median(samples) for kind, samples in times.items()}
    least = {kind: min(samples) for kind, samples in times.items()}
    return {"medians": median, "ratio": median["labels"] / median["nothing"],
            "ratio_of_least": least["labels"] / least["nothing"],
            "vocabulary_ratio": median["labels_of_vocabulary"] / median["nothing"], "others": share}


def idle(arguments):
    """A client beside 10 000 connections that say nothing."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    body = {"prompt": ids(64), **NEXT}
    with serving(arguments, KJV, "--max-connections", "10100") as server:
        with contextlib.closing(server.connect()) as connection, contextlib.ExitStack() as stack:
            def sample():
                return [seconds_of(server, connection, body) for _ in range(20 * arguments.samples)]

            sample()
            others = Others(server.process.pid)
            first = sample()
            for _ in range(10_000):
                stack.enter_context(socket.create_connection(("localhost", server.port)))
            beside = sample()
            resident = server.resident_kib()
            share = others.share()
    return {"alone_p99": percentile(first, 0.99), "beside_p99": percentile(beside, 0.99),
            "ratio": percentile(beside, 0.99) / percentile(first, 0.99), "resident_kib": resident, "others": share}


def memory(arguments):
    """Resident memory over 20 000 requests of 16 clients."""
    resident = []
    with serving(arguments, KJV) as server:
        local = threading.local()

        def ask(n):
            if not hasattr(local, "connection"):
                local.connection = server.connect()
            body = {"prompt": [5 + n % 1900] * (1 + n % 200), "echo": True, "max_tokens": 1, "logprobs": n % 5}
            seconds_of(server, local.connection, body)

        with concurrent.futures.ThreadPoolExecutor(16) as clients:
            for begin in range(0, 20_000, 2000):
                list(clients.map(ask, range(begin, begin + 2000)))
                resident.append(server.resident_kib())
    return {"resident_kib_every_2000": resident, "growth_kib": resident[-1] - resident[0]}


PARTS = {"throughput": throughput, "latency": latency, "labels": labels, "idle": idle, "memory": memory}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=SOURCE_DIR / "build")
    parser.add_argument("--model", type=pathlib.Path, help="build/bench-model, made where it is missing")
    parser.add_argument("--precision", default="bf16")
    parser.add_argument("--requests", type=int, default=256, help="of throughput")
    parser.add_argument("--samples", type=int, default=100, help="of the others")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    arguments = parser.parse_args()
    for part in arguments.parts:
        if part not in PARTS:
            parser.error(f"{part}: no such part")
    if arguments.model is None:
        arguments.model = arguments.build / "bench-model"
        if not arguments.model.exists():
            subprocess.run([arguments.build / "bin/sotto", "model", "random", "--like", "llama-3.2-1b", "--out",
                            arguments.model], check=True)
    print(json.dumps({"processor": processor(), "processors": os.cpu_count(), "precision": arguments.precision,
                      "model": arguments.model.name}), flush=True)
    for part in arguments.parts or PARTS:
        print(json.dumps({part: PARTS[part](arguments)}), flush=True)


if __name__ == "__main__":
    main()
