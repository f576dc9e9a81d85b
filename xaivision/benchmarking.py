"""The door to the benchmarks with a known answer: names become suites and methods, and what was done before is taken up."""

import os
from collections.abc import Sequence
from pathlib import Path

from xaivision.core.cache_folder import cache_directory
from xaivision.core.errors import InputError, UnknownNameError
from xaivision.evaluation.known_answers.benchmark_report import BenchmarkReport
from xaivision.evaluation.known_answers.benchmark_run import benchmarked
from xaivision.evaluation.known_answers.known_question import KnownQuestion
from xaivision.evaluation.known_answers.parts_folder import PartsFolder
from xaivision.evaluation.known_answers.suite import SIZES, Size
from xaivision.evaluation.known_answers.suites.registry import suites as suites_named
from xaivision.explainers.registry import explainers
from xaivision.fitting_methods import fitting_methods


def benchmark(
    suites: str | Sequence[str] | None = None,
    *,
    methods: Sequence[str] | None = None,
    quick: bool = False,
    parts: str | os.PathLike[str] | None = None,
    afresh: bool = False,
    seed: int = 0,
) -> BenchmarkReport:
    """Which methods can be believed where the truth is known: a table of scores beside controls, and published findings.

    `suites`: names, all where None. `methods`: names; None takes every registered method that fits the model that is asked,
    those of other packages too. `quick`: fewer sets, inputs and model evaluations, in minutes. What was answered before by the
    same code is taken up from `parts`, a folder, by default in the user's cache; models are kept there as well. A method that
    is not of this library is asked again where its own file has changed, or where it raised; `afresh` asks everybody again.

    Raises: UnknownNameError; InputError; Cancelled, with all that was done kept.
    """
    size: Size = SIZES[0] if quick else SIZES[1]
    named = [suites] if isinstance(suites, str) else suites
    return benchmarked(suites_named(named), _chooser(methods), size, PartsFolder(_folder(parts), afresh=afresh), seed)


def _chooser(methods: Sequence[str] | None) -> "Chooser":
    if isinstance(methods, str):
        raise InputError(f"`methods` must be a list of names. Got the name {methods!r}. Write [{methods!r}].")
    if methods is not None and not methods:
        raise InputError("`methods` must name one at least. Got none. Leave it out to ask all that fit.")
    for name in methods or ():
        if name not in explainers():
            raise UnknownNameError("method", name, explainers())
    return Chooser(None if methods is None else tuple(methods))


class Chooser:
    """The methods that a question is put to: those that were named, which say so where they do not fit, or all that fit."""

    def __init__(self, named: tuple[str, ...] | None) -> None:
        self._named = named

    def __call__(self, question: KnownQuestion) -> tuple[str, ...]:
        """Names of methods, in the order in which they were named, or in the registry's."""
        return fitting_methods(question.model, tuple(question.given)) if self._named is None else self._named


def _folder(given: str | os.PathLike[str] | None) -> Path | None:
    if given is not None:
        return Path(given)
    kept = cache_directory()
    return None if kept is None else kept / "benchmark"
