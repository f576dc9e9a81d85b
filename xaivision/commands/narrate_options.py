"""The options of `xaivision narrate` that say what its stages are."""

from typing import Annotated

import typer

MapOption = Annotated[str | None, typer.Option("--method", "-x", help="Whose map; Kernel SHAP of 400 evaluations if left out.")]
PointsOption = Annotated[int, typer.Option("--points", help="How many peaks of evidence the region starts from.")]
CounterOption = Annotated[int, typer.Option("--counter", help="How many peaks of counter-evidence the region must leave out.")]
SeedsOption = Annotated[
    int, typer.Option("--seeds", help="Ask for the map with so many seeds, and tell how far the first point moves.")
]
RefineOption = Annotated[
    float | None, typer.Option("--refine", help="Cut the region down to what holds this share of its evidence: 0.9.")
]
SegmenterOption = Annotated[
    str, typer.Option("--segmenter", help="superpixel_merge, region_growing, threshold, slic, grid, or sam with --checkpoint.")
]
CheckpointOption = Annotated[str | None, typer.Option("--checkpoint", help="A file with weights of Segment Anything.")]
SamTypeOption = Annotated[str, typer.Option("--sam-type", help="vit_b, vit_l, vit_h, or vit_t for MobileSAM.")]
CaptionerOption = Annotated[
    str, typer.Option("--captioner", help="template, or a folder with a captioning model of Hugging Face.")
]
DeviceOption = Annotated[
    str | None, typer.Option("--device", help="Where the captioning model computes: cpu, cuda, ...  [default: cpu]")
]
DtypeOption = Annotated[
    str | None,
    typer.Option("--dtype", help="Its precision: float32, float16, bfloat16, or auto, that of its file.  [default: auto]"),
]
PromptOption = Annotated[
    str | None, typer.Option("--prompt", help="What the captioning model is asked; with {label} where --label-in-prompt is set.")
]
LabelInPromptOption = Annotated[
    bool, typer.Option("--label-in-prompt", help="Give the captioner the class; its words are then no evidence of their own.")
]
SonarOption = Annotated[bool, typer.Option("--sonar", help="Speak of highlight, shadow and range.")]
QuickOption = Annotated[bool, typer.Option("--quick", help="Leave out CC-SHAP, which asks the model 128 times more.")]
StageSetOption = Annotated[list[str] | None, typer.Option("--set", help="A setting of the method: budget=800, steps=64, ...")]
