from django.urls import URLPattern, URLResolver, path

from backend.interfaces.dispatch import views

app_name = "dispatch"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("plans/", views.ask, name="ask"),
    path("plans/<str:public_id>/", views.plan, name="plan"),
    path("plans/<str:public_id>/progress/", views.progress, name="progress"),
    path("plans/<str:public_id>/ticket/", views.ticket, name="ticket"),
    path("plans/<str:public_id>/release/", views.release, name="release"),
    path("plans/<str:public_id>/discard/", views.discard, name="discard"),
    path("plans/<str:public_id>/retry/", views.retry, name="retry"),
    path("routes/<str:public_id>/courier/", views.assign, name="assign"),
    path("routes/<str:public_id>/sheet.pdf", views.run_sheet, name="run_sheet"),
    path("drops/<str:public_id>/code/", views.new_code, name="new_code"),
    path("drops/<str:public_id>/waive/", views.waive, name="waive"),
]
