"""A list that the database counts and slices, as Django's Paginator reads it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar, overload

T = TypeVar("T")


@dataclass(frozen=True)
class Slices(Generic[T]):
    """`size()` counts all; `part(offset, limit)` reads some."""

    size: Callable[[], int]
    part: Callable[[int, int], list[T]]
    ordered: bool = True

    def __len__(self) -> int:
        return self.size()

    def __iter__(self) -> Iterator[T]:
        return iter(self.part(0, self.size()))

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> list[T]: ...

    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, int):
            return self.part(index, 1)[0]
        start, stop = index.start or 0, index.stop or 0
        return self.part(start, stop - start)
