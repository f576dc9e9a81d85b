"""Data randomization on models whose maps are known, and on a network that has learned beside one that has memorized."""

from functools import cache
from typing import Any, ClassVar

import pytest
import torch
from digit_networks import digits, reader, trained
from test_random_logit import WEIGHTS, rows, three_classes
from torch import Tensor, nn

from xaivision.core.access import Access
from xaivision.core.errors import InputError
from xaivision.core.granted import granted
from xaivision.core.random import generator
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.evaluation.data_randomization import UNCHECKED, DataRandomization
from xaivision.evaluation.random_labels import RandomlyTrained, check_fit, trained_on_random_labels
from xaivision.explainers.controls import Constant, Random, Sobel
from xaivision.explainers.input_x_gradient import InputXGradient
from xaivision.explainers.registry import explainer
from xaivision.explainers.saliency import Saliency


def linear_with(weights: Tensor) -> TorchClassifier:
    model = three_classes()
    with torch.no_grad():
        model.model.weight.copy_(weights)  # type: ignore[operator,union-attr]
    return model


@cache
def memorizer() -> RandomlyTrained:
    """A network of the same kind as the reader's that knows 300 random labels by heart."""
    inputs, labels = digits()
    return trained_on_random_labels(lambda x, y: trained(x, y, steps=400, channels=16), inputs[:300], labels[:300], seed=1)


@pytest.mark.parametrize(
    ("row", "signed"), [((2.0, 1.0, 4.0, 3.0), 0.6), ((4.0, 3.0, 2.0, 1.0), -1.0), ((1.0, 2.0, 3.0, 9.0), 1.0)]
)
def test_likeness_is_the_absolute_rank_correlation_with_the_other_models_map(row: Any, signed: float) -> None:
    model, inputs = three_classes(), rows(2)
    other = linear_with(torch.cat([torch.tensor([row]).double(), WEIGHTS[1:]]))
    found = DataRandomization(other).evaluate(model, Saliency(), Saliency().explain(model, inputs, 0))
    assert found.values.tolist() == pytest.approx([abs(signed)] * 2, abs=1e-12)
    assert found.details["signed"].tolist() == pytest.approx([signed] * 2, abs=1e-12)
    assert found.notes == (UNCHECKED,)


@pytest.mark.parametrize("similarity", ["spearman", "ssim"])
@pytest.mark.parametrize("control", [Sobel(), Random()], ids=["sobel", "random"])
def test_maps_that_ignore_the_model_fail_with_one(control: Any, similarity: Any) -> None:
    model, images = reader()
    found = DataRandomization(memorizer(), similarity).evaluate(model, control, control.explain(model, images))
    assert found.values.tolist() == pytest.approx([1.0] * 20, abs=1e-12)
    assert not found.higher_is_better


def test_a_constant_map_gets_no_value_so_it_cannot_pass() -> None:
    model, images = reader()
    assert DataRandomization(memorizer()).evaluate(model, Constant(), Constant().explain(model, images)).undefined == 20


@pytest.mark.parametrize("similarity", ["spearman", "ssim"])
def test_gradients_tell_a_model_that_has_learned_from_one_that_has_memorized(similarity: Any) -> None:
    model, images = reader()
    found = DataRandomization(memorizer(), similarity).evaluate(model, Saliency(), Saliency().explain(model, images))
    assert found.mean < 0.25
    assert "gives 100% of them" in found.notes[0] or "gives 9" in found.notes[0]


def test_labels_are_permuted_by_the_seed_and_handed_to_the_training() -> None:
    inputs, labels = rows(60), torch.arange(60) % 3
    given: list[tuple[Tensor, Tensor]] = []
    model = three_classes()

    def train(x: Tensor, y: Tensor) -> TorchClassifier:
        given.append((x, y))
        return model

    torch.manual_seed(1)
    state = torch.get_rng_state()
    first, again, other = (trained_on_random_labels(train, inputs, labels, seed) for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(given[0][0], inputs)
    assert torch.equal(given[0][1], first.labels)
    assert torch.equal(first.labels, again.labels)
    assert not torch.equal(first.labels, other.labels)
    assert torch.equal(first.labels.bincount(), labels.bincount())
    assert 0.1 < float((first.labels == labels).double().mean()) < 0.6


def test_a_model_that_has_not_learned_its_random_labels_is_refused() -> None:
    model, images = reader()
    inputs, labels = digits()
    lazy = trained_on_random_labels(lambda x, y: trained(x, y, steps=5), inputs[:300], labels[:300])
    with pytest.raises(InputError, match=r"`trained` must have learned its random labels by heart, at least 0\.5\d of them"):
        DataRandomization(lazy).evaluate(model, Saliency(), Saliency().explain(model, images))


@pytest.mark.parametrize(("right", "fits"), [(74, False), (75, True), (100, True), (50, False)])
def test_well_above_chance_is_halfway_to_one(right: int, fits: bool) -> None:
    """Two labels that are equally frequent among 100: halfway is three quarters."""
    labels = torch.arange(100) % 2
    shown = torch.where(torch.arange(100) < right, labels, 1 - labels)
    inputs = torch.stack([1.0 - shown, shown.float()], 1)
    trained_ = RandomlyTrained(TorchClassifier(nn.Identity(), 2, domain="tabular"), inputs, labels)
    if fits:
        assert check_fit(trained_) == right / 100
    else:
        with pytest.raises(InputError, match=r"at least 0\.75 of them"):
            check_fit(trained_)


def test_few_labels_prove_little_so_more_of_them_must_be_right() -> None:
    labels = torch.arange(8) % 2
    inputs = torch.stack([1.0 - labels, labels.float()], 1)
    inputs[0] = inputs[0].flip(0)
    with pytest.raises(InputError, match=r"at least 1\.00 of them\. Got 0\.88, where guessing gives 0\.50"):
        check_fit(RandomlyTrained(TorchClassifier(nn.Identity(), 2, domain="tabular"), inputs, labels))


def test_the_same_model_and_one_of_other_classes_are_refused() -> None:
    model, inputs = three_classes(), rows(2)
    explained = Saliency().explain(model, inputs)
    with pytest.raises(InputError, match="must be another model than the one that is explained"):
        DataRandomization(model).evaluate(model, Saliency(), explained)
    four = TorchClassifier(nn.Linear(4, 4).double(), 4, domain="tabular")
    with pytest.raises(InputError, match=r"must have the model's 3 classes\. Got 4\."):
        DataRandomization(four).evaluate(model, Saliency(), explained)


def test_the_other_model_is_asked_the_same_question_with_the_same_seed() -> None:
    model, images = reader()
    for seed in (0, 9):
        chance = Random().explain(model, images[:3], [3, 4, 5], seed=seed)
        found = DataRandomization(memorizer()).evaluate(model, Random(), chance, seed=4)
        assert found.values.tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: DataRandomization(3), "`classifier` takes a torch module"),
        (lambda: DataRandomization(three_classes(), "mse"), "`similarity` must be 'spearman' or 'ssim'"),  # type: ignore[arg-type]
        (lambda: RandomlyTrained(three_classes(), rows(3), torch.arange(2)), "`labels` must be class numbers, one for each of 3"),
        (lambda: RandomlyTrained(three_classes(), rows(3), [1, 2, 3]), "`inputs` and `labels` must be tensors"),  # type: ignore[arg-type]
        (lambda: trained_on_random_labels(lambda x, y: 3, rows(3), torch.arange(3)), "`classifier` takes"),  # type: ignore[arg-type,return-value]
    ],
)
def test_wrong_settings_are_refused(make: Any, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        make()


def test_another_methods_explanation_and_windows_of_tables_are_refused() -> None:
    model, inputs, other = three_classes(), rows(2), linear_with(torch.rand(3, 4, generator=generator(1)).double())
    with pytest.raises(InputError, match="must come from the explainer that is checked"):
        DataRandomization(other).evaluate(model, InputXGradient(), Saliency().explain(model, inputs))
    with pytest.raises(InputError, match="compares windows of pictures"):
        DataRandomization(other, "ssim").evaluate(model, Saliency(), Saliency().explain(model, inputs))


def test_the_other_model_is_seen_no_deeper_than_the_explained_one_and_in_the_same_unit() -> None:
    class Noting(type(explainer("occlusion"))):  # type: ignore[misc]
        seen: ClassVar[list[tuple[str, Access]]] = []

        def explain(self, model: Any, inputs: Any, targets: Any = None, *, seed: int = 0) -> Any:
            self.seen.append((model.score_unit, model.access))
            return super().explain(model, inputs, targets, seed=seed)

    model, inputs = granted(three_classes(), Access.SCORES), rows(2)
    method = Noting()
    other = linear_with(torch.rand(3, 4, generator=generator(1)).double())
    DataRandomization(other).evaluate(model, method, method.explain(model, inputs))
    assert Noting.seen == [("probability", Access.SCORES)] * 2
