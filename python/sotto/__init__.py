"""Sotto: forward passes over prompts that stay secret from the accelerator that computes them.

>>> import sotto
>>> model = sotto.Model("models/kjv-2m")
>>> print(model.score(["In the beginning"])[0].logprob)

Returns logits, log-probabilities, scores, embeddings and labels; generates no text. sotto.Model says what
it does, sotto.SplitOptions how accelerators take part.
"""

from sotto._choices import LabelProbabilities, Ranking, label_probabilities, rank
from sotto._errors import (
    AbortedError,
    CancelledError,
    DataLossError,
    DeadlineExceededError,
    Error,
    FailedPreconditionError,
    InternalError,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
    ResourceExhaustedError,
    UnavailableError,
    UnimplementedError,
)
from sotto._model import Model
from sotto._native import VERSION as __version__
from sotto._options import PadSettings, SplitOptions
from sotto._results import (
    Classification,
    Digests,
    ModelInfo,
    PrecisionReport,
    Progress,
    Scores,
)

__all__ = [
    "AbortedError",
    "CancelledError",
    "Classification",
    "DataLossError",
    "DeadlineExceededError",
    "Digests",
    "Error",
    "FailedPreconditionError",
    "InternalError",
    "InvalidArgumentError",
    "LabelProbabilities",
    "Model",
    "ModelInfo",
    "NotFoundError",
    "PadSettings",
    "PermissionDeniedError",
    "PrecisionReport",
    "Progress",
    "Ranking",
    "ResourceExhaustedError",
    "Scores",
    "SplitOptions",
    "UnavailableError",
    "UnimplementedError",
    "__version__",
    "label_probabilities",
    "rank",
]
