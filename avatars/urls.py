"""Every address below /api/apps/avatar-creator/."""

from django.urls import path

from avatars import views

urlpatterns = [
    path("avatars", views.AvatarsView.as_view()),
    path("avatars/generate", views.GenerateView.as_view()),
    path("avatars/from-preset", views.FromPresetView.as_view()),
    path("avatars/<uuid:pk>", views.AvatarView.as_view()),
    path("avatars/<uuid:pk>/usage-history", views.UsageHistoryView.as_view()),
    path("presets", views.PresetsView.as_view()),
    path("stats", views.StatsView.as_view()),
]
