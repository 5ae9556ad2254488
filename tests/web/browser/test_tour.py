"""The tour and the stage, as a presenter has them."""

from tests.web.browser.watching import Watcher


def test_through_the_tour_by_its_keys(view: Watcher) -> None:
    view.press("u")
    bar = view.page.locator(".tourbar")
    bar.wait_for()
    assert "1 of 9" in bar.inner_text()
    view.press("PageDown")
    view.page.wait_for_selector(".tourbar >> text=2 of 9")
    assert "tl_crossing" in bar.inner_text()
    view.press("i")
    assert bar.get_by_role("button", name="Go on").is_visible()
    view.press("PageUp")
    view.page.wait_for_selector(".tourbar >> text=1 of 9")
    view.press("Escape")
    bar.wait_for(state="detached")


def test_a_stage_has_the_map_and_a_headline_alone(view: Watcher) -> None:
    view.press("x")
    view.page.wait_for_selector(".headline")
    for gone in (".topbar", ".rail", ".transport", ".mapbuttons"):
        assert not view.page.locator(gone).is_visible()
    wide = view.page.locator("#map").bounding_box()
    assert wide is not None
    assert wide["width"] == view.page.evaluate("innerWidth")
    view.press("x")
    view.page.wait_for_selector(".topbar")
    assert not view.page.locator(".headline").is_visible()
