"""Roads made of straight lines: never silent about how."""

from __future__ import annotations

import dataclasses
import tracemalloc

import numpy as np
import pytest
from geopy.distance import geodesic

from routing import distances, matrix
from routing.distances import GEODESIC_LIMIT, completed, matrices
from routing.generate import Size, county
from routing.problem import Location, Profile

TOWN = Location("town", 105.4667, 25.1)
VILLAGE = Location("village", 105.6, 25.02)


def test_mountain_roads_are_longer_than_the_crow_flies_and_say_so() -> None:
    tables = matrices((TOWN, VILLAGE), Profile("road", kmh=30, terrain="mountains"))
    straight = geodesic((25.1, 105.4667), (25.02, 105.6)).meters
    assert tables.metres[0, 1] == round(straight * 1.6)
    assert tables.seconds[0, 1] == round(straight * 1.6 * 3.6 / 30)
    assert tables.method == "geodesic x 1.60 mountains"


def test_a_learned_factor_goes_before_the_terrain() -> None:
    tables = matrices((TOWN, VILLAGE), Profile("road", factor=1.72, terrain="plain"))
    assert tables.method == "geodesic x 1.72 learned"
    assert tables.metres[0, 1] == round(geodesic((25.1, 105.4667), (25.02, 105.6)).meters * 1.72)


def test_a_leg_between_plain_and_mountains_is_half_of_each() -> None:
    places = (dataclasses.replace(TOWN, terrain="plain"), dataclasses.replace(VILLAGE, terrain="mountains"))
    tables = matrices(places, Profile("road"))
    assert tables.method == "geodesic x 1.30-1.60 plain/mountains"
    assert tables.metres[0, 1] == round(geodesic((25.1, 105.4667), (25.02, 105.6)).meters * 1.45)


def test_many_places_go_by_the_great_circle_within_a_little() -> None:
    problem = county(Size(recipients=GEODESIC_LIMIT, pairs=1), seed=2)
    tables = matrices(problem.locations, problem.profiles[0])
    assert tables.method.startswith("great circle x 1.60")
    exact = matrices(problem.locations[:40], problem.profiles[0]).metres
    assert np.all(np.abs(tables.metres[:40, :40] - exact) <= 0.006 * exact + 1)


def test_given_tables_stay_and_missing_ones_are_made() -> None:
    problem = county(Size(recipients=3, pairs=1), seed=2)
    whole = completed(problem)
    assert completed(whole) is whole
    assert whole.profiles[0].method == "geodesic x 1.60 mountains"
    metres = whole.profiles[0].metres
    half = dataclasses.replace(problem, profiles=(Profile("road", metres=metres, kmh=36, method="measured"),))
    seconds = completed(half).profiles[0].seconds
    assert metres is not None and seconds is not None
    assert np.array_equal(seconds.values, np.rint(metres.values / 10).astype(np.int32))
    assert completed(half).profiles[0].method == "measured, time at 36 km/h"


def test_without_tables_nobody_may_guess() -> None:
    with pytest.raises(matrix.NoTable):
        matrix.travel(county(seed=1), "road")


def test_the_shortest_way_may_lead_over_others() -> None:
    table = np.array([[0, 9, 1], [9, 0, 9], [9, 2, 0]], dtype=np.int32)
    assert matrix.shortest_from(table, 0).tolist() == [0, 3, 1]
    assert matrix.shortest_to(table, 1).tolist() == [3, 0, 2]


def test_the_shortest_way_of_numbers_whose_sum_the_table_cannot_bear() -> None:
    far = 2**31 - 1
    table = np.array([[0, far, 3], [far, 0, far], [4, far, 0]], dtype=np.int32)
    assert matrix.shortest_from(table, 0).tolist() == [0, far, 3]
    assert matrix.shortest_from(np.array([[0]], dtype=np.int32), 0).tolist() == [0]


def test_every_terrain_has_a_factor_above_one() -> None:
    assert set(distances.ROAD_FACTOR) == {"plain", "hills", "mountains"}
    assert all(1 < factor < 2 for factor in distances.ROAD_FACTOR.values())


def test_the_tables_of_many_places_are_made_in_little_more_room_than_they_take() -> None:
    places = tuple(Location(str(n), 105 + n / 10_000, 25 + n % 7 / 100) for n in range(3_000))
    tracemalloc.start()
    made = matrices(places, Profile("road"))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2.2 * (made.metres.nbytes + made.seconds.nbytes)
