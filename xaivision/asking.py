"""What a command was asked about, brought from words to objects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from torch import Tensor

from xaivision.class_names import said_class
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.targets import Output, Target
from xaivision.explainers.counterfactuals.survives_deletion import SurvivesDeletion
from xaivision.explainers.counterfactuals.wishes import CONSTRAINT_WORD
from xaivision.explainers.needed_settings import lacking_settings
from xaivision.explainers.registry import explainers
from xaivision.held_out_items import held_out_items
from xaivision.naming import background_from, items_from, model_from
from xaivision.report.wording import listed
from xaivision.shared_settings import methods_with, with_shared
from xaivision.terminal import doing

# Settings that no word can say, and the command that finds them itself.
OTHER_COMMANDS = {
    "attributes": "Ask `xaivision attributes DATA --model MODEL`: it finds them, and with them these counterfactuals.",
}


# What the reference inputs bring.
FROM_BACKGROUND = ("background", "labels")


@dataclass(frozen=True, eq=False)
class Asked:
    """A model, its inputs with their titles, and notes on how they were read, for the one who asked."""

    model: ClassifierAdapter
    titles: tuple[str, ...]
    inputs: Tensor
    label: str | None = None
    notes: list[str] = field(default_factory=list)

    def target_said(self, target: str | None, against: str | None, score: str) -> Target:
        """What is to be explained: the class that a text names, against another, as the score that a third one names.

        Raises: UnknownNameError; InputError, where a text could mean several classes, or there is no such score.
        """
        return Target(said_class(self.model, target), said_class(self.model, against), cast(Output, score))

    def add_background(self, settings: Mapping[str, dict[str, Any]], spec: str | None) -> None:
        """Put the reference inputs that the word means into the settings, by method, of the methods that look at some; what
        a method was given itself stays.

        Raises: InputError, where no method does, or some lack what they need; UnknownNameError, of a method too.
        """
        for name in settings:
            if name not in explainers():  # first of all: a misspelled method is for nothing that is asked for here
                raise UnknownNameError("method", name, explainers())
        takers = [name for name in settings if name in methods_with("background")]
        if spec is None:
            _check_complete(self.model, settings)
            return
        if not takers:
            raise InputError(
                f"`--background` is for methods that look at reference inputs: {', '.join(methods_with('background'))}. "
                f"Got {', '.join(settings)}."
            )
        items = doing(f"loading {spec}", lambda: background_from(spec, self.model, self.label))
        self.notes.extend(note for note in items.notes if note not in self.notes)
        filled = with_shared({name: name for name in settings}, settings, {"background": items.inputs})
        for name in settings:
            settings[name].update(filled[name])
        _add_labels(settings, spec, items.labels)
        _check_complete(self.model, settings)


def asked(spec: str, inputs: Sequence[str], rows: Sequence[int], label: str | None) -> Asked:
    """The model and the inputs that are named; a terminal says meanwhile what is being loaded.

    Raises: as `naming.model_from` and `naming.items_from`.
    """
    model = doing(f"loading {spec}", lambda: model_from(spec))
    named = f"{inputs[0]} and {len(inputs) - 1} more" if len(inputs) > 1 else "".join(inputs)
    items = doing(f"loading {named}", lambda: items_from(inputs, model, rows, label))
    return Asked(model, items.titles, items.inputs, label, list(items.notes))


def asked_of_many(spec: str, inputs: Sequence[str], most: int, label: str | None) -> Asked:
    """The model, and of the inputs that are named those that it has not learned from, `most` of them at most.

    Raises: as `naming.model_from` and `held_out_items`.
    """
    model = doing(f"loading {spec}", lambda: model_from(spec))
    items = doing(f"loading {', '.join(inputs)}", lambda: held_out_items(inputs, model, most, label))
    return Asked(model, items.titles, items.inputs, label, list(items.notes))


def _remedy(name: str, setting: str) -> str:
    """How a command gives a method this setting; another command, where no word can say it."""
    return OTHER_COMMANDS.get(setting, f"Give `--set {name}.{setting}=...`.")


def _add_labels(settings: Mapping[str, dict[str, Any]], spec: str, labels: Tensor | None) -> None:
    """Put the classes of the reference inputs into the settings of those that train a model again: methods, and the constraint
    that is named `survives_deletion`.

    Raises: InputError, where they are needed and not known.
    """
    for name, given in settings.items():
        constrained = given.get("constraint") == CONSTRAINT_WORD
        if not constrained and not (name in methods_with("labels") and "labels" not in given):
            continue
        if labels is None:
            who = f"`{CONSTRAINT_WORD}`" if constrained else f"`{name}`"
            raise InputError(f"{who} needs the classes of the reference inputs. Give `--background` a data set. Got {spec}.")
        given.update({"constraint": SurvivesDeletion(labels)} if constrained else {"labels": labels})


def _check_complete(model: ClassifierAdapter, settings: Mapping[str, Mapping[str, Any]]) -> None:
    """Raises: InputError, where methods lack settings that they need; all are named, with the options that give them."""
    known = explainers()
    lacking = {name: lacking_settings(known[name], given, model.domain) for name, given in settings.items() if name in known}
    needy = [name for name, missing in lacking.items() if "background" in missing]
    said = []
    if needy:
        named = f"`{needy[0]}` needs" if len(needy) == 1 else f"{listed([f'`{name}`' for name in needy])} need"
        said.append(f"{named} reference inputs. Give `--background` a data set, a folder or a CSV file.")
    others = [(name, setting) for name, missing in lacking.items() for setting in missing if setting not in FROM_BACKGROUND]
    said += [f"`{name}` needs `{setting}`. {_remedy(name, setting)}" for name, setting in others]
    if said:
        raise InputError(" ".join(said))
