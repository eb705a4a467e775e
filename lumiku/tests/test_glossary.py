"""Indonesian prompts in English, and English left alone."""

import re
import time
from importlib import metadata
from pathlib import Path

import django
import pytest

from lumiku import glossary, indonesian
from pose_generator.posing import library

TEXTS = Path(__file__).parent / "texts"
GLOSSED = [line.split(" = ") for line in (TEXTS / "glossed.txt").read_text().splitlines()]


@pytest.mark.parametrize(("text", "english"), GLOSSED)
def test_a_prompt_is_put_into_english(text: str, english: str) -> None:
    assert glossary.english(text) == english


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("WANITA BERHIJAB, Pantai Kuta!", "woman wearing hijab, Kuta beach!"),
        ("wanita memakai jumputan merah", "woman wearing jumputan red"),
        ("baju (merah) 100 persen katun", "clothes (red) 100 percent cotton"),
        ("model wearing baju merah di studio with soft light", "model wearing red clothes in studio with soft light"),
        ("yg lg duduk dgn senyum manis", "lg sitting with smiling sweetly"),
        ("zorble kain flimbat grunty wexel", "zorble kain flimbat grunty wexel (zorble flimbat grunty wexel cloth)"),
    ],
)
def test_names_mixed_languages_and_slang_keep_what_is_not_known(text: str, english: str) -> None:
    assert glossary.english(text) == english


@pytest.mark.parametrize("text", ["", " ", "...", "😀", "\x00", "42", "-", "'", "di", "Dan", "kebaya", "hijab modern"])
def test_what_says_nothing_in_indonesian_stays(text: str) -> None:
    assert glossary.english(text) == text


def english_sentences() -> set[str]:
    """Sentences from the packages' descriptions, Django's messages and the library: none written for this test."""
    found = set()
    for distribution in metadata.distributions():
        text = (distribution.read_text("METADATA") or "").partition("\n\n")[2]
        for paragraph in re.split(r"\n\s*\n", text):
            sentences = re.split(r"(?<=[.!?])\s+", " ".join(paragraph.split()))
            found |= {sentence for sentence in sentences if re.fullmatch(r"[A-Z][\w ,'-]{10,}[.!?]", sentence)}
    for catalogue in Path(django.__file__).parent.rglob("locale/en/LC_MESSAGES/*.po"):
        found |= set(re.findall(r'^msgid "(.+)"$', catalogue.read_text(), re.MULTILINE))
    for pose in library.load().poses:
        found |= {pose.name["en"], pose.description["en"]}
    return found


def test_english_sentences_come_back_byte_by_byte() -> None:
    sentences = english_sentences()

    changed = {text: glossary.english(text) for text in sentences if glossary.english(text) != text}

    print(f"English sentences changed: {len(changed)} of {len(sentences)}: {changed}")
    assert len(sentences) >= 900
    assert len(changed) <= 0.01 * len(sentences)


def test_most_words_of_prompts_written_before_the_glossary_are_known() -> None:
    counted = [glossary.coverage(text) for text in (TEXTS / "unseen_indonesian.txt").read_text().splitlines()]
    known, total = (sum(part) for part in zip(*counted, strict=True))

    print(f"content words known: {known} of {total}")
    assert len(counted) == 40
    assert known >= 0.95 * total


def test_most_words_of_the_librarys_indonesian_are_known() -> None:
    counted = [glossary.coverage(pose.description["id"]) for pose in library.load().poses]
    known, total = (sum(part) for part in zip(*counted, strict=True))

    print(f"content words of the library known: {known} of {total}")
    assert known >= 0.93 * total


def test_five_hundred_letters_take_little_time() -> None:
    for text in ("memperpertanggungjawabkannya " * 17, "a" * 500, "ber" * 166, "me-" * 160, "baju merah dan " * 33):
        glossary.english(text)
        started = time.thread_time()
        glossary.english(text)
        assert time.thread_time() - started < 0.05


def test_the_table_has_no_entry_without_english() -> None:
    for kind in indonesian.KINDS:
        entries = indonesian._table(kind)
        assert entries, kind
        assert not [word for word, meaning in entries.items() if not meaning.strip() or word != word.lower()], kind
    assert sum(len(indonesian._table(kind)) for kind in indonesian.KINDS) >= 1_500
