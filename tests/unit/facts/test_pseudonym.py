"""Pseudonyms: keyed, stable, and deaf to the case of an address."""

from claude_dash.facts.dimensions import model_family
from claude_dash.facts.pseudonym import pseudonym

KEY = b"k" * 32


def test_spellings_that_differ_in_case_are_one() -> None:
    """`Rin@Example.org` and `rin@example.org ` are the same person."""
    assert pseudonym(KEY, "email", "Rin@Example.org") == pseudonym(KEY, "email", "rin@example.org ")


def test_another_key_gives_another_pseudonym() -> None:
    """Without the key nobody can tell who a pseudonym is."""
    assert pseudonym(KEY, "email", "a@b.example") != pseudonym(b"x" * 32, "email", "a@b.example")


def test_a_key_and_an_address_of_one_name_differ() -> None:
    """An API key that is called like a person is not that person."""
    assert pseudonym(KEY, "email", "rin") != pseudonym(KEY, "api_key", "rin")


def test_a_pseudonym_fits_its_column() -> None:
    """A pseudonym is a non-negative signed 64-bit number."""
    assert all(0 <= pseudonym(KEY, "email", str(n)) < 2**63 for n in range(500))


def test_models_have_families() -> None:
    """Every spelling of a model falls into its family; what is unknown keeps its id."""
    for model, family in {
        "claude-opus-4-7": "Opus 4.7",
        "claude-sonnet-5": "Sonnet 5",
        "claude-sonnet-4-5-20250929": "Sonnet 4.5",
        "claude-3-5-haiku-20241022": "Haiku 3.5",
        "us.anthropic.claude-opus-5-5": "Opus 5.5",
        "secret-model": "secret-model",
    }.items():
        assert model_family(model) == family
