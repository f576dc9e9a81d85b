"""`xaivision app`: explanations side by side, in the browser."""

from importlib import import_module
from typing import Annotated

import typer


def app(
    model: Annotated[
        str | None,
        typer.Option("--model", "-m", help="Offered first: a name, an ONNX file, a file of `train`, or package.module:factory."),
    ] = None,
    port: Annotated[int, typer.Option("--port", "-p", help="Where the app listens, on this machine alone.")] = 8501,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the browser as well.")] = True,
) -> None:
    """The app in the browser: photos, tables and sonar explained by many methods side by side, and audits.

    Example: xaivision app --model my_package.models:classifier
    """
    from xaivision.terminal import doing, progress

    with progress():
        doing("starting", lambda: import_module("xaivision.serving"))
    from xaivision.serving import serve

    serve(model, port, open_browser=open_browser)
