from django.apps import AppConfig


class SupplierOrdersConfig(AppConfig):
    name = "backend.supplier_orders"
