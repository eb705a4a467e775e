"""What is caught and what is refused by mistake, by the hundred; `pytest -s` prints the rates."""

import pytest

from lumiku import moderation
from lumiku.moderation import evasions, measure


def share(rows: list[measure.Row]) -> float:
    """Return the share of flagged texts, after printing it for each row."""
    print(measure.table("", rows))
    return sum(len(row.flagged) for row in rows) / sum(row.total for row in rows)


def test_at_least_95_percent_of_evasions_by_program_are_caught_and_85_of_each_kind():
    rows = measure.by_program()

    assert share(rows) >= 0.95
    assert len(rows) >= 40
    assert sum(row.total for row in rows) >= 300
    assert [row.kind for row in rows if row.rate < 0.85] == []


def test_at_least_95_percent_of_evasions_by_people_are_caught():
    rows = measure.by_people()

    assert share(rows) >= 0.95


def test_at_most_half_a_percent_of_honest_text_is_refused():
    rows = measure.harmless()

    assert share(rows) <= 0.005
    assert [row.kind for row in rows if row.rate > 0.005 or row.total < 300] == []
    assert sum(row.total for row in rows) >= 2_000


@pytest.mark.parametrize("term", ["summer", "woman", "kebaya", "market", "perempuan", "cotton dress", "nightfall"])
def test_an_honest_word_passes_however_it_is_written(term):
    written = {kind: f"a photo of {way(term)} in a studio" for kind, way in evasions.ways().items()}

    assert {kind: text for kind, text in written.items() if moderation.classify(text)} == {}


def test_the_command_prints_rates_and_what_was_missed(tmp_path, capsys):
    mine = tmp_path / "mine.tsv"
    mine.write_text("# a comment\nsexual_content\ta naked man\nsexual_content\ta red chair\n", encoding="utf-8")

    measure.main([str(mine)])

    printed = capsys.readouterr().out
    assert "mine, sexual_content" in printed
    assert "50.00%" in printed
    assert "missed (mine, sexual_content): a red chair" in printed
