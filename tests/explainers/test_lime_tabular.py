import pandas as pd
import pytest
import torch
from explainer_networks import drawn, linear_classifier, table_classifier
from sklearn.linear_model import LogisticRegression

from xaivision.core.errors import InputError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.data.schema import TableSchema
from xaivision.engines.ridge import weighted_ridge
from xaivision.explainers.lime_tabular import LimeTabular

WEIGHTS = torch.tensor([2.0, -1.0, 0.5, 0.0]).double()
FORMS = {
    "bins": {},
    "around the means": {"discretize": False},
    "around each input": {"discretize": False, "sample_around_instance": True},
}
FORM = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


def background(rows=200, seed=1):
    """Columns of very different size, so that a slope per unit and one per spread cannot be taken for each other."""
    return drawn((rows, 4), seed) * torch.tensor([1.0, 10.0, 0.1, 3.0]).double()


def asked(model, inputs, target=0, seed=0, **settings):
    return LimeTabular(**{"background": background(), **settings}).explain(model, inputs, target, seed=seed)


@pytest.mark.parametrize("form", [FORMS["around the means"], FORMS["around each input"]], ids=["means", "input"])
def test_of_a_linear_model_the_slopes_are_its_weights(form):
    found = asked(linear_classifier(WEIGHTS), background(3, seed=2), alpha=0.0, budget=300, **form)
    torch.testing.assert_close(found.values, WEIGHTS.expand(3, 4), atol=1e-10, rtol=0)
    torch.testing.assert_close(found.diagnostics.local_fit, torch.ones(3).double(), atol=1e-12, rtol=0)
    assert found.kind == "slope"
    assert found.verdict.status == "ok"


def test_s18_times_the_spread_of_a_column_a_slope_is_limes_coefficient_to_two_percent():
    found = asked(linear_classifier(WEIGHTS), background(3, seed=2), budget=5000, discretize=False)
    expected = WEIGHTS * background().std(0, correction=0)
    torch.testing.assert_close((found.values * background().std(0, correction=0)), expected.expand(3, 4), rtol=0.02, atol=1e-4)


def test_of_a_model_that_steps_at_quartiles_the_values_are_the_effects_of_its_bins():
    """The score is a sum of one constant a bin: telling the input's bin from others then tells their difference from the mean."""
    table = background()
    cuts = table.quantile(torch.tensor([0.25, 0.5, 0.75]).double(), dim=0)
    levels = torch.tensor([[0.0, 1, 5, 2], [3, 3, 3, 3], [-1, 0, 2, 0], [1, 0, 0, 0]]).double()  # (columns, bins)

    def scores(rows):
        places = (torch.as_tensor(rows)[:, None] > cuts).sum(1)
        total = sum(levels[column][places[:, column]] for column in range(4))
        return torch.stack([total, -total], 1).numpy()

    model = FunctionClassifier(scores, 2, score_unit="logit", domain="tabular")
    own = torch.stack([table[:, column].sort().values[[10, 90, 130, 190]] for column in range(4)], 1)  # row i: bins i
    found = asked(model, own, alpha=0.0, budget=20000)
    others = (levels.sum(1, keepdim=True) - levels) / 3
    error = found.diagnostics.standard_error
    assert bool(((found.values - (levels - others).T).abs() <= 5 * error + 1e-9).all())
    assert float(error.max()) < 0.06
    assert found.kind == "contribution"


@FORM
def test_it_is_the_weighted_ridge_of_the_rows_that_the_model_was_asked_about(form):
    """The definition once more, from the rows that reached the model."""
    model, rows, table = table_classifier(), [], background()

    def seen(batch):
        rows.append(torch.as_tensor(batch).clone())
        return model(torch.as_tensor(batch)).numpy()

    spy = FunctionClassifier(seen, 3, score_unit="logit", domain="tabular")
    one = background(1, seed=5)
    found = asked(spy, one, 1, budget=64, alpha=1.0, kernel_width=2.0, **form)
    perturbed = torch.cat([one, rows[-1]])
    assert len(perturbed) == 65
    if form:
        features = (perturbed - table.mean(0)) / table.std(0, correction=0)
    else:
        cuts = table.quantile(torch.tensor([0.25, 0.5, 0.75]).double(), dim=0)
        places = (perturbed[:, None] > cuts).sum(1)
        features = (places == places[0]).double()
    distances = (features - features[0]).norm(dim=1)
    expected = weighted_ridge(features, model(perturbed)[:, 1], (-(distances**2) / 4).exp().sqrt(), 1.0)
    unit = table.std(0, correction=0) if form else 1
    torch.testing.assert_close(found.values[0], expected.coefficients / unit, atol=1e-9, rtol=1e-9)
    assert float(found.diagnostics.local_fit) == pytest.approx(expected.fit, abs=1e-9)


def test_the_usual_kernel_is_as_wide_as_limes():
    model, one = table_classifier(), background(2, seed=3)
    assert torch.equal(asked(model, one).values, asked(model, one, kernel_width=0.75 * 4**0.5).values)
    assert not torch.equal(asked(model, one).values, asked(model, one, kernel_width=1.0).values)


@FORM
def test_an_input_alone_gets_what_it_gets_in_a_batch(form):
    model, inputs, targets = table_classifier(), background(4, seed=7), [0, 2, 1, 2]
    together = asked(model, inputs, targets, budget=100, seed=3, **form)
    for index in range(4):
        alone = asked(model, inputs[index : index + 1], targets[index], budget=100, seed=3, **form)
        torch.testing.assert_close(alone.values[0], together.values[index], atol=1e-13, rtol=1e-10)


@pytest.mark.parametrize(("form", "calls"), list(zip(FORMS.values(), (100, 100, 300), strict=True)), ids=FORMS)
def test_inputs_share_their_rows_and_the_model_is_asked_about_them_once(form, calls):
    found = asked(table_classifier(), background(3, seed=2), budget=100, **form)
    assert found.diagnostics.model_calls == 3 + calls


@pytest.mark.parametrize("around", [True, False])
def test_rows_are_drawn_around_the_input_or_around_the_means(around):
    seen, one, table = [], background(1, seed=2) + 5, background()

    def scores(rows):
        seen.append(torch.as_tensor(rows).clone())
        return rows[:, :2]

    model = FunctionClassifier(scores, 2, score_unit="logit", domain="tabular")
    asked(model, one, budget=4000, discretize=False, sample_around_instance=around)
    spread, rows = table.std(0, correction=0), max(seen, key=len)
    assert bool(((rows.mean(0) - (one[0] if around else table.mean(0))).abs() < 4.5 * spread / 4000**0.5).all())
    torch.testing.assert_close(rows.std(0), spread, rtol=0.05, atol=0)


def test_a_column_that_never_changes_is_moved_by_one_unit_as_lime_does():
    table = background()
    table[:, 2] = 7
    found = LimeTabular(background=table, budget=300, alpha=0.0, discretize=False).explain(
        linear_classifier(WEIGHTS), table[:2], 0
    )
    torch.testing.assert_close(found.values, WEIGHTS.expand(2, 4), atol=1e-9, rtol=0)
    bins = LimeTabular(background=table).explain(linear_classifier(WEIGHTS), table[:2], 0)
    assert float(bins.values[:, 2].abs().max()) < 1e-12


@FORM
def test_standard_errors_are_how_far_another_seed_moves_the_values(form):
    model, one = table_classifier(), background(1, seed=4)
    answers = [asked(model, one, seed=seed, budget=400, **form) for seed in range(60)]
    spread = torch.stack([found.values for found in answers]).std(0)
    told = torch.stack([found.diagnostics.standard_error for found in answers]).mean(0)
    assert bool(((told / spread - 1).abs() < 0.45).all())


def test_bins_of_the_input_are_named_in_a_note_that_is_no_doubt():
    frame = pd.DataFrame({"age": [1.0, 2, 3, 4, 5] * 8, "color": ["red", "green", "green", "green", "blue"] * 8})
    schema = TableSchema.from_frame(frame)
    rows = schema.to_tensor(frame)
    model = table_classifier(2, schema=schema)
    found = LimeTabular(background=rows, budget=300).explain(model, rows[:3], 1)
    notes = {note.inputs: note for note in found.diagnostics.notes if note.text.startswith("bins: ")}
    assert set(notes[(0,)].text.removeprefix("bins: ").split("; ")) == {"age <= 2", "color = red"}
    assert set(notes[(2,)].text.removeprefix("bins: ").split("; ")) == {"2 < age <= 3", "color = green"}
    assert {note.status for note in notes.values()} == {"ok"}


def test_of_many_columns_the_bins_of_the_five_largest_values_are_named():
    table = drawn((100, 8), 0)
    found = LimeTabular(background=table, budget=400).explain(table_classifier(8), table[:1], 0)
    (said,) = [note.text.removeprefix("bins: ") for note in found.diagnostics.notes if note.status == "ok"]
    *named, rest = said.split("; ")
    largest = found.values[0].abs().argsort(descending=True)[:5].tolist()
    assert rest == "and 3 more"
    assert all(f"column {column} " in words for column, words in zip(largest, named, strict=True))


@FORM
def test_categories_of_the_schema_are_drawn_as_the_background_has_them(form):
    frame = pd.DataFrame({"x": drawn((80,), 0).numpy(), "color": ["red", "green", "green", "green"] * 20})
    schema = TableSchema.from_frame(frame)
    rows, seen = schema.to_tensor(frame), []

    def scores(batch):
        seen.append(torch.as_tensor(batch.to_numpy() if hasattr(batch, "to_numpy") else batch).clone())
        value = 3.0 * (seen[-1][:, 1] == 1)
        return torch.stack([-value, value], 1).numpy()

    model = FunctionClassifier(scores, 2, score_unit="logit", domain="tabular", schema=schema)
    found = LimeTabular(background=rows, budget=4000, alpha=0.0, **form).explain(model, rows[:2], 1)
    codes = seen[-1][:, 1]
    assert set(codes.tolist()) == {0.0, 1.0}
    red = schema.category_names[1].index("red")
    assert float((codes == red).double().mean()) == pytest.approx(0.25, abs=0.03)
    effects = torch.tensor([3.0, -3.0]) if schema.category_names[1][1] == "red" else torch.tensor([-3.0, 3.0])
    torch.testing.assert_close(found.values[:, 1], effects.double(), atol=1e-9, rtol=0)
    assert any("values of color" in reason for reason in found.verdict.reasons) == bool(form)


def test_an_estimator_over_a_frame_with_categories_is_explained():
    frame = pd.DataFrame({"x": drawn((60,), 0).numpy(), "flag": [True, False, False] * 20})
    schema = TableSchema.from_frame(frame)
    fitted = LogisticRegression().fit(frame.astype(float), frame["flag"])
    model = SklearnClassifier(fitted, schema=schema)
    rows = schema.to_tensor(frame)
    for form in FORMS.values():
        found = LimeTabular(background=rows, budget=200, **form).explain(model, rows[:2], 1)
        assert int(found.values.abs()[0].argmax()) == 1


def test_a_category_and_a_bin_that_the_background_does_not_know_are_doubted_by_name():
    table = background()
    table[:, 3] = (table[:, 3] > 1).double()
    rows = table[:2].clone()
    rows[1, 3] = 7
    for form in FORMS.values():
        found = LimeTabular(background=table, budget=300, categorical=[3], **form).explain(table_classifier(), rows, 0)
        said = "no row of the background is like it in column 3: nothing is known of that"
        assert said not in found.verdicts[0].reasons
        assert said in found.verdicts[1].reasons


def test_an_input_far_from_the_background_is_doubted():
    rows = background(2, seed=2)
    rows[1] = rows[1] + 100
    found = asked(linear_classifier(WEIGHTS), rows, discretize=False)
    assert found.verdicts[0].status == "ok"
    assert any("it lies far from the background" in reason for reason in found.verdicts[1].reasons)


def test_a_poor_local_fit_is_doubted():
    model = FunctionClassifier(lambda rows: (rows * 90).astype(int) % 2 * [[1.0, -1.0]], 2, score_unit="logit", domain="tabular")
    table = drawn((50, 2), 0)
    found = LimeTabular(background=table).explain(model, table[:1], 0)
    assert float(found.diagnostics.local_fit) < 0.1
    assert any(reason.startswith("the local model fits poorly") for reason in found.verdict.reasons)


def test_a_model_that_is_constant_gets_zeros_and_a_word_on_it():
    model = FunctionClassifier(lambda rows: 0 * rows[:, :2] + [0.25, 0.75], 2, score_unit="probability", domain="tabular")
    for form in FORMS.values():
        found = asked(model, background(2, seed=2), **form)
        assert not bool(found.values.any())
        assert any("the score does not depend on this input" in reason for reason in found.verdict.reasons)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"background": background()[:, :3]}, "`background` must hold inputs of shape (4,). Got (3,)."),
        ({"background": [1]}, "`background` must be a tensor (N, *S), one example a row. Got list."),
        ({"budget": 5}, "`budget` must be at least 6 for 4 columns. Got 5."),
        ({"budget": 0}, "`budget` must be a positive integer. Got 0."),
        ({"kernel_width": 0}, "`kernel_width` must be a positive number. Got 0."),
        ({"alpha": -1}, "`alpha` must be a number from 0. Got -1."),
        ({"categorical": [4]}, "`categorical` must be numbers of columns, from 0 to 3. Got 4."),
        ({"categorical": ["x"]}, "`categorical` must be numbers of columns, from 0 to 3. Got 'x'."),
        (
            {"sample_around_instance": True},
            "`sample_around_instance` is for normal rows: bins have no place to be centered on. Set `discretize` to False.",
        ),
    ],
)
def test_settings_that_do_not_fit_get_one_sentence(settings, sentence):
    with pytest.raises(InputError) as refused:
        asked(table_classifier(), background(1), **settings)
    assert str(refused.value) == sentence


def test_a_model_that_gives_no_number_for_a_perturbed_row_gets_one_sentence():
    def scores(rows):
        return rows[:, :2] / (rows[:, :1] < 0.9)

    model = FunctionClassifier(scores, 2, score_unit="logit", domain="tabular")
    with (
        pytest.warns(RuntimeWarning, match="divide by zero"),
        pytest.raises(InputError, match=r"also on perturbed inputs\. Got inf"),
    ):
        asked(model, background(1, seed=2) * 0.5)
