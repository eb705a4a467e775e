"""FLUX.1-dev with ControlNet Union Pro 2.0 and, where it is switched on, an IP-Adapter, through diffusers."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

if TYPE_CHECKING:
    from handler import Order

MODEL = "black-forest-labs/FLUX.1-dev"
CONTROLNET = "Shakker-Labs/FLUX.1-dev-ControlNet-Union-Pro-2.0"
IMAGE_ENCODER = "openai/clip-vit-large-patch14"


def load(path: str) -> "FluxPainter":
    """Return FLUX with its ControlNet, in bfloat16, on the graphics card if there is one.

    FLUX_MODEL and CONTROLNET_MODEL name other weights (Hub id or folder). Left out, they are those in `path`, if it
    holds any (a saved FluxControlNetPipeline: `model_index.json` and a folder `controlnet`), else MODEL and CONTROLNET.
    IP_ADAPTER_MODEL switches reference photos on, with IP_ADAPTER_WEIGHT_NAME and IMAGE_ENCODER_MODEL beside it.
    """
    import torch
    from diffusers import FluxControlNetModel, FluxControlNetPipeline, FluxPipeline

    model, controlnet = sources(path)
    control = FluxControlNetModel.from_pretrained(controlnet, torch_dtype=torch.bfloat16)
    posed = FluxControlNetPipeline.from_pretrained(model, controlnet=control, torch_dtype=torch.bfloat16)
    posed.to("cuda" if torch.cuda.is_available() else "cpu")
    adapter = os.environ.get("IP_ADAPTER_MODEL", "")
    if adapter:
        posed.load_ip_adapter(
            adapter,
            weight_name=os.environ.get("IP_ADAPTER_WEIGHT_NAME") or "ip_adapter.safetensors",
            image_encoder_pretrained_model_name_or_path=os.environ.get("IMAGE_ENCODER_MODEL") or IMAGE_ENCODER,
            image_encoder_dtype=torch.bfloat16,
        )
    # The same weights without the ControlNet, for requests without a skeleton.
    free = FluxPipeline(**{name: part for name, part in posed.components.items() if name != "controlnet"})
    for pipeline in (posed, free):
        pipeline.set_progress_bar_config(disable=True)
    return FluxPainter(posed, free, adapted=bool(adapter))


def sources(path: str) -> tuple[str, str]:
    """Return where the weights of FLUX and of the ControlNet are: Hub ids or folders."""
    whole, part = Path(path, "model_index.json"), Path(path, "controlnet")
    return (
        os.environ.get("FLUX_MODEL") or (path if whole.is_file() else MODEL),
        os.environ.get("CONTROLNET_MODEL") or (str(part) if part.is_dir() else CONTROLNET),
    )


class FluxPainter:
    """FLUX with and without the ControlNet, over the same weights."""

    def __init__(self, posed: Any, free: Any, *, adapted: bool) -> None:
        """Take a FluxControlNetPipeline, a FluxPipeline, and whether an IP-Adapter was loaded."""
        self._posed = posed
        self._free = free
        self.supports = frozenset({"control", "seed", "scene"} | ({"reference"} if adapted else set()))

    def __call__(self, order: "Order") -> tuple[Image.Image, None]:
        """Return the picture, which no safety checker sees; the same order gives the same one on the same card."""
        import torch

        paint = self._free if order.control is None else self._posed
        result = paint(
            prompt=order.prompt,
            width=order.width,
            height=order.height,
            num_inference_steps=order.steps,
            guidance_scale=order.guidance,
            # On the processor: a card's own generator differs from one kind of card to the next.
            generator=torch.Generator("cpu").manual_seed(order.seed),
            **self._control(order),
            **self._reference(order),
        )
        return result.images[0], None

    def _control(self, order: "Order") -> dict[str, Any]:
        if order.control is None:
            return {}
        return {
            "control_image": order.control,
            "controlnet_conditioning_scale": order.control_scale,
            "control_guidance_end": order.control_end,
        }

    def _reference(self, order: "Order") -> dict[str, Any]:
        if "reference" not in self.supports:
            return {}
        # Once its adapter is loaded the model fails without a photo; one of no weight changes nothing.
        self._posed.set_ip_adapter_scale(order.reference_scale if order.reference else 0.0)
        return {"ip_adapter_image": order.reference or Image.new("RGB", (224, 224))}
