import pytest
import torch
from attention_models import SIDE, Encoder, Vit, classifier, vit
from engine_networks import drawn, seeded
from torch import nn

from xaivision.core.errors import CapabilityError
from xaivision.core.token_grid import TokenGrid
from xaivision.engines import token_layout


def one(seed=3):
    return drawn((1, 1, SIDE, SIDE), seed)


def layout_of(**settings):
    found = token_layout.token_layout(vit(**settings), one())
    return (found.grid.height, found.grid.width, found.first, found.readers.nonzero().flatten().tolist())


LAYOUTS = [
    ("class token", {"extra": 1}, (3, 3, 1, [0])),
    ("class token and four registers", {"extra": 5}, (3, 3, 5, [0])),
    ("class and distillation token", {"extra": 2, "read": slice(0, 2)}, (3, 3, 2, [0, 1])),
    ("class token behind", {"extra": 1, "read": slice(9, 10), "behind": True}, (3, 3, 0, [9])),
    ("mean of the patches", {"extra": 0, "read": slice(None)}, (3, 3, 0, list(range(9)))),
    ("mean of the patches without registers", {"extra": 4, "read": slice(4, None)}, (3, 3, 4, list(range(4, 13)))),
    ("mean of the patches, registers behind", {"extra": 4, "read": slice(0, 9), "behind": True}, (3, 3, 0, list(range(9)))),
    ("mean of all tokens", {"extra": 1, "read": slice(None)}, (3, 3, 1, list(range(10)))),
    ("one patch", {"extra": 0, "read": slice(4, 5)}, (3, 3, 0, [4])),
]


@pytest.mark.parametrize(("settings", "expected"), [case[1:] for case in LAYOUTS], ids=[case[0] for case in LAYOUTS])
@pytest.mark.parametrize("way", ["heads", "product", "softmax"])
def test_the_layout_is_what_the_model_does(way, settings, expected):
    assert layout_of(way=way, **settings) == expected


def check_layouts():
    for _, settings, expected in LAYOUTS:
        assert layout_of(**settings) == expected


@pytest.mark.parametrize("read", [slice(0, 5), slice(3, 4), slice(2, None)], ids=str)
def test_a_model_that_reads_some_patches_only_is_refused(read):
    count = len(range(10)[read])
    sentence = rf"read from a class token or from all patches alike\. This model reads {count} of 10 tokens"
    with pytest.raises(CapabilityError, match=sentence):
        layout_of(extra=1, read=read)


def test_a_model_whose_scores_are_cut_off_is_refused():
    class Cut(Vit):
        def forward(self, images):
            return super().forward(images).detach()

    with pytest.raises(CapabilityError, match=r"No score of this model depends differentiably on its last attention\."):
        token_layout.token_layout(classifier(seeded(Cut)), one())


def check_two_opposite_scores_are_no_cut():
    class Opposite(Vit):
        def forward(self, images):
            score = super().forward(images)[:, :1]
            return torch.cat([score, -score, 0 * score], 1)

    try:
        found = token_layout.token_layout(classifier(seeded(Opposite)), one())
    except CapabilityError as error:
        raise AssertionError("taken for a model whose scores are cut off") from error
    assert int(found.readers.sum()) == 1


def test_two_scores_that_are_each_others_negative_are_no_cut():
    check_two_opposite_scores_are_no_cut()


@pytest.mark.parametrize(
    ("tokens", "maps", "size", "sentence"),
    [
        (50, [(14, 14)], (224, 224), r"cells of the last convolution .* Got 50 tokens after a map of 14 x 14\."),
        (23, [(14, 1)], (224, 224), r"Got 23 tokens after a map of 14 x 1\."),
        (15, [], (224, 224), r"Got 15 tokens for a picture of 224 x 224, which no grid explains\."),
        (3, [], (224, 224), r"which no grid explains\."),
    ],
)
def test_tokens_that_no_grid_explains_are_refused(tokens, maps, size, sentence):
    with pytest.raises(CapabilityError, match=sentence):
        token_layout.recognized_grid(tokens, maps, size)


def check_patches_are_in_reading_order():
    layout = token_layout.TokenLayout(TokenGrid(2, 3, 2), 1, torch.tensor([True] + [False] * 7))
    tokens = torch.arange(16.0).view(2, 8)
    expected = torch.tensor([[[[1.0, 2, 3], [4, 5, 6]]], [[[9.0, 10, 11], [12, 13, 14]]]])
    assert torch.equal(layout.patches(tokens), expected)


def test_patches_are_in_reading_order_without_the_other_tokens():
    check_patches_are_in_reading_order()


def test_patches_without_a_convolution_are_recognized_by_their_number():
    class Cut(nn.Module):
        def __init__(self):
            super().__init__()
            self.heads = nn.MultiheadAttention(4, 2, batch_first=True)
            self.head = nn.Linear(4, 3)

        def forward(self, images):
            patches = nn.functional.pixel_unshuffle(images, 2).flatten(2).transpose(1, 2)
            return self.head(self.heads(patches, patches, patches, need_weights=False)[0].mean(1))

    found = token_layout.token_layout(classifier(seeded(Cut)), drawn((1, 1, 10, 10), 0))
    assert (found.grid, found.first, bool(found.readers.all())) == (TokenGrid(5, 5), 0, True)


def test_torchs_encoder_has_its_grid():
    found = token_layout.token_layout(classifier(seeded(Encoder)), one())
    assert (found.grid, found.first, bool(found.readers.all())) == (TokenGrid(2, 2), 0, True)


def check_a_convolution_after_the_first_attention_makes_no_patches():
    class Mixed(Vit):
        def forward(self, images):
            scores = super().forward(images)
            later = nn.functional.conv2d(images[:, :, :2, :5], torch.ones(1, 1, 1, 1).double())  # ten cells, as many as tokens
            return scores + later.mean((1, 2, 3))[:, None]

    found = token_layout.token_layout(classifier(seeded(Mixed)), one())
    assert found.grid == TokenGrid(3, 3, 1)


def test_a_convolution_after_the_first_attention_makes_no_patches():
    check_a_convolution_after_the_first_attention_makes_no_patches()
