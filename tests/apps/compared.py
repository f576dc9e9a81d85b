"""One comparison of a small model, made once for all tests that only draw it."""

from dataclasses import replace
from functools import cache

from app_models import tiny

import xaivision as xv
from xaivision.core.diagnostics import Note

METHODS = ("saliency", "occlusion")


@cache
def compared():
    """Two methods and two controls about one photo, judged by deletion and insertion."""
    model = tiny()
    judges = {name: {"steps": 8} for name in ("deletion", "insertion")}
    return xv.compare(model, xv.load_sample_images(["chelsea"], model), METHODS, metrics=list(judges), metric_settings=judges)


def doubted(label, status, *reasons, comparison=None):
    """The same with these reasons to warn of an explanation, or to refuse it."""
    comparison = comparison or compared()
    found = comparison.explanations[label]
    noted = replace(found, diagnostics=replace(found.diagnostics, notes=tuple(Note(status, reason) for reason in reasons)))
    return replace(comparison, explanations={**comparison.explanations, label: noted})


def done(result):
    """A job that has this result."""
    from desk.job import Job

    job = Job(lambda job: job.answers.update(result.explanations) or result)
    assert job.wait(60)
    return job
