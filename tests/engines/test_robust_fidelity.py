"""Fidelities of parts, against the definition in slow loops."""

import torch

from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.targets import TargetScore
from xaivision.engines import robust_fidelity as engine

CHANCE = torch.Generator().manual_seed(0)
ROWS, OTHERS = (torch.randn(3, 6, generator=CHANCE, dtype=torch.float64) for _ in range(2))
RANKS = torch.stack([torch.randperm(6, generator=CHANCE) for _ in range(3)])
DRAWS = torch.rand(9, 6, generator=CHANCE, dtype=torch.float64)
TARGET = TargetScore(torch.tensor([0, 1, 0]))
SIZES = (0, 2, 3, 6)


def score(rows):
    first = (rows[:, 0] * rows[:, 1]).sin() + rows[:, 2] * rows[:, 3] - rows[:, 4] + rows[:, 5] ** 2
    return torch.stack([first, first**2], 1)


MODEL = FunctionClassifier(score, 2, score_unit="logit", domain="tabular", array="torch", batch_size=7)


def asked(removed, kept, ranks=RANKS, regions=None):
    parts = engine.Parts(ranks, torch.arange(6) if regions is None else regions, SIZES)
    return engine.robust_fidelity(MODEL, (ROWS, OTHERS), TARGET, parts, [engine.Chances(removed, kept)] * len(SIZES), DRAWS)


def slowly(removed, kept):
    plus, minus = torch.zeros(3, 4, 9, dtype=torch.float64), torch.zeros(3, 4, 9, dtype=torch.float64)
    for row in range(3):
        whole = score(ROWS[row : row + 1])[0, TARGET.classes[row]]
        for place, size in enumerate(SIZES):
            for number, draw in enumerate(DRAWS):
                without_part, without_rest = ROWS[row].clone(), ROWS[row].clone()
                for feature in range(6):
                    inside = RANKS[row, feature] < size
                    if inside and draw[feature] < removed:
                        without_part[feature] = OTHERS[row, feature]
                    if not inside and draw[feature] >= kept:
                        without_rest[feature] = OTHERS[row, feature]
                plus[row, place, number] = whole - score(without_part[None])[0, TARGET.classes[row]]
                minus[row, place, number] = whole - score(without_rest[None])[0, TARGET.classes[row]]
    return plus, minus


def check_fidelities_are_the_definition():
    found = asked(0.3, 0.6)
    plus, minus = slowly(0.3, 0.6)
    torch.testing.assert_close(found.plus, plus.mean(2), atol=1e-12, rtol=0)
    torch.testing.assert_close(found.minus, minus.mean(2), atol=1e-12, rtol=0)
    torch.testing.assert_close(found.delta, (plus - minus).mean(2), atol=1e-12, rtol=0)
    torch.testing.assert_close(found.plus_error, plus.std(2) / 3, atol=1e-12, rtol=0)
    torch.testing.assert_close(found.minus_error, minus.std(2) / 3, atol=1e-12, rtol=0)


def check_chances_of_one_and_zero_are_the_original_fidelities_without_chance():
    found = asked(1, 0)
    expected = torch.zeros(2, 3, 4, dtype=torch.float64)
    for row in range(3):
        for place, size in enumerate(SIZES):
            inside = RANKS[row] < size
            for side, gone in enumerate((inside, ~inside)):
                versions = torch.stack([ROWS[row], torch.where(gone, OTHERS[row], ROWS[row])])
                scores = MODEL(versions)[:, TARGET.classes[row]]
                expected[side, row, place] = scores[0] - scores[1]
    assert torch.equal(found.plus, expected[0])
    assert torch.equal(found.minus, expected[1])
    assert found.delta_error.tolist() == [[0.0] * 4] * 3


def check_an_empty_part_has_no_plus_and_a_whole_one_no_minus():
    for chances in ((0.5, 0.5), (1, 0)):
        found = asked(*chances)
        assert found.plus[:, 0].tolist() == found.minus[:, 3].tolist() == [0.0] * 3
        assert found.plus_error[:, 0].tolist() == found.minus_error[:, 3].tolist() == [0.0] * 3
        assert (found.minus[:, 0] != 0).all()


def check_a_model_that_rounds_differently_leaves_no_trace():
    def unsteady(rows):
        return torch.stack([rows.sum(1) + 1e-9 * torch.arange(len(rows)), rows[:, 0]], 1)

    model = FunctionClassifier(unsteady, 2, score_unit="logit", domain="tabular", array="torch")
    parts = engine.Parts(RANKS, torch.arange(6), SIZES)
    found = engine.robust_fidelity(model, (ROWS, OTHERS), TARGET, parts, [engine.Chances(0.5, 0.5)] * 4, DRAWS)
    assert found.plus[:, 0].tolist() == found.minus[:, 3].tolist() == [0.0] * 3


def check_elements_of_several_positions_go_together():
    regions = torch.tensor([0, 0, 1, 1, 2, 2])
    calls = []

    def watched(rows):
        calls.append(rows.clone())
        return score(rows)

    model = FunctionClassifier(watched, 2, score_unit="logit", domain="tabular", array="torch")
    parts = engine.Parts(regions.expand(3, 6), regions, (2,))
    engine.robust_fidelity(model, (ROWS, OTHERS), TARGET, parts, [engine.Chances(0.5, 0.5)], DRAWS[:, :3])
    for row in torch.cat(calls):
        own = (row[None] == ROWS).any(0).view(3, 2)
        assert (own[:, 0] == own[:, 1]).all()


def check_no_more_than_the_allowed_share_is_expected_to_go():
    for elements in (7, 64, 196):
        for alpha in (0.2, 0.5, 1.0):
            for most in (0.05, 0.1, 0.3):
                sizes = range(elements + 1)
                for size, chances in zip(sizes, engine.capped_chances(elements, sizes, alpha, most), strict=True):
                    removed, rest = chances.removed, 1 - chances.kept
                    assert removed * size <= most * elements + 1e-12
                    assert rest * (elements - size) <= most * elements + 1e-12
                    assert 0 < removed <= alpha
                    assert 0 < rest <= alpha + 1e-12
                    assert removed == alpha or abs(removed * size - most * elements) < 1e-12 or size <= 1
                    assert (
                        abs(rest - alpha) < 1e-12
                        or abs(rest * (elements - size) - most * elements) < 1e-12
                        or size >= elements - 1
                    )


def check_each_size_has_its_own_chances():
    mixed = [engine.Chances(0.3, 0.6), engine.Chances(1, 0), engine.Chances(0.8, 0.2), engine.Chances(0.3, 0.6)]
    parts = engine.Parts(RANKS, torch.arange(6), SIZES)
    found = engine.robust_fidelity(MODEL, (ROWS, OTHERS), TARGET, parts, mixed, DRAWS)
    for place, chances in enumerate(mixed):
        alone = asked(*chances)
        for one, other in zip(found, alone, strict=True):
            torch.testing.assert_close(one[:, place], other[:, place], atol=1e-12, rtol=0)


def test_no_more_than_the_allowed_share_is_expected_to_go():
    check_no_more_than_the_allowed_share_is_expected_to_go()


def test_each_size_has_its_own_chances():
    check_each_size_has_its_own_chances()


def test_fidelities_are_the_definition():
    check_fidelities_are_the_definition()


def test_chances_of_one_and_zero_are_the_original_fidelities_without_chance():
    check_chances_of_one_and_zero_are_the_original_fidelities_without_chance()


def test_an_empty_part_has_no_plus_and_a_whole_one_no_minus():
    check_an_empty_part_has_no_plus_and_a_whole_one_no_minus()


def test_a_model_that_rounds_differently_leaves_no_trace():
    check_a_model_that_rounds_differently_leaves_no_trace()


def test_elements_of_several_positions_go_together():
    check_elements_of_several_positions_go_together()


def test_one_draw_says_nothing_of_its_error():
    parts = engine.Parts(RANKS, torch.arange(6), (2,))
    found = engine.robust_fidelity(MODEL, (ROWS, OTHERS), TARGET, parts, [engine.Chances(0.5, 0.5)], DRAWS[:1])
    assert found.plus_error.isnan().all()
    assert found.plus.isfinite().all()
