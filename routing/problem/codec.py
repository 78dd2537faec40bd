"""Frozen dataclasses to JSON and back, with the path of the field in every refusal.

One description (the type hints, with `Range` and `Size` where a limit holds) serves three purposes: `decode`
reads plain JSON values, `encode` writes them, `schema` publishes JSON Schema 2020-12.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar, Union, cast

import numpy as np
from numpy.typing import NDArray

Json = Any  # what json.loads returns
T = TypeVar("T")
INT32 = 2**31 - 1
# A table beside the JSON: the name of an .npz file in the same folder, and of the array in it.
TABLE_FILE = {
    "type": "object",
    "properties": {"npz": {"type": "string"}, "array": {"type": "string"}},
    "required": ["npz", "array"],
    "additionalProperties": False,
}


class Refused(ValueError):
    """The input is nonsense at `path` (such as `jobs[3].delivery.location`); `reason` says why."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path or 'problem'}: {reason}")
        self.path = path
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Range:
    """Smallest and largest value of a number, both allowed."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Size:
    """Smallest and largest length of a string or a list."""

    low: int
    high: int


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A square int32 table that cannot be written to."""

    values: NDArray[np.int32]

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[0] != self.values.shape[1]:
            raise Refused("", f"a table must be square, not {self.values.shape}")
        if self.values.dtype != np.int32:
            object.__setattr__(self, "values", self.values.astype(np.int32))
        self.values.setflags(write=False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Grid) and bool(np.array_equal(self.values, other.values))

    def __hash__(self) -> int:
        return hash(self.values.shape)

    def __len__(self) -> int:
        return int(self.values.shape[0])


def decode(kind: type[T], value: Json, path: str = "") -> T:
    """`value` as a `kind`; raises Refused with the path of the first field that does not fit."""
    return cast(T, _decode(kind, value, path))


def encode(value: object) -> Json:
    """Plain JSON values; fields that equal their default are left out."""
    if isinstance(value, Grid):
        return value.values.tolist()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: encode(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if not _is_default(field, getattr(value, field.name))
        }
    if isinstance(value, tuple | list):
        return [encode(item) for item in value]
    if isinstance(value, Mapping):
        return {key: encode(item) for key, item in value.items()}
    return value


def schema(kind: type) -> dict[str, Json]:
    """JSON Schema of a dataclass, every nested dataclass under `$defs`."""
    defs: dict[str, Json] = {}
    root = _schema(kind, defs)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **root, "$defs": defs}


def _is_default(field: dataclasses.Field[Any], value: object) -> bool:
    if field.default is not dataclasses.MISSING:
        return bool(value == field.default)
    return field.default_factory is not dataclasses.MISSING and bool(value == field.default_factory())


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind, include_extras=True)


def _decode(hint: Any, value: Json, path: str) -> object:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        inner = _decode(arguments[0], value, path)
        for limit in arguments[1:]:
            _hold(limit, inner, path)
        return inner
    if origin in (Union, types.UnionType):
        return None if value is None else _decode(_without_none(arguments), value, path)
    if origin is Literal:
        if value not in arguments:
            raise Refused(path, f"{value!r} is none of {', '.join(map(repr, arguments))}")
        return value
    if origin is tuple:
        return _decode_list(arguments[0], value, path)
    if origin is dict:
        return _decode_map(arguments[1], value, path)
    if hint is Grid:
        return _decode_grid(value, path)
    if dataclasses.is_dataclass(hint):
        return _decode_object(cast(type, hint), value, path)
    return _decode_plain(hint, value, path)


def _without_none(arguments: Sequence[Any]) -> Any:
    (only,) = [argument for argument in arguments if argument is not type(None)]
    return only


def _hold(limit: object, value: Any, path: str) -> None:
    if isinstance(limit, Range) and not limit.low <= value <= limit.high:
        raise Refused(path, f"{value!r} is not between {limit.low:g} and {limit.high:g}")
    if isinstance(limit, Size) and not limit.low <= len(value) <= limit.high:
        raise Refused(path, f"length {len(value)} is not between {limit.low} and {limit.high}")


def _decode_plain(hint: Any, value: Json, path: str) -> object:
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        if not math.isfinite(value):
            raise Refused(path, f"{value!r} is not a number")
        return float(value)
    if hint in (int, str, bool) and type(value) is hint:
        return value
    words = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}
    raise Refused(path, f"{words.get(hint, hint)} is wanted, not {type(value).__name__}")


def _decode_list(hint: Any, value: Json, path: str) -> object:
    if not isinstance(value, list | tuple):
        raise Refused(path, f"a list is wanted, not {type(value).__name__}")
    return tuple(_decode(hint, item, f"{path}[{index}]") for index, item in enumerate(value))


def _decode_map(hint: Any, value: Json, path: str) -> object:
    if not isinstance(value, dict):
        raise Refused(path, f"an object is wanted, not {type(value).__name__}")
    return {str(key): _decode(hint, item, f"{path}.{key}") for key, item in value.items()}


def _decode_object(kind: type, value: Json, path: str) -> object:
    if isinstance(value, kind):
        return value
    if not isinstance(value, dict):
        raise Refused(path, f"an object is wanted, not {type(value).__name__}")
    hints = _hints(kind)
    dot = f"{path}." if path else ""
    for key in value:
        if key not in hints:
            raise Refused(f"{dot}{key}", "unknown field")
    for field in dataclasses.fields(kind):
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if required and field.name not in value:
            raise Refused(f"{dot}{field.name}", "missing")
    return kind(**{key: _decode(hints[key], item, f"{dot}{key}") for key, item in value.items()})


def _decode_grid(value: Json, path: str) -> Grid:
    if isinstance(value, Grid):
        return value
    if isinstance(value, dict):
        raise Refused(path, "a table in an .npz is found only from the file that names it")
    if not isinstance(value, list) or not all(isinstance(row, list) for row in value):
        raise Refused(path, "a list of lists is wanted")
    for index, row in enumerate(value):
        if len(row) != len(value):
            raise Refused(f"{path}[{index}]", f"{len(row)} numbers where {len(value)} are wanted")
        for column, item in enumerate(row):
            if type(item) is not int or not 0 <= item <= INT32:
                raise Refused(f"{path}[{index}][{column}]", f"{item!r} is no whole number from 0 to {INT32}")
    return Grid(np.array(value, dtype=np.int32).reshape(len(value), len(value)))


def _schema(hint: Any, defs: dict[str, Json]) -> dict[str, Json]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        return _limited(_schema(arguments[0], defs), arguments[1:])
    if origin in (Union, types.UnionType):
        return {"anyOf": [_schema(_without_none(arguments), defs), {"type": "null"}]}
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin is tuple:
        return {"type": "array", "items": _schema(arguments[0], defs)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema(arguments[1], defs)}
    if hint is Grid:
        row = {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": INT32}}
        return {"anyOf": [{"type": "array", "items": row}, TABLE_FILE]}
    if dataclasses.is_dataclass(hint):
        return _schema_object(cast(type, hint), defs)
    return {"type": {int: "integer", float: "number", str: "string", bool: "boolean"}[hint]}


def _schema_object(kind: type, defs: dict[str, Json]) -> dict[str, Json]:
    if kind.__name__ not in defs:
        defs[kind.__name__] = {}
        hints = _hints(kind)
        required = [
            field.name
            for field in dataclasses.fields(kind)
            if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        ]
        defs[kind.__name__] = {
            "type": "object",
            "description": (kind.__doc__ or "").strip().split("\n")[0],
            "properties": {name: _schema(hint, defs) for name, hint in hints.items()},
            "required": required,
            "additionalProperties": False,
        }
    return {"$ref": f"#/$defs/{kind.__name__}"}


def _limited(inner: dict[str, Json], limits: Sequence[object]) -> dict[str, Json]:
    for limit in limits:
        if isinstance(limit, Range):
            inner = {**inner, "minimum": limit.low, "maximum": limit.high}
        if isinstance(limit, Size) and inner["type"] == "string":
            inner = {**inner, "minLength": limit.low, "maxLength": limit.high}
        if isinstance(limit, Size) and inner["type"] == "array":
            inner = {**inner, "minItems": limit.low, "maxItems": limit.high}
    return inner
