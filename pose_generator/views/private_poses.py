"""Poses of the caller's own, out of a photo or key points."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lumiku import api
from pose_generator import private_poses
from pose_generator.models import Pose
from pose_generator.serializers.library import PoseAnswer, PoseSerializer
from pose_generator.serializers.private_poses import FromPhotoForm


class FromPhotoView(APIView):
    parser_classes = [api.CamelCaseMultiPartParser, api.CamelCaseParser]

    @extend_schema(
        request={"multipart/form-data": FromPhotoForm, "application/json": FromPhotoForm},
        responses={201: PoseAnswer},
        tags=["library"],
    )
    def post(self, request: Request) -> Response:
        """Make a private pose of a photo of one person, of OpenPose JSON or of COCO key points."""
        form = FromPhotoForm(data=request.data)
        form.is_valid(raise_exception=True)
        source, content = form.given()
        if source == "file":
            pose = private_poses.from_photo(request.user, content, **form.about())
        else:
            pose = private_poses.from_keypoints(request.user, content, format=source, **form.about())
        shown = Pose.objects.visible_to(request.user).for_display().get(pk=pose.pk)
        return Response({"pose": PoseSerializer(shown).data}, status=201)
