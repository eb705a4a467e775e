"""Projects and uploads."""

from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lumiku import api, pages
from lumiku.errors import Invalid
from pose_generator import projects
from pose_generator.models import Generation, Project, Result, Status
from pose_generator.serializers.generations import GenerationSerializer
from pose_generator.serializers.projects import (
    ProjectAnswer,
    ProjectForm,
    ProjectSerializer,
    UploadForm,
    UploadSerializer,
)


def mine(request: Request) -> QuerySet[Any]:
    """Return the caller's projects with their totals."""
    orders = Generation.objects.filter(project=OuterRef("pk"), discarded_at=None).order_by().values("project")
    pictures = Result.objects.filter(
        generation__project=OuterRef("pk"), generation__discarded_at=None, status=Status.COMPLETED
    )
    counted = pictures.order_by().values("generation__project").annotate(number=Count("pk")).values("number")
    return (
        Project.objects.owned_by(request.user)
        .select_related("avatar", "photo")
        .annotate(
            total_generations=Coalesce(Subquery(orders.annotate(number=Count("pk")).values("number")), 0),
            total_poses_generated=Coalesce(Subquery(counted), 0),
        )
    )


def shown(request: Request, project: Project) -> dict[str, Any]:
    return {"project": ProjectSerializer(mine(request).get(pk=project.pk)).data}


class ProjectsView(APIView):
    @extend_schema(
        operation_id="projects_list",
        responses=pages.page_schema("projects", ProjectSerializer),
        parameters=[OpenApiParameter("status", str, enum=Project.State.values), *pages.PAGE_PARAMETERS],
        tags=["projects"],
    )
    def get(self, request: Request) -> Response:
        rows = mine(request).order_by("-created_at", "pk")
        if status := request.query_params.get("status"):
            if status not in Project.State.values:
                raise Invalid(_("Unknown status."), fields={"status": [_("Use active or archived.")]})
            rows = rows.filter(status=status)
        return pages.paginate(request, rows, ProjectSerializer, plural="projects", limit=10)

    @extend_schema(request=ProjectForm, responses={201: ProjectAnswer}, tags=["projects"])
    def post(self, request: Request) -> Response:
        form = ProjectForm(data=request.data, context={"request": request})
        form.is_valid(raise_exception=True)
        project = projects.create(request.user, **form.fields_of_model())
        return Response(shown(request, project), status=201)


class ProjectView(APIView):
    @extend_schema(responses=ProjectAnswer, tags=["projects"])
    def get(self, request: Request, pk: str) -> Response:
        project = get_object_or_404(mine(request), pk=pk)
        latest = Generation.objects.owned_by(request.user).filter(project=project).with_counts().order_by("-created_at")
        body = ProjectSerializer(project).data
        return Response({"project": {**body, "generations": GenerationSerializer(latest[:10], many=True).data}})

    @extend_schema(request=ProjectForm, responses=ProjectAnswer, tags=["projects"])
    def put(self, request: Request, pk: str) -> Response:
        project = get_object_or_404(Project.objects.owned_by(request.user), pk=pk)
        form = ProjectForm(data=request.data, partial=True, context={"request": request})
        form.is_valid(raise_exception=True)
        return Response(shown(request, projects.change(project, **form.fields_of_model())))

    @extend_schema(responses={204: None}, tags=["projects"])
    def delete(self, request: Request, pk: str) -> Response:
        projects.discard(get_object_or_404(Project.objects.owned_by(request.user), pk=pk))
        return Response(status=204)


class UploadsView(APIView):
    parser_classes = [api.CamelCaseMultiPartParser]

    @extend_schema(request={"multipart/form-data": UploadForm}, responses={201: UploadSerializer}, tags=["uploads"])
    def post(self, request: Request) -> Response:
        form = UploadForm(data=request.data)
        form.is_valid(raise_exception=True)
        data = form.validated_data["file"].read()
        upload = projects.upload(request.user, data, purpose=form.validated_data["purpose"])
        return Response(UploadSerializer(upload).data, status=201)
