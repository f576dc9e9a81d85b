"""What the suites ask: by their definition of truth, what the models get right, with a truth that is one.

Models that take long to train are stood in for by one that is right about everything, and the tables' by linear ones.
"""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import torch

from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.dataset import Part
from xaivision.data.known_answers.block_digits import plus
from xaivision.data.known_answers.known_set import KnownSet
from xaivision.evaluation.known_answers.known_question import KnownQuestion
from xaivision.evaluation.known_answers.suite import INPUTS, Size
from xaivision.evaluation.known_answers.suites import built_suite, leakage_study, object_suite, recipes, table_suite
from xaivision.evaluation.known_answers.suites.registry import SUITES
from xaivision.explainers.registry import explainer
from xaivision.models.known_answers.known_models import known_model
from xaivision.models.trained_networks import load

LINEAR = recipes.RECIPES["linear"]
# Sets of which the large runs alone ask, and which are made as fast as the others.
MORE = ("twin rows", "built: canceled", "built: both", "built: either", "pasted objects, scene", "twin pictures")
GIVEN = {"tables": {"background"}, "built": {"baseline"}}


def right_about_all(known: KnownSet) -> FunctionClassifier:
    """Gives every tested input its class."""

    def scores(batch: torch.Tensor) -> torch.Tensor:
        nearest = torch.cdist(batch.flatten(1), known.tested.inputs.flatten(1)).argmin(1)
        return torch.nn.functional.one_hot(known.tested.targets[nearest], len(known.class_names)).float()

    return FunctionClassifier(scores, len(known.class_names), domain="image", score_unit="logit", array="torch")


def linear_model(_kind: str, known: KnownSet, *_how: object) -> TorchClassifier:
    return known_model("linear", known, LINEAR)


@pytest.fixture(scope="module")
def quickly() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table_suite, "known_model", linear_model)
        patch.setattr(built_suite, "known_model", linear_model)
        patch.setattr(object_suite, "known_model", lambda _kind, known, *_: right_about_all(known))
        patch.setattr(leakage_study, "taught", lambda known, *_args, **_settings: right_about_all(known))
        yield


def questions(suite: str, size: Size = "quick", seed: int = 0) -> dict[str, list[KnownQuestion]]:
    """By the names of the sets; of a full run those that take no longer."""
    asked = SUITES[suite].askings(size, seed)
    return {one.name: list(one.questions()) for one in asked if size == "quick" or one.name in MORE}


@pytest.fixture(scope="module")
def asked(quickly) -> dict[str, list[KnownQuestion]]:
    """By the name of the suite everything that is asked quickly, and what more a full run has that can be asked quickly."""
    return {
        suite: [one for size in ("quick", "full") for found in questions(suite, size).values() for one in found]
        for suite in SUITES
    }


def of_set(asked: dict[str, list[KnownQuestion]], name: str) -> KnownQuestion:
    return next(one for found in asked.values() for one in found if one.set_name == name)


@pytest.mark.parametrize("suite", SUITES)
def test_every_question_of_a_suite_is_of_its_definition_and_has_a_model_that_learned(asked, suite):
    assert asked[suite]
    for one in asked[suite]:
        assert one.definition == SUITES[suite].definition, one.name
        assert one.learned, one.name
        assert len(one.inputs) in INPUTS.values(), one.name
        assert bool(one.truth.flatten(1).any(1).all()), one.name
        assert not bool(one.truth.all()), one.name


# Of a grid as a whole no one class is right: there the cells alone are.
@pytest.mark.parametrize("suite", [name for name in SUITES if "grids" not in name])
def test_every_model_is_right_about_every_input_that_it_is_asked_about(asked, suite):
    for one in asked[suite]:
        assert torch.equal(one.model(one.inputs).argmax(1), one.targets), one.name


def cells_of(one: KnownQuestion) -> torch.Tensor:
    return torch.stack([picture[:, mask].view(1, 8, 8) for picture, mask in zip(one.inputs, one.truth, strict=True)])


def test_a_grid_is_asked_about_the_class_of_the_cell_that_is_true(asked):
    single = load("digits_cnn")
    for name in ("grids of digits", "disconnected grids of digits"):
        one = of_set(asked, name)
        assert one.truth.flatten(1).sum(1).tolist() == [64] * len(one.inputs)
        assert torch.equal(single(cells_of(one)).argmax(1), one.targets)


def test_the_disconnected_network_alone_sees_nothing_outside_the_true_cell(asked):
    outside = {}
    for name in ("grids of digits", "disconnected grids of digits"):
        one = of_set(asked, name)
        slopes = explainer("saliency").explain(one.model, one.inputs, one.targets).as_attribution().feature_values.abs()
        assert bool((slopes * one.truth).flatten(1).any(1).all())
        outside[name] = float(slopes[~one.truth].max())
    assert outside["disconnected grids of digits"] == 0 < outside["grids of digits"]


@pytest.mark.parametrize("name", ["weighted", "canceled", "both", "either", "rippled"])
def test_the_contributions_that_are_known_are_of_the_class_that_is_asked_about(asked, name):
    one = of_set(asked, f"built: {name}")
    zeros = one.given["baseline"].expand_as(one.inputs)
    rows = torch.arange(len(one.inputs))
    moved = (one.model(one.inputs) - one.model(zeros))[rows, one.targets]
    assert moved.tolist() == pytest.approx(one.exact.sum(1).tolist(), abs=1e-5)
    assert torch.equal(one.exact != 0, one.truth)


def test_of_the_shortcut_only_rows_are_asked_that_turn_with_it(monkeypatch):
    layer = torch.nn.Linear(6, 2, bias=False)
    with torch.no_grad():  # as often by the signal as by the shortcut
        layer.weight.zero_()
        layer.weight[1, 0], layer.weight[1, -1] = 3.0, 1.0
    model = TorchClassifier(layer, 2, domain="tabular")
    monkeypatch.setattr(built_suite, "known_model", lambda *_: model)
    found = questions("built")["shortcut table"]
    assert [one.model_name for one in found] == ["linear", "mlp"]
    for one in found:
        turned = one.inputs * torch.tensor([1.0, 1, 1, 1, 1, -1])
        assert torch.equal(model(turned).argmax(1), 1 - one.targets)
        assert one.truth.tolist() == [[False] * 5 + [True]] * INPUTS["quick"]


def test_the_truth_of_pictures_is_what_is_drawn_there(asked):
    for name in ("pasted objects, object", "pasted objects, scene"):
        one = of_set(asked, name)
        bright = one.inputs[:, 0] > 0.8
        assert bool((bright <= (one.truth if name.endswith("object") else ~one.truth)).all())
        assert int(bright.flatten(1).sum(1).min()) > 20
    blocks = of_set(asked, "blocks random")
    assert bool((blocks.inputs[:, 0][~blocks.truth].view(-1, 64) == plus(8, 8).flatten()).all())
    tetrominoes = of_set(asked, "tetrominoes linear white 8")
    assert set(tetrominoes.truth.flatten(1).sum(1).tolist()) == {8}


def test_twins_that_are_asked_about_differ_where_it_is_true(asked):
    one = of_set(asked, "twin pictures")
    even = one.inputs[one.targets == 0], one.inputs[one.targets == 1]
    truths = one.truth[one.targets == 0], one.truth[one.targets == 1]
    assert torch.equal(truths[0], truths[1])  # both twins are asked about
    assert torch.equal((even[0] != even[1])[:, 0], truths[0])


def test_of_sonar_pictures_the_tested_rows_are_asked_about_with_their_own_truth_and_the_seabed_as_baseline(monkeypatch):
    inputs, truth = torch.full((12, 1, 48, 48), 0.25), torch.zeros(12, 48, 48, dtype=torch.bool)
    targets = torch.arange(12) % 3
    inputs[targets == 0] = 0.5
    for row in range(12):
        truth[row, row : row + 4, : 5 * int(targets[row])] = True  # class 0 is the bare seabed, about which nothing is asked
    tested = torch.arange(6, 12)
    data = SimpleNamespace(
        inputs=inputs + truth[:, None] * 0.1,
        targets=targets,
        truth=truth.to(torch.uint8),
        split=SimpleNamespace(test=tested),
        train=Part(inputs[:6], targets[:6]),
        class_names=("seabed", "small", "large"),
    )
    known = KnownSet(
        "sonar48", data.train, Part(data.inputs[tested], targets[tested]), truth[tested], "association", "", ("",) * 3
    )
    monkeypatch.setattr(object_suite, "load_dataset", lambda _name: data)
    monkeypatch.setattr(object_suite, "load_model", lambda _name: right_about_all(known))
    (one,) = object_suite._sonar("quick", 0)
    rows = tested[targets[tested] > 0]
    assert torch.equal(one.inputs, data.inputs[rows])
    assert torch.equal(one.targets, targets[rows])
    assert torch.equal(one.truth, truth[rows])
    assert one.given["baseline"].unique().tolist() == [0.5]


@pytest.mark.slow
def test_the_truth_of_sonar_pictures_is_what_is_not_seabed():
    (one,) = object_suite._sonar("quick", 0)
    assert (one.definition, one.learned) == ("association", True)
    assert torch.equal(one.model(one.inputs).argmax(1), one.targets)
    away = (one.inputs - one.given["baseline"])[:, 0].abs()
    for distance, truth in zip(away, one.truth, strict=True):
        assert float(distance[truth].mean()) > 1.5 * float(distance[~truth].mean())


@pytest.mark.parametrize("suite", SUITES)
def test_what_methods_are_given_fits_the_inputs_and_is_none_of_them(asked, suite):
    for one in asked[suite]:
        if one.set_name == "shortcut table":
            assert set(one.given) == {"background"}
        else:
            assert set(one.given) == GIVEN.get(suite, {"background", "baseline", "segments"}), one.name
        for row in one.given.get("background", ()):
            assert row.shape == one.inputs.shape[1:]
            assert not bool((one.inputs == row).flatten(1).all(1).any()), one.name
        if "segments" in one.given:
            assert one.given["baseline"].shape == one.inputs.shape[1:]
            assert len(one.given["baseline"].unique()) == 1
            assert one.given["segments"].unique().tolist() == list(range(64))


@pytest.mark.parametrize("suite", ["tables", "built", "grids", "disconnected grids", "tetrominoes"])
def test_another_seed_asks_about_other_inputs(asked, quickly, suite):
    for name, (one, *_) in questions(suite, seed=1).items():
        again = of_set(asked, one.set_name)
        assert not torch.equal(one.inputs, again.inputs), name
