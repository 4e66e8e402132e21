"""Building terms from plain trees, and turning them back into trees.

A term is built from a label and a mapping of parameters, from YAML or from Python. Its kind defaults to its
label.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, ValidationError, WithJsonSchema
from pydantic_core import InitErrorDetails, PydanticCustomError

from ..errors import nearest
from ..kinds import TERMS
from .base import Term


def build(label: str, spec: Any) -> Term:
    """A term from its label and its parameters.

    Raises:
        pydantic.ValidationError: with locations inside the parameters.
        pydantic_core.PydanticCustomError: for an unknown kind, or parameters that are not a mapping.
    """
    if isinstance(spec, Term):
        return spec
    if not isinstance(spec, Mapping):
        raise PydanticCustomError(
            "term",
            "a term must be a mapping of parameters, as in {example}; found {found}",
            {"found": repr(spec), "example": "{penalty: -0.2}"},
        )
    params = dict(spec)
    kind = params.pop("kind", label)
    try:
        cls = TERMS.get(kind) if isinstance(kind, str) else None
    except KeyError as error:
        raise PydanticCustomError("kind", "{fault}", {"fault": str(error.args[0])}) from None
    if cls is None:
        raise PydanticCustomError("kind", "a kind must be a name; found {found}", {"found": repr(kind)})
    return cls.model_validate(params)


def build_all(specs: Any) -> dict[str, Term]:
    """Terms from a mapping of labels, or from a list (labelled by kind, `kind_2` if it recurs).

    All faults are reported together, each at its own place.
    """
    if isinstance(specs, (list, tuple)):
        labelled, places = labelled_list(specs)
    elif isinstance(specs, Mapping):
        labelled, places = dict(specs), {name: name for name in specs}
    else:
        raise PydanticCustomError(
            "terms", "terms must be a mapping of labels to terms, or a list of terms", {}
        )
    if not labelled:
        raise PydanticCustomError("terms", "at least one term is needed", {})
    built: dict[str, Term] = {}
    faults: list[InitErrorDetails] = []
    for label, spec in labelled.items():
        try:
            built[label] = build(label, spec)
        except ValidationError as error:
            faults += [_moved(fault, places[label], spec, label) for fault in error.errors(include_url=False)]
        except PydanticCustomError as error:
            tail = ("kind",) if error.type == "kind" and isinstance(spec, Mapping) and "kind" in spec else ()
            faults.append(InitErrorDetails(type=error, loc=(places[label], *tail), input=spec))
    if faults:
        raise ValidationError.from_exception_data("terms", faults)
    return built


def _moved(fault: Any, place: str | int, spec: Any, label: str) -> InitErrorDetails:
    """A fault inside a term, placed in the mapping that holds the term."""
    text = fault["msg"]
    if fault["type"] == "extra_forbidden" and len(fault["loc"]) == 1:
        kind = spec.get("kind", label)
        known = [*TERMS.get(kind).model_fields, "kind"]
        text = f"unknown parameter '{fault['loc'][0]}' of '{kind}'; {nearest(str(fault['loc'][0]), known)}"
    elif fault["type"] == "missing" and len(fault["loc"]) == 1:
        kind = spec.get("kind", label)
        text = (
            f"'{fault['loc'][0]}' of '{kind}' is missing and no default would be safe; write a value for it"
        )
    context = fault.get("ctx") or {}
    cause = context.get("cause") or context.get("error")
    moved = PydanticCustomError(fault["type"], "{text}", {**context, "text": text, "cause": cause})
    return InitErrorDetails(type=moved, loc=(place, *fault["loc"]), input=fault["input"])


def labelled_list(specs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """(label to term, label to index) of a list of terms."""
    labelled: dict[str, Any] = {}
    places: dict[str, Any] = {}
    for at, spec in enumerate(specs):
        kind = (
            spec.kind if isinstance(spec, Term) else spec.get("kind") if isinstance(spec, Mapping) else None
        )
        base = kind if isinstance(kind, str) else f"term_{at + 1}"
        label, count = base, 1
        while label in labelled:
            count += 1
            label = f"{base}_{count}"
        # A label that is not the kind makes `kind` explicit, so that it prints and reads the same.
        labelled[label] = spec
        places[label] = at
    return labelled, places


def tree(label: str, term: Term) -> dict[str, Any]:
    """A term as its mapping in YAML: `kind` if it is not the label, then what differs from the defaults.

    >>> from .kinds.constant import Constant
    >>> tree("bonus", Constant(value=0.5))
    {'kind': 'constant', 'value': 0.5}
    """
    plain: dict[str, Any] = {} if term.kind == label else {"kind": term.kind}
    for name in type(term).model_fields:
        value = getattr(term, name)
        if name == "terms":
            plain[name] = trees(value)
        elif value != type(term).model_fields[name].get_default(call_default_factory=True):
            plain[name] = term.model_dump(mode="json", include={name})[name]
    return plain


def trees(terms: Mapping[str, Term]) -> dict[str, Any]:
    """Terms as their mapping of labels in YAML."""
    return {label: tree(label, term) for label, term in terms.items()}


Terms = Annotated[
    dict[str, Any],
    BeforeValidator(build_all),
    PlainSerializer(trees),
    WithJsonSchema({"x-rewardkit": "terms", "description": "labels to terms, or a list of terms"}),
]
"""A pydantic field that holds labelled terms and reads them from a mapping or a list."""
