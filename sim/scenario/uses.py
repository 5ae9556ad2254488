"""How a scenario names plug-ins and says their options."""

import re
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    model_serializer,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from wayside.sim.scenario import explain
from wayside.sim.scenario.values import Section, refuse

_PLUGIN = r"^[A-Za-z_][\w.-]*(:[A-Za-z_][\w.]*)?$(?!\n)"  # names of code


def plugin_name(name: str) -> str:
    """The name of a plug-in."""
    if not re.match(_PLUGIN, name):
        raise refuse("must be a name or module:Class")
    return name


def _option(value: object) -> Any:
    """What an option may be in a scenario; what the plug-in makes of it is decided where it is made."""
    if isinstance(value, (list, tuple)):
        return tuple(_option(one) for one in value)
    if isinstance(value, dict):
        return {key: _option(one) for key, one in value.items()}
    if value is not None and not isinstance(value, (str, bool, int, float)):
        raise refuse("must be a string, a number, true or false, or a list or table of these")
    return value


SHORT = "short"  # in a serialization's context: a plug-in without options is its name alone


class _Optioned(Section):
    """A table that holds the options of a plug-in besides its own fields."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Annotated[Any, BeforeValidator(_option)]] = Field(init=False)

    @property
    def options(self) -> dict[str, Any]:
        """Options by name, as far as they are said."""
        return {name: value for name, value in (self.model_extra or {}).items() if value is not None}


class Use(_Optioned):
    """A plug-in by its name, and its options: `{ use = "batch", window = 5.0 }`. Without options it is its name."""

    use: Annotated[str, AfterValidator(plugin_name)] = Field(description="A registered name or module:Class")

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            return self.use == other and not self.options
        return isinstance(other, Use) and self.use == other.use and self.options == other.options

    def __hash__(self) -> int:
        return hash(self.use)

    @model_serializer(mode="wrap")
    def _short(self, whole: SerializerFunctionWrapHandler, info: SerializationInfo) -> Any:
        return self.use if info.context == SHORT and not self.options else whole(self)


class Part(_Optioned):
    """Of a radio that some vehicles have, by its name: which share of them, and the radio's options."""

    share: float = Field(default=1.0, ge=0, le=1, description="Share of the vehicle class, 0..1")

    @model_serializer(mode="wrap")
    def _short(self, whole: SerializerFunctionWrapHandler, info: SerializationInfo) -> Any:
        return self.share if info.context == SHORT and not self.options else whole(self)


def as_use(value: object) -> object:
    """A name is short for a plug-in without options."""
    if isinstance(value, str):
        return {"use": plugin_name(value)}
    if not isinstance(value, (dict, Use)):
        raise refuse('must be a name or module:Class, or a table, as { use = "name", option = value }')
    if isinstance(value, dict) and "use" not in value and (guess := explain.nearest("use", map(str, value))):
        raise refuse(f'must name code by "use": did you mean that by "{guess}"?')
    return value


class Group:
    """Marks a field that names a plug-in of a group of entry points, so that its JSON schema tells their options."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        from wayside.sim.scenario.registry import schema_of  # what is registered is not looked at before

        return schema_of(self.name)


AppUse = Annotated[Use, BeforeValidator(as_use), Group("apps")]
RadioUse = Annotated[Use, BeforeValidator(as_use), Group("radio")]
ServiceUse = Annotated[Use, BeforeValidator(as_use), Group("services")]
ControlUse = Annotated[Use, BeforeValidator(as_use), Group("control")]
ObserverUse = Annotated[Use, BeforeValidator(as_use), Group("observers")]


def as_part(value: object) -> object:
    """A share alone is short for a radio without options."""
    if isinstance(value, (dict, Part)):
        return value
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise refuse("must be a share, 0..1, or a table, as { share = 0.3, option = value }")
    if not 0.0 <= value <= 1.0:
        raise refuse("must be at most 1" if value > 1.0 else "must be at least 0")
    return {"share": value}


def as_shares(value: object) -> object:
    """A name alone, or with options, is short for a share of 1."""
    if isinstance(value, str):
        return {value: 1.0}
    if not isinstance(value, dict):
        raise refuse('must be a radio, as "lte-v2x", or a table of shares, as { "lte-v2x" = 0.3 }')
    if "use" not in value:
        return value
    if not isinstance(value["use"], str):
        raise refuse('must name a radio, as { use = "name", option = value }')
    return {value["use"]: {name: part for name, part in value.items() if name != "use"}}


def at_most_all(parts: dict[str, Part]) -> dict[str, Part]:
    """Parts whose shares add up to at most 1."""
    if (total := sum(part.share for part in parts.values())) > 1.0 + 1e-9:
        raise refuse(f"shares must add up to at most 1, not {total:g}")
    return parts
