"""What a method's settings put where features are absent: baselines, imputation, or the rows of a background."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from xaivision.core.diagnostics import Note
from xaivision.core.errors import InputError
from xaivision.core.question import Question
from xaivision.core.sharing import shared_scores
from xaivision.engines.baselines import Baseline
from xaivision.engines.removals import Imputation, Removal, Replacement, segment_means
from xaivision.explainers.background import fitting_background
from xaivision.explainers.reference import baseline_of

# Beside the baselines, which are pictures of their own: what depends on the segments, or on the pixels that are kept.
Filling = Literal["segment_mean", "inpaint", "noisy_linear"]
Absent = Baseline | Filling

# A segment of fewer pixels is next to its own mean color: hiding it that way would hide nothing.
FEWEST_PIXELS = 4
# Standard deviation of the noise on imputed pixels in [0, 1], of the ROAD paper.
IMPUTATION_NOISE = 0.01


@dataclass(frozen=True, eq=False)
class Absence:
    """A removal for each input, and the scores (B,) when everything is absent. `baseline` (B, *S): what is left then, where
    that is one input; a background leaves many.
    """

    removals: list[Removal]
    scores: Tensor
    baseline: Tensor | None = None


def absence(q: Question, baseline: Absent, background: Tensor | None, players: Tensor) -> Absence:
    """What the settings mean for this question.

    `baseline` as in `engines.baselines`, or for pictures "segment_mean" (each segment its own mean color; that of the whole
    picture, with a warning, where segments have fewer than 4 pixels on average), "inpaint" (from the pixels that are kept,
    anew for each coalition) and "noisy_linear" (the same with a little noise). A `background`
    (N, *S) takes its place: absent features take the values of each of its rows in turn.

    Raises: InputError, where a setting has no meaning for these inputs, or both are given.
    """
    if background is not None:
        if not (isinstance(baseline, str) and baseline == "auto"):
            raise InputError("`baseline` and `background` must not both be given. Leave out the one that is not meant.")
        return _marginal(q, fitting_background(q, background))
    if isinstance(baseline, str) and baseline in _FILLINGS:
        if q.model.domain != "image":
            raise InputError(
                f"`baseline` {baseline!r} has a meaning for images only. For a table pass 'typical' or `background`."
            )
        return _FILLINGS[baseline](q, players)
    return _replaced(q, baseline_of(q, baseline))  # type: ignore[arg-type]


def _replaced(q: Question, references: Tensor) -> Absence:
    scores = q.query.target.of(shared_scores(q.model, references))
    removals: list[Removal] = [
        Replacement(one, reference[None]) for one, reference in zip(q.query.inputs, references, strict=True)
    ]
    return Absence(removals, scores, references)


def _marginal(q: Question, background: Tensor) -> Absence:
    """The background's scores serve every input: they are asked once."""
    scores = shared_scores(q.model, background)
    targets = [q.query.target.take(torch.full((len(scores),), row, device=scores.device)) for row in range(len(q.query))]
    means = torch.stack([target.of(scores).double().mean().to(scores) for target in targets])
    return Absence([Replacement(one, background) for one in q.query.inputs], means)


def _segment_means(q: Question, players: Tensor) -> Absence:
    hidden = []
    for index, (one, labels) in enumerate(zip(q.query.inputs, players, strict=True)):
        pixels = labels.numel() / (int(labels.max()) + 1)
        if pixels < FEWEST_PIXELS:
            text = (
                f"segments of {pixels:.2g} pixels each are next to their own mean color: that of the whole picture hides them "
                "instead; take fewer `segments`, or set `baseline`"
            )
            q.note(Note("warn", text, (index,)))
            labels = torch.zeros_like(labels)
        hidden.append(segment_means(one, labels))
    return _replaced(q, torch.stack(hidden))


def _imputed(q: Question, noise: Tensor | None) -> Absence:
    removals: list[Removal] = [Imputation(one, noise) for one in q.query.inputs]
    nothing = torch.zeros(1, *q.query.inputs.shape[2:], dtype=torch.bool, device=q.query.inputs.device)
    left = torch.cat([removal(nothing) for removal in removals])
    return Absence(removals, q.query.target.of(shared_scores(q.model, left)), left)


def _noisily_imputed(q: Question, _players: Tensor) -> Absence:
    noise = torch.randn(q.query.inputs.shape[1:], generator=q.generator("imputation"), dtype=torch.float64, device="cpu")
    return _imputed(q, IMPUTATION_NOISE * noise.to(q.query.inputs))


_FILLINGS: dict[str, Callable[[Question, Tensor], Absence]] = {
    "segment_mean": _segment_means,
    "inpaint": lambda q, _players: _imputed(q, None),
    "noisy_linear": _noisily_imputed,
}
