from django.urls import URLPattern, URLResolver, path

from backend.interfaces.track import sharing, views

app_name = "track"
urlpatterns: list[URLPattern | URLResolver] = [
    path("<str:key>/", views.gift, name="gift"),
    path("<str:key>/parts/", views.parts, name="parts"),
    path("<str:key>/ticket/", views.ticket, name="ticket"),
    path("<str:key>/undo/", views.undo, name="undo"),
    path("<str:key>/share/", sharing.share, name="share"),
    path("<str:key>/share/end/", sharing.end_share, name="end_share"),
    path("<str:key>/pay/", views.pay, name="pay"),
    path("<str:key>/answer/<str:question>/", views.answer, name="answer"),
]
