"""May this text reach a model or another person?

Every such text (prompts, names, descriptions, traits) passes `check`. The text is reduced to what it looks like
(`spelling`), words spelt wrong to what they may mean (`slips`), then whole words and phrases, English and Indonesian,
are looked up in lists (`rules`, `vocabulary`), never parts of words: *skill*, *Essex* and *drugstore* are harmless.
Clothes come in the colour nude; `lists/allowed.toml` says next to which words. The answer names the field and the
class, never the word: whoever tries to get round learns nothing. `measure` says how much is caught. Words cannot tell
everything; a provider's own checker, `lumiku.images.is_flat` and `pictures` stand behind this.
"""

from functools import lru_cache

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from lumiku.errors import DomainError
from lumiku.moderation import rules, spelling, vocabulary

VERSION = vocabulary.VERSION
"""Changes with every change of the lists; kept beside a verdict, it says by which lists it was given."""

CLASSES = {
    "sexual_content": gettext_noop("sexual content"),
    "likeness": gettext_noop("the likeness of a real person or of a brand's character"),
    "extremism": gettext_noop("extremism"),
    "gore": gettext_noop("gore"),
    "drugs": gettext_noop("drugs"),
}


class Refused(DomainError):
    """A text asks for what Lumiku does not make; `fields` names each such field and the class of its rule."""

    code = "prompt_refused"


@lru_cache(maxsize=512)
def classify(text: str) -> str | None:
    """Return the class (a key of CLASSES) of the first rule that `text` breaks, or None. Pure; the same text is cheap.

    A prompt of 500 characters takes about a millisecond the first time: it may be asked again before every call.
    """
    return rules.first_broken(spelling.words(text))


def check(**texts: str | None) -> None:
    """Return if every text may be used; else raise Refused. Keywords are the snake_case names of the fields."""
    verdicts = {field: classify(text) for field, text in texts.items() if text}
    fields = {field: [_sentence(verdict)] for field, verdict in verdicts.items() if verdict}
    if fields:
        raise Refused(next(iter(fields.values()))[0], fields=fields)


def _sentence(verdict: str) -> str:
    return _("This text seems to ask for %(subject)s, which is not possible here. Please put it another way.") % {
        "subject": _(CLASSES[verdict])
    }
