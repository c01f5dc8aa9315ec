"""Names as the file at the cursor sees them -> definitions: by its imports, then near it, then where a name is rare."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property

from ibidem.index.imports import Files, family, language_of, nearest, resolve
from ibidem.store.database import Database
from ibidem.store.symbols import StoredDefinition, count_named, definitions_named, imports_of
from ibidem.store.workspaces import Workspace
from ibidem.types import Import

MAX_DEFINED = 6  # a name defined more often says nothing, unless an import decides
COMMON = 2 * MAX_DEFINED  # the count is of all versions: a file that has just been read again counts twice
MAX_CHAIN = 4  # files that pass a name on to one another; packages rarely have three
MAX_MODULE_FILES = 8  # a package of some languages is a folder
MAX_WHOLE_FILES = 2  # all names of a header and its source, not of a large package
MAX_PASSED_ON = 80  # names that a module takes from elsewhere to offer them
_PASS_ON = frozenset({"python", "javascript", "rust"})  # families in which what is imported may be imported from there

TYPES = frozenset(
    "class interface type struct enum record trait object namespace module union annotation protocol extension".split()
)
WORD = re.compile(r"[A-Za-z_$\u0080-\uffff][\w$]*")

Link = tuple[Import, str]  # an import and the file it stands in


class Scope:
    """What names mean in the file `place`. Names must be learned before they are looked up."""

    def __init__(self, imports: Iterable[Import], place: str, files: Files, db: Database, workspace: Workspace) -> None:
        self.named: dict[str, list[StoredDefinition]] = defaultdict(list)
        self._place = place
        self._family = family(language_of(place))
        self._files = files
        self._db = db
        self._workspace = workspace
        self._imports = tuple(imports)
        self._by_alias = {one.alias: one for one in self._imports if one.name != "*"}
        self._paths: dict[Link, list[str]] = {}
        self._traced = self._trace([(one, place) for one in self._imports if one.name != "*"])

    def learn(self, names: Iterable[str], rare: Iterable[str] = ()) -> None:
        """Definitions of `names`, the common ones in imported files only; of `rare` only what is defined rarely.

        Only languages that can name each other's definitions.
        """
        wanted = set(names)
        counts = count_named(self._db, self._workspace, ({*wanted, *rare}) - self.named.keys())
        few = [name for name, count in counts.items() if count <= COMMON]
        many = [name for name, count in counts.items() if count > COMMON and name in wanted]
        found = definitions_named(self._db, self._workspace, few)
        if many:
            found += definitions_named(self._db, self._workspace, many, documents=self._documents(self.imported_paths))
        for one in found:
            if self.speaks(one.path):
                self.named[one.definition.name].append(one)

    def speaks(self, path: str) -> bool:
        """Whether code here can name what that file defines, as far as the language goes."""
        return family(language_of(path)) == self._family

    def _documents(self, paths: Iterable[str]) -> list[str]:
        return [self._files.documents[path] for path in paths if path in self._files.documents]

    def imported(self, one: Import) -> list[StoredDefinition]:
        """The definitions that an import brings, at most two; none where it is foreign."""
        if exact := self._traced.get((one, self._place)):
            return sorted(exact, key=lambda definition: bool(definition.definition.parent))[:2]
        paths, found = self._resolved((one, self._place)), self.named.get(_sought(one), [])
        if not paths or not found:
            return []
        order = nearest({definition.path for definition in found}, paths[0])  # passed on in a way that is not followed
        near = [definition for definition in found if definition.path == order[0]]
        return [definition for definition in near if not definition.definition.parent][:2]

    def module(self, one: Import) -> list[str]:
        """The files that an import brings as a whole, to be used as a namespace."""
        resolved = self._resolved((one, self._place))
        if one.name == "*":
            return resolved if len(resolved) <= MAX_WHOLE_FILES else []
        if self._traced.get((one, self._place)):
            return []
        if one.name == "default":  # under a name of the importer's own choice
            return resolved[:1]
        stem = (one.name or one.module).replace("\\", "/").rstrip("/").rpartition("/")[2].rpartition(".")[2]
        paths = [path for path in resolved if not one.name or _stem(path) == stem]
        return paths[: 1 if self._family in _PASS_ON else MAX_MODULE_FILES]

    def passed_on(self, paths: Sequence[str]) -> dict[str, list[StoredDefinition]]:
        """What modules offer that is defined elsewhere, by the module's path."""
        if self._family not in _PASS_ON or not paths:
            return {}
        links = [
            (one, path)
            for path, one in self._imports_in(path for path in paths if _passes_on(path))
            if one.name not in ("", "*") and not one.alias.startswith("_")
        ]
        offered: dict[str, list[StoredDefinition]] = defaultdict(list)
        for (_, path), found in self._trace(links[:MAX_PASSED_ON]).items():
            offered[path] += found
        return offered

    @cached_property
    def imported_paths(self) -> set[str]:
        return {path for one in self._imports for path in self._resolved((one, self._place))}

    def lookup(self, name: str) -> list[StoredDefinition]:
        if one := self._by_alias.get(name):
            return self.imported(one)
        found = self.named.get(name, [])
        if len(found) > 1:
            found = [definition for definition in found if definition.path in self.imported_paths] or found
        if not found or len(found) > MAX_DEFINED:
            return []
        order = nearest({definition.path for definition in found}, self._place)
        return [definition for definition in found if definition.path == order[0]][:2]

    def types(self, name: str) -> list[StoredDefinition]:
        """Types of that name, or the types that a function of that name gives."""
        found = self.lookup(name)
        types = [one for one in found if one.definition.kind in TYPES]
        if types or not found:
            return types
        results = dict.fromkeys(word for one in found for word in WORD.findall(one.definition.type) if word != name)
        return [one for word in results for one in self.lookup(word) if one.definition.kind in TYPES]

    def _trace(self, links: Sequence[Link]) -> dict[Link, list[StoredDefinition]]:
        """Where imported names are defined, along the files that only pass them on. Two look-ups a step of all chains."""
        traced: dict[Link, list[StoredDefinition]] = {}
        seen: set[tuple[Link, str, str]] = set()
        at = {(link, path, _sought(link[0])) for link in links for path in self._resolved(link)}
        for _ in range(MAX_CHAIN):
            seen |= at
            known: dict[tuple[str, str], list[StoredDefinition]] = defaultdict(list)
            places = self._documents({path for _, path, _ in at})
            for one in definitions_named(self._db, self._workspace, {name for _, _, name in at}, documents=places):
                known[one.path, one.definition.name].append(one)
            for link, path, name in at:
                if (path, name) in known:
                    traced.setdefault(link, []).extend(known[path, name])
            if self._family not in _PASS_ON:
                break
            passing = {path for link, path, _ in at if link not in traced}
            hops: dict[str, list[Import]] = defaultdict(list)
            for path, hop in self._imports_in(passing):
                hops[path].append(hop)
            at = {
                (link, further, name if hop.name == "*" else _sought(hop))
                for link, path, name in at
                if link not in traced
                for hop in hops[path]
                if hop.alias in (name, "*")
                for further in self._resolved((hop, path))
            } - seen
            if not at:
                break
        return traced

    def _imports_in(self, paths: Iterable[str]) -> list[tuple[str, Import]]:
        documents = {self._files.documents[path]: path for path in paths if path in self._files.documents}
        if not documents:
            return []
        return [(documents[document], one) for document, one in imports_of(self._db, self._workspace, list(documents))]

    def _resolved(self, link: Link) -> list[str]:
        if link not in self._paths:
            self._paths[link] = resolve(*link, self._files)
        return self._paths[link]


def _sought(one: Import) -> str:
    """The name that an import is defined by, as far as it tells: a default export often keeps its own."""
    return one.alias if one.name in ("", "default") else one.name


def _stem(path: str) -> str:
    return path.rpartition("/")[2].partition(".")[0]


def _passes_on(path: str) -> bool:
    """A file that stands for its package."""
    return _stem(path) in ("__init__", "index", "mod", "lib", "main")
