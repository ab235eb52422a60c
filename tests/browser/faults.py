"""What axe-core finds wrong for people who see, hear or point otherwise."""

from axe_playwright_python.base import AXE_SCRIPT
from axe_playwright_python.sync_playwright import DEFAULT_OPTIONS


def faults(page, part: str | None = None) -> list[str]:
    """One line for each rule and element that axe-core complains of, on the page or in a part of it."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate("([part, options]) => axe.run(part ?? document, options)", [part, DEFAULT_OPTIONS])
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found["violations"] for node in rule["nodes"]]
