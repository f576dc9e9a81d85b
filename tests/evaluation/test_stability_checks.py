"""Sensitivity, Lipschitz estimate and stability on models where the change of an explanation is known in closed form."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest
import torch
from linear_models import Columns, linear, rows_of, scored_by
from torch import Tensor, nn

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.protocols import Explainer, SanityCheck
from xaivision.core.question import question
from xaivision.core.random import generator, seed_for
from xaivision.core.scores import Scores
from xaivision.core.targets import Targets
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.stability import box_draws
from xaivision.evaluation.local_lipschitz import LocalLipschitz
from xaivision.evaluation.relative_stability import (
    RelativeInputStability,
    RelativeOutputStability,
    RelativeRepresentationStability,
)
from xaivision.evaluation.seed_stability import SeedStability
from xaivision.evaluation.sensitivity import AvgSensitivity, MaxSensitivity
from xaivision.explainers.controls import Constant, Random, Sobel
from xaivision.explainers.occlusion import Occlusion

NEARBY = (MaxSensitivity, AvgSensitivity, LocalLipschitz, RelativeInputStability, RelativeOutputStability)
X = rows_of((0.3, 0.5, -0.2), (1.0, -2.0, 0.7))
WEIGHTS = (2.0, -3.0, 0.5)


@dataclass(frozen=True)
class Mapped:
    """A method whose values are a function of the inputs and of its draws."""

    about: ClassVar[About] = About("mapped", "What was written?", "Always.", "none", "a control", Access.LABELS)
    function: Callable[[Tensor, torch.Generator], Tensor] = field(default=lambda inputs, _chance: inputs)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        with question(self, model, inputs, targets, seed=seed) as q:
            return q.attribution(self.function(inputs, q.generator()), "contribution")


def times(weights: tuple[float, ...]) -> Mapped:
    """Weight times input: what a linear model's contributions are."""
    return Mapped(lambda inputs, _chance: inputs * torch.tensor(weights).to(inputs))


def same(value: float = 1.0) -> Mapped:
    return Mapped(lambda inputs, _chance: torch.full_like(inputs, value))


def checked(check: SanityCheck, method: Explainer, model: Classifier | None = None, inputs: Tensor = X, seed: int = 0) -> Scores:
    model = linear(WEIGHTS) if model is None else model
    return check.evaluate(model, method, method.explain(model, inputs, 0).as_attribution(), seed=seed)


def copies_of(one: Tensor, samples: int, radius: float, seed: int = 0) -> Tensor:
    return one + radius * box_draws(one.shape, range(samples), seed)


@pytest.mark.parametrize("kind", NEARBY)
@pytest.mark.parametrize("value", [1.0, -3.0, 0.0])
def test_the_gradient_of_a_linear_model_never_changes(kind: Any, value: float) -> None:
    found = checked(kind(samples=4, radius=0.01), same(value))
    assert found.values.tolist() == [0.0, 0.0]
    assert not found.higher_is_better


@pytest.mark.parametrize("kind", NEARBY)
def test_without_noise_nothing_changes(kind: Any) -> None:
    assert checked(kind(samples=2, radius=0), times(WEIGHTS)).values.tolist() == [0.0, 0.0]


def test_sensitivity_is_the_norm_of_the_change_over_the_norm_of_the_map() -> None:
    for index, one in enumerate(X):
        copies = copies_of(one, 6, 0.1, seed=4)
        weights = torch.tensor(WEIGHTS).double()
        changes = [float(((copy - one) * weights).norm() / (one * weights).norm()) for copy in copies]
        most = checked(MaxSensitivity(samples=6, radius=0.1), times(WEIGHTS), seed=4).values
        mean = checked(AvgSensitivity(samples=6, radius=0.1), times(WEIGHTS), seed=4).values
        assert float(most[index]) == pytest.approx(max(changes), abs=1e-12)
        assert float(mean[index]) == pytest.approx(sum(changes) / 6, abs=1e-12)


def test_the_slope_of_weight_times_input_is_at_most_the_largest_weight() -> None:
    weights = torch.tensor(WEIGHTS).double()
    found = checked(LocalLipschitz(samples=200, radius=0.1), times(WEIGHTS))
    for one, value in zip(X, found.values.tolist(), strict=True):
        moves = copies_of(one, 200, 0.1) - one
        assert value == pytest.approx(float(((moves * weights).norm(dim=1) / moves.norm(dim=1)).max()), abs=1e-9)
        assert 2.9 < value <= 3.0 + 1e-9
    assert checked(LocalLipschitz(samples=20), times((4.0, 4.0, 4.0))).values.tolist() == pytest.approx([4.0, 4.0], abs=1e-9)


def test_relative_input_stability_of_weight_times_input_is_one() -> None:
    """Every share of the map is the share of the input."""
    assert checked(RelativeInputStability(samples=5), times(WEIGHTS)).values.tolist() == pytest.approx([1.0, 1.0], abs=1e-9)


def test_relative_output_stability_is_the_share_of_the_map_over_the_change_of_all_scores() -> None:
    model, one = linear(WEIGHTS), X[0]
    copies = copies_of(one, 8, 0.05)
    same_class = model(copies).argmax(1) == int(model(one[None]).argmax())
    assert bool(same_class.all())
    shares = ((copies - one) / one).norm(dim=1)
    expected = float((shares / (model(copies) - model(one[None])).norm(dim=1)).max())
    found = checked(RelativeOutputStability(samples=8), times(WEIGHTS), model, X[:1])
    assert float(found.values) == pytest.approx(expected, rel=1e-9)


def test_what_hardly_moves_counts_as_the_floor() -> None:
    flat = scored_by(lambda rows: torch.ones_like(rows[:, 0]))
    found = checked(RelativeOutputStability(samples=4, floor=0.01), times(WEIGHTS), flat, X[:1])
    shares = ((copies_of(X[0], 4, 0.05) - X[0]) / X[0]).norm(dim=1)
    assert float(found.values) == pytest.approx(float(shares.max()) / 0.01, rel=1e-9)


def test_copies_of_another_class_are_left_out() -> None:
    near_the_border = rows_of((0.01, 0.5, 0.0))
    model = linear((1.0, 0.0, 0.0))
    method = Mapped(lambda inputs, _chance: inputs.sign())
    found = checked(RelativeInputStability(samples=40, radius=0.05), method, model, near_the_border)
    copies = copies_of(near_the_border[0], 40, 0.05)
    kept = (copies[:, 0] > 0).double().mean()
    assert 0.2 < float(kept) < 0.9
    assert float(found.details["copies of the same class"]) == pytest.approx(float(kept), abs=1e-12)
    across = checked(MaxSensitivity(samples=40, radius=0.05), method, model, near_the_border)
    assert float(across.values) > 1  # the sign of the first column turns where the class does


def test_without_a_copy_of_the_same_class_there_is_no_value() -> None:
    model = scored_by(lambda rows: (rows == X[:1]).all(1).to(rows) - 0.5)
    found = checked(RelativeInputStability(samples=3), times(WEIGHTS), model, X[:1])
    assert found.undefined == 1
    assert found.details["copies of the same class"].tolist() == [0.0]


class Cubed(nn.Module):
    """Two layers, the first of which cubes."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Sequential(Power())
        self.outer = nn.Linear(3, 2).double()
        self.never = nn.Identity()

    def forward(self, rows: Tensor) -> Tensor:
        scores: Tensor = self.outer(self.inner(rows))
        return scores


class Power(nn.Module):
    def forward(self, rows: Tensor) -> Tensor:
        return rows**3


def cubed() -> TorchClassifier:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return TorchClassifier(Cubed(), 2, domain="tabular")


@pytest.mark.parametrize("layer", [None, "inner", "inner.0"])
def test_relative_representation_stability_is_over_the_share_of_the_layer(layer: str | None) -> None:
    method = times(WEIGHTS)
    found = checked(RelativeRepresentationStability(samples=5, layer=layer), method, cubed())
    for one, value in zip(X, found.values.tolist(), strict=True):
        copies = copies_of(one, 5, 0.05)
        map_ = ((copies - one) / one).norm(dim=1)
        inside = ((copies**3 - one**3) / one**3).norm(dim=1)
        assert value == pytest.approx(float((map_ / inside).max()), rel=1e-9)


def test_a_layer_that_is_not_there_or_not_called_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="`outr` is not a known layer"):
        checked(RelativeRepresentationStability(layer="outr"), times(WEIGHTS), cubed())
    with pytest.raises(InputError, match=r"`never` is not\. Name another one"):
        checked(RelativeRepresentationStability(layer="never"), times(WEIGHTS), cubed())
    alone = TorchClassifier(nn.Linear(3, 2).double(), 2, domain="tabular")
    with pytest.raises(InputError, match="`layer` must be named"):
        checked(RelativeRepresentationStability(), times(WEIGHTS), alone)


@pytest.mark.parametrize("kind", NEARBY)
def test_the_unit_of_a_method_counts_only_for_the_slope(kind: Any) -> None:
    once, scaled = (
        checked(kind(samples=4, radius=0.01), Mapped(lambda inputs, _chance, by=by: by * inputs.square())).values
        for by in (1.0, 64.0)
    )
    factor = 64 if kind is LocalLipschitz else 1
    assert scaled.tolist() == pytest.approx((factor * once).tolist(), rel=1e-9)
    assert float(once.min()) > 0


@pytest.mark.parametrize("kind", [MaxSensitivity, AvgSensitivity, RelativeInputStability, RelativeOutputStability])
def test_a_zero_map_that_changes_has_no_value_and_one_that_stays_has_zero(kind: Any) -> None:
    zero_at_x = Mapped(lambda inputs, _chance: (inputs != X[0]).to(inputs))
    assert checked(kind(samples=2, radius=0.01), zero_at_x, inputs=X[:1]).undefined == 1
    assert checked(kind(samples=2, radius=0.01), same(0.0)).values.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("kind", NEARBY)
def test_a_method_that_falls_apart_is_told_from_one_that_stays(kind: Any) -> None:
    """The judgement: an answer that jumps with the last digit of the input must fail."""
    jumps = Mapped(lambda inputs, _chance: (inputs * 1e9).sin())
    check = kind(samples=4, radius=0.01)
    assert (checked(check, jumps).values > 5 * checked(check, times((1.0, 1.0, 1.0))).values).all()


def test_images_stay_images_and_no_pixel_goes_farther_than_the_radius() -> None:
    seen: list[Tensor] = []

    def watch(inputs: Tensor, _chance: torch.Generator) -> Tensor:
        seen.append(inputs.clone())
        return inputs

    model = scored_by(lambda images: images.flatten(1).sum(1), domain="image")
    images = torch.rand(2, 3, 4, 4, generator=generator(1)).round()
    checked(MaxSensitivity(samples=5, radius=0.1), Mapped(watch), model, images)
    copies = torch.cat(seen[1:])
    assert len(copies) == 10
    assert 0 <= float(copies.min()) <= float(copies.max()) <= 1
    moves = (copies - images.repeat_interleave(5, 0)).abs()
    assert 0.09 < float(moves.max()) <= 0.1 + 1e-6
    assert copies.dtype == torch.float32


def test_columns_move_by_shares_of_their_ranges_and_codes_stay() -> None:
    seen: list[Tensor] = []

    def watch(inputs: Tensor, _chance: torch.Generator) -> Tensor:
        seen.append(inputs.clone())
        return inputs

    schema = Columns((0.0, 0.0, 0.0), (1.0, 100.0, 2.0), ((), (), ("red", "green", "blue")))
    found = checked(MaxSensitivity(samples=50, radius=0.1), Mapped(watch), linear(WEIGHTS, schema=schema), X[:1])
    moves = (torch.cat(seen[1:]) - X[0]).abs().amax(0)
    assert 0.08 < float(moves[0]) <= 0.1 + 1e-9
    assert 8 < float(moves[1]) <= 10 + 1e-9
    assert float(moves[2]) == 0
    assert found.notes == ()
    assert "no ranges" in checked(MaxSensitivity(samples=1), same()).notes[0]


def test_copies_of_several_inputs_are_asked_together() -> None:
    batches: list[int] = []

    def count(inputs: Tensor, _chance: torch.Generator) -> Tensor:
        batches.append(len(inputs))
        return inputs

    checked(AvgSensitivity(samples=5), Mapped(count), linear(WEIGHTS, batch_size=4))
    assert batches == [2, 4, 4, 2]


def test_each_copy_is_asked_about_the_target_and_seed_of_its_input() -> None:
    asked: list[tuple[list[int], int]] = []

    @dataclass(frozen=True)
    class Asked(Mapped):
        def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
            found = super().explain(model, inputs, targets, seed=seed)
            asked.append((found.query.targets.tolist(), seed))
            return found

    model, method = linear(WEIGHTS), Asked()
    MaxSensitivity(samples=2).evaluate(model, method, method.explain(model, X, [1, 0], seed=9))
    assert asked == [([1, 0], 9), ([1, 1, 0, 0], 9)]


@pytest.mark.parametrize("check", [*(kind() for kind in NEARBY), SeedStability()], ids=lambda check: check.about.name)
def test_an_explanation_of_another_method_is_refused(check: SanityCheck) -> None:
    model = linear(WEIGHTS)
    with pytest.raises(InputError, match="must come from the explainer that is checked, `constant`"):
        check.evaluate(model, Constant(), Occlusion().explain(model, X, 0))


@pytest.mark.parametrize(
    ("kind", "settings", "complaint"),
    [
        (MaxSensitivity, {"samples": 0}, "`samples` must be a positive integer"),
        (LocalLipschitz, {"radius": -0.1}, "`radius` must be a number from 0"),
        (RelativeInputStability, {"floor": 0}, "`floor` must be a positive number"),
        (SeedStability, {"samples": 1.5}, "`samples` must be a positive integer"),
    ],
)
def test_wrong_settings_are_refused(kind: Any, settings: Any, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        kind(**settings)


@pytest.mark.parametrize("method", [Occlusion(), times(WEIGHTS)], ids=["occlusion", "weights"])
def test_a_method_that_draws_nothing_is_the_same_for_every_seed(method: Explainer) -> None:
    assert checked(SeedStability(), method).values.tolist() == pytest.approx([1.0, 1.0], abs=1e-12)


def test_chance_is_unlike_itself_with_another_seed() -> None:
    model = scored_by(lambda images: images.flatten(1).sum(1), domain="image")
    images = torch.rand(2, 1, 30, 30, generator=generator(2), dtype=torch.float64)
    assert float(checked(SeedStability(samples=5), Random(), model, images).values.abs().max()) < 0.1
    assert checked(SeedStability(), Sobel(), model, images).values.tolist() == pytest.approx([1.0, 1.0], abs=1e-12)
    assert SeedStability.about.higher_is_better


def test_seed_stability_is_the_mean_rank_correlation_over_the_other_seeds() -> None:
    from scipy.stats import spearmanr

    def drawn(inputs: Tensor, chance: torch.Generator) -> Tensor:
        return torch.rand(inputs.shape[1:], generator=chance, dtype=torch.float64).expand_as(inputs)

    model, method = linear((1.0,) * 7), Mapped(drawn)
    one = torch.ones(1, 7, dtype=torch.float64)
    first = method.explain(model, one, 0, seed=3)
    found = SeedStability(samples=4).evaluate(model, method, first, seed=5)
    others = [method.explain(model, one, 0, seed=seed_for(5, "seed stability", number)).values[0] for number in range(4)]
    expected = [float(spearmanr(first.values[0], other).statistic) for other in others]
    assert found.details["of each seed"][0].tolist() == pytest.approx(expected, abs=1e-12)
    assert float(found.values) == pytest.approx(sum(expected) / 4, abs=1e-12)


def test_a_map_without_ranks_has_no_seed_stability() -> None:
    assert checked(SeedStability(), Constant()).undefined == 2
