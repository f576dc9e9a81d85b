import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch
from rule_networks import Apart, Net, classifier_of, images
from torch import nn
from torch.nn import functional as F

from xaivision.core.errors import CapabilityError, MissingExtraError
from xaivision.core.metering import metered
from xaivision.core.targets import TargetScore
from xaivision.engines import disjoint_pooling
from xaivision.explainers import operations_seen
from xaivision.explainers.captum_module import PairedNumber, as_found, captum_attributions
from xaivision.explainers.inputs_apart import inputs_apart
from xaivision.explainers.operations_seen import ExplainedNumber
from xaivision.explainers.registry import explainer

TARGET = TargetScore(torch.tensor([2, 0, 1]), torch.tensor([0, 1, 2]))


def test_the_registry_does_not_import_captum():
    code = "import sys, xaivision.explainers.registry; print('captum' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout.strip() == "False"


@pytest.mark.parametrize("name", ["deep_lift", "guided_backprop"])
def test_without_captum_the_extra_is_named(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "captum.attr", None)
    with pytest.raises(MissingExtraError, match=r"`captum` is needed.*xaivision\[captum\]"):
        explainer(name).explain(classifier_of(Net), images())
    with pytest.raises(MissingExtraError, match=r"xaivision\[captum\]"):
        explainer("captum", method="Saliency")


class Route(Net):
    """Rectified for dark images, and smooth for bright ones; `config.smooth`: for all."""

    def __init__(self):
        super().__init__()
        self.config = SimpleNamespace(smooth=False)

    def forward(self, x):
        maps = self.first(x)
        smooth = self.config.smooth or float(x.detach().mean()) > 0.5
        return self.head((F.silu(maps) if smooth else self.one(maps)).mean((2, 3)) @ torch.ones(4, 5).double())


DARK, BRIGHT = images(1) * 0.3, images(1) * 0.3 + 0.6
RULED = ["guided_backprop", "deconvolution", "deep_lift"]


@pytest.mark.parametrize("name", RULED)
def test_a_model_that_goes_another_way_for_the_next_input_is_looked_at_anew(name):
    model = classifier_of(Route, batch_size=1)
    explainer(name).explain(model, DARK, 1)
    with pytest.raises(CapabilityError, match=r"silu: the answer would be the plain|cannot be read as a graph"):
        explainer(name).explain(model, BRIGHT, 1)


@pytest.mark.parametrize("name", ["guided_backprop", "deconvolution"])
def test_an_input_of_the_same_batch_that_goes_another_way_is_refused(name):
    model = classifier_of(Route, batch_size=1)
    with pytest.raises(CapabilityError, match=r"does the same with every input of a batch.*Ask about one input at a time"):
        explainer(name).explain(model, torch.cat([DARK, BRIGHT]), 1)


class Called(Route):
    """What is rectified by a module for dark images is by a function for bright ones."""

    def forward(self, x):
        maps = self.first(x)
        maps = F.relu(maps) if float(x.detach().mean()) > 0.5 else self.one(maps)
        return self.head(maps.mean((2, 3)) @ torch.ones(4, 5).double())


def test_an_activation_that_is_a_module_for_one_input_and_a_function_for_the_next_is_refused():
    model = classifier_of(Called, batch_size=1)
    with pytest.raises(CapabilityError, match=r"does the same with every input of a batch"):
        explainer("guided_backprop").explain(model, torch.cat([DARK, BRIGHT]), 1)


class Configured(Route):
    def forward(self, x):
        maps = self.first(x)
        maps = F.silu(maps) if self.config.smooth else self.one(maps)
        return self.head(maps.mean((2, 3)) @ torch.ones(4, 5).double())


@pytest.mark.parametrize("name", RULED)
def test_a_setting_that_is_changed_in_an_object_of_settings_is_seen(name):
    model = classifier_of(Configured)
    assert explainer(name).explain(model, DARK, 1).verdict.status == "ok"
    model.model.config.smooth = True
    with pytest.raises(CapabilityError, match=r"silu: the answer would be the plain|no rule for SiLU"):
        explainer(name).explain(model, DARK, 1)


def test_a_question_looks_once_at_the_operations(monkeypatch):
    looks = []
    real = operations_seen.gradient_path
    monkeypatch.setattr(operations_seen, "gradient_path", lambda *given: looks.append(given) or real(*given))
    explainer("guided_backprop").explain(classifier_of(Net), images())
    assert len(looks) == 1


@pytest.mark.parametrize(("name", "apart"), [("guided_backprop", False), ("deconvolution", False), ("deep_lift", True)])
def test_pools_are_laid_apart_only_where_captum_hooks_them(name, apart, monkeypatch):
    made = []
    real = disjoint_pooling.DisjointMaxPool
    monkeypatch.setattr(disjoint_pooling, "DisjointMaxPool", lambda pool: made.append(pool) or real(pool))
    model = classifier_of(lambda: Net(pool=lambda: nn.MaxPool2d(3, 2)))
    explainer(name).explain(model, images())
    assert bool(made) == apart


class SwitchedOff(Net):
    def forward(self, x):
        maps = self.first(x)
        with torch.no_grad():
            side = self.two(maps)
        return self.head(self.second(self.one(maps) + side).mean((2, 3)))


@pytest.mark.parametrize("name", ["guided_backprop", "deconvolution"])
def test_a_module_of_captums_that_no_gradient_passes_is_refused(name):
    with pytest.raises(CapabilityError, match=r"At ReLU gradients are switched off or were cut before"):
        explainer(name).explain(classifier_of(SwitchedOff), images())


class WithPlaces(Net):
    def forward(self, x):
        maps, _ = self.pool(self.second(self.one(self.first(x))))
        return self.head(maps.mean((2, 3)))


@pytest.mark.parametrize("name", RULED)
def test_pools_that_give_places_too_are_as_those_that_do_not(name):
    def make(places):
        module = Apart if not places else WithPlaces
        return classifier_of(lambda: module(pool=lambda: nn.MaxPool2d(3, 2, return_indices=places)))

    found, expected = (explainer(name).explain(make(places), images(2), 1) for places in (True, False))
    assert found.verdict.status == expected.verdict.status == "ok"
    torch.testing.assert_close(found.values, expected.values, atol=1e-13, rtol=0)


def test_the_module_gives_the_explained_number_of_each_input_in_pixel_space():
    model, inputs = classifier_of(Net, mean=[0.4, 0.5], std=[0.2, 0.3]), images()
    with model.held():
        found = ExplainedNumber(model, TARGET)(inputs)
        twice = ExplainedNumber(model, TARGET)(torch.cat([inputs, inputs]))
    assert torch.equal(found.detach(), TARGET.of(model(inputs)))
    torch.testing.assert_close(twice, torch.cat([found, found]), atol=1e-15, rtol=0)


def test_the_module_counts_what_is_asked_of_it():
    model = classifier_of(Net)
    number = ExplainedNumber(model, TARGET)
    with metered() as meter:
        number(images().requires_grad_())
        with torch.no_grad():
            number(images())
    assert (meter.gradient_calls, meter.model_calls) == (3, 3)


def test_pairs_differ_as_the_explained_numbers_do():
    model, inputs, baselines = classifier_of(Net), images(), images(seed=5)
    for target in (TARGET, TargetScore(TARGET.classes, None, "probability")):
        end, start = PairedNumber(model, target)(torch.cat([inputs, baselines])).detach().chunk(2)
        torch.testing.assert_close(end - start, target.of(model(inputs)) - target.of(model(baselines)), atol=1e-12, rtol=0)


def test_everything_that_is_added_to_a_module_is_gone_afterwards_and_what_was_there_stays():
    module = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    module[0].mine = 1
    kept = module[0].register_forward_hook(lambda *_: None)
    with pytest.raises(RuntimeError, match="broken"):
        spoiled(module)
    assert module[0].mine == 1
    assert list(module[0]._forward_hooks) == [kept.id]
    assert not module[1]._forward_pre_hooks
    assert not hasattr(module[1], "input")


def spoiled(module):
    with as_found(module):
        module[1].input = torch.ones(1)
        module[1].register_forward_pre_hook(lambda *_: None)
        module[0].register_forward_hook(lambda *_: None)
        raise RuntimeError("broken")


def test_captum_says_nothing_at_every_call(recwarn):
    explainer("deep_lift").explain(classifier_of(Net), images())
    explainer("guided_backprop").explain(classifier_of(Net), images())
    assert [str(found.message) for found in recwarn] == []
    assert captum_attributions().__name__ == "captum.attr"


@pytest.mark.parametrize("name", ["guided_backprop", "deconvolution"])
def test_what_one_input_is_refused_for_is_no_refusal_of_the_next(name):
    model = classifier_of(Route, batch_size=1)
    with pytest.raises(CapabilityError):
        explainer(name).explain(model, BRIGHT, 1)
    found = explainer(name).explain(model, DARK, 1)
    assert found.verdict.status == "ok"
    assert torch.equal(found.values, explainer(name).explain(classifier_of(Route, batch_size=1), DARK, 1).values)


@pytest.mark.parametrize(("name", "times"), [("guided_backprop", 1), ("deconvolution", 1), ("deep_lift", 2)])
def test_an_earlier_look_counts_where_inputs_pass_as_they_are(name, times, monkeypatch):
    looks = []
    real = operations_seen.gradient_path
    monkeypatch.setattr(operations_seen, "gradient_path", lambda *given: looks.append(given) or real(*given))
    model = classifier_of(Net)
    first, second = (explainer(name).explain(model, images()) for _ in range(2))
    assert len(looks) == times
    assert torch.equal(first.values, second.values)
    assert first.verdict == second.verdict


class InPlace(Net):
    """Its first activation may write into the maps, which are read again."""

    def forward(self, x):
        maps = self.first(x)
        shown = self.one(maps)
        return self.head(self.two(self.second(self.pool(shown + maps))).mean((2, 3)))


class Twice(InPlace):
    """What it comes to where the activation does write."""

    def forward(self, x):
        shown = self.one(self.first(x))
        return self.head(self.two(self.second(self.pool(shown + shown))).mean((2, 3)))


class Writing(nn.ReLU):
    def forward(self, input):
        return input.relu_()


@pytest.mark.parametrize("act", [lambda: nn.ReLU(inplace=True), Writing])
@pytest.mark.parametrize("name", RULED)
def test_an_activation_that_writes_into_what_others_read_is_asked_as_it_works(name, act):
    model = classifier_of(lambda: InPlace(act))
    found, wanted = (explainer(name).explain(asked, images(), 1) for asked in (model, classifier_of(Twice)))
    torch.testing.assert_close(found.values, wanted.values, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(found.query.scores, model(images())[:, 1])
    assert any("no longer works in place" in note.text for note in found.diagnostics.notes)


@pytest.mark.parametrize("in_place", [True, False])
@pytest.mark.parametrize("name", RULED)
def test_activations_work_in_place_afterwards_as_they_did_before(name, in_place):
    model = classifier_of(lambda: Apart(lambda: nn.ReLU(inplace=in_place)))
    explainer(name).explain(model, images(), 1)
    assert model.model.one.inplace == in_place
    assert not model.model.one._forward_pre_hooks


def test_activations_that_were_cut_off_work_in_place_again():
    with pytest.raises(CapabilityError, match="switched off"):
        explainer("guided_backprop").explain(off := classifier_of(lambda: SwitchedOff(lambda: nn.ReLU(inplace=True))), images())
    assert off.model.one.inplace
    assert off.model.two.inplace


@pytest.mark.parametrize(("act", "copied"), [(nn.ReLU(inplace=True), False), (Writing(), True)])
def test_only_activations_that_may_write_into_their_input_get_a_copy(act, copied):
    """Copying every map would take a thirtieth of the time of a ResNet's pass."""
    given, places = torch.randn(2, 3), []
    before = given.clone()
    with inputs_apart([act], lambda _part, own: places.append(own.data_ptr())):
        act(given)
    assert (places != [given.data_ptr()]) == copied
    assert torch.equal(given, before)
