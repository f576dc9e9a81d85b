"""Every score knows a perfect map, and fails where it must: reversed truth, a constant map, a map that is one cell off."""

from dataclasses import replace

import pytest
import torch

from xaivision.core.torch_classifier import TorchClassifier
from xaivision.evaluation.known_answers.known_scores import SCORES, against_the_truth, beside_the_truth, known_scores, map_scores
from xaivision.explainers.controls import Constant, Random

PICTURES, ROWS = (40, 1, 8, 8), (40, 8)


def truth_of(shape: tuple[int, ...]) -> torch.Tensor:
    mask = torch.zeros(shape[0], *shape[2:] if len(shape) == 4 else shape[1:], dtype=torch.bool)
    if mask.ndim == 3:
        mask[:, 2:4, 3:6] = True
    else:
        mask[:, 1:3] = True
    return mask


def asked(shape: tuple[int, ...], explainer):
    model = TorchClassifier(
        torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(shape[-1] * (shape[-2] if len(shape) == 4 else 1), 2)),
        2,
        domain="image" if len(shape) == 4 else "tabular",
    )
    return explainer.explain(model, torch.rand(shape, generator=torch.Generator().manual_seed(0)))


def perfect(shape: tuple[int, ...], sign: float = 1.0):
    base, truth = asked(shape, Constant()), truth_of(shape)
    values = sign * (truth[:, None] if len(shape) == 4 else truth).float()
    return base.with_values(values), truth


@pytest.mark.parametrize("shape", [PICTURES, ROWS])
def test_a_perfect_map_has_one_in_every_score(shape):
    explanation, truth = perfect(shape)
    found = known_scores(explanation, truth, exact=truth.double())
    assert set(found) == set(SCORES) - ({"nearness"} if len(shape) == 2 else set())
    for name, values in found.items():
        assert torch.allclose(values, torch.ones(40, dtype=torch.float64)), name


@pytest.mark.parametrize("shape", [PICTURES, ROWS])
def test_every_score_of_a_perfect_map_is_below_chance_when_the_truth_is_reversed(shape):
    explanation, truth = perfect(shape)
    chance = against_the_truth(asked(shape, Constant()), truth)
    found = against_the_truth(explanation, truth)
    assert float(found["mass"].max()) == float(found["auc"].max()) == 0
    for name, values in found.items():
        assert bool((values < chance[name] - 1e-3).all()), name


@pytest.mark.parametrize("shape", [PICTURES, ROWS])
def test_every_score_of_a_perfect_map_falls_when_it_is_moved_by_one_cell(shape):
    explanation, truth = perfect(shape)
    for name, values in beside_the_truth(explanation, truth, truth.double()).items():
        assert float(values.max()) < 0.95, name


def turned(shape: tuple[int, ...]):
    explanation, truth = perfect(shape)
    return known_scores(explanation, ~truth, (~truth).double())


def constant(shape: tuple[int, ...]):
    truth = truth_of(shape)
    return known_scores(asked(shape, Constant()), truth, truth.double())


def moved(shape: tuple[int, ...]):
    explanation, truth = perfect(shape)
    return beside_the_truth(explanation, truth, truth.double())


@pytest.mark.parametrize("shape", [PICTURES, ROWS])
@pytest.mark.parametrize("fails", [turned, constant, moved])
@pytest.mark.parametrize("score", SCORES)
def test_every_score_fails_where_it_must(score, fails, shape):
    found = fails(shape)
    assert set(found) == set(SCORES) - ({"nearness"} if shape == ROWS else set())
    if score in found:  # earth is moved in pictures only
        assert float(found[score].max()) < 0.9


@pytest.mark.parametrize("shape", [PICTURES, ROWS])
def test_a_constant_map_has_what_it_would_have_by_chance(shape):
    truth = truth_of(shape)
    area = float(truth.double().mean())
    found = known_scores(asked(shape, Constant()), truth)
    assert torch.allclose(found["auc"], torch.full((40,), 0.5, dtype=torch.float64))
    for name in ("mass", "precision", "rank"):
        assert torch.allclose(found[name], torch.full((40,), area, dtype=torch.float64)), name


def test_a_random_map_has_the_truths_share_of_the_features():
    truth = truth_of((400, 1, 8, 8))
    found = known_scores(asked((400, 1, 8, 8), Random()), truth)
    area = float(truth.double().mean())
    assert float(found["mass"].mean()) == pytest.approx(area, abs=0.02)
    assert float(found["precision"].mean()) == pytest.approx(area, abs=0.02)
    assert float(found["auc"].mean()) == pytest.approx(0.5, abs=0.02)


def test_no_score_depends_on_the_scale_of_the_map():
    draws = torch.Generator().manual_seed(2)
    values, truth = torch.randn(5, 8, 8, generator=draws, dtype=torch.float64), truth_of((5, 1, 8, 8))
    exact = torch.randn(5, 8, 8, generator=draws, dtype=torch.float64)
    once, again = (map_scores(scale * values, scale * values, truth, exact) for scale in (1, 1e-6))
    for name in SCORES:
        assert torch.allclose(once[name], again[name], atol=1e-9), name


def test_the_rank_alone_sees_that_the_truth_speaks_against_the_class():
    explanation, truth = perfect(PICTURES, sign=-1.0)
    found = known_scores(explanation, truth)
    assert float(found["precision"].min()) == 1
    assert float(found["rank"].max()) == 0


def test_a_slope_is_ranked_by_its_size_and_a_contribution_with_its_sign():
    truth = truth_of(ROWS)
    asked_about = asked(ROWS, Constant())
    values = torch.where(truth, -2.0, 1.0)
    ranks = {
        kind: known_scores(replace(asked_about, values=values, kind=kind), truth)["rank"] for kind in ("slope", "contribution")
    }
    assert set(ranks["slope"].tolist()) == {1.0}
    assert set(ranks["contribution"].tolist()) == {0.0}


def test_mass_counts_what_speaks_against_the_class_as_much_as_what_speaks_for_it():
    values = torch.tensor([[3.0, -1.0, -4.0, 2.0]], dtype=torch.float64)
    truth = torch.tensor([[False, False, True, True]])
    found = map_scores(values, values, truth)
    assert found["mass"].tolist() == pytest.approx([0.6])
    assert found["precision"].tolist() == [0.5]
    assert found["rank"].tolist() == [0.5]
    assert found["auc"].tolist() == pytest.approx([0.75])


@pytest.mark.parametrize(("shape", "axes"), [(PICTURES, (-2, -1)), (ROWS, (-1,))])
@pytest.mark.parametrize("cell", [1, 2])
def test_a_map_is_moved_by_the_width_of_a_cell_along_every_axis(shape, axes, cell):
    explanation, truth = perfect(shape)
    back = explanation.with_values(explanation.values.roll((-cell,) * len(axes), axes))
    for name, values in beside_the_truth(back, truth, truth.double(), cell).items():
        assert torch.allclose(values, torch.ones(40, dtype=torch.float64)), name
    for name, values in beside_the_truth(back, truth, truth.double(), 3 - cell).items():
        assert float(values.max()) < 0.95, name


def test_a_map_of_zeros_has_no_mass_and_no_nearness():
    explanation, truth = perfect(PICTURES, sign=0.0)
    found = known_scores(explanation, truth, exact=truth.double())
    assert all(found[name].isnan().all() for name in ("mass", "nearness", "likeness"))
    assert torch.allclose(found["auc"], torch.full((40,), 0.5, dtype=torch.float64))
