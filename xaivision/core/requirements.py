"""Whether a model gives what a method or a metric needs."""

from typing import Protocol

from xaivision.core.about import Domain
from xaivision.core.access import Access
from xaivision.core.errors import AccessError, CapabilityError


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
    return lacking(about, model, about.needs) or _closed(about, model)


def lacking(about: _Card, model: _Model, needed: Access) -> str:
    """The same for one level of access, which a setting may raise above the card's."""
    if needed <= model.access:
        return ""
    if _grant(model) < needed:
        return _beyond(about, model, f"a model's {needed}")
    return (
        f"`{about.name}` needs a model's {needed}, and {type(model).__name__} gives no more than its {model.access}. "
        f"Use a method that asks for scores only, such as {_instead(about)}, or wrap a torch module."
    )


def _instead(about: object) -> str:
    return " or ".join(f"`{name}`" for name in getattr(about, "instead", ("occlusion",)))


def _closed(about: _Card, model: _Model) -> str:
    """The same for a method that reads the model itself, which does not depend on what the model answers."""
    return _beyond(about, model, "to read the model itself") if opens(about) and _grant(model) < Access.WEIGHTS else ""


def refusal(about: _Card, model: _Model) -> CapabilityError | None:
    """What `unmet` says, as the error to raise: an AccessError where no more was granted; None where it says nothing."""
    why = unmet(about, model)
    if not why:
        return None
    deepest = Access.WEIGHTS if opens(about) else about.needs
    return AccessError(why) if model.domain in about.domains and _grant(model) < deepest else CapabilityError(why)


def opens(about: object) -> bool:
    """Whether a method reads the model itself, beside asking it."""
    return bool(getattr(about, "opens", False))


def _grant(model: _Model) -> Access:
    """How much of the model was granted; everything where nobody said anything."""
    grant: Access = getattr(model, "granted", Access.WEIGHTS)
    return grant


def _beyond(about: _Card, model: _Model, needed: str) -> str:
    return f"`{about.name}` needs {needed}. Granted: {_grant(model)}, and no more. Use a method that needs no more."
