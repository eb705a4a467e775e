"""Every address of the house."""

from django.contrib import admin
from django.urls import include, path
from django.views.i18n import set_language
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from credits.views import RegisterView
from lumiku import files
from lumiku.events.views import EventsView, events_as_sse
from lumiku.users import views as auth
from pose_generator.views import operations

urlpatterns = [
    path("", include("lumiku.studio.urls")),
    path("i18n/language", set_language, name="set_language"),
    path("api/auth/register", RegisterView.as_view()),
    path("api/auth/login", auth.LogInView.as_view()),
    path("api/auth/refresh", auth.RefreshView.as_view()),
    path("api/auth/logout", auth.LogOutView.as_view()),
    path("api/auth/profile", auth.ProfileView.as_view()),
    path("api/auth/password", auth.PasswordView.as_view()),
    path("api/credits/", include("credits.urls")),
    path("api/apps/avatar-creator/", include("avatars.urls")),
    path("api/apps/pose-generator/", include("pose_generator.urls")),
    path("api/events", EventsView.as_view()),
    path("api/events/stream", events_as_sse),
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs", SpectacularSwaggerView.as_view(url_name="schema")),
    path("media/<path:name>", files.serve),
    path("livez", operations.livez),
    path("readyz", operations.readyz),
    path("metrics", operations.prometheus),
    path("admin/", admin.site.urls),
]
handler400 = "lumiku.api.bad_request"
handler404 = "lumiku.studio.refusals.not_found"
handler500 = "lumiku.studio.refusals.server_error"
