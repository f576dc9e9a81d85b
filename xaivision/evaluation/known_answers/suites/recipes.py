"""How long and how fast the networks of the suites learn."""

from xaivision.models.known_answers.plain_networks import Kind
from xaivision.models.training import Recipe

RECIPES: dict[Kind, Recipe] = {
    "linear": Recipe(1, 64, 1e-2, 0.0),
    "mlp": Recipe(40, 64, 1e-3, 1e-2),
    "cnn": Recipe(30, 64, 2e-3, 1e-2),
}
