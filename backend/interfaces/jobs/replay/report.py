"""The account of a replay, printed so that a person can add it up."""

from rich.console import Console
from rich.table import Table

from backend.kernel.money import yuan
from backend.timelines.account import Account, Check


def show(console: Console, account: Account, checks: tuple[Check, ...]) -> None:
    """Rows by state, goods along the road, money, and every pair of sums that must be the same."""
    console.print(_states(account))
    console.print(_goods(account))
    console.print(_money(account))
    console.print(_checks(checks))


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", header_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    return table


def _states(account: Account) -> Table:
    table = _table("各种单子，按状态", "单子", "状态", "张")
    for name, states in account.states.items():
        for state, rows in states.items():
            table.add_row(name, state, f"{rows:,}")
    return table


def _goods(account: Account) -> Table:
    goods = account.goods
    table = _table("东西，件", "到哪一步", "件")
    for name, pieces in (
        ("需要", goods.asked),
        ("捐了（占下）", goods.given),
        ("付了款，要供应", goods.to_supply),
        ("  等捐赠人回答", goods.waiting_for_donor),
        ("  等下单", goods.waiting_for_supplier),
        ("下了单", goods.ordered),
        ("  还在供应商那里", goods.at_suppliers),
        ("发了货", goods.shipped),
        ("  还没点", goods.on_the_road),
        ("点了数", goods.counted),
        ("  点清", goods.received),
        ("  少了、坏了、错了", goods.faulty),
    ):
        table.add_row(name, f"{pieces:,}")
    return table


def _money(account: Account) -> Table:
    money = account.money
    table = _table("钱", "哪一笔", "金额")
    for name, amount in (
        ("收到", money.paid),
        ("退出", money.refunded),
        ("要退，还没退", money.asked_back),
        ("货款（点清的）", money.spent),
        ("省下的", money.saved),
        ("存管余额", money.with_gateway),
        ("捐赠余额（还没花的）", money.held_for_needs),
        ("应付供应商", money.owed),
    ):
        table.add_row(name, yuan(amount))
    return table


def _checks(checks: tuple[Check, ...]) -> Table:
    table = _table("必须一样的", "两边", "左", "右", "")
    for check in checks:
        mark = "一样" if check.holds else "[bold red]不一样[/]"
        table.add_row(check.name, f"{check.left:,}", f"{check.right:,}", mark)
    return table
