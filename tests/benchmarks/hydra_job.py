"""One draw of the labor model as one Hydra job: python -m tests.benchmarks.hydra_job -m draw=0,1,2."""

from pathlib import Path
from typing import Any

import hydra
import numpy as np
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from tests.benchmarks.same_model import numpy_reference, table

REGIONS = "us_states"
# The study is composed by Hydra too, which it wouldn't do within a job.
table(REGIONS, 0, 1)


@hydra.main(version_base="1.3", config_path=None)
def main(config: DictConfig) -> None:
    """Run a draw and write its outcomes to the job's own folder."""
    draws = table(REGIONS, config.draw, 1)
    outcomes: dict[str, Any] = numpy_reference(REGIONS, draws)
    np.savez(Path(HydraConfig.get().runtime.output_dir) / "outcomes.npz", **outcomes)


if __name__ == "__main__":
    main()
