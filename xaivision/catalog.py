"""What there is, and what is known of it: for `list` and `info` on the command line, and for the app."""

import platform
from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields
from typing import Any

import torch

from xaivision.core.errors import UnknownNameError
from xaivision.core.heap import keeps_heap
from xaivision.core.origin import library_versions
from xaivision.data.registry import available_datasets, dataset_card
from xaivision.evaluation.registry import EVALUATORS
from xaivision.explainers.registry import explainers
from xaivision.models.registry import available_models, model_card

Card = dict[str, Any]
Cards = list[Card]
SHELVES = ("methods", "controls", "metrics", "models", "datasets")
# What the short list says of each, beside its name.
OVERVIEW: Mapping[str, tuple[str, ...]] = {
    "methods": ("answers", "needs", "cost"),
    "controls": ("answers",),
    "metrics": ("answers", "cost"),
    "models": ("what",),
    "datasets": ("what",),
}
# Said once: every card counts what a method asks beyond it.
COST_NOTE = "Cost: for one input, beside the 1 forward that gives the score which is explained."


def catalog(shelf: str = "") -> dict[str, Cards]:
    """Cards as plain values, by shelf; one shelf, or all of them where none is named.

    Raises: UnknownNameError, where there is no such shelf.
    """
    return {name: _cards(name) for name in _shelves(shelf)}


def full_cards(shelf: str = "", name: str = "") -> dict[str, Cards]:
    """The same with everything that is known: the settings of methods and metrics, the license of data, a model's accuracy.

    One card, where a `name` is given. Cards of trained models are measured, so a first call trains them.

    Raises: UnknownNameError, where there is no such shelf or name.
    """
    found = {}
    for one in _shelves(shelf):
        known = [card["name"] for card in _cards(one)]
        if name and name not in known and not (one == "models" and name in available_models(downloads=True)):
            raise UnknownNameError(one.removesuffix("s"), name, known)
        found[one] = [_full_card(one, card) for card in ([name] if name else known)]
    return found


def environment() -> Card:
    """Versions and what of the machine decides speed."""
    return {
        "python": platform.python_version(),
        **library_versions(),
        "threads": torch.get_num_threads(),
        "cuda": torch.cuda.is_available(),
        "keeps freed memory": keeps_heap(),
    }


def model_facts(name: str) -> Card:
    """The model's card as plain values.

    Raises: UnknownNameError; MissingExtraError.
    """
    return asdict(model_card(name))


def _shelves(shelf: str) -> tuple[str, ...]:
    if shelf and shelf not in SHELVES:
        raise UnknownNameError("list", shelf, SHELVES)
    return (shelf,) if shelf else SHELVES


def _cards(shelf: str) -> Cards:
    if shelf in ("methods", "controls"):
        return [_plain(made.about) for made in explainers().values() if made.about.control == (shelf == "controls")]
    if shelf == "metrics":
        return [_plain(made.about) for made in EVALUATORS.values()]
    lines: Mapping[str, str] = available_models() if shelf == "models" else available_datasets()
    return [{"name": name, "what": what} for name, what in lines.items()]


def _full_card(shelf: str, name: str) -> Card:
    if shelf == "models":
        return model_facts(name)
    if shelf == "datasets":
        return asdict(dataset_card(name))
    kind: Any = EVALUATORS[name] if shelf == "metrics" else explainers()[name]
    return {**_plain(kind.about), "settings": _settings(kind)}


def _settings(kind: Any) -> list[str]:
    """Each setting with its default, as it would be written."""
    return [
        f"{part.name} (to be given)" if part.default is MISSING else f"{part.name}={part.default!r}"
        for part in fields(kind)
        if part.init
    ]


def _plain(about: Any) -> Card:
    card = {**asdict(about), "needs": str(about.needs)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in card.items()}
