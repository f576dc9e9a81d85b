"""A small float64 vision transformer, and its attention computed by hand."""

import torch
from explainer_networks import seeded
from torch import Tensor, nn

from xaivision.core.torch_classifier import TorchClassifier


class PlainBlock(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.heads = nn.MultiheadAttention(8, 2, batch_first=True)
        self.norm = nn.LayerNorm(8)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.norm(tokens + self.heads(tokens, tokens, tokens, need_weights=False)[0])

    def by_hand(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """The same for one sequence (N, 8), with the attention weights (2, N, N) it is computed from."""
        projected = tokens @ self.heads.in_proj_weight.T + self.heads.in_proj_bias
        query, key, value = (part.view(-1, 2, 4).transpose(0, 1) for part in projected.split(8, 1))
        weights = (query @ key.transpose(1, 2) / 2).softmax(2)
        mixed = (weights @ value).transpose(0, 1).reshape(-1, 8)
        return self.norm(tokens + self.heads.out_proj(mixed)), weights


class PlainVit(nn.Module):
    """Pictures (B, 1, 6, 6), nine patches. A class token in front is classified, or the `mean` of the patches."""

    def __init__(self, mean: bool = False, layers: int = 2) -> None:
        super().__init__()
        self.mean = mean
        self.patches = nn.Conv2d(1, 8, 2, stride=2)
        self.token = nn.Parameter(torch.randn(0 if mean else 1, 8))
        self.places = nn.Parameter(torch.randn(9 if mean else 10, 8))
        self.blocks = nn.ModuleList([PlainBlock() for _ in range(layers)])
        self.head = nn.Linear(8, 3)
        for block in self.blocks:
            block.heads.in_proj_weight.data.mul_(3)

    def forward(self, images: Tensor) -> Tensor:
        tokens = self.first(images)
        for block in self.blocks:
            tokens = block(tokens)
        return self.head(tokens.mean(1) if self.mean else tokens[:, 0])

    def first(self, images: Tensor) -> Tensor:
        patches = self.patches(images).flatten(2).transpose(1, 2)
        return torch.cat([self.token.expand(len(images), -1, -1), patches], 1) + self.places


class RectifiedVit(PlainVit):
    """The mean of rectified patches is classified: of a dark picture all of them are dead but one, of a bright one none."""

    def __init__(self) -> None:
        super().__init__(mean=True)
        self.norms_off()

    def norms_off(self) -> None:
        for block in self.blocks:
            block.norm = nn.Identity()

    def forward(self, images: Tensor) -> Tensor:
        tokens = self.first(images)
        for block in self.blocks:
            tokens = block(tokens)
        lifted = images.mean((1, 2, 3))[:, None, None] * 100 - 40
        first = torch.zeros(1, 9, 1, dtype=images.dtype)
        first[:, 4] = 100
        return self.head(torch.relu(tokens + lifted + first).mean(1))


def vit_classifier(seed: int = 0, **settings) -> TorchClassifier:
    return TorchClassifier(seeded(lambda: PlainVit(**settings), seed), 3)


def plain_layers(module: PlainVit, image: Tensor, target: int) -> tuple[list[Tensor], list[Tensor]]:
    """The attention (heads, N, N) of each layer for one image, computed by hand, and the gradients of one score."""
    tokens, layers = module.first(image[None])[0], []
    for block in module.blocks:
        tokens, weights = block.by_hand(tokens)
        layers.append(weights)
    score = module.head(tokens.mean(0) if module.mean else tokens[0])[target]
    gradients = torch.autograd.grad(score, layers)
    return [layer.detach() for layer in layers], list(gradients)
