import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest

from lumiku.management import embedded
from pose_generator.tests.drills import shop


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The PostgreSQL of `make drill`, or a private one."""
    outside = os.environ.get("DATABASE_URL", "")
    if outside.startswith(("postgres", "pgsql", "psql")):
        yield outside
    else:
        with embedded.postgres(tmp_path_factory.mktemp("postgres")) as url:
            yield url


@pytest.fixture
def open_shop(tmp_path: Path, server: str) -> Callable[..., AbstractContextManager[shop.Shop]]:
    """`shop.open_shop` with a folder and a server: `with open_shop(provider, places=5) as running:`."""
    return partial(shop.open_shop, tmp_path, server)
