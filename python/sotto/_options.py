"""Options of the split mode, and what the extension makes of options."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import os
from typing import Literal

from sotto import _arguments
from sotto import _native

PRECISIONS = {
    "auto": None,
    "f32": _native.Precision.f32,
    "bf16": _native.Precision.bf16,
    "int8": _native.Precision.int8,
    "fixed": _native.Precision.fixed,
}
FIXED_WEIGHTS = {"12": _native.FixedWeights.bits12, "8": _native.FixedWeights.bits8}
ATTENTION_PRECISIONS = {
    "auto": None,
    "f32": _native.AttentionPrecision.f32,
    "bf16": _native.AttentionPrecision.bf16,
}
POSITIONS = {"all": _native.Positions.all, "last": _native.Positions.last}
POOLINGS = {
    "last": _native.Pooling.last,
    "mean": _native.Pooling.mean,
    "all": _native.Pooling.all,
}
_PROTECTIONS = {"shares": _native.Protection.shares, "pads": _native.Protection.pads}
_RELAY_USES = {
    "where_possible": _native.RelayUse.where_possible,
    "required": _native.RelayUse.required,
    "never": _native.RelayUse.never,
}
_DATA_PLANES = {
    "auto": _native.DataPlane.auto,
    "shm": _native.DataPlane.shm,
    "tcp": _native.DataPlane.tcp,
    "grpc": _native.DataPlane.grpc,
}
_WHEN_OUT = {
    "wait": _native.WhenOut.wait,
    "local": _native.WhenOut.local,
    "fail": _native.WhenOut.fail,
}
_SIZE_MAX = 2**62


@dataclasses.dataclass(frozen=True)
class PadSettings:
    """Where pads are kept, for protection "pads"."""

    memory_bytes: int = 1 << 30
    #: Directory of pads beyond that, encrypted; empty: none.
    directory: str | os.PathLike[str] = ""
    directory_bytes: int = 16 << 30
    #: When a layer is out of pads: "wait" for one, multiply "local"ly, or "fail".
    when_out: Literal["wait", "local", "fail"] = "wait"


@dataclasses.dataclass(frozen=True)
class SplitOptions:
    """The split mode: untrusted accelerator servers multiply blinded rows; every answer is verified."""

    #: HOST:PORT or unix:PATH; two or more for "shares", otherwise one.
    endpoints: Sequence[str] = ("localhost:50051",)
    #: None: "shares" with several endpoints, "pads" with one.
    protection: Literal["shares", "pads"] | None = None
    #: SHA-256 of each server's public key (64 hex digits), one per endpoint.
    pinned_keys: Sequence[str] = ()
    #: Or PEM text of the authorities that may vouch for each. Neither: no TLS, which "shares" refuses.
    roots: Sequence[str] = ()
    #: PEM text (chain, private key), for servers that require a certificate.
    certificate: tuple[str, str] | None = dataclasses.field(default=None, repr=False)
    #: Allows "shares" over channels that the machine's owner can read. NOT CONFIDENTIAL: for tests.
    insecure_channels: bool = False
    #: Whether the first "shares" server sends its products to the second.
    relay: Literal["where_possible", "required", "never"] = "where_possible"
    #: Where the first server reaches the second; empty: at the second endpoint.
    relay_peer: str = ""
    data_plane: Literal["auto", "shm", "tcp", "grpc"] = "auto"
    #: Seconds.
    connect_timeout: float = 10.0
    exchange_timeout: float = 60.0
    #: Reconnections in a model's lifetime when a server is unavailable. A caught lie is never retried.
    retries: int = 0
    pads: PadSettings = PadSettings()


def native_pads(pads: PadSettings) -> _native.PadSettings:
    native = _native.PadSettings()
    native.memory_bytes = _arguments.integer("pads.memory_bytes", pads.memory_bytes, maximum=_SIZE_MAX)
    native.directory = _arguments.path("pads.directory", pads.directory)
    native.directory_bytes = _arguments.integer("pads.directory_bytes", pads.directory_bytes,
                                                maximum=_SIZE_MAX)
    native.when_out = _arguments.choice("pads.when_out", pads.when_out, _WHEN_OUT)
    return native


def native_split(split: SplitOptions) -> _native.SplitOptions:
    native = _native.SplitOptions()
    native.endpoints = _arguments.strings("split.endpoints", split.endpoints)
    if not split.endpoints:
        raise ValueError("split.endpoints: must not be empty")
    if split.protection is not None:
        native.protection = _arguments.choice("split.protection", split.protection, _PROTECTIONS)
    native.pinned_keys = _arguments.strings("split.pinned_keys", split.pinned_keys)
    native.roots = _arguments.strings("split.roots", split.roots)
    if split.certificate is not None:
        parts = _arguments.strings("split.certificate", split.certificate)
        if len(parts) != 2:
            raise ValueError("split.certificate: must be a chain and a private key")
        native.set_certificate(parts[0], parts[1])
    native.insecure_channels = _arguments.boolean("split.insecure_channels", split.insecure_channels)
    native.relay = _arguments.choice("split.relay", split.relay, _RELAY_USES)
    native.relay_peer = _arguments.string("split.relay_peer", split.relay_peer)
    native.data_plane = _arguments.choice("split.data_plane", split.data_plane, _DATA_PLANES)
    native.connect_timeout = _arguments.seconds("split.connect_timeout", split.connect_timeout)
    native.exchange_timeout = _arguments.seconds("split.exchange_timeout", split.exchange_timeout)
    native.retries = _arguments.integer("split.retries", split.retries)
    native.pads = native_pads(_arguments.instance("split.pads", split.pads, PadSettings))
    return native
