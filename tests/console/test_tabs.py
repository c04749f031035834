"""Pages are found by themselves, and nobody sees a tab that would be refused."""

import re
from pathlib import Path

import pytest

from server.console import day, tabs
from server.console.tabs import Tab
from server.roles import Role
from tests.console.conftest import Visitor

TEMPLATES = Path(day.__file__).parent / "templates"


def test_every_page_is_found() -> None:
    names = {module.__name__.rpartition(".")[2] for module in tabs.modules()}
    assert {"account", "assets", "day", "files", "helping", "live", "ordering", "session", "watching"} <= names
    assert [tab.name for tab in tabs.tabs()][:2] == ["live", "day"]


def test_no_two_tabs_share_a_name_a_key_or_a_place() -> None:
    for field in ("name", "path", "key", "order"):
        values = [getattr(tab, field) for tab in tabs.tabs()]
        assert len(set(values)) == len(values), field
    keys = {tab.key for tab in tabs.tabs()}
    assert not keys & tabs.TAKEN
    assert all(re.fullmatch("[a-z]", key) for key in keys)


@pytest.mark.parametrize("path", ["/day", "/day/SPS/2026-11-22"])
def test_a_tab_holds_what_lies_below_it(path: str) -> None:
    assert day.TAB.holds(path)


@pytest.mark.parametrize("path", ["/finance/SPS/2026-11", "/decisions", "/imports/abc", "/money/a:b", "/bank-lines"])
def test_what_leads_on_from_finance_stands_under_its_tab(path: str) -> None:
    assert [tab.name for tab in tabs.tabs() if tab.holds(path)] == ["finance"]


@pytest.mark.parametrize("path", ["/days", "/", "/live/day"])
def test_a_tab_holds_nothing_else(path: str) -> None:
    assert not day.TAB.holds(path)


@pytest.mark.parametrize("role", Role)
def test_every_tab_that_is_shown_opens_and_no_other_does(visitor: Visitor, role: Role) -> None:
    browser = visitor(role)
    page = browser.get("/account").text

    def opens(tab: Tab) -> bool:
        return browser.get(tab.path, follow_redirects=True).status_code == 200

    shown = {tab.name: f'id="to-{tab.name}"' in page for tab in tabs.tabs()}
    assert shown == {tab.name: opens(tab) for tab in tabs.tabs()}


def test_templates_escape_everything_and_hold_no_script() -> None:
    for path in sorted(TEMPLATES.glob("*.html")):
        text = path.read_text()
        assert not re.search(r"\|\s*safe\b|autoescape\s+false|Markup\(", text), path.name
        assert not re.search(r"<script(?![^>]*(src=|type=\"application/json\"))", text), path.name
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|hx-on|javascript:", text), path.name


def test_every_form_that_does_something_works_once_or_is_guarded_elsewhere() -> None:
    guarded = {"base.html", "lists_import.html", "prices_form.html"}  # the last two only look and draw anew
    posting = {path.name for path in TEMPLATES.glob("*.html") if "hx-post" in path.read_text()}
    once = {path.name for path in TEMPLATES.glob("*.html") if "once()" in path.read_text()}
    assert posting - once <= guarded
