"""Focus: a model whose classes are colors, maps that know them and maps that do not."""

from dataclasses import dataclass, replace
from typing import ClassVar

import pytest
import torch
from linear_models import linear, mapped, rows_of
from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.question import question
from xaivision.core.random import generator
from xaivision.core.scores import Scores
from xaivision.core.targets import Targets
from xaivision.data.dataset import Part
from xaivision.evaluation.controls import checked
from xaivision.evaluation.focus import Focus
from xaivision.explainers.controls import Constant
from xaivision.explainers.occlusion import Occlusion

# The score of class k is how much of channel k there is.
COLORS = FunctionClassifier(lambda images: images.mean((2, 3)), 3, score_unit="logit", domain="image", array="torch")


def colored(labels: list[int], seed: int, side: int = 8) -> Part:
    """Pictures whose channel of the class is bright in places, and whose others are black."""
    targets = torch.tensor(labels)
    found = torch.zeros(len(labels), 3, side, side, dtype=torch.float64)
    noise = torch.rand(len(labels), side, side, generator=generator(seed), dtype=torch.float64)
    found[torch.arange(len(labels)), targets] = noise
    return Part(found, targets)


PARTNERS = colored([0, 1, 2] * 4, 0)
TESTED = colored([0, 1, 2, 0], 1)


@dataclass(frozen=True)
class Channel:
    """The pixels of the target's color, plus so much of all others."""

    about: ClassVar[About] = About("channel", "Where is the color?", "Never.", "none", "arXiv:2109.15035", Access.LABELS)
    others: float = 0.0
    sign: float = 1.0

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        with question(self, model, inputs, targets, seed=seed) as q:
            own = inputs[torch.arange(len(inputs)), q.query.targets]
            values = own + self.others * (inputs.sum(1) - own)
            return q.attribution(self.sign * values[:, None], "contribution")


def asked(method: Channel, tested: Part = TESTED, partners: Part = PARTNERS, seed: int = 0, **settings: int) -> Scores:
    explanation = method.explain(COLORS, tested.inputs, tested.targets)
    return Focus(partners, **settings).evaluate(COLORS, method, explanation, seed=seed)


def test_all_of_a_true_map_lies_on_the_right_tiles() -> None:
    found = asked(Channel())
    assert found.values.tolist() == pytest.approx([1.0] * 4, abs=1e-12)
    assert found.details["of each mosaic"].shape == (4, 4)
    assert found.model_calls == 4 * 4


def test_none_of_the_reversed_lies_anywhere() -> None:
    assert asked(Channel(sign=-1.0)).undefined == 4


def test_a_map_of_everything_but_the_class_is_zero() -> None:
    plain = Part(torch.full_like(TESTED.inputs, 0.2) * (TESTED.inputs > 0).any((2, 3), keepdim=True), TESTED.targets)
    assert asked(Channel(others=1e9), plain).values.max() < 1e-6


def test_constant_maps_are_half_at_even_sides() -> None:
    explanation = Constant().explain(COLORS, TESTED.inputs, TESTED.targets)
    found = Focus(PARTNERS).evaluate(COLORS, Constant(), explanation)
    assert found.values.tolist() == pytest.approx([0.5] * 4, abs=1e-12)


def test_shares_are_those_of_the_colors_in_the_mosaic() -> None:
    """Every picture even: two tiles of brightness 0.8, two of 0.2, of which the map shows half."""
    bright, dark = torch.zeros(3, 3, 8, 8).double(), torch.zeros(2, 3, 8, 8).double()
    bright[:, 0], dark[:, 1] = 0.8, 0.2
    bright[1:, 0] = torch.rand(2, 8, 8, generator=generator(0)).double() * 1e-9 + 0.8
    partners = Part(torch.cat([bright[1:], dark]), torch.tensor([0, 0, 1, 1]))
    found = asked(Channel(others=0.5), Part(bright[:1], torch.tensor([0])), partners)
    assert found.values.tolist() == pytest.approx([0.8 / (0.8 + 0.1)], abs=1e-8)


def test_a_mosaic_holds_the_input_one_of_its_class_and_two_of_others() -> None:
    seen: list[Tensor] = []

    def watched(images: Tensor) -> Tensor:
        seen.append(images.clone())
        return images.mean((2, 3))

    model = FunctionClassifier(watched, 3, score_unit="logit", domain="image", array="torch")
    explanation = Channel().explain(model, TESTED.inputs, TESTED.targets)
    seen.clear()
    Focus(PARTNERS, samples=12).evaluate(model, Channel(), explanation)
    places = set()
    for mosaics in seen:
        for row, one in enumerate(mosaics):
            tiles = [one[:, top : top + 4, left : left + 4] for top in (0, 4) for left in (0, 4)]
            target = int(TESTED.targets[row])
            assert sum(bool(tile[target].any()) for tile in tiles) == 2
            own = torch.nn.functional.avg_pool2d(TESTED.inputs[row], 2)
            (place,) = (number for number, tile in enumerate(tiles) if torch.allclose(tile, own, atol=1e-12))
            places.add(place)
    assert places == {0, 1, 2, 3}


def test_other_seeds_draw_other_mosaics() -> None:
    method = Channel(others=0.5)
    first, again, other = (asked(method, seed=seed).details["of each mosaic"] for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_an_input_is_not_its_own_partner() -> None:
    partners = Part(torch.cat([TESTED.inputs[:1], PARTNERS.inputs[1:2]]), torch.tensor([0, 1]))
    with pytest.raises(InputError, match="`partners` must hold pictures of class 0, beside those that are judged"):
        asked(Channel(), Part(*(one[:1] for one in TESTED)), partners)


def test_partners_of_one_class_are_refused() -> None:
    with pytest.raises(InputError, match="`partners` must hold pictures of a class that is not explained"):
        asked(Channel(), Part(*(one[:1] for one in TESTED)), colored([0, 0], 3))


def test_a_true_map_beats_the_controls() -> None:
    found = checked(COLORS, TESTED.inputs, Occlusion(), Focus(PARTNERS), TESTED.targets)
    assert found.mean > 0.99
    for control in found.controls.values():
        assert control.mean < 0.75


def test_another_method_is_refused() -> None:
    with pytest.raises(InputError, match="must come from the explainer that is checked"):
        Focus(PARTNERS).evaluate(COLORS, Channel(), mapped(COLORS, TESTED.inputs, TESTED.inputs))


def test_mosaics_without_anything_for_the_class_are_left_out_of_the_mean() -> None:
    """A black picture of class 0, whose partners are one black and one bright picture."""
    black = torch.zeros(2, 3, 8, 8).double()
    black[1, 1, 0, 0] = 0.5  # another picture than the judged one, with nothing of its color
    partners = Part(torch.cat([black[1:], PARTNERS.inputs[:3]]), torch.tensor([0, 0, 1, 2]))
    found = asked(Channel(), Part(black[:1], torch.tensor([0])), partners, samples=12)
    shares = found.details["of each mosaic"][0]
    assert 0 < int(shares.isnan().sum()) < 12
    assert float(found.values) == 1.0


def test_a_map_that_is_not_finite_has_no_value() -> None:
    explanation = Channel().explain(COLORS, TESTED.inputs, TESTED.targets)
    values = explanation.values.clone()
    values[2, 0, 3, 3] = float("inf")
    found = Focus(PARTNERS).evaluate(COLORS, Channel(), replace(explanation, values=values))
    assert found.values.isnan().tolist() == [False, False, True, False]


def test_the_method_is_asked_about_the_explained_class_with_the_seed_of_its_answer() -> None:
    """Class 1 of a picture of class 0: its color is on its partner alone, and on none of the others."""
    told: list[tuple[list[int], int]] = []

    class Told(Channel):
        def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
            found = super().explain(model, inputs, targets, seed=seed)
            told.append((found.query.targets.tolist(), seed))
            return found

    method = Told()
    explanation = method.explain(COLORS, TESTED.inputs[:1], 1, seed=7)
    found = Focus(PARTNERS, samples=2).evaluate(COLORS, method, explanation)
    assert told == [([1], 7)] * 3
    assert found.values.tolist() == [1.0]


def test_each_of_the_partners_has_its_turn() -> None:
    """Partners are even pictures of brightness 1/8 to 4/8, as their tiles are; each of the others is drawn for itself."""
    brightness = torch.arange(1, 5).double() / 8
    even = brightness[:, None, None, None] * torch.ones(4, 3, 8, 8).double()
    own, other = even * torch.tensor([1.0, 0, 0]).double().view(3, 1, 1), even * torch.tensor([0, 1.0, 0]).double().view(3, 1, 1)
    partners = Part(torch.cat([own, other]), torch.tensor([0] * 4 + [1] * 4))
    judged = torch.zeros(1, 3, 8, 8).double()
    judged[0, 0] = 0.75
    seen: list[Tensor] = []

    def watched(images: Tensor) -> Tensor:
        seen.append(images.clone())
        return images.mean((2, 3))

    model = FunctionClassifier(watched, 3, score_unit="logit", domain="image", array="torch")
    explanation = Channel().explain(model, judged, 0)
    seen.clear()
    Focus(partners, samples=60).evaluate(model, Channel(), explanation)
    same, others = set(), set()
    for mosaic in seen:
        tiles = [mosaic[0, :, top, left] for top in (0, 4) for left in (0, 4)]
        same |= {float(tile[0]) for tile in tiles if 0 < tile[0] < 0.75}
        others.add(tuple(sorted(float(tile[1]) for tile in tiles if tile[1] > 0)))
    assert same == {0.125, 0.25, 0.375, 0.5}
    assert {one for pair in others for one in pair} == same
    assert any(len(set(pair)) == 2 for pair in others)


@pytest.mark.parametrize(
    ("tested", "partners", "words"),
    [
        (TESTED, colored([0, 1, 2] * 2, 0, side=6), "`partners`"),
        (colored([0, 1], 1, side=1), colored([0, 1] * 2, 0, side=1), r"pictures of at least 2 x 2 pixels. Got \(1, 1\)"),
    ],
)
def test_pictures_that_make_no_mosaic_are_refused(tested: Part, partners: Part, words: str) -> None:
    with pytest.raises(InputError, match=words):
        asked(Channel(), tested, partners)


def test_tables_are_refused() -> None:
    model = linear([1.0, 2.0])
    method = Constant()
    with pytest.raises(CapabilityError, match="`focus` is for image inputs"):
        Focus(PARTNERS).evaluate(model, method, method.explain(model, rows_of((1, 2))))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"partners": PARTNERS.inputs}, "`partners` must be a pair of tensors"),
        ({"partners": PARTNERS, "samples": 0}, "`samples` must be a positive integer"),
    ],
)
def test_settings_that_have_no_meaning_are_refused(settings: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Focus(**settings)  # type: ignore[arg-type]
