"""A ZIP of 300 MB must not cost a web process 300 MB."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lumiku.backends.tests.provider_stub import ProviderStub
from pose_generator.tests.drills.shop import API, Customer, Shop, process_memory

pytestmark = [pytest.mark.drill, pytest.mark.timeout(300)]

PICTURES = 100
ALLOWED = 60e6
"""Bytes by which the web process may grow."""


def noise() -> bytes:
    """Return a picture that does not get smaller by being packed: 3 MB."""
    pixels = np.random.default_rng(1).integers(0, 255, (1024, 1024, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=0)
    return out.getvalue()


def blow_up(shop: Shop, generation: str) -> int:
    """Put a large picture in the place of each of an order's; return their bytes."""
    large = noise()
    rows = shop.all("SELECT image FROM pose_generator_result WHERE generation_id = %s", generation)
    for (name,) in rows:
        (shop.media / name).write_bytes(large)
    return len(rows) * len(large)


def download(customer: Customer, generation: str, into: Path, formats: str) -> int:
    """Save an order's ZIP; return its bytes."""
    url = f"{API}/generations/{generation}/export-zip"
    with into.open("wb") as file, customer.http.stream("GET", url, params={"formats": formats}) as answer:
        assert answer.status_code == 200
        for part in answer.iter_bytes():
            file.write(part)
    return into.stat().st_size


def test_three_hundred_megabytes_leave_in_sixty(open_shop: Any, tmp_path: Path) -> None:
    with ProviderStub(delay=0) as provider, open_shop(provider, places=10) as shop:
        alice = shop.customer("alice", credits=(PICTURES + 1) * 30)
        warm, _seconds = shop.serve(alice, shop.poses(1), within=60)
        generation, _seconds = shop.serve(alice, shop.poses(10), within=200, batchSize=10)
        size = blow_up(shop, generation)
        download(alice, warm, tmp_path / "warm.zip", "original")
        before = process_memory(shop.stack.pid("web"))

        packed = download(alice, generation, tmp_path / "all.zip", "original")

        grown = process_memory(shop.stack.pid("web")) - before
        print(f"\narchive: {packed / 1e6:.0f} MB in a ZIP, the web process grew by {grown / 1e6:.0f} MB")
        assert packed > size >= 300e6
        with zipfile.ZipFile(tmp_path / "all.zip") as archive:
            assert archive.testzip() is None
            manifest = json.loads(archive.read("manifest.json"))
        assert (len(manifest["files"]), manifest["missing"]) == (PICTURES, [])
        assert grown <= ALLOWED
