"""The addresses of Queuescope. The whole state of a view is in its address; only a POST does something."""

from django.urls import path, register_converter

from queues_app.views import (
    approvals,
    audit,
    credentials,
    deleting,
    emptying,
    exporting,
    finding,
    forecast,
    leases,
    masking,
    messages,
    opening,
    people,
    preferences,
    queue_settings,
    queues,
    rules,
    sending,
    sharing,
    teams,
    you,
)


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
    path("you/", you.index, name="you"),
    path("you/password/", you.password, name="you_password"),
    path("you/sessions/<int:session>/end/", you.end_session, name="session_end"),
    path("you/sessions/end/", you.end_sessions, name="sessions_end"),
    path("people/", people.index, name="people"),
    path("people/invite/", people.invite, name="invite"),
    path("people/invitations/<int:invitation>/withdraw/", people.withdraw, name="invitation_withdraw"),
    path("people/<int:number>/", people.detail, name="person"),
    path("people/<int:number>/role/", people.role, name="person_role"),
    path("people/<int:number>/close/", people.close, name="person_close"),
    path("people/<int:number>/reopen/", people.reopen, name="person_reopen"),
    path("people/<int:number>/second-factors/remove/", people.forget_factors, name="person_factors"),
    path("teams/", teams.index, name="teams"),
    path("teams/add/", teams.add, name="team_add"),
    path("teams/<int:team>/", teams.detail, name="team"),
    path("teams/<int:team>/rename/", teams.rename, name="team_rename"),
    path("teams/<int:team>/remove/", teams.remove, name="team_remove"),
    path("teams/<int:team>/members/", teams.put, name="team_members"),
    path("teams/<int:team>/members/<int:member>/remove/", teams.take_out, name="member_remove"),
    path("join/", people.join, name="join"),
    path("preferences/", preferences.save, name="preferences"),
    path("credentials/", credentials.index, name="credentials"),
    path("credentials/add/", credentials.add, name="credential_add"),
    path("credentials/<int:credential>/", credentials.detail, name="credential"),
    path("credentials/<int:credential>/rename/", credentials.rename, name="credential_rename"),
    path("credentials/<int:credential>/replace/", credentials.replace, name="credential_replace"),
    path("credentials/<int:credential>/verify/", credentials.verify, name="credential_verify"),
    path("credentials/<int:credential>/default/", credentials.make_default, name="credential_default"),
    path("credentials/<int:credential>/delete/", credentials.delete, name="credential_delete"),
    path("credentials/<int:credential>/share/<int:team>/", sharing.share, name="credential_share"),
    path("credentials/<int:credential>/share/<int:team>/end/", sharing.end, name="credential_share_end"),
    path("accounts/<int:account>/queues/", queues.index, name="queues"),
    path(QUEUE, queues.detail, name="queue"),
    path(QUEUE + "facts/", queues.facts, name="queue_facts"),
    path(QUEUE + "empty/", emptying.empty, name="queue_empty"),
    path(QUEUE + "empty/status/", emptying.status, name="queue_empty_status"),
    path(QUEUE + "settings/", queue_settings.show, name="queue_settings"),
    path(QUEUE + "settings/pause/", queue_settings.pause, name="queue_pause"),
    path(QUEUE + "settings/resume/", queue_settings.resume, name="queue_resume"),
    path(QUEUE + "settings/consumer/add/", queue_settings.add_consumer, name="consumer_add"),
    path(QUEUE + "settings/consumer/edit/", queue_settings.edit_consumer, name="consumer_edit"),
    path(QUEUE + "settings/consumer/remove/", queue_settings.remove_consumer, name="consumer_remove"),
    path(QUEUE + "peek/", messages.peek, name="peek"),
    path(QUEUE + "forecast/", forecast.forecast, name="forecast"),
    path(QUEUE + "pull/", messages.pull, name="pull"),
    path(QUEUE + "send/", sending.send, name="send"),
    path(QUEUE + "send/file/", sending.send_file, name="send_file"),
    path(QUEUE + "send/<uuid:sending>/", sending.sending, name="sending"),
    path(BATCH, messages.batch, name="batch"),
    path(BATCH + "peek-again/", messages.peek_again, name="peek_again"),
    path(BATCH + "settle/", messages.settle, name="settle"),
    path(BATCH + "delete/", deleting.delete, name="delete"),
    path(BATCH + "deletions/<int:entry>/look-again/", deleting.look_again, name="look_again"),
    path(BATCH + "export/", exporting.export, name="export"),
    path(BATCH + "messages/<int:position>/", opening.message, name="message"),
    path(BATCH + "messages/<int:position>/picture/", opening.picture, name="message_picture"),
    path(BATCH + "messages/<int:position>/decoding/", opening.remember, name="message_decoding"),
    path(BATCH + "messages/<int:position>/reveal/", masking.reveal, name="reveal"),
    path(BATCH + "compare/", finding.compare, name="compare"),
    path(BATCH + "columns/", finding.columns, name="find_columns"),
    path(BATCH + "filters/", finding.save_filter, name="filters"),
    path(BATCH + "filters/<int:saved>/delete/", finding.delete_filter, name="filter_delete"),
    path(BATCH + "messages/<int:position>/sightings/", finding.seen, name="sightings"),
    path(BATCH + "send-again/", sending.send_again, name="send_again"),
    path(BATCH + "messages/<int:position>/body/", messages.body, name="message_body"),
    path("leases/", leases.mine, name="leases"),
    path("leases/all/", leases.everybodys, name="leases_all"),
    path("leases/act/", leases.act, name="lease_acts"),
    path("leases/return/", leases.return_everything, name="leases_return"),
    path(QUEUE + "leases/", leases.of_queue, name="queue_leases"),
    path(QUEUE + "leases/return/", leases.return_everything, name="queue_leases_return"),
    path("rules/", rules.index, name="rules"),
    path("rules/add/", rules.add, name="rule_add"),
    path("rules/<int:rule>/remove/", rules.remove, name="rule_remove"),
    path("rules/accounts/<hex:account_id>/read-only/", rules.read_only, name="rules_read_only"),
    path("rules/why/", rules.why, name="rules_why"),
    path("rules/two-person/add/", rules.add_two_person, name="two_person_add"),
    path("rules/two-person/<int:rule>/remove/", rules.remove_two_person, name="two_person_remove"),
    path("approvals/", approvals.index, name="approvals"),
    path("approvals/ask/", approvals.ask, name="approval_ask"),
    path("approvals/<int:number>/", approvals.detail, name="approval"),
    path("approvals/<int:number>/decide/", approvals.decide, name="approval_decide"),
    path("approvals/<int:number>/withdraw/", approvals.withdraw, name="approval_withdraw"),
    path("approvals/<int:number>/run/", approvals.run, name="approval_run"),
    path("masking/", masking.index, name="masking"),
    path("masking/add/", masking.add, name="mask_add"),
    path("masking/<int:rule>/remove/", masking.remove, name="mask_remove"),
    path("audit/", audit.index, name="audit"),
    path("audit/<int:entry>/", audit.detail, name="audit_entry"),
    path("audit/<int:entry>/markdown/", audit.markdown, name="audit_markdown"),
]
