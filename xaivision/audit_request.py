"""What a person asks of an audit, in words: from a configuration file, from the command line, or from both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from xaivision.arguments import names_in, settings_by_name

Settings = Mapping[str, Any]
MODEL, OUT = "efficientnet_lite0", "audit_output"


@dataclass(frozen=True)
class AuditRequest:
    """Names, files and numbers as they were said; what was left out is empty or None, and the audit chooses it.

    `methods`: label to name. `settings` by label and `metric_settings` by name. `said`: settings from the command line, such
    as "grad_cam.layer=features", which can be read once it is known who is asked. `stated` and `auditor`: what nobody can find
    out but who asks, such as the purpose, under the names that the checklist of an audit has for it.
    """

    model: str = MODEL
    model_settings: Settings = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    rows: str = ""
    label: str | None = None
    background: str | None = None
    target: str | None = None
    against: str | None = None
    score: str = "score"
    methods: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Settings] = field(default_factory=dict)
    metrics: tuple[str, ...] = ()
    metric_settings: Mapping[str, Settings] = field(default_factory=dict)
    controls: tuple[str, ...] | None = None
    seed: int = 0
    access: str | None = None
    out: Path = Path(OUT)
    executor: str = "serial"
    workers: int = 2
    shard_size: int = 8
    stated: Mapping[str, Any] = field(default_factory=dict)
    auditor: Mapping[str, str] = field(default_factory=dict)
    fail_under: tuple[str, ...] = ()
    said: tuple[str, ...] = ()

    def overridden(self, **given: Any) -> "AuditRequest":
        """The same with what was said on the command line in the place of what the file says; None and what is empty say nothing.

        Methods and metrics that are named there keep the settings that the file has for them.
        """
        told: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in given.items()
            if value not in (None, "", [])
        }
        if "methods" in told:
            names = names_in(told["methods"])
            told["methods"] = {name: self.methods.get(name, name) for name in names}
            told["settings"] = _kept(self.settings, names)
        if "metrics" in told:
            told["metrics"] = tuple(names_in(told["metrics"]))
            told["metric_settings"] = _kept(self.metric_settings, told["metrics"])
        if "controls" in told:
            told["controls"] = tuple(names_in(told["controls"]))
        if "purpose" in told:
            told["stated"] = {**self.stated, "purpose": told.pop("purpose")}
        if "auditor" in told:
            told["auditor"] = {**self.auditor, "identity": told["auditor"]}
        if "model" in told and told["model"] != self.model:
            told["model_settings"] = {}  # they are those of the model that the file names
        return replace(self, **told)

    def all_settings(self, labels: Sequence[str], judges: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The settings of each of these methods by label and of each metric by name; what was said last counts.

        Raises: InputError, where a setting was said of nobody who is asked.
        """
        said = settings_by_name(self.said, labels, judges)
        known = {**self.settings, **self.metric_settings}
        return {name: {**known.get(name, {}), **found} for name, found in said.items()}


def _kept(settings: Mapping[str, Settings], names: Sequence[str]) -> dict[str, Settings]:
    return {name: found for name, found in settings.items() if name in names}
