"""Captions by a vision-language model of Hugging Face: BLIP, Florence, LLaVA, GIT, an image encoder with a text decoder, ..."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from xaivision.core.errors import InputError
from xaivision.core.modes import evaluating
from xaivision.core.settings import check_positive_integer
from xaivision.explainers.narratives.captions import Caption, WordScore
from xaivision.explainers.narratives.cut_out import View, check_view, shown_picture

QUESTION = "Describe what this picture shows in one short sentence."
NAMED_QUESTION = "This picture shows {label}. Describe it in one short sentence."
# What Florence was trained to be asked for its task <DETAILED_CAPTION>.
TASKS = {"florence2": "Describe in detail what is shown in the image."}
# The beginning of a caption that others go on from.
NAMED_BEGINNING = "a picture of {label}"
LABEL = "{label}"


class HuggingFaceCaptioner:
    """What a vision-language model says of a region, greedily, so that the same picture gets the same words.

    `model`: as AutoModelForImageTextToText gives it, on any device and in any dtype; `processor`: as AutoProcessor gives it.
    `prompt`: a question for models that hold conversations, a task for Florence, else the beginning of the caption; None takes
    a usual one. It is label-blind: with `label_in_prompt` the prompt must hold {label}, and else must not. `view`: what the
    model is shown, see `shown_picture`. `tokens`: how long a caption may be. `batch_size`: pictures scored at a time.

    Raises: InputError, where the model cannot caption, or a setting does not fit.
    """

    def __init__(  # noqa: PLR0913 - the questions of one model
        self,
        model: nn.Module,
        processor: Any,
        *,
        prompt: str | None = None,
        label_in_prompt: bool = False,
        view: View = "cut_out",
        tokens: int = 40,
        batch_size: int = 8,
    ) -> None:
        check_view(view)
        check_positive_integer("tokens", tokens)
        check_positive_integer("batch_size", batch_size)
        if not isinstance(model, nn.Module) or not callable(getattr(model, "generate", None)):
            raise InputError(f"`model` must write text, as AutoModelForImageTextToText gives it. Got {type(model).__name__}.")
        if not callable(processor) or not hasattr(processor, "tokenizer"):
            raise InputError(
                f"`processor` must take pictures and text, as AutoProcessor gives it. Got {type(processor).__name__}."
            )
        self.model, self.processor = model, processor
        self._label_in_prompt, self.view, self.tokens, self.batch_size = label_in_prompt, view, tokens, batch_size
        self.prompt = self._usual_prompt() if prompt is None else prompt
        self._check_prompt()

    def __repr__(self) -> str:
        return f"HuggingFaceCaptioner({self.name}, prompt={self.prompt!r}, view={self.view!r})"

    @property
    def label_in_prompt(self) -> bool:
        return self._label_in_prompt

    @property
    def name(self) -> str:
        return type(self.model).__name__

    @property
    def measures(self) -> bool:
        return False

    @property
    def word_score(self) -> WordScore:
        return "log-probability"

    def caption(self, image: Tensor, mask: Tensor, label: str | None) -> Caption:
        """What the model says of the region `mask` (H, W) of an image (C, H, W) in [0, 1], and the tokens it said.

        Raises: InputError, where the model fails on the picture.
        """
        prompt = self._asked(label)
        with self._telling():
            inputs = self._inputs([shown_picture(image, mask, self.view)], prompt)
            told = self.model.generate(  # type: ignore[operator]  # checked to be callable
                **inputs,
                max_new_tokens=self.tokens,
                do_sample=False,
                num_beams=1,
                return_dict_in_generate=True,
                output_scores=True,
            )
        sequence, written = told.sequences[0].tolist(), len(told.scores)
        before = sequence[: len(sequence) - written] or inputs["input_ids"][0].tolist()
        tokens = self._words(sequence[len(sequence) - written :])
        text = self.processor.tokenizer.decode(tokens, skip_special_tokens=True).strip()
        return Caption(text, prompt, self._label_in_prompt, tuple(tokens), tuple(before))

    def word_scores(self, caption: Caption, image: Tensor, versions: Tensor, mask: Tensor) -> Tensor:
        """(n, T) log-probabilities of the caption's tokens, each after those before it, for versions (n, C, H, W) of the image.

        Raises: InputError, where the caption has no tokens, or the model fails on a picture.
        """
        if not caption.tokens:
            raise InputError("The caption must have tokens to be scored. Got one without: no words came.")
        with self._telling():
            parts = [self._scores(caption, part, mask) for part in torch.split(versions, self.batch_size)]
        return torch.cat(parts)

    def _scores(self, caption: Caption, versions: Tensor, mask: Tensor) -> Tensor:
        inputs = self._inputs([shown_picture(one, mask, self.view) for one in versions], caption.prompt)
        sequence = torch.tensor([caption.before + caption.tokens] * len(versions), device=self._device)
        told = self.model(**self._followed(inputs, sequence)).logits
        count = len(caption.tokens)
        # What stands at a place is said of the next one; before the text there may be places of the picture.
        likely = told[:, -count - 1 : -1].double().log_softmax(-1)
        found: Tensor = likely.gather(2, sequence[:, -count:, None])[..., 0].cpu()
        return found

    def _followed(self, inputs: dict[str, Any], sequence: Tensor) -> dict[str, Any]:
        """The inputs of a pass over a text that is known: for an encoder's decoder, or in place of the prompt."""
        if bool(getattr(self.model.config, "is_encoder_decoder", False)):
            return {**inputs, "decoder_input_ids": sequence}
        asked = inputs.get("input_ids")
        others = {name: value for name, value in inputs.items() if not _beside(value, asked)}
        kinds = [name for name, value in inputs.items() if name.endswith("token_type_ids") and _beside(value, asked)]
        for name in kinds:  # what is written is text, which is kind 0
            written = inputs[name].new_zeros(len(sequence), sequence.shape[1] - inputs[name].shape[1])
            others[name] = torch.cat([inputs[name], written], 1)
        return {**others, "input_ids": sequence, "attention_mask": torch.ones_like(sequence)}

    def _inputs(self, pictures: list[Any], prompt: str) -> dict[str, Any]:
        """What the processor makes of 8-bit RGB pictures, each with the prompt, on the model's device and in its dtype."""
        texts = {"text": [prompt] * len(pictures)} if prompt else {}
        made = self.processor(images=pictures, return_tensors="pt", **texts)
        return {name: self._placed(value) for name, value in made.items()}

    def _placed(self, value: Any) -> Any:
        if not isinstance(value, Tensor):
            return value
        return value.to(self._device, next(self.model.parameters()).dtype if value.is_floating_point() else value.dtype)

    def _asked(self, label: str | None) -> str:
        """The prompt verbatim."""
        if self._label_in_prompt and label is None:
            raise InputError("`label` must be given where it is in the prompt. Got None.")
        text = self.prompt.replace(LABEL, label) if self._label_in_prompt and label is not None else self.prompt
        if not self._converses() or not text:
            return text
        said = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": text}]}]
        told: str = self.processor.apply_chat_template(said, add_generation_prompt=True, tokenize=False)
        return told

    def _usual_prompt(self) -> str:
        asked = QUESTION if self._converses() else TASKS.get(str(getattr(self.model.config, "model_type", "")))
        if self._label_in_prompt:
            return NAMED_BEGINNING if asked is None else NAMED_QUESTION
        return asked or ""

    def _check_prompt(self) -> None:
        if self._label_in_prompt != (LABEL in self.prompt):
            wanted = "hold {label}, where `label_in_prompt` is set" if self._label_in_prompt else "not hold {label}"
            remedy = "Write it where the name belongs." if self._label_in_prompt else "Set `label_in_prompt`."
            raise InputError(f"`prompt` must {wanted}. Got {self.prompt!r}. {remedy}")

    def _converses(self) -> bool:
        return bool(getattr(self.processor, "chat_template", None) or getattr(self.processor.tokenizer, "chat_template", None))

    def _words(self, tokens: list[int]) -> list[int]:
        """Without the end that the model set itself."""
        ends = set(self.processor.tokenizer.all_special_ids)
        while tokens and tokens[-1] in ends:
            tokens = tokens[:-1]
        return tokens

    @property
    def _device(self) -> torch.device:
        return next(self.model.parameters()).device

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """In evaluation mode, without gradients; what the model trips over is told in one sentence."""
        try:
            with evaluating(self.model), torch.no_grad():
                yield
        except InputError:
            raise
        except (ValueError, TypeError, RuntimeError, IndexError, KeyError) as error:
            first = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise InputError(
                f"{self.name} cannot caption this picture: {first} Try another `prompt`, or another model."
            ) from error


def _beside(value: Any, asked: Any) -> bool:
    """Whether it is of the prompt's tokens, one each."""
    return isinstance(value, Tensor) and isinstance(asked, Tensor) and value.shape == asked.shape
