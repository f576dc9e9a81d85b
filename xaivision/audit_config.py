"""The configuration file of an audit: TOML, every key checked before anything is loaded.

    purpose = "Which maps may the inspectors rely on?"
    fail_under = ["deletion:grad_cam>control"]

    [model]
    name = "efficientnet_lite0"

    [data]
    inputs = "photos"

    [methods]
    grad_cam = {}
    from_blur = { explainer = "integrated_gradients", baseline = "blur" }

    [metrics]
    deletion = { steps = 64 }

Paths are relative to the folder of the file.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from xaivision.audit_request import AuditRequest
from xaivision.core.errors import InputError, UnknownNameError
from xaivision.evaluation.audit.checklist import Auditor
from xaivision.evaluation.audit.scope import RESOURCES

Table = Mapping[str, Any]
# The key by which an entry of [methods] under a label of its own says which method is meant.
NAMED = "explainer"


@dataclass(frozen=True)
class Kind:
    """What a value has to be, in words, and whether one is."""

    what: str
    fits: Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_tables(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(one, dict) for one in value.values())


TEXT = Kind("a text", _is_text)
INTEGER = Kind("an integer", _is_integer)
TEXTS = Kind("a list of texts", _is_texts)
ONE_OR_MORE = Kind("a text or a list of texts", lambda value: _is_text(value) or (_is_texts(value) and len(value) > 0))
CLASS = Kind("a class name or number", lambda value: _is_text(value) or _is_integer(value))
TEXT_OR_TABLE = Kind("a text or a table of texts", lambda value: _is_text(value) or isinstance(value, dict))
TABLE = Kind("a table", lambda value: isinstance(value, dict))
NAMED_ONES = Kind(
    "a list of names, or a table with one of settings for each name", lambda value: _is_texts(value) or _is_tables(value)
)

TOP: Mapping[str, Kind] = {
    "purpose": TEXT,
    "auditor": TEXT_OR_TABLE,
    "outside": TEXTS,
    "withheld": TABLE,
    "seed": INTEGER,
    "access": TEXT,
    "out": TEXT,
    "executor": TEXT,
    "workers": INTEGER,
    "shard_size": INTEGER,
    "controls": TEXTS,
    "fail_under": ONE_OR_MORE,
    "model": TABLE,
    "data": TABLE,
    "question": TABLE,
    "methods": NAMED_ONES,
    "metrics": NAMED_ONES,
}
# What is taken as it stands.
PLAIN = ("seed", "access", "out", "executor", "workers", "shard_size")
AUDITOR = tuple(part.name for part in fields(Auditor))
TABLES: Mapping[str, Mapping[str, Kind]] = {
    "model": {"name": TEXT, "settings": TABLE, "version": TEXT, "deployed_is_audited": TEXT},
    "data": {
        "inputs": ONE_OR_MORE,
        "rows": TEXT,
        "label": TEXT,
        "background": TEXT,
        "source": TEXT,
        "license": TEXT,
        "selection": TEXT,
    },
    "question": {"target": CLASS, "against": CLASS, "score": TEXT},
    "auditor": dict.fromkeys(AUDITOR, TEXT),
    "withheld": dict.fromkeys(RESOURCES, TEXT),
}
# What only the one who asks can state, and where in the file it stands.
STATED = {"model": ("version", "deployed_is_audited"), "data": ("source", "license", "selection")}


def read_config(path: Path) -> AuditRequest:
    """What the file asks for.

    Raises: InputError, where it is no TOML, or a value is of the wrong kind; UnknownNameError, where a key is unknown; OSError.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"`{path}` must be TOML. It says of itself: {error}.") from error
    _check(content, TOP, path.name)
    for name, kinds in TABLES.items():
        if isinstance(content.get(name), dict):
            _check(content[name], kinds, f"[{name}] in {path.name}")
    return _request(content, path)


def _request(content: Table, path: Path) -> AuditRequest:
    folder = path.absolute().parent
    judges = _entries(content.get("metrics", []))
    methods, settings = _labeled(_entries(content.get("methods", [])), path)
    found: dict[str, Any] = {name: value for name, value in content.items() if name in PLAIN}
    found |= {"methods": methods, "settings": settings, "metrics": tuple(judges), "metric_settings": judges}
    for name in ("controls", "fail_under"):
        found |= {name: _listed(content[name])} if name in content else {}
    if "out" in found:
        found["out"] = folder / found["out"]
    found |= _of_model(content, folder) | _of_data(content, folder) | _of_question(content)
    return AuditRequest(**found, stated=_stated(content), auditor=_auditor(content))


def _of_model(content: Table, folder: Path) -> dict[str, Any]:
    given = content.get("model", {})
    found: dict[str, Any] = {"model_settings": _plain(given.get("settings", {}))}
    if "name" in given:  # of the names of models only an ONNX file is a path
        found["model"] = str(folder / given["name"]) if given["name"].lower().endswith(".onnx") else given["name"]
    return found


def _of_data(content: Table, folder: Path) -> dict[str, Any]:
    found = {name: value for name, value in content.get("data", {}).items() if name not in STATED["data"]}
    if "inputs" in found:
        found["inputs"] = tuple(_placed(word, folder) for word in _listed(found["inputs"]))
    if "background" in found:
        found["background"] = _placed(found["background"], folder)
    return found


def _of_question(content: Table) -> dict[str, str]:
    return {name: str(value) for name, value in content.get("question", {}).items()}


def _stated(content: Table) -> dict[str, Any]:
    """Under the names that the checklist of an audit has for it."""
    found = {"purpose": content["purpose"]} if "purpose" in content else {}
    found |= {name: content[table][name] for table, names in STATED.items() for name in names if name in content.get(table, {})}
    found |= {"outside": tuple(content["outside"])} if "outside" in content else {}
    return found | ({"reasons": dict(content["withheld"])} if "withheld" in content else {})


def _auditor(content: Table) -> dict[str, str]:
    given = content.get("auditor", {})
    return {"identity": given} if isinstance(given, str) else dict(given)


def _check(table: Table, kinds: Mapping[str, Kind], where: str) -> None:
    for name, value in table.items():
        if name not in kinds:
            raise UnknownNameError(f"key of {where}", name, kinds)
        if not kinds[name].fits(value):
            raise InputError(f"`{name}` of {where} must be {kinds[name].what}. Got {value!r}.")


def _entries(given: Any) -> dict[str, dict[str, Any]]:
    """Names with their settings, as tuples where TOML knows lists alone."""
    return {name: {} for name in given} if isinstance(given, list) else {name: _plain(one) for name, one in given.items()}


def _labeled(entries: Mapping[str, dict[str, Any]], path: Path) -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
    """The name of the method and the settings, by label."""
    names = {label: settings.pop(NAMED, label) for label, settings in entries.items()}
    for label, name in names.items():
        if not _is_text(name):
            raise InputError(f"`{NAMED}` of [methods.{label}] in {path.name} must be a method's name. Got {name!r}.")
    return names, dict(entries)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return tuple(map(_plain, value)) if isinstance(value, list) else value


def _listed(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _placed(word: str, folder: Path) -> str:
    """A path beside the file, unless the word is a name and nothing there is called so."""
    names_a_file = any(sign in word for sign in "./*?[")
    return str(folder / word) if names_a_file or (folder / word).exists() else word
