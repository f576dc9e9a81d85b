"""The door to an audit: many items, methods and metrics gone through once, and a report that says what it cannot say."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from xaivision.core.access import Access
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import CapabilityError, InputError, UnknownNameError
from xaivision.core.granted import granted
from xaivision.core.protocols import Metric, SanityCheck
from xaivision.core.requirements import unmet
from xaivision.core.targets import Target, TargetScore, target_numbers
from xaivision.core.wrapping import classifier
from xaivision.data.dataset import Dataset
from xaivision.data.image_folders import ImageFolders
from xaivision.data.images import picture_paths
from xaivision.evaluation.audit.assembly import Stated, assembled
from xaivision.evaluation.audit.cost import CostPlan
from xaivision.evaluation.audit.executors import Executor
from xaivision.evaluation.audit.executors import executor as executor_named
from xaivision.evaluation.audit.folder import Folder
from xaivision.evaluation.audit.items import GivenItems, Items, PictureItems
from xaivision.evaluation.audit.job import Job
from xaivision.evaluation.audit.plan import AuditPlan, Judge
from xaivision.evaluation.audit.report import AuditReport
from xaivision.evaluation.audit.scope import access_spec, beyond
from xaivision.evaluation.audit.store import Memory, Store
from xaivision.evaluation.audit.subject import Subject
from xaivision.evaluation.controls import CONTROLS
from xaivision.facade import Methods, TargetNames, as_batch, by_label, evaluator_with, explainer_with, named_targets
from xaivision.fitting_methods import usual_methods
from xaivision.labeled_folders import TEST_PART, labeled_folder, part_of, selection, unlearned
from xaivision.naming import items_from, model_from, test_rows
from xaivision.shared_settings import Settings, as_tensors, check_complete, with_shared

Judges = Sequence[str | Metric | SanityCheck]

# What is asked where nobody names a metric: below 200 forwards an input beside those of the method itself.
USUAL_METRICS: Mapping[str, Settings] = {
    "deletion": {"steps": 16},
    "insertion": {"steps": 16},
    "robust_fidelity": {"budget": 20},
    "sparseness": {},
}
USUAL_CHECKS: Mapping[str, Settings] = {"parameter_randomization": {}, "max_sensitivity": {}}


@dataclass(frozen=True, eq=False)
class PreparedAudit:
    """An audit that can say what it will cost, and be done."""

    job: Job
    stated: Stated

    @property
    def plan(self) -> AuditPlan:
        """Who explains and who judges."""
        return self.job.plan

    @property
    def items(self) -> int:
        """How many items are audited."""
        return len(self.job.items.names)

    def cost(self) -> CostPlan:
        """What is left to be done. The first items are done for it, and kept."""
        return self.job.planned()

    def run(self) -> AuditReport:
        """The report, once everything is done.

        Raises: Cancelled; XaivisionError, where what is done cannot be kept.
        """
        return assembled(self.job, self.stated)


def audit(
    model: Any,
    data: Any,
    methods: Methods | None = None,
    metrics: Judges | None = None,
    *,
    controls: Sequence[str] | None = None,
    targets: TargetNames = None,
    background: Any = None,
    settings: Mapping[str, Settings] | None = None,
    metric_settings: Mapping[str, Settings] | None = None,
    access: str | Access | None = None,
    out: str | Path | None = None,
    executor: str | Executor = "serial",
    workers: int = 2,
    seed: int = 0,
    stated: Stated | None = None,
    on_cost: Callable[[CostPlan], None] | None = None,
) -> AuditReport:
    """Which methods' explanations of this model can be believed on this data, how sure that is, and what it does not say.

    `model`: a name, `package.module:factory`, or anything that scores a batch. `data`: pictures by folder or pattern, a data set
    or class folders (the test part is audited), a CSV file, or inputs. `methods` to `metric_settings`: as in `xv.compare`, with
    sanity checks among the `metrics`. `access` "scores", "gradients", ...: what needs more of the model is an error.

    `out`: a folder in which all is kept as it is found, and the report written; an audit that was stopped goes on there.
    `executor`: "serial", "process" (with so many `workers`; the model must be a name then) or your own. `stated`: what only
    you know. `on_cost` is called with what the audit will cost, once the first items are done.

    Raises: InputError, where something does not fit; CapabilityError, where more is needed than granted: before it asks.
    """
    subject = _subject(model)
    prepared_ = prepared(
        subject,
        _items(data, subject.model),
        methods=methods,
        metrics=metrics,
        controls=controls,
        targets=targets,
        background=background,
        settings=settings,
        metric_settings=metric_settings,
        access=access,
        out=out,
        executor=executor,
        workers=workers,
        seed=seed,
        stated=stated or _stated_of(data, subject.model),
    )
    return _done(prepared_, out, on_cost)


def prepared(
    subject: Subject,
    items: Items,
    *,
    methods: Methods | None = None,
    metrics: Judges | None = None,
    controls: Sequence[str] | None = None,
    targets: TargetNames = None,
    background: Any = None,
    settings: Mapping[str, Settings] | None = None,
    metric_settings: Mapping[str, Settings] | None = None,
    access: str | Access | None = None,
    out: str | Path | None = None,
    executor: str | Executor = "serial",
    workers: int = 2,
    shard_size: int = 8,
    seed: int = 0,
    stated: Stated | None = None,
) -> PreparedAudit:
    """The audit of these items, its plan checked and its folder opened; nothing is asked yet.

    `shard_size`: how many items are asked about together, and kept together.

    Raises: as `audit`.
    """
    level = _access(access)
    model = granted(subject.model, level)
    shared = {} if background is None else as_tensors(model, {"background": background})
    named = by_label(usual_methods(model, tuple(shared)) if methods is None else methods)
    if unused := sorted(set(settings or {}) - set(named)):
        raise UnknownNameError("method in `settings`", unused[0], named)
    complete = with_shared(named, {label: as_tensors(model, one) for label, one in (settings or {}).items()}, shared)
    check_complete(model, named, complete)
    plan = AuditPlan(
        {label: explainer_with(model, one, complete[label]) for label, one in named.items()},
        {label: explainer_with(model, label, {}) for label in (CONTROLS[model.domain] if controls is None else controls)},
        _judges(model, metrics, metric_settings or {}),
        _target(model, targets),
        seed,
        level,
    )
    stated = stated or Stated()
    _check(plan, model, items, stated)
    store: Store = Memory() if out is None else Folder(Path(out))
    job = Job(subject, items, plan, executor_named(executor, workers), store, shard_size)
    if isinstance(store, Folder):
        store.open(job.configuration())
    return PreparedAudit(job, stated)


def _check(plan: AuditPlan, model: ClassifierAdapter, items: Items, stated: Stated) -> None:
    """Whether everything that is asked can be asked, and of these items."""
    plan.check(model)
    target_numbers(plan.target, len(items.names), model.num_classes, model.score_unit, torch.device("cpu"))
    if lacking := beyond(access_spec(model, stated.outside, stated.reasons), plan):
        raise CapabilityError(" ".join(lacking))


def _subject(model: Any) -> Subject:
    if isinstance(model, str):
        make = partial(model_from, model)
        return Subject(model, make(), make)
    adapter = classifier(model)
    return Subject(repr(adapter), adapter)


def _items(data: Any, model: ClassifierAdapter) -> Items:
    """What is audited, under the names that it has."""
    if isinstance(data, ImageFolders):
        return PictureItems(part_of(data, Path(data.name)).paths, model.image_format)
    if isinstance(data, Dataset):
        rows = data.split.test.tolist() or list(range(len(data)))
        names = tuple(data.items[row] if data.items else f"{data.name} row {row}" for row in rows)
        return GivenItems(as_batch(model, data.inputs[rows]), names)
    if isinstance(data, list | tuple) and data and all(isinstance(one, str | Path) for one in data) and model.domain == "image":
        return PictureItems(tuple(path for one in data for path in picture_paths(one)), model.image_format)
    if isinstance(data, str | Path):
        if (part := unlearned(data, model)) is not None:
            return PictureItems(part.paths, model.image_format)
        if model.domain == "image" and (Path(data).exists() or any(sign in str(data) for sign in "*?[")):
            return PictureItems(tuple(picture_paths(data)), model.image_format)
        found = items_from([str(data)], model, rows=test_rows(str(data), model))
        return GivenItems(found.inputs, found.titles)
    return GivenItems(as_batch(model, _without_labels(data)))


def _without_labels(data: Any) -> Any:
    """The inputs of a pair (X, y), as `dataset.test` is; an audit asks for none of the labels."""
    pair = isinstance(data, tuple) and len(data) == 2 and all(isinstance(one, Tensor) for one in data)
    labeled = pair and data[1].ndim == 1 and len(data[0]) == len(data[1]) and not data[1].is_floating_point()
    return data[0] if labeled else data


def _stated_of(data: Any, model: ClassifierAdapter) -> Stated:
    """What a data set says of itself, and how pictures of class folders were chosen."""
    if isinstance(data, ImageFolders):
        return Stated(source=data.card.origin, selection=selection(part_of(data, Path(data.name))))
    if isinstance(data, str | Path) and (folder := labeled_folder(data, model)) is not None:
        return Stated(source=f"the folder {folder.root.name}", selection=TEST_PART)
    if not isinstance(data, Dataset):
        return Stated()
    return Stated(source=f"{data.name}: {data.card.origin}", license=data.card.license, selection="all rows of its test part")


def _access(access: str | Access | None) -> Access | None:
    if access is None or isinstance(access, Access):
        return access
    known = {str(level): level for level in Access}
    if access not in known:
        raise UnknownNameError("access", access, known)
    return known[access]


def _judges(model: ClassifierAdapter, metrics: Judges | None, settings: Mapping[str, Settings]) -> dict[str, Judge]:
    """Metrics and sanity checks by name; where none is named, the usual ones that fit the model."""
    usual = {**USUAL_METRICS, **USUAL_CHECKS}
    named = list(usual) if metrics is None else list(metrics)
    if unused := sorted(set(settings) - {one for one in named if isinstance(one, str)}):
        raise UnknownNameError("metric in `metric_settings`", unused[0], [one for one in named if isinstance(one, str)])
    found: dict[str, Judge] = {}
    for one in named:
        given = settings.get(one, {}) if isinstance(one, str) else {}
        preset = usual[one] if metrics is None and isinstance(one, str) else {}
        judge = evaluator_with(model, one, {**preset, **given})
        if judge.about.name in found:
            raise InputError(f"`metrics` names `{judge.about.name}` twice. Name it once.")
        if metrics is not None or not unmet(judge.about, model):
            found[judge.about.name] = judge
    return found


def _target(model: ClassifierAdapter, targets: TargetNames) -> Target:
    found = named_targets(model, targets)
    if isinstance(found, TargetScore):
        return Target(found.classes, found.against, found.output)
    return found if isinstance(found, Target) else Target(found)


def _done(prepared_: PreparedAudit, out: str | Path | None, on_cost: Callable[[CostPlan], None] | None) -> AuditReport:
    if on_cost is not None:
        on_cost(prepared_.cost())
    report = prepared_.run()
    if out is not None:
        report.save(out)
    return report
