"""sotto.rank and sotto.label_probabilities: a choice among texts, by their probability."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses

import numpy as np
import numpy.typing as npt

from sotto import _arguments
from sotto._arguments import AddBos
from sotto._model import Model, ProgressCallback


@dataclasses.dataclass(frozen=True, repr=False)
class Ranking:
    """What `sotto.rank` returns of each continuation, in their order."""

    #: float64 [continuations]: the sum of the log-probabilities of its tokens.
    logprobs: npt.NDArray[np.float64]
    #: int64 [continuations]: how many tokens that are.
    tokens: npt.NDArray[np.int64]
    #: bool [continuations]: whether each of them was the most likely one.
    greedy: npt.NDArray[np.bool_]
    #: The number of the most probable one, the first among equals: lm-evaluation-harness's `acc`.
    choice: int
    #: The same after dividing by its characters, leading white space not counted: its `acc_norm`.
    choice_norm: int

    def __repr__(self) -> str:
        return f"Ranking(choice={self.choice}, choice_norm={self.choice_norm})"


@dataclasses.dataclass(frozen=True, repr=False)
class LabelProbabilities:
    """What `sotto.label_probabilities` returns: arrays float64 [prompts, labels]."""

    #: Of each label after each prompt, among all that could follow; of several tokens, their sum.
    logprobs: npt.NDArray[np.float64]
    #: exp(logprobs).
    probabilities: npt.NDArray[np.float64]
    #: The same among the labels: each row adds up to 1.
    shares: npt.NDArray[np.float64]

    @property
    def choices(self) -> npt.NDArray[np.int64]:
        """Of each prompt, the number of its most probable label."""
        choices: npt.NDArray[np.int64] = np.argmax(self.logprobs, axis=1)
        return choices

    def __repr__(self) -> str:
        return f"LabelProbabilities({self.logprobs.shape[0]} prompts x {self.logprobs.shape[1]})"


def rank(model: Model, context: str, continuations: Sequence[str], *, add_bos: AddBos = True,
         special_tokens: bool = True, progress: ProgressCallback | None = None) -> Ranking:
    """Which of several texts is likelier to follow a context.

    They are split as Model.encode_continuations does it. In a model with a batch_size that holds
    them all, the context is computed once.

    >>> sotto.rank(model, "And God said, Let there be", [" light", " darkness"]).choice
    """
    head, tails = model.encode_continuations(context, continuations, add_bos=add_bos,
                                             special_tokens=special_tokens)
    if not tails:
        raise ValueError("continuations: there are none")
    scores = model.score([head + tail for tail in tails], first_tokens=[len(head)] * len(tails),
                         progress=progress)
    logprobs = np.array([score.logprob for score in scores])
    sizes = np.array([max(1, len(text.lstrip())) for text in continuations])
    greedy = [bool(np.array_equal(score.top_ids[len(head) - 1:-1, 0], tail))
              for score, tail in zip(scores, tails)]
    return Ranking(logprobs=logprobs, tokens=np.array([len(tail) for tail in tails]),
                   greedy=np.array(greedy), choice=int(np.argmax(logprobs)),
                   choice_norm=int(np.argmax(logprobs / sizes)))


def label_probabilities(model: Model, prompts: Sequence[str], labels: Sequence[str], *,
                        add_bos: AddBos = True, special_tokens: bool = True,
                        progress: ProgressCallback | None = None) -> LabelProbabilities:
    """The probability of each label after each prompt.

    Labels follow a prompt's own tokens as they are: mind the blank, " yes" after "Is it so?". Only
    where white space at the prompt's end would merge with a label does it move to the labels. Labels
    of one token, as a rule, are read off the last position.

    >>> sotto.label_probabilities(model, ["Is water wet? Answer:"], [" yes", " no"]).shares
    """
    names = _arguments.items("labels", labels, "texts")
    if not names:
        raise ValueError("labels: there are none")
    heads: list[list[int]] = []
    tails: list[list[list[int]]] = []
    for prompt in _arguments.items("prompts", prompts, "texts"):
        head, ids = model.encode_labels(prompt, names, add_bos=add_bos,
                                        special_tokens=special_tokens)
        heads.append(head)
        tails.append(ids)
    logprobs = np.zeros((len(heads), len(names)))
    single = [i for i, ids in enumerate(tails) if all(len(label) == 1 for label in ids)]
    for i, values in zip(single, model.logprobs_of(
            [heads[i] for i in single], [[label[0] for label in tails[i]] for i in single],
            progress=progress) if single else []):
        logprobs[i] = values
    several = [(i, j) for i, ids in enumerate(tails) if any(len(label) != 1 for label in ids)
               for j in range(len(names))]
    for (i, j), score in zip(several, model.score(
            [heads[i] + tails[i][j] for i, j in several], top_k=0,
            first_tokens=[len(heads[i]) for i, _ in several],
            progress=progress) if several else []):
        logprobs[i, j] = score.logprob
    shares = np.exp(logprobs - logprobs.max(axis=1, keepdims=True, initial=-np.inf))
    return LabelProbabilities(logprobs=logprobs, probabilities=np.exp(logprobs),
                              shares=shares / shares.sum(axis=1, keepdims=True))
