"""The addresses of Queuescope. The whole state of a view is in its address; only a POST does something."""

from django.urls import path, register_converter

from queues_app.views import audit, credentials, messages, preferences, queues, sending


class HexIdConverter:
    """A Cloudflare id: 32 lowercase hexadecimal digits. Anything else is no address of ours."""

    regex = "[0-9a-f]{32}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(HexIdConverter, "hex")

QUEUE = "accounts/<int:account>/queues/<hex:queue_id>/"
BATCH = QUEUE + "batches/<uuid:batch>/"

urlpatterns = [
    path("", queues.home, name="home"),
    path("preferences/", preferences.save, name="preferences"),
    path("credentials/", credentials.index, name="credentials"),
    path("credentials/add/", credentials.add, name="credential_add"),
    path("credentials/<int:credential>/", credentials.detail, name="credential"),
    path("credentials/<int:credential>/rename/", credentials.rename, name="credential_rename"),
    path("credentials/<int:credential>/replace/", credentials.replace, name="credential_replace"),
    path("credentials/<int:credential>/verify/", credentials.verify, name="credential_verify"),
    path("credentials/<int:credential>/default/", credentials.make_default, name="credential_default"),
    path("credentials/<int:credential>/delete/", credentials.delete, name="credential_delete"),
    path("accounts/<int:account>/queues/", queues.index, name="queues"),
    path(QUEUE, queues.detail, name="queue"),
    path(QUEUE + "facts/", queues.facts, name="queue_facts"),
    path(QUEUE + "peek/", messages.peek, name="peek"),
    path(QUEUE + "pull/", messages.pull, name="pull"),
    path(QUEUE + "send/", sending.send, name="send"),
    path(QUEUE + "send/file/", sending.send_file, name="send_file"),
    path(QUEUE + "send/<uuid:sending>/", sending.sending, name="sending"),
    path(BATCH, messages.batch, name="batch"),
    path(BATCH + "peek-again/", messages.peek_again, name="peek_again"),
    path(BATCH + "settle/", messages.settle, name="settle"),
    path(BATCH + "send-again/", sending.send_again, name="send_again"),
    path(BATCH + "messages/<int:position>/", messages.message, name="message"),
    path(BATCH + "messages/<int:position>/body/", messages.body, name="message_body"),
    path("audit/", audit.index, name="audit"),
    path("audit/<int:entry>/", audit.detail, name="audit_entry"),
]
