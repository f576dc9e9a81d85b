"""Asks every probe: can the class be told from this property alone?"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.progress import track
from xaivision.data.grouped_folds import grouped_folds
from xaivision.engines.paired_tests import holm
from xaivision.evaluation.shortcuts.finding import Finding, Told, measured, most_telling, ranges_of, raw_p, told_by
from xaivision.evaluation.shortcuts.pictures import Pictures
from xaivision.evaluation.shortcuts.probe import Probe
from xaivision.evaluation.shortcuts.probes import PROBES

FOLDS = 5
# All that could be tested, together: what can be had without looking at the object.
TOGETHER = "together"


class Search(NamedTuple):
    """`findings` in the order of the probes, the last of all of them together; `told` by probe; `traits` by probe (N, F)."""

    findings: tuple[Finding, ...]
    told: Mapping[str, Told]
    traits: Mapping[str, Tensor]


def search(pictures: Pictures, probes: Sequence[str] | None = None, seed: int = 0) -> Search:
    """Every probe's finding on these pictures, and what was said of each row.

    Each picture is read once. Five-fold cross-validation, or fewer folds where a class has fewer groups of look-alikes.

    Raises: UnknownNameError; InputError, where there are fewer than two classes, or a class cannot be split; FileFormatError;
    Cancelled.
    """
    asked = _chosen(probes)
    _check_classes(pictures)
    found = traits_of(pictures, asked)
    open_ = {name: found[name] for name, probe in asked.items() if not _why_untested(probe, pictures) and _differs(found[name])}
    if len(open_) > 1:
        open_[TOGETHER] = torch.cat(list(open_.values()), 1)
    folds = grouped_folds(pictures.targets, pictures.groups, _fold_count(pictures), seed)
    told = {name: told_by(traits, pictures.targets, pictures.groups, folds, seed) for name, traits in open_.items()}
    raw = torch.tensor([raw_p(one, seed) for one in told.values()], dtype=torch.float64, device="cpu")
    p = dict(zip(told, holm(raw).tolist(), strict=True)) if told else {}
    findings = [_finding(probe, pictures, found[name], told.get(name), p.get(name, 1.0), seed) for name, probe in asked.items()]
    if TOGETHER in told:
        numbers = measured(told[TOGETHER], pictures.class_names, p[TOGETHER], seed)
        findings.append(Finding(TOGETHER, "all of these together", "", **numbers))  # type: ignore[arg-type]
    return Search(tuple(findings), told, {**found, **({TOGETHER: open_[TOGETHER]} if TOGETHER in open_ else {})})


def traits_of(pictures: Pictures, probes: Mapping[str, Probe]) -> dict[str, Tensor]:
    """By probe the traits (N, F) of every picture, in float64."""
    rows: dict[str, list[tuple[float, ...]]] = {name: [] for name in probes}
    for row in track(range(len(pictures)), "measuring pictures"):
        subject = pictures.subject(row)
        for name, probe in probes.items():
            rows[name].append(probe.measure(subject))
    return {name: torch.tensor(found, dtype=torch.float64, device="cpu") for name, found in rows.items()}


def _finding(probe: Probe, pictures: Pictures, traits: Tensor, told: Told | None, p: float, seed: int) -> Finding:
    if told is None:
        why = _why_untested(probe, pictures)
        said = why or "it is the same in all pictures"
        return Finding(probe.name, probe.asks, probe.caution, "untested" if why else "nothing", why=said)
    best = most_telling(traits, pictures.targets)
    return Finding(
        probe.name,
        probe.asks,
        probe.caution,
        **measured(told, pictures.class_names, p, seed),  # type: ignore[arg-type]
        telling=probe.traits[best],
        ranges=ranges_of(traits[:, best], pictures.targets, pictures.class_names),
    )


def _why_untested(probe: Probe, pictures: Pictures) -> str:
    return "the pictures came as a data set of one size, not as files" if probe.of_files and not pictures.files else ""


def _differs(traits: Tensor) -> bool:
    known = traits.nan_to_num(nan=-2.0)
    return bool((known != known[0]).any())


def _fold_count(pictures: Pictures) -> int:
    """Five, or as many as the smallest class has groups of look-alikes, two at least."""
    groups = [len(set(pictures.groups[pictures.targets == label].tolist())) for label in range(len(pictures.class_names))]
    return max(2, min(FOLDS, *groups))


def _chosen(probes: Sequence[str] | None) -> dict[str, Probe]:
    if probes is None:
        return dict(PROBES)
    if isinstance(probes, str) or not probes:
        raise InputError(f"`probes` must be a list of names, of {', '.join(PROBES)}. Got {probes!r}.")
    for name in probes:
        if name not in PROBES:
            raise UnknownNameError("probe", name, PROBES)
    return {name: PROBES[name] for name in probes}


def _check_classes(pictures: Pictures) -> None:
    counts = pictures.targets.bincount(minlength=len(pictures.class_names)).tolist()
    if len(pictures.class_names) < 2:
        raise InputError(f"There must be at least two classes to tell apart. Got {', '.join(pictures.class_names) or 'none'}.")
    for name, count in zip(pictures.class_names, counts, strict=True):
        if count < 5:
            raise InputError(f"Each class must have at least five pictures. Got {count} of {name!r}. Add some, or leave it out.")
