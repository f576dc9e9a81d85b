"""What a metric is given to work with, and what it is kept from."""

from dataclasses import replace

import pytest
import torch
from linear_models import linear, mapped, rows_of

from xaivision.core.errors import CapabilityError
from xaivision.core.metering import count_recalled_calls
from xaivision.evaluation.measurement import measurement
from xaivision.evaluation.removal import Deletion

X = rows_of((1.0, 2.0), (3.0, 4.0))
ABOUT = Deletion.about


class ForImages(Deletion):
    about = replace(ABOUT, domains=("image",))


def test_a_model_of_another_domain_is_refused() -> None:
    model = linear((1.0, 2.0))
    with (
        pytest.raises(CapabilityError, match=r"`deletion` is for image inputs\. Got a model of tabular inputs"),
        measurement(ForImages(), model, mapped(model, X, X)),
    ):
        pass


def test_what_is_asked_inside_is_counted_and_nothing_else_is() -> None:
    model = linear((1.0, 2.0))
    explanation = mapped(model, X, X)
    model(X)
    with measurement(Deletion(), model, explanation) as m:
        assert m.scores(torch.zeros(2), "points").model_calls == 0
        m.model(X)
        m.model(X[:1])
        assert m.scores(torch.zeros(2), "points").model_calls == 3
    model(X)
    assert m.scores(torch.zeros(2), "points").model_calls == 3


def test_scores_that_the_job_remembered_cost_what_they_cost_alone() -> None:
    model = linear((1.0, 2.0))
    with measurement(Deletion(), model, mapped(model, X, X)) as m:
        m.model(X)
        count_recalled_calls(3, 1000.0)
        found = m.scores(torch.zeros(2), "points")
    assert found.model_calls == 2 + 3
    assert 1000 < found.seconds < 1100


def test_scores_carry_the_card_the_method_and_float64() -> None:
    model = linear((1.0, 2.0))
    with measurement(Deletion(), model, mapped(model, X, X)) as m:
        found = m.scores(torch.tensor([0.1, 0.2], dtype=torch.float32), "points", notes=("said",))
    assert (found.metric, found.method, found.unit, found.notes) == ("deletion", "constant", "points", ("said",))
    assert found.settings == {"steps": 32, "baseline": "auto", "output": "auto"}
    assert found.higher_is_better is ABOUT.higher_is_better
    assert found.values.dtype == torch.float64


def test_a_classifier_of_someone_elses_making_is_taken_as_it_is() -> None:
    class Theirs:
        num_classes, score_unit, domain, class_names = 2, "probability", "tabular", ("no", "yes")

        def __call__(self, rows: torch.Tensor) -> torch.Tensor:
            share = rows.mean(1)
            return torch.stack([1 - share, share], 1)

    ones = torch.ones(1, 4, dtype=torch.float64)
    found = Deletion(baseline="black").evaluate(Theirs(), mapped(Theirs(), ones, ones, targets=1))
    assert found.values.tolist() == pytest.approx([0.5], abs=1e-12)
