"""The shap package, imported when it is needed, and what it is run in: its draws, its warnings and its chatter."""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import dropwhile
from traceback import walk_tb
from types import ModuleType

import torch

from xaivision.core.batching import is_out_of_memory
from xaivision.core.errors import CapabilityError, XaivisionError
from xaivision.core.extras import extra
from xaivision.core.question import Question
from xaivision.core.random import GLOBAL_GENERATORS
from xaivision.explainers.captum_surroundings import seeded


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


@contextmanager
def shaps_errors(what: str) -> Iterator[None]:
    """What shap raises by itself as a refusal; what the model raises as it is.

    Raises: CapabilityError.
    """
    try:
        yield
    except XaivisionError:
        raise
    except Exception as error:  # shap asserts, and raises errors of many types
        if is_out_of_memory(error) or not _raised_by_shap(error):
            raise
        said = (" ".join(str(error).split()) or type(error).__name__).rstrip(".")
        raise CapabilityError(f"shap's {what} does not take this model or these settings: {said}.") from error


def _raised_by_shap(error: BaseException) -> bool:
    """Whether shap was being run, and had not called this library back: what fails in there is the model."""
    files = [frame.f_code.co_filename for frame, _ in walk_tb(error.__traceback__)]
    inside = list(dropwhile(lambda file: not _within(shap_package().__file__ or "", file), files))
    return bool(inside) and not any(_within(os.path.dirname(__file__), file) for file in inside)


def _within(package: str, file: str) -> bool:
    """Whether the file lies in the folder that the package's file lies in."""
    return file.startswith(os.path.dirname(package) + os.sep)
