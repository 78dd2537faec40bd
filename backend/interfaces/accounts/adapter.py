"""How allauth meets our users: no user names, addresses kept in Person, each role led to its own door."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.base_user import AbstractBaseUser
from django.forms import BaseForm
from django.http import HttpRequest

from backend.interfaces.accounts.landing import landing
from backend.parties.operations import introduce


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    def save_user(
        self, request: HttpRequest, user: AbstractBaseUser, form: BaseForm, commit: bool = True
    ) -> AbstractBaseUser:
        user.set_password(form.cleaned_data.get("password1") or None)
        if commit:
            user.save()
            introduce(user_id=user.pk, mail=form.cleaned_data["email"])
        return user

    def populate_username(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """There are none."""

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return landing(request.user.pk or 0, is_staff=getattr(request.user, "is_staff", False))

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        return self.get_login_redirect_url(request)

    def is_safe_url(self, url: str) -> Any:
        return url.startswith("/") and super().is_safe_url(url)
