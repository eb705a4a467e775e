"""The Indonesian catalogue says everything that the code can say, and `Accept-Language` chooses.

The sentences are found by reading our sources; those of the admin pages are for operators and stay English.
"""

import ast
import gettext as catalogues
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_noop
from django.utils.translation.template import templatize
from rest_framework import exceptions, serializers
from rest_framework.test import APIClient

import lumiku.urls  # noqa: F401  # imports every view, serializer and refusal
from credits import ledger
from lumiku.errors import DomainError
from lumiku.testing import API, _fast_and_private, client_of, make_pose  # noqa: F401
from lumiku.users.models import User
from pose_generator.models import Category, Project

PACKAGES = ["lumiku", "credits", "avatars", "pose_generator"]
LOOKUPS = {"_", "gettext", "gettext_lazy", "gettext_noop"}
FOLDER = Path(settings.LOCALE_PATHS[0]) / "id" / "LC_MESSAGES"
LINES = r'((?:".*"\n)+)'
ENTRY = re.compile(
    rf"^(#, fuzzy.*\n)?(?:#.*\n)*(?:msgctxt {LINES})?msgid {LINES}(?:msgid_plural {LINES})?msgstr(?:\[0\])? {LINES}",
    re.MULTILINE,
)
TEXT = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
LOOKUP = re.compile(rf"gettext\(({TEXT}(?:, *{TEXT})*)")
PLACEHOLDER = re.compile(r"%\(\w+\)[\d.]*\w|\{\w*(?::\w+)?\}")

LIBRARIES = [  # no Indonesian in REST framework and Simple JWT; `makemessages` keeps ours because of this list
    gettext_noop("A valid biginteger is required."),
    gettext_noop("A valid number is required."),
    gettext_noop("Authorization header must contain two space-delimited values"),
    gettext_noop("Datetime value out of range."),
    gettext_noop("Ensure this field has at least {min_length} elements."),
    gettext_noop("Ensure this field has no more than {max_length} elements."),
    gettext_noop('Enter a valid "slug" consisting of Unicode letters, numbers, underscores, or hyphens.'),
    gettext_noop("Expected a datetime but got a date."),
    gettext_noop('Expected a list of items but got type "{input_type}".'),
    gettext_noop("Given token not valid for any token type"),
    gettext_noop("Integer value too large to convert to float"),
    gettext_noop("Invalid data. Expected a dictionary, but got {datatype}."),
    gettext_noop('Invalid datetime for the timezone "{timezone}".'),
    gettext_noop("Invalid input."),
    gettext_noop("Malformed request."),
    gettext_noop('Method "{method}" not allowed.'),
    gettext_noop("Must be a valid UUID."),
    gettext_noop("Must be a valid boolean."),
    gettext_noop("No filename could be determined."),
    gettext_noop("Not a valid string."),
    gettext_noop("String value too large."),
    gettext_noop("Surrogate characters are not allowed: U+{code_point:X}."),
    gettext_noop("The submitted data was not a file. Check the encoding type on the form."),
    gettext_noop("This dictionary may not be empty."),
    gettext_noop("This list may not be empty."),
    gettext_noop("This value does not match the required pattern."),
    gettext_noop("Token contained no recognizable user identification"),
    gettext_noop("Token is invalid or expired"),
    gettext_noop("User is inactive"),
    gettext_noop("User not found"),
]


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:  # a request leaves its language behind in the thread
    yield
    translation.deactivate()


@dataclass(frozen=True)
class Call:
    """A call in our sources; `eager` if it looks up in the language of the moment, `on_import` outside functions."""

    place: str
    name: str
    node: ast.Call
    eager: bool
    on_import: bool

    @property
    def shown(self) -> list[ast.expr]:
        """The parts of a refusal that a person reads: its message and its `fields`."""
        return [*self.node.args[:1], *(word.value for word in self.node.keywords if word.arg == "fields")]


def nodes(node: ast.AST, inside: bool = False) -> Iterator[tuple[ast.AST, bool]]:
    """Yield what is below `node`, and whether it stands in a function."""
    inside = inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    for child in ast.iter_child_nodes(node):
        yield child, inside
        yield from nodes(child, inside)


def calls_in(path: Path) -> Iterator[Call]:
    text, name = path.read_text(encoding="utf-8"), path.relative_to(settings.BASE_DIR)
    for node, inside in nodes(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            called = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            eager = called == "gettext" or (called == "_" and "import gettext_lazy as _" not in text)
            yield Call(f"{name}:{node.lineno}", called, node, eager, not inside)


@cache
def calls() -> list[Call]:
    paths = [path for package in PACKAGES for path in sorted((settings.BASE_DIR / package).rglob("*.py"))]
    ours = [path for path in paths if not {"admin", "admin.py"} & set(path.relative_to(settings.BASE_DIR).parts)]
    return [call for path in ours for call in calls_in(path)]


def lookups() -> list[Call]:
    return [call for call in calls() if call.name in LOOKUPS and call.node.args]


def sentences() -> dict[str, str]:
    """Return what our code looks up, and where; one put together before shows as code, which nothing translates."""
    found = [(call.node.args[0], call.place) for call in lookups()]
    literals = {text.value: place for text, place in found if isinstance(text, ast.Constant)}
    composed = {ast.unparse(text): place for text, place in found if isinstance(text, ast.JoinedStr | ast.BinOp)}
    return {str(text): place for text, place in (literals | composed).items()}


@cache
def page_sentences() -> dict[str, str]:
    """Return what our templates look up, as Django reads them, and in which file."""
    found: dict[str, str] = {}
    for path in sorted((settings.BASE_DIR / "lumiku" / "studio").rglob("*.html")):
        for call in LOOKUP.finditer(templatize(path.read_text(encoding="utf-8"), origin=str(path))):
            texts = ast.literal_eval(f"({call[1]},)")
            found |= dict.fromkeys(map(str, texts), path.name)
    return found


def is_bare(node: ast.expr) -> bool:
    """Return whether `node` shows a text as it stands, not looked up."""
    match node:
        case ast.BinOp():
            return is_bare(node.left)
        case ast.Dict():
            return any(map(is_bare, node.values))
        case ast.List():
            return any(map(is_bare, node.elts))
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def subclasses(root: type[Any]) -> Iterator[type[Any]]:
    for child in root.__subclasses__():
        yield child
        yield from subclasses(child)


def unquoted(lines: str) -> str:
    return "".join(map(ast.literal_eval, lines.splitlines()))


@dataclass(frozen=True)
class Entry:
    """A finished entry of the .po: neither fuzzy nor empty. Indonesian has one form for one and for many."""

    context: str
    text: str
    plural: str
    said: str

    @property
    def key(self) -> str:
        """What the compiled catalogue finds it by."""
        return f"{self.context}\x04{self.text}" if self.context else self.text

    def compiled(self) -> str:
        """Return what the compiled catalogue says."""
        return compiled().ngettext(self.key, self.plural, 2) if self.plural else compiled().gettext(self.key)


@cache
def entries() -> list[Entry]:
    found = ENTRY.findall((FOLDER / "django.po").read_text(encoding="utf-8"))
    read = [Entry(*map(unquoted, lines)) for fuzzy, *lines in found if not fuzzy]
    return [entry for entry in read if entry.said]


@cache
def translated() -> dict[str, Entry]:
    """Return the finished entries by what is looked up: a text, and its plural if it has one."""
    return {text: entry for entry in entries() for text in {entry.text, entry.plural or entry.text}}


def compiled() -> catalogues.NullTranslations:
    return catalogues.translation("django", settings.LOCALE_PATHS[0], ["id"])


def placeholders(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text))


def test_every_sentence_of_the_code_is_translated() -> None:
    said = sentences() | page_sentences()
    missing = [f"{place}: {text}" for text, place in said.items() if text not in translated()]

    assert len(sentences()) > 100
    assert len(page_sentences()) > 300
    assert missing == []


def test_every_translation_has_the_placeholders_of_its_sentence() -> None:
    said = sentences() | page_sentences()
    ours = [entry for text, entry in translated().items() if text in said]

    wrong = [entry for entry in ours if placeholders(entry.plural or entry.text) != placeholders(entry.said)]

    assert wrong == []


def test_the_compiled_catalogue_says_what_its_source_says() -> None:
    number = struct.unpack_from("<I", (FOLDER / "django.mo").read_bytes(), 8)[0]

    stale = {entry.text for entry in entries() if entry.text and entry.compiled() != entry.said}

    assert (stale, number) == (set(), len(entries())), "run manage.py compilemessages -l id"


def test_no_sentence_is_looked_up_before_there_is_a_request() -> None:
    wrong = [call.place for call in lookups() if call.eager and call.on_import]

    assert wrong == [], "these stay in the language of the start: use gettext_lazy"


def test_every_refusal_is_looked_up() -> None:
    refusals = {kind.__name__ for root in (DomainError, exceptions.APIException) for kind in subclasses(root)}
    silent = re.compile("/tests/|lumiku/backends/")  # what a backend says is for the log
    ours = [call for call in calls() if call.name in refusals and not silent.search(call.place)]

    bare = [call.place for call in ours if any(map(is_bare, call.shown))]

    assert len(ours) > 50
    assert bare == []


def library_sentences(field: Any) -> Iterator[str]:
    """Yield what the checks of `field` and of the fields in it can say."""
    yield from map(str, field.error_messages.values())
    yield from (str(check.message) for check in field.validators if hasattr(check, "message"))
    for inner in [*getattr(field, "fields", {}).values(), getattr(field, "child", None)]:
        yield from library_sentences(inner) if inner is not None else ()


def test_what_the_libraries_say_is_indonesian_too() -> None:
    forms = [form for form in subclasses(serializers.Serializer) if form.__module__.split(".")[0] in PACKAGES]
    kinds = list(subclasses(exceptions.APIException))

    def said(language: str) -> set[str]:
        with translation.override(language):
            fields = {text for form in forms for text in library_sentences(form())}
            return fields | {str(kind.default_detail) for kind in kinds}

    english, indonesian = said("en"), said("id")

    assert len(english) > 40
    assert english & indonesian == set()


@pytest.fixture
def seller(db: None) -> APIClient:
    user = User.objects.create_user("alice@example.com")
    ledger.grant(user, 40, key="test", note="For the test")
    return client_of(user)


@pytest.fixture
def order(seller: APIClient) -> dict[str, Any]:
    project = Project.objects.create(owner=User.objects.get(), name="Spring")
    return {
        "projectId": str(project.pk),
        "generationType": "GALLERY_REFERENCE",
        "selectedPoseIds": [str(make_pose("standing", name_id="Berdiri tegak").pk)],
        "batchSize": 1,
    }


REFUSALS: dict[str, tuple[dict[str, Any], int, str, str]] = {
    "too few credits": ({"batchSize": 2}, 402, "dibutuhkan 60 kredit, tersedia 40.", "60 credits are needed"),
    "a forbidden text": ({"textPrompt": "a bag of cocaine"}, 400, "meminta narkoba, yang", "ask for drugs, which"),
    "a misspelled field": ({"batchsize": 2}, 400, "Bidang ini tidak dikenal.", "There is no such field."),
    "a wrong number": ({"batchSize": 0}, 400, "harus lebih atau sama dengan 1.", "greater than or equal to 1."),
    "an unknown pose": ({"selectedPoseIds": ["x"]}, 400, "Pose ini tidak ada: x.", "There is no such pose: x."),
}


@pytest.mark.parametrize("language", ["id", "id-ID,id;q=0.9,en;q=0.8", "en", "fr", None])
@pytest.mark.parametrize("case", REFUSALS)
def test_a_refusal_comes_in_the_language_of_the_request(
    seller: APIClient, order: dict[str, Any], case: str, language: str | None
) -> None:
    wrong, status, indonesian, english = REFUSALS[case]
    headers = {"Accept-Language": language} if language else {}

    answer = seller.post(f"{API}/generate", {**order, **wrong}, headers=headers)

    assert answer.status_code == status
    assert (indonesian if (language or "").startswith("id") else english) in answer.json()["error"]["message"]


def test_a_quote_warns_and_an_order_is_confirmed_in_indonesian(seller: APIClient, order: dict[str, Any]) -> None:
    quote = seller.post(f"{API}/quote", order, headers={"Accept-Language": "id"})
    placed = seller.post(f"{API}/generate", order, headers={"Accept-Language": "id"})

    warnings = [warning["message"] for warning in quote.json()["warnings"]]
    assert warnings == ["Mesin gambar preview menggambar manekin, bukan foto."]
    assert placed.json()["message"] == "Pesanan diterima: 1 pose."


def test_a_forged_token_is_refused_in_indonesian(db: None) -> None:
    client = APIClient(headers={"Authorization": "Bearer forged", "Accept-Language": "id"})

    answer = client.get("/api/credits/balance")

    assert answer.status_code == 401
    assert answer.json()["error"]["message"].startswith("Token akses ini tidak berlaku")


@pytest.mark.parametrize(("language", "names"), [("id", ("Berdiri tegak", "Mode")), ("en", ("Standing", "Editorial"))])
def test_the_library_is_named_in_the_language_of_the_request(
    seller: APIClient, order: dict[str, Any], language: str, names: tuple[str, str]
) -> None:
    Category.objects.filter(slug="editorial").update(name_id="Mode")

    poses = seller.get(f"{API}/library", headers={"Accept-Language": language})
    shown = poses.json()["poses"][0]

    assert (shown["name"], shown["category"]["displayName"]) == names
    assert poses.headers["Content-Language"] == language
    assert "Accept-Language" in poses.headers["Vary"]
