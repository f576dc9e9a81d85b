import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from report_results import (
    attribution,
    comparison,
    concept_scores,
    counterfactuals,
    diagnostics,
    doubted,
    draws,
    every_explanation,
    examples,
    image_query,
    narrative,
    refused,
    rules,
    scores,
    table_query,
)
from same_results import difference

from xaivision.core.attribution import Attribution
from xaivision.core.errors import InputError
from xaivision.core.origin import Origin
from xaivision.core.scores import Scores
from xaivision.report.encoding import Decoder, Encoder
from xaivision.report.files import load, save

NAN = float("nan")


def again(result, folder):
    return load(save(result, folder / "result"))


@pytest.mark.parametrize("make", [image_query, table_query])
@pytest.mark.parametrize("batch", [1, 3])
def test_every_explanation_comes_back_bit_for_bit_with_its_verdicts(make, batch, tmp_path):
    for result in every_explanation(make(batch)):
        back = again(result, tmp_path)
        assert difference(result, back) == ""
        assert back.verdicts == result.verdicts
        assert back.verdict == result.verdict


@pytest.mark.parametrize("make", [image_query, table_query])
def test_a_comparison_comes_back_with_everything_in_it(make, tmp_path):
    query = make(2)
    mixed = {type(one).__name__: one for one in every_explanation(query)} | {"doubtful": doubted(query), "broken": refused(query)}
    made = comparison(query, mixed, failures={"lime": "no segments"})
    back = again(made, tmp_path)
    assert difference(made, back) == ""
    assert [one.verdict for one in back.explanations.values()] == [one.verdict for one in made.explanations.values()]
    assert back.scores["deletion"]["doubtful"].interval() == made.scores["deletion"]["doubtful"].interval()
    assert back.methods == made.methods


def test_scores_come_back_with_their_controls(tmp_path):
    made = comparison(image_query(2)).scores["insertion"]["saliency"]
    made = replace(made, details={"draws": draws(2, 5, dtype=torch.float64)})
    back = again(made, tmp_path)
    assert difference(made, back) == ""
    assert torch.equal(back.advantage("random"), made.advantage("random"))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_every_float_type_keeps_its_bits(dtype, tmp_path):
    query = table_query()
    query = replace(query, inputs=query.inputs.to(dtype), scores=query.scores.to(dtype))
    made = attribution(query, values=draws(1, 12).to(dtype))
    assert difference(made, again(made, tmp_path)) == ""


def test_values_that_are_not_finite_come_back_as_they_were(tmp_path):
    query = table_query()
    values = draws(1, 12, dtype=torch.float64)
    values[0, :4] = torch.tensor([NAN, math.inf, -math.inf, -0.0])
    made = attribution(query, values=values)
    made = replace(made, origin=Origin("m", {"a": NAN, "b": math.inf, "c": -math.inf, "d": -0.0, "e": 0.1}, 3, {}))
    back = again(made, tmp_path)
    assert difference(made, back) == ""
    assert math.copysign(1, back.origin.settings["d"]) == -1
    assert back.verdict.status == "refuse"


def test_settings_keep_their_types_and_nesting(tmp_path):
    settings = {"tuple": (1, (2.5, "x")), "list": [True, None, {}], "map": {"a": {"b": [0]}}, "text": "\x00\u2028é", "big": 2**80}
    made = replace(attribution(table_query()), origin=Origin("m", settings, 2**62, {"x": "1"}))
    back = again(made, tmp_path)
    assert back.origin == made.origin
    assert type(back.origin.settings["tuple"][1]) is tuple
    assert back.origin.settings["list"][0] is True


def test_numbers_of_numpy_become_plain_numbers(tmp_path):
    made = replace(
        attribution(table_query()), origin=Origin("m", {"a": np.int64(3), "b": np.float32(0.5), "c": np.bool_(True)}, 0, {})
    )
    assert again(made, tmp_path).origin.settings == {"a": 3, "b": 0.5, "c": True}


def test_optional_parts_come_back_as_none_or_whole(tmp_path):
    query = image_query()
    bare = replace(examples(query), example_scores=None, maps=None)
    assert again(bare, tmp_path).maps is None
    full = attribution(
        query,
        baseline=torch.zeros_like(query.inputs),
        reference_scores=torch.zeros(1),
        players=torch.arange(256).view(16, 16),
    )
    back = again(full, tmp_path)
    assert difference(full, back) == ""
    assert back.players.dtype == torch.int64


def test_costs_of_counterfactuals_come_back_and_a_file_from_before_they_were_there_is_read(tmp_path):
    bare = counterfactuals(table_query(2))
    costs = torch.tensor([[0.5, NAN], [1.5, 2.5]], dtype=torch.float64)
    made = replace(bare, costs=costs, cost_unit="pounds", column_costs=draws(*bare.counterfactuals.shape, dtype=torch.float64))
    assert difference(made, again(made, tmp_path)) == ""
    encoder = Encoder()
    tree = encoder.node(bare, "")
    for name in ("edits", "places", "costs", "cost_unit", "column_costs"):
        del tree["fields"][name]
    assert difference(bare, Decoder(encoder.tensors).value(tree, "")) == ""
    del tree["fields"]["found"]
    with pytest.raises(InputError):
        Decoder(encoder.tensors).value(tree, "")
    with pytest.raises(InputError, match="`costs` of Counterfactuals is not one for each input"):
        save(replace(made, costs=costs[:1]), tmp_path / "short")


@pytest.mark.parametrize(
    ("name", "part", "each"),
    [
        ("costs", torch.ones(2), "counterfactual"),
        ("costs", torch.ones(2, 1), "counterfactual"),
        ("scores", torch.ones(2), "counterfactual"),
        ("edits", ((), ("a", "b")), "counterfactual"),
        ("column_costs", torch.ones(2, 2), "column"),
    ],
)
def test_each_counterfactual_and_each_column_has_its_own_cost_or_is_refused(name, part, each, tmp_path):
    with pytest.raises(InputError, match=f"`{name}` of Counterfactuals is not one for each {each}"):
        save(replace(counterfactuals(table_query(2)), **{name: part}), tmp_path / "x")
    with pytest.raises(InputError, match="not as many as `found`"):
        save(replace(counterfactuals(table_query(2)), found=torch.ones(2, dtype=torch.bool)), tmp_path / "x")


def test_probabilities_come_back_and_must_be_one_for_each_input(tmp_path):
    likely = attribution(replace(table_query(2), probabilities=torch.tensor([0.25, 0.75])))
    assert difference(likely, again(likely, tmp_path)) == ""
    with pytest.raises(InputError, match="`probabilities` of Query is not one for each input"):
        save(attribution(replace(table_query(2), probabilities=torch.tensor([0.25]))), tmp_path / "x")


@pytest.mark.parametrize("name", ["interval_factor", "evaluations"])
def test_what_was_measured_of_each_input_must_be_there_for_each(name, tmp_path):
    whole = attribution(table_query(2), diagnostics=diagnostics(**{name: torch.tensor([2, 3])}))
    assert difference(whole, again(whole, tmp_path)) == ""
    with pytest.raises(InputError, match=f"`{name}` of Diagnostics is not one for each input"):
        save(attribution(table_query(2), diagnostics=diagnostics(**{name: torch.tensor([2])})), tmp_path / "x")


def test_a_question_about_two_classes_comes_back_whole(tmp_path):
    query = replace(table_query(2), against=torch.tensor([1, 0]), output="logit", category_names=(("a", "b"), *[()] * 11))
    back = again(attribution(query), tmp_path)
    assert difference(query, back.query) == ""
    assert back.query.unit == query.unit == "logit difference"
    for wrong, sentence in [
        ({"against": torch.tensor([1])}, "`against` of Query is not one for each input"),
        ({"against": torch.tensor([1.0, 0.0])}, "`against` of the Query has the wrong shape"),
        ({"against": torch.tensor([[1], [0]])}, "`against` of the Query has the wrong shape"),
        ({"against": torch.tensor([1, 2])}, "a target of the Query is no class"),
        ({"category_names": ("ab",)}, "`category_names` of Query is a tuple of the wrong kind"),
    ]:
        with pytest.raises(InputError, match=sentence):
            save(attribution(replace(query, **wrong)), tmp_path / "x")


def test_the_shares_of_curves_come_back_and_must_be_one_for_each_step(tmp_path):
    made = replace(scores("deletion", "m", 2, 0), curve_shares=torch.linspace(0, 1, 9, dtype=torch.float64) ** 2)
    assert difference(made, again(made, tmp_path)) == ""
    for wrong in ({"curve_shares": torch.zeros(4)}, {"curve_shares": torch.zeros(2, 9)}, {"curves": None}):
        with pytest.raises(InputError, match="`curve_shares` of Scores is not one for each step of its curves"):
            save(replace(made, **wrong), tmp_path / "x")


def test_a_folder_that_does_not_exist_is_named_as_it_was_given(tmp_path):
    folder = tmp_path / "not" / "there"
    with pytest.raises(FileNotFoundError, match=r"^The folder of a file must exist") as caught:
        attribution(table_query()).save(folder / "cat")
    assert f"Got `{folder}`" in str(caught.value)
    assert ".part" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_views_are_stored_as_what_they_show_and_no_more(tmp_path):
    query = table_query(2)
    wide = draws(2, 24000, dtype=torch.float64)
    made = attribution(query, values=wide[:, ::2000], baseline=torch.zeros(12, dtype=torch.float64).expand(2, 12))
    path = save(made, tmp_path / "r")
    assert difference(made.values, load(path).values) == ""
    assert path.stat().st_size < 20_000


def test_inputs_that_many_explanations_share_are_stored_once(tmp_path):
    query = image_query(size=64)
    alone = save(attribution(query), tmp_path / "one").stat().st_size
    many = comparison(
        query, {f"m{number}": attribution(replace(query, inputs=query.inputs.detach()), seed=number) for number in range(8)}
    )
    together = save(many, tmp_path / "many").stat().st_size
    maps = 10 * 64 * 64 * 4
    assert together < alone + maps + 60_000  # eight times the input would be 350 000 bytes more


def test_saving_leaves_the_result_alone(tmp_path):
    made = attribution(table_query())
    before = made.values.clone()
    again(made, tmp_path)
    assert torch.equal(made.values, before)


def test_the_suffix_is_appended_where_it_is_missing_and_load_finds_it(tmp_path):
    made = attribution(table_query())
    assert save(made, tmp_path / "cat") == tmp_path / "cat.safetensors"
    assert save(made, tmp_path / "dog.safetensors") == tmp_path / "dog.safetensors"
    assert save(made, str(tmp_path / "v0.5")).name == "v0.5.safetensors"
    assert difference(load(tmp_path / "cat"), load(str(tmp_path / "cat.safetensors"))) == ""


def test_an_old_result_is_replaced_whole(tmp_path):
    save(attribution(table_query(), "first"), tmp_path / "r")
    save(attribution(table_query(), "second"), tmp_path / "r")
    assert load(tmp_path / "r").method == "second"
    assert [path.name for path in tmp_path.iterdir()] == ["r.safetensors"]


@dataclass(frozen=True, eq=False)
class Plugin(Attribution):
    more: int = 0


def test_what_a_file_cannot_hold_is_refused_before_anything_is_written(tmp_path):
    made = attribution(table_query())
    plugin = Plugin(made.query, made.origin, made.diagnostics, values=made.values, kind="slope")
    for wrong, sentence in [
        ({"a": 1}, "`save` takes Attribution"),
        (plugin, "Got Plugin"),
        (replace(made, origin=Origin("m", {"a": object()}, 0, {})), "Got object in `origin.settings.0`"),
        (replace(made, origin=Origin("m", {1: 2}, 0, {})), "wrong kind"),
        (replace(narrative(image_query()), text=["a list"]), "`text` of Narrative"),
        (replace(made, values=made.values.to_sparse()), "dense tensors"),
        (replace(counterfactuals(table_query(2)), goals=torch.zeros(1)), "`goals` of Counterfactuals is not one for each input"),
    ]:
        with pytest.raises(InputError, match=sentence):
            save(wrong, tmp_path / "r")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_is_an_error_of_the_system_that_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"whose folder does not exist\. Correct the path; .* begins at `/"):
        load(tmp_path / "no folder" / "nothing")
    with pytest.raises(FileNotFoundError, match=r"nothing`, which does not exist\. `/.*` holds no results: save one there first"):
        load(tmp_path / "nothing")
    for name in "abcdefg":
        save(attribution(table_query()), tmp_path / f"result {name}")
    with pytest.raises(FileNotFoundError, match=r"which does not exist\. Did you mean `result b\.safetensors`\?"):
        load(tmp_path / "resultb.safetensors")
    with pytest.raises(
        FileNotFoundError, match=r"holds `result a\.safetensors`, .*, `result e\.safetensors` and 2 more: name one"
    ):
        load(tmp_path / "qqq")
    with pytest.raises(IsADirectoryError, match=r"which is a folder\. `/.*` holds `result a\.safetensors`"):
        load(tmp_path)


def test_empty_parts_are_kept(tmp_path):
    empty = comparison(table_query(), {"rules": rules(table_query())}, (), scores={})
    assert empty.agreement.shape == (0, 0, 0)
    assert difference(empty, again(empty, tmp_path)) == ""
    nameless = replace(table_query(), class_names=(), feature_names=())
    assert difference(attribution(nameless), again(attribution(nameless), tmp_path)) == ""


def test_undefined_scores_stay_undefined(tmp_path):
    made = replace(scores("deletion", "m", 2, 0), values=torch.tensor([NAN, 1.0], dtype=torch.float64))
    assert again(made, tmp_path).undefined == 1


def test_a_loaded_result_can_be_used_like_the_one_that_was_saved(tmp_path):
    query = image_query(2)
    for made in (concept_scores(query), counterfactuals(query), examples(query), rules(query), narrative(query)):
        back = again(made, tmp_path)
        assert difference(made.as_attribution(), back.as_attribution()) == ""


def test_a_tensor_and_its_transpose_over_one_memory_stay_two(tmp_path):
    square = torch.arange(4.0).view(2, 2)
    made = Scores("m", "x", torch.zeros(2), True, details={"rows": square, "columns": square.T})
    back = again(made, tmp_path)
    assert torch.equal(back.details["rows"], square)
    assert torch.equal(back.details["columns"], square.T)


def test_interactions_come_back_and_must_be_one_for_each_input(tmp_path):
    whole = attribution(table_query(2), interactions=(draws(12, 12, seed=5), draws(3, 3, seed=6)))
    back = again(whole, tmp_path)
    assert difference(whole, back) == ""
    assert [tuple(one.shape) for one in back.interactions] == [(12, 12), (3, 3)]
