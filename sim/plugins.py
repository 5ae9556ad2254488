"""What a scenario's names stand for: radios, policies and applications, built in or a user's."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import attrgetter
from typing import Any

from wayside.edge.app import App
from wayside.edge.calls import check_class, check_function, check_some
from wayside.edge.context import Context, Network
from wayside.edge.control.controller import ControlledLight, Controller
from wayside.edge.drawings import Drawings
from wayside.edge.errors import OptionError, PluginError, ScenarioError, code_of, place_of
from wayside.edge.plugin import Plugin
from wayside.edge.policy import name_of
from wayside.edge.pool import Pooling
from wayside.edge.reports import CityReports
from wayside.sim.air import Radio, RadioContext
from wayside.sim.doubts import doubts
from wayside.sim.observers import Observer, check_name
from wayside.sim.onboard.service import OnboardService, Surroundings
from wayside.sim.scenario import Scenario, explain, registry
from wayside.sim.scenario.options import filled, options_of
from wayside.sim.scenario.sections import Rsu
from wayside.sim.scenario.uses import Use
from wayside.sim.sumo.logics import Logic, remade
from wayside.sim.wire.table import kinds_of

LOOPS_M = 60.0  # before the stop line, where a scenario does not say where loops lie
_BASES: dict[str, type] = {"apps": App, "services": OnboardService, "control": Controller, "observers": Observer}

# What the makers of plug-ins of a group are called with.
_MADE = {"apps": ("unit",), "services": ("around",), "control": ("light",), "observers": (), "radio": ("site",)}
_WATCHES = ("begin", "step", "packets", "kpis", "tables", "end")  # methods of an observer


@dataclass(frozen=True)
class _Found:
    """The code that a field of the scenario names, and every option with its value."""

    field: str  # the scenario's, without numbers of rows: "parking.policy"
    named: str  # file, field and name, for messages
    code: Any
    use: Use
    where: str  # file and field, with numbers of rows

    @property
    def options(self) -> dict[str, Any]:
        """All of them, with their values."""
        return dict(self.use.options)

    shared: Any = None  # the options that all plug-ins of the group have, which are not handed to it

    def ready(self, context: Callable[[tuple[str, str]], Context]) -> Plugin:
        others = {} if self.shared is None else vars(self.shared)
        own = {name: value for name, value in self.use.options.items() if name not in others}
        return Plugin(self.code, own, context((self.field, self.use.use)), self.where)


@dataclass(frozen=True)
class _RadioMaker:
    """Makes a radio, checked."""

    plugin: Plugin
    named: str

    def __call__(self, site: RadioContext) -> Radio:
        site = replace(site, named=self.named)
        with code_of(self.named):
            made = self.plugin.make(site)
            if not isinstance(self.plugin.code, type):
                made = made(site)
        members = [name for name in vars(Radio) if not name.startswith("_")]
        if lacks := sorted(set(members) - set(dir(made))):
            said = f"{name_of(self.plugin.code)} must answer a wayside.sim.air.Radio, not {made!r} without"
            raise PluginError(f"{self.named}{place_of(self.plugin.code)}: {said} {', '.join(lacks)}")
        radio: Radio = made
        return radio


@dataclass(frozen=True)
class ServiceMaker:
    """Makes an on-board service."""

    plugin: Plugin
    named: str

    @property
    def name(self) -> str:
        """Of the service."""
        return str(self.plugin.code.name)

    def __call__(self, around: Surroundings) -> OnboardService:
        with code_of(self.named):
            made: OnboardService = self.plugin.make(around)
        return made


@dataclass(frozen=True)
class ControlMaker:
    """Makes the controller of a light. `controls`: whether there is anything to make."""

    plugin: Plugin
    named: str

    @property
    def controls(self) -> bool:
        """False: SUMO's own programs run the lights."""
        return bool(self.plugin.code.controls)

    def programs(self, logics: Iterable[Logic]) -> bytes:
        """An additional file with the programs that SUMO is to run instead of these; empty: it runs these."""
        code, options = self.plugin.code, self.plugin.options
        if self.controls or not code.kind:
            return b""
        told = {name: f"{options[option]:g}" for name, option in code.parameters.items()}
        return remade(logics, code.kind, told, options.get("longest", 0.0))

    def __call__(self, light: ControlledLight) -> Controller:
        made: Controller = self.plugin.make(light, context=self.plugin.context.at(light.id))
        return made


@dataclass(frozen=True)
class Plugins:
    """What a scenario's names stand for: policies made for the whole run, radios and applications ready to be made."""

    radios: tuple[Callable[[RadioContext], Radio], ...]  # as `V2X.radios`
    policies: Mapping[str, Any]  # by the field that names each, as "parking.policy"
    pooling: Mapping[str, Pooling]  # the same, of those whose requests are pooled
    apps: Mapping[Use, Plugin]
    services: tuple[ServiceMaker, ...]  # as `V2X.services`
    control: ControlMaker
    observers: tuple[Observer, ...]  # as `Record.observers`


class Names:
    """Every name of a scenario, looked up before anything is made: code is there, options are right.

    `scenario` is the same one with every option written out.
    """

    def __init__(self, scenario: Scenario) -> None:
        """ScenarioError or PluginError: the file, the field and what is wrong with it."""
        self._source = scenario.source or scenario.sumo.config
        self._folder = scenario.source and scenario.source.parent
        with explain.reading(self._source):
            self._look_up(scenario)

    def _look_up(self, scenario: Scenario) -> None:
        said: dict[str, object] = {}  # with every option
        radio = self._find("radio", scenario.v2x.radio, "v2x.radio")
        said["v2x.radio"] = radio.use.model_dump()
        radios = [radio]
        for kind, parts in scenario.v2x.radio_of.items():
            table = {}
            for name, part in parts.items():
                where = f"v2x.radio_of.{kind}"
                found = self._find("radio", Use(use=name, **part.options), where, f"{where}.{name}")
                table[name] = {"share": part.share, **found.use.options}
                radios.append(found)
            said[f"v2x.radio_of.{kind}"] = table
        self._policies = [
            self._find(group.removeprefix("wayside."), attrgetter(field)(scenario), field)
            for group, field in registry.GROUPS.items()
            if group in registry.POLICIES
        ]
        for policy in self._policies:
            said[policy.field] = policy.use.model_dump()
        self._apps: dict[Use, _Found] = {}
        self._rows: list[list[_Found]] = []  # the applications of each [[rsu]]
        for row, rsu in enumerate(scenario.rsu or (Rsu(),)):
            apps = [self._find("apps", use, f"rsu[{row}].apps[{k}]") for k, use in enumerate(rsu.apps)]
            for k, app in enumerate(apps):
                if scenario.v2x.family not in app.code.families:
                    where = explain.line(f"rsu[{row}].apps[{k}]")
                    allowed = " or ".join(f'"{family}"' for family in app.code.families)
                    raise ScenarioError(f'{where} = "{app.use.use}": is for v2x.family = {allowed}')
            self._rows.append(apps)
            self._apps |= {app.use: app for app in reversed(apps)}
            if scenario.rsu:
                said[f"rsu.{row}.apps"] = [app.use.model_dump() for app in apps]
        self._services = [
            self._find("services", use, f"v2x.services[{k}]") for k, use in enumerate(scenario.v2x.services)
        ]
        names: set[str] = set()
        for service in self._services:
            check_name(service.named, service.code.name, names)
            names.add(service.code.name)
        said["v2x.services"] = [service.use.model_dump() for service in self._services]
        self._control = self._find("control", scenario.signals.control, "signals.control")
        said["signals.control"] = self._control.use.model_dump()
        if self._control.code.controls:
            said["signals.detection"] = scenario.signals.detection or "perfect"
        if scenario.signals.detection == "loops":
            said["signals.loops"] = LOOPS_M if scenario.signals.loops is None else scenario.signals.loops
        elif scenario.signals.loops is not None:
            where = explain.line(f"signals.loops = {scenario.signals.loops:g}")
            raise ScenarioError(f'{where}: is for signals.detection = "loops"')
        self._observers = [
            self._find("observers", use, f"record.observers[{k}]") for k, use in enumerate(scenario.record.observers)
        ]
        said["record.observers"] = [observer.use.model_dump() for observer in self._observers]
        users = [*self._apps.values(), *self._services, *self._policies]
        vru = scenario.v2x.vru_penetration
        if vru is not None and scenario.v2x.family != "etsi":
            where = explain.line(f"v2x.vru_penetration = {vru:g}")
            raise ScenarioError(
                f'{where}: is for v2x.family = "etsi": the body of the Chinese set\'s PSM (T/CSAE 157) is not public'
            )
        self.kinds = kinds_of([found.code for found in users], scenario.v2x.family, vru is not None)
        self.scenario = scenario.replace(said)
        by_use = {found.use: found for found in reversed(radios)}  # named by the field that comes first
        self._radios = [by_use[use] for use in self.scenario.v2x.radios]

    def unused(self) -> str:
        """What a field says that nothing in this scenario asks for, in a line; empty: there is none."""
        detection = self.scenario.signals.detection
        if self._control.code.controls or detection is None:
            return ""
        return (
            f'{self._source}: signals.detection = "{detection}": is not used: it is for a controller, and with '
            f'signals.control = "{self._control.use.use}" nobody sees'
        )

    def doubts(self, lanes: Callable[[str], int], begin: float, end: float | None) -> Iterator[str]:
        """What is asked for and nothing will come of, a line each; lanes: of an edge by its id; begin, end [s]."""
        step = self.scenario.sumo.step_length
        assert step is not None, "a scenario says it once it is resolved"
        return doubts(self._rows, self._services, self._control, lanes, step, begin, end)

    def _find(self, group: str, use: Use, path: str, options: str = "") -> _Found:
        """What stands at a path of the scenario, its options at `options` if not there too."""
        where = explain.line(path)
        code = registry.resolve(f"wayside.{group}", use.use, where, self._folder)
        if unfit := _unfit(group, code):
            raise ScenarioError(f"{where} = {use.use!r}: {unfit}")
        shared = registry.SHARED.get(f"wayside.{group}")
        try:
            values = filled(code, use.options, options or path, use.use, shared)
            _check_calls(group, code, tuple(values))
        except PluginError as error:
            raise PluginError(f"{where} = {use.use!r}: {error}") from None
        field = "rsu.apps" if group == "apps" else path.partition("[")[0]
        everybodys = None if shared is None else shared(**{name: values[name] for name in vars(shared())})
        return _Found(field, f'{where} = "{use.use}"', code, Use(use=use.use, **values), where, everybodys)

    def make(
        self,
        seed: int,
        clock: Callable[[], float],
        network: Network,
        city: CityReports,
        drawings: Drawings | None = None,
    ) -> Plugins:
        """The plug-ins, each with a context of its own. PluginError where a constructor breaks off."""

        def context(owner: tuple[str, str]) -> Context:
            return Context(seed, owner, clock, network, city, drawings)

        def policy(found: _Found) -> Any:
            with code_of(found.named):
                try:
                    return found.ready(context).make()
                except OptionError as error:
                    raise ScenarioError(f"{found.where}.{error}") from None

        signals, v2x = self.scenario.signals, self.scenario.v2x
        if (
            self._control.code.controls
            and signals.detection == "heard"
            and not any((v2x.penetration, *v2x.penetration_of.values()))
        ):
            warnings.warn(
                f'{self._source}: signals.detection = "heard": with v2x.penetration = 0 no vehicle is heard, so '
                f'"{signals.control.use}" sees nobody',
                stacklevel=2,
            )
        observers: dict[str, Observer] = {}
        services = {service.code.name for service in self._services}
        for found in self._observers:
            observer = self._observer(found, context)
            check_name(found.named, observer.name, {*observers, *services})
            observers[observer.name] = observer
        policies = {found.field: policy(found) for found in self._policies}
        for found in self._policies:  # a policy may bring one who watches for it
            if isinstance(watch := getattr(policies[found.field], "observer", None), Observer):
                check_name(found.named, watch.name, {*observers, *services})
                observers[watch.name] = watch
        return Plugins(
            tuple(_RadioMaker(radio.ready(context), radio.named) for radio in self._radios),
            policies,
            {found.field: found.shared for found in self._policies if found.shared is not None},
            {use: app.ready(context) for use, app in self._apps.items()},
            tuple(ServiceMaker(service.ready(context), service.named) for service in self._services),
            ControlMaker(self._control.ready(context), self._control.named),
            tuple(observers.values()),
        )

    def _observer(self, found: _Found, context: Callable[[tuple[str, str]], Context]) -> Observer:
        with code_of(found.named):
            made: Observer = found.ready(context).make()
        made.name = made.name or found.use.use.rpartition(":")[2].lower()  # type: ignore[misc]
        return made


def _unfit(group: str, code: Any) -> str:
    """What code of a group must be, where it is something else."""
    if group in _BASES:
        fits = isinstance(code, type) and issubclass(code, _BASES[group])
        return "" if fits else f"must be a class derived from wayside.{_BASES[group].__name__}"
    if not callable(code) or (group != "radio" and isinstance(code, type) and not _makes_callables(code)):
        return "must be a function, or a class whose objects can be called"
    return ""


def entries_of(name: str) -> list[registry.Entry]:
    """What `module:Class` may stand for, in each group of entry points that it fits in, with its options.

    ScenarioError or PluginError, one line, where there is no such code, where it fits nowhere, or declares options
    badly. The module is looked for in the working directory and among installed packages.
    """
    code = registry.load(name, "plugins", None)
    origin = place_of(code, "__init__" if isinstance(code, type) else "__call__").strip(" ()") or "wayside"
    about = registry.about_of(code)
    found, why = [], ""
    for group in registry.GROUPS:
        short = group.removeprefix("wayside.")
        if unfit := _unfit(short, code):
            why = why or unfit
            continue
        try:
            options = options_of(code, registry.SHARED.get(group))
            _check_calls(short, code, tuple(one.name for one in options))
        except PluginError as error:
            why = str(error)
            continue
        found.append(registry.Entry(group, name, origin, about, code, tuple(options)))
    if not found:
        raise ScenarioError(f"plugins = {name!r}: {why}")
    bases = [entry for entry in found if entry.group.removeprefix("wayside.") in _BASES]
    return bases or found  # any class that is made with one argument could be a radio


@lru_cache(256)  # every point of a study names the same few
def _check_calls(group: str, code: Any, options: tuple[str, ...]) -> None:
    """PluginError where code does not take what it will be called with: told before SUMO is loaded."""
    if called := registry.POLICIES.get(f"wayside.{group}"):
        check_function(code, called, options)
    elif not isinstance(code, type):
        check_function(code, _MADE[group], options)
    else:
        needs = ("choose",) if issubclass(code, Controller) and code.controls else ()
        check_class(code, _MADE[group], options, _BASES.get(group, Radio), needs)
        if group == "observers":
            check_some(code, Observer, _WATCHES)


def _makes_callables(code: type) -> bool:
    """Whether objects of a class can be called; the class itself always can."""
    return any("__call__" in vars(base) for base in code.__mro__)
