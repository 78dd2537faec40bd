"""A road server as it speaks on the wire: whole, slow, broken, forgetful; and what drivers teach."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from routing.__main__ import main
from routing.distances import Cache, Driven, Osrm, Roads, Valhalla, completed, learn, matrices
from routing.generate import Size, county
from routing.problem import Location, Profile, dumps

PLACES = tuple(Location(f"p{n}", 105.0 + n / 100, 25.0 + (n % 3) / 100) for n in range(7))
PROFILE = Profile("road", kmh=30, terrain="mountains")


def way(here: tuple[float, float], there: tuple[float, float]) -> tuple[float, float]:
    """Metres and seconds of a made-up country, uphill slower than down."""
    east, north = there[0] - here[0], there[1] - here[1]
    metres = 100_000 * (abs(east) + abs(north))
    return round(metres, 1), round(metres / (8 if north > 0 else 12), 1)


@dataclass
class Country:
    """What the server does: faults are HTTP answers to give first; `most` is how many points it takes."""

    faults: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    islands: set[tuple[float, float]] = field(default_factory=set)
    most: int = 100
    asked: list[str] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    country: Country

    def do_GET(self) -> None:
        """OSRM: /table/v1/driving/lon,lat;lon,lat?sources=0&destinations=1&annotations=duration,distance"""
        address = urlsplit(self.path)
        self.country.asked.append(address.path)
        if self._fault():
            return
        _, table, version, _profile, listed = address.path.split("/")
        assert (table, version) == ("table", "v1")
        points = [self._point(word) for word in listed.split(";")]
        if len(points) > self.country.most:
            self._say(400, {"code": "TooBig", "message": "Too many table coordinates"})
            return
        query = parse_qs(address.query)
        assert query["annotations"] == ["duration,distance"]
        sources = [points[int(spot)] for spot in query["sources"][0].split(";")]
        targets = [points[int(spot)] for spot in query["destinations"][0].split(";")]
        ways = [[self._way(here, there) for there in targets] for here in sources]
        self._say(
            200,
            {
                "code": "Ok",
                "distances": [[cell and cell[0] for cell in row] for row in ways],
                "durations": [[cell and cell[1] for cell in row] for row in ways],
                "sources": [{"hint": "", "distance": 4.2, "name": "", "location": here} for here in sources],
                "destinations": [{"hint": "", "distance": 4.2, "location": there} for there in targets],
            },
        )

    def do_POST(self) -> None:
        """Valhalla: /sources_to_targets with {"sources": [{"lat", "lon"}], "targets": [...], "costing"}"""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.country.asked.append(self.path)
        if self._fault():
            return
        assert self.path == "/sources_to_targets" and asked["costing"] == "truck"
        sources = [(point["lon"], point["lat"]) for point in asked["sources"]]
        targets = [(point["lon"], point["lat"]) for point in asked["targets"]]
        if len(sources) * len(targets) > self.country.most**2 // 4:
            self._say(400, {"error_code": 153, "error": "Exceeded max locations", "status_code": 400})
            return
        rows = []
        for number, here in enumerate(sources):
            ways = [self._way(here, there) for there in targets]
            rows.append(
                [
                    {
                        "distance": cell and round(cell[0] / 1000, 4),
                        "time": cell and cell[1],
                        "to_index": to,
                        "from_index": number,
                    }
                    for to, cell in enumerate(ways)
                ]
            )
        self._say(200, {"sources_to_targets": rows, "units": "kilometers", "algorithm": "costmatrix"})

    def _point(self, word: str) -> tuple[float, float]:
        lon, lat = word.split(",")
        return float(lon), float(lat)

    def _way(self, here: tuple[float, float], there: tuple[float, float]) -> tuple[float, float] | None:
        return None if {here, there} & self.country.islands else way(here, there)

    def _fault(self) -> bool:
        if not self.country.faults:
            return False
        status, headers, body = self.country.faults.pop(0)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        return True

    def _say(self, status: int, value: dict[str, Any]) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def country() -> Iterator[tuple[Country, str]]:
    """A road server on a port of its own."""
    found = Country()
    handler = type("Here", (Handler,), {"country": found})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield found, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def truth(places: tuple[Location, ...] = PLACES) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    ways = [[way((a.lon or 0, a.lat or 0), (b.lon or 0, b.lat or 0)) for b in places] for a in places]
    table = np.array(ways)
    return np.rint(table[:, :, 0]).astype(int), np.rint(table[:, :, 1]).astype(int)


@pytest.mark.parametrize("kind", ["osrm", "valhalla"])
def test_tables_come_from_the_road_in_blocks(kind: str, country: tuple[Country, str]) -> None:
    found, url = country
    found.most = 6
    server = Osrm(url, most=3) if kind == "osrm" else Valhalla(url, "truck", most=3)
    tables = matrices(PLACES, PROFILE, Roads(server))
    metres, seconds = truth()
    assert np.abs(tables.metres - metres).max() <= 1 and np.abs(tables.seconds - seconds).max() <= 1
    assert not np.array_equal(tables.seconds, tables.seconds.T)
    assert tables.method == ("osrm driving" if kind == "osrm" else "valhalla truck")
    assert len(found.asked) == 8  # seven places in blocks of three by three, none for the last alone


def test_a_busy_server_is_asked_again_after_longer_and_longer_waits(country: tuple[Country, str]) -> None:
    found, url = country
    found.faults = [(503, {}, b""), (429, {"Retry-After": "7"}, b""), (500, {}, b"oops")]
    waits: list[float] = []
    tables = matrices(PLACES, PROFILE, Roads(Osrm(url), sleep=waits.append))
    assert tables.method == "osrm driving" and len(found.asked) == 4
    assert 0.25 <= waits[0] <= 0.5 and waits[1] == 7.0 and 1.0 <= waits[2] <= 2.0


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        ([(503, {}, b"")] * 2, "HTTP 503"),
        ([(400, {}, b'{"code": "InvalidQuery"}')], "HTTP 400 InvalidQuery"),
        ([(200, {}, b"<html>")], "no JSON"),
        ([(200, {}, b"[]")], "no object"),
        ([(200, {}, b'{"code": "NoTable", "message": "none"}')], "NoTable none"),
        ([(200, {}, b'{"code": "Ok", "distances": [[1]], "durations": [[1]]}')], "shape"),
        ([(200, {}, b'{"code": "Ok", "distances": [["x"]], "durations": [[1]]}')], "no table"),
    ],
)
def test_without_an_answer_the_straight_line_must_do_and_the_label_says_so(
    country: tuple[Country, str], faults: list[tuple[int, dict[str, str], bytes]], said: str
) -> None:
    found, url = country
    found.faults = list(faults)
    tables = matrices(PLACES, PROFILE, Roads(Osrm(url, most=3), tries=2, sleep=lambda _: None))
    made = matrices(PLACES, PROFILE)
    assert np.array_equal(tables.metres, made.metres) and np.array_equal(tables.seconds, made.seconds)
    assert tables.method.startswith("osrm driving, 42 of 42 ways geodesic x 1.60 mountains (")
    assert said in tables.method
    assert len(found.asked) == len(faults)  # whoever is silent is not asked for the next block


def test_nobody_there_is_no_answer_either() -> None:
    roads = Roads(Osrm("http://127.0.0.1:9"), tries=2, sleep=lambda _: None)
    assert "ConnectError" in matrices(PLACES, PROFILE, roads).method


def test_a_place_off_every_road_gets_the_straight_line_alone(country: tuple[Country, str]) -> None:
    found, url = country
    found.islands = {(105.02, 25.02)}
    tables = matrices(PLACES, PROFILE, Roads(Osrm(url)))
    made, (metres, _) = matrices(PLACES, PROFILE), truth()
    assert tables.method == "osrm driving, 12 of 42 ways geodesic x 1.60 mountains"
    assert tables.metres[2, 5] == made.metres[2, 5] and abs(tables.metres[0, 5] - metres[0, 5]) <= 1


def test_what_was_asked_once_is_not_asked_again(country: tuple[Country, str], tmp_path: Path) -> None:
    found, url = country
    day = [1_000_000.0]
    cache = Cache(tmp_path / "ways.sqlite", days=30, clock=lambda: day[0])
    first = matrices(PLACES[:5], PROFILE, Roads(Osrm(url), cache))
    assert len(found.asked) == 1
    again = matrices(
        PLACES[4::-1], PROFILE, Roads(Osrm(url), Cache(tmp_path / "ways.sqlite", clock=lambda: day[0]))
    )
    assert len(found.asked) == 1 and np.array_equal(again.metres, first.metres[::-1, ::-1])
    matrices(PLACES[:6], PROFILE, Roads(Osrm(url), cache))
    assert len(found.asked) == 3  # the new place to all, all to the new place
    matrices(PLACES[:5], PROFILE, Roads(Osrm(url, "foot"), cache))
    assert len(found.asked) == 4  # another way of going about
    day[0] += 31 * 86_400
    matrices(PLACES[:5], PROFILE, Roads(Osrm(url), cache))
    assert len(found.asked) == 5  # roads change


def test_solve_asks_the_road_where_it_is_told_to(
    country: tuple[Country, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found, url = country
    problem = tmp_path / "county.json"
    problem.write_text(dumps(county(Size(2, 4, 4, 1), seed=1)), encoding="utf-8")
    ways = str(tmp_path / "ways.sqlite")
    asked = ["--roads", f"osrm={url}", "--cache", ways]
    assert main(["convert", str(problem), str(tmp_path / "out.json"), "--tables", *asked]) == 0
    assert '"method": "osrm driving"' in (tmp_path / "out.json").read_text(encoding="utf-8")
    before = len(found.asked)
    assert main(["solve", str(problem), "--seconds", "1", *asked]) == 0
    assert len(found.asked) == before > 0
    assert main(["solve", str(problem), "--roads", "horse=http://x"]) == 2


def drive(rng: np.random.Generator, count: int) -> list[Driven]:
    """Legs between a valley of straight roads and a mountain of bends, with noise."""
    factors, kmh = {"valley": 1.25, "mountain": 1.8}, {"valley": 40.0, "mountain": 24.0}
    legs = []
    for _ in range(count):
        ends = [str(end) for end in rng.choice(["valley", "mountain"], 2)]
        straight = float(rng.uniform(2_000, 30_000))
        metres = straight * sum(factors[end] for end in ends) / 2 * rng.uniform(0.9, 1.1)
        seconds = 300 + metres * sum(3.6 / kmh[end] for end in ends) / 2 * rng.uniform(0.9, 1.1)
        legs.append(Driven(*ends, straight, metres, seconds))
    return legs


def test_drivers_teach_the_roads_of_their_townships() -> None:
    learned = learn(drive(np.random.default_rng(1), 400))
    assert learned.of("valley").factor == pytest.approx(1.25, abs=0.05)
    assert learned.of("mountain").factor == pytest.approx(1.8, abs=0.05)
    assert learned.of("valley").kmh > 1.3 * learned.of("mountain").kmh
    assert 1.25 < learned.of("nowhere").factor < 1.8
    places = learned.put_on(PLACES[:3], {"p0": "valley", "p1": "mountain", "p2": "mountain"})
    table, straight = matrices(places, PROFILE), matrices(PLACES[:3], replace(PROFILE, factor=1.0))
    assert re.fullmatch(r"geodesic x 1\.2\d-1\.[78]\d learned", table.method)
    assert table.metres[1, 2] / straight.metres[1, 2] == pytest.approx(1.8, abs=0.05)
    assert table.seconds[1, 2] > table.metres[1, 2] / (30 / 3.6)


def test_one_leg_teaches_little_and_none_teaches_nothing() -> None:
    legs = drive(np.random.default_rng(2), 100)
    odd = learn([*legs, Driven("lake", "valley", 10_000, 49_000, 20_000)])
    assert odd.of("lake").factor < 3
    with pytest.raises(ValueError, match="nothing was driven"):
        learn([])
    with pytest.raises(ValueError, match="a length and a time"):
        Driven("a", "b", 0, 1, 1)


def test_every_leg_may_take_some_time_of_its_own() -> None:
    plain = matrices(PLACES, PROFILE).seconds
    slow = completed_seconds(replace(PROFILE, leg_seconds=600))
    assert np.array_equal(slow - plain, 600 * (1 - np.eye(len(PLACES), dtype=int)))


def completed_seconds(profile: Profile) -> np.ndarray[Any, Any]:
    from routing.problem import Problem

    table = completed(Problem(PLACES, (), (), (profile,))).profiles[0].seconds
    assert table is not None
    return table.values
