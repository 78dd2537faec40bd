"""Our JSON, with tables in it or in an .npz beside it: {"npz": "county.npz", "array": "road.metres"}."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from ..problem import MAX_LOCATIONS, Grid, Json, Problem, Refused, from_json

MAX_TABLE_BYTES = 2**30  # of one array, unpacked: some 16,000 locations in int32


def problem_of_json(value: Json, folder: Path | None) -> Problem:
    """The problem that json.loads returned; `folder` is where its .npz files lie."""
    if isinstance(value, dict) and isinstance(value.get("profiles"), list):
        places = value.get("locations")
        if isinstance(places, list) and len(places) > MAX_LOCATIONS:
            raise Refused("locations", f"{len(places)} locations; more than {MAX_LOCATIONS} are refused")
        value = {**value, "profiles": [_profile(p, n, folder) for n, p in enumerate(value["profiles"])]}
    return from_json(value)


def json_of(raw: bytes) -> Json:
    """Plain JSON values; raises Refused where the text is no JSON."""
    try:
        return json.loads(raw)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused("", f"no JSON: {error}") from error


def _profile(profile: Json, number: int, folder: Path | None) -> Json:
    if not isinstance(profile, dict) or folder is None:
        return profile
    found = dict(profile)
    for name in ("metres", "seconds"):
        if isinstance(profile.get(name), dict):
            found[name] = _table(profile[name], f"profiles[{number}].{name}", folder)
    return found


def _table(named: dict[str, Json], path: str, folder: Path) -> Grid:
    file, array = named.get("npz"), named.get("array")
    if named.keys() != {"npz", "array"} or not isinstance(file, str) or not isinstance(array, str):
        raise Refused(path, "a table in a file is written {'npz': name of the file, 'array': name in it}")
    if Path(file).name != file or not file.endswith(".npz"):
        raise Refused(f"{path}.npz", f"{file!r} is not the name of an .npz in the same folder")
    try:
        with zipfile.ZipFile(folder / file) as packed:
            size = packed.getinfo(f"{array}.npy").file_size
        if size > MAX_TABLE_BYTES:
            raise Refused(f"{path}.array", f"{size} bytes; more than {MAX_TABLE_BYTES} are refused")
        with np.load(folder / file, allow_pickle=False) as arrays:
            values = arrays[array]
    except FileNotFoundError as error:
        raise Refused(f"{path}.npz", f"no such file: {file}") from error
    except KeyError as error:
        raise Refused(f"{path}.array", f"{file} has no array {array!r}") from error
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise Refused(f"{path}.npz", f"{file} cannot be read: {error}") from error
    return _grid(values, path)


def _grid(values: np.ndarray[Any, Any], path: str) -> Grid:
    if values.dtype.kind not in "iu":
        raise Refused(path, f"whole numbers are wanted, not {values.dtype}")
    if values.ndim != 2 or values.shape[0] != values.shape[1]:
        raise Refused(path, f"a square table is wanted, not one of shape {values.shape}")
    if values.size and (int(values.min()) < 0 or int(values.max()) > 2**31 - 1):
        raise Refused(path, f"an entry is not between 0 and {2**31 - 1}")
    return Grid(values.astype(np.int32))
