#!/usr/bin/python3
"""What `sotto connect` adds to the latency of a request: over TLS to the service, and through connect, in turn.

Usage: connect_bench.py [--build DIR] [--model DIR] [--requests N] [--tokens N]

Prints a JSON object: medians and percentiles of both, of the differences of neighbours, and `others`, the share of all
processors that other processes took meanwhile. Needs the targets sotto, emulated_tee and connect_under_test_root. The
model is one of Llama-3.2-1B's shape with random weights, made once (2.5 GB); the service runs in no enclave.
"""

import argparse
import contextlib
import json
import pathlib
import statistics
import subprocess
import sys

SOURCE_DIR = pathlib.Path(__file__).resolve().parent.parent
sys.path.append(str(SOURCE_DIR / "tests"))

# pylint: disable=wrong-import-position
from connect_process import AttestedServer, Connect, EmulatedEnclave
from service_bench import NEXT, Others, ids, percentile, processor, seconds_of


def measure(arguments, enclave):
    with contextlib.ExitStack() as stack:
        server = AttestedServer(arguments.build, arguments.model, enclave, "--precision", arguments.precision)
        stack.callback(server.close)
        connect = Connect(arguments.build, server.port, enclave)
        stack.callback(connect.close)
        sides = [(side, stack.enter_context(contextlib.closing(side.connect(timeout=3600)))) for side in (server, connect)]
        body = {"prompt": ids(arguments.tokens), **NEXT}
        for side, connection in sides * 3:
            seconds_of(side, connection, body)
        others = Others(server.process.pid, connect.process.pid)
        times = [[], []]
        for request in range(arguments.requests):
            for which in (0, 1) if request % 2 else (1, 0):
                times[which].append(seconds_of(*sides[which], body))
        share = others.share()
    direct, through = times
    added = [b - a for a, b in zip(direct, through)]
    return {"direct_median": statistics.median(direct), "through_median": statistics.median(through),
            "direct_p99": percentile(direct, 0.99), "through_p99": percentile(through, 0.99),
            "added_median": statistics.median(added),
            "ratio": statistics.median(through) / statistics.median(direct), "others": share}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=SOURCE_DIR / "build")
    parser.add_argument("--model", type=pathlib.Path, help="build/bench-model, made where it is missing")
    parser.add_argument("--precision", default="bf16")
    parser.add_argument("--requests", type=int, default=1000, help="on each way")
    parser.add_argument("--tokens", type=int, default=64, help="of the prompt")
    arguments = parser.parse_args()
    if arguments.model is None:
        arguments.model = arguments.build / "bench-model"
        if not arguments.model.exists():
            subprocess.run([arguments.build / "bin/sotto", "model", "random", "--like", "llama-3.2-1b", "--out",
                            arguments.model], check=True)
    enclave = EmulatedEnclave(arguments.build)
    try:
        print(json.dumps({"processor": processor(), "model": arguments.model.name, "tokens": arguments.tokens,
                          "requests": arguments.requests, **measure(arguments, enclave)}))
    finally:
        enclave.close()


if __name__ == "__main__":
    main()
