"""What calls return."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt


@dataclasses.dataclass(frozen=True, eq=False)
class Scores:
    """Log-probabilities of a prompt of n tokens. They reveal the prompt.

    repr() shows the sums only, so that logging a Scores does not log the prompt.
    """

    #: Sum over the tokens scored: all but the first, or those from `first_tokens` on.
    logprob: float
    #: How many tokens that is.
    tokens: int
    #: exp of the mean negative log-probability; None if no token was scored.
    perplexity: float | None
    #: int32 [n]: the prompt's token ids, BOS included.
    ids: npt.NDArray[np.int32] = dataclasses.field(repr=False)
    #: float64 [n]: of each token given those before it. NaN for the first, and for tokens not scored.
    logprobs: npt.NDArray[np.float64] = dataclasses.field(repr=False)
    #: int32 [n, top_k]: the most likely tokens after each position, most likely first. Zeros for
    #: positions not asked for. If top_ids[i, 0] == ids[i + 1], token i + 1 was the greedy choice.
    top_ids: npt.NDArray[np.int32] = dataclasses.field(repr=False)
    #: float64 [n, top_k]: their log-probabilities.
    top_logprobs: npt.NDArray[np.float64] = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True, eq=False)
class Classification:
    """What a classifier says of each of n prompts. It reveals the prompts.

    repr() shows the labels only.
    """

    #: Those of config.json, in the order of the columns.
    labels: tuple[str, ...]
    #: float32 [n, labels]: of a reward model [n, 1], the rewards.
    logits: npt.NDArray[np.float32] = dataclasses.field(repr=False)
    #: float64 [n, labels]: softmax of the logits, or sigmoid where several labels may hold
    #: (problem_type "multi_label_classification"); None for one label, and for "regression".
    probabilities: npt.NDArray[np.float64] | None = dataclasses.field(repr=False)

    @property
    def choices(self) -> list[str]:
        """Of each prompt the label with the largest logit, the first among equals."""
        return [self.labels[i] for i in self.logits.argmax(axis=1)]


@dataclasses.dataclass(frozen=True)
class ModelInfo:
    """The shape of a model."""

    #: The last component of its path.
    name: str
    sealed: bool
    #: What it was taken for: "LlamaForCausalLM", "Qwen3Model", ..
    architecture: str
    #: What it computes beside hidden states: "lm_head" (logits, scores), "classifier" or "none".
    head: str
    #: Of a classifier; else empty.
    labels: tuple[str, ...]
    parameters: int
    layers: int
    hidden_size: int
    vocab_size: int
    #: Longest prompt that the model can take, in tokens.
    max_positions: int
    #: Fields of config.json that Sotto does not know and ignores.
    unknown_fields: tuple[str, ...]
    #: What else is odd about the model's files, a sentence each.
    warnings: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Digests:
    """SHA-256 digests of a model and its parts, 64 hex digits each."""

    #: Of the three below: what `model_sha256` pins.
    model: str
    config: str
    #: Empty if the model has no tokenizer.json.
    tokenizer: str
    #: What `weights_sha256` pins.
    weights: str


@dataclasses.dataclass(frozen=True)
class PrecisionReport:
    """The precisions in use, and why: named, measured, or implied by the mode."""

    linear: str
    linear_reason: str
    #: Bits of a weight at most, if `linear` is "fixed".
    fixed_weights: int | None
    attention: str
    attention_reason: str


@dataclasses.dataclass(frozen=True)
class Progress:
    """How far a run has come, in positions; padding that is computed counts."""

    tokens_done: int
    tokens_total: int
    elapsed_seconds: float
    #: None until there is a prediction.
    seconds_left: float | None
