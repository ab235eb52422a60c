"""What axe-core finds wrong for people who see, hear or point otherwise."""

from axe_playwright_python.sync_playwright import Axe


def faults(page, part: str | None = None) -> list[str]:
    """One line for each rule and element that axe-core complains of, on the page or in a part of it."""
    violations = Axe().run(page, part).response["violations"]
    return [f"{rule['id']}: {node['html'][:120]}" for rule in violations for node in rule["nodes"]]
