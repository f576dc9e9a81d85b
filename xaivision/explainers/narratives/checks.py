"""What the region and the words about it are held against: the model's score without them, and CC-SHAP."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.core.random import generator
from xaivision.core.settings import check_positive_integer
from xaivision.core.targets import TargetScore
from xaivision.engines.baselines import Baseline
from xaivision.engines.game import Game
from xaivision.engines.mask_effects import MaskEffects, mask_effects
from xaivision.engines.removals import Replacement
from xaivision.engines.segments import SegmentsSetting, segment_labels
from xaivision.engines.self_consistency import SelfConsistency, contribution_shares, self_consistency
from xaivision.engines.shapley_of_words import shapley_of_scores
from xaivision.engines.superpixels import Slic
from xaivision.explainers.narratives.captions import Caption, Captioner, WordScorer

# Versions of a picture that a captioner is handed at a time.
AT_ONCE = 64
# A language model takes as long for a version as a classifier for dozens.
MEASURED_BUDGET, LANGUAGE_BUDGET = 128, 64
FEW_SUPERPIXELS = Slic(16)


@dataclass(frozen=True, eq=False)
class Checks:
    """`shifts`: shapes of the mask elsewhere that its deletion is held against. `baseline` stands where something is hidden.

    `players`: the few superpixels that CC-SHAP shares prediction and words among. `budget`: versions of the picture that it
    asks each of the two about (None: 128, or 64 where a language model scores words); 0 leaves it out.
    """

    shifts: int = 4
    baseline: Baseline = "mean"
    players: SegmentsSetting = FEW_SUPERPIXELS
    budget: int | None = None

    def __post_init__(self) -> None:
        check_positive_integer("shifts", self.shifts)
        if self.budget is not None and (isinstance(self.budget, bool) or not isinstance(self.budget, int) or self.budget < 0):
            raise InputError(f"`budget` must be a whole number from 0, or None. Got {self.budget!r}.")


@dataclass(frozen=True, eq=False)
class Checked:
    """One picture (C, H, W) with what stands for hidden parts of it (C, H, W), its region (H, W), and who is asked about it."""

    model: ClassifierAdapter
    image: Tensor
    substitute: Tensor
    mask: Tensor
    target: TargetScore

    @property
    def measured(self) -> TargetScore:
        """What hiding is measured on: where one class is explained against another that difference, else the probability of the
        class, where the model gives it.
        """
        if self.target.contrasts or not self.model.gives_probabilities:
            return self.target
        return TargetScore(self.target.classes, output="probability", score_unit=self.target.score_unit)

    def effects(self, shifts: int) -> MaskEffects:
        """What that score is without the region, with nothing but it, and the same for its shape elsewhere."""
        return mask_effects(self.model, self.image[None], self.substitute[None], self.measured, self.mask[None], shifts)


def effects_record(found: MaskEffects, unit: str) -> dict[str, Any]:
    """The numbers by name."""
    names = ("whole", "without", "alone", "shifted_without", "shifted_alone", "overlap", "deletion", "shifted_deletion")
    return {"unit": unit, **{name: float(getattr(found, name)[0]) for name in names}}


def consistency_record(of: Checked, captioner: Captioner, caption: Caption, checks: Checks, seed: int) -> dict[str, Any]:
    """CC-SHAP of prediction and words with its null, and the share of each that lies in the region; why not, where the
    captioner cannot score words.

    Raises: InputError, where the superpixels or the budget do not do.
    """
    if not isinstance(captioner, WordScorer):
        return {"missing": f"{captioner.name} cannot score its words on a changed picture"}
    labels = segment_labels(checks.players, of.image[None]).labels[0]
    if checks.budget is not None:
        budget = checks.budget
    else:
        budget = MEASURED_BUDGET if captioner.word_score == "similarity" else LANGUAGE_BUDGET
    prediction, words = word_contributions(of, captioner, caption, labels, budget, seed)
    found = self_consistency(prediction, words, generator(seed, "narrative", "permutations"))
    held = _held(labels, of.mask)
    return {
        "value": captioner.word_score,
        "budget": budget,
        "words": words.shape[1],
        **{name: getattr(found, name) for name in SelfConsistency.__dataclass_fields__},
        "prediction_in_mask": _in_mask(contribution_shares(prediction), held),
        "words_in_mask": _in_mask(contribution_shares(words), held),
    }


def word_contributions(
    of: Checked, captioner: WordScorer, caption: Caption, labels: Tensor, budget: int, seed: int
) -> tuple[Tensor, Tensor]:
    """(M,) contributions of the superpixels `labels` (H, W) to the explained score, and (M, T) to each word.

    Both are asked about the same coalitions.
    """
    removal = Replacement(of.image, of.substitute[None])
    game = Game(of.model, removal, labels.to(of.image.device), of.target)

    def words(coalitions: Tensor) -> Tensor:
        parts = [
            captioner.word_scores(caption, of.image, removal(part[:, labels.flatten()].view(-1, *labels.shape)), of.mask)
            for part in torch.split(coalitions.to(of.image.device), AT_ONCE)
        ]
        return torch.cat(parts)

    draws = [generator(seed, "narrative", "coalitions") for _ in range(2)]
    prediction = shapley_of_scores(lambda coalitions: game(coalitions)[:, None], game.players, budget, draws[0])[:, 0]
    return prediction, shapley_of_scores(words, game.players, budget, draws[1])


def _held(labels: Tensor, mask: Tensor) -> Tensor:
    """(M,) which share of each superpixel lies in the mask."""
    sizes = torch.bincount(labels.flatten()).double()
    return torch.bincount(labels.flatten(), weights=mask.cpu().flatten().double()) / sizes


def _in_mask(shares: Tensor, held: Tensor) -> float:
    total = float(shares.abs().sum())
    return float(shares.abs() @ held) / total if total > 0 else float("nan")
