"""An Inference Endpoint on loopback: the very `handler.py` that is deployed, with the preview painter as its model.

    with EndpointStub() as stub: EndpointBackend(url=stub.url, token="") ... stub.orders[-1].control

It serves the handler as Hugging Face's inference toolkit does: imported from its file, its answer sent as JSON with
status 200, its exception with status 400. The faults of `provider_stub` come before the handler is asked, `reply_next`
in its place.
"""

import importlib.util
import json
import sys
from collections import deque
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops

from lumiku import backends
from lumiku.backends import preview
from lumiku.backends.tests import provider_stub, stub_faults

FOLDER = Path(backends.__file__).parent / "handler"
NAME = "handler.EndpointHandler"  # under which the toolkit imports the file
SUPPORTS = frozenset({"control", "reference", "seed", "scene"})


class PreviewPainter:
    """Stands in for FLUX: a mannequin, with the skeleton drawn over it and the reference photo in a corner."""

    def __init__(self, supports: frozenset[str] = SUPPORTS) -> None:
        self.supports = supports
        self.orders: list[Any] = []
        self.raises: Exception | None = None
        self.flagged: bool | None = None

    def __call__(self, order: Any) -> tuple[Image.Image, bool | None]:
        self.orders.append(order)
        if self.raises:
            raise self.raises
        request = backends.ImageRequest(prompt=order.prompt, width=order.width, height=order.height, seed=order.seed)
        image = preview.PreviewBackend().paint(request).image
        if order.control:
            image = ImageChops.lighter(image, order.control)
        if order.reference:
            image.paste(order.reference.resize((order.width // 8, order.height // 8)))
        return image, self.flagged


def load_handler(painter: Any = None) -> tuple[Any, Any]:
    """Return the handler's module, imported anew, and an EndpointHandler that paints with `painter`.

    Without one it loads its real models, which needs torch, diffusers and `FOLDER` on the path of modules.
    """
    spec = importlib.util.spec_from_file_location(NAME, FOLDER / "handler.py")
    assert spec and spec.loader
    module: Any = importlib.util.module_from_spec(spec)
    sys.modules[NAME] = module
    spec.loader.exec_module(module)
    if painter:
        module.load = lambda path: painter
    return module, module.EndpointHandler(str(FOLDER))


class EndpointStub(provider_stub.ProviderStub):
    """The endpoint; `token` (if given) is the only key it takes, `supports` what its painter obeys."""

    def __init__(self, *, token: str = "", supports: frozenset[str] = SUPPORTS) -> None:
        super().__init__(token=token)
        self._server.RequestHandlerClass = Handler
        self.url = f"http://127.0.0.1:{self.port}/"
        self.painter = PreviewPainter(supports)
        self.module, self.handler = load_handler(self.painter)
        self.replies: deque[bytes] = deque()

    @property
    def orders(self) -> list[Any]:
        """What the painter was asked for, in turn."""
        return self.painter.orders

    def reply_next(self, reply: Any) -> None:
        """Send `reply` (bytes, or what JSON can say) to the next call in place of the handler's answer."""
        self.replies.append(reply if isinstance(reply, bytes) else json.dumps(reply).encode())


class Handler(provider_stub.Handler):
    server: Any

    def _paint(self, body: dict[str, Any]) -> None:
        stub = self.server.stub
        parameters = body.get("parameters", {})
        self.size = parameters.get("width", 1024), parameters.get("height", 1024)
        self.seed = parameters.get("seed", 0)
        fault = stub.next_fault(self.number)
        if fault:
            stub_faults.FAULTS[fault.name](self, fault)
        elif stub.replies:
            self.answer(200, stub.replies.popleft(), "application/json")
        else:
            self._serve(body)
        self.wfile.flush()

    def _serve(self, body: dict[str, Any]) -> None:
        """Do as the toolkit does."""
        try:
            if "inputs" not in body:
                raise ValueError("no inputs")
            data = json.dumps(self.server.stub.handler(body)).encode()
        except Exception as error:
            self.answer_json(400, {"error": str(error)})
        else:
            self.answer(200, data, "application/json")
