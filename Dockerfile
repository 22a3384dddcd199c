# Two stages: what builds the environment stays behind. The steps are scripts, which the tests run too
# (tests/deployment/test_container.py), with the files that are copied here and as somebody without rights.
FROM python:3.13-slim-bookworm AS build
WORKDIR /app
COPY scripts scripts
COPY requirements requirements
RUN scripts/container/build libraries
COPY manage.py pyproject.toml gunicorn.conf.py ./
COPY dashboard dashboard
COPY queues_app queues_app
COPY templates templates
COPY static static
RUN scripts/container/build site

FROM python:3.13-slim-bookworm
# /data is for whatever user it is run as, where that is one of group 0.
RUN python -m pip uninstall --yes --quiet --root-user-action ignore pip \
    && install --directory --owner 10001 --group 0 --mode 0770 /data
WORKDIR /app
COPY --from=build /app /app
USER 10001:0
ENV HOST=0.0.0.0 DATABASE_URL=sqlite:////data/queuescope.sqlite3 ENV_FILE= PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["scripts/container/health"]
CMD ["scripts/container/start"]
