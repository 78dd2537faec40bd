from django.urls import URLPattern, URLResolver, path

from backend.interfaces.shop import browse, giving, here, large, mine

app_name = "shop"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", browse.home, name="home"),
    path("appeals/<str:public_id>/", browse.appeal, name="appeal"),
    path("appeals/<str:public_id>/counters.json", browse.counters, name="counters"),
    path("money/", browse.money, name="money"),
    path("privacy/", browse.privacy, name="privacy"),
    path("give/", giving.give, name="give"),
    path("give/all/", large.large, name="large"),
    path("give/all/<str:token>/", large.coming, name="coming"),
    path("paid/<str:token>/", giving.paid, name="paid"),
    path("here/", here.here, name="here"),
    path("mine/", mine.mine, name="mine"),
]
