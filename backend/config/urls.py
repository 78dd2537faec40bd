"""Which door stands at which path."""

from django.urls import include, path

from backend.config import health, metrics

urlpatterns = [
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("metrics", metrics.metrics),
    path("accounts/", include("backend.interfaces.accounts.urls")),
    path("gifts/", include("backend.interfaces.track.urls")),
    path("s/", include("backend.interfaces.track.shared_urls")),
    path("api/supplier/", include("backend.interfaces.supplier_api.urls")),
    path("desk/", include("backend.interfaces.supplier_desk.urls")),
    path("dispatch/", include("backend.interfaces.dispatch.urls")),
    path("courier/", include("backend.interfaces.courier.urls")),
    path("count/", include("backend.interfaces.confirm.urls")),
    path("office/", include("backend.interfaces.backoffice.urls")),
    path("", include("backend.interfaces.look.urls")),
    path("", include("backend.interfaces.crowd.urls")),
    path("", include("backend.interfaces.shop.payments.urls")),
    path("", include("backend.interfaces.shop.urls")),
]
