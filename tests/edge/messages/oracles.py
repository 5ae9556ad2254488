"""Other people's encoders, and values in their form: pycrate has most ETSI messages, asn1tools takes any text."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pycrate_asn1c.asnproc import GLOBAL, PycrateGenerator, compile_text, generate_modules
from pycrate_asn1rt.asnobj import ASN1Obj

from wayside.edge.messages import asn1
from wayside.edge.messages import schema as s

# Its checks refuse what is right: DEL in an IA5String, and a group of additions with an optional member besides a
# mandatory one ("missing extended value", asnobj_construct.py, _safechk_valcompl). The encoder does without them.
ASN1Obj._SAFE_VAL = ASN1Obj._SAFE_BND = ASN1Obj._SAFE_BNDTAB = False

# Message -> pycrate's module and class in it.
PYCRATE = {
    "CAM": ("ITS_CAM_2", "CAM_PDU_Descriptions", "CAM"),
    "DENM": ("ITS_DENM_3", "DENM_PDU_Descriptions", "DENM"),
    "SPATEM": ("ITS_IS", "SPATEM_PDU_Descriptions", "SPATEM"),
    "MAPEM": ("ITS_IS", "MAPEM_PDU_Descriptions", "MAPEM"),
    "IVIM": ("ITS_IS", "IVIM_PDU_Descriptions", "IVIM"),
    "SREM": ("ITS_IS", "SREM_PDU_Descriptions", "SREM"),
    "SSEM": ("ITS_IS", "SSEM_PDU_Descriptions", "SSEM"),
    "RTCMEM": ("ITS_IS", "RTCMEM_PDU_Descriptions", "RTCMEM"),
    "VAM": ("ITS_VAM_3", "VAM_PDU_Descriptions", "VAM"),
    "EVCSN": ("ITS_r1318", "EVCSN_PDU_Descriptions", "EvcsnPdu"),
    "EV_RSR": ("ITS_r1318", "EV_RechargingSpotReservation_PDU_Descriptions", "EV_RSR"),
}


def pycrate(name: str) -> Any:
    """Pycrate's object for a message."""
    module, descriptions, type = PYCRATE[name]
    return getattr(getattr(importlib.import_module(f"pycrate_asn1dir.{module}"), descriptions), type)


def pycrate_module(texts: list[str]) -> Any:
    """Pycrate's objects for module texts, by the modules' names."""
    GLOBAL.clear()
    compile_text(texts, filenames=[f"{k}.asn" for k in range(len(texts))])
    with TemporaryDirectory() as folder:
        path = Path(folder) / "made.py"
        generate_modules(PycrateGenerator, str(path))
        spec = importlib.util.spec_from_file_location("made", path)
        assert spec is not None
        assert spec.loader is not None
        made = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(made)
    return made


def pycrate_encode(theirs: Any, type: s.Type, value: Any) -> bytes:
    """A value encoded by pycrate."""
    theirs._val = to_pycrate(theirs, type, value)
    encoded: bytes = theirs.to_uper()
    return encoded


def to_pycrate(theirs: Any, member: s.Member, value: Any) -> Any:
    """A value in pycrate's form: an open type is (name, value)."""
    type = s.resolved(member)
    if isinstance(type, s.Sequence):
        found, last, members = {}, None, dict(type.all())
        for name, inner in value.items():
            ours, component = s.resolved(members[name]), theirs._cont[name]
            if not isinstance(ours, s.OpenType) or component.TYPE != "OPEN_TYPE":
                found[name] = to_pycrate(component, members[name], inner)
            elif last in ours.types:
                rows = component._const_tab._val.root
                (inside,) = [row[component._const_tab_id] for row in rows if last in row.values()]
                label = inside.TYPE if inside._typeref is None else inside._typeref.called[1]
                found[name] = (label, to_pycrate(inside, ours.types[last], inner))
            else:
                found[name] = ("_unk_004", inner)
            last = inner
        return found
    if isinstance(type, s.SequenceOf):
        return [to_pycrate(theirs._cont, type.element, element) for element in value]
    if isinstance(type, s.Choice):
        return (value[0], to_pycrate(theirs._cont[value[0]], type.alternatives[value[0]], value[1]))
    return 0 if isinstance(type, s.Null) else value


def from_pycrate(theirs: Any, member: s.Member, value: Any) -> Any:
    """The other way round."""
    type = s.resolved(member)
    if isinstance(type, s.Sequence):
        found, last, members = {}, None, dict(type.all())
        for name, ours in members.items():
            if name not in value:
                continue
            inner, component = value[name], theirs._cont[name]
            if component.TYPE == "OPEN_TYPE":
                kinds = s.resolved(ours)
                assert isinstance(kinds, s.OpenType)
                if isinstance(inner[1], bytes):
                    found[name] = inner[1]
                else:
                    rows = component._const_tab._val.root
                    (inside,) = [row[component._const_tab_id] for row in rows if last in row.values()]
                    found[name] = from_pycrate(inside, kinds.types[last], inner[1])  # type: ignore[index]
            else:
                found[name] = last = from_pycrate(component, ours, inner)
        return found
    if isinstance(type, s.SequenceOf):
        return [from_pycrate(theirs._cont, type.element, element) for element in value]
    if isinstance(type, s.Choice):
        return (value[0], from_pycrate(theirs._cont[value[0]], type.alternatives[value[0]], value[1]))
    return None if isinstance(type, s.Null) else value


def to_asn1tools(compiled: Any, member: s.Member, value: Any) -> Any:
    """A value in asn1tools' form: bit strings as octets, an open type as the octets of what is in it."""
    type = s.resolved(member)
    if isinstance(type, s.Sequence):
        found, last, members = {}, None, dict(type.all())
        for name, inner in value.items():
            ours = s.resolved(members[name])
            if isinstance(ours, s.OpenType):
                found[name] = inner
                if last in ours.types:
                    inside = s.resolved(ours.types[last])
                    # Nothing at all takes an octet (X.691, 11.1.3), which it leaves out.
                    known = asn1.names()[id(inside)]
                    found[name] = compiled.encode(known, to_asn1tools(compiled, inside, inner)) or b"\0"
            else:
                found[name] = to_asn1tools(compiled, members[name], inner)
            last = inner
        return found
    if isinstance(type, s.SequenceOf):
        return [to_asn1tools(compiled, type.element, element) for element in value]
    if isinstance(type, s.Choice):
        return (value[0], to_asn1tools(compiled, type.alternatives[value[0]], value[1]))
    if isinstance(type, s.BitString):
        bits, count = value
        return ((bits << (-count % 8)).to_bytes((count + 7) // 8, "big"), count)
    return value
