"""Where the parts of a benchmark are kept, so that a run that was stopped goes on where it was: JSON files in a folder."""

import hashlib
import inspect
import json
import re
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import torch

from xaivision.core.origin import plain_settings
from xaivision.core.protocols import Explainer
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.core.whole_file import write_whole
from xaivision.evaluation.known_answers.known_question import KnownQuestion
from xaivision.models.weights_cache import digest

# Floors whose code decides the numbers of a part.
DECIDING = ("core", "data", "engines", "models", "explainers", "evaluation/known_answers", "evaluation/scoring.py")
# How long a part is kept that is not taken up, and what its file is called: nothing else is ever removed.
DAYS, PART = 30, re.compile("[0-9a-f]{64}")


class PartsFolder:
    """Parts under a digest of what they come from: code, question, method and settings. None: kept nowhere.

    `afresh`: nothing that is kept there is taken up. Parts that no run has asked for in `DAYS` go when the folder is opened.
    Where the folder cannot be written, nothing is kept from then on, and a warning says so once.
    """

    def __init__(self, folder: Path | None, *, afresh: bool = False) -> None:
        self._folder, self._afresh = folder, afresh
        if folder is not None:
            self._trying(lambda: folder.mkdir(parents=True, exist_ok=True))
            _forget(folder)

    def read(self, key: str) -> dict[str, Any] | None:
        """The part that is kept under this key; None where there is none, or what is there is no whole file."""
        if self._folder is None or self._afresh:
            return None
        path = self._folder / f"{key}.json"
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        with suppress(OSError):
            path.touch()
        return found if isinstance(found, dict) and found.get("key") == key else None

    def write(self, key: str, part: dict[str, Any]) -> None:
        """Keep a part."""
        if self._folder is not None:
            path, content = self._folder / f"{key}.json", json.dumps({"key": key, **part}, allow_nan=False)
            self._trying(lambda: write_whole(path, content.encode()))

    def _trying(self, work: Callable[[], object]) -> None:
        try:
            work()
        except OSError as error:
            warnings.warn(
                f"The benchmark keeps no answers from here on, and goes on: its cache {self._folder} cannot be written "
                f"({error.strerror or error}). Name another one with `parts`, or in the environment variable XDG_CACHE_HOME.",
                RuntimeWarning,
                stacklevel=2,
            )
            self._folder = None


def _forget(folder: Path) -> None:
    """Remove parts that are old: their code has changed since, or nobody runs the benchmark any more."""
    oldest = time.time() - DAYS * 24 * 3600
    for path in folder.glob("*.json"):
        with suppress(OSError):  # another run may have removed it, or the folder may be for reading only
            if PART.fullmatch(path.stem) and path.stat().st_mtime < oldest:
                path.unlink()


def key_of(question: KnownQuestion, label: str, method: Explainer, seed: int) -> str:
    """A digest of all that an answer comes from."""
    asked = {"inputs": question.inputs, "targets": question.targets, "truth": question.truth}
    if question.exact is not None:
        asked["exact"] = question.exact
    told = (code_digest(), torch.__version__, question.name, question.cell, digest(asked), _weights(question), label)
    return _digested((*told, _own_code(type(method)), plain_settings(method), seed))


def study_key(name: str, size: str, seed: int) -> str:
    """The same for a study."""
    return _digested((code_digest(), torch.__version__, name, size, seed))


@cache
def code_digest() -> str:
    """SHA-256 over the source of every module that decides the numbers."""
    root = Path(__file__).resolve().parents[2]
    found = hashlib.sha256()
    for part in DECIDING:
        files = [root / part] if part.endswith(".py") else sorted((root / part).rglob("*.py"))
        for file in files:
            found.update(str(file.relative_to(root)).encode() + file.read_bytes())
    return found.hexdigest()


def is_own(kind: type) -> bool:
    """Whether a method is of this library, all of whose code is in `code_digest`."""
    return kind.__module__.partition(".")[0] == __name__.partition(".")[0]


def _own_code(kind: type) -> str:
    """SHA-256 over the file that a method of somebody else is written in; of this library's, "".

    A class that was made without a file, in a notebook for one, has its name alone: `afresh` asks it again.
    """
    if is_own(kind):
        return ""
    try:
        return hashlib.sha256(Path(inspect.getfile(kind)).read_bytes()).hexdigest()
    except (OSError, TypeError):
        return f"{kind.__module__}.{kind.__qualname__}"


def _weights(question: KnownQuestion) -> str:
    return digest(question.model.model.state_dict()) if isinstance(question.model, TorchClassifier) else repr(question.model)


def _digested(told: tuple[Any, ...]) -> str:
    return hashlib.sha256(repr(told).encode()).hexdigest()
