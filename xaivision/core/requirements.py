"""Whether a model gives what a method or a metric needs."""

from typing import Protocol

from xaivision.core.about import Domain
from xaivision.core.access import Access


class _Card(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def needs(self) -> Access: ...

    @property
    def domains(self) -> tuple[Domain, ...]: ...


class _Model(Protocol):
    @property
    def access(self) -> Access: ...

    @property
    def domain(self) -> Domain: ...


def unmet(about: _Card, model: _Model) -> str:
    """Why this method or metric cannot work with this model, one sentence with the remedy; empty where it can."""
    if model.domain not in about.domains:
        return f"`{about.name}` is for {' and '.join(about.domains)} inputs. Got a model of {model.domain} inputs."
    return lacking(about, model, about.needs)


def lacking(about: _Card, model: _Model, needed: Access) -> str:
    """The same for one level of access, which a setting may raise above the card's."""
    if needed <= model.access:
        return ""
    return (
        f"`{about.name}` needs a model's {needed}, and {type(model).__name__} gives no more than its {model.access}. "
        "Use a method that asks for scores only, such as `occlusion`, or wrap a torch module."
    )
