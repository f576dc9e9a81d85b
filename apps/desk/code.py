"""The Python that asks the library what a page asks: everything that it shows can be had without it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from desk.question import CURVES, Question, Subject
from desk.uploads import outside_name
from xaivision.arguments import settings_by_name
from xaivision.core.targets import Target
from xaivision.shared_settings import methods_with


@dataclass(frozen=True)
class Expression:
    """Python that stands for itself among values, as `data` does."""

    text: str

    def __repr__(self) -> str:
        return self.text


def code_of(subject: Subject, question: Question) -> str:
    """A script that ends with the same comparison; empty where nothing says how its input is come by."""
    if subject.source is None:
        return ""
    asked = ",\n".join(f"    {name}={value!r}" if name else f"    {value!r}" for name, value in _arguments(subject, question))
    return "\n".join(
        [
            "import xaivision as xv",
            "from xaivision.naming import model_from",
            "",
            f"model = model_from({outside_name(subject.name)!r})",
            *subject.source.lines,
            f"comparison = xv.compare(\n{asked},\n)",
            "comparison.show()",
            "",
        ]
    )


def _arguments(subject: Subject, question: Question) -> list[tuple[str, Any]]:
    """Of `xv.compare`, those without a name first; what is the library's own default is left out."""
    settings = settings_by_name(question.said, question.methods, CURVES)
    own = {name: settings[name] for name in question.methods if settings[name]}
    target = (question.target, question.against, question.output)
    said: dict[str, Any] = {}
    if target != (Target.classes, Target.against, Target.output):
        said["targets"] = Expression(f"xv.Target{target!r}")
    if subject.source is not None and subject.source.background and set(methods_with("background")) & set(question.methods):
        said["background"] = Expression(subject.source.background)
    if own:
        said["settings"] = own
    if question.judged:
        said |= _judges(subject, question, settings)
    else:
        said |= {"controls": (), "metrics": ()}
    said["seed"] = question.seed
    return [("", Expression("model")), ("", Expression("inputs")), ("", list(question.methods)), *said.items()]


def _judges(subject: Subject, question: Question, settings: Mapping[str, Any]) -> dict[str, Any]:
    masks = {"masks": Expression(subject.source.masks if subject.source is not None else "None")}
    judges = {name: {"steps": question.steps, **settings[name]} for name in CURVES}
    judges |= dict.fromkeys(subject.metrics, masks)
    return {"metrics": list(judges), "metric_settings": judges}
