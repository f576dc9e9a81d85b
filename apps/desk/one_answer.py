"""One method asked about one row, in the background, where its answer is no map: its doubts, its cost, and files of it."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from desk.exports import BYTES, Export, download_buttons
from desk.job import Job
from desk.progress import progress
from desk.question import Question, Subject
from desk.shared import watch
from desk.telling import as_text, say_warning
from xaivision.core.explanation import Explanation
from xaivision.core.targets import Target
from xaivision.facade import explain
from xaivision.report.figure import figure_of, png
from xaivision.report.files import file_content
from xaivision.report.remarks import remarks
from xaivision.report.wording import cost


def one_answer(
    page: str, about: Subject, wanted: Question, asked: tuple[str, Mapping[str, Any]], tell: Callable[[Any], None]
) -> None:
    """What the method says with these settings, told by `tell` once it is there, with its doubts before it and files below it.

    The class is the one of the page's question. What takes a background gets the subject's.
    """
    method, given = asked
    settings = dict(given) if about.background is None else {"background": about.background, **given}
    target = Target(wanted.target, wanted.against, wanted.output)

    def found(_: Job) -> Explanation:
        return explain(about.model, about.inputs, method, target, seed=wanted.seed, **settings)

    def drawn(job: Job) -> None:
        answer: Explanation = job.result
        say_warning(reason for note in answer.verdicts if note.status != "ok" for reason in note.reasons)
        tell(answer)
        for remark in remarks(answer, 0):
            st.caption(as_text(remark))
        st.caption(as_text(f"{method}: {cost(answer.diagnostics)}"))
        download_buttons(page, job.kept_as("files", lambda: answer_files(method, answer)))

    question = (about.key, method, tuple(sorted(given.items())), wanted.target, wanted.against, wanted.output, wanted.seed)
    progress(page, watch(page, question, found), drawn)


def answer_files(method: str, answer: Explanation) -> tuple[Export, ...]:
    """The figure of it, and the answer itself as `xv.load` reads it."""
    stem = f"xaivision-{method.replace('_', '-')}"
    return (
        Export(f"{stem}.png", "image/png", "Figure", png(figure_of(answer))),
        Export(f"{stem}.safetensors", BYTES, "Answer: xv.load reads it", file_content(answer)),
    )
