"""Methods of one photo that need the same pass: each asked alone, and together in one comparison, where they share it."""

from statistics import median

from benchmarks.contest import Contest, photo_and_model, write
from benchmarks.limit import gradients
from benchmarks.timing import Work, in_a_row, interleaved, ratios
from xaivision.core.heap import kept_heap
from xaivision.core.metering import metered
from xaivision.evaluation.comparison import Plan, compare
from xaivision.explainers.registry import explainer

TARGET = 282  # a cat: what EfficientNet-Lite0 names first
IN_A_ROW = 5
# What is asked, the passes that one method needs, and what one such pass costs at least.
GROUPS = {
    "gradients at the photo": ("saliency", "input_x_gradient"),
    "gradients at the last map": ("grad_cam", "grad_cam_plus_plus", "hires_cam", "layer_cam", "x_grad_cam"),
}
CONTEST = Contest(
    "sharing",
    "Methods that share a pass",
    "Several methods of one photo of 224 pixels, EfficientNet-Lite0: one after the other, and in one `compare` without metrics. "
    "Time is in passes of the kind that one of the methods needs alone: forward and backward for gradients at the photo, "
    "forward for those at the last map. What `compare` does beside asking, as correlating the maps, is in its time",
    "one pass for all methods of a group",
)
ONE, ALONE, TOGETHER = "one pass", "one after the other", "compare"


def main(quick: bool = False) -> list[list[object]]:
    rows = [_row(group, 1 if quick else 15) for group in GROUPS]
    for row in rows:
        print(f"sharing: {', '.join(map(str, row))}", flush=True)
    if not quick:
        write(CONTEST, ["methods", "passes alone", "passes together", "time alone", "time together", "times faster"], rows)
    return rows


def _row(group: str, rounds: int) -> list[object]:
    photo, model = photo_and_model()
    methods = {name: explainer(name) for name in GROUPS[group]}
    plan = Plan(methods, {}, {})

    def alone() -> None:
        for method in methods.values():
            method.explain(model, photo, TARGET)

    works: dict[str, Work] = {
        ONE: (lambda: gradients(model, photo, 1, 1)) if group == "gradients at the photo" else (lambda: model(photo)),
        ALONE: alone,
        TOGETHER: lambda: compare(model, photo, TARGET, plan),
    }
    with kept_heap():
        seconds = interleaved({name: in_a_row(work, IN_A_ROW) for name, work in works.items()}, rounds)
    passes = {name: _passes(work) for name, work in works.items()}
    found = ratios(seconds, ONE)
    faster = median(a / b for a, b in zip(seconds[ALONE], seconds[TOGETHER], strict=True))
    return [
        f"{group}: {', '.join(f'`{name}`' for name in methods)}",
        passes[ALONE],
        passes[TOGETHER],
        f"{found[ALONE][1]:.2f}",
        f"{found[TOGETHER][1]:.2f}",
        f"{faster:.2f}",
    ]


def _passes(work: Work) -> int:
    """Inputs that were scored or differentiated."""
    with metered() as meter:
        work()
    return meter.model_calls + meter.gradient_calls
