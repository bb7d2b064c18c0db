"""`make scale` in its short form, and that its judges notice what they are to notice (decision 0054)"""

import pytest

from tests.crashes import get_database_url
from tests.fleet.scale import __main__ as program
from tests.fleet.scale.cart_model import CartModel, add, clear, remove
from tests.fleet.scale.laws import TITLES
from tests.fleet.scale.phases import Phase
from tests.fleet.scale.plan import BASE_PRICE, SHORT
from tests.fleet.scale.prices import PriceHistory
from tests.fleet.scale.run import run
from tests.fleet.scale.traffic import Record
from tests.services import NEEDS


@pytest.mark.django_db(transaction=True)  # whose schema is copied
@pytest.mark.postgresql
@pytest.mark.fleet
@pytest.mark.proxy
def test_the_shop_keeps_its_laws_while_its_parts_are_killed_in_turn() -> None:
    result = run(SHORT, print, migrated_url=get_database_url())

    assert {law: examples for law, examples in result.laws.examples.items() if examples} == {}
    assert result.laws.all_hold, result.laws.checks
    assert result.laws.checks.keys() == TITLES.keys()
    assert [phase.part for phase in result.phases] == ["app", "worker", "redis", "replica", "pgbouncer"]


def test_missing_programs_are_named_by_their_packages(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    missing = {"proxy": ["nginx"], "fleet": ["pg_basebackup", "pgbouncer"]}
    monkeypatch.setattr(program, "find_missing_programs", lambda part: missing.get(part, []))
    monkeypatch.setattr("sys.argv", ["make scale"])

    code = program.main()

    assert code == 2
    assert capsys.readouterr().err.endswith("On Debian and Ubuntu: apt-get install nginx-light pgbouncer postgresql\n")
    assert program.PACKAGES.keys() == {name for part in program.PARTS for name in NEEDS[part]}


def test_a_cart_without_an_acknowledged_change_is_an_older_cart() -> None:
    cart = CartModel()
    cart.expect(add(1, 2))

    assert cart.show({1: 2})
    cart.expect(add(1, 1))
    assert not cart.show({1: 2})


def test_after_a_lost_answer_a_cart_is_as_before_or_as_after_and_never_as_before_again() -> None:
    cart = CartModel()
    cart.expect(add(1, 2))
    cart.allow(add(5, 1))

    assert cart.show({1: 2})
    assert cart.show({1: 2, 5: 1})
    assert not cart.show({1: 2})


def test_after_two_lost_answers_each_change_is_made_or_not() -> None:
    shown = []
    for units in ({1: 2, 5: 1}, {1: 2}, {}, {5: 1}, {1: 3}):
        cart = CartModel()
        cart.expect(add(1, 2))
        cart.allow(add(5, 1))
        cart.allow(remove(1))
        shown.append(cart.show(units))

    assert shown == [True, True, True, True, False]


def test_a_cart_that_was_emptied_is_empty_whatever_it_held() -> None:
    cart = CartModel()
    cart.allow(add(1, 2))
    cart.expect(clear)

    assert cart.states == [{}]


def test_a_price_is_old_since_the_next_one_was_acknowledged() -> None:
    history = PriceHistory()
    history.send(101, 10.0)
    before = history.get_age(BASE_PRICE, 11.0)
    history.acknowledge(12.0)

    assert before == 0
    assert history.get_age(BASE_PRICE, 11.0) == 0
    assert history.get_age(BASE_PRICE, 15.0) == 3
    assert history.get_age(101, 15.0) == 0
    assert history.get_age(99, 15.0) is None


@pytest.mark.parametrize(
    ("part", "method", "status", "started", "is_excused"),
    [
        ("app", "POST", 502, 101, True),
        ("app", "POST", 0, 99.5, True),  # it was being answered
        ("app", "POST", 502, 98, False),  # it had failed before
        ("app", "POST", 502, 106, False),  # too long after the kill
        ("app", "GET", 502, 101, False),  # another process has the answer
        ("app", "POST", 500, 101, False),  # a fault
        ("pgbouncer", "GET", 503, 109, True),
        ("pgbouncer", "POST", 503, 113, False),
        ("replica", "GET", 503, 101, False),
        ("redis", "POST", 503, 101, False),
        ("worker", "POST", 503, 101, False),
    ],
)
def test_a_kill_excuses_the_failures_of_what_depended_on_the_part(
    part: str, method: str, status: int, started: float, is_excused: bool
) -> None:
    phase = Phase(part, begun=90, killed=100, started=108, recovered=110, ended=120)

    assert phase.is_excused(Record(method, "/api/cart/", status, started, 1.0, "", "a cart's key")) is is_excused
