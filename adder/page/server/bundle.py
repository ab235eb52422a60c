"""JavaScript modules -> one script for each entry point: a request for each file would make the page slower.

The modules in web/ import from each other, so that editors and Node can follow. The bundler supports only the syntax
that they use: one-line imports of names, and `export` before a declaration.
"""

import posixpath
import re

from adder.page.server.html_head import web_file

IMPORT = re.compile(r'^import \{ (\w+(?:, \w+)*) \} from "(\.{1,2}/[\w./]+)";$', re.M)
DECLARATION = re.compile(r"^(export )?(?:async )?(?:function|class|const|let) (\w+)", re.M)
NO_CODE = re.compile(r"^ *(?://.*)?\n", re.M)
LEFT_OVER = re.compile(r"^(?:import|export)\b.*|^(?:const|let) [^\w].*|^var .*", re.M)


def bundle(entry: str, *, call: str = "") -> str:
    """All that the module `entry`, a path in web/, imports, each module once; then `entry`; then the line `call`.

    ValueError for an import of a file or a name that is not there, for modules that import each other in a circle, for
    two modules with the same name at the top, and for what a bundle cannot hold.
    """
    scripts: dict[str, str] = {}  # by path, each behind those that it imports
    exports: dict[str, set[str]] = {}
    homes: dict[str, str] = {}  # a name at the top of a module -> the module

    def add(path: str, importers: tuple[str, ...]) -> None:
        if path in importers:
            raise ValueError(f"modules import each other in a circle: {' -> '.join((*importers, path))}")
        if path in scripts:
            return
        try:
            source = web_file(path)
        except OSError as error:
            raise ValueError(f"{importers[-1] if importers else 'the entry'}: there is no module {path}") from error
        for names, target in IMPORT.findall(source):
            imported = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            add(imported, (*importers, path))
            if missing := set(names.split(", ")) - exports[imported]:
                raise ValueError(f"{path}: {imported} does not export {', '.join(sorted(missing))}")
        declared = DECLARATION.findall(source)
        for _, name in declared:
            if name in homes:
                raise ValueError(f"{path}: {homes[name]} has a {name} at its top too")
            homes[name] = path
        exports[path] = {name for exported, name in declared if exported}
        script = DECLARATION.sub(lambda found: found[0].removeprefix("export "), IMPORT.sub("", source))
        if left := LEFT_OVER.search(script):
            raise ValueError(f"{path}: a bundle cannot hold {left[0]!r}")
        scripts[path] = NO_CODE.sub("", script).strip()

    add(entry, ())
    return "\n".join(['"use strict";', *scripts.values(), call])
