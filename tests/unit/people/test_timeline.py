"""Spans of days: what was said first, what is said later, and where they meet."""

from datetime import date

from claude_dash.people.timeline import Span, held, splice, steps

EARLY, TODAY, LATER = date(2026, 6, 1), date(2026, 11, 18), date(2026, 12, 1)


def test_the_first_word_is_believed_about_the_past() -> None:
    """Where nothing was stored, what is wanted holds as it is given."""
    wanted = [Span(None, EARLY, "a"), Span(EARLY, None, "b")]
    assert splice([], wanted, TODAY) == wanted


def test_a_later_word_holds_from_today_on() -> None:
    """Another team without dates ends the old one today."""
    found = splice([Span(None, None, "a")], [Span(None, None, "b")], TODAY)
    assert found == [Span(None, TODAY, "a"), Span(TODAY, None, "b")]


def test_the_same_word_again_changes_nothing() -> None:
    """Neither a plain span nor one that was made by a move is split."""
    plain = [Span(None, None, "a")]
    moved = [Span(None, EARLY, "a"), Span(EARLY, None, "b")]
    assert splice(plain, plain, TODAY) == plain
    assert splice(moved, [Span(None, None, "b")], TODAY) == moved
    assert splice(moved, moved, TODAY) == moved


def test_a_word_of_today_can_be_taken_back_today() -> None:
    """Two moves on one day leave the last one and no empty span."""
    moved = [Span(None, TODAY, "a"), Span(TODAY, None, "b")]
    assert splice(moved, [Span(None, None, "a")], TODAY) == [Span(None, None, "a")]


def test_past_dates_of_a_later_word_hold_from_today_on() -> None:
    """A move that is dated back does not reach closed days; a future one is kept."""
    back = splice([Span(None, None, "a")], [Span(None, EARLY, "a"), Span(EARLY, None, "b")], TODAY)
    assert back == [Span(None, TODAY, "a"), Span(TODAY, None, "b")]
    ahead = [Span(None, LATER, "a"), Span(LATER, None, "b")]
    assert splice([Span(None, None, "a")], ahead, TODAY) == ahead


def test_what_is_gone_ends_today() -> None:
    """Nothing wanted ends what was stored; what had ended stays as it was."""
    assert splice([Span(EARLY, None, "a")], [], TODAY) == [Span(EARLY, TODAY, "a")]
    assert splice([Span(None, EARLY, "a")], [], TODAY) == [Span(None, EARLY, "a")]


def test_spans_are_half_open() -> None:
    """The first day is inside, the last one is not; spans that only meet do not overlap."""
    span = Span(EARLY, TODAY, "a")
    assert held([span], EARLY) == span
    assert held([span], TODAY) is None
    assert not span.overlaps(Span(TODAY, None, "b"))
    assert span.overlaps(Span(None, None, "b"))


def test_steps_ask_only_where_something_changes() -> None:
    """A value is worked out once for each stretch of days."""
    asked = []
    path = steps([Span(EARLY, TODAY, "a")], lambda day: asked.append(day) or day)
    assert asked == [date.min, EARLY, TODAY]
    assert path.on(date(2026, 5, 31)) == date.min
    assert path.on(EARLY) == EARLY
    assert path.on(LATER) == TODAY
