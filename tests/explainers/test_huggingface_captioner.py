import pytest
import torch
from captioning_models import KINDS, captioning

import xaivision as xv
from xaivision.core.errors import FileFormatError, InputError
from xaivision.explainers.narratives.captions import WordScorer
from xaivision.explainers.narratives.cut_out import shown_picture
from xaivision.explainers.narratives.huggingface_captioner import HuggingFaceCaptioner

HEIGHT, WIDTH = 32, 48


def region():
    mask = torch.zeros(HEIGHT, WIDTH, dtype=torch.bool)
    mask[4:12, 30:46] = True
    return mask


def picture(seed=0):
    return torch.rand(3, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(seed))


# The others cost as much again.
QUICK = ("blip", "llava")
ASKED = [kind if kind in QUICK else pytest.param(kind, marks=pytest.mark.slow) for kind in KINDS]


@pytest.fixture(scope="module", params=ASKED)
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def captioner(kind, tmp_path_factory):
    """Out of a folder on disk, as a user has it."""
    folder = tmp_path_factory.mktemp(kind)
    for part in captioning(kind):
        part.save_pretrained(folder)
    assert (folder / "model.safetensors").is_file()
    return xv.load_captioner(folder, tokens=6)


def test_a_folder_gives_words_and_their_log_probabilities(captioner):
    """What generation says of each of its tokens is what scoring them says afterwards: the places are the right ones."""
    told = captioner.caption(picture(), region(), None)
    assert told.text
    assert told.tokens
    assert not told.label_in_prompt
    scores = captioner.word_scores(told, picture(), torch.stack([picture(), picture(1)]), region())
    assert scores.shape == (2, len(told.tokens))
    inputs = captioner._inputs([shown_picture(picture(), region(), "cut_out")], told.prompt)
    with torch.no_grad():
        written = captioner.model.eval().generate(
            **inputs, max_new_tokens=6, do_sample=False, num_beams=1, return_dict_in_generate=True, output_scores=True
        )
    expected = [float(one[0].double().log_softmax(-1)[token]) for one, token in zip(written.scores, told.tokens, strict=False)]
    torch.testing.assert_close(scores[0], torch.tensor(expected, dtype=torch.float64), rtol=1e-4, atol=1e-4)
    assert not torch.allclose(scores[0], scores[1], atol=1e-3)


def test_only_the_region_is_seen(captioner):
    outside = torch.where(region(), picture(), picture(1))
    told = captioner.caption(picture(), region(), None)
    assert captioner.caption(outside, region(), None) == told
    both = captioner.word_scores(told, picture(), torch.stack([picture(), outside]), region())
    torch.testing.assert_close(both[0], both[1], rtol=0, atol=1e-5)


def test_it_is_a_captioner_that_scores_words_and_leaves_the_model_as_it_was(captioner):
    assert isinstance(captioner, WordScorer)
    captioner.model.train()
    captioner.caption(picture(), region(), None)
    assert captioner.model.training


def test_the_model_is_handed_bytes_as_wide_as_the_picture():
    model, processor = captioning("blip")
    seen = []

    class Watched:
        tokenizer = processor.tokenizer
        chat_template = None

        def __call__(self, images, **more):
            seen.extend(images)
            return processor(images=images, **more)

    HuggingFaceCaptioner(model, Watched(), tokens=3).caption(picture(), region(), None)
    assert (seen[0].mode, seen[0].size) == ("RGB", (WIDTH, HEIGHT))
    assert seen[0].getpixel((35, 6)) == tuple((255 * picture()[:, 6, 35]).round().int().tolist())  # (x, y)
    assert seen[0].getpixel((6, 20)) == (0, 0, 0)


def test_gray_pictures_and_views():
    gray = picture().mean(0, keepdim=True)
    assert shown_picture(gray, region(), "whole").getpixel((1, 1)) == (round(255 * float(gray[0, 1, 1])),) * 3
    assert shown_picture(gray, region(), "cropped").size == (20, 10)  # its box of 16 x 8, a tenth more on each side
    with pytest.raises(InputError, match="`view` must be one of"):
        HuggingFaceCaptioner(*captioning("blip"), view="upside down")


def test_the_label_is_in_the_prompt_where_it_is_asked_for_and_verbatim():
    model, processor = captioning("llava")
    blind = HuggingFaceCaptioner(model, processor, tokens=2).caption(picture(), region(), None)
    assert blind.prompt == "user : <image> Describe what this picture shows in one short sentence. assistant :"
    named = HuggingFaceCaptioner(model, processor, label_in_prompt=True, tokens=2)
    said = named.caption(picture(), region(), "cat")
    assert "This picture shows cat." in said.prompt
    assert said.label_in_prompt
    assert not HuggingFaceCaptioner(model, processor, tokens=2).caption(picture(), region(), None).label_in_prompt
    with pytest.raises(InputError, match="`label` must be given"):
        named.caption(picture(), region(), None)
    with pytest.raises(InputError, match=r"must not hold \{label\}"):
        HuggingFaceCaptioner(model, processor, prompt="a {label}")
    with pytest.raises(InputError, match=r"must hold \{label\}"):
        HuggingFaceCaptioner(model, processor, prompt="a thing", label_in_prompt=True)


@pytest.mark.parametrize("dtype", ["auto", "float16", "bfloat16"])
def test_a_folder_is_read_in_the_precision_that_is_asked_for(tmp_path, dtype):
    for part in captioning("blip"):
        part.save_pretrained(tmp_path)
    loaded = xv.load_captioner(tmp_path, dtype=dtype)
    expected = torch.float32 if dtype == "auto" else getattr(torch, dtype)
    assert {weight.dtype for weight in loaded.model.parameters()} == {expected}
    (pixels,) = {value.dtype for value in loaded._inputs([shown_picture(picture(), region(), "whole")], "").values()} - {
        torch.int64
    }
    assert pixels == expected


def test_half_precision_gives_words():
    model, processor = captioning("blip")
    told = HuggingFaceCaptioner(model.bfloat16(), processor, tokens=3)
    scores = told.word_scores(told.caption(picture(), region(), None), picture(), picture()[None], region())
    assert scores.dtype == torch.float64


@pytest.mark.parametrize(
    ("folder", "more", "error", "sentence"),
    [
        ("", {}, InputError, "has no config.json"),
        ("config", {}, FileFormatError, "must hold a captioning model with its processor"),
        ("config", {"device": "abacus"}, InputError, "`device` must be one that torch has"),
        ("config", {"dtype": "int8"}, InputError, "`dtype` must be one of"),
    ],
)
def test_a_folder_without_a_captioner_is_one_sentence(folder, more, error, sentence, tmp_path):
    if folder:
        (tmp_path / "config.json").write_text('{"model_type": "vit"}')
    with pytest.raises(error, match=sentence):
        xv.load_captioner(tmp_path, **more)


def test_what_is_no_captioner_is_refused():
    model, processor = captioning("blip")
    with pytest.raises(InputError, match="`model` must write text"):
        HuggingFaceCaptioner(torch.nn.Linear(2, 2), processor)
    with pytest.raises(InputError, match="`processor` must take pictures and text"):
        HuggingFaceCaptioner(model, lambda: None)
