"""FLUX in a thimble: every part that the real pipeline folder has, with tiny random weights and little vocabularies.

Nothing is fetched. The shapes keep what matters: an autoencoder that shrinks eightfold, packed latents, guidance that
is embedded (dev) or not (schnell), a ControlNet with control modes (Union 1) or without (2.0).
"""

import string
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    FlowMatchEulerDiscreteScheduler,
    FluxControlNetModel,
    FluxPipeline,
    FluxTransformer2DModel,
)
from tokenizers import pre_tokenizers
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer, T5Config, T5EncoderModel, T5TokenizerFast

torch.set_num_threads(1)  # so little work is slower when it is shared out
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
HEADS = {
    "in_channels": 16, "num_attention_heads": 2, "attention_head_dim": 16, "joint_attention_dim": 32,
    "pooled_projection_dim": 32, "axes_dims_rope": [4, 4, 8], "num_layers": 1, "num_single_layers": 1,
}  # fmt: skip
HIDDEN = {"hidden_size": 32, "intermediate_size": 37, "num_hidden_layers": 2, "num_attention_heads": 4}


def save_model(folder: Path, *, distilled: bool = False) -> str:
    """Write a pipeline folder as FLUX.1-dev is one, or as schnell if `distilled`; return its path."""
    torch.manual_seed(0)
    clip, t5 = _clip_tokenizer(), _t5_tokenizer()
    pipeline = FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=not distilled),
        vae=_autoencoder(),
        text_encoder=CLIPTextModel(_clip_config(clip)),
        tokenizer=clip,
        text_encoder_2=T5EncoderModel(
            T5Config(vocab_size=len(t5), d_model=32, d_ff=37, d_kv=8, num_heads=4, num_layers=2)
        ),
        tokenizer_2=t5,
        transformer=_livened(FluxTransformer2DModel(guidance_embeds=not distilled, **HEADS)),
    )
    pipeline.save_pretrained(folder)
    return str(folder)


def save_controlnet(folder: Path, *, modes: int | None = None) -> str:
    """Write a ControlNet's folder, with as many control `modes` as Union 1 (10) or none as 2.0; return its path."""
    torch.manual_seed(1)
    network = FluxControlNetModel(guidance_embeds=True, num_mode=modes, **HEADS)
    _livened(network, strength=1.0).save_pretrained(folder)
    return str(folder)


def _autoencoder() -> AutoencoderKL:
    blocks = 4
    return _livened(
        AutoencoderKL(
            block_out_channels=(8,) * blocks,
            down_block_types=("DownEncoderBlock2D",) * blocks,
            up_block_types=("UpDecoderBlock2D",) * blocks,
            latent_channels=4,
            norm_num_groups=2,
            use_quant_conv=False,
            use_post_quant_conv=False,
            shift_factor=0.1159,
            scaling_factor=0.3611,
        )
    )


def _clip_config(clip: CLIPTokenizer) -> CLIPTextConfig:
    ends = {"bos_token_id": clip.bos_token_id, "eos_token_id": clip.eos_token_id, "pad_token_id": clip.pad_token_id}
    return CLIPTextConfig(vocab_size=len(clip), projection_dim=32, **ends, **HIDDEN)


def _livened(model: torch.nn.Module, strength: float = 0.2) -> torch.nn.Module:
    """Draw again what starts at zero (the way into and out of a ControlNet), since there is no training to move it."""
    for parameter in model.parameters():
        if not parameter.detach().any():
            torch.nn.init.normal_(parameter, std=strength)
    return model


def _clip_tokenizer() -> CLIPTokenizer:
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    pieces = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(vocab={piece: at for at, piece in enumerate(pieces)}, merges=[], model_max_length=77)


def _t5_tokenizer() -> T5TokenizerFast:
    pieces = ["<pad>", "</s>", "<unk>", "\u2581", *string.ascii_lowercase]
    return T5TokenizerFast(vocab=[(piece, -2.0) for piece in pieces], extra_ids=0, model_max_length=512)
