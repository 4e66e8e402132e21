"""Which server gets the next request, by what each has done so far; seconds are made up."""

from rewardkit.evals.backends.endpoints import SICK, Endpoint, choose, pause_after

LONGEST = 30.0


def pick(*endpoints, now=0.0, last=None):
    found = choose(endpoints, now, last, LONGEST)
    return None if found is None else found.url


def sick(url, failures=SICK, at=0.0):
    made = Endpoint(url)
    for _ in range(failures):
        made.fail(at, LONGEST)
    return made


def test_the_one_with_the_least_to_do():
    assert pick(Endpoint("a", flying=3), Endpoint("b", flying=2)) == "b"


def test_another_than_the_one_where_it_failed_if_there_is_another():
    a, b = Endpoint("a"), Endpoint("b", flying=100)
    assert pick(a, b, last=a) == "b"
    assert pick(a, last=a) == "a"


def test_those_that_are_down_or_resting_are_not_asked():
    assert pick(Endpoint("a", up=False), Endpoint("b", rest_until=5.0)) is None
    assert pick(Endpoint("a", up=False), Endpoint("b", rest_until=5.0), now=5.0) == "b"


def test_each_failure_in_a_row_halves_what_a_server_gets():
    a, b = sick("a", 2), Endpoint("b", flying=2)
    assert pick(a, b) == "b"
    b.flying = 4
    assert pick(a, b) == "a"
    a.succeed()
    b.flying = 1
    assert pick(a, b) == "a"


def test_a_sick_one_gets_one_request_when_its_pause_is_over():
    a, b = sick("a", 10), Endpoint("b", flying=5)
    pause = pause_after(10, LONGEST)
    assert pick(a, b, now=pause - 0.01) == "b"
    assert [pick(a, b, now=pause), pick(a, b, now=pause)] == ["a", "b"]


def test_pauses_double_up_to_the_longest():
    assert [pause_after(failures, LONGEST) for failures in (1, 2, 3, 7, 500)] == [0.5, 1.0, 2.0, 30.0, 30.0]
