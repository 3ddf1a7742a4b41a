"""Which outcomes of a study are kept as statistics, in how many bins, above which thresholds."""

import json
from collections.abc import Sequence
from typing import Any

from sweep.kernel.outcomes import Outcome
from sweep.store import KINDS
from sweep.study import Study

__all__ = ["KEPT_DRAWS", "bins", "bytes_counted", "counted"]

# The first draws, of which inputs and national outcomes stay.
KEPT_DRAWS = 16_384
_NATIONAL_BINS, _MOST_BINS, _FEWEST_BINS = 512, 128, 32
# What a task counts in memory.
_TALLY_BYTES = 2**27


def bins(study: Study, regions: int) -> int:
    """Bins of a regional outcome that is counted: fewer of many regions, so that a worker's memory holds them."""
    chosen = sum(outcome.regional for outcome in study.computed)
    cells = max(len(KINDS) * len(study.policies) * chosen * regions * (study.years + 1), 1)
    return int(min(_MOST_BINS, max(_FEWEST_BINS, 1 << max(_TALLY_BYTES // (4 * cells), 1).bit_length() - 1)))


def bytes_counted(study: Study, regions: int, a_bin: int, a_cell: int) -> int:
    """What all that is counted takes, however many draws are, of so many bytes a bin and a cell."""
    if study.keep == "draws":
        return 0
    cells = len(KINDS) * len(study.policies) * (study.years + 1)
    regional = cells * regions * sum(outcome.regional for outcome in study.computed)
    national = cells * sum(not outcome.regional for outcome in study.computed) * (study.keep == "statistics")
    return regional * (bins(study, regions) * a_bin + a_cell) + national * (_NATIONAL_BINS * a_bin + a_cell)


def counted(study: Study, outcomes: Sequence[Outcome], regions: int, draws_kept: int | None) -> dict[str, Any]:
    """Attributes of a store that say what is counted, none where all draws are kept.

    outcomes: that are computed; regions: their number; draws_kept: the first draws that are kept, None: all.
    """
    if study.keep == "draws":
        return {}
    chosen = [outcome for outcome in outcomes if outcome.regional or study.keep == "statistics"]
    about = {
        "draws_kept": draws_kept,
        "regions": regions,
        "years": study.years + 1,
        "outcomes": [
            {
                "name": outcome.name,
                "long_name": outcome.long_name,
                "units": outcome.units,
                "regional": outcome.regional,
                "bins": bins(study, regions) if outcome.regional else _NATIONAL_BINS,
                "thresholds": list(study.thresholds.get(outcome.name, ())),
            }
            for outcome in chosen
        ],
    }
    return {"keep": study.keep, "counted": json.dumps(about)}
