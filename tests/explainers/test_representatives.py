import pytest
import torch
from explainer_networks import drawn, image_classifier, table_classifier

from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.explainers.nearest_examples import NearestExamples
from xaivision.explainers.occlusion import Occlusion
from xaivision.explainers.representatives import representatives
from xaivision.explainers.saliency import Saliency


def explained(values):
    """An explanation with these values (n, F)."""
    found = Occlusion(baseline="zeros").explain(table_classifier(values.shape[1]), drawn(values.shape, 0), 0)
    return found.with_values(values.double())


def test_the_pick_is_the_greedy_one_on_the_largest_values_of_each_explanation():
    values = torch.tensor([[5.0, -4.0, 0.1, 0.1], [0.1, 0.1, 3.0, 0.2], [0.1, 6.0, 0.1, -5.0], [0.3, 0.1, 4.0, 0.1]])
    found = representatives(explained(values), 2, 2)
    kept = torch.tensor([[5.0, 4, 0, 0], [0, 0, 3, 0.2], [0, 6, 0, 5], [0.3, 0, 4, 0]]).double()
    torch.testing.assert_close(found.importance, kept.sum(0).sqrt(), atol=1e-6, rtol=0)
    importance = found.importance
    # Row 0 shows columns 0 and 1, which matter most together (5.46; row 2 shows 5.44); row 1 shows both that are left.
    assert found.indices == (0, 1)
    assert found.coverage == pytest.approx((float(importance[[0, 1]].sum() / importance.sum()), 1.0))
    assert torch.equal(found.values, found.explanations.values[[0, 1]])
    assert torch.equal(found.inputs, found.explanations.query.inputs[[0, 1]])
    assert repr(found) == "SubmodularPick(occlusion, [0, 1] of 4 inputs, 100% covered)"


def test_a_refused_explanation_is_not_picked_and_named():
    values = torch.ones(3, 4)
    values[1] = torch.tensor([9.0, 9, 9, torch.nan])
    found = representatives(explained(values), 3, 4)
    assert found.left_out == (1,)
    assert found.indices == (0,)


def test_where_all_are_refused_there_is_nothing_to_pick_from():
    with pytest.raises(CapabilityError, match=r"needs explanations to pick from\. `occlusion` is refused: refuse: "):
        representatives(explained(torch.full((2, 4), torch.nan)), 1, 2)


def seen_at(*places):
    """An explanation of pictures of 8 x 8, each with relevance at its places alone."""
    values = torch.zeros(len(places), 1, 8, 8)
    for number, mine in enumerate(places):
        for row, column in mine:
            values[number, 0, row, column] = (-1) ** row * (2 + number)
    return Saliency().explain(image_classifier(), drawn((len(places), 2, 8, 8), 0)).with_values(values)


def test_pictures_are_picked_that_show_most_places():
    found = representatives(seen_at([(0, 0), (1, 1)], [(0, 1), (6, 6)], [(1, 0)]), 3, 4, cells=4)
    # Picture 1 shows two places, of which the others show one; a pixel beside a pixel is the same place.
    assert found.indices == (1,)
    assert found.coverage == (1,)
    wanted = torch.zeros(4, 4, dtype=torch.float64)
    wanted[0, 0], wanted[3, 3] = ((2 + 2 + 3 + 4) / 4) ** 0.5, (3 / 4) ** 0.5
    torch.testing.assert_close(found.importance, wanted)
    assert found.inputs.shape == (1, 2, 8, 8)
    finer = representatives(seen_at([(0, 0), (1, 1)], [(0, 1), (6, 6)], [(1, 0)]), 3, 4, cells=8)
    assert finer.indices == (1, 0, 2)


def test_pictures_have_at_least_as_many_pixels_as_places():
    with pytest.raises(InputError, match=r"`cells` must be at most the pixels along a side\. Got 9 for pictures of 8 x 8\."):
        representatives(seen_at([(0, 0)]), 1, 2, cells=9)


@pytest.mark.parametrize(("settings", "named"), [((0, 2), "`count`"), ((1, 0), "`features`"), ((1.5, 2), "`count`")])
def test_numbers_must_be_positive_integers(settings, named):
    with pytest.raises(InputError, match=f"{named} must be a positive integer"):
        representatives(explained(torch.ones(2, 4)), *settings)


def test_an_answer_without_a_value_a_column_is_refused():
    model = FunctionClassifier(lambda rows: rows[:, :2], 2, score_unit="logit", domain="tabular")
    found = NearestExamples(background=drawn((9, 4), 1)).explain(model, drawn((2, 4), 0))
    with pytest.raises(InputError, match=r"must give a value for each column\. `nearest_examples` gives Examples"):
        representatives(found, 1, 2)
