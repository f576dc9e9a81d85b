"""The report of an audit on disk: a page for people, and the same numbers for machines."""

from pathlib import Path

from xaivision.core.errors import InputError
from xaivision.core.whole_file import write_whole
from xaivision.evaluation.audit.report import AuditReport
from xaivision.report.audit_html import audit_html
from xaivision.report.audit_summary import audit_json

PAGE, NUMBERS = "report.html", "report.json"


def write_audit(report: AuditReport, path: str | Path) -> tuple[Path, ...]:
    """Write `report.html` and `report.json` into a folder, made where it is missing, or one file of either ending; their paths.

    Raises: InputError, where the path has another ending; OSError, where the disk is full.
    """
    path = Path(path)
    if path.suffix == ".html":
        return (write_whole(path, audit_html(report).encode()),)
    if path.suffix == ".json":
        return (write_whole(path, audit_json(report).encode()),)
    if path.suffix and not path.is_dir():
        raise InputError(f"`path` must be a folder, or a file that ends in .html or .json. Got `{path}`.")
    path.mkdir(parents=True, exist_ok=True)
    return (*write_audit(report, path / PAGE), *write_audit(report, path / NUMBERS))
