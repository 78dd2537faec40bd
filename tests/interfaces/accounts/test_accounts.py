"""Who signs in how, and where they are led."""

import re

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from backend.interfaces.accounts import demo
from backend.parties.models import Person, User
from backend.parties.operations import MailTaken, introduce
from backend.parties.rules import Role
from tests import factories

pytestmark = pytest.mark.django_db
DOORS = [
    (Role.DESK, "/desk/"),
    (Role.DISPATCH, "/dispatch/"),
    (Role.COURIER, "/courier/"),
    (Role.KEEPER, "/count/"),
]


@pytest.fixture(autouse=True)
def in_memory_letters(settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.ACCOUNT_RATE_LIMITS = False


def test_aming_signs_up_by_mail_and_is_known_by_it(client: Client) -> None:
    form = {"email": "aming@example.com", "password1": "mianbei-2026-dong"}
    assert client.post("/accounts/signup/", form).status_code == 302
    code = re.search(r"^\s*([A-Z0-9-]{6,})\s*$", mail.outbox[0].body, re.M)
    assert code, mail.outbox[0].body
    answer = client.post("/accounts/confirm-email/", {"code": code.group(1)})
    assert answer.status_code == 302 and answer["Location"] == "/"
    person = Person.objects.get(mail="aming@example.com")
    assert person.user.check_password("mianbei-2026-dong")


@pytest.mark.parametrize("name", ["login", "signup", "password/reset"])
def test_pages_are_in_our_look_and_in_three_languages(client: Client, name: str) -> None:
    answer = client.get(f"/accounts/{name}/", headers={"accept-language": "zh-hans"})
    assert b"look/tokens" in answer.content and "第一联" in answer.content.decode()
    assert b'class="input"' in answer.content


def test_a_mail_address_belongs_to_one_person() -> None:
    factories.user("阿明", mail="aming@example.com")
    with pytest.raises(MailTaken):
        introduce(user_id=User.objects.create_user().pk, mail="aming@example.com")


@pytest.mark.parametrize(("role", "door"), DOORS)
def test_a_demonstration_link_leads_each_role_to_its_door(
    client: Client, settings, role: Role, door: str
) -> None:
    settings.DEMO = True
    factories.member("老周", factories.organisation("演示"), role)
    (link,) = demo.links()
    assert "老周" in client.get(link.path).content.decode()
    assert "_auth_user_id" not in client.session, "a GET changes nothing"
    answer = client.post(link.path)
    assert answer.status_code == 302 and answer["Location"] == door
    assert client.get(door).status_code == 200


def test_outside_a_demonstration_there_are_no_links(client: Client, settings) -> None:
    settings.DEMO = True
    factories.user("阿明")
    (link,) = demo.links()
    settings.DEMO = False
    assert demo.links() == []
    assert client.get(link.path).status_code == 404
    assert client.post(link.path).status_code == 404
    with pytest.raises(CommandError, match="make demo"):
        call_command("demo_links")


def test_a_forged_link_opens_nothing(client: Client, settings) -> None:
    settings.DEMO = True
    factories.user("阿明")
    (link,) = demo.links()
    assert (
        client.post(link.path.replace(link.path[-6], "x" if link.path[-6] != "x" else "y")).status_code == 404
    )
