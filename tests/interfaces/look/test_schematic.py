"""The schematic map of Anlong: nothing on top of anything else, all roads at 0, 45 or 90 degrees."""

import math
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.interfaces.look.schematic import Place, draw

HUB = Place("hub", "县分拨点", 105.44, 25.10)
ANLONG = [
    Place("lg", "龙广镇", 105.178, 25.107, 96),
    Place("dw", "德卧镇", 105.249, 25.045, 58),
    Place("wf", "万峰湖镇", 105.087, 24.967, 124),
    Place("mz", "木咱镇", 105.362, 25.063, 73),
    Place("sy", "洒雨镇", 105.319, 25.198, 141),
    Place("pp", "普坪镇", 105.409, 25.238, 102),
    Place("ls", "龙山镇", 105.472, 25.339, 167),
    Place("ds", "笃山镇", 105.561, 25.291, 113),
]


def test_the_places_keep_their_order_and_direction() -> None:
    at = {drawn.place.key: (drawn.x, drawn.y) for drawn in draw(HUB, ANLONG).places}
    assert at["wf"][0] < at["lg"][0] < at["mz"][0] < at["ds"][0]
    assert at["ls"][1] < at["pp"][1] < at["sy"][1] < at["wf"][1]


def test_one_place_alone_is_drawn() -> None:
    drawn = draw(HUB, ANLONG[:1])
    assert len(drawn.places) == 1 and drawn.roads


coordinates = st.tuples(st.floats(105, 106), st.floats(24.5, 25.5))


@settings(max_examples=40, deadline=None)
@given(st.lists(coordinates, min_size=1, max_size=60))
def test_every_place_has_a_box_of_its_own_and_a_road_to_the_hub(spots: list[tuple[float, float]]) -> None:
    places = [Place(str(n), "镇", lon, lat, n) for n, (lon, lat) in enumerate(spots)]
    drawn = draw(HUB, places)
    boxes = {(p.x, p.y) for p in drawn.places} | {(drawn.hub_x, drawn.hub_y)}
    assert len(boxes) == len(places) + 1
    assert drawn.roads.count("M") == len(places)
    for dx, dy in re.findall(r"l(-?[\d.]+) (-?[\d.]+)", drawn.roads):
        x, y = abs(float(dx)), abs(float(dy))
        assert math.isclose(x, 0) or math.isclose(y, 0) or math.isclose(x, y)
    assert all(0 < p.x < drawn.width and 0 < p.y < drawn.height for p in drawn.places)
