"""Types of the extension, which the Python of this package alone uses."""

from collections.abc import Callable
from typing import ClassVar, TypedDict

import numpy as np
import numpy.typing as npt

VERSION: str
MAX_TOP_K: int

# (tokens_done, tokens_total, elapsed_seconds, seconds_left)
Callback = Callable[[int, int, float, float | None], object]

class Precision:
    __members__: ClassVar[dict[str, Precision]]
    f32: ClassVar[Precision]
    bf16: ClassVar[Precision]
    int8: ClassVar[Precision]
    fixed: ClassVar[Precision]
    def __init__(self, value: int) -> None: ...
    def __index__(self) -> int: ...
    def __int__(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def value(self) -> int: ...

class FixedWeights:
    __members__: ClassVar[dict[str, FixedWeights]]
    bits12: ClassVar[FixedWeights]
    bits8: ClassVar[FixedWeights]
    def __init__(self, value: int) -> None: ...
    def __index__(self) -> int: ...
    def __int__(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def value(self) -> int: ...

class AttentionPrecision:
    __members__: ClassVar[dict[str, AttentionPrecision]]
    f32: ClassVar[AttentionPrecision]
    bf16: ClassVar[AttentionPrecision]
    def __init__(self, value: int) -> None: ...
    def __index__(self) -> int: ...
    def __int__(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def value(self) -> int: ...

class Positions:
    __members__: ClassVar[dict[str, Positions]]
    all: ClassVar[Positions]
    last: ClassVar[Positions]
    def __init__(self, value: int) -> None: ...
    def __index__(self) -> int: ...
    def __int__(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def value(self) -> int: ...

class Pooling:
    __members__: ClassVar[dict[str, Pooling]]
    last: ClassVar[Pooling]
    mean: ClassVar[Pooling]
    all: ClassVar[Pooling]
    def __init__(self, value: int) -> None: ...
    def __index__(self) -> int: ...
    def __int__(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def value(self) -> int: ...

class BosUse:
    __members__: ClassVar[dict[str, BosUse]]
    auto: ClassVar[BosUse]
    always: ClassVar[BosUse]
    never: ClassVar[BosUse]
    def __init__(self, value: int) -> None: ...
    def __index__(self) -> int: ...
    def __int__(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def value(self) -> int: ...

class Protection:
    __members__: ClassVar[dict[str, Protection]]
    shares: ClassVar[Protection]
    pads: ClassVar[Protection]
    def __init__(self, value: int) -> None: ...
    def __index__(self) -> int: ...
    def __int__(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def value(self) -> int: ...

class RelayUse:
    __members__: ClassVar[dict[str, RelayUse]]
    where_possible: ClassVar[RelayUse]
    required: ClassVar[RelayUse]
    never: ClassVar[RelayUse]
    def __init__(self, value: int) -> None: ...
    def __index__(self) -> int: ...
    def __int__(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def value(self) -> int: ...

class DataPlane:
    __members__: ClassVar[dict[str, DataPlane]]
    auto: ClassVar[DataPlane]
    shm: ClassVar[DataPlane]
    tcp: ClassVar[DataPlane]
    grpc: ClassVar[DataPlane]
    def __init__(self, value: int) -> None: ...
    def __index__(self) -> int: ...
    def __int__(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def value(self) -> int: ...

class WhenOut:
    __members__: ClassVar[dict[str, WhenOut]]
    wait: ClassVar[WhenOut]
    local: ClassVar[WhenOut]
    fail: ClassVar[WhenOut]
    def __init__(self, value: int) -> None: ...
    def __index__(self) -> int: ...
    def __int__(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def value(self) -> int: ...

class ModelOptions:
    model_sha256: str
    weights_sha256: str
    sealed_root: str
    key_file: bytes
    threads: int
    def __init__(self) -> None: ...

class PadSettings:
    memory_bytes: int
    directory: bytes
    directory_bytes: int
    when_out: WhenOut
    def __init__(self) -> None: ...

class SplitOptions:
    endpoints: list[str]
    protection: Protection | None
    pinned_keys: list[str]
    roots: list[str]
    insecure_channels: bool
    relay: RelayUse
    relay_peer: str
    data_plane: DataPlane
    connect_timeout: float
    exchange_timeout: float
    retries: int
    pads: PadSettings
    def __init__(self) -> None: ...
    def set_certificate(self, chain: str, private_key: str) -> None: ...

class PrefillOptions:
    prefill_length: int
    batch_size: int
    precision: Precision | None
    attention_precision: AttentionPrecision | None
    fixed_weights: FixedWeights
    threads: int
    pad_compute: bool
    oblivious_embedding: bool
    positions: Positions
    hidden_states_only: bool
    weight_cache_dir: bytes
    split: SplitOptions | None
    def __init__(self) -> None: ...

class _Info(TypedDict):
    name: str
    sealed: bool
    architecture: str
    head: str
    labels: tuple[str, ...]
    parameters: int
    layers: int
    hidden_size: int
    vocab_size: int
    max_positions: int
    unknown_fields: tuple[str, ...]
    warnings: tuple[str, ...]

class _Digests(TypedDict):
    model: str
    config: str
    tokenizer: str
    weights: str

class _PrecisionReport(TypedDict):
    linear: Precision
    linear_reason: str
    fixed_weights: FixedWeights | None
    attention: AttentionPrecision
    attention_reason: str

_Ids = npt.NDArray[np.int32]
# logprobs, top_ids, top_logprobs, sum, tokens, perplexity
_Scores = tuple[npt.NDArray[np.float64], _Ids, npt.NDArray[np.float64], float, int, float | None]

class Model:
    def __init__(self, path: bytes, model_options: ModelOptions, prefill_options: PrefillOptions,
                 default_length: bool) -> None: ...
    def close(self) -> None: ...
    def info(self) -> _Info: ...
    def digests(self) -> _Digests: ...
    def precision(self) -> _PrecisionReport: ...
    def threads(self) -> int: ...
    def prefill_length(self) -> int: ...
    def has_tokenizer(self) -> bool: ...
    def bos_ids(self) -> list[int]: ...
    def encode(self, texts: list[bytes], add_bos: BosUse, special_tokens: bool) -> list[_Ids]: ...
    def encode_continuations(self, context: bytes, continuations: list[bytes], add_bos: BosUse,
                             special_tokens: bool) -> tuple[_Ids, list[_Ids]]: ...
    def encode_labels(self, prompt: bytes, labels: list[bytes], add_bos: BosUse,
                      special_tokens: bool) -> tuple[_Ids, list[_Ids]]: ...
    def decode(self, ids: _Ids) -> str: ...
    def token_texts(self, ids: _Ids, apart: bool) -> list[str | None]: ...
    def score(self, prompts: list[_Ids], top_k: int, first_tokens: list[int],
              progress: Callback | None) -> list[_Scores]: ...
    # A list for all positions, an array for the last.
    def logits(self, prompts: list[_Ids], positions: Positions, progress: Callback | None
               ) -> list[npt.NDArray[np.float32]] | npt.NDArray[np.float32]: ...
    def logprobs_of(self, prompts: list[_Ids], tokens: list[_Ids], positions: list[int],
                    progress: Callback | None) -> list[npt.NDArray[np.float64]]: ...
    def embed(self, prompts: list[_Ids], pooling: Pooling, dimensions: int, normalize: bool,
              progress: Callback | None) -> list[npt.NDArray[np.float32]]: ...
    def classify(self, prompts: list[_Ids], progress: Callback | None
                 ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float64] | None]: ...
