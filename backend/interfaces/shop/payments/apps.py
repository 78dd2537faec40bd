from django.apps import AppConfig


class PaymentsDoorConfig(AppConfig):
    name = "backend.interfaces.shop.payments"
    label = "shop_payments"
