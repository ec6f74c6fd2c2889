"""Checks of arguments: TypeError or ValueError with the argument's name, never with its value."""

from __future__ import annotations

from collections.abc import Iterable
import os
from typing import Any, Literal, TypeVar, Union

import numpy as np
import numpy.typing as npt

from sotto import _native

# What is put around a text: by the tokenizer's template, BOS in any case, or nothing.
AddBos = Union[bool, Literal["always"]]
IdArray = npt.NDArray[np.int32]
T = TypeVar("T")

_INT32_MAX = 2**31 - 1


def type_name(value: object) -> str:
    return type(value).__name__


def integer(name: str, value: object, *, minimum: int = 0, maximum: int = _INT32_MAX) -> int:
    """Python's and NumPy's integers; no bool, no float."""
    if isinstance(value, (bool, np.bool_)) or not hasattr(value, "__index__"):
        raise TypeError(f"{name}: must be an int, not {type_name(value)}")
    number = int(value.__index__())
    if not minimum <= number <= maximum:
        raise ValueError(f"{name}: must be {minimum} to {maximum}")
    return number


def seconds(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name}: must be a number of seconds, not {type_name(value)}")
    if not 0 < value < 1e9:
        raise ValueError(f"{name}: must be a positive number of seconds")
    return float(value)


def boolean(name: str, value: object) -> bool:
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}: must be a bool, not {type_name(value)}")
    return bool(value)


def bos_use(name: str, value: object) -> _native.BosUse:
    if isinstance(value, str):
        if value != "always":
            raise ValueError(f'{name}: must be True, False or "always"')
        return _native.BosUse.always
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f'{name}: must be a bool or "always", not {type_name(value)}')
    return _native.BosUse.auto if value else _native.BosUse.never


def string(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name}: must be a str, not {type_name(value)}")
    utf8(name, value)
    return value


def path(name: str, value: object) -> bytes:
    if not isinstance(value, (str, bytes, os.PathLike)):
        raise TypeError(f"{name}: must be a path, not {type_name(value)}")
    return os.fsencode(value)


def choice(name: str, value: object, choices: dict[str, T]) -> T:
    if not isinstance(value, str):
        raise TypeError(f"{name}: must be a str, not {type_name(value)}")
    if value not in choices:
        raise ValueError(f"{name}: must be one of {', '.join(choices)}")
    return choices[value]


def instance(name: str, value: object, wanted: type[T]) -> T:
    if not isinstance(value, wanted):
        raise TypeError(f"{name}: must be a sotto.{wanted.__name__}, not {type_name(value)}")
    return value


def function(name: str, value: object) -> Any:
    if not callable(value):
        raise TypeError(f"{name}: must be callable, not {type_name(value)}")
    return value


def items(name: str, value: object, what: str) -> list[Any]:
    """The elements of a list; a str is none, although it can be iterated over."""
    if isinstance(value, (str, bytes, dict)) or not isinstance(value, Iterable):
        raise TypeError(f"{name}: must be a list of {what}, not {type_name(value)}")
    return list(value)


def strings(name: str, value: object) -> list[str]:
    return [string(f"{name}[{i}]", item) for i, item in enumerate(items(name, value, "str"))]


def utf8(name: str, value: str) -> bytes:
    try:
        return value.encode("utf-8")
    except UnicodeEncodeError as error:
        offset = error.start
    # Raised here, so that no error in the chain holds the text.
    raise ValueError(f"{name}: a lone surrogate at offset {offset} is no Unicode text")


def ids(name: str, value: object) -> IdArray:
    """Token ids, as int32: a list of ints or an array of any integer type."""
    if isinstance(value, (str, bytes, dict)) or not isinstance(value, Iterable):
        raise TypeError(f"{name}: must be a list of token ids, not {type_name(value)}")
    problem = ""
    try:
        array = np.asarray(value if hasattr(value, "__array__") else list(value))
    except (ValueError, OverflowError):
        problem = "must be a flat list of token ids"
    if problem:
        raise ValueError(f"{name}: {problem}")
    if array.ndim != 1:
        raise ValueError(f"{name}: must have one dimension, not {array.ndim}")
    if array.size > 0 and array.dtype.kind == "O":
        array = np.array([integer(f"{name}[{i}]", item) for i, item in enumerate(array)])
    if array.size > 0 and array.dtype.kind not in "iu":
        raise TypeError(f"{name}: must be integers")
    if array.size > 0 and not 0 <= array.min() <= array.max() <= _INT32_MAX:
        raise ValueError(f"{name}: a token id is negative or too large")
    return np.ascontiguousarray(array, dtype=np.int32)
