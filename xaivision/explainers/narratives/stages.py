"""The record of one picture's way from a map to words: what each stage found, how long it took, and which one failed."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from xaivision.core.errors import Cancelled, XaivisionError
from xaivision.core.progress import raise_if_cancelled


class Stages:
    """`record` fills stage by stage with plain values, which a file can hold. A stage that fails says why, and the ones
    before it stay.
    """

    def __init__(self, **known: Any) -> None:
        self.record: dict[str, Any] = dict(known)

    @contextmanager
    def stage(self, name: str) -> Iterator[dict[str, Any]]:
        """A part of the record to write into; an error ends the stage, and is told there.

        Raises: Cancelled.
        """
        raise_if_cancelled()
        part: dict[str, Any] = {}
        start = time.perf_counter()
        try:
            yield part
        except Cancelled:
            raise
        except Exception as error:  # stages of users' own: whatever one of them raises, those before it are kept
            part["failed"] = str(error) if isinstance(error, XaivisionError) else f"{type(error).__name__}: {error}"
        # What was made for several pictures at once says its share itself.
        part.setdefault("seconds", time.perf_counter() - start)
        self.record[name] = part

    def done(self, name: str) -> bool:
        """Whether a stage was gone through, and did not fail."""
        return name in self.record and "failed" not in self.record[name]
