"""Standard and adversarially robust networks, and the sizes of their gradients.

Source: Shah, Jain, Netrapalli, Do input gradients highlight discriminative features?, 2021, arXiv:2102.12781.
"""

from torch import Tensor, nn

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import XaivisionError
from xaivision.core.random import seed_for
from xaivision.core.targets import Target
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.dataset import Part
from xaivision.data.known_answers.known_set import KnownSet
from xaivision.explainers.registry import explainer
from xaivision.models.construction import construction
from xaivision.models.known_answers.adversarial_training import AdversarialTeaching, Attack
from xaivision.models.known_answers.known_models import known_model
from xaivision.models.known_answers.plain_networks import Kind, cnn, mlp
from xaivision.models.training import Recipe

SOURCE = "Shah, Jain, Netrapalli, 2021, arXiv:2102.12781"
# The lesson of a network that is trained against no attack.
STANDARD, PLAIN = "standard", Attack("linf", 0.0)
# A network that classifies clean inputs worse than this has not learned its task, and its gradients say nothing of it.
LEAST_ACCURACY = 0.9
# Of networks whose lesson is an attack, which brings a recipe of its own.
UNUSED = Recipe(1, 1, 1.0, 0.0)


def taught(known: KnownSet, kind: Kind, lesson: str, attack: Attack, epochs: int = 12, seed: int = 0) -> TorchClassifier:
    """The small network of the paper's miniature, trained against the attack; its clean accuracy is asserted.

    Raises: XaivisionError, where it has not learned the clean inputs: a large attack without warm-up leads there.
    """
    module = fresh(known, kind, seed)
    model = known_model(kind, known, UNUSED, AdversarialTeaching(attack, epochs, seed=seed), lesson, module=module)
    return learned_model(model, known, lesson)


def learned_model(model: TorchClassifier, known: KnownSet, lesson: str) -> TorchClassifier:
    """The model, if it classifies the clean tested inputs. Raises: XaivisionError, where it does not."""
    accuracy = accuracy_of(model, known.tested)
    if accuracy < LEAST_ACCURACY:
        raise XaivisionError(
            f"A network must have learned the clean inputs before its gradients are read. The {lesson} one of {known.name} is "
            f"right about {accuracy:.0%}. Train longer, with a smaller attack or a longer warm-up."
        )
    return model


def accuracy_of(model: ClassifierAdapter, part: Part) -> float:
    """The share of the inputs that the model gets right."""
    return float((model(part.inputs).argmax(1).cpu() == part.targets).double().mean())


def gradient_sizes(model: TorchClassifier, inputs: Tensor) -> Tensor:
    """(B, ...) the sizes of the predicted class' slopes."""
    found = explainer("saliency").explain(model, inputs, Target())
    return found.as_attribution().feature_values.abs()


def fresh(known: KnownSet, kind: Kind, seed: int) -> nn.Module:
    """Untrained: two convolutions of 24 and 48 channels, or two layers of 128 units."""
    shape, classes = known.tested.inputs.shape[1:], len(known.class_names)
    with construction(seed_for(seed, known.name, kind)):
        return (
            cnn((shape[0], shape[1], shape[2]), classes, (24, 48))
            if kind == "cnn"
            else mlp(shape.numel(), classes, (128, 128), 0.0)
        )
