"""What a method cannot do without: settings that have no default at all, or none that means something in a table."""

from collections.abc import Callable, Mapping
from typing import Any

from xaivision.core.about import Domain
from xaivision.core.protocols import Explainer
from xaivision.core.registered import missing_settings, setting_names


def _no_background(settings: Mapping[str, Any]) -> bool:
    return settings.get("background") is None


def _no_hierarchy(settings: Mapping[str, Any]) -> bool:
    """A text names a way to divide what is to be divided, not which columns belong together."""
    return isinstance(settings.get("hierarchy", ""), str)


# Setting of a table that a method needs, and when it is missing: pictures are divided by themselves, and lack no training data.
IN_TABLES: dict[str, tuple[str, Callable[[Mapping[str, Any]], bool]]] = {
    "owen": ("hierarchy", _no_hierarchy),
    "partition_shap": ("background", lambda settings: _no_background(settings) and _no_hierarchy(settings)),
    "lime_package": ("background", _no_background),
    "anchors": ("background", _no_background),
}


def lacking_settings(kind: type[Explainer], given: Mapping[str, Any], domain: Domain) -> tuple[str, ...]:
    """Names of the settings that this method needs for inputs of this domain, and that are not among the given ones."""
    missing = missing_settings(kind, given)
    name, absent = IN_TABLES.get(kind.about.name, ("", bool))
    if domain == "tabular" and name and name not in missing and absent(given):
        return (*missing, name)
    return missing


def lacking_of(explainer: Explainer, domain: Domain) -> tuple[str, ...]:
    """The same for a method that is made already; one that shows no settings lacks none."""
    kind = type(explainer)
    if not hasattr(kind, "__dataclass_fields__"):  # `is_dataclass` would tell a type checker that there are no others
        return ()
    given = {name: getattr(explainer, name) for name in setting_names(kind)}
    return lacking_settings(kind, given, domain)
