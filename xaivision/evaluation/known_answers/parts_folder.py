"""Where the parts of a benchmark are kept, so that a run that was stopped goes on where it was: JSON files in a folder."""

import hashlib
import json
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
DECIDING = ("core", "data", "engines", "models", "explainers", "evaluation/known_answers")


class PartsFolder:
    """Parts under a digest of what they come from: code, question, method and settings. None: kept nowhere."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def read(self, key: str) -> dict[str, Any] | None:
        """The part that is kept under this key; None where there is none, or what is there is no whole file."""
        if self._folder is None:
            return None
        try:
            found = json.loads((self._folder / f"{key}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) and found.get("key") == key else None

    def write(self, key: str, part: dict[str, Any]) -> None:
        """Keep a part."""
        if self._folder is not None:
            content = json.dumps({"key": key, **part}, allow_nan=False)
            write_whole(self._folder / f"{key}.json", content.encode())


def key_of(question: KnownQuestion, label: str, method: Explainer, seed: int) -> str:
    """A digest of all that an answer comes from."""
    asked = {"inputs": question.inputs, "targets": question.targets, "truth": question.truth}
    told = (code_digest(), torch.__version__, question.name, question.cell, digest(asked), _weights(question), label)
    return _digested((*told, plain_settings(method), seed))


def study_key(name: str, size: str, seed: int) -> str:
    """The same for a study."""
    return _digested((code_digest(), torch.__version__, name, size, seed))


@cache
def code_digest() -> str:
    """SHA-256 over the source of every module that decides the numbers."""
    root = Path(__file__).resolve().parents[2]
    found = hashlib.sha256()
    for part in DECIDING:
        for file in sorted((root / part).rglob("*.py")):
            found.update(str(file.relative_to(root)).encode() + file.read_bytes())
    return found.hexdigest()


def _weights(question: KnownQuestion) -> str:
    return digest(question.model.model.state_dict()) if isinstance(question.model, TorchClassifier) else repr(question.model)


def _digested(told: tuple[Any, ...]) -> str:
    return hashlib.sha256(repr(told).encode()).hexdigest()
