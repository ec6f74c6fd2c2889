"""What check_manifest asks of loader.argv: which model, where prompts and results lie, whom the
split mode talks to, how many threads there are."""

import ipaddress
import posixpath
import re


def flag_values(argv, flag):
    return [argv[i + 1] for i in range(len(argv) - 1) if argv[i] == flag]


def is_split(argv):
    return "--split" in argv


def uses_shared_memory(argv):
    return is_split(argv) and flag_values(argv, "--data-plane")[:1] != ["grpc"]


def check_argv(flat):
    argv = flat.get("loader.argv")
    if not isinstance(argv, list) or not all(isinstance(a, str) for a in argv):
        yield "loader.argv: missing: without it the arguments are not fixed"
        return
    if argv[:2] != ["sotto", "prefill"]:
        yield "loader.argv: must begin with sotto prefill"
    for flag, wanted in (("--model", "/model.sotto"), ("--progress", "never")):
        if flag_values(argv, flag) != [wanted]:
            yield f"loader.argv: needs {flag} {wanted}, once"
    roots = flag_values(argv, "--weights-root")
    if len(roots) != 1 or not re.fullmatch("[0-9a-f]{64}", roots[0]):
        yield "loader.argv: needs --weights-root, 64 hexadecimal digits, once"
    yield from check_paths(argv, flat.get("fs.mounts", []))
    if "--prompt" in argv:
        yield "loader.argv: --prompt must not be there: the host reads the arguments"
    if is_split(argv):
        yield from check_split(argv)


def check_paths(argv, mounts):
    # check_mounts sees to it that what is mounted plainly is trusted.
    measured = {m.get("path") for m in mounts if m.get("type", "chroot") == "chroot"}
    for flag in ("--prompts", "--output", "--save-logits", "--logprobs", "--key-file"):
        values = flag_values(argv, flag)
        if flag in ("--prompts", "--output") and len(values) != 1:
            yield f"loader.argv: needs {flag}, once"
        for value in values:
            if flag == "--prompts" and value in measured:
                continue
            if not posixpath.normpath(value).startswith("/data/"):
                yield f"loader.argv: {flag} must name a file of the encrypted mount /data"


def is_numeric_endpoint(text):
    host, _, port = text.rpartition(":")
    try:
        ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return port.isdigit()


def check_split(argv):
    if "--insecure-channels" in argv:
        yield "loader.argv: --insecure-channels must not be there"
    if "plain" in flag_values(argv, "--protection"):
        yield "loader.argv: --protection plain is not confidential"
    if flag_values(argv, "--data-plane") not in (["auto"], ["shm"], ["grpc"]):
        yield "loader.argv: --split needs --data-plane, once"
    endpoints = flag_values(argv, "--accelerator")
    if not endpoints:
        yield "loader.argv: --split needs an --accelerator"
    for endpoint in endpoints:
        if not is_numeric_endpoint(endpoint):
            yield f"loader.argv: --accelerator {endpoint}: want ADDRESS:PORT, numeric: no names inside"
    if len(endpoints) > 1 and len(flag_values(argv, "--accelerator-key")) != len(endpoints):
        yield "loader.argv: shares need an --accelerator-key for each --accelerator"


def check_threads(flat, io_threads):
    argv = flat.get("loader.argv", [])
    workers = flag_values(argv, "--threads") if isinstance(argv, list) else []
    if len(workers) != 1 or not workers[0].isdigit() or int(workers[0]) < 1:
        yield "loader.argv: needs --threads, once"
        return
    wanted = int(workers[0]) + io_threads + 4
    if flat.get("sgx.max_threads") != wanted:
        yield f"sgx.max_threads: must be {wanted}: workers, I/O threads and 4"
