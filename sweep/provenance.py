"""Where results come from: versions of packages, of the code, and of the machine's arithmetic."""

import platform
import subprocess
from importlib import metadata
from pathlib import Path

from sweep import __version__

__all__ = ["arithmetic", "cpu", "git_revision", "versions"]

# Those whose arithmetic enters results, and the others that say how a store came about.
_NUMERIC = ("numpy", "numba", "llvmlite", "scipy")
_PACKAGES = (*_NUMERIC, "zarr", "xarray", "ray", "hydra-core")


def versions() -> dict[str, str]:
    """Versions of Python, the packages that matter for results, and the machine type."""
    found = {"scenaria": __version__, "python": platform.python_version(), "machine": platform.machine()}
    for name in _PACKAGES:
        found[name] = metadata.version(name)
    return found


def arithmetic() -> dict[str, str]:
    """Versions of the packages whose arithmetic enters results, and the machine type."""
    return {name: value for name, value in versions().items() if name in (*_NUMERIC, "machine")}


def cpu() -> dict[str, str]:
    """The processor and its features as the compiler sees them."""
    from llvmlite import binding

    features = sorted(name for name, has in binding.get_host_cpu_features().items() if has)
    return {"processor": binding.get_host_cpu_name(), "features": " ".join(features)}


def git_revision() -> str:
    """Revision of the checkout that the package runs from, with -dirty for uncommitted changes; empty without one."""
    folder = Path(__file__).resolve().parents[1]
    if not (folder / ".git").exists():
        return ""
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
