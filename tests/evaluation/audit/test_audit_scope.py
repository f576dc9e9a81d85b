"""What was granted and withheld, and what of it each method used."""

import pytest
import torch
from audit_subjects import linear_model, small_plan
from sklearn.linear_model import LogisticRegression
from torch import nn

from xaivision.core.access import Access
from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.granted import granted
from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.evaluation.audit.plan import AuditPlan
from xaivision.evaluation.audit.scope import OUTSIDE, RESOURCES, AccessSpec, access_spec, beyond, scope
from xaivision.evaluation.registry import EVALUATORS, metric
from xaivision.explainers.registry import explainer


def network() -> TorchClassifier:
    return TorchClassifier(nn.Sequential(nn.Linear(4, 3)), 3, domain="tabular")


def estimator() -> SklearnClassifier:
    rows = torch.rand(30, 4, generator=torch.Generator().manual_seed(0)).numpy()
    return SklearnClassifier(LogisticRegression().fit(rows, rows[:, 0] > 0.5))


@pytest.mark.parametrize("level", Access)
def test_a_network_gives_every_level_up_to_the_grant_and_withholds_the_others(level):
    found = access_spec(granted(network(), level))
    assert found.granted == tuple(str(one) for one in Access if one <= level)
    assert set(found.withheld) == set(RESOURCES) - set(found.granted)
    assert set(found.withheld.values()) == {"not stated"}


def test_an_estimator_has_no_layers_and_can_be_opened_where_nothing_is_held_back():
    whole = access_spec(estimator())
    assert whole.granted == ("labels", "scores", "weights")
    assert whole.withheld["gradients"] == "a SklearnClassifier has none that can be asked for"
    assert access_spec(granted(estimator(), Access.SCORES), reasons={"weights": "a secret"}).withheld["weights"] == "a secret"


def test_a_function_cannot_be_opened():
    assert access_spec(linear_model()).granted == ("labels", "scores", "logits")


def test_only_all_weights_and_everything_outside_is_complete():
    assert access_spec(network(), OUTSIDE).complete
    assert not access_spec(granted(network(), Access.GRADIENTS), OUTSIDE).complete
    assert not any(access_spec(network(), [name for name in OUTSIDE if name != left_out]).complete for left_out in OUTSIDE)


def test_what_was_withheld_has_its_reason():
    found = access_spec(network(), ["code"], {"training_data": "patients did not agree"})
    assert found.withheld["training_data"] == "patients did not agree"
    assert found.withheld["documentation"] == "not stated"
    assert "code" in found.granted


def test_resources_are_named_once_and_known():
    with pytest.raises(UnknownNameError, match="`weigths` is not a known resource"):
        access_spec(network(), reasons={"weigths": "x"})
    with pytest.raises(UnknownNameError, match="outside of a model"):
        access_spec(network(), ["weights"])
    with pytest.raises(InputError, match="`code`, which is granted"):
        access_spec(network(), ["code"], {"code": "x"})
    everything = dict.fromkeys(RESOURCES, "not stated")
    with pytest.raises(InputError, match="`labels` is both"):
        AccessSpec(("labels",), everything)
    with pytest.raises(InputError, match="`labels` is neither"):
        AccessSpec((), {name: why for name, why in everything.items() if name != "labels"})


def test_what_each_method_and_judge_used_is_what_its_card_says():
    plan = AuditPlan(
        {"ig": explainer("integrated_gradients"), "trees": explainer("tree_shap"), "occlusion": explainer("occlusion")},
        {"random": explainer("random")},
        {"deletion": metric("deletion"), "sparseness": metric("sparseness")},
    )
    assert scope(access_spec(network()), plan).used == {
        "ig": ("gradients",),
        "trees": ("scores", "weights"),
        "occlusion": ("scores",),
        "random": ("labels",),
        "deletion": ("scores",),
        "sparseness": ("labels",),
    }


class OfTraining:
    """Stands for a metric that trains the model again."""

    about = EVALUATORS["f_fidelity"].about


def test_a_judge_that_needs_training_data_is_named_where_they_were_withheld():
    plan = AuditPlan(small_plan().methods, {}, {"f": OfTraining()})
    assert scope(access_spec(network()), plan).used["f"][-1] == "training_data"
    assert beyond(access_spec(network(), reasons={"training_data": "lost"}), plan) == (
        "`f` needs training data, which was withheld (lost).",
    )
    assert beyond(access_spec(network(), ["training_data"]), plan) == ()
    assert beyond(access_spec(network()), small_plan()) == ()
