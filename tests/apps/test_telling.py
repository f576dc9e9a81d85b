"""Foreign text on a page shows as itself; only what stands between two backticks is a name."""

import pytest


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("take more `samples`; 62% of it", "take more `samples`; 62% of it"),
        ("one `backtick alone", r"one \`backtick alone"),
        ("![x](y) of `a`", r"\!\[x\]\(y\) of `a`"),
        ("nothing between ``", r"nothing between \`\`"),
    ],
)
def test_names_are_shown_as_such_and_nothing_else_is_markup(text, shown):
    from desk.telling import as_text

    assert as_text(text) == shown
