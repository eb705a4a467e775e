"""The nouns of the product."""

from credits.work import Status
from pose_generator.models.changes import BackgroundChange
from pose_generator.models.favourites import FavoritePose, FavoriteResult
from pose_generator.models.generations import Generation, Result
from pose_generator.models.library import Category, Pose
from pose_generator.models.operations import Pause, Process
from pose_generator.models.projects import Project, Upload
from pose_generator.models.shares import Share, SharedPicture
from pose_generator.models.wishes import PoseRequest, Vote

__all__ = [
    "BackgroundChange",
    "Category",
    "FavoritePose",
    "FavoriteResult",
    "Generation",
    "Pause",
    "Pose",
    "PoseRequest",
    "Process",
    "Project",
    "Result",
    "Share",
    "SharedPicture",
    "Status",
    "Upload",
    "Vote",
]
