from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from counted_rows import CountsRows
from question_networks import LARGER, PHOTOS, channels_last, convnet, tokens

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.layer_layout import Layout
from xaivision.core.sharing import sharing
from xaivision.core.targets import Target
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.gradient_question import gradient_question, map_gradient_question, map_question

QUESTIONS = {"inputs": gradient_question, "maps": map_gradient_question, "no gradients": map_question}


@dataclass(frozen=True)
class Asking:
    """An explainer that only asks."""

    about: ClassVar[About] = About("asking", "?", ".", "1", "a test", Access.SCORES)
    layer: str | None = None
    layout: Layout | None = None


def asked(kind, model, targets=None, inputs=PHOTOS, **settings):
    with QUESTIONS[kind](Asking(**settings), model, inputs, targets, seed=3) as (q, found):
        return q, found


@pytest.mark.parametrize("kind", QUESTIONS)
@pytest.mark.parametrize("size", [None, 2])
def test_the_scores_come_from_the_same_pass(kind, size):
    module = CountsRows(convnet())
    model = TorchClassifier(module, 3, batch_size=size)
    asked(kind, model)  # looks at the model
    del module.batches[:]
    q, _ = asked(kind, model)
    assert module.rows == 5
    with torch.no_grad():
        expected = module.module(PHOTOS)
    assert torch.equal(q.query.targets, expected.argmax(1))
    assert torch.allclose(q.query.scores, expected.amax(1), atol=1e-6)


@pytest.mark.parametrize("targets", [None, 2, [0, 1, 2, 1, 0], Target(None, output="margin"), Target(2, against=0)], ids=repr)
def test_gradients_are_those_of_the_settled_question(targets):
    model = TorchClassifier(convnet(), 3, batch_size=2)
    q, found = asked("inputs", model, targets)
    assert torch.equal(found.values, model.gradients(PHOTOS, q.query.target).values)
    q, maps = asked("maps", model, targets, layer="3")
    expected = model.layer_gradients(PHOTOS, q.query.target, maps.where.layer)
    assert torch.equal(maps.gradients, expected.gradients)
    assert torch.equal(maps.activations, expected.activations)


@pytest.mark.parametrize(("net", "name"), [(tokens(), "norm"), (channels_last(), "norm")])
def test_maps_are_read_as_they_are_laid_out(net, name):
    model, photos = TorchClassifier(net, 3), LARGER
    for kind in ("maps", "no gradients"):
        _, found = asked(kind, model, inputs=photos)
        assert found.where.layer.name == name
        assert found.activations.shape == found.gradients.shape == found.where.layout.to_maps(found.outputs).shape
        assert found.activations.shape[2:] == (4, 4)
        assert bool(found.gradients.any()) == (kind == "maps")


def test_a_wrong_target_is_refused_as_elsewhere():
    for kind in ("inputs", "maps"):
        with pytest.raises(InputError, match=r"class numbers from 0 to 2\. Got 3"):
            asked(kind, TorchClassifier(convnet(), 3), [0, 1, 3, 0, 0])
        with pytest.raises(InputError, match=r"one for each of 5 inputs. Got shape \(4,\)"):
            asked(kind, TorchClassifier(convnet(), 3, batch_size=2), [0, 1, 2, 0])
    with pytest.raises(InputError, match=r"class numbers from 0 to 2\. Got 3"):
        asked("no gradients", TorchClassifier(convnet(), 3), 3)


class Opaque(ClassifierAdapter):
    """An adapter of somebody else that promises more than it is."""

    access = Access.WEIGHTS

    def _score(self, batch):
        return batch.flatten(1)[:, :3]


@pytest.mark.parametrize("kind", QUESTIONS)
def test_a_model_that_is_no_torch_module_is_refused(kind):
    model = Opaque(object(), 3, score_unit="logit", domain="image")
    with pytest.raises(CapabilityError, match=r"`asking` needs a torch module\. Got Opaque"):
        asked(kind, model)


def test_several_questions_of_one_job_share_their_passes():
    module = CountsRows(convnet())
    model = TorchClassifier(module, 3)
    for kind in QUESTIONS:
        asked(kind, model)
    del module.batches[:]
    with sharing():
        for kind in (*QUESTIONS, *QUESTIONS):
            asked(kind, model)
    assert module.rows == 5 * len(QUESTIONS)


@pytest.mark.parametrize("kind", ["maps", "no gradients"])
def test_another_layer_of_the_same_inputs_is_another_question(kind):
    model = TorchClassifier(convnet(), 3)
    with sharing():
        shared = [asked(kind, model, layer=layer)[1].activations for layer in ("0", "3", "0")]
    alone = [asked(kind, model, layer=layer)[1].activations for layer in ("0", "3", "0")]
    assert [found.shape for found in shared] == [found.shape for found in alone]
    assert all(torch.equal(one, other) for one, other in zip(shared, alone, strict=True))
