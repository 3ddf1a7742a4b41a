"""What a run of a user's own model says at its end: median and spread of its outcomes by policy."""

from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

__all__ = ["print_outcomes"]

# Of outcomes, in the order of their names.
_MOST = 8


def print_outcomes(data: Any, console: Console) -> None:
    """Print outcomes without regions in the last year; data: a loaded store."""
    from analysis import summary
    from analysis.statistics import outcome_names

    names = outcome_names(data, regional=False)
    if not names:
        console.print("Its outcomes are all by region: `analyze table STORE --by region` shows them.")
        return
    found = {name: summary(data, name) for name in names[:_MOST]}
    for notice in dict.fromkeys(str(each.attrs["notice"]) for each in found.values() if each.attrs["notice"]):
        console.print(f"[red]{escape(notice)}[/red]")
    year = f" in {int(data['year'][-1])}" if data.sizes["year"] > 1 else ""
    console.print(f"\n[bold]Outcomes{year}[/bold], with Monte Carlo standard errors of medians:")
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0), show_edge=False)
    for column in ("outcome", "unit", "policy"):
        table.add_column(column, overflow="fold")
    for column in ("median", "error", "5–95 %"):
        table.add_column(column, justify="right", no_wrap=True)
    for name, each in found.items():
        for place, policy in enumerate(str(each) for each in data["policy"].to_numpy()):
            row = each.sel(policy=policy)
            low, middle, high, error = (float(row[key]) for key in ("lower", "median", "upper", "median_error"))
            about = (name, str(data[name].attrs.get("units", ""))) if not place else ("", "")
            numbers = (f"{middle:.4g}", f"{error:.2g}" if error >= 0 else "not known", f"{low:.4g} – {high:.4g}")
            table.add_row(*map(escape, (*about, policy, *numbers)))
    console.print(table)
    if len(names) > _MOST:
        console.print(f"Of {len(names)} outcomes the first {_MOST}: `analyze table STORE` shows all.")
