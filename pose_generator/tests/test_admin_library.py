"""What operators do with the library: find, feature, retire and edit poses; keep the tree of categories in order."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from lumiku.testing import make_pose
from lumiku.tests.people import make_staff, make_superuser, signed_in
from pose_generator.models import Category, Pose

pytestmark = pytest.mark.django_db


def test_a_pose_is_found_by_an_indonesian_word_and_shown_with_its_figure():
    make_pose("arms-crossed", name_id="Tangan disilangkan", thumbnail="library/arms-crossed.webp")
    make_pose("walking")
    client = signed_in(make_staff("pose_generator.view_pose"))

    response = client.get(reverse("admin:pose_generator_pose_changelist"), {"q": "disilangkan"})

    assert [pose.slug for pose in response.context["cl"].result_list] == ["arms-crossed"]
    assert 'src="/media/library/arms-crossed.webp"' in response.content.decode()


@pytest.mark.parametrize(
    ("action", "before", "field", "after"),
    [
        ("feature", {}, "is_featured", True),
        ("unfeature", {"is_featured": True}, "is_featured", False),
        ("retire", {}, "is_retired", True),
        ("bring_back", {"retired_at": timezone.now()}, "is_retired", False),
    ],
)
def test_an_action_changes_the_chosen_poses_and_no_other(action, before, field, after):
    chosen, other = make_pose("chosen", **before), make_pose("other", **before)
    client = signed_in(make_staff("pose_generator.change_pose"))

    client.post(
        reverse("admin:pose_generator_pose_changelist"), {"action": action, "_selected_action": [str(chosen.pk)]}
    )

    def value_of(pose: Pose) -> bool:
        pose.refresh_from_db()
        return pose.retired_at is not None if field == "is_retired" else getattr(pose, field)

    assert value_of(chosen) is after
    assert value_of(other) is not after


def test_staff_who_may_only_view_poses_cannot_retire_them():
    pose = make_pose("standing")
    client = signed_in(make_staff("pose_generator.view_pose"))

    client.post(
        reverse("admin:pose_generator_pose_changelist"), {"action": "retire", "_selected_action": [str(pose.pk)]}
    )

    pose.refresh_from_db()
    assert pose.retired_at is None


def pose_form(pose: Pose, **changes: Any) -> dict[str, Any]:
    names = ["name_en", "name_id", "difficulty", "gender_suitability", "description_en", "description_id"]
    values = {name: getattr(pose, name) for name in [*names, "display_order", "source_credit", "license"]}
    return {**values, "category": pose.category_id, "tags": "", **changes}


def test_editing_a_pose_keeps_its_keypoints_and_makes_its_new_words_searchable():
    pose = make_pose("standing")
    client = signed_in(make_staff("pose_generator.change_pose", "pose_generator.view_category"))

    response = client.post(
        reverse("admin:pose_generator_pose_change", args=[pose.pk]),
        pose_form(pose, tags="jacket,  street style ", keypoints="[]"),
    )

    pose.refresh_from_db()
    assert response.status_code == 302
    assert pose.tags == ["jacket", "street style"]
    assert "street style" in pose.search_text
    assert len(pose.keypoints) == 18


def test_a_pose_cannot_be_deleted_or_added_by_hand():
    pose = make_pose("standing")
    client = signed_in(make_superuser())

    deleted = client.post(reverse("admin:pose_generator_pose_delete", args=[pose.pk]), {"post": "yes"})
    added = client.post(reverse("admin:pose_generator_pose_add"), {})

    assert (deleted.status_code, added.status_code) == (403, 403)
    assert Pose.objects.filter(pk=pose.pk).exists()


def test_categories_stand_in_the_order_of_the_tree_with_the_poses_that_they_show():
    sports = Category.objects.create(slug="sports", name_en="Sports", display_order=10)
    fashion = Category.objects.create(slug="fashion", name_en="Fashion", display_order=0, color="#8B5CF6")
    Category.objects.create(slug="yoga", name_en="Yoga", parent=sports, display_order=0)
    Category.objects.create(slug="editorial", name_en="Editorial", parent=fashion, display_order=20)
    make_pose("one")
    make_pose("two")
    make_pose("gone", retired_at=timezone.now())
    client = signed_in(make_staff("pose_generator.view_category"))

    response = client.get(reverse("admin:pose_generator_category_changelist"))

    rows = [(row.slug, row.poses_shown) for row in response.context["cl"].result_list]
    assert rows == [("fashion", 2), ("editorial", 2), ("sports", 0), ("yoga", 0)]
    assert "background:#8B5CF6" in response.content.decode()


def test_a_category_cannot_hang_below_a_sub_category_nor_wear_a_colour_that_is_none():
    top = Category.objects.create(slug="fashion", name_en="Fashion")
    Category.objects.create(slug="editorial", name_en="Editorial", parent=top)
    other = Category.objects.create(slug="sports", name_en="Sports")
    client = signed_in(make_superuser())
    body = {"slug": "fashion", "name_en": "Fashion", "display_order": 0, "parent": other.pk, "color": "red;}"}

    response = client.post(reverse("admin:pose_generator_category_change", args=[top.pk]), body)

    assert set(response.context["adminform"].form.errors) == {"parent", "color"}
    top.refresh_from_db()
    assert (top.parent, top.color) == (None, "")
