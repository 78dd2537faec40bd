"""`python -m backend.config.services`: PostgreSQL and Valkey of this checkout until Ctrl-C."""

import sys
from functools import partial
from pathlib import Path

from backend.config.services import lock, pair, place, postgres, valkey
from backend.config.services.lines import ServiceError, say
from backend.config.services.supervisor import Supervisor

VAR_DIR = Path(__file__).resolve().parents[3] / "var"


def main() -> int:
    supervisor = Supervisor()
    supervisor.listen()
    try:
        with lock.alone(VAR_DIR):
            where = place.of_checkout(VAR_DIR)
            for server, module in zip(pair.start(where), (postgres, valkey), strict=True):
                supervisor.add(server, partial(module.child, where))
            say("demo", f"DATABASE_URL={where.at.database_url}")
            say("demo", f"REDIS_URL={where.at.redis_url}")
            try:
                supervisor.run()
            finally:
                supervisor.stop()
    except ServiceError as error:
        say("demo", str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
