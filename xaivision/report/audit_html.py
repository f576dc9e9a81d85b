"""The report of an audit as one web page that needs no network and runs no script, and as a fragment for notebooks."""

from xaivision.core.origin import library_versions
from xaivision.evaluation.audit.report import AuditReport
from xaivision.report.audit_page import audit_page
from xaivision.report.rendering import rendered


def audit_html(report: AuditReport) -> str:
    """The page as text."""
    return rendered("audit.html.j2", page=audit_page(report), version=library_versions().get("xaivision", ""))


def audit_fragment(report: AuditReport) -> str:
    """What a notebook shows of a report: the conclusions, and how much more there is to read."""
    return rendered("audit_fragment.html.j2", page=audit_page(report))
