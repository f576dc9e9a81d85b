import subprocess
import sys

import pytest
import torch
from rule_networks import Net, classifier_of, images
from torch import nn

from xaivision.core.errors import MissingExtraError
from xaivision.core.metering import metered
from xaivision.core.targets import TargetScore
from xaivision.explainers.captum_module import ExplainedNumber, PairedNumber, as_found, captum_attributions
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
