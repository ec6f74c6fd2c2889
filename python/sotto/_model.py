"""sotto.Model: a model, opened and ready to run. One long class, half of it what help() prints."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Sequence
import os
from types import TracebackType
from typing import Any, Literal, Union, overload
import warnings
import weakref

import numpy as np
import numpy.typing as npt

from sotto import _arguments
from sotto import _native
from sotto import _options
from sotto._arguments import AddBos, IdArray
from sotto._results import (Classification, Digests, ModelInfo, PrecisionReport, Progress,
                            Scores)

Ids = Union[Sequence[int], npt.NDArray[np.integer[Any]]]
Prompts = Union[Sequence[str], Sequence[Ids], npt.NDArray[np.integer[Any]]]
ProgressCallback = Callable[[Progress], object]
Path = Union[str, "os.PathLike[str]"]

_open_models: weakref.WeakSet[Model] = weakref.WeakSet()


class Model:
    """A model in memory: it computes logits, scores, embeddings and labels of prompts.

    >>> model = sotto.Model("models/kjv-2m")
    >>> print(model.score(["In the beginning"])[0].logprob)

    Prompts are a list of texts, or a list of lists (or arrays) of token ids. Of texts, ids are made
    by the model's tokenizer. `add_bos` puts BOS before each if its template does ("always": also
    if it does not; False: neither BOS nor what the template puts behind a text), and
    `special_tokens` lets text that spells a special token, such as <|eot_id|>, become that token
    (False: it stays ordinary text; use this for text you do not trust). Prompts longer than
    `prefill_length` tokens are refused, never cut.

    A prompt's results are the same to the bit whatever else is in the call, and whatever
    `batch_size` and `threads` are.

    `progress` is called on the calling thread with a sotto.Progress; an exception that it raises
    ends the run, and so does KeyboardInterrupt: within a fraction of a batch. The model can be used
    again afterwards. The GIL is released while a run goes on. Threads can share a model: their
    calls run one at a time. In a process forked after it was opened it raises sotto.Error.

    Wrong types raise TypeError, wrong values ValueError, with the argument's name; other errors are
    sotto.Error. No message contains text or token ids.
    """

    def __init__(
        self,
        path: Path,
        *,
        prefill_length: int | None = None,
        batch_size: int = 1,
        precision: Literal["auto", "f32", "bf16", "int8", "fixed"] | None = None,
        attention_precision: Literal["auto", "f32", "bf16"] = "auto",
        fixed_weights: Literal[12, 8] = 12,
        threads: int = 0,
        pad_compute: bool = False,
        oblivious_embedding: bool = False,
        positions: Literal["all", "last"] = "all",
        hidden_states_only: bool = False,
        weight_cache_dir: Path = "",
        split: _options.SplitOptions | None = None,
        model_sha256: str = "",
        weights_sha256: str = "",
        sealed_root: str = "",
        key_file: Path = "",
    ) -> None:
        """Opens a model, packs its weights, and connects to the accelerators of `split`.

        Args:
          path: a Hugging Face directory (config.json, tokenizer.json, safetensors) or a sealed model.
          prefill_length: longest prompt, in tokens. Memory for it is allocated once. None: 512, or
            what the model can take if that is less.
          batch_size: prompts per forward pass.
          precision: of linear layers. None: f32, as `sotto score`, `classify`, `embed` and `serve`
            have it; with `split`, fixed. "auto": the faster of f32 and bf16, by measurement.
          attention_precision: with bf16 and int8. "auto": the faster one, by measurement.
          fixed_weights: bits of a weight with precision "fixed", and so with `split`. 8 halves the
            work of products and makes log-probabilities some ten times less exact.
          threads: 0: all processors.
          pad_compute: always computes batch_size x prefill_length positions, so that time does not
            reveal lengths. `split` does so anyway.
          oblivious_embedding: reads the whole embedding table for every batch, so that memory
            accesses do not reveal tokens. Implies pad_compute.
          positions: what most runs will ask for: "last" if logits of the last position suffice.
            Pads of `split` are stocked accordingly.
          hidden_states_only: only `embed` and `classify` will be called; lm_head is not packed,
            which saves its memory, and there are no logits and no scores.
          weight_cache_dir: directory that keeps packed weights for the next start; empty: none.
          split: untrusted accelerators that multiply blinded rows; None: this process computes
            everything.
          model_sha256, weights_sha256: digests that the model must have; empty: any.
          sealed_root, key_file: of a sealed model: the root it must have, and the path of its key.
        """
        model_options = _native.ModelOptions()
        model_options.model_sha256 = _arguments.string("model_sha256", model_sha256)
        model_options.weights_sha256 = _arguments.string("weights_sha256", weights_sha256)
        model_options.sealed_root = _arguments.string("sealed_root", sealed_root)
        model_options.key_file = _arguments.path("key_file", key_file)
        model_options.threads = _arguments.integer("threads", threads)

        options = _native.PrefillOptions()
        if prefill_length is not None:
            options.prefill_length = _arguments.integer("prefill_length", prefill_length, minimum=1)
        options.batch_size = _arguments.integer("batch_size", batch_size, minimum=1)
        if precision is None:
            precision = "f32" if split is None else "fixed"
        options.precision = _arguments.choice("precision", precision, _options.PRECISIONS)
        options.attention_precision = _arguments.choice("attention_precision", attention_precision,
                                                        _options.ATTENTION_PRECISIONS)
        bits = _arguments.integer("fixed_weights", fixed_weights)
        options.fixed_weights = _arguments.choice("fixed_weights", str(bits), _options.FIXED_WEIGHTS)
        options.threads = model_options.threads
        options.pad_compute = _arguments.boolean("pad_compute", pad_compute)
        options.oblivious_embedding = _arguments.boolean("oblivious_embedding", oblivious_embedding)
        options.positions = _arguments.choice("positions", positions, _options.POSITIONS)
        options.hidden_states_only = _arguments.boolean("hidden_states_only", hidden_states_only)
        options.weight_cache_dir = _arguments.path("weight_cache_dir", weight_cache_dir)
        if split is not None:
            split = _arguments.instance("split", split, _options.SplitOptions)
            options.split = _options.native_split(split)

        native_path = _arguments.path("path", path)
        self._native = _native.Model(native_path, model_options, options, prefill_length is None)
        # Once: a closed model has one, too.
        info = self.info
        self._repr = (f"sotto.Model({os.fsdecode(native_path)!r}: {info.architecture}, "
                      f"{info.layers} layers, hidden size {info.hidden_size})")
        _open_models.add(self)
        self._warn_of_odd_files()

    def __repr__(self) -> str:
        return self._repr

    def _warn_of_odd_files(self) -> None:
        info = self.info
        for text in info.warnings:
            warnings.warn(f"{info.name}/{text}", stacklevel=3)
        if info.unknown_fields:
            warnings.warn(
                f"{info.name}: config.json has fields that Sotto ignores: "
                f"{', '.join(info.unknown_fields)}; if one of them changes what the model computes, "
                "results are wrong", stacklevel=3)

    def close(self) -> None:
        """Gives back memory and connections. A run on another thread ends with CancelledError."""
        self._native.close()

    def __enter__(self) -> Model:
        return self

    def __exit__(self, exc_type: type[BaseException] | None, exc: BaseException | None,
                 traceback: TracebackType | None) -> None:
        self.close()

    # The model.

    @property
    def info(self) -> ModelInfo:
        """The shape of the model."""
        return ModelInfo(**self._native.info())

    @property
    def precision(self) -> PrecisionReport:
        """The precisions in use, and why."""
        report = self._native.precision()
        bits = report["fixed_weights"]
        return PrecisionReport(linear=report["linear"].name,
                               linear_reason=report["linear_reason"],
                               fixed_weights=None if bits is None else int(bits.name[4:]),
                               attention=report["attention"].name,
                               attention_reason=report["attention_reason"])

    @property
    def prefill_length(self) -> int:
        """Longest prompt, in tokens."""
        return self._native.prefill_length()

    @property
    def threads(self) -> int:
        """Threads that a run uses."""
        return self._native.threads()

    def digests(self) -> Digests:
        """SHA-256 digests. Hashes the weights unless that has been done: seconds for a large model."""
        return Digests(**self._native.digests())

    # Its tokenizer.

    @property
    def has_tokenizer(self) -> bool:
        """False without a tokenizer.json: prompts must then be token ids."""
        return self._native.has_tokenizer()

    @property
    def bos_ids(self) -> list[int]:
        """The ids that add_bos=True puts before a text; empty if there are none."""
        return self._native.bos_ids()

    def encode(self, text: str, *, add_bos: AddBos = True, special_tokens: bool = True) -> list[int]:
        """The token ids of a text."""
        (ids,) = self._encode([_text_of("text", text)], add_bos, special_tokens)
        encoded: list[int] = ids.tolist()
        return encoded

    def encode_continuations(
        self, context: str, continuations: Sequence[str], *, add_bos: AddBos = True,
        special_tokens: bool = True,
    ) -> tuple[list[int], list[list[int]]]:
        """The ids of a context, and of each of the texts that may follow it.

        As lm-evaluation-harness: white space at the end of the context moves to the beginning of
        the continuation, both are encoded together, and the continuation's ids are those behind
        the encoded context. Score `context + continuation` with `first_tokens` the length of the
        context; in one call, with a batch_size that holds them all, the context is computed once.
        """
        texts = [_text_of(f"continuations[{i}]", item) for i, item in enumerate(
            _arguments.items("continuations", continuations, "texts"))]
        ids, each = self._native.encode_continuations(
            _text_of("context", context), texts, _arguments.bos_use("add_bos", add_bos),
            _arguments.boolean("special_tokens", special_tokens))
        return ids.tolist(), [array.tolist() for array in each]

    def encode_labels(
        self, prompt: str, labels: Sequence[str], *, add_bos: AddBos = True,
        special_tokens: bool = True,
    ) -> tuple[list[int], list[list[int]]]:
        """The ids of a prompt that ends as it is, and of each label that may follow it.

        As `sotto score`: white space at the prompt's end moves to the labels only where one of them
        would change the prompt's own tokens.
        """
        texts = [_text_of(f"labels[{i}]", item) for i, item in enumerate(
            _arguments.items("labels", labels, "texts"))]
        ids, each = self._native.encode_labels(
            _text_of("prompt", prompt), texts, _arguments.bos_use("add_bos", add_bos),
            _arguments.boolean("special_tokens", special_tokens))
        return ids.tolist(), [array.tolist() for array in each]

    def decode(self, ids: Ids) -> str:
        """The text of token ids."""
        return self._native.decode(_arguments.ids("ids", ids))

    def token_texts(self, ids: Ids, *, apart: bool = False) -> list[str | None]:
        """One text per id, None for an id that the tokenizer lacks.

        Concatenated they are the whole text; a character spelled by several ids appears with the
        last of them. With `apart`, each is as it would stand inside a text, for ids that have
        nothing to do with each other, like Scores.top_ids. Empty without a tokenizer.
        """
        return self._native.token_texts(_arguments.ids("ids", ids),
                                        _arguments.boolean("apart", apart))

    # Forward passes.

    def score(
        self,
        prompts: Prompts,
        *,
        top_k: int = 1,
        first_tokens: Sequence[int] | None = None,
        add_bos: AddBos = True,
        special_tokens: bool = True,
        progress: ProgressCallback | None = None,
    ) -> list[Scores]:
        """Log-probabilities of the tokens of each prompt.

        Args:
          prompts: texts or token ids.
          top_k: how many of the most likely tokens to list after each position, 0 to 100. Every one
            costs another pass over the vocabulary.
          first_tokens: of each prompt, the first token to score (at least 1): the sum and the time
            leave out those before. None: all but the first.
        """
        ids = self._prompts(prompts, add_bos, special_tokens)
        first = [] if first_tokens is None else [
            _arguments.integer(f"first_tokens[{i}]", item, minimum=1)
            for i, item in enumerate(_arguments.items("first_tokens", first_tokens, "int"))]
        top_k = _arguments.integer("top_k", top_k, maximum=_native.MAX_TOP_K)
        results = self._native.score(ids, top_k, first, _callback(progress))
        return [Scores(ids=prompt, logprobs=logprobs, top_ids=top_ids, top_logprobs=top_logprobs,
                       logprob=logprob, tokens=tokens, perplexity=perplexity)
                for prompt, (logprobs, top_ids, top_logprobs, logprob, tokens, perplexity)
                in zip(ids, results)]

    @overload
    def logits(self, prompts: Prompts, *, positions: Literal["all"] = "all", add_bos: AddBos = True,
               special_tokens: bool = True, progress: ProgressCallback | None = None
               ) -> list[npt.NDArray[np.float32]]: ...

    @overload
    def logits(self, prompts: Prompts, *, positions: Literal["last"], add_bos: AddBos = True,
               special_tokens: bool = True, progress: ProgressCallback | None = None
               ) -> npt.NDArray[np.float32]: ...

    def logits(
        self,
        prompts: Prompts,
        *,
        positions: Literal["all", "last"] = "all",
        add_bos: AddBos = True,
        special_tokens: bool = True,
        progress: ProgressCallback | None = None,
    ) -> list[npt.NDArray[np.float32]] | npt.NDArray[np.float32]:
        """Logits, float32: what each token is predicted from.

        "all": a list with an array [tokens, vocab_size] per prompt, of which row i predicts token
        i + 1. "last": one array [prompts, vocab_size], of the last position of each prompt. The
        run writes into the arrays; nothing is copied.
        """
        where = _arguments.choice("positions", positions, _options.POSITIONS)
        return self._native.logits(self._prompts(prompts, add_bos, special_tokens), where,
                                   _callback(progress))

    def logprobs_of(
        self,
        prompts: Prompts,
        tokens: Sequence[int] | Sequence[Sequence[int]] | npt.NDArray[np.integer[Any]],
        *,
        positions: Sequence[int] | None = None,
        add_bos: AddBos = True,
        special_tokens: bool = True,
        progress: ProgressCallback | None = None,
    ) -> list[npt.NDArray[np.float64]]:
        """For each prompt, the log-probability of each of the given tokens as the next one.

        Costs less than logits: only the named positions are computed. sotto.label_probabilities
        takes texts instead of ids.

        Args:
          tokens: token ids: one list for all prompts, or a list per prompt.
          positions: of each prompt, the position that the tokens would follow. None: the last.
        """
        ids = self._prompts(prompts, add_bos, special_tokens)
        wanted = self._tokens(tokens, len(ids))
        if positions is None:
            where = [max(len(prompt), 1) - 1 for prompt in ids]
        else:
            where = [_arguments.integer(f"positions[{i}]", item)
                     for i, item in enumerate(_arguments.items("positions", positions, "int"))]
            if len(where) != len(ids):
                raise ValueError(f"positions: {len(where)} given for {len(ids)} prompts")
        return self._native.logprobs_of(ids, wanted, where, _callback(progress))

    def classify(
        self,
        prompts: Prompts,
        *,
        add_bos: AddBos = True,
        special_tokens: bool = True,
        progress: ProgressCallback | None = None,
    ) -> Classification:
        """What a classifier's labels score after the last token that is not padding.

        A model of one label, such as a reward model, scores each prompt. FailedPreconditionError
        for a model that is no classifier (info.head).
        """
        logits, probabilities = self._native.classify(
            self._prompts(prompts, add_bos, special_tokens), _callback(progress))
        return Classification(labels=self.info.labels, logits=logits, probabilities=probabilities)

    @overload
    def embed(self, prompts: Prompts, *, pooling: Literal["last", "mean"] = "last",
              dimensions: int | None = None, normalize: bool = False, add_bos: AddBos = True,
              special_tokens: bool = True, progress: ProgressCallback | None = None
              ) -> npt.NDArray[np.float32]: ...

    @overload
    def embed(self, prompts: Prompts, *, pooling: Literal["all"], dimensions: int | None = None,
              normalize: bool = False, add_bos: AddBos = True, special_tokens: bool = True,
              progress: ProgressCallback | None = None) -> list[npt.NDArray[np.float32]]: ...

    def embed(
        self,
        prompts: Prompts,
        *,
        pooling: Literal["last", "mean", "all"] = "last",
        dimensions: int | None = None,
        normalize: bool = False,
        add_bos: AddBos = True,
        special_tokens: bool = True,
        progress: ProgressCallback | None = None,
    ) -> npt.NDArray[np.float32] | list[npt.NDArray[np.float32]]:
        """Hidden states after the final norm, float32, of a model with any head.

        Args:
          pooling: "last" (the last token's) or "mean" (over the tokens): an array
            [prompts, hidden_size]; "all": a list with an array [tokens, hidden_size] per prompt.
          dimensions: keeps the first so many numbers of each row, for models that were trained for
            it (Matryoshka representations). None: all.
          normalize: scales each row, once it was cut, to length 1.
        """
        pool = _arguments.choice("pooling", pooling, _options.POOLINGS)
        width = 0 if dimensions is None else _arguments.integer("dimensions", dimensions, minimum=1)
        scale = _arguments.boolean("normalize", normalize)
        arrays = self._native.embed(self._prompts(prompts, add_bos, special_tokens), pool, width,
                                    scale, _callback(progress))
        return arrays if pooling == "all" else np.concatenate(arrays)

    # Arguments.

    def _encode(self, texts: list[bytes], add_bos: AddBos, special_tokens: bool) -> list[IdArray]:
        return self._native.encode(texts, _arguments.bos_use("add_bos", add_bos),
                                   _arguments.boolean("special_tokens", special_tokens))

    def _prompts(self, prompts: Prompts, add_bos: AddBos, special_tokens: bool) -> list[IdArray]:
        given = _arguments.items("prompts", prompts, "texts or of lists of token ids")
        if not given:
            raise ValueError("prompts: must not be empty")
        texts = {i: _text_of(f"prompts[{i}]", item)
                 for i, item in enumerate(given) if isinstance(item, str)}
        encoded = dict(zip(texts, self._encode(list(texts.values()), add_bos, special_tokens)))
        return [encoded[i] if i in encoded else _arguments.ids(f"prompts[{i}]", item)
                for i, item in enumerate(given)]

    def _tokens(self, tokens: object, prompts: int) -> list[IdArray]:
        given = _arguments.items("tokens", tokens, "token ids")
        if not given or isinstance(given[0], (int, np.integer)):
            return [self._known("tokens", given)] * prompts
        if len(given) != prompts:
            raise ValueError(f"tokens: {len(given)} lists given for {prompts} prompts")
        return [self._known(f"tokens[{i}]", item) for i, item in enumerate(given)]

    def _known(self, name: str, value: object) -> IdArray:
        ids = _arguments.ids(name, value)
        vocab_size = self.info.vocab_size
        if ids.size == 0 or ids.max() >= vocab_size:
            raise ValueError(f"{name}: must be ids of the model's vocabulary of {vocab_size}")
        return ids


def _text_of(name: str, value: object) -> bytes:
    return _arguments.utf8(name, _arguments.string(name, value))


def _callback(progress: ProgressCallback | None) -> _native.Callback | None:
    if progress is None:
        return None
    function: ProgressCallback = _arguments.function("progress", progress)
    return lambda *fields: function(Progress(*fields))


def _close_all() -> None:
    """Before the interpreter goes: daemon threads may be in the middle of a run."""
    for model in list(_open_models):
        model.close()


atexit.register(_close_all)
