"""What a viewer sees of the running crossing."""

import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser

from tests.web.browser.watching import DRIVING, Watcher


def moved(before: dict[str, tuple[float, float]], after: dict[str, tuple[float, float]]) -> list[str]:
    """Vehicles that are elsewhere."""
    return [ref for ref in before if ref in after and before[ref] != after[ref]]


def canvas(view: Watcher) -> bytes:
    """The picture of the map alone."""
    return view.page.locator("#map").screenshot()


def test_vehicles_move(view: Watcher) -> None:
    view.until(DRIVING)
    before, picture, time = view.places(), canvas(view), view.time()
    view.until("wayside.stats().time > a", time + 0.5)
    assert moved(before, view.places())
    assert canvas(view) != picture


def test_pause_stops_time_and_motion_and_a_step_is_one(view: Watcher) -> None:
    view.pause()
    view.until("wayside.stats().time === wayside.state().run.time")
    before, time = view.places(), view.time()
    view.page.wait_for_timeout(700)
    assert view.time() == time
    assert moved(before, view.places()) == []
    view.press(".")
    view.until("wayside.stats().time > a", time)
    view.until("wayside.stats().time === wayside.state().run.time")
    assert view.time() == round(time + 0.1, 6)
    assert moved(before, view.places())
    view.page.wait_for_timeout(300)
    assert view.time() == round(time + 0.1, 6)
    view.pause(False)
    view.until("wayside.stats().time > a", time + 0.5)


def test_a_click_opens_what_is_there(view: Watcher) -> None:
    view.pause()
    names = [view.read("wayside.label(a)", view.driving()[0]), "tl_crossing", "Bridge Street kerb"]
    for name in names:
        view.press("Escape")
        ref = view.search(name)
        view.press("Escape")
        view.click(ref)
        view.until("wayside.state().selected !== null")
        assert view.read("wayside.state().selected") == ref
        assert view.inspected() == name


def test_search_and_follow(view: Watcher) -> None:
    ref = view.driving()[0]
    assert view.search(view.read("wayside.label(a)", ref)) == ref
    view.press("f")
    view.until("wayside.state().following === a", ref)
    view.until("wayside.details(a)?.speed !== undefined", ref)
    at = view.places()[ref]
    view.until("Math.hypot(wayside.locate(a[0]).x - a[1][0], wayside.locate(a[0]).y - a[1][1]) > 15", [ref, at])
    far = view.read("(p => Math.hypot(wayside.view().x - p.x, wayside.view().y - p.y))(wayside.locate(a))", ref)
    assert far < 10.0
    assert re.search(r"\d+\s*km/h", view.page.locator(".dock.right .big").inner_text())
    view.press("f")
    view.until("wayside.state().following === null")


def test_a_message_opens_decoded(view: Watcher) -> None:
    view.press("m")
    view.page.locator(".dock.left .rows button.row", has_text="cam").first.click()
    opened = view.page.locator(".dock.left .opened")
    assert "Received by" in opened.inner_text()
    assert opened.locator("dl.tree dt").count() > 2
    # Its octets begin with the header that the lines beside them tell of: version 2, messageID 2.
    message = opened.locator(".octets:not(.headers)")
    octets, lines = message.locator("pre.hex"), message.locator("ol.lines li")
    assert octets.inner_text().startswith("0000 02 02 ")
    assert re.search(r"messageID\s*2", " ".join(lines.all_inner_texts()))
    left, right = octets.bounding_box(), message.locator("ol.lines").bounding_box()
    assert left is not None
    assert right is not None
    assert left["x"] + left["width"] <= right["x"]  # beside each other
    # Before it, apart: Ethernet's header to all, whose type is GeoNetworking's.
    headers = opened.locator(".octets.headers")
    assert headers.locator("pre.hex").inner_text().startswith("0000 ff ff ff ff ff ff ")
    assert re.search(r"ethertype\s*0x8947", " ".join(headers.locator("ol.lines li").all_inner_texts()))
    view.press("k")


def test_figures_grow(view: Watcher) -> None:
    if not view.page.locator(".dock.left .figure").count():
        view.press("k")
    view.page.wait_for_selector(".dock.left .chart canvas")
    assert view.page.locator(".dock.left .chart canvas").count() >= 4


def test_the_table_mirrors_the_map(view: Watcher) -> None:
    view.pause()
    view.press("b")
    table = view.page.locator(".dock.left table")
    view.page.wait_for_selector(".dock.left tbody tr")
    assert int(table.locator("caption").inner_text().split()[0]) == len(view.read("wayside.stations()"))
    table.locator("tbody th button").first.click()
    view.until("wayside.state().selected !== null")
    assert view.inspected() == table.locator("tbody th").first.inner_text()
    view.press("k")


def test_a_question_mark_shows_the_keys(view: Watcher) -> None:
    view.press("?")
    assert "play or pause" in view.page.locator("dialog").inner_text()
    view.page.keyboard.press("Escape")
    view.page.wait_for_selector("dialog", state="detached")


def test_a_link_brings_back_what_was_seen(view: Watcher) -> None:
    view.search("tl_")
    view.settled()
    before = view.read("wayside.view()")
    view.until("location.hash.includes('see=unit/0') && location.hash.includes('at=')")
    history = view.read("history.length")
    view.page.wait_for_timeout(1600)
    view.page.reload()
    view.until("wayside.stats()?.vehicles > 0 && wayside.state().selected === 'unit/0'")
    view.settled()
    after = view.read("wayside.view()")
    assert all(abs(before[name] - after[name]) < 0.2 for name in before)
    assert view.read("history.length") == history


def test_a_pasted_link_stays_in_the_address(view: Watcher) -> None:
    view.settled()
    at = view.read("wayside.view()")
    run = view.read("wayside.state().run")
    for span in (140, 90):
        link = f"#run={run['scenario']}.{run['seed']}&at={at['x']:.1f},{at['y']:.1f},{span},0,0&see=unit/0"
        view.read("location.hash = a", link)
        view.until("Math.abs(wayside.view().span - a) < 1", span)
        view.page.wait_for_timeout(3500)
        assert f",{span},0,0" in view.read("location.hash")
    view.page.go_back()
    view.until("Math.abs(wayside.view().span - 140) < 1")


def test_a_held_key_leaves_room_for_others(view: Watcher) -> None:
    view.pause()
    answers: list[int] = []
    view.page.on("response", lambda answer: answers.append(answer.status) if "/api/run/step" in answer.url else None)
    time = view.read("wayside.state().run.time")
    view.read("document.activeElement?.blur()")
    for _ in range(40):
        view.page.keyboard.down(".")
        view.page.wait_for_timeout(25)
    view.page.keyboard.up(".")
    view.until("wayside.state().run.time > a", time + 0.15)
    view.page.wait_for_timeout(600)
    assert set(answers) == {200}
    assert len(answers) < 30


def test_text_grows_with_the_window(view: Watcher) -> None:
    size = "parseFloat(getComputedStyle(document.querySelector('.topbar')).fontSize)"
    assert view.read(size) == 13.0
    view.page.set_viewport_size({"width": 3840, "height": 2160})
    view.until(f"{size} === 26")
    # What is drawn, found and clicked agree at every size.
    view.until(
        "(p => wayside.pick(p.left, p.top))((q => wayside.project(q.x, q.y))(wayside.locate('unit/0'))) !== null"
    )
    view.page.set_viewport_size({"width": 1280, "height": 720})
    view.until(f"{size} === 13")


def test_on_a_phone_nothing_sticks_out(view: Watcher) -> None:
    view.page.set_viewport_size({"width": 390, "height": 800})
    view.press("m")
    view.page.wait_for_selector(".dock.left .rows li")
    wide = view.read(
        "[...document.querySelectorAll('#app *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1"
        " && !e.closest('.health, .unseen, svg')).map(e => e.className)"
    )
    view.page.set_viewport_size({"width": 1280, "height": 720})
    view.press("k")
    assert wide == []


def holes(picture: bytes) -> int:
    """Pixels of a screenshot where nothing was drawn at all."""
    alpha = np.asarray(Image.open(io.BytesIO(picture)).convert("RGBA"))[:, :, 3]
    return int((alpha < 255).sum())


def test_what_scrolls_leaves_no_hole_beside_it(view: Watcher) -> None:
    """Chromium without a GPU left a band undrawn below the view menu and below what the search finds."""
    view.page.set_viewport_size({"width": 900, "height": 500})
    view.page.get_by_role("button", name="View: colours, layers, messages").click()
    menu = view.page.locator(".viewmenu .scroll")
    assert menu.evaluate("box => box.scrollHeight > box.clientHeight")
    assert holes(view.page.screenshot()) == 0
    view.press("Escape")
    view.press("/")
    view.page.keyboard.type("a")
    assert view.page.locator(".hits").evaluate("box => box.scrollHeight > box.clientHeight")
    assert holes(view.page.screenshot()) == 0
    view.press("Escape")
    view.page.set_viewport_size({"width": 1280, "height": 720})


def test_a_hole_is_found() -> None:
    drawn = io.BytesIO()
    Image.fromarray(np.array([[[9, 9, 9, 255], [9, 9, 9, 254]]], np.uint8)).save(drawn, "PNG")
    assert holes(drawn.getvalue()) == 1


def test_a_complaint_of_the_page_is_heard(browser: Browser) -> None:
    planted = ["console.error('planted')", "setTimeout(() => { throw new Error('planted') })"]
    for script in planted:
        watcher = Watcher.of(browser)
        watcher.page.evaluate(f"() => {{ {script} }}")
        watcher.page.wait_for_timeout(100)
        with pytest.raises(AssertionError):
            watcher.close()


def test_a_vehicle_that_stands_has_not_moved() -> None:
    assert moved({"a": (1.0, 2.0), "b": (3.0, 4.0)}, {"a": (1.0, 2.0), "b": (3.0, 4.5), "c": (0.0, 0.0)}) == ["b"]
