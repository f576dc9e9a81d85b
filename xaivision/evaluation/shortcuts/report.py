"""The shortcut report: what the class follows from beside the object, what a model makes of it, and what was not tested."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.presenting import in_short
from xaivision.core.protocols import Explainer
from xaivision.evaluation.shortcuts.finding import Finding
from xaivision.evaluation.shortcuts.mass import MassShare, masses_of
from xaivision.evaluation.shortcuts.pictures import Pictures
from xaivision.evaluation.shortcuts.probe import Probe
from xaivision.evaluation.shortcuts.probes import PROBES
from xaivision.evaluation.shortcuts.removed import can_be_removed
from xaivision.evaluation.shortcuts.search import TOGETHER, Search, search
from xaivision.evaluation.shortcuts.use import Judged, ModelUse, judged, learned, misled_by, removal

# So many pictures of the test part are asked about, and so many of them explained.
JUDGED, EXPLAINED = 240, 40


@dataclass(frozen=True)
class ExampleRegion:
    """A picture (C, H, W) with the region (H, W) where a property lies, for those who read the report."""

    title: str
    class_name: str
    picture: Tensor
    region: Tensor


@dataclass(frozen=True, eq=False, repr=False)
class ShortcutReport:
    """`findings`: one for each probe, the last of all together. `uses`: with a model, what it makes of those that were found.

    `on_target`: how much of each method's positive relevance lies on the target, where masks say where it is. `masked`: how many
    pictures have such a mask. `refusals`: methods that do not fit the model. `model_accuracy` on `asked` test pictures, balanced
    over classes as far as there are any; `learned` of them the model holds itself, as training pictures. `left_out`: pictures
    that were found and not asked about, in a sentence. `examples`: pictures of each probe that has a region.
    """

    data: str
    pictures: int
    counts: Mapping[str, int]
    groups: int
    masked: int
    seed: int
    findings: tuple[Finding, ...]
    left_out: str = ""
    model: str = ""
    asked: int = 0
    model_accuracy: float = float("nan")
    learned: int = 0
    uses: tuple[ModelUse, ...] = ()
    on_target: tuple[MassShare, ...] = ()
    refusals: Mapping[str, str] = field(default_factory=dict)
    examples: Mapping[str, tuple[ExampleRegion, ...]] = field(default_factory=dict)

    def __repr__(self) -> str:
        """One line: the data and what was found."""
        found = [one.probe for one in self.found if one.probe != TOGETHER]
        return in_short(self, self.data, f"{self.pictures} pictures", f"found {', '.join(found) or 'nothing'}")

    @property
    def found(self) -> tuple[Finding, ...]:
        """The properties from which the class follows, the strongest first."""
        return tuple(sorted((one for one in self.findings if one.found), key=lambda one: -one.accuracy))

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was found, how sure that is, what a model makes of it, and what was not testable."""
        from xaivision.evaluation.shortcuts.words import sentences

        return sentences(self)


def shortcut_report(
    pictures: Pictures,
    model: ClassifierAdapter | None = None,
    methods: Mapping[str, Explainer] | None = None,
    *,
    probes: Sequence[str] | None = None,
    most: int = JUDGED,
    seed: int = 0,
) -> ShortcutReport:
    """The report on these pictures, and with a model on what it makes of every property that was found.

    Raises: as `search` and `judged`.
    """
    found = search(pictures, probes, seed)
    report = ShortcutReport(
        data=pictures.name,
        pictures=len(pictures),
        counts=dict(zip(pictures.class_names, pictures.targets.bincount().tolist(), strict=True)),
        groups=len(set(pictures.groups.tolist())),
        masked=len(pictures.masks or {}),
        seed=seed,
        findings=found.findings,
        left_out=pictures.left_out,
        examples=_examples(pictures, found),
    )
    return report if model is None else _with_model(report, pictures, found, model, methods or {}, most)


def _with_model(
    report: ShortcutReport,
    pictures: Pictures,
    found: Search,
    model: ClassifierAdapter,
    methods: Mapping[str, Explainer],
    most: int,
) -> ShortcutReport:
    asked = judged(model, pictures, most, report.seed)
    refusals: dict[str, str] = {}
    uses = []
    for one in report.findings:
        if one.found and one.probe != TOGETHER:
            use, refused = _use(model, PROBES[one.probe], asked, found, methods, report.seed)
            uses.append(use)
            refusals.update(refused)
    on_target, refused = _on_target(model, asked, methods, report.seed)
    return ShortcutReport(
        **{
            **{name: getattr(report, name) for name in report.__dataclass_fields__},
            "model": repr(model),
            "asked": len(asked.rows),
            "model_accuracy": float(asked.right.double().mean()),
            "learned": learned(model, asked),
            "uses": tuple(uses),
            "on_target": on_target,
            "refusals": {**refusals, **refused},
        }
    )


def _use(
    model: ClassifierAdapter, probe: Probe, asked: Judged, found: Search, methods: Mapping[str, Explainer], seed: int
) -> tuple[ModelUse, dict[str, str]]:
    typical = found.traits[probe.name].nanmedian(0).values
    removed = removal(model, probe, asked, typical, seed)
    masses: tuple[MassShare, ...] = ()
    refusals: dict[str, str] = {}
    if probe.region is not None:
        region = probe.region
        rows = [row for row in asked.rows.tolist() if bool(region(asked.pictures.subject(row)).any())][:EXPLAINED]
        masses, refusals = masses_of(model, asked.pictures, rows, lambda row: region(asked.pictures.subject(row)), methods, seed)
    why = "" if removed is not None else _why_not_removed(probe)
    return ModelUse(probe.name, misled_by(found.told[probe.name], asked), removed, masses, why), refusals


def _why_not_removed(probe: Probe) -> str:
    if can_be_removed(probe):
        return "no picture that the model was asked about has it"
    return "there is no picture without it"


def _on_target(
    model: ClassifierAdapter, asked: Judged, methods: Mapping[str, Explainer], seed: int
) -> tuple[tuple[MassShare, ...], dict[str, str]]:
    masks = asked.pictures.masks or {}
    rows = [row for row in asked.rows.tolist() if row in masks][:EXPLAINED]
    return masses_of(model, asked.pictures, rows, lambda row: masks[row], methods, seed) if rows else ((), {})


def _examples(pictures: Pictures, found: Search, most: int = 2) -> dict[str, tuple[ExampleRegion, ...]]:
    """Of each probe that has a region and found something, pictures of the class that has most of it."""
    examples = {}
    for one in found.findings:
        region = PROBES[one.probe].region if one.probe in PROBES else None
        if one.found and region is not None:
            column = found.traits[one.probe][:, 0].nan_to_num(nan=0.0)
            rows = _spread_over_classes(column, pictures.targets, most)
            made = ((row, pictures.subject(row)) for row in rows)
            examples[one.probe] = tuple(
                ExampleRegion(
                    pictures.title(row), pictures.class_names[int(pictures.targets[row])], subject.picture, region(subject)
                )
                for row, subject in made
            )
    return examples


def _spread_over_classes(column: Tensor, targets: Tensor, most: int) -> list[int]:
    """The row in the middle of each of the classes that have most and least of the trait."""
    means = torch.stack([column[targets == label].mean() for label in range(int(targets.max()) + 1)])
    order = means.argsort(descending=True).tolist()
    chosen = [order[0], order[-1]][:most]
    rows = []
    for label in chosen:
        mine = (targets == label).nonzero().flatten()
        rows.append(int(mine[column[mine].argsort(stable=True)[int(0.9 * (len(mine) - 1))]]))
    return rows
