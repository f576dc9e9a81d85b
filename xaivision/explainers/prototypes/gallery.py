"""All prototypes of a model in one value: which training input each is a place of, what it says of the classes, and why."""

from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.classifier import Classifier, ClassifierAdapter
from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.examples import Examples
from xaivision.core.presenting import Presentable
from xaivision.core.settings import check_positive_integer
from xaivision.core.targets import ScoreUnit
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.core.wrapping import classifier
from xaivision.explainers.prototypes.characteristics import Changes, Characteristics, explain_prototypes
from xaivision.explainers.prototypes.prototype_matches import PrototypeMatches
from xaivision.explainers.prototypes.prototype_question import has_prototypes
from xaivision.models.prototypes.certifying import Certificate, certified
from xaivision.models.prototypes.encoders import TableEncoder
from xaivision.models.prototypes.prototype_network import PrototypeNetwork
from xaivision.models.prototypes.prototype_plan import network_of
from xaivision.models.prototypes.prototype_sources import PrototypeSources


@dataclass(frozen=True, eq=False, repr=False)
class PrototypeGallery(Presentable):
    """The P prototypes of a model: `sources`, the training inputs they are places of, `owners` (P,) the class of each, and
    `weights` (P, K), by how much the score of each class grows with the similarity.

    `matches`: which of them were found in inputs, `characteristics`: what the similarities rest on, None of rows of a table, and
    `certificate`: how far each input may move, None where the model has none; all None where no inputs were given.

    Of rows of a table, `columns` (F) their names, `means` and `spread` (F,), mean and standard deviation of the training rows.
    """

    model: str
    sources: PrototypeSources
    owners: Tensor
    weights: Tensor
    class_names: tuple[str, ...]
    score_unit: ScoreUnit
    matches: Examples | None = None
    characteristics: Characteristics | None = None
    certificate: Certificate | None = None
    columns: tuple[str, ...] = ()
    means: Tensor | None = None
    spread: Tensor | None = None

    def __len__(self) -> int:
        return len(self.owners)

    @property
    def pictures(self) -> bool:
        """Whether prototypes are places of pictures; else they are rows of a table."""
        return self.sources.inputs.ndim == 4

    def of_class(self, label: int) -> list[int]:
        """The numbers of the prototypes of a class, those first that say most for it.

        Raises: InputError, where there is no such class.
        """
        if not 0 <= label < len(self.class_names):
            raise InputError(f"`label` must be a class from 0 to {len(self.class_names) - 1}. Got {label}.")
        mine = (self.owners == label).nonzero().flatten()
        found: list[int] = mine[self.weights[mine, label].argsort(descending=True, stable=True)].tolist()
        return found

    def _in_short(self) -> tuple[str, ...]:
        counts = self.owners.bincount(minlength=len(self.class_names)).tolist()
        each = [f"{count} of {name}" for name, count in zip(self.class_names[:4], counts[:4], strict=True)]
        more = f"and {len(counts) - 4} classes more" if len(counts) > 4 else ""
        return (self.model, *each, more)


def prototype_gallery(
    model: Classifier, inputs: Tensor | None = None, changes: Changes = None, *, k: int = 3, name: str = ""
) -> PrototypeGallery:
    """All prototypes of a model by class, to be shown (`show(label)`) or written as a page (`save(folder)`).

    `inputs` (B, *S): inputs in which the `k` prototypes that count most are shown, with their certified radius where the model
    has one, and, of pictures, on which it is measured what similarities rest on (`changes` as in `explain_prototypes`; an empty
    list leaves it out). `name`: what the model is called.

    Raises: CapabilityError, where the model does not decide by prototypes; InputError; as `explain_prototypes`.
    """
    check_positive_integer("k", k)
    adapter = classifier(model)
    network = _network(adapter)
    with torch.no_grad():
        weights = network.reasoning.evidence().slope.detach().cpu()
    sources = PrototypeSources(
        *(part.cpu() for part in (network.source_inputs, network.source_rows, network.source_labels)),
        *(part.cpu() for part in (network.source_places, network.source_boxes)),
    )
    matches = why = certificate = None
    if inputs is not None:
        matches = PrototypeMatches(k=min(k, len(weights))).explain(adapter, inputs)
        asked = adapter.domain == "image" and (changes is None or len(changes) > 0)
        why = explain_prototypes(adapter, inputs, changes) if asked else None
        certificate = None if network.prototypes.scale is None else certified(adapter, inputs)
    return PrototypeGallery(
        name or repr(adapter),
        sources,
        network.reasoning.owners.cpu(),
        weights,
        adapter.class_names,
        adapter.score_unit,
        matches,
        why,
        certificate,
        () if adapter.schema is None else adapter.schema.names,
        *_columns_of(network),
    )


def _columns_of(network: PrototypeNetwork) -> tuple[Tensor | None, Tensor | None]:
    """Mean and spread (F,) of each column of the training rows; None of pictures."""
    if not isinstance(network.encoder, TableEncoder):
        return None, None
    return network.encoder.mean.cpu(), network.encoder.std.cpu()


def _network(model: ClassifierAdapter) -> PrototypeNetwork:
    if not isinstance(model, TorchClassifier) or not has_prototypes(model):
        raise CapabilityError(
            f"`prototype_gallery` needs a model that decides by prototypes. Got {model!r}. Train one with "
            'xv.train(..., model="proto_part").'
        )
    return network_of(model)
