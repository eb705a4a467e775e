"""Categories and poses. Names stand in both languages; a retired pose stays for its results."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce, Lower, Now, NullIf
from django.utils import translation

from pose_generator.models.favourites import FavoritePose


def in_language(english: str, indonesian: str) -> str:
    """Return the text in the language of the request."""
    return indonesian or english if (translation.get_language() or "").startswith("id") else english


class Category(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=50, unique=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    name_en = models.CharField(max_length=100)
    name_id = models.CharField(max_length=100, blank=True)
    description_en = models.CharField(max_length=300, blank=True)
    description_id = models.CharField(max_length=300, blank=True)
    icon = models.CharField(max_length=40, blank=True)
    color = models.CharField(max_length=7, blank=True)
    display_order = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.slug

    @property
    def display_name(self) -> str:
        return in_language(self.name_en, self.name_id)

    @property
    def description(self) -> str:
        return in_language(self.description_en, self.description_id)


class PoseQuerySet(models.QuerySet["Pose"]):
    def published(self) -> "PoseQuerySet":
        """The curated library that everybody may see."""
        return self.filter(is_public=True, owner=None, retired_at=None)

    def visible_to(self, user: Any) -> "PoseQuerySet":
        """The library and the user's own private poses; each says whether it `is_favorite` of theirs.

        Whoever is not logged in sees the library and has no favourites.
        """
        if not user.is_authenticated:
            return self.published().annotate(is_favorite=models.Value(False))
        mine = self.filter(Q(is_public=True, owner=None) | Q(owner=user), retired_at=None)
        kept = FavoritePose.objects.filter(pose=models.OuterRef("pk"), user=user)
        return mine.annotate(is_favorite=models.Exists(kept))

    def in_category(self, category: Category) -> "PoseQuerySet":
        """Poses of the category and of its children."""
        return self.filter(Q(category=category) | Q(category__parent=category))

    def matching(self, words: str) -> "PoseQuerySet":
        """Poses in whose names, descriptions or tags every word occurs, in either language."""
        found = self
        for word in words.split()[:10]:
            found = found.filter(search_text__icontains=word)
        return found

    def for_display(self) -> "PoseQuerySet":
        """Everything that the wire's pose needs, in one query."""
        orders = models.Count("results__generation", distinct=True)
        used = Pose.objects.filter(pk=models.OuterRef("pk")).order_by().annotate(orders=orders).values("orders")
        kept = FavoritePose.objects.filter(pose=models.OuterRef("pk")).order_by().values("pose")
        marks = models.Subquery(kept.annotate(number=models.Count("pk")).values("number"), models.IntegerField())
        return self.select_related("category").annotate(
            usage_count=models.Subquery(used, models.IntegerField()), favorite_count=Coalesce(marks, 0)
        )

    def sorted_by(self, order: str) -> "PoseQuerySet":
        """Poses `for_display` in an order of SORTS; the newest of what is equal comes first."""
        first: Any = {"popular": "-usage_count", "newest": "-created_at", "name": _shown_name()}[order]
        return self.order_by(first, "-created_at", "pk")

    def retire(self) -> int:
        """Take the poses out of every list; orders that have them keep them. Return how many that were."""
        return self.filter(retired_at=None).update(retired_at=Now(), updated_at=Now())


#: How a list of poses can be asked for.
SORTS = ["popular", "newest", "name"]


def _shown_name() -> Lower:
    """Return the expression for a pose's name in the language of the request, whatever its case."""
    indonesian = Coalesce(NullIf("name_id", models.Value("")), "name_en")
    return Lower({"en": "name_en", "id": indonesian}[in_language("en", "id")])


class Pose(models.Model):
    """A body position: 18 key points in the figure's own frame (metres; `posing.kinematics`)."""

    class Difficulty(models.TextChoices):
        BEGINNER = "beginner"
        INTERMEDIATE = "intermediate"
        ADVANCED = "advanced"

    class Gender(models.TextChoices):
        MALE = "male"
        FEMALE = "female"
        UNISEX = "unisex"

    class Source(models.TextChoices):
        CURATED = "curated"
        USER_CONTRIBUTED = "user_contributed"
        AI_GENERATED = "ai_generated"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=80, unique=True)
    category = models.ForeignKey(Category, models.PROTECT, related_name="poses")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="poses")
    name_en = models.CharField(max_length=100)
    name_id = models.CharField(max_length=100, blank=True)
    description_en = models.CharField(max_length=500)
    description_id = models.CharField(max_length=500, blank=True)
    tags = models.JSONField(default=list, blank=True)
    search_text = models.TextField(editable=False, default="")
    keypoints = models.JSONField()
    difficulty = models.CharField(max_length=12, choices=Difficulty.choices, default=Difficulty.BEGINNER)
    gender_suitability = models.CharField(max_length=6, choices=Gender.choices, default=Gender.UNISEX)
    source = models.CharField(max_length=16, choices=Source.choices, default=Source.CURATED)
    source_credit = models.CharField(max_length=200, blank=True)
    license = models.CharField(max_length=50, blank=True)
    preview = models.CharField(max_length=200, blank=True, help_text="Storage name of the drawn figure.")
    thumbnail = models.CharField(max_length=200, blank=True, help_text="Storage name of its 400 px version.")
    skeleton = models.CharField(max_length=200, blank=True, help_text="Storage name of the control image.")
    is_public = models.BooleanField(default=True)
    is_featured = models.BooleanField(default=False)
    is_premium = models.BooleanField(default=False)
    display_order = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = PoseQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["category", "display_order"], name="poses_of_a_category")]
        constraints = [
            models.CheckConstraint(
                name="pose_is_public_or_owned", condition=Q(is_public=False) | Q(is_public=True, owner=None)
            )
        ]

    def __str__(self) -> str:
        return self.slug

    @property
    def name(self) -> str:
        return in_language(self.name_en, self.name_id)

    @property
    def description(self) -> str:
        return in_language(self.description_en, self.description_id)

    def save(self, **kwargs: Any) -> None:
        words = [self.name_en, self.name_id, self.description_en, self.description_id, *self.tags]
        self.search_text = " ".join(word for word in words if word)
        super().save(**kwargs)
