"""What `sweep --help` prints: groups and options as the folders have them, without loading Hydra."""

import textwrap
from pathlib import Path

__all__ = ["LOG_JSON", "QUIET", "config_folders", "usage"]

# Flags of ours, which Hydra doesn't know.
QUIET, LOG_JSON = "--quiet", "--log-json"

_ABOUT = {
    "adoption": "pace of AI adoption",
    "design": "where draws lie",
    "executor": "where they run",
    "experiment": "whole studies",
    "labor": "parameters, made for regions",
    "outputs": "sets of outcomes, one or a list",
    "policy": "one or a list",
}
_HEADER = """\
sweep: thousands of futures of regional labor markets under AI, and policies compared on the same draws

usage: sweep [GROUP=OPTION ...] [KEY=VALUE ...] [--config-dir FOLDER] [--cfg job] [-m, --multirun]
             [--quiet] [--log-json]
       sweep describe [...]     every uncertain input as a table and a picture, before a run
       sweep plan [...]         runs, disk, time and memory that a run would take, before it
       sweep check-model FILE   run a model of your own, and test that it keeps the contract of a sweep
       sweep status STORE       how far a store is, at what rate, and what failed
       sweep verify STORE       read all of it again; what is damaged is set to missing, for the next run to repair

Results go to results/NAME.zarr, or where store.path=FOLDER/NAME.zarr says. The same command again continues what was
interrupted, and does nothing where all is done; more draws and policies are added to what is there.

Groups and their options:
"""
_FOOTER = """\

Options of a group are chosen by name, numbers and distributions by key:
  sweep                                        the default study: 1,024 draws, seven policies
  sweep draws=4096 seed=7 adoption=rapid
  sweep 'policy=[ubi,job_guarantee]' policy.ubi.amount=800 outputs=all
  sweep experiment=three_pillars
  sweep 'policy=[ubi,retraining]' combine=true   every mix of these policies too
  sweep experiment=policy_search               search doses that no others beat in all objectives
  sweep 'labor.wage_curve=[uniform,-0.12,-0.05]' adoption.reinstatement=0.3
  sweep 'precision={net_cost: {mean: true, se: 1e9}}'    draws are added until the standard error is that small
  sweep --config-dir FOLDER 'policy=[mine]'    a policy of your own, FOLDER/policy/mine.yaml
  sweep model.path=FILE.py model.trust=true    a model of your own; its inputs are inputs.NAME=[uniform, 0, 1]
  sweep --cfg job                              print the whole configuration and stop
  sweep -m regions=us_states,world seed=1,2    one store a job, and an index of them that analysis.load opens
  sweep --quiet                                print errors and the store's path alone
  sweep --log-json                             print events, a JSON object a line: start, progress, notice, end, error
  eval "$(sweep --shell-completion install=bash)"    complete groups, options and keys by the tab key (or zsh, fish)
  sweep report.language=zh                     the report in Chinese; report=false for none
  analyze report results/NAME.zarr             write the report again

Any uncertain number is a plain number or one of
  [uniform, lower, upper]            [normal, mean, sd]     [truncated_normal, mean, sd, lower, upper]
  [log_normal, median, sd of log]    [beta, a, b]           [triangular, lower, mode, upper]
  [pert, lower, mode, upper]         [half_normal, sd]      [choice, {value: weight, ...}]
  [quantiles, {0.05: .1, 0.5: .2, 0.95: .5, min: 0}]        [mixture, [weight, DISTRIBUTION], ...]
  [truncated, DISTRIBUTION, lower, upper]                   [empirical, FILE.csv, column]
  [scipy, gamma, {a: 2, scale: 3}]   any continuous distribution of scipy.stats
  [per, region, DISTRIBUTION]        a value for each region, or group; [by, {Texas: DISTRIBUTION, other: DISTRIBUTION}]
  [path, START, END, {from: 2027, to: 2035}]   one value that moves over the years

Exit codes: 0 done, 1 failed or damaged, 2 bad input, 3 the store can't be written (disk full, no permission),
4 in use by another run, 5 done but less precise than asked for, 130 interrupted, 143 terminated; after 1, 3, 130 and
143 the same command continues. Of several jobs, the first of 1, 3, 4, 2, 5 that any ended with.
Hydra's own options: sweep --hydra-help
"""


def config_folders(folder: Path, arguments: list[str]) -> list[Path]:
    """The shipped configuration folder, and those that the command line names."""
    folders = [folder]
    for place, argument in enumerate(arguments):
        flag, _, value = argument.partition("=")
        if flag in ("--config-dir", "-cd"):
            folders.append(Path(value or (arguments[place + 1] if place + 1 < len(arguments) else ".")))
    return folders


def usage(folder: Path, arguments: list[str]) -> str:
    """The whole help text. folder: the shipped configuration; arguments: the command line."""
    options: dict[str, set[str]] = {}
    for each in config_folders(folder, arguments):
        for path in each.glob("*/*.yaml"):
            options.setdefault(path.parent.name, set()).add(path.stem)
    about = {group: f"{group} ({_ABOUT[group]})" if group in _ABOUT else group for group in options}
    lines = [
        textwrap.fill(f"{about[group]}: {', '.join(sorted(names))}", 100, initial_indent="  ", subsequent_indent="    ")
        for group, names in sorted(options.items())
    ]
    return _HEADER + "\n".join(lines) + "\n" + _FOOTER
