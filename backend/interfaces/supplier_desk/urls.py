from django.urls import path

from backend.interfaces.supplier_desk import views

app_name = "supplier_desk"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("stock/", views.stock, name="stock"),
    path("orders/<slug:order>/", views.order, name="order"),
    path("orders/<slug:order>/accept/", views.accept, name="accept"),
    path("orders/<slug:order>/answer/", views.answer, name="answer"),
    path("orders/<slug:order>/give-back/", views.give_back, name="give_back"),
    path("orders/<slug:order>/pack/", views.pack, name="pack"),
    path("shipments/<slug:shipment>/ready/", views.ready, name="ready"),
    path("shipments/<slug:shipment>/labels/", views.labels, name="labels"),
    path("shipments/<slug:shipment>/hand-over/", views.hand_over, name="hand_over"),
]
