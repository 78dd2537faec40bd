"""Geometry of the small drawings: squares, 正, icons, postmarks. Arithmetic and strings, no Django."""

import functools
import re
from dataclasses import dataclass
from pathlib import Path

from backend.needs.rules import pieces_per_square

STEP, SIDE = 12, 10
TICK = "l2.3 2.4 3.8-4.7"
SPRITE = Path(__file__).parent / "static" / "look" / "icons.svg"
SYMBOL = re.compile(r'<symbol id="([^"]+)" viewBox="([^"]+)">(.*?)</symbol>', re.DOTALL)


@dataclass(frozen=True)
class Symbol:
    """One drawing of icons.svg: its box and its inner markup (ours, never a person's)."""

    box: str
    inner: str


@dataclass(frozen=True)
class Cell:
    """A path of the squares: `css` is m missing, g given, c counted, t the tick of a counted square."""

    css: str
    d: str


@functools.cache
def symbols() -> dict[str, Symbol]:
    """All drawings by id. They are set into the page itself: no request, no script, colours by tokens."""
    found = SYMBOL.findall(SPRITE.read_text(encoding="utf-8"))
    return {name: Symbol(box, inner.strip()) for name, box, inner in found}


def _square(css: str, index: int, share: float) -> Cell:
    width = f"{SIDE * share:.1f}".removesuffix(".0")
    return Cell(css, f"M{index * STEP}.5 .5h{width}v10h-{width}z")


def cells(wanted: int, given: int, counted: int) -> list[Cell]:
    """The squares of a need, each `pieces_per_square(wanted)` pieces, filled from the left.

    A started square shows its share. 0 <= counted <= given <= wanted is drawn; more is cut off.
    """
    pieces = pieces_per_square(wanted)
    drawn: list[Cell] = []
    for index in range(-(-wanted // pieces)):
        start = index * pieces
        size = min(pieces, wanted - start)
        shares = {k: max(0, min(n - start, size)) for k, n in (("m", wanted), ("g", given), ("c", counted))}
        drawn += _layers(index, pieces, size, shares)
    return drawn


def _layers(index: int, pieces: int, size: int, shares: dict[str, int]) -> list[Cell]:
    if shares["c"] == size:
        tick = [Cell("t", f"M{index * STEP + 2.5} 5.4{TICK}")] if size == pieces else []
        return [_square("c", index, size / pieces), *tick]
    layers = [] if shares["g"] == size else [_square("m", index, size / pieces)]
    layers += [_square(css, index, shares[css] / pieces) for css in ("g", "c") if shares[css]]
    return layers


def strokes(number: int) -> list[int]:
    """正 by 正: 13 is [5, 5, 3]."""
    return [5] * (number // 5) + ([number % 5] if number % 5 else [])
