"""The one argument vector a release has: flags in a fixed order, each value of a fixed form.

sotto takes a flag in several spellings (--flag VALUE, --flag=VALUE, abbreviations that the parser
may know), and a later one may add to an earlier one. So nothing is searched for: the vector is
walked through from its beginning, and what is not the next argument is refused.
"""

import dataclasses
import ipaddress
import re

HEX64 = "[0-9a-f]{64}"
COUNT = "[1-9][0-9]{0,3}"
NAME = "[0-9A-Za-z*.:-]{1,253}"


@dataclasses.dataclass(frozen=True)
class Step:
    """A flag, the form of its value (None: it has none), how often it may be there; and the flag with which it
    may not be there at all."""
    flag: str
    form: str | None
    at_least: int = 1
    at_most: int = 1
    unless: str | None = None


PROGRAM = "sotto"
MODEL_STEPS = (
    Step("--model", "/model\\.sotto"),
    Step("--weights-root", HEX64),
    Step("--model-sha256", HEX64, 0),
)
RUN_STEPS = (
    Step("--threads", COUNT),
    Step("--progress", "never"),
    Step("--precision", "auto|f32|bf16|int8|fixed"),
)
AWAIT, PROVISIONER = "--await-provisioning", "--provisioner-key"
LAST_STEPS = (
    Step("--key-file", "/data/model\\.key", 0, unless=AWAIT),
    Step("--oblivious-embedding", None, 0),
    Step("--split", None, 0),
)
# By command.
STEPS = {
    "prefill": (
        *MODEL_STEPS,
        Step("--prompts", "/data/prompts\\.jsonl|/prompts\\.[a-z]+"),
        Step("--output", "/data/results\\.json"),
        *RUN_STEPS,
        Step("--logprobs", "/data/logprobs\\.jsonl", 0),
        Step("--save-logits", "/data/logits\\.safetensors", 0),
        # Of the results alone.
        Step("--receipt", "/data/receipt\\.json", 0, unless="--logprobs"),
        Step("--nonce", HEX64, 0, unless="--logprobs"),
        *LAST_STEPS),
    # Never --no-tls, nor without keys: what the host and the network carry is encrypted, and nobody
    # whom the owner did not give a key may ask.
    "serve": (
        *MODEL_STEPS,
        Step("--listen", "\\S+"),
        # Both, or neither: the key is then made inside.
        Step("--tls-cert", "/data/tls\\.crt", 0),
        Step("--tls-key", "/data/tls\\.key", 0),
        # Then its owner brings the keys, and nothing else may have done so.
        Step(AWAIT, None, 0),
        Step(PROVISIONER, "/provisioner\\.pem", 0),
        Step("--api-key-file", "/data/api_keys", unless=AWAIT),
        Step("--tls-name", f"{NAME}(,{NAME})*", 0),
        Step("--rerank-template", "/data/rerank_template", 0),
        *RUN_STEPS, *LAST_STEPS),
}
# What follows --split, and is there with it only.
SPLIT_STEPS = (
    Step("--protection", "shares|pads"),
    Step("--data-plane", "auto|tcp|grpc"),
    Step("--accelerator", "\\S+", 1, 64),
    Step("--accelerator-key", HEX64, 0, 64),
)


class Arguments:
    """The values of a vector, by flag, and what is wrong with it."""

    def __init__(self, argv):
        self.values = {}
        self.problems = []
        self.serves = False
        if not isinstance(argv, list) or not all(isinstance(word, str) for word in argv):
            self.problems.append("loader.argv: missing: without it the arguments are not fixed")
            return
        self._words = argv
        self._at = 2
        if argv[:1] != [PROGRAM] or argv[1:2] == [] or argv[1] not in STEPS:
            self.problems.append("loader.argv: must begin with sotto prefill or sotto serve")
            return
        self.serves = argv[1] == "serve"
        for step in STEPS[argv[1]]:
            self._walk(step)
        if self.is_split:
            for step in SPLIT_STEPS:
                self._walk(step)
        if not self.problems and self._at < len(argv):
            self.problems.append(f"loader.argv: {argv[self._at]!r} is not an argument of a "
                                 "release, or stands in another's place")

    @property
    def is_split(self):
        return "--split" in self.values

    @property
    def uses_shared_memory(self):
        return self.first("--data-plane") == "auto"

    def first(self, flag):
        return self.values.get(flag, [None])[0]

    def _walk(self, step):
        if step.unless in self.values:
            return
        values = self.values.setdefault(step.flag, [])
        while not self.problems and len(values) < step.at_most:
            if self._words[self._at:self._at + 1] != [step.flag]:
                break
            self._at += 1
            values.append(self._value(step))
        if not values:
            del self.values[step.flag]
        if not self.problems and len(values) < step.at_least:
            found = repr(self._words[self._at]) if self._at < len(self._words) else "the end"
            self.problems.append(f"loader.argv: {step.flag} must come where {found} stands")

    def _value(self, step):
        if step.form is None:
            return ""
        value = self._words[self._at] if self._at < len(self._words) else ""
        self._at += 1
        if not re.fullmatch(step.form, value):
            self.problems.append(f"loader.argv: {step.flag} {value!r}: must be {step.form}")
        return value


def is_numeric_endpoint(text):
    host, _, port = text.rpartition(":")
    try:
        address = ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    bracketed = host.startswith("[") and host.endswith("]")
    return bracketed == (address.version == 6) and bool(re.fullmatch("[1-9][0-9]{0,4}", port))


def check_arguments(arguments, mounts):
    """Everything that is wrong with the vector, beside these mounts."""
    yield from arguments.problems
    if arguments.problems:
        return
    if arguments.serves:
        yield from check_service(arguments, mounts)
    else:
        yield from check_prompts(arguments.first("--prompts"), mounts)
    if arguments.is_split:
        yield from check_accelerators(arguments)


def check_prompts(prompts, mounts):
    # check_mounts sees to it that what is mounted plainly is trusted.
    measured = [m.get("path") for m in mounts if m.get("type", "chroot") == "chroot"]
    if not prompts.startswith("/data/") and prompts not in measured:
        yield f"loader.argv: --prompts {prompts}: neither measured nor on the encrypted mount"


def check_service(arguments, mounts):
    listen = arguments.first("--listen")
    if not is_numeric_endpoint(listen):
        yield (f"loader.argv: --listen {listen}: must be ADDRESS:PORT, numeric: names are not "
               "resolved inside")
    given = [flag for flag in ("--tls-cert", "--tls-key") if arguments.first(flag)]
    if len(given) == 1:
        yield f"loader.argv: {given[0]}: --tls-cert and --tls-key are there together or not at all"
    if (arguments.first(PROVISIONER) is not None) != ("/provisioner.pem" in [m.get("path") for m in mounts]):
        yield f"loader.argv: {PROVISIONER}: it and the mount /provisioner.pem are there together or not at all"
    if PROVISIONER in arguments.values and AWAIT not in arguments.values:
        yield f"loader.argv: {PROVISIONER}: nobody waits for one, without {AWAIT}"
    if given and AWAIT in arguments.values:
        yield f"loader.argv: {AWAIT}: the TLS key is made inside, and no --tls-cert is read"
    if given and arguments.first("--tls-name"):
        yield "loader.argv: --tls-name: is of a key made inside, not of --tls-cert"
    for mount in mounts:
        if str(mount.get("path")).startswith("/prompts."):
            yield f"fs.mounts: {mount['path']}: a service reads no prompts"


def check_accelerators(arguments):
    endpoints = arguments.values["--accelerator"]
    keys = arguments.values.get("--accelerator-key", [])
    for endpoint in endpoints:
        if not is_numeric_endpoint(endpoint):
            yield (f"loader.argv: --accelerator {endpoint}: must be ADDRESS:PORT, numeric: "
                   "names are not resolved inside")
    for name, values in (("--accelerator", endpoints), ("--accelerator-key", keys)):
        if len(set(values)) != len(values):
            yield f"loader.argv: {name}: the same is given twice"
    wanted = "shares" if len(endpoints) > 1 else "pads"
    if arguments.first("--protection") != wanted:
        yield f"loader.argv: --protection must be {wanted} with {len(endpoints)} --accelerator"
    if arguments.first("--precision") not in ("auto", "fixed"):
        yield ("loader.argv: --precision must be auto or fixed: protected layers are computed in "
               "fixed")
    if len(keys) != len(endpoints) and (wanted == "shares" or keys):
        yield "loader.argv: needs an --accelerator-key for each --accelerator"
    # Two accelerators on one host have one operator.
    if arguments.uses_shared_memory and wanted == "shares":
        yield "loader.argv: --data-plane auto: shares do not use shared memory"


def check_threads(arguments, max_threads, io_threads):
    if arguments.problems:
        return
    others = 9 if arguments.serves else 4
    wanted = int(arguments.first("--threads")) + io_threads + others
    if max_threads != wanted or type(max_threads) is not int:
        yield f"sgx.max_threads: must be {wanted}: workers, I/O threads and {others}"
