from django.apps import AppConfig


class SandboxGatewayConfig(AppConfig):
    name = "backend.donations.payments.sandbox"
    label = "sandbox_gateway"
