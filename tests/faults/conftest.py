"""What the tests of Ray share: a folder, and the content that its stores must end in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.ray_driver import finish, in_memory


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with in_memory() as path:
        yield path


@pytest.fixture(scope="module")
def undisturbed(folder: Path) -> str:
    return finish(folder / "undisturbed.zarr")
