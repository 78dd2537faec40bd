"""One letter's page, and its two parts: HTML in one column, and a text that says the same."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string

from backend.notices.operations import Mail
from backend.notices.queries import Reader


@dataclass(frozen=True)
class Row:
    """One line of the table: how many of what, how it stands, what comes next."""

    what: str
    now: str
    then: str = ""


@dataclass(frozen=True)
class Page:
    """`paragraphs` carry the whole news; table and button only repeat it in another shape."""

    subject: str
    to: str
    paragraphs: Sequence[str]
    number: str = ""
    news: str = ""
    kind: str = ""
    caption: str = ""
    heads: tuple[str, str, str] = ("", "", "")
    rows: Sequence[Row] = ()
    code: str = ""
    link: str = ""
    button: str = ""
    closing: Sequence[str] = ()


def address(path: str) -> str:
    return settings.SITE_URL.rstrip("/") + path


def render(page: Page, reader: Reader) -> Mail:
    context = {"page": page}
    return Mail(
        to=reader.mails,
        subject=page.subject,
        text=render_to_string("letters/letter.txt", context).strip() + "\n",
        html=render_to_string("letters/letter.html", context),
    )
