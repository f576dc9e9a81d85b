"""What transformer methods must show: on a transformer that has learned a planted square they find the square."""

import pytest
import torch

from xaivision.core.attribution import Attribution
from xaivision.data.registry import load_dataset
from xaivision.explainers.registry import EXPLAINERS
from xaivision.models import load_model
from xaivision.models.trained_networks import _weights

pytestmark = pytest.mark.slow  # trains for some ten seconds

METHODS = ("attention_rollout", "transformer_attribution")
CONTROLS = tuple(name for name, kind in EXPLAINERS.items() if kind.about.control and "image" in kind.about.domains)
# Pictures that the model has never seen: its training and its held-out part are of seed 0.
SQUARES = load_dataset("planted_squares", count=60, seed=1)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        _weights.cache_clear()
        yield load_model("planted_squares_vit")


def masses(found: Attribution) -> torch.Tensor:
    """(B,) the share of each map's absolute values that lies on the square; nothing of a map that is zero."""
    values = found.values.double().abs().sum(1)
    return (values * SQUARES.truth).sum((1, 2)) / values.sum((1, 2)).clamp_min(1e-30)


def test_it_has_learned_the_squares(model):
    assert (model(SQUARES.inputs).argmax(1) == SQUARES.targets).double().mean() >= 0.98


@pytest.mark.parametrize("name", METHODS)
def test_the_mass_on_the_square_is_three_times_its_area_and_above_every_control(name, model):
    area = float(SQUARES.truth.double().mean())
    found = EXPLAINERS[name]().explain(model, SQUARES.inputs)
    assert found.verdict.status == "ok", str(found.verdict)
    mass = float(masses(found).mean())
    assert mass >= 3 * area
    for control in CONTROLS:
        assert mass > float(masses(EXPLAINERS[control]().explain(model, SQUARES.inputs)).mean()), control


@pytest.mark.parametrize("name", METHODS)
def test_after_the_trained_blocks_are_drawn_anew_the_square_is_no_longer_found(name, model):
    trained = float(masses(EXPLAINERS[name]().explain(model, SQUARES.inputs)).mean())
    kept = {key: tensor.clone() for key, tensor in model.model.state_dict().items()}
    draws = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.model.blocks.parameters():
            if parameter.ndim > 1:
                parameter.copy_(torch.randn(parameter.shape, generator=draws) / parameter.shape[1] ** 0.5)
    drawn_anew = float(masses(EXPLAINERS[name]().explain(model, SQUARES.inputs)).mean())
    model.model.load_state_dict(kept)
    assert drawn_anew < trained / 1.5


def test_every_method_of_these_has_a_map_of_its_own_for_each_class_but_rollout(model):
    first, second = (
        {name: EXPLAINERS[name]().explain(model, SQUARES.inputs, target).values for name in METHODS} for target in (0, 1)
    )
    assert torch.equal(first["attention_rollout"], second["attention_rollout"])
    assert not torch.allclose(first["transformer_attribution"], second["transformer_attribution"], rtol=0.1)
