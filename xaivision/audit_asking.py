"""What an audit is asked, brought from words to objects: the names that a person said, as the audit takes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

from xaivision.arguments import row_numbers
from xaivision.audit_request import AuditRequest
from xaivision.auditing import USUAL_CHECKS, USUAL_METRICS
from xaivision.class_names import said_class
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.core.targets import Output, Target
from xaivision.data.images import picture_paths
from xaivision.data.registry import available_datasets, dataset_card
from xaivision.evaluation.audit.assembly import Stated
from xaivision.evaluation.audit.checklist import Auditor
from xaivision.evaluation.audit.items import GivenItems, Items, PictureItems
from xaivision.evaluation.audit.subject import Subject
from xaivision.fitting_methods import usual_methods
from xaivision.hidden_names import hiding_notes
from xaivision.labeled_folders import TEST_PART, labeled_folder, selection, unlearned
from xaivision.naming import background_from, items_from, model_from, names_pictures, test_rows
from xaivision.terminal import doing

# What is passed on as it was said.
AS_SAID = ("controls", "access", "seed", "out", "executor", "workers", "shard_size")


@dataclass(frozen=True, eq=False)
class AskedAudit:
    """The subject, the items, the other arguments of `auditing.prepared` by name, and notes on how the items were read."""

    subject: Subject
    items: Items
    arguments: Mapping[str, Any]
    notes: tuple[str, ...] = ()


def asked_audit(request: AuditRequest) -> AskedAudit:
    """The audit that is asked for, with its model and its data found; pictures are read when their turn comes.

    Raises: InputError, where nothing is named to audit, or words mean nothing; UnknownNameError; FileFormatError.
    """
    if not request.inputs:
        raise InputError("Name what is to be audited: a file, a folder or a data set, after `audit` or as `inputs` under [data].")
    make = partial(model_from, request.model, **request.model_settings)
    model = doing(f"loading {request.model}", make)
    items, notes = doing(f"loading {', '.join(request.inputs[:3])}", lambda: _items(request, model))
    background, more = _background(request, model)
    arguments = {
        **_who(request, model),
        "background": background,
        "targets": Target(said_class(model, request.target), said_class(model, request.against), cast(Output, request.score)),
        "stated": _stated(request, model),
        **{name: getattr(request, name) for name in AS_SAID},
    }
    return AskedAudit(Subject(request.model, model, make), items, arguments, tuple(dict.fromkeys((*notes, *more))))


def _who(request: AuditRequest, model: ClassifierAdapter) -> dict[str, Any]:
    """Who explains and who judges, with the settings that were said of them."""
    given = ("background",) if request.background else ()
    methods = dict(request.methods) or {name: name for name in usual_methods(model, given)}
    judges = request.metrics or (*USUAL_METRICS, *USUAL_CHECKS)
    settings = request.all_settings(list(methods), judges)
    return {
        "methods": methods,
        "metrics": request.metrics or None,
        "settings": {label: settings[label] for label in methods if settings[label]},
        "metric_settings": {name: settings[name] for name in judges if settings[name]},
    }


def _background(request: AuditRequest, model: ClassifierAdapter) -> tuple[Any, tuple[str, ...]]:
    """The reference inputs that were named, and notes on how they were read."""
    word = request.background
    if word is None:
        return None, ()
    found = doing(f"loading {word}", lambda: background_from(word, model, request.label))
    return found.inputs, found.notes


def _stated(request: AuditRequest, model: ClassifierAdapter) -> Stated:
    """What was said; of a data set with a card what the card says, and of class folders how their pictures were chosen."""
    known: dict[str, Any] = {}
    if len(request.inputs) == 1 and (name := request.inputs[0]) in available_datasets() and not Path(name).exists():
        card = dataset_card(name)
        known = {
            "source": f"{name}: {card.origin}",
            "license": card.license,
            "selection": f"rows {request.rows}" if request.rows else "the rows of its test part, where it has one",
        }
    elif len(request.inputs) == 1 and names_pictures(name := request.inputs[0], model):
        folder = labeled_folder(name, model)
        if folder is not None:
            known = {
                "source": f"the folder {folder.root.name}",
                "selection": f"rows {request.rows}" if request.rows else TEST_PART,
            }
    return Stated(**{**known, **request.stated}, auditor=Auditor(**request.auditor))


def _items(request: AuditRequest, model: ClassifierAdapter) -> tuple[Items, tuple[str, ...]]:
    """The rows that are named; of a data set or class folders else the test part, and all rows of a file.

    Pictures are read one by one.
    """
    pictures, hidden = [word for word in request.inputs if names_pictures(word, model)], hiding_notes(request.inputs)
    if len(pictures) == len(request.inputs) == 1 and request.label is None and not request.rows:
        part = unlearned(pictures[0], model)
        if part is not None:
            said = f"Of {part.root.name} is audited {selection(part)}."
            return PictureItems(part.paths, model.image_format), (*hidden, *part.notes(), said)
    if pictures and request.rows and labeled_folder(pictures[0], model) is None:
        raise InputError(f"`rows` are those of a table or a data set. Got {request.rows!r} for the pictures {pictures[0]!r}.")
    if pictures == list(request.inputs) and request.label is None and not request.rows:
        return PictureItems(_paths(pictures), model.image_format), hidden
    rows = row_numbers(request.rows) if request.rows else _test_rows(request, model)
    found = items_from(request.inputs, model, rows, request.label)
    return GivenItems(found.inputs, found.titles), found.notes


def _test_rows(request: AuditRequest, model: ClassifierAdapter) -> list[int] | None:
    return test_rows(request.inputs[0], model) if len(request.inputs) == 1 else None


def _paths(words: Sequence[str]) -> tuple[Path, ...]:
    """A file that is damaged is one item that failed; one that is not there is a name misspelled."""
    found = {word: picture_paths(word) for word in words}
    for word, paths in found.items():
        if paths == [Path(word)] and not paths[0].exists():  # in a folder, it is a link to a file that is gone
            raise InputError(f"`{word}` must be a picture file. There is no such file.")
    return tuple(path for paths in found.values() for path in paths)
