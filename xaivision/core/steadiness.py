"""Does a model give an input the same scores again, and whatever its neighbors in the batch are?

Every method here relies on it: the gradient of a sum of scores is each input's own only where inputs do not mix.
"""

from collections.abc import Hashable
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from xaivision.core.diagnostics import Note
from xaivision.core.granted import ungranted
from xaivision.core.metering import unmetered
from xaivision.core.structure import module_structure
from xaivision.core.torch_classifier import TorchClassifier

# For each module the last look at it. Gone with the module, and not used once a part or a setting of it has changed.
_known: "WeakKeyDictionary[nn.Module, tuple[Hashable, tuple[Note, ...]]]" = WeakKeyDictionary()


def steadiness_notes(model: TorchClassifier, inputs: Tensor) -> tuple[Note, ...]:
    """What there is to doubt, seen on the first input: three scores for a module and a shape of inputs, and no method's cost.

    A model that is asked one input at a time (`batch_size=1`) has no neighbors.
    """
    model = ungranted(model)
    key = _key(model, inputs)
    known = _known.get(model.model)
    if known is None or known[0] != key:
        with unmetered():
            known = (key, _looked_at(model, inputs))
        _known[model.model] = known
    return known[1]


def carry_over(model: TorchClassifier, twin: TorchClassifier, inputs: Tensor) -> None:
    """What was seen of the model holds for a view of it that gives the same scores: the view is not asked for it again."""
    _known[twin.model] = (_key(twin, inputs), steadiness_notes(model, inputs))


def _key(model: TorchClassifier, inputs: Tensor) -> Hashable:
    return (module_structure(model.model), tuple(inputs.shape[1:]), model.batches.size(inputs) > 1)


def _looked_at(model: TorchClassifier, inputs: Tensor) -> tuple[Note, ...]:
    one = inputs[:1]
    alone, beside = model(one)[0], model(torch.cat([one, _neighbor(model, inputs)]))[0]
    if _same(alone, beside):
        return ()
    again = model(one)[0]
    if not _same(alone, again):
        apart = float((alone - again).abs().max())
        text = f"the model is random: asked twice about the same input, its scores differ by {apart:.2g}. Switch its dropout off"
        return (Note("warn", text),)
    apart = float((alone - beside).abs().max())
    text = (
        f"inputs are not independent: in a batch the scores of an input differ by {apart:.2g} from those it gets alone, as with "
        "batch statistics in evaluation mode. Give the classifier batch_size=1"
    )
    return (Note("refuse", text),)


def _neighbor(model: TorchClassifier, inputs: Tensor) -> Tensor:
    """(1, *S) an input that is unlike the first."""
    if not torch.equal(inputs[-1], inputs[0]):
        return inputs[-1:]
    if model.domain == "image":
        return 1 - inputs[:1]
    return torch.zeros_like(inputs[:1]) if model.typical is None else torch.tensor([model.typical]).to(inputs)


def _same(scores: Tensor, others: Tensor) -> bool:
    """Equal but for rounding, which grows with the scores and shrinks with the digits of their dtype."""
    slack = torch.finfo(scores.dtype).eps ** 0.5 * max(1e-3, float(scores.nan_to_num().abs().max()))
    return torch.allclose(scores, others, rtol=0, atol=slack, equal_nan=True)
