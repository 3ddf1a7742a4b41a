"""How much disk a study takes, known before anything is written."""

from sweep.errors import StorageError
from sweep.factors import levers, sampled
from sweep.models import model_of
from sweep.statistics import KEPT_DRAWS, bytes_counted
from sweep.store import Place
from sweep.study import Study

__all__ = ["bytes_needed", "check_space", "least_bytes", "readable_bytes", "size_told"]

_OUTCOME, _INPUT, _FLAG = 4, 8, 1
# Bytes that a bin takes while a study runs, in records, their sum, old and new, its copy, and statistics; and a cell.
_BIN, _CELL = 18, 1200
# What compressing leaves at least of what is kept and of what is counted: of the default study .53 and .15.
_LEAST_KEPT, _LEAST_COUNTED = 0.4, 0.1


def bytes_kept(study: Study, runs: int, draws: int) -> int:
    """The most that so many runs (draws × policies) over so many draws take as far as they are kept."""
    regions = len(_regions(study))
    chosen = study.computed
    by_region = regions if study.keep == "draws" else 0
    outcomes = sum(by_region if outcome.regional else 1 for outcome in chosen) * (study.years + 1)
    places = {"": 1, "region": regions}
    inputs = sum(places.get(item.per, len(item.groups)) for item in sampled(study))
    inputs += len(list(levers(study.policies)))
    if study.keep == "statistics":
        runs, draws = min(runs, KEPT_DRAWS * len(study.policies)), min(draws, KEPT_DRAWS)
    return runs * (outcomes * _OUTCOME + _FLAG) + draws * ((inputs + 1) * _INPUT + _FLAG)


def bytes_needed(study: Study, runs: int, draws: int) -> int:
    """The most that so many runs over so many draws take, with what is counted; compressing saves some of it."""
    return bytes_kept(study, runs, draws) + bytes_counted(study, len(_regions(study)), _BIN, _CELL)


def least_bytes(study: Study, runs: int, draws: int) -> int:
    """What so many runs over so many draws take at least, compressed."""
    counted = bytes_counted(study, len(_regions(study)), _BIN, _CELL)
    return round(_LEAST_KEPT * bytes_kept(study, runs, draws) + _LEAST_COUNTED * counted)


def size_told(study: Study) -> str:
    """In words, what a whole study takes on disk, and how that grows with draws."""
    policies = len(study.policies)
    size = f"up to {readable_bytes(bytes_needed(study, study.draws * policies, study.draws))} on disk"
    if study.keep == "statistics" and study.draws >= KEPT_DRAWS:
        return f"{size}, however many draws"
    each = f"{readable_bytes(bytes_kept(study, policies, 1))} a draw"
    if study.keep == "draws":
        return f"{size}, {each}"
    until = f" of the first {KEPT_DRAWS:,}" if study.keep == "statistics" else ""
    return f"{size}, {each}{until} and {readable_bytes(bytes_needed(study, 0, 0))} for statistics"


def _regions(study: Study) -> tuple[str, ...]:
    return model_of(study).regions


def readable_bytes(size: float) -> str:
    """A size as text, such as 1.2 GB."""
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if size < 1000 or unit == "TB":
            break
        size /= 1000
    return f"{size:.0f} {unit}" if size >= 100 or unit == "bytes" else f"{size:.1f} {unit}"


def check_space(at: Place, needed: int) -> None:
    """Raise StorageError when the disk of a place to be written has less room than needed at least."""
    free = at.free_bytes()
    if free is not None and needed > free:
        raise StorageError(
            f"store.path: {at} needs at least {readable_bytes(needed)} ({needed:,} bytes), and {readable_bytes(free)} "
            f"({free:,} bytes) are free; choose a store.path on another disk, fewer draws or fewer policies"
        )
