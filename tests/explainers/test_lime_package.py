import subprocess
import sys

import numpy as np
import pytest
import torch
from explainer_networks import drawn, image_classifier, linear_classifier, table_classifier
from lime.lime_image import LimeImageExplainer

import xaivision as xv
from xaivision.core.errors import CapabilityError, InputError, MissingExtraError, UnknownNameError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.random import generator
from xaivision.explainers import lime_call
from xaivision.explainers.lime_package import PER_DEVIATION, LimePackage

QUARTERS = (torch.arange(8)[:, None] // 2 * 4 + torch.arange(8) // 2).numpy()  # 16 squares of 2 x 2 pixels


def squares(_image):
    return QUARTERS


def lime_alone(model, picture, seed, **settings):
    """What lime says without us, as (K,) coefficients; a gray picture as it is told to give one: as three equal channels."""
    channels = picture.shape[0]

    def scores(images):
        given = torch.from_numpy(images).permute(0, 3, 1, 2)[:, :channels]
        return model(given.to(picture)).double().numpy()

    made = LimeImageExplainer(random_state=generator(seed, "lime_package", "lime").initial_seed() % 2**32)
    array = picture.double().permute(1, 2, 0).expand(-1, -1, 3).numpy()
    found = made.explain_instance(array, scores, labels=(1,), top_labels=None, **settings)
    values = torch.zeros(len(np.unique(found.segments))).double()
    for segment, coefficient in found.local_exp[1]:
        values[segment] = coefficient
    return values, found


@pytest.mark.filterwarnings("ignore::tqdm.TqdmWarning")
@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_are_answered_as_lime_answers_alone(channels, capfd):
    model, pictures = image_classifier(channels), drawn((2, channels, 8, 8), 0)
    found = LimePackage(num_samples=120, segmentation_fn=squares).explain(model, pictures, 1, seed=5)
    assert capfd.readouterr().err == ""
    for index in range(2):
        expected, theirs = lime_alone(model, pictures[index], 5, num_samples=120, segmentation_fn=squares)
        torch.testing.assert_close(found.values[index, 0], expected[torch.from_numpy(QUARTERS)] / 4, atol=1e-12, rtol=0)
        assert float(found.diagnostics.local_fit[index]) == pytest.approx(theirs.score, abs=1e-12)
    assert torch.equal(found.players[0], torch.from_numpy(QUARTERS))
    assert found.kind == "contribution"


def test_the_model_is_given_one_channel_where_it_takes_one():
    seen = set()

    def scores(images):
        seen.add(images.shape[1:])
        return images.reshape(len(images), -1)[:, :2]

    model = FunctionClassifier(scores, 2, score_unit="logit", domain="image")
    LimePackage(num_samples=30, segmentation_fn=squares).explain(model, drawn((1, 1, 8, 8), 0), 0)
    assert seen == {(1, 8, 8)}


def test_an_input_alone_gets_what_it_gets_in_a_batch():
    model, rows, targets = table_classifier(), drawn((3, 4), 0), [0, 2, 1]
    method = LimePackage(background=drawn((50, 4), 1), num_samples=80)
    together = method.explain(model, rows, targets, seed=2)
    for index in range(3):
        alone = method.explain(model, rows[index : index + 1], targets[index], seed=2)
        torch.testing.assert_close(alone.values[0], together.values[index], atol=1e-13, rtol=0)
    assert not torch.equal(together.values, method.explain(model, rows, targets, seed=3).values)


def test_a_table_is_explained_by_bins_as_contributions_and_without_them_by_slopes_with_a_warning():
    model, rows, table = linear_classifier(torch.tensor([2.0, -1.0, 0.5]).double()), drawn((2, 3), 0), drawn((200, 3), 1)
    bins = LimePackage(background=table).explain(model, rows, 0)
    assert bins.kind == "contribution"
    named = [note.text for note in bins.diagnostics.notes if note.status == "ok"]
    assert len(named) == 2
    assert all(text.startswith("bins: ") and text.count("column") == 3 for text in named)
    slopes = LimePackage(background=table, discretize_continuous=False).explain(model, rows, 0)
    assert slopes.kind == "slope"
    assert PER_DEVIATION.text in slopes.verdict.reasons
    expected = torch.tensor([2.0, -1.0, 0.5]).double() * table.std(0, correction=0)
    torch.testing.assert_close(slopes.values, expected.expand(2, 3), rtol=0.02, atol=1e-3)


def test_columns_that_lime_leaves_out_are_said():
    model = table_classifier(12)
    found = LimePackage(background=drawn((50, 12), 1), num_samples=200).explain(model, drawn((1, 12), 0), 0)
    assert int((found.values != 0).sum()) == 10
    assert "lime kept 10 of 12 columns (`num_features`): the others are 0 by its choice" in found.verdict.reasons


def test_a_poor_fit_is_doubted():
    model = FunctionClassifier(lambda rows: (rows * 90).astype(int) % 2 * [[1.0, -1.0]], 2, score_unit="logit", domain="tabular")
    found = LimePackage(background=drawn((60, 2), 1), num_samples=400).explain(model, drawn((1, 2), 0), 0)
    assert float(found.diagnostics.local_fit) < 0.2
    assert any(reason.startswith("the local model fits poorly") for reason in found.verdict.reasons)


def test_quickshift_on_a_small_picture_is_doubted_for_its_few_segments():
    model = image_classifier(3)
    found = LimePackage(num_samples=30).explain(model, drawn((1, 3, 8, 8), 0), 0)
    assert int(found.players.max()) + 1 < 8
    assert any("where 8 to 400 show something" in reason for reason in found.verdict.reasons)


def test_a_difference_of_scores_is_what_lime_is_asked_about():
    model, rows, table = table_classifier(), drawn((1, 4), 0), drawn((60, 4), 1)
    method = LimePackage(background=table, num_samples=150, num_features=4)
    parts = [method.explain(model, rows, target).values for target in (1, 2)]
    against = method.explain(model, rows, xv.Target(1, against=2))
    torch.testing.assert_close(against.values, parts[0] - parts[1], atol=1e-10, rtol=0)


@pytest.mark.parametrize(
    ("make", "error", "sentence"),
    [
        (
            lambda: LimePackage(num_sample=3),
            UnknownNameError,
            "`num_sample` is not a known setting of lime. Did you mean `num_samples`?",
        ),
        (
            lambda: LimePackage(random_state=3),
            InputError,
            "`random_state` of lime is given by what is asked. Got it as a setting.",
        ),
        (lambda: LimePackage(background=[1]), InputError, "`background` must be a tensor (N, *S), one example a row. Got list."),
        (
            lambda: LimePackage().explain(table_classifier(), drawn((1, 4), 0)),
            InputError,
            "`lime_package` needs a `background` for tables, lime's training data. Got no value.",
        ),
        (
            lambda: LimePackage(background=drawn((9, 4), 1), hide_color=0).explain(table_classifier(), drawn((1, 4), 0)),
            UnknownNameError,
            "`hide_color` is not a known setting of lime's LimeTabularExplainer.",
        ),
        (
            lambda: LimePackage().explain(image_classifier(2), drawn((1, 2, 8, 8), 0)),
            CapabilityError,
            "lime takes pictures of 1 or 3 channels. Got 2. Use `lime_image`.",
        ),
        (
            lambda: LimePackage(segmentation_fn=lambda image: QUARTERS + 1).explain(image_classifier(3), drawn((1, 3, 8, 8), 0)),
            InputError,
            "`segmentation_fn` must number its segments 0, 1, ... without gaps",
        ),
        (
            lambda: LimePackage(background=drawn((9, 4), 1), discretizer="thirds").explain(table_classifier(), drawn((1, 4), 0)),
            CapabilityError,
            "lime's LimeTabularExplainer does not take this model or these settings: Discretizer must be",
        ),
    ],
)
def test_what_does_not_fit_gets_one_sentence(make, error, sentence):
    with pytest.raises(error) as refused:
        make()
    assert str(refused.value).startswith(sentence)
    assert "\n" not in str(refused.value)


def test_an_error_of_the_model_stays_the_models():
    calls = []

    def later(images):
        calls.append(len(images))
        if len(calls) > 1:
            raise ZeroDivisionError("mine")
        return images.reshape(len(images), -1)[:, :2]

    model = FunctionClassifier(later, 2, score_unit="logit", domain="image")
    with pytest.raises(ZeroDivisionError, match="mine"):
        LimePackage(num_samples=30, segmentation_fn=squares).explain(model, drawn((1, 3, 8, 8), 0), 0)


def test_the_bar_of_lime_is_its_own_again_afterwards():
    import lime.lime_image

    bar = lime.lime_image.tqdm
    test_an_error_of_the_model_stays_the_models()
    assert lime.lime_image.tqdm is bar


def test_without_lime_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "lime", None)
    with pytest.raises(MissingExtraError, match=r"The package `lime` is needed.*xaivision\[lime\]"):
        LimePackage()


def test_lime_is_imported_where_it_is_asked_only():
    said = subprocess.run(
        [sys.executable, "-c", "import sys, xaivision.explainers.registry; print('lime' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == "False\n"


def test_settings_go_where_lime_takes_them():
    call = lime_call.lime_call("tabular", {"kernel_width": 2.0, "num_samples": 9, "discretizer": "decile"})
    assert call.making == {"kernel_width": 2.0, "discretizer": "decile"}
    assert call.asking == {"num_samples": 9}
