"""A model that answers differently each time, or by its neighbors, is named, once and at no method's cost."""

import gc
import weakref

import pytest
import torch
from torch import Tensor, nn

from xaivision.core.metering import metered
from xaivision.core.steadiness import steadiness_notes
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.controls import Constant
from xaivision.explainers.saliency import Saliency


class Counting(nn.Module):
    """Mean color to scores, with `between` on the way; counts its calls."""

    def __init__(self, between) -> None:
        super().__init__()
        self.between, self.head, self.calls = between, nn.Linear(3, 2), []

    def forward(self, inputs: Tensor) -> Tensor:
        self.calls.append(len(inputs))
        return self.head(self.between(inputs.mean((2, 3))))


def steady(found: Tensor) -> Tensor:
    return found


def random(found: Tensor) -> Tensor:
    return nn.functional.dropout(found, 0.5)


def mixing(found: Tensor) -> Tensor:
    return found - found.mean(0)


def images(batch: int) -> Tensor:
    return torch.rand(batch, 3, 4, 4, generator=torch.Generator().manual_seed(1))


def notes(between, batch: int = 1, **settings) -> list[tuple[str, str]]:
    model = TorchClassifier(Counting(between), 2, **settings)
    return [(note.status, note.text) for note in steadiness_notes(model, images(batch))]


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_a_steady_model_is_not_doubted(batch):
    assert notes(steady, batch) == []


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_a_random_model_is_named(batch):
    torch.manual_seed(0)  # of the model's own dropout
    ((status, text),) = notes(random, batch)
    assert status == "warn"
    assert "asked twice about the same input" in text


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_a_model_that_looks_at_neighbors_is_refused(batch):
    ((status, text),) = notes(mixing, batch)
    assert status == "refuse"
    assert "inputs are not independent" in text
    assert "batch_size=1" in text


def test_asked_one_at_a_time_it_has_no_neighbors():
    assert notes(mixing, 3, batch_size=1) == []


def test_a_model_whose_score_is_not_a_number_is_not_called_random():
    assert notes(lambda found: found * torch.nan) == []


def test_a_model_is_looked_at_once_until_it_changes():
    model = TorchClassifier(Counting(steady), 2)
    steadiness_notes(model, images(3))
    looked = len(model.model.calls)
    steadiness_notes(model, images(3) / 2)
    assert len(model.model.calls) == looked
    model.model.head = nn.Linear(3, 2)
    steadiness_notes(model, images(3))
    assert len(model.model.calls) == 2 * looked


def test_the_look_is_the_cost_of_no_method():
    model = TorchClassifier(Counting(steady), 2)
    with metered() as meter:
        steadiness_notes(model, images(1))
    assert meter.model_calls == 0
    assert model.model.calls == [1, 2]


def test_what_is_remembered_goes_with_the_model():
    model = TorchClassifier(Counting(steady), 2)
    steadiness_notes(model, images(1))
    module = weakref.ref(model.model)
    del model
    gc.collect()
    assert module() is None


def test_every_explanation_of_such_a_model_says_it_and_controls_do_not_ask():
    model = TorchClassifier(Counting(mixing), 2)
    assert Saliency().explain(model, images(2), 0).verdict.status == "refuse"
    untouched = TorchClassifier(Counting(mixing), 2)
    assert Constant().explain(untouched, images(2), 0).verdict.status == "ok"
    assert untouched.model.calls == [2]


def test_tables_without_known_columns_have_neighbors_too():
    class Rows(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head = nn.Linear(4, 2)

        def forward(self, rows: Tensor) -> Tensor:
            return self.head(rows - rows.mean(0))

    row = torch.rand(1, 4, generator=torch.Generator().manual_seed(1))
    (note,) = steadiness_notes(TorchClassifier(Rows(), 2, domain="tabular"), row)
    assert "not independent" in note.text


def test_a_model_is_looked_at_for_each_shape_of_inputs():
    def mixing_large(inputs: Tensor) -> Tensor:
        return inputs - inputs.mean(0) if inputs.shape[-1] > 4 else inputs

    class Sized(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head = nn.Linear(3, 2)

        def forward(self, inputs: Tensor) -> Tensor:
            return self.head(mixing_large(inputs).mean((2, 3)))

    model = TorchClassifier(Sized(), 2)
    small, large = images(2), torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(2))
    for _ in range(2):
        assert steadiness_notes(model, small) == ()
        assert [note.status for note in steadiness_notes(model, large)] == ["refuse"]


def test_what_was_seen_of_inputs_alone_is_not_taken_for_inputs_in_batches_nor_the_other_way():
    module = Counting(mixing)
    alone, together = TorchClassifier(module, 2, batch_size=1), TorchClassifier(module, 2)
    for _ in range(2):
        assert steadiness_notes(alone, images(3)) == ()
        assert [note.status for note in steadiness_notes(together, images(3))] == ["refuse"]


@pytest.mark.parametrize("batch", [2, 3])
def test_the_neighbor_is_unlike_the_first_input_also_where_all_or_the_last_are_its_copies(batch):
    model = TorchClassifier(Counting(mixing), 2)
    copies = images(1).repeat(batch, 1, 1, 1)
    assert [note.status for note in steadiness_notes(model, copies)] == ["refuse"]
    around = TorchClassifier(Counting(mixing), 2)
    between = torch.cat([images(1), images(2)[1:], images(1)])
    assert [note.status for note in steadiness_notes(around, between)] == ["refuse"]
