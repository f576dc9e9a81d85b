"""Which surrogate: its kind, how many features it may read, how deep it may grow, and what its features are ranked by."""

from dataclasses import dataclass
from typing import Literal

import streamlit as st

from desk.surrogate_subject import SurrogateSubject
from xaivision import SurrogateStudy, surrogate
from xaivision.offers import DEEPEST_SURROGATE, SURROGATE_KINDS, USUAL_DEPTH, USUAL_IN_A_LEAF
from xaivision.report.wording import plain

MOST_FEATURES = 30
# Of these kinds `depth` says how far they grow.
GROWS_DEEP = ("tree", "rule_list", "boosting")


@dataclass(frozen=True)
class SurrogateQuestion:
    """What `xv.surrogate` is asked beside the model and the rows."""

    kind: str = "tree"
    k: int | Literal["auto"] = "auto"
    depth: int = USUAL_DEPTH
    in_a_leaf: int = USUAL_IN_A_LEAF
    rankings: tuple[str, ...] = ()
    seed: int = 0


def chosen_surrogate(page: str, subject: SurrogateSubject) -> SurrogateQuestion:
    """Each by a widget under the page's own key."""
    kind = st.selectbox(
        "Surrogate", SURROGATE_KINDS, format_func=_words, key=f"{page}_kind", bind="query-params", persist_state="session"
    )
    counts = ["auto", *map(str, range(1, min(MOST_FEATURES, subject.features) + 1))]
    if st.session_state.get(f"{page}_k", "auto") not in counts:
        del st.session_state[f"{page}_k"]  # what was asked about before had more of them
    k = st.select_slider(
        "Features it may read",
        counts,
        key=f"{page}_k",
        bind="query-params",
        help="auto: the fewest that are as faithful as the best number of them, but for one standard error.",
    )
    depth = st.slider(
        "Depth", 1, DEEPEST_SURROGATE, USUAL_DEPTH, key=f"{page}_depth", bind="query-params", disabled=kind not in GROWS_DEEP
    )
    with st.expander("More"):
        usual = subject.rankings[:1]
        if not set(st.session_state.get(f"{page}_rankings", usual)) <= set(subject.rankings):
            del st.session_state[f"{page}_rankings"]  # nothing of a picture can be shuffled
        rankings = st.multiselect(
            "Features ranked by",
            subject.rankings,
            usual,
            format_func=_words,
            key=f"{page}_rankings",
            bind="query-params",
            help="Several are joined by their ranks. Gradients need a torch model, tree Shapley values trees, and "
            "attention a network that has it.",
        )
        in_a_leaf = st.number_input("Fewest rows in a leaf", 1, 100, USUAL_IN_A_LEAF, key=f"{page}_leaf", bind="query-params")
        seed = st.number_input("Seed", 0, 2**31 - 1, 0, key=f"{page}_seed", bind="query-params")
    return SurrogateQuestion(kind, "auto" if k == "auto" else int(k), depth, int(in_a_leaf), tuple(rankings) or usual, int(seed))


def study_of(subject: SurrogateSubject, asked: SurrogateQuestion) -> SurrogateStudy:
    """What `xv.surrogate` finds.

    Raises: as `xv.surrogate`.
    """
    return surrogate(
        subject.model,
        subject.data,
        kind=asked.kind,
        k=asked.k,
        rankings=asked.rankings,
        depth=asked.depth,
        in_a_leaf=asked.in_a_leaf,
        seed=asked.seed,
    )


def _words(name: str) -> str:
    return plain(name.replace("_", " "))
