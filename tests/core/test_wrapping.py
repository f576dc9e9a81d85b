import pytest
import torch
from core_subjects import Applied, convnet, drawn, linear
from sklearn.linear_model import LinearRegression, LogisticRegression
from torch import nn

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.core.wrapping import classifier

ROWS = drawn(6, 4)
FITTED = LogisticRegression().fit(ROWS.numpy(), [0, 1, 0, 1, 0, 1])


class Foreign:
    """Somebody else's classifier."""

    num_classes, score_unit, domain = 3, "probability", "tabular"
    class_names = ("a", "b", "c")

    def __call__(self, inputs):
        return torch.softmax(inputs[:, :3], 1)


class ForeignWithMore(Foreign):
    """One that also speaks scikit-learn's language, without being one of its estimators."""

    def predict_proba(self, rows):
        return rows


def test_a_module_shows_its_domain_and_its_number_of_classes():
    images, rows = classifier(convnet(classes=7)), classifier(linear(4, 5))
    assert isinstance(images, TorchClassifier)
    assert (images.domain, images.num_classes) == ("image", 7)
    assert (rows.domain, rows.num_classes) == ("tabular", 5)
    assert (classifier(linear(4, 1)).num_classes, classifier(nn.Conv2d(3, 9, 1)).num_classes) == (2, 9)


def test_what_is_said_overrules_what_a_module_shows():
    model = classifier(convnet(classes=3), domain="image", num_classes=4, score_unit="probability", class_names="abcd")
    assert (model.num_classes, model.score_unit, model.class_names) == (4, "probability", ("a", "b", "c", "d"))


def test_none_says_nothing():
    assert classifier(linear(4, 5), num_classes=None, domain=None, class_names=None).num_classes == 5


@pytest.mark.parametrize("count", [0, 1, -3])
def test_a_number_of_classes_that_is_none_is_refused_not_guessed(count):
    with pytest.raises(InputError, match=f"at least 2. Got {count}"):
        classifier(linear(), num_classes=count)


def test_a_module_that_shows_nothing_has_to_be_told():
    with pytest.raises(InputError, match="Give domain='image' or domain='tabular'"):
        classifier(Applied(torch.relu))
    with pytest.raises(InputError, match="Give `num_classes`"):
        classifier(Applied(torch.relu), domain="tabular")
    assert classifier(Applied(torch.relu), domain="tabular", num_classes=4)(ROWS).shape == (6, 4)


def test_an_estimator_is_recognized():
    model = classifier(FITTED)
    assert isinstance(model, SklearnClassifier)
    assert model(ROWS).shape == (6, 2)


def test_a_function_says_nothing_of_itself():
    with pytest.raises(InputError, match=r"give `num_classes`, `score_unit`, `domain`, as in classifier\(f, num_classes=10"):
        classifier(lambda rows: rows)
    with pytest.raises(InputError, match="give `score_unit`, as in"):
        classifier(lambda rows: rows, num_classes=4, domain="tabular")
    model = classifier(lambda rows: rows, num_classes=4, domain="tabular", score_unit="logit")
    assert isinstance(model, FunctionClassifier)
    assert torch.equal(model(ROWS), ROWS)


@pytest.mark.parametrize("foreign", [Foreign(), ForeignWithMore()], ids=["protocol", "protocol and more"])
def test_a_foreign_classifier_is_taken_at_its_word(foreign):
    model = classifier(foreign)
    assert (model.num_classes, model.score_unit, model.domain, model.class_names) == (
        3,
        "probability",
        "tabular",
        ("a", "b", "c"),
    )
    assert torch.equal(model(ROWS), foreign(ROWS))


def test_an_adapter_is_itself_and_cannot_be_told_more():
    model = classifier(linear())
    assert classifier(model) is model
    with pytest.raises(
        InputError, match=r"TorchClassifier\(Linear, .*\) is a classifier already. Give domain, mean where it is made"
    ):
        classifier(model, domain="image", mean=[0.5])


@pytest.mark.parametrize(
    ("anything", "setting"),
    [
        (linear(), {"clas_names": ["a"]}),
        (FITTED, {"domain": "tabular"}),
        (Foreign(), {"mean": [0.5]}),
        (lambda rows: rows, {"num_classes": 4, "domain": "tabular", "score_unit": "logit", "std": [1.0]}),
    ],
    ids=["module", "estimator", "foreign", "function"],
)
def test_a_setting_that_the_adapter_does_not_have_is_refused_by_name(anything, setting):
    name = list(setting)[-1]
    with pytest.raises(UnknownNameError, match=f"`{name}` is not a known setting of (Torch|Sklearn|Function)Classifier"):
        classifier(anything, **setting)


@pytest.mark.parametrize("thing", [LogisticRegression, nn.Linear, Foreign])
def test_a_class_is_not_an_object_of_it(thing):
    with pytest.raises(InputError, match=f"Got the class {thing.__name__}. Make one of it first"):
        classifier(thing)


@pytest.mark.parametrize("thing", [3, "resnet18", None, LinearRegression()], ids=str)
def test_what_scores_nothing_is_refused_with_what_would_do(thing):
    with pytest.raises(InputError, match=r"takes a torch module, a fitted estimator .* or a function of a batch. Got"):
        classifier(thing)


def test_a_name_is_no_model_and_the_way_to_one_is_told():
    with pytest.raises(InputError, match=r"Got str\. Load a model by its name first: xv\.load_model\('efficientnet_lite0'\)\."):
        classifier("efficientnet_lite0")
