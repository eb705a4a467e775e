"""The nouns of the product."""

from pose_generator.models.favourites import FavoritePose, FavoriteResult
from pose_generator.models.generations import Answer, Generation, Result, Status
from pose_generator.models.library import Category, Pose
from pose_generator.models.operations import Pause, Process
from pose_generator.models.projects import Project, Upload
from pose_generator.models.wishes import PoseRequest, Vote

__all__ = [
    "Answer",
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
    "Status",
    "Upload",
    "Vote",
]
