"""`python -m backend.config.healthy URL`: whether that address answers 200, for health checks in containers."""

import sys
import urllib.request


def is_healthy(url: str, seconds: float = 4) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=seconds) as response:
            return bool(response.status == 200)
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(0 if is_healthy(sys.argv[1]) else 1)
