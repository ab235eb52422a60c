"""The page's JavaScript: its pure modules, tested in Node, and the bundles that browsers get."""

import json
import os
import re
import subprocess

import pytest

from adder.page.server import bundle
from adder.page.server.first_paint import PAD, first_paint
from adder.page.server.html_head import WEB
from tests.machine import ROOT, node

ENTRIES = ("page.js", "first_paint.js", "lessons/lessons.js", "engine/reader.js")
MODULES = {path.relative_to(WEB).as_posix(): path.read_text(encoding="utf-8") for path in sorted(WEB.rglob("*.js"))}


def test_the_modules_in_node():
    command = [
        node(),
        "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON",
        "--test",
        "--test-timeout=60000",
        "tests/page/web/*.test.js",
    ]
    environment = os.environ | {"PAD": json.dumps(PAD)}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", timeout=300)
    assert ended.returncode == 0, ended.stdout[-10_000:] + ended.stderr
    assert int(re.findall(r"^. pass (\d+)$", ended.stdout, re.M)[0]) > 80


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_bundle_holds_what_its_entry_needs_and_node_can_parse_it(entry, tmp_path):
    script = bundle.bundle(entry, call="done();")
    assert script.startswith('"use strict";\n') and script.endswith("\ndone();")
    assert not re.search(r"^(import|export)\b|^ *//", script, re.M)
    path = tmp_path / "bundle.cjs"
    path.write_text(script, encoding="utf-8")
    subprocess.run([node(), "--check", path], check=True, timeout=60)


def test_every_module_is_in_a_bundle():
    bundles = [bundle.bundle(entry) for entry in ENTRIES]
    for path, source in MODULES.items():
        first = bundle.DECLARATION.search(source)[2]
        assert any(re.search(rf"^(async )?(function|const|let) {first}\b", each, re.M) for each in bundles), path


@pytest.mark.parametrize("path", MODULES)
def test_a_module_imports_what_it_calls(path):
    """In a bundle, a name of another module is there without an import; in Node and in an editor it is not."""
    source = MODULES[path]
    imported = {name for names, _ in bundle.IMPORT.findall(source) for name in names.split(", ")}
    code = re.sub(r"//.*", "", bundle.IMPORT.sub("", source))
    exported = {name for other in MODULES.values() for exports, name in bundle.DECLARATION.findall(other) if exports}
    own = {name for _, name in bundle.DECLARATION.findall(source)}
    assert {name for name in imported if not re.search(rf"\b{name}\b", code)} == set(), "imported and not used"
    called = {name for name in exported - own if re.search(rf"(?<![.\w]){name}\(", code)}
    local = {name for name in called if re.search(rf"\b(function|const|let) {name}\b", code)}
    assert called - local <= imported


def test_the_first_paint_leaves_one_name_behind():
    assert re.findall(r"window\.(\w+) =", first_paint()) == ["handOverFirstPad"]


BAD = {
    "there is no module nowhere.js": {"page.js": 'import { a } from "./nowhere.js";\n'},
    "does not export b": {"page.js": 'import { a, b } from "./a.js";\n', "a.js": "export const a = 1;\nconst b = 2;\n"},
    "in a circle: page.js -> a.js -> page.js": {
        "page.js": 'import { a } from "./a.js";\nexport const page = 1;\n',
        "a.js": 'import { page } from "./page.js";\nexport const a = 1;\n',
    },
    "a.js has a twin at its top": {
        "page.js": 'import { a } from "./a.js";\nfunction twin() {}\n',
        "a.js": "export const a = 1;\nconst twin = 2;\n",
    },
    "cannot hold 'import a": {"page.js": 'import a from "./a.js";\n'},
    "cannot hold 'export default": {"page.js": "export default 1;\n"},
    "cannot hold 'const [a, b]": {"page.js": "const [a, b] = [1, 2];\n"},
}


@pytest.mark.parametrize("complaint", BAD)
def test_what_cannot_be_bundled_is_an_error(monkeypatch, tmp_path, complaint):
    for name, source in BAD[complaint].items():
        (tmp_path / name).write_text(source, encoding="utf-8")
    monkeypatch.setattr(bundle, "web_file", lambda name: (tmp_path / name).read_text(encoding="utf-8"))
    with pytest.raises(ValueError, match=re.escape(complaint)):
        bundle.bundle("page.js")


def test_modules_come_behind_what_they_import_each_once(monkeypatch):
    sources = {
        "page.js": 'import { a } from "./a.js";\nimport { b } from "./deep/b.js";\n// both\nexport const p = a + b;\n',
        "a.js": "export const a = 1; // one\n",
        "deep/b.js": 'import { a } from "../a.js";\nexport async function b() {\n  // twice\n  return 2 * a;\n}\n',
    }
    monkeypatch.setattr(bundle, "web_file", sources.__getitem__)
    expected = [
        '"use strict";',
        "const a = 1; // one",
        "async function b() {",
        "  return 2 * a;",
        "}",
        "const p = a + b;",
        "go();",
    ]
    assert bundle.bundle("page.js", call="go();").split("\n") == expected
