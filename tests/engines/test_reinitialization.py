import pytest
import torch
from engine_networks import seeded
from torch import nn

from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines import reinitialization


class Network(nn.Module):
    """A shared layer, weights tied between two layers, running statistics, and a parameter that nothing draws anew."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 4, 3)
        self.norm = nn.BatchNorm2d(4)
        self.twice = nn.Conv2d(4, 4, 1)
        self.again = self.twice
        self.tied = nn.Conv2d(4, 4, 1)
        self.tied.weight = self.twice.weight
        self.scale = nn.Parameter(torch.tensor([-0.0]))

    def forward(self, x):
        return self.tied(self.again(self.twice(self.norm(self.first(x)))).relu()).mean((2, 3)) * self.scale


def network(seed=0):
    module = seeded(Network, seed)
    with torch.no_grad():
        module.norm.running_mean.copy_(torch.tensor([0.5, -0.5, float("nan"), 2.0]))
        module.norm.num_batches_tracked.fill_(17)
    return module


def layers(module):
    return reinitialization.resettable_layers(module)


def memory(module):
    """Identity and bytes of every parameter and buffer."""
    tensors = dict([*module.named_parameters(), *module.named_buffers()])
    return {name: (id(tensor), tensor.detach().numpy().tobytes()) for name, tensor in tensors.items()}


def check_every_byte_comes_back():
    module = network()
    before = memory(module)
    with reinitialization.reinitialized(module, layers(module), 3):
        assert memory(module) != before
    assert memory(module) == before


def check_running_statistics_are_drawn_anew_too():
    module = network()
    with reinitialization.reinitialized(module, layers(module), 3):
        assert not module.norm.running_mean.any()
        assert module.norm.num_batches_tracked == 0


INPUTS, TARGET = torch.tensor([[0.2, 0.7, -0.4], [1.0, 0.1, 0.3]]), TargetScore(torch.tensor([0, 2]))


class Behind(nn.Linear):
    """Drawn anew behind torch's back, which counts no change of it."""

    def reset_parameters(self):
        self.weight.data.uniform_(-1, 1)
        self.bias.data.zero_()


def check_gradients_are_those_of_whole_passes():
    """From the top down and one alone, where a pass begins at the first layer that is another."""
    for order in ("top_down", "independent"):
        with torch.random.fork_rng():
            torch.manual_seed(0)
            net = nn.Sequential(*(part for _ in range(4) for part in (Behind(3, 3), nn.Tanh())))
        net[2].weight = nn.Parameter(net[4].weight.data)  # two objects on one memory
        model = TorchClassifier(net, 3, domain="tabular")

        def ask(model=model):
            found, _, whole = (model.gradients(rows, TARGET).values for rows in (INPUTS, INPUTS + 1, INPUTS))
            return found, whole  # the last pass is one of other inputs: nothing of it is known

        for found, whole in reinitialization.answers_by_stage(net, order, 0, ask):
            assert torch.equal(found, whole)


def check_every_layer_gets_fresh_weights():
    module = network()
    before = {name: tensor.detach().clone() for name, tensor in module.named_parameters()}
    with reinitialization.reinitialized(module, layers(module), 3):
        for name, tensor in module.named_parameters():
            if not name.startswith(("norm", "scale")):  # these start at one and zero, as before
                assert (tensor != before[name]).all(), name


def check_the_seed_alone_decides():
    module, other = network(0), network(1)
    drawn = []
    for part, seed in ((module, 3), (other, 3), (module, 4)):
        torch.rand(5)  # the global generator is elsewhere each time
        with reinitialization.reinitialized(part, layers(part), seed):
            drawn.append(part.first.weight.detach().clone())
    assert torch.equal(drawn[0], drawn[1])
    assert (drawn[0] != drawn[2]).all()


def check_the_global_generator_is_not_moved():
    module, state = network(), torch.get_rng_state()
    with reinitialization.reinitialized(module, layers(module), 3):
        assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(torch.get_rng_state(), state)


def changed_at_each_stage(order, seed=3):
    """Names of the layers whose weights are not as before, at each stage."""
    module = network()
    before = memory(module)

    def ask():
        now = memory(module)
        return tuple(name for name in layers(module) if any(now[n] != before[n] for n in now if n.startswith(name)))

    found = reinitialization.answers_by_stage(module, order, seed, ask)
    assert memory(module) == before
    return found


def check_stages_add_up_from_the_named_end():
    # A weight that two layers share goes by the name of the first: to draw `tied` changes `twice` too.
    everything = ("first", "norm", "twice", "tied")
    assert changed_at_each_stage("all") == [everything]
    assert changed_at_each_stage("bottom_up") == [everything[:1], everything[:2], everything[:3], everything]
    assert changed_at_each_stage("top_down") == [everything[2:], everything[2:], everything[1:], everything]
    assert changed_at_each_stage("independent") == [("first",), ("norm",), ("twice",), ("twice", "tied")]


def check_each_layer_has_a_stream_of_its_own():
    module = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    ask = lambda: [part.weight.detach().clone() for part in module]  # noqa: E731
    (found,) = reinitialization.answers_by_stage(module, "all", 3, ask)
    assert not torch.equal(*found)
    alone = reinitialization.answers_by_stage(module, "independent", 3, ask)
    assert torch.equal(alone[0][0], found[0])
    assert torch.equal(alone[1][1], found[1])


def test_gradients_are_those_of_whole_passes():
    check_gradients_are_those_of_whole_passes()


def test_stages_add_up_from_the_named_end():
    check_stages_add_up_from_the_named_end()


def test_each_layer_has_a_stream_of_its_own():
    check_each_layer_has_a_stream_of_its_own()


@pytest.mark.parametrize("order", reinitialization.ORDERS)
@pytest.mark.parametrize("stage", [1, 3])
def test_every_byte_comes_back_after_an_error_at_any_stage(order, stage):
    module, asked = network(), []
    before = memory(module)

    def fail():
        asked.append(0)
        if len(asked) == stage or order == "all":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reinitialization.answers_by_stage(module, order, 3, fail)
    assert memory(module) == before


def test_every_byte_comes_back():
    check_every_byte_comes_back()


def test_running_statistics_are_drawn_anew_too():
    check_running_statistics_are_drawn_anew_too()


def test_every_layer_gets_fresh_weights():
    check_every_layer_gets_fresh_weights()


def test_the_seed_alone_decides_the_fresh_weights():
    check_the_seed_alone_decides()


def test_the_global_generator_is_not_moved():
    check_the_global_generator_is_not_moved()


def test_every_byte_comes_back_after_an_error_inside():
    module = network()
    before = memory(module)
    with pytest.raises(KeyboardInterrupt), reinitialization.reinitialized(module, layers(module), 3):
        raise KeyboardInterrupt
    assert memory(module) == before


def test_every_byte_comes_back_after_an_error_while_drawing():
    module = network()
    before, state = memory(module), torch.get_rng_state()

    def fail():
        raise RuntimeError("cannot draw")

    module.tied.reset_parameters = fail
    with pytest.raises(RuntimeError, match="cannot draw"), reinitialization.reinitialized(module, layers(module), 3):
        pass
    assert memory(module) == before
    assert torch.equal(torch.get_rng_state(), state)


def test_only_the_named_layers_change():
    module = network()
    before = memory(module)
    with reinitialization.reinitialized(module, ("first",), 3):
        changed = {name for name, found in memory(module).items() if found != before[name]}
    assert changed == {"first.weight", "first.bias"}


def test_training_flags_and_requires_grad_stay():
    module = network().train()
    module.first.weight.requires_grad_(False)
    with reinitialization.reinitialized(module, layers(module), 3):
        assert not module.first.weight.requires_grad
        assert module.norm.weight.requires_grad
        assert module.training


def test_layers_that_replace_their_tensors_get_the_old_ones_back():
    class Replacing(nn.Module):
        def __init__(self):
            super().__init__()
            self.reset_parameters()

        def reset_parameters(self):
            self.weight = nn.Parameter(torch.randn(3, 3))
            self.register_buffer("drawn", torch.rand(2))

    module = seeded(nn.Sequential, 0).append(Replacing())
    before = memory(module)
    with reinitialization.reinitialized(module, ("0",), 3):
        assert not set(memory(module).values()) & set(before.values())
    assert memory(module) == before


def test_a_shared_module_is_listed_once_and_modules_without_parameters_never():
    assert layers(network()) == ("first", "norm", "twice", "tied")
    assert layers(nn.Sequential(nn.ReLU(), nn.BatchNorm1d(2, affine=False), nn.Flatten())) == ()


def test_parameters_that_no_layer_draws_are_named():
    assert reinitialization.unreachable_parameters(network()) == ("scale",)


def test_weights_under_a_parametrization_are_named_as_unreached_since_they_keep_their_values():
    module = nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(2, 3)))
    named = reinitialization.unreachable_parameters(module)
    assert named == ("0.parametrizations.weight.original0", "0.parametrizations.weight.original1")
    before = {name: tensor.detach().clone() for name, tensor in module.named_parameters()}
    with reinitialization.reinitialized(module, layers(module), 3):
        kept = tuple(name for name, tensor in module.named_parameters() if torch.equal(tensor, before[name]))
    assert kept == named
