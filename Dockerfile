# One image for every process: web, worker, beat and the one-shot migration differ only in their command (docker-compose.yml).
# Everything comes as a wheel, so no compiler is in the image.
FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    UPLOAD_PATH=/data/media

# A volume mounted at /data/media starts with this folder's owner.
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin lumiku \
    && install --directory --owner=lumiku --group=lumiku /data/media

WORKDIR /app
COPY requirements.txt ./
RUN pip install --no-cache-dir --only-binary=:all: --requirement requirements.txt

COPY manage.py ./
COPY lumiku/ lumiku/
COPY credits/ credits/
COPY avatars/ avatars/
COPY pose_generator/ pose_generator/

# Finding people in photos needs models; without them the image still does everything else.
ENV VISION_MODELS=/app/vision
RUN DEBUG=1 python manage.py fetch_vision_models || echo "Going on without the vision models."

USER lumiku
EXPOSE 4000
CMD ["daphne", "-b", "0.0.0.0", "-p", "4000", "lumiku.asgi:application"]
