"""Styles of letters. Mail programs know neither files nor variables, so both are resolved here."""

import functools
import re
from pathlib import Path

import css_inline

STATIC = Path(__file__).parent / "static" / "look"
TOKEN = re.compile(r"--([\w-]+):\s*([^;]+);")
USE = re.compile(r"var\(--([\w-]+)\)")


@functools.cache
def styles() -> str:
    """mail.css with the light values of the tokens: the one place that knows a colour stays the one."""
    light = (STATIC / "tokens.css").read_text(encoding="utf-8").partition("@media")[0]
    tokens = {name: value.strip() for name, value in TOKEN.findall(light)}
    css = (STATIC / "mail.css").read_text(encoding="utf-8")
    return USE.sub(lambda use: tokens[use[1]], USE.sub(lambda use: tokens[use[1]], css))


def inlined(html: str) -> str:
    """`html` (a whole document) with every rule of mail.css on the elements that it meets."""
    inliner = css_inline.CSSInliner(extra_css=styles(), load_remote_stylesheets=False, keep_style_tags=False)
    return str(inliner.inline(html))
