"""Sotto as a model of lm-evaluation-harness (lm_eval).

    import lm_eval
    from lm_eval_adapter import SottoLM
    results = lm_eval.simple_evaluate(SottoLM("models/kjv-2m"), tasks=["arc_easy"])

Answers loglikelihood and loglikelihood_rolling as the harness defines them, with the arithmetic of
its Hugging Face models. Tasks that generate text are refused: Sotto generates none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import sotto

try:
    from lm_eval.api.model import LM
    from lm_eval.api.registry import register_model
except ImportError as error:
    raise ImportError("lm_eval_adapter needs lm-evaluation-harness: pip install lm-eval") from error


@register_model("sotto")
class SottoLM(LM):
    """Loglikelihoods by sotto.Model.

    Args:
      pretrained: the model's directory, or a sealed model.
      max_length: longest input, in tokens; longer ones lose their first tokens. None: all that the
        model can take.
      batch_size: prompts per forward pass.
      add_bos_token: whether BOS stands before every context. The harness's default for Hugging Face
        models is no; a model trained with BOS, as Llamas are, is measured wrongly without.
      options: others of sotto.Model: precision, split, ...
    """

    def __init__(self, pretrained: str, max_length: int | None = None, batch_size: int = 8,
                 add_bos_token: bool = True, **options: Any) -> None:
        super().__init__()
        if max_length is None:
            with sotto.Model(pretrained, prefill_length=1, key_file=options.get("key_file", "")) as model:
                max_length = model.info.max_positions - 1
        # A run takes the last token as well, which the harness's models are not given.
        self._model = sotto.Model(pretrained, prefill_length=int(max_length) + 1, batch_size=int(batch_size),
                                  **options)
        self._max_length = int(max_length)
        self._add_bos = add_bos_token
        if not self._model.bos_ids:
            raise ValueError("pretrained: the tokenizer has no BOS, which an empty context needs")

    # What the harness asks for.

    def loglikelihood(self, requests: Sequence[Any], disable_tqdm: bool = False) -> list[tuple[float, bool]]:
        """Of each (context, continuation): the continuation's log-probability, and whether it is what
        greedy decoding would give."""
        pairs = [self._encode_pair(*request.args) for request in requests]
        windows = [self._window(context, continuation) for context, continuation in pairs]
        return [(scores.logprob, _is_greedy(scores, first))
                for (_, first), scores in zip(windows, self._score(windows))]

    def loglikelihood_rolling(self, requests: Sequence[Any], disable_tqdm: bool = False) -> list[float]:
        """Of each text: the log-probability of all its tokens. One longer than max_length is cut into
        windows, every token is predicted once, and those of a later window from what that has before
        them."""
        texts = [list(self._rolling_windows(request.args[0])) for request in requests]
        scores = iter(self._score([window for windows in texts for window in windows]))
        return [sum(next(scores).logprob for _ in windows) for windows in texts]

    def generate_until(self, requests: Sequence[Any], disable_tqdm: bool = False) -> list[str]:
        raise NotImplementedError("Sotto generates no text: choose tasks of loglikelihoods")

    # Tokens.

    def _encode(self, text: str) -> list[int]:
        return self._model.encode(text, add_bos=self._add_bos)

    def _encode_pair(self, context: str, continuation: str) -> tuple[list[int], list[int]]:
        """Encoded together, and divided where the context alone would end; blanks at the end of the
        context belong to the continuation, whose first token they are part of."""
        if not context:
            return self._model.bos_ids, self._model.encode(continuation, add_bos=False)
        stripped = context.rstrip()
        whole = self._encode(context + continuation)
        context_ids = self._encode(stripped)
        return context_ids, whole[len(context_ids):]

    def _window(self, context: list[int], continuation: list[int]) -> tuple[list[int], int]:
        """Ids of a run, and the first of them to be scored."""
        if not 0 < len(continuation) <= self._max_length:
            raise ValueError(f"a continuation has {len(continuation)} tokens; must be 1 to {self._max_length}")
        ids = (context + continuation)[-(self._max_length + 1):]
        return ids, len(ids) - len(continuation)

    def _rolling_windows(self, text: str) -> Iterator[tuple[list[int], int]]:
        ids = [self._model.bos_ids[-1], *self._model.encode(text, add_bos=False)]
        done = 1
        while done < len(ids):
            end = min(done + self._max_length, len(ids))
            begin = max(end - self._max_length - 1, 0)
            yield ids[begin:end], done - begin
            done = end

    def _score(self, windows: list[tuple[list[int], int]]) -> list[sotto.Scores]:
        if not windows:
            return []
        return self._model.score([ids for ids, _ in windows], first_tokens=[first for _, first in windows])


def _is_greedy(scores: sotto.Scores, first: int) -> bool:
    return bool(np.array_equal(scores.top_ids[first - 1:-1, 0], scores.ids[first:]))
