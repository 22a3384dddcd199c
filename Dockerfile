# Two stages: what builds the environment stays behind.
FROM python:3.13-slim-bookworm AS build
WORKDIR /app
COPY requirements/base.txt requirements/postgres.txt requirements/
RUN python -m venv /app/.venv \
    && /app/.venv/bin/python -m pip install --no-cache-dir --require-hashes \
        -r requirements/base.txt -r requirements/postgres.txt
COPY manage.py pyproject.toml gunicorn.conf.py ./
COPY dashboard dashboard
COPY queues_app queues_app
COPY templates templates
COPY static static
# Made-up keys that end with this layer: collecting needs settings in order, and seals nothing.
RUN SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(50))')" \
    CREDENTIAL_KEYS="$(python -c 'import base64, secrets; print(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())')" \
    ALLOWED_HOSTS=localhost \
    /app/.venv/bin/python manage.py collectstatic --no-input

FROM python:3.13-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home queuescope \
    && install --directory --owner queuescope /data
WORKDIR /app
COPY --from=build /app /app
USER queuescope
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 DATABASE_URL=sqlite:////data/queuescope.sqlite3
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "-c", "\
import os, urllib.request as u; \
u.urlopen(u.Request(f\"http://127.0.0.1:{os.environ.get('PORT') or 8000}/healthz/\", \
headers={'Host': os.environ['ALLOWED_HOSTS'].split(',')[0]}), timeout=4)"]
CMD ["sh", "-c", "python manage.py migrate --no-input && exec gunicorn dashboard.wsgi:application"]
