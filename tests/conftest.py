"""The order in which files of tests go to pytest's workers."""

import pytest

# Each file is run by one worker. What takes longest goes first, or one worker would be busy with it long after the
# others are done; `--durations=50` tells which. The first two have the kernels compiled, of which others need none.
LONGEST = (
    "test_kernel",
    "test_store",
    "test_config",
    "test_object_stores",
    "test_ray_here",
    "test_schedules",
    "test_statistics_store",
    "test_damage",
    "test_command",
    "test_preview",
    "test_programs",
    "test_executors",
    "test_ray_cluster",
    "test_tutorial",
    "test_designs",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(LONGEST)))
