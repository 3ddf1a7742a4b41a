"""How much disk a study takes, known before anything is written."""

from sweep.draw_table import levers, sampled
from sweep.errors import StorageError
from sweep.kernel.outcomes import OUTCOMES
from sweep.regions import load_regions
from sweep.store.place import Place
from sweep.study import Study

__all__ = ["bytes_needed", "check_space", "readable_bytes"]

_OUTCOME, _INPUT, _FLAG = 4, 8, 1


def bytes_needed(study: Study, runs: int, draws: int) -> int:
    """The most that so many runs (draws × policies) over so many draws take; compressing saves some of it."""
    regions = len(load_regions(study.regions, study.regions_path, study.baseline_year).regions)
    chosen = [outcome for outcome in OUTCOMES if outcome.part in study.outputs]
    outcomes = sum(regions if outcome.regional else 1 for outcome in chosen) * (study.years + 1)
    inputs = sum(regions if item.parameter.per == "region" else 1 for item in sampled(study))
    inputs += len(list(levers(study.policies)))
    return runs * (outcomes * _OUTCOME + _FLAG) + draws * ((inputs + 1) * _INPUT + _FLAG)


def readable_bytes(size: float) -> str:
    """A size as text, such as 1.2 GB."""
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if size < 1000 or unit == "TB":
            break
        size /= 1000
    return f"{size:.0f} {unit}" if size >= 100 or unit == "bytes" else f"{size:.1f} {unit}"


def check_space(at: Place, needed: int) -> None:
    """Raise StorageError when the disk of a place to be written has less room than needed."""
    free = at.free_bytes()
    if free is not None and needed > free:
        raise StorageError(
            f"store.path: {at} needs up to {readable_bytes(needed)} ({needed:,} bytes), and {readable_bytes(free)} "
            f"({free:,} bytes) are free; choose a store.path on another disk, fewer draws or fewer policies"
        )
