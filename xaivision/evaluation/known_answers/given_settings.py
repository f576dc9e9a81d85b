"""What every method gets of a question: the settings that it has by a common name, and no larger budget than the others."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from xaivision.core.errors import XaivisionError
from xaivision.core.protocols import Explainer
from xaivision.core.registered import setting_names
from xaivision.evaluation.known_answers.known_question import KnownQuestion
from xaivision.evaluation.known_answers.suite import Size
from xaivision.explainers.needed_settings import lacking_settings
from xaivision.explainers.registry import explainers

# By the setting's name, so that a method that is registered tomorrow is held to them as well.
MOST: Mapping[Size, Mapping[str, float]] = {
    "quick": {"budget": 300, "most_samples": 1000, "max_seconds": 0.2, "maxiterations": 20, "max_steps": 129},
    "full": {"budget": 400, "most_samples": 1000, "max_seconds": 0.2, "maxiterations": 20, "max_steps": 129},
}


def methods_for(question: KnownQuestion, names: Iterable[str], size: Size) -> tuple[dict[str, Explainer], dict[str, str]]:
    """The named methods with their settings, and why others cannot be asked.

    A method that takes a background and a baseline gets the background of rows, and the baseline of pictures.
    """
    asked, left_out = {}, {}
    for name in names:
        kind = explainers()[name]
        settings = _settings(kind, question, size)
        if missing := lacking_settings(kind, settings, question.model.domain):
            left_out[name] = f"it needs {' and '.join(f'`{one}`' for one in missing)}"
            continue
        try:
            asked[name] = kind(**settings)
        except XaivisionError as refusal:  # its settings do not suit this question
            left_out[name] = str(refusal)
    return asked, left_out


def _settings(kind: type[Explainer], question: KnownQuestion, size: Size) -> dict[str, Any]:
    known = setting_names(kind)
    settings = {name: value for name, value in question.given.items() if name in known}
    if {"background", "baseline"} <= set(settings):
        del settings["baseline" if question.model.domain == "tabular" else "background"]
    return {**settings, **_capped(kind, size)}


def _capped(kind: type[Explainer], size: Size) -> dict[str, Any]:
    """Settings that cost, where the method's own would cost more."""
    own: dict[str, Any] = {part.name: part.default for part in fields(kind) if part.init}  # type: ignore[arg-type]  # a dataclass
    if "most_samples" in own:  # a limit of draws ends the search at the same place on every machine
        own.pop("max_seconds", None)
    return {name: most for name, most in MOST[size].items() if name in own and _more(own[name], most)}


def _more(own: Any, most: float) -> bool:
    return own is None or (isinstance(own, int | float) and own > most)
