"""The errors a caller can cause; each message says what was expected, what came, and the remedy."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

# A model may have a thousand classes; nobody reads them in an error.
MOST_SHOWN = 20


class XaivisionError(Exception):
    """Parent of every error this library raises on purpose."""

    def __reduce__(self) -> tuple[Any, ...]:
        """As it is, whatever its class is made with: an error of another process arrives here as what it was there."""
        return type(self).__new__, (type(self), *self.args)


class InputError(XaivisionError, ValueError):
    """What was handed over cannot be used as it is."""


class CapabilityError(XaivisionError, TypeError):
    """The model, or the result, cannot give what was asked of it."""


class AccessError(CapabilityError):
    """What was asked of the model takes more access than was granted."""


class FileFormatError(InputError):
    """A file is not what its name or its header claims, or is not safe to read."""


class MissingExtraError(XaivisionError, ImportError):
    """An optional package is needed that is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f'The package `{package}` is needed. Install it with: pip install "xaivision[{extra}]"')


class Cancelled(XaivisionError):
    """The job was cancelled; models are restored before this reaches the caller."""


class UnknownNameError(InputError, LookupError):
    """A name that no registry knows; the message suggests the closest one."""

    def __init__(self, what: str, name: str, known: Iterable[str]) -> None:
        choices = sorted(set(known))
        close = get_close_matches(name.lower().replace("-", "_"), choices, n=1, cutoff=0.5)
        remedy = f"Did you mean `{close[0]}`?" if close else f"Known: {_listed(choices)}."
        super().__init__(f"`{name}` is not a known {what}. {remedy}")


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:MOST_SHOWN]) or "none"
    return f"{shown} and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else shown
