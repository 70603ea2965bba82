"""Errors a user can act on: every message says what is wrong and names the remedy."""

from __future__ import annotations

__all__ = [
    "DFTError",
    "DecodingError",
    "ElatbotError",
    "EngineError",
    "GeneratorError",
    "LeakError",
    "ParseError",
    "PotentialError",
    "StoreError",
    "StructureError",
    "TargetError",
    "TrainingError",
    "UncertaintyError",
]


class ElatbotError(Exception):
    """Base of all errors raised on purpose by this package.

    The command line prints the message on one line and exits with code 2.
    """


class TargetError(ElatbotError, ValueError):
    """A design target that cannot be met as stated (reversed interval, unknown element)."""


class ParseError(ElatbotError, ValueError):
    """Text that is not in the format it should be in.

    Parameters
    ----------
    message
        What is wrong, for people.
    reason
        The same as a short machine-readable word, e.g. ``"unknown_element"``.
    """

    def __init__(self, message: str, reason: str = "unparsable") -> None:
        super().__init__(message)
        self.reason = reason


class GeneratorError(ElatbotError):
    """A text generator that is missing, incomplete or asked for what it never learned."""


class EngineError(ElatbotError):
    """A text engine that cannot be loaded or reached, or settings it cannot follow."""


class PotentialError(ElatbotError):
    """An interatomic potential that is missing, refused or not made for these elements."""


class StructureError(ElatbotError):
    """No crystal could be built; ``reason`` is the machine-readable word for it."""

    def __init__(self, message: str, reason: str = "no_structure") -> None:
        super().__init__(message)
        self.reason = reason


class StoreError(ElatbotError):
    """A store that cannot be opened, read or written."""


class DecodingError(ElatbotError, ValueError):
    """A value from elsewhere that names code which must not be run."""


class TrainingError(ElatbotError):
    """A training that cannot begin, or had to stop; what was saved of it stays as it is."""


class UncertaintyError(ElatbotError, ValueError):
    """Estimates that cannot be combined or calibrated as asked."""


class LeakError(ElatbotError, ValueError):
    """Test materials that a model has seen, or will see, in training."""


class DFTError(ElatbotError):
    """A density functional code that is missing, or cannot do what it is asked for."""
