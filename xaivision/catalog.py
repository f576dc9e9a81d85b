"""What there is, and what is known of it: for `list` and `info` on the command line, and for the app."""

import platform
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import torch

from xaivision.core.errors import UnknownNameError
from xaivision.core.heap import keeps_heap
from xaivision.core.origin import library_versions
from xaivision.data.registry import available_datasets
from xaivision.evaluation.registry import EVALUATORS
from xaivision.explainers.registry import explainers
from xaivision.models.registry import available_models, model_card

Cards = list[dict[str, Any]]
SHELVES = ("methods", "controls", "metrics", "models", "datasets")


def catalog(shelf: str = "") -> dict[str, Cards]:
    """Cards as plain values, by shelf; one shelf, or all of them where none is named.

    Raises: UnknownNameError, where there is no such shelf.
    """
    if shelf and shelf not in SHELVES:
        raise UnknownNameError("list", shelf, SHELVES)
    return {name: _cards(name) for name in ([shelf] if shelf else SHELVES)}


def environment() -> dict[str, Any]:
    """Versions and what of the machine decides speed."""
    return {
        "python": platform.python_version(),
        **library_versions(),
        "threads": torch.get_num_threads(),
        "cuda": torch.cuda.is_available(),
        "keeps freed memory": keeps_heap(),
    }


def model_facts(name: str) -> dict[str, Any]:
    """The model's card as plain values.

    Raises: UnknownNameError; MissingExtraError.
    """
    return asdict(model_card(name))


def _cards(shelf: str) -> Cards:
    if shelf in ("methods", "controls"):
        return [_plain(made.about) for made in explainers().values() if made.about.control == (shelf == "controls")]
    if shelf == "metrics":
        return [_plain(made.about) for made in EVALUATORS.values()]
    lines: Mapping[str, str] = available_models() if shelf == "models" else available_datasets()
    return [{"name": name, "what": what} for name, what in lines.items()]


def _plain(about: Any) -> dict[str, Any]:
    card = {**asdict(about), "needs": str(about.needs)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in card.items()}
