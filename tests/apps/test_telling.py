"""Foreign text on a page shows as itself; only what stands between two backticks, and an address, is shown as a name."""

import ast
import re
from pathlib import Path

import pytest

from xaivision import load_model
from xaivision.arguments import row_numbers, settings_by_name
from xaivision.core.errors import InputError
from xaivision.naming import items_from, model_from

APPS = Path(__file__).resolve().parents[2] / "apps"
# What Streamlit takes for markdown, and the keyword arguments that are.
MARKDOWN = {"markdown", "caption", "info", "error", "warning", "success", "badge", "expander", "title", "header", "subheader"}
LABELS = {"help", "caption", "text"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("take more `samples`; 62% of it", "take more `samples`; 62% of it"),
        ("one `backtick alone", r"one \`backtick alone"),
        ("![x](y) of `a`", r"\!\[x\]\(y\) of `a`"),
        ("nothing between ``", r"nothing between \`\`"),
        (":red[x] and $x$", r"\:red\[x\] and \$x\$"),
        ("<b>x</b>", r"\<b\>x\<\/b\>"),
        ("    no block of code", "no block of code"),
        ("2. no list", r"2\. no list"),
        # Links that Streamlit makes after it has read the markdown.
        ("at http://evil.example/a_b.", r"at `http://evil.example/a_b`\."),
        ("HTTPS://evil.example", "`HTTPS://evil.example`"),
        ("(www.evil.example)", r"\(`www.evil.example`\)"),
        ("of a_b@evil.example, too", "of `a_b@evil.example`, too"),
        # Signs that it makes then.
        (":streamlit:", "`:streamlit:`"),
        ("so :smile: it", "so `:smile:` it"),
        (":material/home:", r"\:material\/home\:"),
        ("a -> b", "a `->` b"),
        ("a->b", r"a\-\>b"),
        # Two names that touch stay two.
        ("http://evil.example`b`", "`http://evil.example`\N{WORD JOINER}`b`"),
        ("http://evil.example`b", r"`http://evil.example`\`b"),
    ],
)
def test_names_are_shown_as_such_and_nothing_else_is_markup(text, shown):
    from desk.telling import as_text

    assert as_text(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("`--set` must be setting=value.", "`Settings` must be setting=value."),
        ("Give `--set occlusion.window=...`.", "Give `occlusion.window=...` in `Settings`."),
        ("Give `--background` a data set.", "Give `Background` a data set."),
        ("`--rows` must be numbers.", "`Rows` must be numbers."),
        ("`steps` must be a number.", "`steps` must be a number."),
    ],
)
def test_an_option_of_the_command_line_is_called_as_the_widget_that_stands_for_it(text, shown):
    from desk.telling import as_widgets

    assert as_widgets(text) == shown


@pytest.mark.parametrize(
    "say",
    [
        lambda: settings_by_name(["window 3"], ["occlusion"]),
        lambda: row_numbers("first"),
        lambda: items_from(["wine"], load_model("wine_logistic"), rows=[999]),
        lambda: model_from("no_such_module:factory"),
    ],
    ids=["settings", "rows", "rows of a set", "model"],
)
def test_no_sentence_that_a_page_may_show_names_an_option_of_the_command_line(say):
    from desk.telling import sentence_of

    with pytest.raises(InputError) as raised:
        say()
    assert "`--" in str(raised.value), "else it is no case of this test"
    assert "--" not in sentence_of(raised.value)


def calls(path):
    """Each call of Streamlit in this file, with its name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "st":
            yield node.func.attr, node


def foreign(node):
    """The parts of a text that are neither ours, nor numbers, nor written as text by `as_text`."""
    if isinstance(node, ast.Constant):
        return []
    if isinstance(node, ast.JoinedStr):
        return [one for part in node.values for one in foreign(part)]
    if isinstance(node, ast.FormattedValue):
        return [] if node.format_spec is not None else foreign(node.value)
    if isinstance(node, ast.IfExp):
        return foreign(node.body) + foreign(node.orelse)
    if isinstance(node, ast.BoolOp):
        return [one for part in node.values for one in foreign(part)]
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func)
        if name in ("as_text", "len"):
            return []
        if name.endswith("join"):
            return foreign(node.args[0])
    if isinstance(node, ast.GeneratorExp):
        return foreign(node.elt)
    return [ast.unparse(node)]


# What is no foreign text: words and numbers of ours that have names.
OURS = re.compile(
    r"[A-Z_]+|opens|more|found|told|word|told\.(more_rules|pictures|unit|strength)|ABOUT_\w+|BADGE_MARKS.*|one\.standing|help"
)


def test_every_text_on_a_page_that_is_not_ours_is_written_as_text():
    told = []
    for path in sorted(APPS.rglob("*.py")):
        for name, call in calls(path):
            texts = call.args[:1] if name in MARKDOWN else []
            texts += [one.value for one in call.keywords if one.arg in LABELS]
            told += [f"{path.name}: st.{name}: {one}" for text in texts for one in foreign(text) if not OURS.fullmatch(one)]
    assert told == []


@pytest.mark.parametrize("path", sorted((APPS / "desk" / "parts").glob("*.js")), ids=lambda path: path.name)
def test_no_component_makes_markup_of_what_it_is_handed(path):
    script = path.read_text(encoding="utf-8")
    assert (
        re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|\bfetch\b|https?://(?!www\.w3\.org)", script)
        == []
    )
