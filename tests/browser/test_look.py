"""Each state of each page, wide and narrow, light and dark: axe-core finds nothing, and a telephone can use it."""

from collections.abc import Callable
from typing import Final

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # ships no types
from playwright.sync_api import Page, ViewportSize

from queues_app.sandbox import Sandbox
from tests.browser.stack import Person, Stack
from tests.browser.states import STATES, Scene
from tests.browser.watch import Watch

type Reach = Callable[[str], Page]

WIDE: Final[ViewportSize] = {"width": 1280, "height": 900}
MIDDLE: Final[ViewportSize] = {"width": 1000, "height": 800}
NARROW: Final[ViewportSize] = {"width": 360, "height": 740}

EVERYTHING: Final[dict[str, object]] = {"resultTypes": ["violations"]}
COLOURS: Final[dict[str, object]] = {**EVERYTHING, "runOnly": {"type": "rule", "values": ["color-contrast"]}}

# What can be pressed in less than 40 px of either direction. Only links inside a sentence and the lines of a body may
# be small. The browser is asked what would react around the middle, since a label presses its box and a small button
# reaches beyond its drawing.
SMALL_TARGETS = """() => {
  const LEAST = 39; // fractions of a pixel aside
  const scope = document.querySelector("dialog[open]") ?? document;
  const reacts = (element, x, y) => {
    const hit = document.elementFromPoint(x, y);
    const label = element.closest("label") ?? element.labels?.[0];
    return hit !== null && (element.contains(hit) || Boolean(label?.contains(hit)));
  };
  const reach = (element, x, y, dx, dy) => {
    let steps = 0;
    while (steps < LEAST && reacts(element, x + dx * steps, y + dy * steps)) steps++;
    return steps;
  };
  const isInSentence = (element) =>
    element.matches("a") && getComputedStyle(element).display === "inline" &&
    element.parentElement.textContent.trim().length > element.textContent.trim().length;
  // Columns that a narrow table has no room for are there for the ear alone.
  const isShrunk = (element) => element.getBoundingClientRect().width <= 1 || element.closest("thead, .off") !== null;
  const isThere = (element) =>
    element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) &&
    !isShrunk(element) && !element.closest(".sr, .skip") && !element.matches(":disabled");
  // What lies under an open menu is met in other states.
  const menu = document.querySelector(".menu[open] > :not(summary)");
  const isCovered = (element, x, y) =>
    menu !== null && !menu.contains(element) && menu.contains(document.elementFromPoint(x, y));
  const small = [];
  for (const element of scope.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary")) {
    if (!isThere(element) || isInSentence(element) || element.closest(".tree")) continue;
    element.scrollIntoView({ block: "center" });
    const box = element.getClientRects()[0]; // a link in two lines has two
    const x = box.left + box.width / 2, y = box.top + box.height / 2;
    if (isCovered(element, x, y)) continue;
    const wide = reach(element, x, y, -1, 0) + reach(element, x, y, 1, 0) - 1;
    const high = reach(element, x, y, 0, -1) + reach(element, x, y, 0, 1) - 1;
    if (Math.min(wide, high) < LEAST) small.push(`${wide} × ${high}: ${element.outerHTML.slice(0, 140)}`);
  }
  return small;
}"""

OVERFLOWING = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  return [...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > width + 1)
    .map((element) => element.outerHTML.slice(0, 140)).slice(0, 5);
}"""


@pytest.fixture
def reach(page: Page, operator: Person, sandbox: Sandbox, stack: Stack, watch: Watch) -> Reach:
    """Bring the page to a state by its name."""

    def to(name: str) -> Page:
        STATES[name](Scene(page, operator, sandbox, stack.backstage, watch))
        return page

    return to


def use_theme(page: Page, theme: str) -> None:
    """As the button does, without a load: what is open stays open."""
    page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)


def found_by_axe(page: Page, rules: dict[str, object]) -> list[str]:
    """One line for each thing that axe-core finds, of any severity."""
    violations = page.evaluate("async (options) => (await axe.run(document, options)).violations", rules)
    return [
        f"{violation['id']}: {node['html'][:160]} ({node['failureSummary'][:240]})"
        for violation in violations
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("name", STATES)
def test_axe_finds_nothing_and_a_telephone_can_use_it(reach: Reach, name: str) -> None:
    page = reach(name)
    page.evaluate(Axe().axe_script)
    found = []
    for size in (WIDE, MIDDLE, NARROW):
        page.set_viewport_size(size)
        found += [f"scrolls sideways at {size['width']} px: {line}" for line in page.evaluate(OVERFLOWING)]
        if size == MIDDLE:
            continue
        # The structure is the same in both themes; the colours are not.
        for theme, rules in (("light", EVERYTHING), ("dark", COLOURS)):
            use_theme(page, theme)
            found += [f"{theme}, {size['width']} px: {line}" for line in found_by_axe(page, rules)]
    found += [f"too small a target: {line}" for line in page.evaluate(SMALL_TARGETS)]
    assert not found, "\n".join(found)
