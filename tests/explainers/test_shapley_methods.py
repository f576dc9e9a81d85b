"""The sampled and the exact Shapley methods as explainers: players, budgets, intervals, refusals."""

import pytest
import torch
from black_boxes import DOUBLE, draws, image_model, table_model, wavy

from xaivision.core.errors import InputError
from xaivision.explainers.exact_shapley import ExactShapley
from xaivision.explainers.kernel_shap import KernelShap
from xaivision.explainers.permutation_shap import PermutationShap
from xaivision.explainers.registry import explainer
from xaivision.explainers.shapley_budget import default_budget
from xaivision.report.files import load, save

METHODS = ("exact_shapley", "kernel_shap", "permutation_shap")
SAMPLING = ("kernel_shap", "permutation_shap")
EVERY, SAMPLED = pytest.mark.parametrize("method", METHODS), pytest.mark.parametrize("method", SAMPLING)
QUARTERS = (torch.arange(6)[:, None] // 3) * 2 + torch.arange(6) // 3
# Nine tiles of 2 x 2.
NINTHS = (torch.arange(6)[:, None] // 2) * 3 + torch.arange(6) // 2


def linear(columns):
    weights = draws(columns, seed=9) - 0.5
    return table_model(lambda rows: rows.double() @ weights), weights


@EVERY
@pytest.mark.parametrize("dtype", [torch.float32, DOUBLE])
def test_a_linear_table_model_is_shared_as_in_closed_form(method, dtype):
    model, weights = linear(9)
    rows, background = draws(3, 9).to(dtype), draws(5, 9, seed=4).to(dtype)
    found = explainer(method, background=background).explain(model, rows, 0)
    expected = weights * (rows.double() - background.double().mean(0))
    assert found.values.dtype == dtype
    assert torch.allclose(found.values.double(), expected, rtol=0, atol=1e-12 if dtype == DOUBLE else 1e-6)
    assert found.kind == "contribution"
    assert found.verdict.status == "ok"


@EVERY
def test_segments_of_a_picture_share_evenly_what_they_got(method):
    weights = draws(3, 6, 6, seed=2)
    model = image_model(lambda images: (images.double() * weights).flatten(1).sum(1), channels=3)
    images = draws(2, 3, 6, 6)
    found = explainer(method, segments=QUARTERS).explain(model, images, 0)
    assert found.values.shape == (2, 1, 6, 6)
    for image, values, totals in zip(images, found.values[:, 0], found.player_values, strict=True):
        for player in range(4):
            mine = torch.eq(QUARTERS, player)
            expected = (image * weights)[:, mine].sum()
            assert torch.allclose(values[mine], (expected / 9).expand(9), rtol=0, atol=1e-12)
            assert torch.allclose(totals[player], expected, rtol=0, atol=1e-12)


@EVERY
def test_grouped_columns_play_together(method):
    model, weights = linear(6)
    rows = draws(2, 6)
    groups = {"first": (0, 1), "second": (2, 3, 4), "last": (5,)}
    found = explainer(method, groups=groups, baseline=torch.zeros(6, dtype=DOUBLE)).explain(model, rows, 0)
    parts = (rows * weights).split((2, 3, 1), dim=1)
    expected = torch.cat([part.sum(1, keepdim=True).expand_as(part) / part.shape[1] for part in parts], 1)
    assert torch.allclose(found.values, expected, rtol=0, atol=1e-12)


@SAMPLED
def test_a_budget_that_holds_all_coalitions_is_used_for_exact_values(method):
    model, rows = wavy(8), draws(2, 8)
    exact = ExactShapley(baseline=torch.zeros(8, dtype=DOUBLE)).explain(model, rows, 0)
    found = explainer(method, budget=256, baseline=torch.zeros(8, dtype=DOUBLE)).explain(model, rows, 0)
    assert torch.equal(found.values, exact.values)
    assert found.diagnostics.evaluations.tolist() == [255, 255]
    assert not found.diagnostics.standard_error.any()
    assert "all 256 coalitions were scored: the values are exact" in [note.text for note in found.diagnostics.notes]
    less = explainer(method, budget=255, baseline=torch.zeros(8, dtype=DOUBLE)).explain(model, rows, 0)
    assert bool((less.diagnostics.standard_error > 0).all())


@SAMPLED
def test_evaluations_are_what_the_model_was_asked(method):
    """One forward a version and row of the background, and never more versions than the budget."""
    model, rows, background = wavy(12), draws(3, 12), draws(4, 12, seed=8)
    found = explainer(method, budget=200, background=background).explain(model, rows, 0)
    evaluations = found.diagnostics.evaluations
    assert bool((evaluations <= 200).all())
    # None of the players is the background, which is asked once for all rows.
    assert found.diagnostics.model_calls == len(rows) + 4 + int((4 * (evaluations - 1)).sum())


def test_the_default_budget_is_a_thousand_or_eight_a_player():
    assert [default_budget(players) for players in (2, 60, 128, 200, 400)] == [1024, 1024, 1024, 1600, 3200]
    found = KernelShap(baseline=torch.zeros(12, dtype=DOUBLE)).explain(wavy(12), draws(1, 12), 0)
    assert found.diagnostics.evaluations.tolist() == [1023]


@SAMPLED
def test_intervals_hold_most_of_the_exact_values(method):
    model, rows, nothing = wavy(11), draws(8, 11), torch.zeros(11, dtype=DOUBLE)
    exact = ExactShapley(baseline=nothing).explain(model, rows, 0).values
    found = explainer(method, budget=300, baseline=nothing).explain(model, rows, 0)
    low, high = found.interval
    held = ((low <= exact) & (exact <= high)).double().mean()
    assert 0.85 <= float(held) <= 1
    half = found.diagnostics.standard_error * found.diagnostics.interval_factor[:, None]
    assert torch.allclose(high - low, 2 * half)
    assert bool((found.diagnostics.interval_factor > 1.96).all())
    assert not torch.allclose(found.values, exact, atol=1e-6)


@SAMPLED
def test_sampling_goes_on_until_the_error_that_was_asked_for(method):
    model, rows, nothing = wavy(13), draws(2, 13), torch.zeros(13, dtype=DOUBLE)
    first = explainer(method, budget=130, baseline=nothing).explain(model, rows, 0)
    aim = 0.5 * float(half_widths(first).max())
    found = explainer(method, target_error=aim, top=13, baseline=nothing).explain(model, rows, 0)
    assert float(half_widths(found).max()) <= aim
    assert bool((found.diagnostics.evaluations > 130).all())
    assert bool((found.diagnostics.evaluations < 8 * 1024).all())
    assert found.verdict.status == "ok"
    assert any("the 95 % intervals of the 13 largest values are within" in note.text for note in found.diagnostics.notes)


@SAMPLED
def test_only_the_top_has_to_be_known_that_well(method):
    """At the first look, ten evaluations a player, the largest value is known better than some other one."""
    model, row, nothing = wavy(13), draws(1, 13), torch.zeros(13, dtype=DOUBLE)
    first = explainer(method, budget=130, baseline=nothing).explain(model, row, 0)
    widths = half_widths(first)[0]
    largest = float(widths[first.values[0].abs().argmax()])
    assert largest < float(widths.max())
    aim = (largest + float(widths.max())) / 2
    one, every = (explainer(method, target_error=aim, top=top, baseline=nothing).explain(model, row, 0) for top in (1, 13))
    assert int(one.diagnostics.evaluations) <= 130 < int(every.diagnostics.evaluations)


def half_widths(found):
    return found.diagnostics.standard_error * found.diagnostics.interval_factor[:, None]


@SAMPLED
def test_a_budget_holds_where_the_error_is_not_reached_and_the_verdict_says_so(method):
    model, rows, nothing = wavy(13), draws(2, 13), torch.zeros(13, dtype=DOUBLE)
    found = explainer(method, target_error=1e-6, budget=400, baseline=nothing).explain(model, rows, 0)
    assert bool((found.diagnostics.evaluations <= 400).all())
    assert found.verdict.status == "warn"
    assert "and not ± 1e-06 as asked; take a larger `budget`" in found.verdicts[0].reasons[0]


@SAMPLED
def test_an_error_that_only_exact_values_have_is_reached_by_enumeration(method):
    model, rows, nothing = wavy(9), draws(1, 9), torch.zeros(9, dtype=DOUBLE)
    found = explainer(method, target_error=1e-12, baseline=nothing).explain(model, rows, 0)
    assert found.diagnostics.evaluations.tolist() == [511]
    assert found.verdict.status == "ok"


@EVERY
def test_values_add_up_to_the_change_of_the_score(method):
    model, rows, nothing = wavy(10), draws(3, 10), torch.zeros(10, dtype=DOUBLE)
    found = explainer(method, budget=1024 if method == "exact_shapley" else 200, baseline=nothing).explain(model, rows, 0)
    assert float(found.diagnostics.completeness_gap.abs().max()) < 1e-12


@EVERY
def test_a_picture_of_its_own_segments_does_not_depend_on_its_neighbors(method):
    weights = draws(1, 6, 6, seed=2) - 0.5
    model = image_model(
        lambda images: torch.tanh(4 * (images.double() * weights).flatten(1).sum(1)) * images.double().mean((1, 2, 3))
    )
    images, labels = draws(2, 1, 6, 6), torch.stack((QUARTERS, NINTHS))
    together = explainer(method, segments=labels, budget=512 if method == "exact_shapley" else 60).explain(model, images, 0)
    assert [len(values) for values in together.player_values] == [4, 9]
    for index in range(2):
        settings = {"segments": labels[index : index + 1], "budget": 512 if method == "exact_shapley" else 60}
        alone = explainer(method, **settings).explain(model, images[index : index + 1], 0)
        assert torch.allclose(alone.values[0], together.values[index], rtol=0, atol=1e-12)


@SAMPLED
def test_a_result_comes_back_from_disk_with_its_intervals_and_evaluations(method, tmp_path):
    found = explainer(method, budget=100, baseline=torch.zeros(10, dtype=DOUBLE)).explain(wavy(10), draws(2, 10), 0)
    again = load(save(found, tmp_path / "found"))
    assert torch.equal(again.diagnostics.evaluations, found.diagnostics.evaluations)
    assert torch.equal(again.diagnostics.interval_factor, found.diagnostics.interval_factor)
    assert all(torch.equal(one, other) for one, other in zip(again.interval, found.interval, strict=True))


def test_one_order_says_that_it_does_not_know_its_error():
    found = PermutationShap(budget=24, baseline=torch.zeros(12, dtype=DOUBLE)).explain(wavy(12), draws(1, 12), 0)
    assert found.diagnostics.standard_error is None
    assert found.interval is None
    assert found.verdict.status == "warn"
    assert "one order of the players there and back says nothing of its own error" in found.verdict.reasons[0]


def test_what_is_mostly_chance_is_doubted():
    model = table_model(lambda rows: torch.cos(40 * rows.double().sum(1)))
    found = KernelShap(budget=100, baseline=torch.zeros(20, dtype=DOUBLE)).explain(model, draws(1, 20), 0)
    assert found.verdict.status == "warn"
    assert "the map is mostly chance" in found.verdict.reasons[0]


@EVERY
def test_a_constant_model_is_told_apart_from_chance(method):
    model = table_model(lambda rows: torch.full((len(rows),), 0.3, dtype=DOUBLE))
    budget = 2**12 if method == "exact_shapley" else 300
    found = explainer(method, budget=budget, baseline=torch.zeros(12, dtype=DOUBLE)).explain(model, draws(2, 12), 0)
    assert not found.values.any()
    assert found.verdict.reasons == ("the map is zero everywhere: the score is practically that of the baseline",)


@EVERY
def test_a_score_that_is_no_number_for_a_masked_input_is_one_sentence(method):
    model = table_model(lambda rows: torch.where(rows.double()[:, :2].sum(1) == 0.5, torch.nan, rows.double().sum(1)))
    row = torch.tensor([[0.5, 0.25, 1, 1, 1, 1]], dtype=DOUBLE)
    with pytest.raises(InputError, match=r"score must be a finite number also where features are hidden\. Got nan"):
        explainer(method, baseline=torch.zeros(6, dtype=DOUBLE)).explain(model, row, 0)


@EVERY
def test_one_player_alone_is_refused(method):
    with pytest.raises(InputError, match=r"A table must have at least two columns or groups .* Got one\."):
        explainer(method, baseline=torch.zeros(3, dtype=DOUBLE), groups={"all": (0, 1, 2)}).explain(linear(3)[0], draws(1, 3), 0)


def test_more_coalitions_than_the_budget_are_refused_with_the_methods_that_sample():
    with pytest.raises(InputError, match=r"2\^15 coalitions .* Got 16384\. Take `kernel_shap`, .* or set `budget` to 32768\."):
        ExactShapley(baseline=torch.zeros(15, dtype=DOUBLE)).explain(linear(15)[0], draws(1, 15), 0)
    with pytest.raises(InputError, match=r"2\^40 coalitions of 40 players\. Got 16384\. Take `kernel_shap`") as told:
        ExactShapley(baseline=torch.zeros(40, dtype=DOUBLE)).explain(linear(40)[0], draws(1, 40), 0)
    assert "set `budget`" not in str(told.value)


@pytest.mark.parametrize(("method", "least"), [("kernel_shap", 56), ("permutation_shap", 24)])
def test_a_budget_below_what_the_method_needs_is_refused_with_it(method, least):
    with pytest.raises(InputError, match=rf"`budget` must be at least {least} .* 12 players.* Got {least - 1}\."):
        explainer(method, budget=least - 1, baseline=torch.zeros(12, dtype=DOUBLE)).explain(wavy(12), draws(1, 12), 0)


@SAMPLED
@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("budget", 0, "`budget` must be a positive integer. Got 0."),
        ("budget", 10.5, "`budget` must be a positive integer. Got 10.5."),
        ("target_error", 0, "`target_error` must be a positive number. Got 0."),
        ("target_error", float("nan"), "`target_error` must be a positive number. Got nan."),
        ("top", 0, "`top` must be a positive integer. Got 0."),
        ("background", "all", "`background` must be a tensor"),
    ],
)
def test_settings_without_a_meaning_are_refused(method, setting, value, said):
    with pytest.raises(InputError) as told:
        explainer(method, **{setting: value})
    assert said in str(told.value)
