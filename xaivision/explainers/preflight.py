"""Which methods are right on this model: one look at it, before anybody relies on a map.

Each method that looks inside and answers with a map is tried on one input. What it would silently get wrong it refuses by
itself, with the name of the operation, or repairs on a copy and says so; here that is gathered, beside what is to be doubted
of the model as a whole.
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, Literal

import torch
from torch import Tensor

from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier, ClassifierAdapter
from xaivision.core.diagnostics import Note
from xaivision.core.errors import Cancelled, CapabilityError, UnknownNameError, XaivisionError
from xaivision.core.progress import track
from xaivision.core.protocols import Explainer
from xaivision.core.query import Query, asked
from xaivision.core.random import generator
from xaivision.core.requirements import unmet
from xaivision.core.sharing import sharing
from xaivision.core.steadiness import steadiness_notes
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.core.wrapping import classifier
from xaivision.engines.slope_check import slope_error, stopped_gradients
from xaivision.explainers.registry import explainers

Standing = Literal["valid", "repaired", "doubtful", "refused"]
STANDINGS: tuple[Standing, ...] = ("valid", "repaired", "doubtful", "refused")

# A larger share of the map's magnitude than this may not be missing from a sum without a word.
SILENT_GAP = 1e-2
# The gradient is not the slope where they differ by more than this share.
SLOPE = 1e-2
WRONG_SLOPE = "the gradient is not the slope of the score"
BOTH = frozenset(("guided_grad_cam",))  # it looks at gradients at a layer and at the input
REPAIRED = "repaired on a copy: "


@dataclass(frozen=True)
class Finding:
    """What a trial of one method showed. `gap`: what its sum misses, as a share of the map's magnitude, where it promises one.

    "valid": nothing speaks against it. "repaired": right, on a changed copy. "doubtful": a doubt, named. "refused": no answer.
    """

    method: str
    standing: Standing
    reasons: tuple[str, ...] = ()
    gap: float | None = None


@dataclass(frozen=True, repr=False)
class Preflight:
    """`doubts`: of the model as a whole, which concern all methods. `findings`: one for each method that was tried."""

    model: str
    doubts: tuple[str, ...]
    findings: tuple[Finding, ...]

    def __repr__(self) -> str:
        """A line for each method: its standing, and the first reason where it is not plainly valid."""
        width = max((len(finding.method) for finding in self.findings), default=0)
        told = [
            f"  {finding.method:{width}}  {finding.standing:8}  {finding.reasons[0] if finding.reasons else ''}".rstrip()
            for finding in self.findings
        ]
        return "\n".join([f"Preflight of {self.model}", *(f"  in doubt: {doubt}" for doubt in self.doubts), *told])

    def of(self, method: str) -> Finding:
        """The finding on the method with this registry name.

        Raises: UnknownNameError, where it was not tried.
        """
        found = {finding.method: finding for finding in self.findings}
        if method not in found:
            raise UnknownNameError("method of this preflight", str(method), found)
        return found[method]


def preflight(model: Classifier, inputs: Tensor) -> Preflight:
    """What every registered method that draws its map from activations or gradients can be trusted with on this model.

    The first of the `inputs` (B, *S), as the model takes them, is explained by each of them with its default settings:
    methods that average many passes stand on the method whose passes they average, at its price. Methods with other answers
    are not tried: a counterfactual is scored again by the model, and a match with a prototype is the model's own sum.

    Raises: InputError, where the inputs do not fit the model.
    """
    adapter = classifier(model)
    with adapter.held(), sharing():
        query = asked(adapter, inputs[:1])
        doubts = _doubts(adapter, query)
        tried: dict[str, Finding] = {}
        for name in track(_names(adapter), "trying methods"):
            tried[name] = _with_doubts(_finding(name, adapter, query, tried), _concerning(name, doubts))
    return Preflight(repr(adapter), tuple(note.text for note in doubts), tuple(tried.values()))


def _names(model: ClassifierAdapter) -> list[str]:
    """Methods for inputs like these that draw a map from inside; those that stand on others come after them.

    What reads models of one kind only is left out: it says so where it is asked, and passes nothing off as right.
    """
    known = explainers()
    abouts = {name: kind.about for name, kind in known.items() if kind.about.needs >= Access.ACTIVATIONS and draws_a_map(kind)}
    fitting = {name: about for name, about in abouts.items() if model.domain in about.domains}
    names = [name for name, about in fitting.items() if not (about.control or about.opens)]
    return sorted(names, key=lambda name: _stands_on(known[name]) != "")


def draws_a_map(kind: type[Explainer]) -> bool:
    """Whether it answers with an attribution: by its signature; one that does not say what it answers with is taken to."""
    says = getattr(kind.explain, "__annotations__", {}).get("return")
    return not isinstance(says, type) or issubclass(Attribution, says)


def _stands_on(kind: type[Explainer]) -> str:
    """The method whose passes this one averages, or sees its layer by; empty where it is tried itself."""
    return str(getattr(kind, "stands_on", ""))


def _finding(name: str, model: ClassifierAdapter, query: Query, tried: Mapping[str, Finding]) -> Finding:
    kind = explainers()[name]
    if why := unmet(kind.about, model):
        return Finding(name, "refused", (why,))
    other = tried.get(_stands_on(kind))
    if other is not None:
        return Finding(name, other.standing, tuple(f"as with `{other.method}`: {reason}" for reason in other.reasons))
    settings = _settings(kind, query.inputs)
    if settings is None:
        return Finding(name, "doubtful", ("not tried: it needs settings that depend on the question",))
    try:
        return _judged(name, kind(**settings).explain(model, query.inputs))
    except Cancelled:
        raise
    except XaivisionError as error:
        return Finding(name, "refused", (str(error),))
    except Exception as error:  # a method that breaks down says nothing of the others
        return Finding(name, "refused", (f"it breaks down on this model: {str(error).strip().partition(chr(10))[0]}",))


def _settings(kind: type[Explainer], inputs: Tensor) -> dict[str, Any] | None:
    """Values for the settings without a default; None where they cannot be made up."""
    needed = [part.name for part in fields(kind) if part.default is MISSING and part.default_factory is MISSING]  # type: ignore[arg-type]
    if not set(needed) <= {"background"}:
        return None
    # An empty case and a case of middling values: a mean of one example is no background.
    return {"background": torch.cat([torch.zeros_like(inputs), torch.full_like(inputs, 0.5)])} if needed else {}


def _judged(name: str, explanation: Any) -> Finding:
    verdict = explanation.verdict
    gap = _gap(explanation)
    repairs = tuple(note.text.removeprefix(REPAIRED) for note in explanation.diagnostics.notes if note.text.startswith(REPAIRED))
    if verdict.status != "ok":
        return Finding(name, "refused" if verdict.status == "refuse" else "doubtful", verdict.reasons, gap)
    missed = () if gap is None or gap <= SILENT_GAP else (f"its sum misses {gap:.1%} of the map's magnitude",)
    return Finding(name, "repaired" if repairs else "valid", (*missed, *repairs), gap)


def _gap(explanation: Any) -> float | None:
    if not isinstance(explanation, Attribution) or explanation.diagnostics.completeness_gap is None:
        return None
    magnitude = float(explanation.values.double().abs().sum())
    missing = float(explanation.diagnostics.completeness_gap.abs().sum())
    return missing / magnitude if magnitude else (float("nan") if missing else 0.0)


def _with_doubts(finding: Finding, doubts: tuple[Note, ...]) -> Finding:
    """The finding with what is to be doubted of the model, once."""
    if not doubts:
        return finding
    worst: Standing = "refused" if any(note.status == "refuse" for note in doubts) else "doubtful"
    reasons = tuple(dict.fromkeys((*(note.text for note in doubts), *finding.reasons)))
    return Finding(finding.method, max(finding.standing, worst, key=STANDINGS.index), reasons, finding.gap)


def _doubts(model: ClassifierAdapter, query: Query) -> tuple[Note, ...]:
    if not isinstance(model, TorchClassifier):
        return ()
    if not bool(query.scores.isfinite().all()):
        return (Note("refuse", "the model's score is not finite"),)
    if unsteady := steadiness_notes(model, query.inputs):
        return unsteady  # a slope of a score that moves by itself cannot be measured
    return tuple(note for note in (_constant(model, query), _wrong_slope(model, query)) if note is not None)


def _concerning(name: str, doubts: tuple[Note, ...]) -> tuple[Note, ...]:
    """Without what is said of gradients at the input, for a method that uses none or finds its own wrong at its layer."""
    kind = explainers()[name]
    of_input = kind.about.needs >= Access.GRADIENTS and (name in BOTH or "layer" not in kind.__annotations__)
    return doubts if of_input else tuple(note for note in doubts if not note.text.startswith(WRONG_SLOPE))


def _constant(model: TorchClassifier, query: Query) -> Note | None:
    draws = torch.rand(query.inputs.shape[1:], generator=generator(0, "preflight"), dtype=torch.float64, device="cpu")
    probes = torch.cat([query.inputs, torch.zeros_like(query.inputs), draws.to(query.inputs)[None], 1 - query.inputs])
    scores = model(probes)
    if bool((scores == scores[:1]).all()):
        return Note("warn", "the model gives four different inputs the same scores: it does not see them")
    return None


def _wrong_slope(model: TorchClassifier, query: Query) -> Note | None:
    error = slope_error(model, query.inputs, query.target)
    if error is None or error <= SLOPE:
        return None
    try:
        stopped = stopped_gradients(model.model)
    except CapabilityError:
        stopped = ()
    where = f", at {stopped[0]}" if stopped else ""
    return Note("warn", f"{WRONG_SLOPE}: it is cut or defined anew on the way{where}")
