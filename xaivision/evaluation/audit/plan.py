"""The plan of an audit: who explains, who judges, about which classes, and with which seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from xaivision.core.about import Domain
from xaivision.core.access import Access
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.origin import plain_settings
from xaivision.core.protocols import Explainer, Metric, SanityCheck
from xaivision.core.requirements import unmet
from xaivision.core.targets import Target
from xaivision.evaluation.audit.fingerprint import content_fingerprint
from xaivision.evaluation.audit.rows import AGREEMENT, BETWEEN
from xaivision.evaluation.standing import REVERSED

Judge = Metric | SanityCheck
PLAIN = (type(None), bool, int, float, str)
Settings = TypeVar("Settings")

# Settings that may hold one thing for each item, and how many sides they have then: whoever is asked about some items is
# given theirs. A mask (P, P) is one for all of P pictures, and one for each of P rows of P columns.
PER_ITEM: Mapping[Domain, Mapping[str, int]] = {
    "image": {"masks": 3, "segments": 3, "baseline": 4},
    "tabular": {"masks": 2, "baseline": 2},
}


@dataclass(frozen=True, eq=False)
class AuditPlan:
    """`methods` and `controls` by label, `judges` by name: metrics and sanity checks. `target`: what of each item is explained.

    `access`: how deep the audit may look into the model, None for as deep as the model allows.

    Raises: InputError, where there is no method or no judge, or a label is used twice.
    """

    methods: Mapping[str, Explainer]
    controls: Mapping[str, Explainer]
    judges: Mapping[str, Judge]
    target: Target = field(default_factory=Target)
    seed: int = 0
    access: Access | None = None

    def __post_init__(self) -> None:
        if not self.methods:
            raise InputError("`methods` must name at least one method. Got none.")
        if not self.judges:
            raise InputError("`metrics` must name at least one metric or sanity check. Got none.")
        if twice := sorted(set(self.methods) & set(self.controls)):
            raise InputError(f"`{twice[0]}` is named as a method and as a control. Name it once.")
        for label in (*self.methods, *self.controls, *self.judges):
            if not label.strip() or not label.isprintable():
                raise InputError(f"A label must be a name that can be printed. Got {label!r}. Choose another.")
            if label == AGREEMENT and label in self.judges:
                raise InputError(f"`{AGREEMENT}` cannot be the name of a metric: it means something in the rows. Choose another.")
            if label == REVERSED or BETWEEN in label:
                taken = f"`{REVERSED}` and `{BETWEEN}` mean something in the rows"
                raise InputError(f"`{label}` cannot be a label: {taken}. Choose another.")

    @property
    def everyone(self) -> dict[str, Explainer]:
        """All who explain, controls last."""
        return {**self.methods, **self.controls}

    def check(self, model: ClassifierAdapter) -> None:
        """Raises: CapabilityError, where a method or a judge needs more than the model gives, or other inputs; all are named."""
        cards = [one.about for one in (*self.everyone.values(), *self.judges.values())]
        if lacking := list(dict.fromkeys(filter(None, (unmet(card, model) for card in cards)))):
            raise CapabilityError(" ".join(lacking))

    def target_of(self, chosen: Sequence[int], total: int) -> Target:
        """What is explained of these items, out of so many."""
        return replace(
            self.target,
            classes=_of_items("targets", self.target.classes, chosen, total),
            against=_of_items("against", self.target.against, chosen, total),
        )

    def as_plain(self) -> dict[str, Any]:
        """Everything that decides the numbers, in values that JSON can hold; tensors by what they hold."""
        return {
            "methods": {label: _described(one) for label, one in self.methods.items()},
            "controls": {label: _described(one) for label, one in self.controls.items()},
            "judges": {name: _described(one) for name, one in self.judges.items()},
            "target": {
                "classes": _plain(self.target.classes),
                "against": _plain(self.target.against),
                "output": self.target.output,
            },
            "seed": self.seed,
            "access": None if self.access is None else str(self.access),
        }


def for_items(one: Settings, chosen: Sequence[int], total: int, domain: Domain) -> Settings:
    """The method or metric with its settings for these items, where it has some for each of so many pictures or rows."""
    given = {name: (getattr(one, name, None), sides) for name, sides in PER_ITEM[domain].items()}
    cut = {
        name: value[list(chosen)]
        for name, (value, sides) in given.items()
        if isinstance(value, Tensor | np.ndarray) and value.ndim == sides and len(value) == total
    }
    return replace(one, **cut) if cut else one  # type: ignore[type-var]


def _of_items(name: str, classes: Any, chosen: Sequence[int], total: int) -> Any:
    if classes is None or isinstance(classes, int):
        return classes
    given = torch.as_tensor(classes)
    if given.ndim == 0:
        return int(given)
    if given.shape != (total,):
        raise InputError(f"`{name}` must be one class, or one for each of {total} items. Got shape {tuple(given.shape)}.")
    return given[torch.as_tensor(chosen)]


def _described(one: Any) -> dict[str, Any]:
    return {"name": one.about.name, "settings": plain_settings(one), "contents": _contents(one)}


def _contents(one: Any) -> dict[str, str]:
    """Digest of each setting that holds more than one plain value: `plain_settings` knows arrays and models by their shape."""
    given = {part.name: getattr(one, part.name) for part in fields(one)} if is_dataclass(one) else {}
    return {name: content_fingerprint(value) for name, value in given.items() if not isinstance(value, PLAIN)}


def _plain(classes: Any) -> Any:
    return torch.as_tensor(classes).tolist() if classes is not None and not isinstance(classes, int) else classes
