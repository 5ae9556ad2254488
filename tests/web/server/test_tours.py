"""Tours: the built-in one, what the page takes, and a line for each mistake."""

import json
import re
from pathlib import Path
from typing import get_args

import pytest

from tests.sim.children import wayside
from tests.web.server.serving import served
from wayside.edge.errors import WaysideError
from wayside.web.server.tours import BUILTIN, LARGEST, Colour, Layer, read_tour

ROOT = Path(__file__).parents[3]
LINK = ROOT / "web" / "viewer" / "src" / "link.ts"


def stop(**said: object) -> dict[str, object]:
    return {"stops": [{"caption": "words", **said}]}


def test_the_built_in_one_takes_three_minutes_and_names_figures_that_there_are() -> None:
    tour = read_tour(BUILTIN)
    stops = tour["stops"]
    assert isinstance(stops, list)
    assert 120.0 <= sum(one["seconds"] for one in stops) <= 180.0
    named = {name for one in stops for name in re.findall(r"\{([a-z0-9_.]+)\}", one["caption"])}
    told = (ROOT / "docs" / "kpis.md").read_text("utf-8")
    assert named
    assert all(f"`{name}`" in told for name in named)


def test_layers_and_colours_are_the_pages() -> None:
    text = LINK.read_text("utf-8")
    for name, ours in (("LAYERS", Layer), ("COLOURS", Colour)):
        (list_,) = re.findall(rf"export const {name}: [^=]*= \[([^\]]*)\]", text)
        assert tuple(re.findall(r'"(\w+)"', list_)) == get_args(ours)


def test_it_is_served() -> None:
    with served() as one:
        tour = one.call("GET", "/api/tour").json
    assert tour == json.loads(json.dumps(read_tour(BUILTIN)))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("{", "not JSON: "),
        ("[]", "must be a table with stops"),
        ({}, "stops: missing: it must be given"),
        ({"stops": []}, "stops = []: must not be empty"),
        (stop(caption=""), 'stops[0].caption = "": must not be empty'),
        (stop(secs=3), 'stops[0].secs: no such field; did you mean "seconds"?'),
        (stop(seconds=0), "stops[0].seconds = 0: must be between 1 and 600"),
        (stop(see="moon"), 'stops[0].see = "moon": must be city, unit,'),
        (stop(see="road "), 'stops[0].see = "road ": must be city, unit,'),
        (stop(layers=["cars"]), 'stops[0].layers[0] = "cars": must be "buildings",'),
        (stop(view={"span": -1}), "stops[0].view.span = -1: must be"),
        (stop(action={"surge": {"count": 900, "charge": 0.1}}), "stops[0].action"),
        (stop(action={"unit": {"unit": 3, "on": True}}), "stops[0].action"),
        (stop(action={"dance": {}}), "stops[0].action"),
        (" " * (LARGEST + 1), "no tour: larger than 256 KB"),
    ],
)  # fmt: skip
def test_mistakes_are_one_line(tmp_path: Path, said: object, words: str) -> None:
    path = tmp_path / "mine.json"
    path.write_text(said if isinstance(said, str) else json.dumps(said))
    with pytest.raises(WaysideError) as told:
        read_tour(path)
    assert str(told.value).startswith(f"{path}: {words}")
    assert "\n" not in str(told.value)


def test_the_page_is_told_where_an_action_wants_a_place(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(stop(action={"concert": {"count": 9}, "unit": {"on": False}})))
    (only,) = read_tour(path)["stops"]  # type: ignore[misc]
    assert only["action"] == [
        {"name": "concert", "body": {"count": 9}, "place": True},
        {"name": "unit", "body": {"on": False}, "place": False},
    ]


def test_what_is_no_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(WaysideError, match=r"mine\.json: not JSON: "):
        read_tour(path)
    with pytest.raises(WaysideError, match="is a directory, not a file"):
        read_tour(tmp_path)


def test_the_command_tells_before_it_listens(tmp_path: Path) -> None:
    done = wayside("serve", "crossing", "--tour", tmp_path / "none.json", "--port", 0)
    assert done.returncode == 2
    assert done.stderr == f"wayside: {tmp_path / 'none.json'}: no such file\n"
