"""Recommendations: ranks for one question with their reasons, ties that are said, and names that can be asked for."""

import numpy as np
import pytest
import torch
from explainer_networks import Columns, drawn, image_classifier, linear_classifier, table_classifier
from test_lfa import ROWS, tanh6

import xaivision as xv
from xaivision.core.errors import InputError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.explainers import recommendation
from xaivision.explainers.purposes import CANDIDATES, PURPOSES
from xaivision.explainers.recommendation import recommend

MADE_FOR = {
    "small change": {"saliency", "smooth_grad", "c_lime"},
    "removal": {"kernel_shap", "lfa", "feature_ablation"},
    "share": {"kernel_shap", "integrated_gradients"},
}


@pytest.mark.parametrize("question", MADE_FOR)
def test_methods_made_for_the_question_come_first_each_group_by_its_loss(question):
    found = recommend(tanh6(), ROWS[:1], question, 1)
    answers = [one.answers for one in found.methods]
    assert answers == sorted(answers, reverse=True)
    assert {one.method for one in found.methods if one.answers} == MADE_FOR[question]
    assert {one.method for one in found.methods} == set(CANDIDATES["tabular"])
    place = found.table.neighborhoods.index(PURPOSES[question].tested_on)
    for group in (True, False):
        losses = [one.loss for one in found.methods if one.answers == group]
        assert losses == sorted(losses)
    for one in found.methods:
        assert one.loss == float(found.table.losses[found.table.methods.index(one.method), place])


def test_being_made_for_the_question_decides_before_the_loss():
    """Input times gradient is saliency in other words: the same loss, and no slope."""
    found = {one.method: one for one in recommend(tanh6(), ROWS[:1], "small change", 1).methods}
    assert found["input_x_gradient"].loss == pytest.approx(found["saliency"].loss)
    assert found["saliency"].rank == 1
    assert found["input_x_gradient"].rank > 3
    assert "contributions" in found["input_x_gradient"].why


def test_two_methods_that_both_add_up_are_told_apart_by_how_they_share():
    """f = max(x1, x2): a removal of either column alone costs nothing or little, the straight path sees only the larger."""

    def score(rows):
        top = np.maximum(rows[:, 0], rows[:, 1]) + rows[:, 2]
        return np.stack([top, -top], 1)

    gradients = _torch_max()
    row = torch.tensor([[1.0, 0.9, 0.5]], dtype=torch.float64)
    found = {one.method: one for one in recommend(gradients, row, "share", 0).methods}
    assert found["kernel_shap"].rank == 1
    assert found["integrated_gradients"].rank == 2
    assert found["integrated_gradients"].loss > 2 * found["kernel_shap"].loss
    black_box = FunctionClassifier(score, 2, score_unit="logit", domain="tabular", schema=Columns(0.0, 0.0, 0.0))
    assert [one.method for one in recommend(black_box, row, "share", 0).methods if one.answers] == ["kernel_shap"]


def _torch_max():
    from torch import nn

    from xaivision.core.torch_classifier import TorchClassifier

    class Largest(nn.Module):
        def forward(self, x):
            top = torch.maximum(x[:, 0], x[:, 1]) + x[:, 2]
            return torch.stack([top, -top], 1)

    return TorchClassifier(Largest(), 2, domain="tabular", schema=Columns(0.0, 0.0, 0.0))


def test_losses_that_chance_cannot_tell_apart_share_a_rank_and_say_so():
    weights = torch.tensor([2.0, -1.0, 0.3, 0.5], dtype=torch.float64)
    found = recommend(linear_classifier(weights, 0.7), torch.tensor([[1.0, 2.0, -3.0, 0.5]]).double(), "removal", 0)
    assert [one.rank for one in found.methods] == [1, 1, 1, 4, 4, 4, 4, 4]
    assert "Not told apart from" in str(found)
    assert "all methods alike" in str(found)


@pytest.mark.parametrize("question", MADE_FOR)
def test_what_is_recommended_can_be_asked_for_as_it_is(question):
    picture = linear_classifier(drawn((1, 40, 40), 1))
    for model, inputs in ((table_classifier(), drawn((1, 4), 0)), (picture, drawn((1, 1, 40, 40), 2))):
        for one in recommend(model, inputs, question, 0).methods:
            assert xv.explain(model, inputs, one.method, 0).method == one.method


def test_every_method_has_a_reason_for_every_question():
    for card in PURPOSES.values():
        for names in CANDIDATES.values():
            assert all((name in card.answered_by) != (name in card.otherwise) for name in names)


def test_no_method_is_named_best_for_every_question():
    said = str(recommend(tanh6(), ROWS[:1], "removal", 1))
    assert "Question 'removal': what if this evidence were not there?" in said
    assert "no method is best for every question" in said
    assert "(not told apart) on small steps;" in said
    assert " on masks;" not in said.partition("Least loss elsewhere")[2]
    assert " on masks of all sizes;" in said
    leaders = {recommend(tanh6(), ROWS[:1], question, 1).methods[0].method for question in ("small change", "removal")}
    assert len(leaders) == 2


def test_losses_are_said_with_their_standard_errors_and_beside_a_constants():
    found = recommend(tanh6(), ROWS[:1], "small change", 1)
    first = found.methods[0]
    variance = float(found.table.variances[found.table.neighborhoods.index("small steps")])
    line = next(line for line in str(found).splitlines() if line.startswith("  1."))
    assert f"(loss {first.loss:.3g} ± {first.standard_error:.1g}, {first.loss / variance:.1%} of the best constant's)" in line


class _Kinds(Columns):
    """Numbers, and columns of categories."""

    def __init__(self, *words):
        super().__init__(*[0.5] * len(words))
        self.category_names = words


def test_the_kind_of_a_column_is_the_schemas_and_not_the_rows():
    """A row of zeros and ones is not binary for that, and one number is enough to be asked about."""
    rows = torch.tensor([[0.0, 1.0, 1.0, 0.0]], dtype=torch.float64)
    plain = recommend(table_classifier(schema=_Kinds((), (), (), ())), rows, "small change", 0)
    assert {one.method for one in plain.methods if one.answers} == MADE_FOR["small change"]
    assert "categories" not in str(plain)
    mixed = recommend(table_classifier(schema=_Kinds((), ("no", "yes"), (), ("a", "b", "c"))), rows + 0.1, "small change", 0)
    assert {one.method for one in mixed.methods if one.answers} == MADE_FOR["small change"]
    assert "2 of 4 columns hold categories or parts of one, which have no small change: ask 'removal'" in str(mixed)
    coded = recommend(table_classifier(schema=_Kinds(*[("a", "b", "c")] * 4)), rows + 0.1, "small change", 0)
    assert not any(one.answers for one in coded.methods)
    assert "no column holds numbers" in str(coded)
    assert repr(coded) == "Recommendation('small change': no method is made for it)"
    asked = recommend(table_classifier(schema=_Kinds(*[("a", "b", "c")] * 4)), rows + 0.1, "removal", 0)
    assert {one.method for one in asked.methods if one.answers} == MADE_FOR["removal"]


def test_a_model_without_a_schema_says_that_nothing_is_known_of_its_columns():
    assert "knows no schema" in str(recommend(table_classifier(), drawn((1, 4), 0), "removal", 0))
    assert "knows no schema" not in str(recommend(tanh6(), ROWS[:1], "removal", 1))


def test_a_loss_that_is_not_defined_comes_last_and_is_said():
    rows = ROWS.clone()
    rows[0, 2] = 0.0
    found = recommend(tanh6(), rows, "small change", 1)
    last = [one for one in found.methods if one.loss is None]
    assert {one.method for one in last} == set(CANDIDATES["tabular"]) - MADE_FOR["small change"]
    assert all("its loss is not defined here" in one.why for one in last)
    assert "equals its baseline" in str(found)


def test_a_model_without_gradients_is_offered_none_and_told_why():
    model = FunctionClassifier(lambda rows: rows @ [[1.0, -1.0], [2.0, 0.0]], 2, score_unit="logit", domain="tabular")
    found = recommend(model, drawn((1, 2), 0), "small change", 0)
    assert [one.method for one in found.methods if one.answers] == ["c_lime"]
    assert "the model gives no gradients" in str(found)


def test_pictures_are_not_measured_and_say_so():
    found = recommend(image_classifier(), drawn((1, 2, 8, 8), 1), "removal", 0)
    assert [(one.rank, one.method) for one in found.methods if one.answers] == [
        (1, "kernel_shap"),
        (1, "lime_image"),
        (1, "feature_ablation"),
    ]
    assert found.table is None
    assert all(one.loss is None for one in found.methods)
    assert "Nothing was measured" in str(found)
    wide = recommend(linear_classifier(drawn((1, 40, 40), 1)), drawn((1, 1, 40, 40), 0), "small change", 0)
    assert "c_lime" not in {one.method for one in wide.methods}
    assert "a line in 1,600 values needs a larger budget than its own: c_lime" in str(wide)


def test_an_unknown_question_is_refused():
    with pytest.raises(InputError, match=r"`question` must be one of 'small change', 'removal', 'share'. Got 'why'"):
        recommend(table_classifier(), drawn((1, 4), 0), "why")


def test_a_recommendation_promises_no_figure_and_no_file():
    found = recommend(image_classifier(), drawn((1, 2, 8, 8), 1), "removal", 0)
    assert not hasattr(found, "show")
    assert not hasattr(found, "save")
    assert recommendation.Recommendation.__mro__[1:] == (object,)
