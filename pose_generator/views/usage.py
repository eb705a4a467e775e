"""What the caller made and paid for."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from pose_generator import usage
from pose_generator.serializers.usage import StatsSerializer


class StatsView(APIView):
    @extend_schema(responses=StatsSerializer, tags=["operations"])
    def get(self, request: Request) -> Response:
        return Response(usage.stats(request.user))
