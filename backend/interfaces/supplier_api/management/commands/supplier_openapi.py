"""Print the supplier API's description: `python -m backend supplier_openapi > docs/openapi-supplier.json`."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from backend.interfaces.supplier_api.api import api


class Command(BaseCommand):
    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        schema = api.get_openapi_schema(path_prefix="api/supplier/v1/")
        self.stdout.write(json.dumps(schema, indent=1, ensure_ascii=False))
