"""The FLUX pipelines of diffusers: how they are loaded, and how a request becomes their arguments.

A posed order runs through FluxControlNetPipeline, one of text alone through FluxPipeline; both share one set of
weights, scheduler included, so only one may work at a time. Everything that imports torch does so inside a function.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PIL import Image

from lumiku.backends import ImageRequest

# What the model card of Union Pro 2.0 recommends for poses: strength, and the part of the steps that are held.
CONTROL_SCALE = 0.9
CONTROL_END = 0.65
# The first Union networks were taught kinds of control images by number, 4 for poses; 2.0 sees by itself what it has.
POSE_MODE = 4


class OutOfTime(Exception):
    """The deadline passed between two steps."""


@dataclass(frozen=True)
class Manner:
    """How a model wants to be asked."""

    steps: int
    guidance: float
    tokens: int
    """How much of a prompt it reads."""


DEV = Manner(steps=28, guidance=3.5, tokens=512)
SCHNELL = Manner(steps=4, guidance=0.0, tokens=256)


@dataclass(frozen=True)
class Pipelines:
    """Two ways through the same weights."""

    plain: Any
    """FluxPipeline, for orders without a pose."""
    posed: Any
    """FluxControlNetPipeline; None without a ControlNet."""
    device: str
    """The device that paints, as torch writes it ("cuda", "cpu")."""
    offload: bool
    """Only the part that works is in the device's memory, the others wait in main memory."""

    @property
    def manner(self) -> Manner:
        """Schnell is distilled and has no guidance to embed, whatever its folder is called."""
        return DEV if self.plain.transformer.config.guidance_embeds else SCHNELL

    def paint(self, request: ImageRequest, *, ends_at: float) -> Image.Image:
        """Return the picture of `request`, RGB.

        Raises OutOfTime after the step that ended behind `ends_at` (monotonic seconds), and whatever torch raises.
        """
        import torch

        posed = self.posed is not None and request.control is not None
        pipeline = self.posed if posed else self.plain
        if self.offload:
            # The two pipelines move the same weights, and one that broke off has left them where they were.
            pipeline.enable_model_cpu_offload(device=self.device)
        answer = pipeline(
            prompt=request.prompt,
            width=request.width,
            height=request.height,
            num_inference_steps=self.manner.steps,
            guidance_scale=self.manner.guidance,
            max_sequence_length=self.manner.tokens,
            # Drawn by the processor, the noise of a seed is the same on every card.
            generator=torch.Generator("cpu").manual_seed(request.seed),
            callback_on_step_end=_stopper(ends_at),
            **(_held(pipeline, request.control) if posed else {}),
        )
        image: Image.Image = answer.images[0]
        return image


def load(model: str, controlnet: str, device: str, offload: bool, *, token: str) -> Pipelines:
    """Return the pipelines of `model` and `controlnet` (Hub ids, folders; "" for no ControlNet), ready on `device`.

    Half precision on a card, else single. Fetches what is not here. Raises whatever diffusers raises.
    """
    import diffusers
    import torch

    diffusers.logging.set_verbosity_error()  # its warnings repeat what users wrote
    options = {"dtype": torch.bfloat16 if device.startswith("cuda") else torch.float32, "token": token or None}
    posed = None
    if controlnet:
        network = diffusers.FluxControlNetModel.from_pretrained(controlnet, **options)
        posed = diffusers.FluxControlNetPipeline.from_pretrained(model, controlnet=network, **options)
        plain = diffusers.FluxPipeline(**{name: part for name, part in posed.components.items() if part is not network})
    else:
        plain = diffusers.FluxPipeline.from_pretrained(model, **options)
    for pipeline in filter(None, (plain, posed)):
        pipeline.set_progress_bar_config(disable=True)
    if not offload:
        (posed or plain).to(device)
    return Pipelines(plain=plain, posed=posed, device=device, offload=offload)


def _held(pipeline: Any, control: Image.Image | None) -> dict[str, Any]:
    """The arguments that hold a picture to the skeleton."""
    return {
        "control_image": control,
        "control_mode": POSE_MODE if pipeline.controlnet.union else None,
        "controlnet_conditioning_scale": CONTROL_SCALE,
        "control_guidance_end": CONTROL_END,
    }


def _stopper(ends_at: float) -> Callable[..., dict[str, Any]]:
    """What a pipeline calls after each step. Leaving by an error also saves the decoding of a picture nobody gets."""

    def stop_in_time(pipeline: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        if time.monotonic() > ends_at:
            raise OutOfTime
        return tensors

    return stop_in_time
