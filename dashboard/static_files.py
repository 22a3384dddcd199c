"""Where pages find static files when the site is served below a path, which a proxy may say anew for each request."""

from django.contrib.staticfiles.storage import StaticFilesStorage
from django.urls import get_script_prefix
from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]


class FilesAsWritten(StaticFilesStorage):
    """For a developer and the tests: nothing is collected."""

    def url(self, name: str | None) -> str:
        return _below_prefix(super().url(name))


class CollectedFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # it has no types
    """For a deployment: with a hash in each name, and compressed beforehand."""

    def url(self, name: str | None, force: bool = False) -> str:
        return _below_prefix(super().url(name, force))


def _below_prefix(url: str) -> str:
    return f"{get_script_prefix().rstrip('/')}{url}"
