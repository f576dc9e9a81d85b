"""Vision-language models of Hugging Face with random weights, each with a processor; nothing is downloaded."""

import warnings
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

from xaivision.explainers.narratives.huggingface_loading import PicturesAndText

with warnings.catch_warnings():  # the package warns of its own parts while it is imported
    warnings.simplefilter("ignore")
    import transformers

SIDE = 32
# fmt: off
WORDS = [
    "a", "an", "the", "cat", "dog", "ship", "rock", "is", "on", "in", "of", "picture", "this", "shows", "region",
    "brown", "dark", "light", "with", "some", "what", "and", ":", ".", ",", "describe",
]
# fmt: on
SPECIAL = ["<pad>", "<s>", "</s>", "<unk>", "<image>", "user", "assistant", "?", "one", "short", "sentence", "it", "{label}"]
MARKS = {
    f"{kind}_token": SPECIAL[place] for kind, place in (("bos", 1), ("eos", 2), ("pad", 0), ("unk", 3), ("cls", 1), ("sep", 2))
}
CHAT = (
    "{% for message in messages %}user : {% for part in message['content'] %}{% if part['type'] == 'image' %}<image> {% else %}"
    "{{ part['text'] }}{% endif %}{% endfor %}{% endfor %} assistant :"
)
VOCABULARY = len(SPECIAL) + len(WORDS)
TEXT = {"vocab_size": VOCABULARY, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24}
VISION = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "image_size": SIDE,
    "patch_size": 8,
}
ENDS = {"bos_token_id": 1, "pad_token_id": 0, "eos_token_id": 2}


def tokenizer_of(ending: str = " </s>") -> Any:
    """A tokenizer of whole words, numbered from the special ones; `ending`: what it sets after a text."""
    words = [*SPECIAL, *WORDS]
    inner = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, unk_token=SPECIAL[3]))
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    inner.decoder = decoders.WordPiece()
    inner.post_processor = processors.TemplateProcessing(f"<s> $A{ending}", None, [("<s>", 1), ("</s>", 2)])
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=inner,
        **MARKS,
        extra_special_tokens={"image_token": "<image>"},
    )


def blip() -> tuple[Any, Any]:
    config = transformers.BlipConfig(
        text_config={**TEXT, "encoder_hidden_size": 16, "projection_dim": 8, "sep_token_id": 2, "is_decoder": True, **ENDS},
        vision_config=VISION,
        projection_dim=8,
    )
    return transformers.BlipForConditionalGeneration(config), transformers.BlipProcessor(
        transformers.BlipImageProcessor(size={"height": SIDE, "width": SIDE}), tokenizer_of()
    )


def git() -> tuple[Any, Any]:
    config = transformers.GitConfig(vision_config=VISION, max_position_embeddings=64, **TEXT, **ENDS)
    shape = {"height": SIDE, "width": SIDE}
    return transformers.GitForCausalLM(config), transformers.GitProcessor(
        transformers.CLIPImageProcessor(size={"shortest_edge": SIDE}, crop_size=shape), tokenizer_of()
    )


def llava() -> tuple[Any, Any]:
    text = transformers.LlamaConfig(max_position_embeddings=128, num_key_value_heads=2, **TEXT, **ENDS)
    config = transformers.LlavaConfig(
        vision_config=transformers.CLIPVisionConfig(**VISION), text_config=text, image_token_index=4, image_seq_length=16
    )
    shape = {"height": SIDE, "width": SIDE}
    return transformers.LlavaForConditionalGeneration(config), transformers.LlavaProcessor(
        transformers.CLIPImageProcessor(size=shape, crop_size=shape, do_center_crop=False),
        tokenizer_of(ending=""),
        patch_size=8,
        vision_feature_select_strategy="default",
        chat_template=CHAT,
        num_additional_image_tokens=1,
    )


def encoder_decoder() -> tuple[Any, Any]:
    config = transformers.VisionEncoderDecoderConfig.from_encoder_decoder_configs(
        transformers.ViTConfig(**VISION),
        transformers.GPT2Config(vocab_size=VOCABULARY, n_embd=16, n_layer=2, n_head=2, n_positions=64, **ENDS),
    )
    config.decoder_start_token_id, config.pad_token_id, config.eos_token_id = 1, 0, 2
    return transformers.VisionEncoderDecoderModel(config), PicturesAndText(
        transformers.ViTImageProcessor(size={"height": SIDE, "width": SIDE}), tokenizer_of()
    )


def florence() -> tuple[Any, Any]:
    config = transformers.Florence2Config(
        text_config={
            "model_type": "bart",
            "vocab_size": VOCABULARY,
            "d_model": 16,
            "encoder_layers": 1,
            "decoder_layers": 1,
            "encoder_attention_heads": 2,
            "decoder_attention_heads": 2,
            "encoder_ffn_dim": 24,
            "decoder_ffn_dim": 24,
            "max_position_embeddings": 128,
            "forced_eos_token_id": None,
            **ENDS,
            "decoder_start_token_id": 2,
        },
        vision_config={
            "depths": [1, 1],
            "patch_size": [7, 3],
            "patch_stride": [4, 2],
            "patch_padding": [3, 1],
            "patch_prenorm": [False, True],
            "embed_dim": [8, 16],
            "num_heads": [2, 2],
            "num_groups": [2, 2],
            "window_size": 4,
            "projection_dim": 16,
        },
        image_token_id=4,
    )
    pictures = transformers.CLIPImageProcessor(size={"height": SIDE, "width": SIDE}, do_center_crop=False)
    pictures.image_seq_length = 17  # 4 x 4 places and their mean
    return transformers.Florence2ForConditionalGeneration(config), transformers.Florence2Processor(pictures, tokenizer_of())


KINDS = {"blip": blip, "git": git, "llava": llava, "encoder_decoder": encoder_decoder, "florence": florence}


# With these each says several words of a noisy picture.
SEEDS = {"blip": 1, "git": 1, "llava": 0, "encoder_decoder": 0, "florence": 5}


def captioning(kind: str) -> tuple[Any, Any]:
    """The model and its processor, weights spread far enough that other pictures get other scores."""
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(SEEDS[kind])
        model, processor = KINDS[kind]()
        with torch.no_grad():
            for weight in model.parameters():
                weight.add_(0.3 * torch.randn_like(weight))
    return model, processor
