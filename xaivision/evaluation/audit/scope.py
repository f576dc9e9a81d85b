"""Scope: what an audit was given, what was withheld and why, and how much of it each method and each metric used."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from xaivision.core.about import About, AboutEvaluator
from xaivision.core.access import Access
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.granted import ungranted
from xaivision.core.requirements import opens
from xaivision.evaluation.audit.plan import AuditPlan

# What an auditor may be given of a model, and what lies outside of it.
INSIDE = tuple(map(str, Access))
OUTSIDE = ("training_data", "code", "documentation", "internal_evaluations", "deployment_logs")
RESOURCES = (*INSIDE, *OUTSIDE)
NOT_STATED = "not stated"


@dataclass(frozen=True)
class AccessSpec:
    """`granted`: names of `RESOURCES`; `withheld`: every other one of them, with the reason.

    Raises: InputError, where a resource is both or neither; UnknownNameError.
    """

    granted: tuple[str, ...]
    withheld: Mapping[str, str]

    def __post_init__(self) -> None:
        for name in (*self.granted, *self.withheld):
            if name not in RESOURCES:
                raise UnknownNameError("resource of an audit", name, RESOURCES)
        for name in RESOURCES:
            if (name in self.granted) == (name in self.withheld):
                came = "both" if name in self.granted else "neither"
                raise InputError(f"Each resource must be granted or withheld. `{name}` is {came}. Name it once.")

    @property
    def complete(self) -> bool:
        """Whether nothing was withheld."""
        return not self.withheld


def access_spec(model: ClassifierAdapter, outside: Iterable[str] = (), reasons: Mapping[str, str] | None = None) -> AccessSpec:
    """What this model, granted or whole, gives an auditor, who has these resources of `OUTSIDE` as well.

    `reasons`: why a resource was withheld, by its name; without one the reason is "not stated", and for what no model of this
    kind has, that is said.

    Raises: UnknownNameError, where something is no such resource; InputError, where a reason is given for what was granted.
    """
    outside, given = tuple(outside), dict(reasons or {})
    for name in outside:
        if name not in OUTSIDE:
            raise UnknownNameError("resource outside of a model", name, OUTSIDE)
    granted = tuple(name for name in RESOURCES if name in outside or name in _inside(model))
    for name in given:
        if name in granted:
            raise InputError(f"`reasons` must be for what is withheld. Got one for `{name}`, which is granted. Leave it out.")
    lacking = _lacking(model)
    withheld = {name: given.pop(name, lacking.get(name, NOT_STATED)) for name in RESOURCES if name not in granted}
    return AccessSpec(granted, {**withheld, **given})


def _inside(model: ClassifierAdapter) -> tuple[str, ...]:
    """What of the model itself can be had: all up to its level, and what it is made of where nothing was held back."""
    levels = [level for level in Access if level <= model.access]
    if not _bare(model) and getattr(model, "granted", Access.WEIGHTS) == Access.WEIGHTS:
        levels.append(Access.WEIGHTS)
    return tuple(map(str, levels))


def _lacking(model: ClassifierAdapter) -> dict[str, str]:
    """What nobody could grant of this model."""
    whole: ClassifierAdapter = ungranted(model)
    why = f"a {type(whole).__name__} has none that can be asked for"
    return {str(level): why for level in Access if level > whole.access and (level < Access.WEIGHTS or _bare(whole))}


def _bare(model: ClassifierAdapter) -> bool:
    return isinstance(ungranted(model), FunctionClassifier)


@dataclass(frozen=True)
class Scope:
    """`used`: for each method, control, metric and sanity check, by its label, the deepest resources that it used."""

    access: AccessSpec
    used: Mapping[str, tuple[str, ...]]


def scope(access: AccessSpec, plan: AuditPlan) -> Scope:
    """The access, and what each of the plan's methods and judges uses of it, as their cards say."""
    everyone = {**plan.everyone, **plan.judges}
    return Scope(access, {label: used_by(one.about) for label, one in everyone.items()})


def used_by(about: About | AboutEvaluator) -> tuple[str, ...]:
    """The deepest resource of the model that a card needs, and what else it needs."""
    levels = dict.fromkeys((str(about.needs), *((str(Access.WEIGHTS),) if opens(about) else ())))
    return (*levels, *(("training_data",) if about.training_data else ()))


def beyond(access: AccessSpec, plan: AuditPlan) -> tuple[str, ...]:
    """One sentence for each method or judge that needs what was withheld outside of the model; the model refuses for itself."""
    return tuple(
        f"`{label}` needs {name.replace('_', ' ')}, which was withheld ({access.withheld[name]})."
        for label, used in scope(access, plan).used.items()
        for name in used
        if name in OUTSIDE and name in access.withheld
    )
