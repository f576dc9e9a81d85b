"""What a mask does to the score: the score without it, with nothing but it, and the same for masks of its shape elsewhere."""

from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.classifier import Classifier
from xaivision.core.targets import TargetScore
from xaivision.engines.mask_evidence import shifted_masks
from xaivision.engines.replaced_scores import replaced_scores
from xaivision.engines.streaming import Pairs

# The mask, and each mask of its shape elsewhere, are once taken away and once left alone.
WAYS = 2


@dataclass(frozen=True, eq=False)
class MaskEffects:
    """(B,) float64 each: the score `whole`, `without` the mask, and with the mask `alone`.

    `shifted_without`, `shifted_alone`: means over masks of the same shape elsewhere, which cover the share `overlap` of it.
    """

    whole: Tensor
    without: Tensor
    alone: Tensor
    shifted_without: Tensor
    shifted_alone: Tensor
    overlap: Tensor

    @property
    def deletion(self) -> Tensor:
        """What is lost without the mask: large where the score rests on it."""
        return self.whole - self.without

    @property
    def shifted_deletion(self) -> Tensor:
        """The same for masks of this shape elsewhere."""
        return self.whole - self.shifted_without

    @property
    def sufficiency(self) -> Tensor:
        """What is lost when only the mask is left: small where it is enough."""
        return self.whole - self.alone

    @property
    def shifted_sufficiency(self) -> Tensor:
        """The same for masks of this shape elsewhere."""
        return self.whole - self.shifted_alone


def mask_effects(
    model: Classifier, inputs: Tensor, substitutes: Tensor, target: TargetScore, masks: Tensor, shifts: int = 4
) -> MaskEffects:
    """Of pictures (B, C, H, W), what stands for what is taken away (B, C, H, W), and masks (B, H, W), none of them empty.

    3 + 2 * `shifts` forwards a picture, at most.

    Raises: InputError, where a mask is empty.
    """
    masks = masks.bool().cpu()
    shifted = torch.stack([shifted_masks(mask, shifts) for mask in masks])
    tried = torch.cat([masks[:, None], shifted], 1).flatten(2)
    # First nothing is gone; then each mask; then all but it.
    gone = torch.cat([torch.zeros_like(tried[:, :1]), tried, ~tried], 1)

    def taken(part: Pairs) -> Tensor:
        return gone[part.inputs, part.versions]

    found = replaced_scores(model, inputs, substitutes, target, gone.shape[1], taken)
    without, alone = found[:, 1:].view(len(inputs), WAYS, 1 + shifts).unbind(1)
    covered = (shifted & masks[:, None]).flatten(2).sum(2).double().mean(1) / masks.flatten(1).sum(1)
    return MaskEffects(found[:, 0], without[:, 0], alone[:, 0], without[:, 1:].mean(1), alone[:, 1:].mean(1), covered)
