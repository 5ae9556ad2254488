"""The policy "ocpp" by itself: its mistakes are one line each, and before a run it shares as another does."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from tests.sim.plugged import context
from wayside import Scenario
from wayside.edge.charging import sharing
from wayside.edge.charging.limits import Limits
from wayside.edge.charging.power import Sessions, share
from wayside.edge.errors import WaysideError
from wayside.edge.plugin import Plugin
from wayside.sim.ocpp.power import OcppPower, coupled
from wayside.sim.recorded.policies import makers
from wayside.sim.scenario.options import filled


def made(**options: object) -> OcppPower:
    said = filled(OcppPower, options, "charging.power", "ocpp")
    policy: OcppPower = Plugin(OcppPower, said, context(1, "charging.power", "ocpp")).make()
    return policy


@pytest.mark.parametrize("name", ["equal", "first-come", "least-laxity"])
def test_without_a_profile_the_other_policy_shares(name: str) -> None:
    n = 5
    ones, never = np.ones(n), np.full(n, np.nan)
    wanted = np.array([7e3, 11e3, 22e3, 3e3, 60e3])
    site = np.array([0, 0, 1, 1, 1], np.int32)
    limits = Limits.of(("a", "b"), np.array([12e3, np.inf]), {"city": (40e3, ["a", "b"])})
    of = Sessions(np.arange(n), site, site, wanted, 1e4 * ones, ones, np.arange(n) * 1.0, never, wanted, 1e4 * ones)
    other = getattr(sharing, name.replace("-", "_"))
    np.testing.assert_array_equal(share(made(share=name), of, limits), share(other, of, limits))


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (
            {"csms": "localhost:9000"},
            '^csms = "localhost:9000": must be an address that begins with ws://',
        ),
        ({"csms": "ws://"}, '^csms = "ws://": must be an address'),
        ({"share": "equel"}, "^share = 'equel': must be one of .*did you mean 'equal'"),
        (
            {"share": "uncontrolled"},
            "^share = 'uncontrolled': must be a policy that shares within limits",
        ),
        ({"share": "ocpp"}, "^share = 'ocpp': must be a policy that shares within limits"),
        ({"speed": 0.01}, "charging.power.speed = 0.01: must be between 0.1 and 1000"),
    ],
)
def test_a_mistake_is_one_line(options: dict[str, object], line: str) -> None:
    with pytest.raises(WaysideError, match=line) as told:
        made(**options)
    assert "\n" not in str(told.value)


def test_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(WaysideError, match=r"^charging.power = \"ocpp\": ocpp is not installed: .*'wayside\[ocpp\]'$"):
        made(csms="ws://localhost:9000")


def test_recorded_sessions_have_no_central_system() -> None:
    with pytest.raises(WaysideError, match="--power = 'ocpp': is for runs with traffic"):
        makers(["ocpp"], [])


def test_the_flag_keeps_the_scenarios_own_policy() -> None:
    plain = Scenario.load("crossing")
    power = coupled(plain.replace("charging.power", "least-laxity"), "ws://here", 5.0).charging.power
    assert (power.use, power.options) == ("ocpp", {"csms": "ws://here", "share": "least-laxity", "speed": 5.0})
    again = coupled(coupled(plain, "ws://here", None), "ws://there", None).charging.power
    assert again.options == {"csms": "ws://there", "share": "equal"}
    with pytest.raises(WaysideError, match=r"run: --csms: charging.power = 'round-robin' has options"):
        coupled(plain.replace("charging.power", {"use": "round-robin", "step": 5.0}), "ws://here", None)


def test_no_password_is_told() -> None:
    watch = made(csms="wss://me:secret@there:9000/city").observer
    assert watch.unrepeatable.endswith("the central system at wss://there:9000/city, by the wall clock")
