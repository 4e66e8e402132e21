"""YAML in which every value and key keeps its place, so that an error can say `file:line:column`.

YAML's traps are avoided: a duplicate key is an error, `1e-3` is a number, `no`, `on`, `none`, dates and `1:30` are
strings, aliases and tags are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml

from ..errors import Place, RecipeError, UsageError

Scalar = str | int | float | bool | None

_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?")
_WORDS: dict[str, Scalar] = {"null": None, "~": None, "": None, "true": True, "false": False}


@dataclass
class Node:
    """A value with its place. `value` is a scalar, a list of nodes or a mapping of names to nodes.

    `keys` holds the places of a mapping's keys; `text_at` where the text of a scalar begins (after
    an opening quote), so that an offset into it can be turned into a column.
    """

    value: Any
    place: Place
    keys: dict[str, Place] = field(default_factory=dict)
    text_at: Place | None = None

    def plain(self) -> Any:
        """The value without places."""
        if isinstance(self.value, dict):
            return {name: child.plain() for name, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value

    def get(self, name: str) -> Node | None:
        """A child of a mapping, or None."""
        return self.value.get(name) if isinstance(self.value, dict) else None

    def find(self, path: Sequence[str | int]) -> tuple[Place, Node | None]:
        """The place of a path as far as it exists, and the node if all of it does.

        For the last name of a path the place of the *value* is given; where the path leaves the
        tree, the place of the last thing that exists (a mapping's: the key that leads to it).
        """
        node: Node = self
        place: Place = self.place
        for at, step in enumerate(path):
            child: Node | None = None
            if isinstance(node.value, dict) and isinstance(step, str):
                child = cast("Node | None", node.value.get(step))
                if child is not None:
                    nested = isinstance(child.value, (dict, list)) and at < len(path)
                    place = node.keys.get(step, child.place) if nested else child.place
            elif isinstance(node.value, list) and isinstance(step, int) and step < len(node.value):
                child = cast(Node, node.value[step])
                place = child.place
            if child is None:
                return place, None
            node = child
        return place, node


class _Loader(yaml.SafeLoader):
    """PyYAML's composer, without aliases."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()
            raise yaml.MarkedYAMLError(
                problem="aliases (*name) are not supported; write the value, or use `extends`",
                problem_mark=event.start_mark,
            )
        return super().compose_node(parent, index)


def read_file(path: Path, *, quick: bool = False) -> Node:
    """The tree of a file. Raises RecipeError with the place of a fault.

    With `quick`, libyaml reads what it can, ten times as fast; it is for what only lists files, since the two parsers
    differ in rare plain scalars.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise RecipeError(
            f"not UTF-8 text (byte {error.start}); save the file as UTF-8", Place(shown(path))
        ) from None
    except OSError as error:
        raise RecipeError(f"cannot be read: {error.strerror}", Place(shown(path))) from None
    root = _quickly(text) if quick else None
    return read_text(text, shown(path)) if root is None else _node(root, shown(path))


def _quickly(text: str) -> Any:
    """The root that libyaml composes; None where it is not installed, finds a fault, or lets pass what we refuse."""
    loader = getattr(yaml, "CSafeLoader", None)
    if loader is None or "*" in text or "&" in text:
        return None
    try:
        return loader(text).get_single_node()
    except yaml.YAMLError:
        return None


def shown(path: Path) -> str:
    """A path as errors print it: relative to the working directory if it lies below it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def read_text(text: str, name: str = "<text>") -> Node:
    """The tree of a string of YAML. Raises RecipeError with the place of a fault."""
    loader = _Loader(text) if _printable(text, name) else None
    assert loader is not None
    try:
        root = loader.get_single_node()
        if root is None:
            raise RecipeError("the file is empty", Place(name, 1, 1))
        return _node(root, name)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(name, mark.line + 1, mark.column + 1) if mark else Place(name)
        fault = " ".join(part for part in (error.context, error.problem) if part)
        raise RecipeError(f"not YAML: {fault}", place) from None
    except RecursionError:
        raise RecipeError("nested too deeply to be read; flatten it", Place(name)) from None
    finally:
        loader.dispose()


def _printable(text: str, name: str) -> bool:
    bad = yaml.reader.Reader.NON_PRINTABLE.search(text)
    if bad:
        line = text.count("\n", 0, bad.start()) + 1
        column = bad.start() - text.rfind("\n", 0, bad.start())
        raise RecipeError(
            f"character U+{ord(bad[0]):04X} is not allowed in YAML; write it as an escape in double quotes",
            Place(name, line, column),
        )
    return True


def _place(mark: Any, name: str) -> Place:
    return Place(name, mark.line + 1, mark.column + 1)


def _node(node: Any, name: str) -> Node:
    place = _place(node.start_mark, name)
    if isinstance(node, yaml.ScalarNode):
        quoted = node.style in ('"', "'")
        if node.tag not in _PLAIN_TAGS:
            raise RecipeError(f"tag {node.tag} is not supported; remove it", place)
        value: Scalar = node.value if node.style else _scalar(node.value)
        text_at = None if node.style in ("|", ">") else Place(name, place.line, place.column + quoted)
        return Node(value, place, text_at=text_at)
    if isinstance(node, yaml.SequenceNode):
        return Node([_node(child, name) for child in node.value], place)
    values: dict[str, Node] = {}
    keys: dict[str, Place] = {}
    for key, child in node.value:
        at = _place(key.start_mark, name)
        if not isinstance(key, yaml.ScalarNode):
            raise RecipeError("a key must be a name, not a list or a mapping", at)
        label = str(key.value)
        if label in values:
            first = keys[label]
            raise RecipeError(
                f"duplicate key '{label}', first at line {first.line}; keep one of the two, or rename one", at
            )
        values[label], keys[label] = _node(child, name), at
    return Node(values, place, keys=keys)


_PLAIN_TAGS = {
    f"tag:yaml.org,2002:{kind}"
    for kind in ("str", "int", "float", "bool", "null", "timestamp", "merge", "value")
}


def _scalar(text: str) -> Scalar:
    """An unquoted scalar's value: null, true, false, a whole number, a number, or a string."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def merge(parent: Node, child: Node) -> Node:
    """The child merged over the parent: mappings merge name by name, everything else is replaced."""
    if not (isinstance(parent.value, dict) and isinstance(child.value, dict)):
        return child
    values = dict(parent.value)
    for name, node in child.value.items():
        values[name] = merge(values[name], node) if name in values else node
    return Node(values, child.place, keys=parent.keys | child.keys)


def from_plain(value: Any, place: Place) -> Node:
    """A tree whose nodes all have the same place (an option on the command line, say)."""
    if isinstance(value, Mapping):
        names = {str(name): from_plain(child, place) for name, child in value.items()}
        return Node(names, place, keys=dict.fromkeys(names, place))
    if isinstance(value, (list, tuple)):
        return Node([from_plain(child, place) for child in value], place)
    return Node(value, place)


def assign(root: Node, setting: str) -> None:
    """Apply `path.to.value=VALUE` in place; VALUE is read as YAML."""
    path, equals, text = setting.partition("=")
    if not equals or not path.strip():
        raise UsageError(f"--set {setting}: write it as path=value, as in reward.too_long.above=512")
    place = Place(f"--set {setting}")
    loaded = read_text(text, str(place)) if text.strip() else Node(None, place)
    value = from_plain(loaded.plain(), place)
    steps = path.strip().split(".")
    node = root
    for at, step in enumerate(steps):
        last = at == len(steps) - 1
        if isinstance(node.value, list):
            if not step.isdigit() or int(step) >= len(node.value):
                raise UsageError(
                    f"{place}: '{'.'.join(steps[:at])}' is a list of {len(node.value)}; '{step}' is not an index of it"
                )
            if last:
                node.value[int(step)] = value
            else:
                node = node.value[int(step)]
        elif isinstance(node.value, dict):
            if last:
                node.value[step], node.keys[step] = value, place
            else:
                if step not in node.value:
                    node.value[step], node.keys[step] = Node({}, place), place
                node = node.value[step]
        else:
            raise UsageError(f"{place}: '{'.'.join(steps[:at])}' is a single value; it has no '{step}'")


def copy(node: Node) -> Node:
    """A tree that can be assigned to without changing the original."""
    if isinstance(node.value, dict):
        return Node({k: copy(v) for k, v in node.value.items()}, node.place, dict(node.keys))
    if isinstance(node.value, list):
        return Node([copy(child) for child in node.value], node.place)
    return Node(node.value, node.place, text_at=node.text_at)


def dump(tree: Any) -> str:
    """A plain tree as YAML that `read_text` reads back as the same tree."""
    return yaml.dump(
        tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100, default_flow_style=None
    )


class _Dumper(yaml.SafeDumper):
    """Block style outside, flow style for what fits on a line; quotes any string that would not be read as one."""


_ESCAPED = re.compile("[\r\x85\u2028\u2029\ufeff]")
"""Characters that YAML takes for line breaks or drops; they survive only as escapes."""


def _represent_text(dumper: Any, text: str) -> Any:
    if _ESCAPED.search(text):
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
    if "\n" in text and not text.startswith((" ", "\n")) and _simple(text):
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|")
    plain = _scalar(text) == text
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else "'")


def _simple(text: str) -> bool:
    return all(line == line.rstrip() for line in text.splitlines())


def _represent_float(dumper: Any, number: float) -> Any:
    text = repr(number)
    if "." not in text:  # PyYAML would tag and quote 1e-05, which reads back as a string
        text = text.replace("e", ".0e")
    return dumper.represent_scalar("tag:yaml.org,2002:float", text)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(float, _represent_float)
_Dumper.ignore_aliases = lambda self, data: True  # type: ignore[method-assign]
