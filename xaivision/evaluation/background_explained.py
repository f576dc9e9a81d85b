"""A background explained as the judged inputs were: what checks that compare explanations over inputs need."""

from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.core.protocols import Explainer
from xaivision.core.targets import Target


def background_explained(
    name: str, model: ClassifierAdapter, explainer: Explainer, explanation: Attribution, background: Tensor
) -> Attribution:
    """The method's answer about the background's predicted classes, by the seed of the explanation that the check `name` judges.

    Raises: InputError, where the explanation sets one class against another, or the background does not fit its inputs.
    """
    query = explanation.query
    if query.against is not None:
        raise InputError(f"`{name}` needs explanations of one class. Got one class against another. Leave out `against`.")
    one, given = tuple(query.inputs.shape[1:]), tuple(background.shape[1:])
    if given != one:
        raise InputError(f"`background` must hold inputs of shape {one}. Got {given}.")
    asked = Target(None, output=query.output)
    return explainer.explain(model, background, asked, seed=explanation.origin.seed).as_attribution()
