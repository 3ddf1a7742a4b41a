"""What the command line accepts, and what it says when it can't."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from sweep import __main__ as entry
from sweep.composition import compose
from sweep.config import build_study
from sweep.distributions import parse
from sweep.errors import ConfigError
from sweep.kernel.parameters import PARAMETERS
from tests.studies import composed, study

FOLDER = entry.config_folder()
SHIPPED = Path(entry.__file__).parent / "regions"
GROUPS = ("adoption", "labor", "policy", "regions", "design", "executor", "store", "experiment")
OPTIONS = [(group, path.stem) for group in GROUPS for path in sorted((FOLDER / group).glob("*.yaml"))]


@pytest.mark.parametrize(("group", "option"), OPTIONS)
def test_every_option_composes_and_is_valid(group: str, option: str, tmp_path: Path) -> None:
    override = f"policy=[{option}]" if group == "policy" else f"{group}={option}"
    needed = {
        ("regions", "own"): f"regions.path={SHIPPED / 'archetypes'}",
        ("design", "factorial"): "design.levels={wage_curve: 3}",
        ("design", "table"): f"design.path={tmp_path / 'draws.csv'}",
    }
    (tmp_path / "draws.csv").write_text("wage_curve\n-0.1\n")
    chosen = study(override, *([needed[group, option]] if (group, option) in needed else []))
    assert chosen.policies[0].name == "none"
    if group == "policy" and option != "none":
        assert [policy.name for policy in chosen.policies] == ["none", option]


@pytest.mark.parametrize(("group", "option"), OPTIONS)
def test_options_stand_as_comments_beside_their_group(group: str, option: str) -> None:
    if group in ("policy", "experiment"):
        assert option in (path.stem for path in (FOLDER / group).glob("*.yaml"))
        return
    line = next(line for line in (FOLDER / "config.yaml").read_text().splitlines() if f"- {group}:" in line)
    assert option in line.partition("#")[2]


def test_the_command_of_the_readme() -> None:
    chosen = study("draws=4096", "seed=7", "policy=[ubi,tax_profit]", "adoption=rapid", "policy.ubi.amount=1200",
                   "labor.wage_curve=[uniform,-0.12,-0.05]")  # fmt: skip
    assert (chosen.draws, chosen.seed, chosen.regimes) == (4096, 7, ("rapid",))
    assert str(chosen.policies[1].doses["basic_income_amount"]) == "1200"
    wage_curve = next(item for item in chosen.uncertainties if item.parameter.name == "wage_curve")
    assert str(wage_curve.distributions[0]) == "uniform(-0.12, -0.05)"
    assert wage_curve.evidence == "set by the user"


def test_any_number_becomes_a_distribution_and_back() -> None:
    config = composed("adoption=slow", "policy=[]")
    for parameter in PARAMETERS:
        low, high = max(parameter.lower, -1.0), min(parameter.upper, 1.0)
        middle = (low + high) / 2 if low < high else parameter.lower + 0.5
        values = config[parameter.group]
        default = values[parameter.name]
        for node in (middle, ["uniform", middle, middle + 1e-4]):
            values[parameter.name] = node
            item = next(item for item in build_study(config).uncertainties if item.parameter == parameter)
            assert item.is_constant == (node == middle)
        values[parameter.name] = default


STATED = [path for group in ("adoption", "labor") for path in sorted((FOLDER / group).rglob("*.yaml"))]


def test_every_parameter_has_a_distribution_grade_unit_and_source_in_its_file() -> None:
    units = {parameter.name: parameter.unit for parameter in PARAMETERS}
    stated = set()
    for path in STATED:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
        about = values.get("about", {})
        assert set(about) == set(units) & set(values), path
        stated |= set(about)
        for name, text in about.items():
            parse(values[name], name)
            grade, unit, source = text.split("; ", 2)
            assert grade in ("A", "B", "C") and source.strip(), (path, name)
            assert unit == units[name], (path, name)
    assert stated == set(units)


def test_the_unit_is_no_part_of_the_evidence() -> None:
    evidence = {item.parameter.name: item.evidence for item in study("adoption=slow", "labor=eu").uncertainties}
    assert evidence["worth_automating"] == "B; Svanberg et al. 2024"
    assert evidence["migration_response"] == "C; half the US response"
    assert evidence["matching_mobility"].startswith("C; assumption")
    config = composed("policy=[]")
    config["labor"]["about"]["wage_curve"] = "A; Mine 2020"
    item = next(item for item in build_study(config).uncertainties if item.parameter.name == "wage_curve")
    assert item.evidence == "A; Mine 2020"


def test_every_default_states_grade_and_source() -> None:
    for item in study().uncertainties:
        for evidence in item.evidence.split(" | "):
            assert re.match(r"[ABC]; \S", evidence), (item.parameter.name, evidence)


BAD = [
    ("drws=5", "drws: no such key", "'draws'"),
    ("labor.wage_curv=1", "labor.wage_curv: no such key", "'labor.wage_curve'"),
    ("laber=us", "laber: no such key", "'labor'"),
    ("adoption=rapd", "adoption=rapd: no such option", "'rapid'"),
    ("policy=[ubii]", "policy=ubii: no such option", "'ubi'"),
    ("policy.ubi.amont=3", "policy.ubi.amont: no such key", "'policy.ubi.amount'"),
    ("+policy.ubi.amont=3", "policy.ubi.amont: no such key", "'amount'"),
    ("draws=many", "draws: input should be a valid integer", "'many'"),
    ("draws=-1", "draws: input should be greater than or equal to 1", "-1"),
    ("seed=1.5", "seed: input should be a valid integer", "1.5"),
    ("labor.wage_curve=[normal,-0.1,-0.02]", "labor.wage_curve: normal needs sd > 0", "-0.02"),
    ("adoption.reinstatement=1.2", "adoption.reinstatement: expected values between 0 and 1", "1.2"),
    ("adoption.reinstatement=[normal,0.9,0.1]", "expected values between 0 and 1", "normal(0.9, 0.1)"),
    ("labor.wage_curve=nan", "labor.wage_curve: expected a finite number", "nan"),
    ("policy.ubi.regions=[Texs]", "policy.ubi.regions: Texs: no such region", "'Texas'"),
    ("adoption.regimes.slwo.reinstatement=0.3", "adoption.regimes.slwo.reinstatement", "slow.reinstatement'"),
    ("adoption.regime=slow", "adoption.regime: chosen by name", "adoption=slow"),
    ("policy.none.amount=3", "policy.none.amount: no such key", "policy.none.label"),
    ("labor.wage_curve={a: 1}", "labor.wage_curve: expected a number or a distribution", "got {a: 1}"),
    ("labor.wage_curve=1,2", "labor.wage_curve: expected one value, got 1,2", "[1,2]"),
    ("policy=[", "expected KEY=VALUE, brackets and quotes closed", "policy=["),
    ('labor.wage_curve=[by,{"Ohio": 1}]', "names in {…} without quotes", "Ohio"),
    ("store.path=", "store.path: ", "at least 1 character"),
    ("policy.retraining.older=0.8", "policy.retraining.older: expected at most 1 together with young", "1.1"),
    ("policy.ubi.financing=magic", "policy.ubi.financing: expected one of debt", "'magic'"),
    ("policy.ubi.start=2020", "policy.ubi.start: expected 2026", "2020"),
    ("policy.ubi.instrument=basic_incom", "policy.ubi.instrument: basic_incom", "'basic_income'"),
    ("regions.name=us_state", "regions.name: no data set 'us_state'", "'us_states'"),
    ("regions=own", "regions.path: expected the folder with your tables", "regions.path=my_regions"),
    ("regions.path=nowhere", "regions.path: expected a folder with the tables regions", "nowhere"),
    ("regions.name=../x", "regions.name: string should match pattern", "../x"),
    ("regions.baseline_year=2027", "policy.retraining.start: expected 2028", "2027"),
    ("adoption.weights.slow=0.9", "adoption.weights: expected weights", "0.9"),
    ("policy.ubi.regions=[]", "policy.ubi.regions", "[]"),
    ("draws=1000000000", "draws: input should be less than or equal to 10000000", "1000000000"),
    ("labor.wage_curve={uniform:[0,1]}", "labor.wage_curve: expected a number", "[uniform, 0, 1]"),
    ("executor.address=127.0.0.1:1", "executor.address: expected HOST:PORT of a Ray cluster", "127.0.0.1:1"),
    ("adoption.weights.slow=[uniform,0.3,0.9]", "adoption.weights.slow: expected a plain number", "uniform"),
    ("+extra=1", "extra: no such key", "valid: adoption, combine, dependence, design"),
    ("foo=bar", "foo: no such key", "valid: adoption, combine, dependence, design"),
    ("~seed", "seed: missing", "an integer is needed"),
    ("~store.folder", "store.folder: missing", "a text is needed"),
    ("~executor", "executor: expected one option", "executor=auto"),
    ("~policy", "~policy: can't be removed", "policy=[]"),
    ("policy.ubi.regions=Ohio", "policy.ubi.regions: expected all, or a list such as [Ohio], got 'Ohio'", ""),
    ("adoption/regime=slow", "adoption/regime: no such group", "choose an option of adoption: central, rapid"),
    ("+adoption/regime=slow", "adoption.regime: no such key", "'regimes'"),
    ("adoption.worth_automating=1", "every regime states its own", "adoption.regimes.slow.worth_automating"),
    (
        "adoption.regimes.rapid.cost_saving=0.5",
        "the chosen options don't state it",
        "++adoption.regimes.rapid.cost_saving",
    ),
    ("adoption=[slow,rapid]", "adoption: expected one option", "adoption=central"),
    ("outputs=[fiscl]", "outputs=fiscl: no such option", "'fiscal'"),
    ("outputs.thresholds.wage=[50000]", "thresholds.wage: none so far", "'+outputs.thresholds.wage=[0.1, 0.2]'"),
    ("outputs.distribution=true", "distribution isn't chosen", "'outputs=[…,distribution]'"),
    ("outputs=[none]", "outputs=none: no such option", "valid: all, core"),
    ("--foo", "--foo: no such flag", "sweep --help"),
    ("--confg-dir=x", "--confg-dir=x: no such flag", "'--config-dir'"),
    ("labor.wage_curve=5", "labor.wage_curve: expected values between -1 and 0, got 5\n", ""),
    ("policy.retraining=3", "policy.retraining: expected settings, KEY: VALUE, got 3", ""),
    ("policy.small.amount=3", "policy.small.amount: no policy 'small'", "valid: ai_dividend"),
    ("policy.ubbi.amount=3", "policy.ubbi.amount: no policy 'ubbi'", "'ubi'"),
    ("policy.four_day_week.cut=0.1", "four_day_week isn't chosen", "'policy=[…,four_day_week]'"),
    ("experiment=us_policy", "experiment=us_policy: no such option", "'us_policies'"),
    ("draws=${oc.env:HOME}", "draws: expected a value or ${key}", "${oc.env:HOME}"),
    ("policy.ubi.label='a ${${x}.env:HOME}'", "resolvers (${name:…}) aren't read", "policy.ubi.label"),
    ("~labor.wage_curve", "labor.wage_curve: missing", "needed"),
    ("+labor._target_=os.system", "labor._target_: configs may not name code to run", ""),
    ("draws=5=6", "draws=5=6", "KEY=VALUE"),
    ("precision.gdp.se=1", "precision.gdp.se: stated as a whole", "'precision={gdp: {quantile: 0.95, se: 0.001}}'"),
    ("precision=0.1", "precision: expected settings, KEY: VALUE, got 0.1", ""),
    ("policy=5", "must be a string or a list", "policy=5"),
    ("draws=${nothing}", "Interpolation key 'nothing' not found", "draws=${nothing}"),
]


def _run(arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[Any, str]:
    monkeypatch.setattr("sys.argv", ["sweep", *arguments])
    with pytest.raises(SystemExit) as stop:
        entry.main()
    return stop.value.code, capsys.readouterr().err


@pytest.mark.parametrize(("override", "message", "hint"), BAD, ids=[case[0] for case in BAD])
def test_bad_input_is_told_in_few_lines_and_touches_nothing(
    override: str,
    message: str,
    hint: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    code, error = _run([override], monkeypatch, capsys)
    assert code == entry.BAD_INPUT
    assert message in error
    assert hint in error
    assert len(error.splitlines()) < 10
    assert "Traceback" not in error
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "message"),
    [("mine: [1,\n x: {\n", "broken YAML"), ("mine:\n  label: a\n  label: b\n", "duplicate key label")],
)
def test_broken_yaml_names_file_and_line(
    text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "policy").mkdir()
    (tmp_path / "policy" / "mine.yaml").write_text(text)
    code, error = _run(["--config-dir", str(tmp_path), "policy=[mine]"], monkeypatch, capsys)
    assert code == entry.BAD_INPUT
    assert message in error
    assert "mine.yaml, line 3" in error
    assert len(error.splitlines()) < 10


def test_a_file_of_the_users_that_fills_the_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "policy").mkdir()
    mine = tmp_path / "policy" / "mine.yaml"
    levels = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10))
    mine.write_text(f"a0: &a0 [x]\n{levels}\n")
    code, error = _run(["--config-dir", str(tmp_path), "policy=[mine]"], monkeypatch, capsys)
    assert code == entry.BAD_INPUT
    assert "mine.yaml, line 2: *a0: aliases aren't read" in error
    mine.write_text("mine:\n  label: " + "x" * 300_000)
    code, error = _run([f"--config-dir={tmp_path}", "policy=[mine]"], monkeypatch, capsys)
    assert code == entry.BAD_INPUT
    assert "expected at most 200,000 bytes, got 300,015" in error


def test_a_file_of_the_users_reads_no_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SECRET", "confidential")
    (tmp_path / "policy").mkdir()
    (tmp_path / "policy" / "mine.yaml").write_text('mine:\n  label: "${oc.env:SECRET}"\n')
    code, error = _run(["--config-dir", str(tmp_path), "policy=[mine]"], monkeypatch, capsys)
    assert code == entry.BAD_INPUT
    assert "policy.mine.label" in error
    assert "confidential" not in error


def test_an_experiment_that_overrides_no_group_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "mine.yaml").write_text("# @package _global_\ndefaults:\n  - override /polcy: [ubi]\n")
    code, error = _run(["--config-dir", str(tmp_path), "experiment=mine"], monkeypatch, capsys)
    assert code == entry.BAD_INPUT
    assert error == "sweep: polcy: no such key; did you mean 'policy'?\n"


def test_the_label_of_none_is_a_text_and_is_kept() -> None:
    config = composed("policy=[none]")
    config["policy"]["none"]["label"] = "As it is"
    assert build_study(config).policies[0].label == "As it is"
    config["policy"]["none"]["label"] = 3
    with pytest.raises(ConfigError, match=r"policy\.none\.label: expected a text, got 3"):
        build_study(config)


def test_a_policy_after_the_last_year_is_known() -> None:
    late, ubi = study("policy=[tax_usage,ubi]", "policy.tax_usage.start=2060").policies[1:]
    assert late.starts_after(15)
    assert not ubi.starts_after(15)
    assert ubi.starts_after(1)
    assert not study("policy=[]").policies[0].starts_after(1)


def test_a_mix_holds_each_instrument_once_and_names_its_members() -> None:
    mix = study("policy=[ai_dividend]").policies[1]
    assert set(mix.timing) == {"usage_tax", "dividend"}
    assert mix.dose_keys["usage_tax_rate"] == "policy.ai_dividend.tax.rate"
    config = composed("policy=[ai_dividend]")
    config["policy"]["ai_dividend"]["second"] = dict(config["policy"]["ai_dividend"]["tax"])
    with pytest.raises(ConfigError, match="usage_tax is in this policy already"):
        build_study(config)


@pytest.mark.parametrize(
    ("overrides", "kept"),
    [
        ((), ("core",)),
        (("outputs=[fiscal,distribution]",), ("core", "fiscal", "distribution")),
        (("outputs=[core,all]",), ("core", "fiscal", "distribution", "decomposition")),
        (("outputs=[decomposition]",), ("core", "decomposition")),
        (("outputs=[]",), ("core",)),
        (("experiment=three_pillars",), ("core", "fiscal", "distribution", "decomposition")),
        (("experiment=three_pillars", "outputs=core"), ("core",)),
        (("experiment=three_pillars", "outputs=[fiscal]"), ("core", "fiscal")),
    ],
    ids=" ".join,
)
def test_sets_of_outcomes_are_chosen_as_a_list(overrides: tuple[str, ...], kept: tuple[str, ...]) -> None:
    assert sorted(study(*overrides).outputs) == sorted(kept)


def test_the_order_of_sets_makes_no_difference() -> None:
    assert study("outputs=[fiscal,distribution]").outputs == study("outputs=[distribution,fiscal]").outputs


@pytest.mark.parametrize(
    "line",
    [
        "--config-dir DIR policy=[mine] seed=3",
        "policy=[mine] --config-dir DIR seed=3",
        "policy=[mine] --config-dir=DIR seed=3",
        "policy=[mine] seed=3 -cd DIR",
        "policy=[mine] --config-dir DIR -- seed=3",
        "seed=3 --multirun --config-dir DIR policy=[mine]",
    ],
)
def test_flags_may_stand_anywhere(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "policy").mkdir()
    (tmp_path / "policy" / "mine.yaml").write_text("mine: {label: Mine}\n")
    arguments = line.replace("DIR", str(tmp_path)).split()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["sweep", *arguments])
    (job,) = compose(FOLDER, arguments)
    assert (job.config["seed"], job.config["policy"]) == (3, {"mine": {"label": "Mine"}})
    assert sorted(job.overrides) == ["policy=[mine]", "seed=3"]


@pytest.mark.parametrize(
    ("arguments", "notice"),
    [
        ([], ""),
        (["regions=world"], "labor=us was made for other regions than world: labor=world fits"),
        (["regions=eu_nuts2"], "labor=us was made for other regions than eu_nuts2: labor=eu fits"),
        (["labor=eu"], "labor=eu was made for other regions than us_states: labor=us fits"),
        (["regions=world", "labor=world"], ""),
        (["regions=eu_nuts2", "labor=eu"], ""),
        (["experiment=global_south"], ""),
        (["regions=own", "labor=eu"], ""),
        (["--config-dir=.", "labor=mine"], ""),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_labor_parameters_made_for_other_regions_are_told(
    arguments: list[str], notice: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "labor").mkdir()
    (tmp_path / "labor" / "mine.yaml").write_text("defaults: [us, _self_]\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["sweep", *arguments])
    (job,) = compose(FOLDER, arguments)
    assert job.notice == notice


def test_region_sets_name_labor_sets_that_exist() -> None:
    for path in (FOLDER / "regions").glob("*.yaml"):
        fits = yaml.safe_load(path.read_text(encoding="utf-8"))["labor"]
        assert fits is None or ("labor", fits) in OPTIONS


@pytest.mark.parametrize(
    ("policy", "key"), [("local_veto", "local_veto.cut"), ("regional_resilience", "regional_resilience.veto.cut")]
)
def test_how_far_a_veto_binds_is_uncertain(policy: str, key: str) -> None:
    chosen = study(f"policy=[{policy}]").policies[1]
    assert str(chosen.doses["veto_cut"]) == "uniform(0, 0.5)"
    assert chosen.dose_keys["veto_cut"] == f"policy.{key}"


def test_policies_are_data_not_names() -> None:
    config = composed("policy=[ubi]")
    config["policy"]["anything_else"] = config["policy"].pop("ubi")
    assert build_study(config).policies[1].definition() == study("policy=[ubi]").policies[1].definition()


def test_yaml_files_are_short_and_readable() -> None:
    for path in FOLDER.rglob("*.yaml"):
        assert isinstance(yaml.safe_load(path.read_text(encoding="utf-8")), dict), path


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("outputs.keep=statistic", "outputs.keep: statistic: no such setting; did you mean 'statistics'"),
        ("+outputs.thresholds.gpd=[1]", r"outputs.thresholds.gpd: no such outcome; did you mean 'gdp'"),
        ("+outputs.thresholds.gini=[0.5]", r"thresholds.gini: this outcome isn't computed; .*distribution"),
    ],
)
def test_what_is_kept_is_checked(override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        study(override)
