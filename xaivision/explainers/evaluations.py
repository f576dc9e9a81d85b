"""How many perturbed versions of each input a method asked its model about."""

from collections.abc import Sequence
from dataclasses import replace

import torch

from xaivision.core.attribution import Attribution


def with_evaluations(answer: Attribution, counts: Sequence[int]) -> Attribution:
    """The answer, with one count an input in its diagnostics."""
    evaluations = torch.tensor(counts, dtype=torch.long, device="cpu")
    return replace(answer, diagnostics=replace(answer.diagnostics, evaluations=evaluations))
