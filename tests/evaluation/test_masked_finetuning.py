"""The fine-tuned copy: it learns to do without some elements, loses little, and leaves the model as it was."""

from functools import cache

import pytest
import torch
from linear_models import linear
from test_robust_fidelity_metric import digits_network
from torch import Tensor, nn

from xaivision.core.errors import Cancelled, CapabilityError, InputError
from xaivision.core.progress import CancelToken, reporting
from xaivision.core.random import generator
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.dataset import Part
from xaivision.data.registry import load_dataset
from xaivision.evaluation.masked_finetuning import MaskedFinetuning, Masking, masked_finetuning
from xaivision.models.training import Recipe

WHITE = Masking(share=0.2, grid=8, baseline=torch.ones(1, 8, 8))


@cache
def finetuned() -> MaskedFinetuning:
    digits = load_dataset("digits")
    return masked_finetuning(digits_network(), digits, WHITE, Recipe(60, 64, 3e-3, 0.0), held_out=digits)


def masked(images: Tensor, seed: int) -> Tensor:
    gone = torch.rand(len(images), 1, 8, 8, generator=generator(seed)) < WHITE.share
    return torch.where(gone, 1.0, images)


def accuracy(model: TorchClassifier, data: Part) -> float:
    return float((model(data.inputs).argmax(1) == data.targets).double().mean())


def test_the_copy_knows_incomplete_inputs_and_the_model_does_not() -> None:
    images, labels = load_dataset("digits").test
    incomplete = Part(masked(images, 1), labels)
    assert accuracy(finetuned().model, incomplete) > accuracy(digits_network(), incomplete) + 0.1


def test_accuracies_are_those_of_inputs_as_they_are() -> None:
    kept = load_dataset("digits").test
    assert finetuned().accuracy_before == accuracy(digits_network(), kept) > 0.9
    assert finetuned().accuracy == accuracy(finetuned().model, kept) > 0.9


def test_three_in_ten_are_held_out_where_none_are_given() -> None:
    seen: list[int] = []
    digits = load_dataset("digits").train

    class Counting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.line = nn.Linear(64, 10)

        def forward(self, images: Tensor) -> Tensor:
            if images.shape[0] and torch.is_grad_enabled():
                seen.append(len(images))
            scores: Tensor = self.line(images.flatten(1))
            return scores

    model = TorchClassifier(Counting(), 10)
    masked_finetuning(model, digits, Masking(grid=8), Recipe(1, 64, 1e-6, 0.0))
    assert sum(seen) == pytest.approx(0.7 * len(digits.targets), rel=0.01)


def frozen_network() -> TorchClassifier:
    module = nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 10)).eval()
    module.requires_grad_(False)
    module[1].weight.requires_grad_(True).grad = torch.ones(16, 64)
    module[2].train()
    return TorchClassifier(module, 10)


def test_the_model_stays_as_it_was_to_the_byte() -> None:
    model = frozen_network()
    before = {name: tensor.clone() for name, tensor in model.model.state_dict().items()}
    found = masked_finetuning(model, load_dataset("digits").train, Masking(grid=8), Recipe(1, 64, 1e-3, 0.0))
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.model.state_dict().items())
    assert [part.training for part in model.model] == [False, False, True, False, False]
    assert [one.requires_grad for one in model.model.parameters()] == [True, False, False, False, False, False]
    assert torch.equal(model.model[1].weight.grad, torch.ones(16, 64))
    assert not torch.equal(found.model.model[4].weight, model.model[4].weight)


def test_the_same_recipe_gives_the_same_bits_whatever_the_global_state() -> None:
    digits = load_dataset("digits").train
    small = Part(digits.inputs[:300], digits.targets[:300])
    found = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        state = torch.get_rng_state()
        one = masked_finetuning(digits_network(), small, Masking(grid=8), Recipe(1, 64, 1e-4, 0.0))
        assert torch.equal(torch.get_rng_state(), state)
        found.append(one.model(digits.inputs[:9]))
    assert torch.equal(*found)


def test_a_copy_that_lost_more_than_two_points_is_refused() -> None:
    with pytest.raises(InputError, match=r"must lose at most 2 points of accuracy\. Got 0\.\d+ after 0\.\d+\."):
        masked_finetuning(digits_network(), load_dataset("digits"), Masking(0.5, 8), Recipe(1, 64, 10.0, 0.0))


def test_exactly_two_points_are_not_too_many() -> None:
    model = digits_network()
    assert MaskedFinetuning(model, Masking(), "", 0.75, 0.74).accuracy == 0.74
    with pytest.raises(InputError, match="at most 2 points"):
        MaskedFinetuning(model, Masking(), "", 0.75, 0.72)


def test_probabilities_are_learned_from_as_logits_are() -> None:
    digits = load_dataset("digits").train
    found = []
    for softmax, unit in (([], "logit"), ([nn.Softmax(1)], "probability")):
        module = nn.Sequential(*digits_network().model, *softmax)
        model = TorchClassifier(module, 10, score_unit=unit)
        one = masked_finetuning(model, digits, Masking(grid=8), Recipe(1, 64, 1e-4, 0.0))
        found.append(one.model.model[1].weight.detach())
    assert torch.allclose(*found, atol=2e-5)
    assert not torch.equal(found[0], digits_network().model[1].weight)


def test_a_cancelled_fine_tuning_leaves_the_model_as_it_was() -> None:
    model, token = frozen_network(), CancelToken()
    before = {name: tensor.clone() for name, tensor in model.model.state_dict().items()}
    token.cancel()
    with reporting(None, token), pytest.raises(Cancelled):
        masked_finetuning(model, load_dataset("digits").train, Masking(grid=8))
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.model.state_dict().items())


def test_models_without_weights_are_refused() -> None:
    with pytest.raises(CapabilityError, match="`masked_finetuning` needs a torch module"):
        masked_finetuning(linear([1.0, 2.0]), (torch.rand(9, 2), torch.zeros(9, dtype=torch.long)))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (torch.rand(4, 1, 8, 8), "must be a pair of tensors"),
        ((torch.rand(4, 1, 8, 8), torch.zeros(3, dtype=torch.long)), "one class number for each of 4 inputs"),
        ((torch.rand(4, 1, 8, 8), torch.zeros(4)), "one class number for each of 4 inputs"),
        ((torch.rand(4, 1, 8, 8), -torch.ones(4, dtype=torch.long)), "must have labels. Got none of 4"),
        ((torch.full((4, 1, 8, 8), torch.nan), torch.zeros(4, dtype=torch.long)), "must be finite"),
        ((2 * torch.ones(4, 1, 8, 8), torch.zeros(4, dtype=torch.long)), "images in \\[0, 1\\]"),
        ((torch.rand(4, 1, 8, 8), torch.full((4,), 10)), "labels from 0 to 9. Got 10"),
        ((torch.rand(1, 1, 8, 8), torch.zeros(1, dtype=torch.long)), "two inputs or more of a class"),
    ],
)
def test_training_data_that_does_not_fit_is_refused(data: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        masked_finetuning(digits_network(), data)  # type: ignore[arg-type]
