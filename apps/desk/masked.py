"""How much of each map lies on the object that is known to be there, beside controls that ignore the model."""

from collections.abc import Sequence

import streamlit as st

from desk.job import Job
from desk.question import Subject
from desk.scores import score_rows
from desk.shared import awaited
from desk.text_table import text_table
from xaivision import Comparison
from xaivision.report.page import Row
from xaivision.report.region_picture import region_picture

MASS, RANK = "relevance_mass", "relevance_rank"


def masked(page: str, about: Subject, job: Job) -> None:
    """The mask on the left, each method's and control's share in it on the right."""
    mask = about.metrics[MASS]["masks"]
    left, right = st.columns([2, 3], gap="medium")
    with left:
        picture = job.kept_as("mask", lambda: region_picture(about.inputs[0], mask))
        st.image(picture.uri, alt=picture.alt, width="stretch")
        st.text(f"The mask covers {float(mask.double().mean()):.1%} of the picture.")
    with right:
        if isinstance(job.result, Comparison) and MASS in job.result.scores:
            _table(page, job.result, score_rows(job, job.result))
        else:
            st.info("There once everything has been judged." if awaited(page) else "Switch on Judge beside controls.")


def _table(page: str, comparison: Comparison, rows: Sequence[Row]) -> None:
    names = list(comparison.scores)
    places = [names.index(name) for name in (MASS, RANK)]
    told = [
        (f"{row.label} (control)" if row.control else row.label, *(": ".join(filter(None, row.cells[place])) for place in places))
        for row in rows
    ]
    text_table(f"{page}_masked", ("method", "mass in the mask", "ranks in the mask"), told, words=3)
    st.caption(
        "Mass: the share of the positive values in the mask. Ranks: of as many strongest pixels as the mask has, the share in "
        "it. A model may well use the shadow, or the sand around it: then a true map lies outside the object."
    )
