"""FLUX at Hugging Face: text in, a picture out, through huggingface_hub's InferenceClient.

`text_to_image` takes neither a skeleton nor a reference photo, so `supports` names neither.
"""

import re
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

from huggingface_hub import HfApi, InferenceClient, constants, get_session
from huggingface_hub.utils import (  # type: ignore[attr-defined]  # public, but not in its __all__
    build_hf_headers,
    hf_raise_for_status,
)

from lumiku.backends import ImageRequest, Painting, guard
from lumiku.backends.hosted import BY_STATUS, HostedBackend, origin_of, settings_error

STEPS = 28
GUIDANCE = 3.5
SCHNELL_STEPS = 4  # the distilled model is made for one to four
CHECK_SECONDS = 10.0
ROUTER = "router.huggingface.co"


class Provider(NamedTuple):
    """Where a provider of the InferenceClient answers: its own API (for its own keys) and the pictures it links to."""

    api: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()


# Left out: "auto" (price and behaviour would change under us) and zai-org (has no FLUX, and sleeps 5 s between polls).
PROVIDERS = {
    "hf-inference": Provider(),
    "fal-ai": Provider(("fal.run", "queue.fal.run"), ("fal.media",)),
    "nscale": Provider(("inference.api.nscale.com",)),
    "replicate": Provider(("api.replicate.com",), ("replicate.delivery",)),
    "together": Provider(("api.together.xyz",)),
    "wavespeed": Provider(("api.wavespeed.ai",), ("cdn.wavespeed.ai", "d1q70pf5vjeyhc.cloudfront.net")),
}

DEV_LICENCE = (
    "FLUX.1 [dev] non-commercial licence: pictures may be sold only if the provider that runs the model holds a "
    "commercial licence from Black Forest Labs."
)


class HuggingFaceBackend(HostedBackend):
    """A FLUX model at a provider that Hugging Face routes to, or at an endpoint of the operator's own."""

    supports = frozenset({"seed", "scene"})

    def __init__(self, *, token: str, model: str, provider: str, base_url: str, deadline: float = 90.0) -> None:
        """Take `model` (Hub id) at `provider` or, if given, what runs at `base_url`; `deadline` in seconds a call."""
        super().__init__(token=token, deadline=deadline)
        self._model = model
        self._provider = provider
        self._base_url = base_url.strip()
        self._origin = origin_of(self._base_url)
        self.label = f"{model.rsplit('/', 1)[-1]} at {self._origin.host if self._origin else 'Hugging Face'}"
        self.licence = licence_of(model)

    def paint(self, request: ImageRequest) -> Painting:
        """Return the picture of `request` with the provider's own bytes, or raise BackendError before the deadline.

        Codes: account, busy, unavailable, unreachable, timeout, bad_answer (all worth another try), refused, moderated.
        """
        self._require_settings()
        with guard.call(self._reach(), seconds=self._deadline) as call:
            data = self.bounded(call, lambda: self._order(request))
        return self.painted(data, request, call.request_id)

    def check(self) -> str:
        """Say that the provider takes our key (or that the endpoint answers), or raise BackendError. Orders nothing."""
        self._require_settings()
        with guard.call(self._reach(), seconds=min(self._deadline, CHECK_SECONDS)) as call:
            return self.bounded(call, self._probe_endpoint if self._base_url else self._probe_key)

    def _require_settings(self) -> None:
        if not re.fullmatch(r"[\x21-\x7e]*", self._token):
            raise settings_error("HUGGINGFACE_API_KEY holds a space, a line break or a letter that no key has")
        if self._base_url and not self._origin:
            raise settings_error("HF_BASE_URL must be an address that begins with https:// or http://")
        if not self._base_url and not self._token:
            raise settings_error("set HUGGINGFACE_API_KEY to a token from huggingface.co/settings/tokens")
        if not self._base_url and self._provider not in PROVIDERS:
            raise settings_error(f"set HF_PROVIDER to one of {', '.join(PROVIDERS)}")

    def _reach(self) -> guard.Reach:
        if self._origin:
            return guard.Reach(origin=self._origin, anonymous=not self._token)
        provider = PROVIDERS[self._provider]
        hub = urlsplit(constants.ENDPOINT).hostname or ""
        return guard.Reach(hosts=frozenset({ROUTER, hub, *provider.api}), pictures=provider.pictures)

    def _order(self, request: ImageRequest) -> bytes:
        schnell = "schnell" in self._model.lower()
        picture = self._client().text_to_image(
            request.prompt,
            width=request.width,
            height=request.height,
            seed=request.seed,
            num_inference_steps=SCHNELL_STEPS if schnell else STEPS,
            guidance_scale=0.0 if schnell else GUIDANCE,
        )
        # The library opens the answer's bytes lazily and keeps them; nothing is decoded before `lumiku.images` does.
        return cast(Any, picture).fp.getvalue()

    def _client(self) -> InferenceClient:
        if self._base_url:
            return InferenceClient(model=self._base_url, token=self._token or None)
        return InferenceClient(model=self._model, provider=cast(Any, self._provider), token=self._token)

    def _probe_endpoint(self) -> str:
        answer = get_session().get(self._base_url, headers=build_hf_headers(token=self._token or False))
        if answer.status_code in BY_STATUS or answer.status_code in (500, 502, 504):
            hf_raise_for_status(answer)
        return f"{self.label}: the endpoint answers."

    def _probe_key(self) -> str:
        if not self._token.startswith("hf_"):
            return f"{self.label}: a key of {self._provider}'s own is set; only a paid request could prove it."
        owner = HfApi().whoami(token=self._token)["name"]
        return f"{self.label} through {self._provider}: the key of {owner} is accepted."


def licence_of(model: str) -> str:
    if "schnell" in model.lower():
        return "Apache-2.0: pictures may be used commercially."
    if "flux.1-dev" in model.lower():
        return DEV_LICENCE
    return f"The terms on the page of the model {model} at Hugging Face."
