"""Counterfactuals that are asked: drawn by chance, counted, and told apart from copies of known rows."""

import numpy as np
import torch
from surrogate_subjects import linear_box, seen_by, table

from xaivision.surrogates import follow_rates as module
from xaivision.surrogates.follow_rates import follow_rates
from xaivision.surrogates.growing import Growth, grown
from xaivision.surrogates.leaf_entries import LeafEntries
from xaivision.surrogates.reading import columns_of
from xaivision.surrogates.surrogate import Surrogate


def subject():
    model = linear_box((4, -3, 2, 0, 0, 0))
    seen = seen_by(model, table(300))
    tree = grown("tree", seen.rows, seen.probabilities, (0, 1, 2), Growth(depth=3))
    return Surrogate(tree, model, columns_of(model, 6), kind="tree"), model, seen


def test_rows_of_a_sorted_file_are_drawn_from_all_of_it(monkeypatch):
    surrogate, model, seen = subject()
    rows = table(400, seed=2)
    sorted_rows = seen_by(model, rows[model(rows)[:, 0].argsort()])
    asked = []
    monkeypatch.setattr(
        module.LeafCounterfactuals,
        "explain",
        lambda self, model, inputs, explain=module.LeafCounterfactuals.explain: (
            asked.append(inputs) or explain(self, model, inputs)
        ),
    )
    found = follow_rates(surrogate, model, seen, sorted_rows)
    shares = [model(part).argmax(1).double().mean() for part in asked]
    assert len(asked[0]) == module.ASKED
    assert all(0.3 < share < 0.7 for share in shares)
    assert 0 < found.best.rows <= module.ASKED
    assert found.copied.rows == round(found.best.value * found.best.rows)


def test_a_row_is_known_where_all_that_is_read_stands_together_in_a_known_one():
    surrogate, _, seen = subject()
    rows = seen.rows[:4].copy()
    rows[1, 5] += 1  # is not read
    rows[2, 0] = seen.rows[9, 0]
    rows[3, 1] += 1
    assert LeafEntries(surrogate, seen.rows).are_known(rows).tolist() == [True, True, False, False]


def test_copies_are_a_share_of_what_is_followed():
    surrogate, model, seen = subject()
    found = follow_rates(surrogate, model, seen, seen_by(model, table(80, seed=4)))
    assert 0 <= found.copied.value <= 1
    best = module.LeafCounterfactuals(seen.inputs, model).explain(surrogate, table(80, seed=4))
    after = best.counterfactuals[:, 0]
    before, turned = (model(rows).argmax(1) for rows in (table(80, seed=4), after))
    follows = (best.found[:, 0] & (before != best.goals) & (turned == best.goals)).nonzero().flatten()
    known = {tuple(row) for row in seen.rows[:, :3].tolist()}
    assert found.copied.value == np.mean([tuple(after[number, :3].tolist()) in known for number in follows])
    assert isinstance(follows, torch.Tensor)
