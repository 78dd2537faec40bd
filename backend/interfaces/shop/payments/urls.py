from django.urls import path

from backend.interfaces.shop.payments import notices, sandbox

app_name = "payments"
urlpatterns = [
    path("payments/<slug:gateway>/notice/", notices.notice, name="notice"),
    path("sandbox-gateway/pay/", sandbox.pay, name="sandbox_pay"),
]
