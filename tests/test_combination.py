"""Mixes of the chosen policies: names, doses, payers, and what can't be mixed."""

import numpy as np
import pytest

from sweep.draw_table import draw_table
from sweep.errors import ConfigError
from sweep.factors import levers
from sweep.study import Policy
from tests.studies import study


def _policies(*overrides: str) -> dict[str, Policy]:
    return {policy.name: policy for policy in study("regions=archetypes", "combine=true", *overrides).policies}


def test_every_mix_is_a_policy_whatever_the_order() -> None:
    names = list(_policies("policy=[ubi,job_guarantee,retraining]"))
    assert names == [
        "none", "ubi", "job_guarantee", "retraining", "job_guarantee+retraining", "job_guarantee+ubi",
        "retraining+ubi", "job_guarantee+retraining+ubi",
    ]  # fmt: skip
    assert set(_policies("policy=[retraining,ubi,job_guarantee]")) == set(names)


def test_a_mix_holds_what_its_policies_hold_and_is_called_by_their_labels() -> None:
    found = _policies("policy=[ubi,tax_usage]", "policy.ubi.start=2030", "policy.tax_usage.label=Tax")
    mix, ubi, tax = found["tax_usage+ubi"], found["ubi"], found["tax_usage"]
    assert mix.label == f"Tax + {ubi.label}"
    assert (mix.doses, mix.dose_keys) == ({**ubi.doses, **tax.doses}, {**ubi.dose_keys, **tax.dose_keys})
    assert mix.timing == {**ubi.timing, **tax.timing}
    assert (mix.closure, mix.closures) == ("labor_tax", {})


def test_each_instrument_is_paid_for_as_alone_and_the_rest_by_whoever_closes_the_budget() -> None:
    found = _policies(
        "policy=[ubi,tax_usage,three_pillars]",
        "policy.ubi.financing=debt",
        "policy.tax_usage.financing=ai_tax",
        "+policy.three_pillars.skills.financing=lump_sum",
    )
    assert (found["tax_usage+ubi"].closure, found["tax_usage+ubi"].closures) == ("ai_tax", {"basic_income": "debt"})
    mix = found["tax_usage+three_pillars+ubi"]
    assert mix.closure == "labor_tax"
    assert mix.closures == {"usage_tax": "ai_tax", "basic_income": "debt", "training": "lump_sum"}


def test_uncertain_doses_are_the_same_draws_alone_and_in_a_mix() -> None:
    uncertain = ("policy=[local_veto,ubi]", "policy.ubi.amount=[uniform,0,900]")
    chosen = study("regions=archetypes", "combine=true", *uncertain)
    keys = [key for key, _, _ in levers(chosen.policies)]
    assert sorted(keys) == ["policy.local_veto.cut", "policy.ubi.amount"]
    table = draw_table(chosen, ("R",), 0, 8)
    doses = {policy.name: policy.instruments(table).doses for policy in chosen.policies}
    for name, dose in (("local_veto", "veto_cut"), ("ubi", "basic_income_amount")):
        alone = np.asarray(doses[name][dose])
        assert len(set(alone.tolist())) == 8
        np.testing.assert_array_equal(doses["local_veto+ubi"][dose], alone)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (("policy=[ubi]",), "combine: expected 2 to 8 policies, got ubi"),
        (("policy=[]",), "got none; choose some"),
        (("policy=[ubi,ai_dividend,tax_usage]",), "ai_dividend and tax_usage both hold usage_tax.*leave one"),
        (("policy=[ubi,job_guarantee,retraining,tax_profit,tax_displacement,support,place_investment,green_care,"
          "local_veto]",), "expected 2 to 8 policies, got"),
    ],
)  # fmt: skip
def test_what_cannot_be_combined_is_refused_in_words(overrides: tuple[str, ...], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        _policies(*overrides)


def test_a_plus_in_a_name_is_kept_for_mixes() -> None:
    node = "{instrument: support, amount: 1, start: 2027, phase_in: 0, regions: all}"
    with pytest.raises(ConfigError, match=r"policy.a\+b: \+ joins"):
        study("policy=[]", f"+policy={{a+b: {node}}}")
