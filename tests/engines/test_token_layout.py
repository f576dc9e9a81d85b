import pytest
import torch
from attention_models import SIDE, Encoder, Vit, classifier, vit
from engine_networks import drawn, seeded
from torch import nn

from xaivision.core.errors import CapabilityError
from xaivision.core.targets import TargetScore
from xaivision.core.token_grid import TokenGrid
from xaivision.engines import attention, token_layout


def one(seed=3):
    return drawn((1, 1, SIDE, SIDE), seed)


def seen(model, inputs):
    """The layout of the inputs, and the tokens that the first one's scores are read from."""
    target = TargetScore(torch.zeros(len(inputs)).long())
    found = attention.token_values(model, inputs, target, lambda told: told.readers.double(), gradients=False)
    layout = token_layout.token_layout(found.readers, found.maps, tuple(inputs.shape[-2:]))
    return layout, found.readers[0].nonzero().flatten().tolist()


def layout_of(**settings):
    found, readers = seen(vit(**settings), one())
    return (found.grid.height, found.grid.width, *found.first, readers)


LAYOUTS = [
    ("class token", {"extra": 1}, (3, 3, 1, [0])),
    ("class token and four registers", {"extra": 5}, (3, 3, 5, [0])),
    ("class and distillation token", {"extra": 2, "read": slice(0, 2)}, (3, 3, 2, [0, 1])),
    ("class token behind", {"extra": 1, "read": slice(9, 10), "behind": True}, (3, 3, 0, [9])),
    ("mean of the patches", {"extra": 0, "read": slice(None)}, (3, 3, 0, list(range(9)))),
    ("mean of the patches without registers", {"extra": 4, "read": slice(4, None)}, (3, 3, 4, list(range(4, 13)))),
    ("mean of the patches, registers behind", {"extra": 4, "read": slice(0, 9), "behind": True}, (3, 3, 0, list(range(9)))),
    ("mean of all tokens", {"extra": 1, "read": slice(None)}, (3, 3, 1, list(range(10)))),
]


@pytest.mark.parametrize(("settings", "expected"), [case[1:] for case in LAYOUTS], ids=[case[0] for case in LAYOUTS])
@pytest.mark.parametrize("way", ["heads", "product", "softmax"])
def test_the_layout_is_what_the_model_does(way, settings, expected):
    assert layout_of(way=way, **settings) == expected


def check_layouts():
    for _, settings, expected in LAYOUTS:
        assert layout_of(**settings) == expected


@pytest.mark.parametrize("extra", [0, 1])
@pytest.mark.parametrize("read", [slice(0, 5), slice(3, 4), slice(2, None)], ids=str)
def test_a_model_that_reads_some_patches_only_is_refused(read, extra):
    count = len(range(9 + extra)[read])
    sentence = (
        rf"read from a class token or from all patches alike\. This model reads {count} of {9 + extra} tokens .*Use `integr"
    )
    with pytest.raises(CapabilityError, match=sentence):
        layout_of(extra=extra, read=read)


def check_each_input_is_looked_at_for_itself():
    everything, class_token, nothing = [True] * 5, [True, False, False, False, False], [False] * 5
    some, alone = [False, True, True, False, True], [False, False, True, False, False]
    readers = torch.tensor([everything, some, class_token, alone, nothing])
    found = token_layout.token_layout(readers, [(2, 2)], (4, 4))
    assert found.first == (1, None, 1, None, None)
    assert found.unclear == (1, 3, 4)
    maps = found.patches(torch.arange(25.0).view(5, 5)).flatten(1)
    assert maps.tolist() == [[1, 2, 3, 4], [0] * 4, [11, 12, 13, 14], [0] * 4, [0] * 4]
    behind = token_layout.token_layout(torch.tensor([class_token[::-1], class_token]), [(2, 2)], (4, 4))
    assert behind.first == (0, 1)


def test_each_input_is_looked_at_for_itself():
    check_each_input_is_looked_at_for_itself()


def test_one_patch_that_is_read_alone_is_not_taken_for_all_that_there_is_to_read():
    assert token_layout.first_patch(TokenGrid(2, 2), torch.tensor([False, True, False, False])) is None


def test_a_model_whose_scores_are_cut_off_is_refused():
    class Cut(Vit):
        def forward(self, images):
            return super().forward(images).detach()

    with pytest.raises(CapabilityError, match=r"No score of this model depends differentiably on its last attention\."):
        seen(classifier(seeded(Cut)), one())


def check_two_opposite_scores_are_no_cut():
    class Opposite(Vit):
        def forward(self, images):
            score = super().forward(images)[:, :1]
            return torch.cat([score, -score, 0 * score], 1)

    try:
        _, readers = seen(classifier(seeded(Opposite)), one())
    except CapabilityError as error:
        raise AssertionError("taken for a model whose scores are cut off") from error
    assert readers == [0]


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
    layout = token_layout.TokenLayout(TokenGrid(2, 3, 2), (1, 1))
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

    found, readers = seen(classifier(seeded(Cut)), drawn((1, 1, 10, 10), 0))
    assert (found.grid, found.first, readers) == (TokenGrid(5, 5), (0,), list(range(25)))


def test_torchs_encoder_has_its_grid():
    found, readers = seen(classifier(seeded(Encoder)), one())
    assert (found.grid, found.first, readers) == (TokenGrid(2, 2), (0,), [0, 1, 2, 3])


def check_a_convolution_after_the_first_attention_makes_no_patches():
    class Mixed(Vit):
        def forward(self, images):
            scores = super().forward(images)
            later = nn.functional.conv2d(images[:, :, :2, :5], torch.ones(1, 1, 1, 1).double())  # ten cells, as many as tokens
            return scores + later.mean((1, 2, 3))[:, None]

    found, _ = seen(classifier(seeded(Mixed)), one())
    assert found.grid == TokenGrid(3, 3, 1)


def test_a_convolution_after_the_first_attention_makes_no_patches():
    check_a_convolution_after_the_first_attention_makes_no_patches()
