"""Small float64 vision transformers that compute the same attention in every way there is, and one that tells it."""

import torch
from engine_networks import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from xaivision.core.torch_classifier import TorchClassifier

WIDTH, HEADS, CLASSES, SIDE, PATCH = 8, 2, 3, 6, 2


class Attend(nn.Module):
    """Self-attention of (B, N, WIDTH). `way`: "heads", "asked", "product", "softmax" or "function", all of the same numbers.

    `last`: the weights of the last call, with their graph, where the way is "softmax".
    """

    def __init__(self, way: str, mask: Tensor | None = None) -> None:
        super().__init__()
        self.way, self.mask = way, mask
        self.heads = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
        self.last: Tensor | None = None

    def forward(self, tokens: Tensor) -> Tensor:
        if self.way in ("heads", "asked"):
            return self.heads(tokens, tokens, tokens, need_weights=self.way == "asked", attn_mask=self._refused())[0]
        found = F.linear(tokens, self.heads.in_proj_weight, self.heads.in_proj_bias)
        query, key, value = found.unflatten(2, (3, HEADS, -1)).permute(2, 0, 3, 1, 4)
        if self.way == "product":
            mixed = F.scaled_dot_product_attention(query, key, value, self.mask)
        else:
            mixed = self._softmax(query, key) @ value
        return self.heads.out_proj(mixed.transpose(1, 2).flatten(2))

    def _refused(self) -> Tensor | None:
        """Where tokens do not see each other, as `nn.MultiheadAttention` says it."""
        return None if self.mask is None else ~self.mask

    def _softmax(self, query: Tensor, key: Tensor) -> Tensor:
        logits = query @ key.transpose(2, 3) / (WIDTH // HEADS) ** 0.5
        if self.mask is not None:
            logits = logits.masked_fill(~self.mask, -torch.inf)
        self.last = F.softmax(logits, 3) if self.way == "function" else logits.softmax(dim=-1)
        return self.last


class Block(nn.Module):
    def __init__(self, way: str, mask: Tensor | None) -> None:
        super().__init__()
        self.attend = Attend(way, mask)
        self.norms = nn.ModuleList([nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)])
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 12), nn.GELU(), nn.Linear(12, WIDTH))

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = tokens + self.attend(self.norms[0](tokens))
        return tokens + self.mlp(self.norms[1](tokens))


class Vit(nn.Module):
    """`extra` tokens in front of the patches (`behind`: after them); `read` is the slice of tokens whose mean is classified."""

    def __init__(self, way="heads", layers=2, extra=1, read=slice(0, 1), behind=False, mask=None) -> None:
        super().__init__()
        self.read, self.behind = read, behind
        self.patches = nn.Conv2d(1, WIDTH, PATCH, stride=PATCH)
        self.extra = nn.Parameter(torch.randn(1, extra, WIDTH))
        self.places = nn.Parameter(torch.randn(1, extra + (SIDE // PATCH) ** 2, WIDTH))
        self.blocks = nn.Sequential(*[Block(way, mask) for _ in range(layers)])
        self.head = nn.Linear(WIDTH, CLASSES)

    def forward(self, images: Tensor) -> Tensor:
        found = [self.extra.expand(len(images), -1, -1), self.patches(images).flatten(2).transpose(1, 2)]
        tokens = self.blocks(torch.cat(found[::-1] if self.behind else found, 1) + self.places)
        return self.head(tokens[:, self.read].mean(1))


class Encoder(nn.Module):
    """torch's own encoder, whose fast path computes no weights, over four patches; the mean is classified."""

    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(WIDTH, HEADS, 12, batch_first=True)
        self.patches, self.head = nn.Conv2d(1, WIDTH, 3, stride=3), nn.Linear(WIDTH, CLASSES)
        self.encoder = nn.TransformerEncoder(layer, 2)

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.encoder(self.patches(images).flatten(2).transpose(1, 2)).mean(1))


def classifier(module: nn.Module, **settings) -> TorchClassifier:
    return TorchClassifier(module, CLASSES, **settings)


def vit(seed: int = 0, **settings) -> TorchClassifier:
    """Two of the same seed have the same weights, whatever the way."""
    return classifier(lively(seeded(lambda: Vit(**settings), seed)))


def lively(module: nn.Module) -> nn.Module:
    """Weights so large that tokens look at some tokens and not at others."""
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if "in_proj" in name:
                parameter.mul_(3)
    return module


def told(module: Vit, image: Tensor, score) -> tuple[list[Tensor], list[Tensor]]:
    """The weights of each layer for one image (C, H, W), and the gradients of a score with respect to them: (heads, N, N).

    Asked of a module that computes a softmax, in its own forward pass.
    """
    with torch.enable_grad():
        number = score(module.eval()(image[None]))
        weights = [block.attend.last for block in module.blocks]
        gradients = torch.autograd.grad(number.sum(), weights)
    return [layer[0].detach() for layer in weights], [layer[0] for layer in gradients]
