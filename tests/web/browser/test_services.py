"""The city's parking and charging in their panel, and the legend that leaves out and lifts out."""

from tests.web.browser.watching import Watcher


def test_parking_and_charging_as_wholes(view: Watcher) -> None:
    view.press("y")
    view.until("wayside.details('parking/0') !== null")
    panel = view.page.locator(".dock.left")
    panel.get_by_text("the policy forecasts nothing").wait_for()
    city = view.details("parking/0")
    assert panel.locator(".places tbody tr").count() == city["count"]
    panel.locator(".services label", has_text="Charging").click()
    view.until("wayside.details('charging/0') !== null")
    panel.locator(".limits li").first.wait_for()
    nodes = view.details("charging/0")["nodes"]
    assert panel.locator(".limits li").count() == len(nodes["names"])
    view.until("wayside.details('parking/0') === null")  # nobody looks at it any more
    view.press("k")


def test_the_legend_leaves_out_and_takes_back(view: Watcher) -> None:
    """Of a picture that stands still: without cars it is another, with them again the same."""
    view.pause()
    view.settled()
    legend = view.page.locator(".legend")
    box = view.page.locator("#map").bounding_box()
    assert box is not None
    middle = {
        "x": box["x"] + box["width"] / 2 - 150,
        "y": box["y"] + box["height"] / 2 - 100,
        "width": 300,
        "height": 200,
    }

    def picture() -> bytes:
        view.page.mouse.move(640, 20)
        view.page.wait_for_timeout(500)
        return view.page.screenshot(clip=middle)

    car = legend.get_by_role("button", name="Car", exact=True)
    before = picture()
    car.click()
    assert car.get_attribute("aria-pressed") == "false"
    without = picture()
    assert without != before
    car.click()
    assert picture() == before
    car.hover()  # all others step back, and so does what stands in the city
    view.page.wait_for_timeout(500)
    assert view.page.screenshot(clip=middle) != before
    assert picture() == before
