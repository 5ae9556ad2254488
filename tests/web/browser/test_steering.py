"""What a presenter does to the running crossing."""

from tests.web.browser.watching import DRIVING, Watcher


def test_a_unit_switched_off_stops_hearing(view: Watcher) -> None:
    assert view.search("tl_crossing") == "unit/0"
    view.until("wayside.details('unit/0')?.received > 0")
    panel = view.page.locator(".dock.right")
    panel.get_by_role("button", name="Switch off").click()
    view.until("wayside.details('unit/0')?.on === false")
    received = view.details("unit/0")["received"]
    time = view.time()
    view.until("wayside.details('unit/0')?.time > a", time + 1.5)
    assert view.details("unit/0")["received"] == received
    panel.get_by_role("button", name="Switch on").click()
    view.until("wayside.details('unit/0')?.on === true && wayside.details('unit/0').received > a", received)


def test_a_closed_road_empties(view: Watcher) -> None:
    ref = view.search("crossing-east")
    view.until("wayside.details(a)?.name !== undefined", ref)
    speed(view, 10)
    panel = view.page.locator(".dock.right")
    view.until("wayside.details(a)?.vehicles > 0", ref)
    panel.get_by_role("button", name="Close the road").click()
    view.until("wayside.details(a)?.closed === true", ref)
    view.until("wayside.details(a)?.vehicles === 0", ref)
    time = view.time()
    view.until("wayside.details(a[0])?.time > a[1]", [ref, time + 20.0])
    assert view.details(ref)["vehicles"] == 0
    panel.get_by_role("button", name="Open the road").click()
    view.until("wayside.details(a)?.closed === false", ref)
    speed(view, 1)


def speed(view: Watcher, factor: float) -> None:
    """With the keys, stop by stop."""
    while (now := view.read("wayside.state().run.speed")) != factor:
        view.press("]" if now is not None and now < factor else "[")
        view.until("wayside.state().run.speed !== a", now)


def called(begin: str) -> str:
    """A condition: a vehicle whose id begins so is there."""
    return f"wayside.stations().some(number => wayside.label(`vehicle/${{number}}`).startsWith('{begin}'))"


def test_a_concert_where_the_map_is_clicked(view: Watcher) -> None:
    view.press("p")
    actions = view.page.locator(".dock.left")
    section = actions.locator("section", has_text="A concert begins")
    section.get_by_label("Cars").fill("20")
    section.get_by_role("button", name="Pick on the map").click()
    box = view.page.locator("#map").bounding_box()
    assert box is not None
    view.settled()
    view.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    view.page.wait_for_selector("text=Another place")
    assert view.read("wayside.state().selected") is None
    section.get_by_role("button", name="Send 20 cars").click()
    view.page.wait_for_selector(".toast:has-text('20 cars set out')")
    view.until(called("concert_"))
    view.press("k")


def test_low_cars_set_out(view: Watcher) -> None:
    view.press("p")
    section = view.page.locator(".dock.left section", has_text="Electric cars run low")
    section.get_by_label("Cars").fill("5")
    section.get_by_role("button", name="Send 5 cars").click()
    view.page.wait_for_selector(".toast:has-text('5 electric cars')")
    view.until(called("surge_"))
    view.press("k")


def test_a_time_is_gone_to(view: Watcher) -> None:
    time = view.time()
    view.press("g")
    view.page.wait_for_selector("dialog input:focus")
    view.page.keyboard.type(str(int(time) + 60))
    view.page.keyboard.press("Enter")
    view.until("wayside.stats().time > a", time + 55.0)
    assert view.read("wayside.state().run.speed") == 1


def test_an_override_that_is_none_is_said(view: Watcher) -> None:
    view.press("s")
    dialog = view.page.locator("dialog")
    dialog.locator("textarea").fill("sumo.options = --evil")
    run = view.read("wayside.state().run.run")
    dialog.get_by_role("button", name="Start", exact=True).click()
    view.page.wait_for_selector(".toast.warning")
    assert "sumo.options" in view.page.locator(".toast.warning").inner_text()
    assert view.read("wayside.state().run.run") == run
    view.page.keyboard.press("Escape")
    # The browser itself notes every refused call.
    view.complaints[:] = [said for said in view.complaints if "status of 400" not in said]


def test_a_restart_begins_anew(view: Watcher) -> None:
    run = view.read("wayside.state().run.run")
    view.page.get_by_role("button", name="Restart with a seed").click()
    view.page.locator("dialog input[type=number]").fill("7")
    view.page.keyboard.press("Enter")
    view.until("wayside.state().city !== null && wayside.state().city !== a", run)
    view.until(DRIVING)
    assert view.read("wayside.state().run.seed") == 7
    assert view.time() < 60.0
