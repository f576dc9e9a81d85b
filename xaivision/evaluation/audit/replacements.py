"""What methods, metrics and sanity checks put in the place of features: as they were told, in words, and by name."""

from typing import Any

from torch import Tensor

from xaivision.core.classifier import ClassifierAdapter
from xaivision.engines.baselines import BASELINE_NAMES
from xaivision.evaluation.audit.plan import Judge

# What can be done with any inputs: the baselines, and two that are none. What somebody else's metric puts in may have another
# name.
KNOWN = (*BASELINE_NAMES, "flipped", "imputed")
DEFAULT, GIVEN = "its own default", "given values"


def told(one: Any) -> str | Tensor | None:
    """What it was told to put in the place of features, or says by itself. None: it has a default; "": it replaces none."""
    for name in ("removal", "baseline"):
        if hasattr(one, name):
            found: str | Tensor | None = getattr(one, name)
            return found
    return getattr(one.about, "replaces_by", None) or ""


def in_words(one: Any) -> str:
    """What it puts in the place of features, for a sentence; "" where it replaces none."""
    return _worded(told(one))


def recorded(one: Any) -> str:
    """The same for a record, with the name of its setting before it: "baseline: black". Rows of a background come first."""
    for name in () if hasattr(one, "removal") else ("background", "baseline"):
        if getattr(one, name, None) is not None:
            return f"{name}: {_worded(getattr(one, name))}"
    return in_words(one)


def operator_of(name: str, judge: Judge, model: ClassifierAdapter) -> tuple[str, Tensor | None]:
    """By which name of `KNOWN` a metric that is called `name` takes features of this model's inputs away.

    "given (name)" with the tensor it was given. "" where it removes nothing, where nobody knows how it does it, and where
    it trains the model on what is left: to that one it is nothing new. Where a metric takes the explanation's own
    baseline, the "auto" one stands for it.
    """
    found = "" if judge.about.trains_again else told(judge)
    if isinstance(found, Tensor):
        return f"given ({name})", found
    picture = model.domain == "image"
    if found in (None, "auto"):
        usual = "black" if picture else "zeros" if model.typical is None else "typical"
        return (judge.about.replaces_by if picture else None) or usual, None
    known = found if found in KNOWN else ""
    return "black" if known == "zeros" and picture else known, None


def _worded(found: Any) -> str:
    if found is None:
        return DEFAULT
    return found if isinstance(found, str) else GIVEN
