import pytest
import torch
from core_subjects import Applied, convnet, drawn, linear, then, with_logits
from torch import nn

from xaivision.core.errors import InputError
from xaivision.core.query import asked
from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier

MEAN, STD = [0.4, 0.5, 0.6], [0.2, 0.25, 0.5]
TARGETS = torch.tensor([0, 2, 1, 1])


def by_hand(net, inputs, targets, mean=MEAN, std=STD):
    """Scores of the targets and their gradients, by autograd over the whole calculation."""
    leaf = inputs.detach().clone().requires_grad_()
    mean, std = (torch.tensor(values, dtype=leaf.dtype).view(1, -1, 1, 1) for values in (mean, std))
    scores = net.eval()((leaf - mean) / std).gather(1, targets[:, None])[:, 0]
    scores.sum().backward()
    net.zero_grad(set_to_none=True)
    return scores.detach(), leaf.grad


def test_scores_and_gradients_are_those_of_autograd_over_the_normalization():
    net, inputs = convnet(dtype=torch.float64), drawn(4, 3, 8, 8, dtype=torch.float64)
    scores, slopes = by_hand(net, inputs, TARGETS)
    found = TorchClassifier(net, 3, mean=MEAN, std=STD).gradients(inputs, TargetScore(TARGETS))
    assert torch.allclose(found.values, slopes, rtol=1e-10, atol=1e-14)
    assert torch.allclose(found.scores, scores, rtol=1e-12, atol=0)
    assert not found.cut
    assert torch.allclose(TorchClassifier(net, 3, mean=MEAN, std=STD)(inputs)[range(4), TARGETS], scores, rtol=1e-12, atol=0)


def test_one_mean_for_all_channels_is_that_mean_for_each():
    net, inputs = convnet(dtype=torch.float64), drawn(2, 3, 8, 8, dtype=torch.float64)
    one, three = (TorchClassifier(net, 3, mean=[0.5] * n, std=[0.2] * n) for n in (1, 3))
    assert torch.equal(one(inputs), three(inputs))


@pytest.mark.parametrize(("module", "inputs"), [(torch.float32, torch.float64), (torch.float64, torch.float32)], ids=str)
def test_inputs_are_brought_to_the_modules_dtype_and_gradients_back_to_the_inputs(module, inputs):
    model = TorchClassifier(convnet(dtype=module), 3, mean=MEAN, std=STD)
    photos = drawn(4, 3, 8, 8, dtype=inputs)
    found = model.gradients(photos, TargetScore(TARGETS))
    assert model.dtype == module
    assert model(photos).dtype == module
    assert found.scores.dtype == module
    assert found.values.dtype == inputs


def test_float32_stays_float32():
    model, photos = TorchClassifier(convnet(), 3, mean=MEAN, std=STD), drawn(4, 3, 8, 8)
    found = model.gradients(photos, TargetScore(TARGETS))
    assert {model(photos).dtype, found.scores.dtype, found.values.dtype} == {torch.float32}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_a_module_without_parameters_computes_in_the_dtype_of_its_inputs(dtype):
    model = TorchClassifier(Applied(lambda x: torch.stack([x.sum(1), (x**3).sum(1)], 1)), 2, domain="tabular")
    rows = drawn(3, 4, dtype=dtype)
    found = model.gradients(rows, TargetScore(torch.ones(3, dtype=torch.long)))
    assert model(rows).dtype == found.scores.dtype == found.values.dtype == dtype
    assert torch.equal(model(rows)[:, 1], (rows**3).sum(1))


@pytest.mark.parametrize(
    "net",
    [
        nn.Sequential(nn.ReLU(inplace=True), *convnet()),
        nn.Sequential(Applied(lambda x: x.mul_(2).add_(1)), *convnet()),
        nn.Sequential(Applied(lambda x: x.detach().zero_().add(1) if not x.requires_grad else x), *convnet()),
    ],
    ids=["in-place ReLU first", "in-place arithmetic", "writes through detach"],
)
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=str)
def test_a_module_that_works_in_place_neither_fails_nor_writes_on_the_callers_tensor(net, layout):
    photos = (drawn(4, 3, 8, 8) - 0.5).contiguous(memory_format=layout)
    before = photos.clone()
    model = TorchClassifier(net, 3)
    model(photos)
    model.gradients(photos, TargetScore(TARGETS))
    assert torch.equal(photos, before)


def test_rows_of_a_table_are_not_written_on_either():
    model = TorchClassifier(nn.Sequential(nn.ReLU(inplace=True), linear()), 3, domain="tabular")
    rows = drawn(4, 4) - 0.5
    before = rows.clone()
    found = model.gradients(rows, TargetScore(TARGETS))
    model(rows)
    assert torch.equal(rows, before)
    expected = torch.where(rows > 0, model.model[1].weight[TARGETS], 0)
    assert torch.allclose(found.values, expected)


@pytest.mark.parametrize("unit", ["logit", "probability"])
def test_one_score_for_two_classes_speaks_for_the_second_and_against_the_first(unit):
    net = linear(4, 1) if unit == "logit" else then(linear(4, 1), torch.sigmoid)
    model = TorchClassifier(net, 2, domain="tabular", score_unit=unit)
    rows = drawn(3, 4)
    only = net(rows).detach()[:, 0]
    first, second = (-only / 2, only / 2) if unit == "logit" else (1 - only, only)
    assert torch.equal(model(rows), torch.stack([first, second], 1))
    chance = torch.sigmoid(only) if unit == "logit" else only
    assert torch.allclose(asked(model, rows, 1).probabilities, chance)
    slopes = [model.gradients(rows, TargetScore(torch.full((3,), target))).values for target in (0, 1)]
    assert slopes[1].abs().min() > 0
    assert torch.equal(slopes[0], -slopes[1])


def test_an_object_that_holds_logits_is_asked_for_them():
    net, rows = linear(), drawn(3, 4)
    model = TorchClassifier(with_logits(net), 3, domain="tabular")
    assert torch.equal(model(rows), net(rows))
    assert torch.equal(model.gradients(rows, TargetScore(torch.tensor([0, 1, 2]))).values, net.weight.detach())


@pytest.mark.parametrize("ask", ["call", "gradients"])
@pytest.mark.parametrize(
    ("net", "says"),
    [
        (linear(4, 5), r"one row of 3 scores for each of 2 inputs. Got shape \(2, 5\). Pass the right `num_classes`"),
        (then(linear(), lambda scores: scores[:1]), r"Got shape \(1, 3\)"),
        (then(linear(), lambda scores: scores.sum(1)), r"Got shape \(2,\)"),
        (then(linear(), lambda scores: scores[None]), r"Got shape \(1, 2, 3\)"),
        (then(linear(), lambda scores: (scores, 1)), "must return a tensor of scores .* Got tuple"),
        (then(linear(), lambda scores: {"scores": scores}), "Got dict"),
    ],
    ids=["five classes", "one row", "no classes", "one axis more", "tuple", "dict"],
)
def test_an_answer_of_another_shape_is_refused(net, says, ask):
    model = TorchClassifier(net, 3, domain="tabular")
    with pytest.raises(InputError, match=says):
        model(drawn(2, 4)) if ask == "call" else model.gradients(drawn(2, 4), TargetScore(torch.tensor([0, 1])))


def test_scores_carry_no_graph_even_where_the_module_switches_gradients_on():
    def gradients_on(rows):
        with torch.enable_grad():
            return net(rows)

    net = linear()
    scores = TorchClassifier(Applied(gradients_on), 3, domain="tabular")(drawn(2, 4))
    assert not scores.requires_grad


def test_forward_keeps_its_graph():
    rows = drawn(2, 4).requires_grad_()
    net = linear()
    TorchClassifier(net, 3, domain="tabular").forward(rows)[:, 1].sum().backward()
    assert torch.equal(rows.grad, net.weight.detach()[1].expand(2, 4))


@pytest.mark.parametrize(
    "net",
    [
        nn.Sequential(Applied(torch.Tensor.detach), linear()),
        then(linear(), torch.Tensor.detach),
        then(linear(), lambda scores: nn.functional.one_hot(scores.argmax(1), 3).float()),
    ],
    ids=["inputs detached", "scores detached", "argmax"],
)
def test_a_cut_gradient_is_reported(net):
    found = TorchClassifier(net, 3, domain="tabular").gradients(drawn(2, 4), TargetScore(torch.tensor([0, 1])))
    assert found.cut
    assert torch.equal(found.values, torch.zeros(2, 4))
    assert found.scores.shape == (2,)


def test_a_gradient_that_is_only_partly_cut_is_not_reported_as_cut():
    net = then(linear(), lambda scores: scores + scores.detach())
    assert not TorchClassifier(net, 3, domain="tabular").gradients(drawn(2, 4), TargetScore(torch.tensor([0, 1]))).cut


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode, torch.enable_grad])
def test_gradients_work_in_any_mode_of_the_caller(mode):
    model, photos = TorchClassifier(convnet(), 3), drawn(4, 3, 8, 8)
    expected = model.gradients(photos, TargetScore(TARGETS))
    with mode():
        found = model.gradients(drawn(4, 3, 8, 8), TargetScore(TARGETS.clone()))
    assert not found.cut
    assert torch.equal(found.values, expected.values)


def test_inputs_made_in_inference_mode_can_be_explained():
    with torch.inference_mode():
        photos, targets = drawn(4, 3, 8, 8), TARGETS.clone()
    model = TorchClassifier(convnet(), 3)
    assert torch.equal(
        model.gradients(photos, TargetScore(targets)).values, model.gradients(drawn(4, 3, 8, 8), TargetScore(TARGETS)).values
    )


def test_an_input_gets_the_same_scores_and_gradients_alone_as_among_others():
    model, photos = TorchClassifier(convnet(dtype=torch.float64), 3), drawn(4, 3, 8, 8, dtype=torch.float64)
    together = model.gradients(photos, TargetScore(TARGETS))
    alone = [model.gradients(photos[i : i + 1], TargetScore(TARGETS[i : i + 1])) for i in range(4)]
    assert torch.allclose(torch.cat([one.values for one in alone]), together.values, rtol=1e-10, atol=1e-14)
    assert torch.allclose(torch.cat([model(photos[i : i + 1]) for i in range(4)]), model(photos), rtol=1e-12, atol=0)


@pytest.mark.parametrize("size", [1, 3, 4])
def test_the_size_of_a_batch_does_not_change_the_answer(size):
    net, photos = convnet(dtype=torch.float64), drawn(4, 3, 8, 8, dtype=torch.float64)
    whole, split = TorchClassifier(net, 3), TorchClassifier(net, 3, batch_size=size)
    found, expected = split.gradients(photos, TargetScore(TARGETS)), whole.gradients(photos, TargetScore(TARGETS))
    assert torch.allclose(found.values, expected.values, rtol=1e-10, atol=1e-14)
    assert torch.allclose(found.scores, expected.scores, rtol=1e-12, atol=0)
    assert torch.allclose(split(photos), whole(photos), rtol=1e-12, atol=0)


@pytest.mark.parametrize(
    "awkward",
    [lambda x: x.flip(0).flip(0), lambda x: x.transpose(2, 3).contiguous().transpose(2, 3), lambda x: x.repeat(2, 1, 1, 1)[::2]],
    ids=["copy", "transposed", "strided"],
)
def test_the_layout_of_the_inputs_in_memory_does_not_matter(awkward):
    model, photos = TorchClassifier(convnet(), 3), drawn(1, 3, 8, 8).expand(4, -1, -1, -1)
    expected = model.gradients(photos.contiguous(), TargetScore(TARGETS)).values
    found = model.gradients(awkward(photos), TargetScore(TARGETS)).values
    assert found.is_contiguous()
    assert torch.allclose(found, expected, atol=1e-7)
    assert torch.allclose(model(awkward(photos)), model(photos), atol=1e-6)


@pytest.mark.parametrize("cut_at", [0, 1, 2])
def test_a_gradient_that_is_cut_in_one_batch_only_is_reported(cut_at):
    rows = drawn(3, 4)
    marked = float(rows[cut_at, 0])
    net = nn.Sequential(Applied(lambda part: part.detach() if bool((part[:, 0] == marked).any()) else part), linear())
    model = TorchClassifier(net, 3, domain="tabular", batch_size=1)
    found = model.gradients(rows, TargetScore(torch.tensor([0, 1, 2])))
    assert found.cut
    assert found.values.any(1).tolist() == [row != cut_at for row in range(3)]
