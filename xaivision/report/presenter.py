"""The presenter that results on floor 0 reach through `core.presenting`."""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from xaivision.core.errors import InputError
from xaivision.core.explanation import Explanation
from xaivision.core.narrative import Narrative
from xaivision.core.scores import Scores
from xaivision.core.whole_file import write_whole
from xaivision.evaluation.attribute_sheet import AttributeSheet
from xaivision.evaluation.audit.report import AuditReport
from xaivision.evaluation.comparison import Comparison
from xaivision.evaluation.known_answers.benchmark_report import BenchmarkReport
from xaivision.evaluation.simulatability.study import Study
from xaivision.explainers.prototypes.distribution_gallery import DistributionGallery
from xaivision.explainers.prototypes.gallery import PrototypeGallery
from xaivision.report import files
from xaivision.report.attribute_figure import attribute_figure
from xaivision.report.attribute_files import attribute_fragment, write_attributes
from xaivision.report.audit_figure import audit_figure
from xaivision.report.audit_files import write_audit
from xaivision.report.audit_html import audit_fragment
from xaivision.report.benchmark_figure import benchmark_figure
from xaivision.report.benchmark_files import benchmark_fragment, write_benchmark
from xaivision.report.distribution_figure import distribution_figure
from xaivision.report.distribution_files import distribution_fragment, write_distributions
from xaivision.report.figure import figure_of
from xaivision.report.gallery_figure import gallery_figure
from xaivision.report.gallery_files import gallery_fragment, write_gallery
from xaivision.report.html import html_fragment, write_html
from xaivision.report.narrative_page import narrative_html
from xaivision.report.scores_figure import scores_figure
from xaivision.report.study_files import write_study
from xaivision.report.surrogate_curves import fidelity_figure
from xaivision.report.surrogate_files import surrogate_fragment, write_surrogate
from xaivision.report.surrogate_tree import tree_figure
from xaivision.surrogates.stand_in import TreeStandIn
from xaivision.surrogates.study import SurrogateStudy

# What is drawn in one figure, in words.
WHOLE: dict[type, str] = {Scores: "scores", AuditReport: "an audit", BenchmarkReport: "a benchmark"}


class ReportPresenter:
    """Draws any result, writes it to a file, and renders it for notebooks."""

    def show(self, result: Any, index: int | None = None) -> Figure:
        """A figure of the result: of the input at `index`, the first one where None; scores and audits have one of all inputs,
        a gallery of prototypes one for each class, a sheet of attributes one for each picture shown. Of a surrogate its tree, or
        its fidelity where it has none.

        Raises: InputError, where it is no result of this library, there is no such input, or scores or an audit are given one.
        """
        if isinstance(result, PrototypeGallery):
            return gallery_figure(result, 0 if index is None else index)
        if isinstance(result, DistributionGallery):
            return distribution_figure(result, 0 if index is None else index)
        if isinstance(result, AttributeSheet):
            return attribute_figure(result, 0 if index is None else index)
        if isinstance(result, SurrogateStudy):
            return _of_surrogate(result, index)
        if not isinstance(result, Scores | AuditReport | BenchmarkReport):
            return figure_of(_known(result), 0 if index is None else index)
        if index is not None:
            what = WHOLE[type(result)]
            raise InputError(f"`show` draws all inputs of {what} in one figure. Got the index {index!r}. Leave it out.")
        if isinstance(result, BenchmarkReport):
            return benchmark_figure(result)
        return scores_figure(result) if isinstance(result, Scores) else audit_figure(result)

    def save(self, result: Any, path: str | Path) -> Path:
        """Write the result to one safetensors file, a comparison or a narrative to a page where the path ends in
        `.html`; its path.

        The report of an audit, a benchmark, a gallery of prototypes, a sheet of attributes and a surrogate: a page and its
        numbers into a folder. A study with people: their pages and its key into a new folder.
        """
        if isinstance(result, Study):
            return write_study(result, path)
        if isinstance(result, PrototypeGallery):
            return write_gallery(result, path)[0]
        if isinstance(result, DistributionGallery):
            return write_distributions(result, path)[0]
        if isinstance(result, AttributeSheet):
            return write_attributes(result, path)[0]
        if isinstance(result, SurrogateStudy):
            return write_surrogate(result, path)[0]
        if isinstance(result, AuditReport):
            return write_audit(result, path)[0]
        if isinstance(result, BenchmarkReport):
            return write_benchmark(result, path)[0]
        if isinstance(result, Comparison) and Path(path).suffix.lower() in (".html", ".htm"):
            return write_html(path, [("Comparison", result)])
        if isinstance(result, Narrative) and Path(path).suffix.lower() in (".html", ".htm"):
            return write_whole(path, narrative_html(result).encode())
        return files.save(result, path)

    def html(self, result: Any) -> str:
        """The result for a notebook.

        Raises: InputError, where it is no result of this library.
        """
        if isinstance(result, AuditReport):
            return audit_fragment(result)
        if isinstance(result, BenchmarkReport):
            return benchmark_fragment(result)
        if isinstance(result, PrototypeGallery):
            return gallery_fragment(result)
        if isinstance(result, DistributionGallery):
            return distribution_fragment(result)
        if isinstance(result, AttributeSheet):
            return attribute_fragment(result)
        if isinstance(result, SurrogateStudy):
            return surrogate_fragment(result)
        return html_fragment(result if isinstance(result, Scores) else _known(result))


def _of_surrogate(study: SurrogateStudy, index: int | None) -> Figure:
    """Raises: InputError, where an index is given."""
    if index is not None:
        raise InputError(f"`show` draws a surrogate in one figure. Got the index {index!r}. Leave it out.")
    return tree_figure(study) if isinstance(study.surrogate.model, TreeStandIn) else fidelity_figure(study)


def _known(result: Any) -> Comparison | Explanation:
    if not isinstance(result, Comparison | Explanation):
        raise InputError(f"A figure needs an explanation, a comparison or scores. Got {type(result).__name__}.")
    return result
