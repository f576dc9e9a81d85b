import dataclasses
import importlib
import inspect
import pkgutil
import re
from importlib.metadata import EntryPoint
from typing import ClassVar

import pytest
import torch

import xaivision.explainers
from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.protocols import Explainer
from xaivision.explainers import registry
from xaivision.explainers.counterfactuals.attributes import Attributes
from xaivision.explainers.narratives.narrator import Narrator
from xaivision.explainers.registry import EXPLAINERS, explainer, explainers, missing_settings, third_party_explainers
from xaivision.explainers.saliency import Saliency
from xaivision.models.generators.segment_layers import SegmentLayers


@dataclasses.dataclass(frozen=True)
class Others:
    """What another package may offer."""

    about: ClassVar[About] = dataclasses.replace(Saliency.about, name="others")

    def explain(self, model, inputs, targets=None, *, seed=0):
        return Saliency().explain(model, inputs, targets, seed=seed)


OTHERS = f"{__name__}:Others"

# What a method without a default needs.
NEEDED = {
    **{
        name: {"background": torch.zeros(3, 4)} for name, kind in EXPLAINERS.items() if "background" in missing_settings(kind, ())
    },
    "deletion_robust_counterfactuals": {"background": torch.zeros(3, 4), "labels": torch.tensor([0, 1, 1])},
    "attribute_counterfactuals": {"attributes": Attributes(SegmentLayers(), (), (), *[torch.zeros(0)] * 3, 1.0, 0.0)},
    "captum": {"method": "Saliency"},
    "shap": {"algorithm": "tree"},
}

# Made by its class and not by name: it is made of other methods, a segmenter and a captioner; `xv.narrate` puts them together.
BY_CLASS_ONLY = {"narrator": Narrator}
WITH_A_CARD = {**EXPLAINERS, **BY_CLASS_ONLY}


def made(name):
    return explainer(name, **NEEDED.get(name, {}))


@pytest.fixture
def offered(monkeypatch):
    """Lets a test say which entry points installed packages have."""

    def offer(**values):
        entries = [EntryPoint(name, value, registry.GROUP) for name, value in values.items()]
        monkeypatch.setattr(registry, "entry_points", lambda group: entries if group == "xaivision.explainers" else [])
        third_party_explainers.cache_clear()

    yield offer
    third_party_explainers.cache_clear()


def classes_with_a_card():
    modules = [
        importlib.import_module(part.name)
        for part in pkgutil.walk_packages(xaivision.explainers.__path__, "xaivision.explainers.")
    ]
    return {
        found
        for module in modules
        for _, found in inspect.getmembers(module, inspect.isclass)
        if found.__module__ == module.__name__ and isinstance(getattr(found, "about", None), About)
    }


def told(kind):
    """The docstring of the class and, where it names the class that it has settings from, that one's too."""
    text = inspect.getdoc(kind)
    origins = [part for part in kind.__mro__[1:] if dataclasses.is_dataclass(part)]
    return "\n".join([text, *(inspect.getdoc(part) for part in origins if f"`{part.__name__}`" in text)])


def test_every_class_with_a_card_is_registered():
    assert classes_with_a_card() == set(WITH_A_CARD.values())
    assert not set(BY_CLASS_ONLY) & set(EXPLAINERS)
    assert len(EXPLAINERS) == len(set(EXPLAINERS.values())) >= 12


@pytest.mark.parametrize("name", WITH_A_CARD)
def test_a_method_is_registered_under_the_name_on_its_card(name):
    assert WITH_A_CARD[name].about.name == name


@pytest.mark.parametrize("name", WITH_A_CARD)
def test_a_class_has_the_methods_name_in_camel_case(name):
    assert WITH_A_CARD[name].__name__ == "".join(word.title() for word in name.split("_"))


@pytest.mark.parametrize("name", EXPLAINERS)
def test_settings_are_frozen(name):
    method = made(name)
    assert isinstance(method, Explainer)
    with pytest.raises(dataclasses.FrozenInstanceError):
        method.seed = 1


@pytest.mark.parametrize("name", WITH_A_CARD)
def test_every_setting_is_told_in_the_docstring_of_its_class(name):
    text = told(WITH_A_CARD[name])
    untold = [part.name for part in dataclasses.fields(WITH_A_CARD[name]) if f"`{part.name}`" not in text]
    assert untold == []


@pytest.mark.parametrize("name", WITH_A_CARD)
def test_every_card_says_what_it_answers_when_it_misleads_and_what_it_costs(name):
    about = WITH_A_CARD[name].about
    assert about.answers.endswith("?")
    assert about.misleads.endswith(".")
    assert about.cost
    assert about.control or re.search(r"arXiv:\d{4}\.\d{5}|arXiv:\d{4}\.\d{4}|AMIA|DOI|doi:10", about.source)


@pytest.mark.parametrize("name", EXPLAINERS)
def test_what_a_card_names_instead_gets_along_with_scores_on_the_same_inputs(name):
    about = EXPLAINERS[name].about
    for other in about.instead:
        assert EXPLAINERS[other].about.needs is Access.SCORES
        assert set(about.domains) <= set(EXPLAINERS[other].about.domains)


def test_a_method_is_made_with_its_settings():
    assert explainer("integrated_gradients", steps=8).steps == 8


@pytest.mark.parametrize(
    ("name", "closest"), [("salency", "saliency"), ("Grad-CAM", "grad_cam"), ("integrated_gradient", "integrated_gradients")]
)
def test_an_unknown_method_is_answered_with_the_closest_one(name, closest):
    with pytest.raises(UnknownNameError, match=rf"`{name}` is not a known method\. Did you mean `{closest}`\?"):
        explainer(name)


def test_an_unknown_setting_is_answered_with_the_closest_one():
    with pytest.raises(UnknownNameError, match=r"`windw` is not a known setting of `occlusion`\. Did you mean `window`\?"):
        explainer("occlusion", windw=3)


def test_a_setting_of_a_method_without_any_is_refused():
    with pytest.raises(UnknownNameError, match=r"`steps` is not a known setting of `saliency`\. Known: none\."):
        explainer("saliency", steps=3)


def test_a_missing_background_is_named():
    assert missing_settings(EXPLAINERS["nearest_examples"], ()) == ("background",)
    assert missing_settings(EXPLAINERS["nearest_examples"], ("background",)) == ()
    words = r"`nearest_examples` needs `background`\. Got no value\. Give `background=...`, a batch of reference"
    with pytest.raises(InputError, match=words):
        explainer("nearest_examples")


def test_the_method_of_an_installed_package_is_found(offered):
    offered(others=OTHERS)
    assert explainers()["others"] is Others
    assert isinstance(explainer("others"), Others)


def test_the_houses_own_names_win_and_the_other_is_told(offered):
    offered(saliency="xaivision.explainers.saliency:Saliency")
    with pytest.warns(UserWarning, match="`saliency` of .* could not be loaded: another explainer has that name already"):
        assert explainers() == EXPLAINERS


def test_an_entry_point_whose_name_is_not_the_one_that_results_show_is_told(offered):
    offered(other=OTHERS)
    with pytest.warns(UserWarning, match="could not be loaded: its card says `others`; the entry point must have the name"):
        assert explainers() == EXPLAINERS


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("no_such_package_anywhere:Method", "No module named 'no_such_package_anywhere'"),
        ("xaivision.explainers.saliency:Missing", "has no attribute 'Missing'"),
        ("xaivision.explainers.registry:explainer", "it is no explainer: a frozen dataclass with `about` and `explain`"),
        ("xaivision.core.query:Query", "it is no explainer: a frozen dataclass with `about` and `explain`"),
    ],
)
def test_a_method_that_cannot_be_loaded_is_a_warning_and_the_others_are_there(offered, value, why):
    offered(broken=value, others=OTHERS)
    with pytest.warns(UserWarning, match="The explainer `broken` of .* could not be loaded: ") as caught:
        found = explainers()
    assert why in str(caught[0].message)
    assert set(found) == {*EXPLAINERS, "others"}


def test_installed_packages_are_asked_once(offered):
    offered(broken="no_such_package_anywhere:Method")
    with pytest.warns(UserWarning, match="could not be loaded"):
        explainers()
    assert set(explainers()) == set(EXPLAINERS)  # a second warning would be an error here
