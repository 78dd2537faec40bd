from django.apps import AppConfig


class SupplierDeskConfig(AppConfig):
    name = "backend.interfaces.supplier_desk"
