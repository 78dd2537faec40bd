"""The way to a place as a link. Positions are WGS-84 in the house; GCJ-02 begins and ends here."""

from urllib.parse import quote, urlencode

import prcoords
from django.conf import settings


def link(lon: float, lat: float, name: str) -> str:
    """A `geo:` address that any map on the phone opens, or the configured provider's own."""
    if settings.MAP_PROVIDER == "amap":
        shifted = prcoords.wgs_gcj((lat, lon))
        to = f"{shifted.lon:.6f},{shifted.lat:.6f},{name}"
        return "https://uri.amap.com/navigation?" + urlencode(
            {"to": to, "mode": "car", "coordinate": "gaode", "callnative": 1}
        )
    return f"geo:{lat:.6f},{lon:.6f}?q={lat:.6f},{lon:.6f}({quote(name)})"
