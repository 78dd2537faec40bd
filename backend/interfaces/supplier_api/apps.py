from django.apps import AppConfig


class SupplierApiConfig(AppConfig):
    name = "backend.interfaces.supplier_api"
