"""Models at Hugging Face's inference providers through huggingface_hub's InferenceClient, and FLUX painting from words.

`RoutedBackend` is what all roads to these providers share: key, provider, hosts, and the provider's own word that a
picture is unsafe. `text_to_image` takes neither a skeleton nor a reference photo, so `supports` of the road in this
module names neither.
"""

import re
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

from django.utils.translation import gettext_noop
from huggingface_hub import HfApi, InferenceClient, constants, get_session
from huggingface_hub.utils import (  # type: ignore[attr-defined]  # public, but not in its __all__
    build_hf_headers,
    hf_raise_for_status,
)

from lumiku.backends import ImageRequest, Painting, guard
from lumiku.backends.hosted import BY_STATUS, MODERATED, HostedBackend, origin_of, settings_error

STEPS = 28
GUIDANCE = 3.5
SCHNELL_STEPS = 4  # the distilled model is made for one to four
CHECK_SECONDS = 10.0
ROUTER = "router.huggingface.co"


class Provider(NamedTuple):
    """Where a provider of the InferenceClient answers: its own API (for its own keys) and the pictures it links to."""

    api: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    unsized: str = ""
    """Pattern of the models that it paints in shapes of its own and never in an ordered size; empty for none."""


# Left out: "auto" (price and behaviour would change under us) and zai-org (has no FLUX, and sleeps 5 s between polls).
PROVIDERS = {
    "hf-inference": Provider(),
    "fal-ai": Provider(("fal.run", "queue.fal.run"), ("fal.media",)),
    "nscale": Provider(("inference.api.nscale.com",)),
    # Its FLUX.1 and Qwen models take an aspect ratio instead of a width and a height.
    "replicate": Provider(("api.replicate.com",), ("replicate.delivery",), unsized=r"flux\.1|qwen"),
    "together": Provider(("api.together.xyz",)),
    "wavespeed": Provider(("api.wavespeed.ai",), ("cdn.wavespeed.ai", "d1q70pf5vjeyhc.cloudfront.net")),
}

DEV_LICENCE = gettext_noop(
    "FLUX.1 [dev] non-commercial licence: pictures may be sold only if the provider that runs the model holds a "
    "commercial licence from Black Forest Labs."
)
# What fal-ai and wavespeed say of a finished picture, and how these, replicate and together refuse one.
UNSAFE = re.compile(
    r'"has_nsfw_(concepts|contents)": ?\[[^\]]*\btrue'
    r'|"type": ?"content_policy_violation"'
    r'|"(error|message|detail|msg)": ?"[^"]*(\bnsfw\b|sensitive content|content policy|flagged)',
    re.IGNORECASE,
)


def is_flagged(call: guard.Call) -> bool:
    """Say whether the provider's latest words flag the picture, or refuse the order, as unsafe."""
    judges = call.status < 300 or call.status in (400, 422)
    return judges and UNSAFE.search(call.text()) is not None


class _Reach(guard.Reach):
    """A reach that ends before a picture which the provider itself calls unsafe: huggingface_hub drops that word."""

    def fetches(self, url: Any) -> bool:
        call = guard.current()
        if call and is_flagged(call):
            raise guard.Forbidden("the provider calls this picture unsafe")
        return super().fetches(url)


class RoutedBackend(HostedBackend):
    """A model at a provider that Hugging Face routes to, or that is asked directly with a key of its own."""

    provider_setting = "HF_PROVIDER"
    providers: Mapping[str, Provider] = PROVIDERS

    def __init__(self, *, token: str, model: str, provider: str, deadline: float) -> None:
        """Take `model` (Hub id) at `provider`; `deadline` in seconds a call."""
        super().__init__(token=token, deadline=deadline)
        self._model = model
        self._provider = provider
        self.label = f"{model.rsplit('/', 1)[-1]} at Hugging Face"
        self.licence = licence_of(model)

    def paint(self, request: ImageRequest) -> Painting:
        """Return the picture of `request` with the provider's own bytes, or raise BackendError before the deadline.

        Codes: account, busy, unavailable, unreachable, timeout, bad_answer (all worth another try), refused, moderated.
        """
        self._require_settings()
        with guard.call(self._reach(), seconds=self._deadline) as call:
            data = self.bounded(call, lambda: self._unless_flagged(call, request))
        if data is None:
            raise self.error(MODERATED, "flagged as unsafe by the provider", request_id=call.request_id)
        return self.painted(data, request, call.request_id)

    def check(self) -> str:
        """Say that the provider takes our key, or raise BackendError. Orders nothing."""
        self._require_settings()
        with guard.call(self._reach(), seconds=min(self._deadline, CHECK_SECONDS)) as call:
            return self.bounded(call, self._probe)

    @abstractmethod
    def _order(self, request: ImageRequest) -> bytes:
        """Return the bytes that the provider sends for a picture."""

    def _unless_flagged(self, call: guard.Call, request: ImageRequest) -> bytes | None:
        try:
            return self._order(request)
        except Exception:  # whatever the library makes of an answer without a picture; raised again below
            if is_flagged(call):
                return None
            raise

    def _require_settings(self) -> None:
        self._require_readable_key()
        if not self._token:
            raise settings_error("set HUGGINGFACE_API_KEY to a token from huggingface.co/settings/tokens")
        if self._provider not in self.providers:
            raise settings_error(f"set {self.provider_setting} to one of {', '.join(self.providers)}")
        unsized = self.providers[self._provider].unsized
        if unsized and re.search(unsized, self._model, re.IGNORECASE):
            told = f"{self._provider} does not paint {self._model} in the size that is asked for"
            raise settings_error(f"{told}: set {self.provider_setting} to another provider")

    def _require_readable_key(self) -> None:
        if not re.fullmatch(r"[\x21-\x7e]*", self._token):
            raise settings_error("HUGGINGFACE_API_KEY holds a space, a line break or a letter that no key has")

    def _reach(self) -> guard.Reach:
        provider = self.providers[self._provider]
        hub = urlsplit(constants.ENDPOINT).hostname or ""
        return _Reach(hosts=frozenset({ROUTER, hub, *provider.api}), pictures=provider.pictures)

    def _client(self) -> InferenceClient:
        return InferenceClient(model=self._model, provider=cast(Any, self._provider), token=self._token)

    def _probe(self) -> str:
        if not self._token.startswith("hf_"):
            return f"{self.label}: a key of {self._provider}'s own is set; only a paid request could prove it."
        owner = HfApi().whoami(token=self._token)["name"]
        return f"{self.label} through {self._provider}: the key of {owner} is accepted."


class HuggingFaceBackend(RoutedBackend):
    """A FLUX model at a provider that Hugging Face routes to, or at an endpoint of the operator's own."""

    supports = frozenset({"seed", "scene"})

    def __init__(self, *, token: str, model: str, provider: str, base_url: str, deadline: float = 90.0) -> None:
        """Take `model` (Hub id) at `provider` or, if given, what runs at `base_url`; `deadline` in seconds a call."""
        super().__init__(token=token, model=model, provider=provider, deadline=deadline)
        self._base_url = base_url.strip()
        self._origin = origin_of(self._base_url)
        if self._origin:
            self.label = f"{model.rsplit('/', 1)[-1]} at {self._origin.host}"

    def _require_settings(self) -> None:
        if not self._base_url:
            super()._require_settings()
        self._require_readable_key()
        if self._base_url and not self._origin:
            raise settings_error("HF_BASE_URL must be an address that begins with https:// or http://")

    def _reach(self) -> guard.Reach:
        if self._origin:
            return guard.Reach(origin=self._origin, anonymous=not self._token)
        return super()._reach()

    def _order(self, request: ImageRequest) -> bytes:
        schnell = "schnell" in self._model.lower()
        picture = self._client().text_to_image(
            request.prompt,
            width=request.width,
            height=request.height,
            seed=request.seed,
            num_inference_steps=SCHNELL_STEPS if schnell else STEPS,
            guidance_scale=0.0 if schnell else GUIDANCE,
            extra_body=self._extra(request),
        )
        return picture_bytes(picture)

    def _extra(self, request: ImageRequest) -> dict[str, Any] | None:
        """Return what the library leaves out: wavespeed knows a size, no width and no height."""
        wavespeed = self._provider == "wavespeed" and not self._base_url
        return {"size": f"{request.width}*{request.height}"} if wavespeed else None

    def _client(self) -> InferenceClient:
        if self._base_url:
            return InferenceClient(model=self._base_url, token=self._token or None)
        return super()._client()

    def _probe(self) -> str:
        if not self._base_url:
            return super()._probe()
        answer = get_session().get(self._base_url, headers=build_hf_headers(token=self._token or False))
        if answer.status_code in BY_STATUS or answer.status_code in (500, 502, 504):
            hf_raise_for_status(answer)
        return f"{self.label}: the endpoint answers."


def picture_bytes(picture: Any) -> bytes:
    """Return the bytes behind a picture of the library, which opens them lazily and keeps them.

    So nothing is decoded before `lumiku.images` does.
    """
    return cast(bytes, picture.fp.getvalue())


def licence_of(model: str) -> str:
    """Return what a user must know of the terms of `model` (Hub id)."""
    if "schnell" in model.lower() or model.lower().startswith("qwen/qwen-image-edit"):
        return gettext_noop("Apache-2.0: pictures may be used commercially.")
    if "flux.1-dev" in model.lower():
        return DEV_LICENCE
    return f"The terms on the page of the model {model} at Hugging Face."
