"""The library's errors: one class per status code, which says what the caller can do."""

from __future__ import annotations


class Error(Exception):
    """Base of every error of the library.

    Messages name files, arguments and shapes, never text or token ids.
    """

    code = "UNKNOWN"


class InvalidArgumentError(Error, ValueError):
    """An argument or a field of a file is wrong: fix the call."""

    code = "INVALID_ARGUMENT"


class NotFoundError(Error, FileNotFoundError):
    """A named file is missing: fix the path."""

    code = "NOT_FOUND"


class PermissionDeniedError(Error, PermissionError):
    """A file cannot be read, or a server is not the one it should be."""

    code = "PERMISSION_DENIED"


class FailedPreconditionError(Error, RuntimeError):
    """The set-up does not allow it: a closed model, a forked process, too little memory."""

    code = "FAILED_PRECONDITION"


class DataLossError(Error):
    """A file is damaged: replace it."""

    code = "DATA_LOSS"


class UnimplementedError(Error, NotImplementedError):
    """The model or option is not supported; the message says what is."""

    code = "UNIMPLEMENTED"


class ResourceExhaustedError(Error):
    """A limit is reached, or the system refuses memory."""

    code = "RESOURCE_EXHAUSTED"


class UnavailableError(Error, ConnectionError):
    """A server cannot be reached: try again."""

    code = "UNAVAILABLE"


class DeadlineExceededError(Error, TimeoutError):
    """A server was too slow: try again, or elsewhere."""

    code = "DEADLINE_EXCEEDED"


class CancelledError(Error):
    """The run was stopped: the model was closed while it ran."""

    code = "CANCELLED"


class AbortedError(Error):
    """An accelerator lied. Never try again with it."""

    code = "ABORTED"


class InternalError(Error):
    """An error of Sotto itself."""

    code = "INTERNAL"


# By absl::StatusCode.
_CLASSES: dict[int, type[Error]] = {
    1: CancelledError,
    3: InvalidArgumentError,
    4: DeadlineExceededError,
    5: NotFoundError,
    7: PermissionDeniedError,
    8: ResourceExhaustedError,
    9: FailedPreconditionError,
    10: AbortedError,
    12: UnimplementedError,
    13: InternalError,
    14: UnavailableError,
    15: DataLossError,
}


def error_of(code: int, message: str) -> Error:
    """The error for a status; called by the extension."""
    return _CLASSES.get(code, Error)(message)
