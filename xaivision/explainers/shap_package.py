"""The shap package, imported when it is needed, and what it is run in: its draws, its warnings and its chatter."""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from types import ModuleType

import torch

from xaivision.core.extras import extra
from xaivision.core.question import Question
from xaivision.core.random import GLOBAL_GENERATORS
from xaivision.explainers.foreign_errors import comes_from, refusals
from xaivision.explainers.global_draws import seeded


def shap_package() -> ModuleType:
    """The package `shap`: importing it takes seconds, and its image and partition code compiles at its first use.

    Raises: MissingExtraError, where it is not installed.
    """
    with _quiet():
        package: ModuleType = extra("shap", "shap")
    return package


@contextmanager
def quiet_shap() -> Iterator[ModuleType]:
    """Shap with no word of its own. Raises: MissingExtraError."""
    package = shap_package()
    with _quiet():
        yield package


@contextmanager
def in_shap(q: Question, what: str) -> Iterator[ModuleType]:
    """shap, quiet and started from the question's seed; every global state is afterwards what it was.

    Raises: MissingExtraError; CapabilityError, where shap itself refuses, `what` being the name of what was asked of it.
    """
    with quiet_shap() as package, seeded(q, torch.device("cpu")), shaps_errors(what):
        yield package


@contextmanager
def _quiet() -> Iterator[None]:
    """Shap warns of what its authors will change and logs advice; both are theirs to read. Filters are the process's own."""
    log = logging.getLogger("shap")
    with GLOBAL_GENERATORS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        level = log.level
        log.setLevel(logging.ERROR)
        try:
            yield
        finally:
            log.setLevel(level)


def shaps_errors(what: str) -> AbstractContextManager[None]:
    """What shap raises by itself as a refusal, `what` being the name of what was asked of it; what the model raises as it is.

    Raises: CapabilityError, inside.
    """
    return refusals(f"shap's {what}", lambda error: comes_from(os.path.dirname(shap_package().__file__ or ""), error))
