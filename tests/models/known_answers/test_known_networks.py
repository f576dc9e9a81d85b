"""Networks with known answers: built by hand, cut apart, trained against attacks, and kept."""

import inspect
from itertools import permutations

import pytest
import torch

from xaivision.core.errors import InputError
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.known_answers.one_hot import one_hot
from xaivision.data.known_answers.suppressor_table import suppressor_pair
from xaivision.explainers.registry import explainer
from xaivision.models import training
from xaivision.models.construction import construction
from xaivision.models.known_answers import adversarial_training, known_models, plain_networks
from xaivision.models.known_answers.adversarial_training import AdversarialTeaching, Attack, attacked
from xaivision.models.known_answers.built_networks import BUILDERS, built_networks
from xaivision.models.known_answers.disconnected_grid import DisconnectedGrid
from xaivision.models.known_answers.known_models import centered, known_model
from xaivision.models.known_answers.plain_networks import cnn, linear, mlp
from xaivision.models.training import Recipe

RECIPE = Recipe(3, 64, 1e-2, 0.0)


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def shapley(module: torch.nn.Module, row: torch.Tensor) -> torch.Tensor:
    """By all orders of the columns, from zeros."""
    found = torch.zeros(len(row), dtype=torch.float64)
    orders = list(permutations(range(len(row))))
    kept = {}

    def value(present: frozenset) -> float:
        if present not in kept:
            shown = torch.zeros_like(row)
            shown[list(present)] = row[list(present)]
            kept[present] = float(module(shown[None])[0, 1])
        return kept[present]

    for order in orders:
        present: frozenset = frozenset()
        for column in order:
            found[column] += value(present | {column}) - value(present)
            present |= {column}
    return found / len(orders)


@pytest.mark.parametrize("name", BUILDERS)
def test_the_contributions_of_a_built_network_are_its_shapley_values(name):
    found = BUILDERS[name](6, 0)
    with torch.no_grad():
        for row, contributions in zip(found.inputs[:3], found.contributions, strict=False):
            assert torch.allclose(shapley(found.module, row), contributions.double(), atol=1e-5)


def test_the_slope_of_the_rippled_network_is_mostly_not_that_of_its_sum():
    found = next(one for one in built_networks() if one.name == "rippled")
    rows = found.inputs.clone().requires_grad_(True)
    (slope,) = torch.autograd.grad(found.module(rows)[:, 1].sum(), rows)
    assert float((slope[:, 0] - 1).abs().min()) > 1.5
    assert set(slope[:, 0].sign().tolist()) == {-1.0, 1.0}
    assert float((found.module(found.inputs)[:, 1] - found.inputs[:, :2].sum(1)).detach().abs().max()) < 0.06


@pytest.fixture(scope="module")
def disconnected() -> DisconnectedGrid:
    with construction(0):
        layers = cnn((1, 8, 8), 9)
    number = next(number for number, part in enumerate(layers) if isinstance(part, torch.nn.Flatten))
    return DisconnectedGrid(layers[:number], layers[number:], 3).eval()


GRIDS = torch.rand(2, 1, 24, 24, generator=torch.Generator().manual_seed(0))


def test_what_lies_outside_its_cell_cannot_move_a_score(disconnected):
    grids = GRIDS.clone().requires_grad_(True)
    for number in range(9):
        (slope,) = torch.autograd.grad(disconnected(grids)[:, number].sum(), grids)
        row, column = divmod(number, 3)
        inside = torch.zeros(24, 24, dtype=torch.bool)
        inside[8 * row : 8 * row + 8, 8 * column : 8 * column + 8] = True
        assert not slope[:, 0][:, ~inside].any()
        assert slope[:, 0][:, inside].any()


def test_a_class_has_the_score_that_its_cell_has_alone(disconnected):
    with torch.no_grad():
        found = disconnected(GRIDS)
        for number in range(9):
            row, column = divmod(number, 3)
            cell = GRIDS[:, :, 8 * row : 8 * row + 8, 8 * column : 8 * column + 8]
            assert torch.allclose(found[:, number], disconnected.head(disconnected.maps(cell))[:, number], atol=1e-6)


def test_every_layer_is_called_once_and_maps_of_a_layer_lie_on_the_cell_of_their_class(disconnected):
    """Nine calls would leave the class activation maps the last cell alone, and nothing where another is asked about."""
    model, calls = TorchClassifier(disconnected, 9), []
    hooks = [part.register_forward_hook(lambda part, *_: calls.append(part)) for part in disconnected.modules()]
    model(GRIDS)
    for hook in hooks:
        hook.remove()
    assert len(calls) == len(set(calls))
    found = explainer("layer_cam").explain(model, GRIDS[:1].expand(9, -1, -1, -1), torch.arange(9)).as_attribution()
    for number, values in enumerate(found.feature_values):
        row, column = divmod(number, 3)
        cell = values[8 * row : 8 * row + 8, 8 * column : 8 * column + 8]
        assert float(cell.abs().sum()) > 0.5 * float(values.abs().sum())  # enlarging blurs what is a few values wide
    assert bool(found.feature_values.flatten(1).any(1).all())


@pytest.mark.parametrize("norm", ["l2", "linf"])
def test_an_attack_moves_no_farther_than_it_may_and_raises_the_loss(norm):
    with construction(0):
        module = mlp(64, 3, (32,), 0.0).eval()
    draws = torch.Generator().manual_seed(0)
    inputs, targets = torch.rand(20, 1, 8, 8, generator=draws), torch.randint(3, (20,), generator=draws)
    attack = Attack(norm, 0.5 if norm == "l2" else 0.1, low=0.0, high=1.0)
    moved = attacked(module, inputs, targets, attack)
    away = (moved - inputs).flatten(1)
    lengths = away.norm(dim=1) if norm == "l2" else away.abs().amax(1)
    assert float(lengths.max()) <= attack.radius + 1e-6
    assert bool(((moved >= 0) & (moved <= 1)).all())
    losses = [torch.nn.functional.cross_entropy(module(one), targets, reduction="none") for one in (inputs, moved)]
    assert bool((losses[1] > losses[0]).all())
    assert torch.equal(attacked(module, inputs, targets, attack, share=0.0), inputs)


@pytest.mark.parametrize("attack", [{"norm": "l3", "radius": 1.0}, {"norm": "l2", "radius": -1.0}])
def test_an_attack_that_is_none_is_refused(attack):
    with pytest.raises(InputError):
        Attack(**attack)


def test_a_network_taught_against_attacks_withstands_them_and_one_that_was_not_does_not():
    known = one_hot(features=4, learned=400, tested=100)
    strongest, right = Attack("linf", 0.45), {}
    for name, radius in (("standard", 0.0), ("robust", 0.45)):
        with construction(0):
            module = mlp(4, 2, (64,), 0.0)
        AdversarialTeaching(Attack("linf", radius), 30, 50, 1e-2)(module, *known.learned)
        moved = attacked(module, *known.tested, strongest)
        answers = [module(one).argmax(1) == known.tested.targets for one in (known.tested.inputs, moved)]
        right[name] = [float(one.double().mean()) for one in answers]
    assert right["standard"][0] == right["robust"][0] == 1
    assert right["robust"][1] == 1
    assert right["standard"][1] < 0.9


def test_a_second_call_takes_the_kept_weights_and_gives_the_same_scores():
    known = suppressor_pair(learned=300, tested=50)
    calls = []

    class Teaching(AdversarialTeaching):
        def __call__(self, module, inputs, targets):
            calls.append(len(inputs))
            super().__call__(module, inputs, targets)

    teaching = Teaching(Attack("linf", 0.0), 1)
    first, second = (known_model("mlp", known, RECIPE, teaching, "plain") for _ in range(2))
    assert calls == [300]
    assert torch.equal(first(known.tested.inputs), second(known.tested.inputs))
    known_model("mlp", known, RECIPE, Teaching(Attack("linf", 0.1), 1), "plain")
    assert calls == [300, 300]


@pytest.mark.parametrize(
    ("module", "changed"),
    [
        (adversarial_training, "return slope.sign()"),
        (adversarial_training, "away.clamp(-radius, radius)"),
        (known_models, "FREEDOM, MOST_STEPS = 1e3, 2000"),
        (known_models, "(inputs - known.neutral) / known.spread"),
        (training, "lr=recipe.learning_rate"),
        (plain_networks, "HIDDEN, DROPPED = (256, 256, 64), 0.3"),
    ],
)
def test_weights_are_not_taken_from_what_other_code_has_taught(module, changed, monkeypatch):
    """Of the attack as well, which a class that only adds to the teaching inherits."""
    known = suppressor_pair(learned=60, tested=20)
    calls = []

    class Teaching(AdversarialTeaching):
        def __call__(self, module, inputs, targets):
            calls.append(len(inputs))

    def taught():
        known_model("mlp", known, RECIPE, Teaching(Attack("linf", 0.0), 1), "plain")
        return len(calls)

    assert (taught(), taught()) == (1, 1)
    source = inspect.getsource(module)
    assert changed in source
    monkeypatch.setattr(
        known_models, "getsource", lambda one: source.replace(changed, "pass") if one is module else inspect.getsource(one)
    )
    assert taught() == 2


def test_the_linear_model_of_a_pair_gives_as_much_to_the_suppressor_as_to_the_signal():
    known = suppressor_pair()
    model = known_model("linear", known, RECIPE)
    weights = model.model[1].weight[1].detach().abs()
    assert float(weights[1] / weights.sum()) == pytest.approx(0.5, abs=0.03)
    assert float((model(known.tested.inputs).argmax(1) == known.tested.targets).double().mean()) > 0.99


def test_networks_take_the_shapes_they_are_made_for():
    with construction(0):
        assert linear(10, 3)(torch.rand(2, 10)).shape == (2, 3)
        for shape in ((1, 8, 8), (1, 16, 8), (3, 64, 64)):
            assert cnn(shape, 2)(torch.rand(2, *shape)).shape == (2, 2)


def test_what_holds_nothing_is_zero_for_the_network():
    from xaivision.data.known_answers.tetrominoes import tetrominoes

    known = tetrominoes("linear", "white", learned=20, tested=10)
    ends = [0.5 - known.spread, 0.5, 0.5 + known.spread]
    assert torch.allclose(centered(known, torch.tensor(ends)), torch.tensor([-1.0, 0.0, 1.0]), atol=1e-6)
    assert float(centered(known, known.learned.inputs).std()) == pytest.approx(1)
    model = known_model("cnn", known, Recipe(1, 20, 1e-3, 0.0))
    direct = model.model(centered(known, known.tested.inputs))
    assert torch.allclose(model(known.tested.inputs), direct, atol=1e-6)
