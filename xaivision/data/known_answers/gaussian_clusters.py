"""OpenXAI's synthetic Gaussians: clusters of rows, each with a linear rule of its own on some of the columns.

Source: Agarwal et al., OpenXAI: Towards a transparent evaluation of model explanations, 2022, arXiv:2206.11104.
"""

import torch

from xaivision.core.random import generator
from xaivision.data.dataset import Part
from xaivision.data.known_answers.known_set import KnownSet

# How far the centers lie from the origin along each column: rows show which rule is theirs.
APART = 2.0


def gaussian_clusters(
    clusters: int = 4, features: int = 12, active: int = 4, learned: int = 6000, tested: int = 500, seed: int = 0
) -> KnownSet:
    """Rows (F,) around the centers of `clusters`; the class is the sign of the cluster's rule of the row less its center.

    `truth`: the `active` columns that the rule of the row's own cluster reads.
    """
    draws = generator(seed, "gaussian clusters")
    count = learned + tested
    centers = APART * (2.0 * torch.randint(2, (clusters, features), generator=draws, device="cpu") - 1)
    read = torch.stack([torch.randperm(features, generator=draws, device="cpu") < active for _ in range(clusters)])
    weights = (1 + torch.rand(clusters, features, generator=draws, device="cpu")) * read
    weights = weights * (2.0 * torch.randint(2, (clusters, features), generator=draws, device="cpu") - 1)
    own = torch.arange(count, device="cpu") % clusters
    around = torch.randn(count, features, generator=draws, device="cpu")
    targets = ((around * weights[own]).sum(1) > 0).long()
    rows = centers[own] + around
    return KnownSet(
        "gaussian clusters",
        Part(rows[:learned], targets[:learned]),
        Part(rows[learned:], targets[learned:]),
        read[own][learned:],
        "association",
        "the columns that the rule of the row's own cluster reads",
        ("negative", "positive"),
    )
