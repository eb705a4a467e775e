"""`/api/apps/pose-generator`."""

from django.urls import path

from pose_generator.views import (
    backgrounds,
    exports,
    generations,
    library,
    operations,
    orders,
    poses,
    private_poses,
    projects,
)

urlpatterns = [
    path("library", library.LibraryView.as_view()),
    path("library/from-photo", private_poses.FromPhotoView.as_view()),
    path("library/search-by-pose", poses.SearchByPoseView.as_view()),
    path("library/<uuid:pk>", library.PoseView.as_view()),
    path("library/<uuid:pk>/skeleton.png", poses.SkeletonView.as_view()),
    path("library/<uuid:pk>/similar", poses.SimilarView.as_view()),
    path("categories", library.CategoriesView.as_view()),
    path("projects", projects.ProjectsView.as_view()),
    path("projects/<uuid:pk>", projects.ProjectView.as_view()),
    path("uploads", projects.UploadsView.as_view()),
    path("quote", orders.QuoteView.as_view()),
    path("generate", orders.GenerateView.as_view()),
    path("export-formats", exports.ExportFormatsView.as_view()),
    path("generations", generations.GenerationsView.as_view()),
    path("generations/from-file", exports.FromFileView.as_view()),
    path("generations/<uuid:pk>", generations.GenerationView.as_view()),
    path("generations/<uuid:pk>/results", generations.ResultsView.as_view()),
    path("generations/<uuid:pk>/cancel", generations.CancelView.as_view()),
    path("generations/<uuid:pk>/retry", generations.RetryView.as_view()),
    path("generations/<uuid:pk>/receipt", generations.ReceiptView.as_view()),
    path("generations/<uuid:pk>/export-zip", exports.ExportZipView.as_view()),
    path("poses/<uuid:pk>", generations.PictureView.as_view()),
    path("poses/<uuid:pk>/background", backgrounds.BackgroundView.as_view()),
    path("poses/<uuid:pk>/regenerate-export", exports.RegenerateExportView.as_view()),
    path("health", operations.HealthView.as_view()),
    path("metrics", operations.MetricsView.as_view()),
]
