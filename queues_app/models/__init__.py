"""What Queuescope keeps. Secrets and bodies only sealed; audit entries outlive everything else."""

from queues_app.models.approval import ApprovalRequest, ApprovalState, TwoPersonRule
from queues_app.models.audit import Action, AuditEntry, Outcome
from queues_app.models.audit_chain import (
    AuditArchive,
    AuditedMessage,
    AuditExplanation,
    AuditHead,
    AuditLink,
    AuditPending,
    AuditPruned,
)
from queues_app.models.audit_hold import AuditHold
from queues_app.models.batch import Batch, Mode
from queues_app.models.credential import Account, AccountEnvironment, Credential, CredentialStatus, Environment, Kind
from queues_app.models.deletion import Deletion, DeletionState, Seen
from queues_app.models.forwarding import AuditDestination
from queues_app.models.invitation import Invitation
from queues_app.models.lease import Lease, LeaseState
from queues_app.models.masking import MaskingRule
from queues_app.models.overview import QueueSample, QueueVisit
from queues_app.models.rule import Effect, QueueRule, ReadOnlyAccount
from queues_app.models.sending import Sending, SendingState, Source
from queues_app.models.team import Membership, Share, Team
from queues_app.models.user import DeploymentPermission, User
from queues_app.models.watch import (
    AccountTurn,
    NoticeKind,
    NoticeOutcome,
    NoticeWay,
    Watch,
    WatchKind,
    WatchNotice,
    WatchState,
)
from queues_app.models.workbench import QueueView, SavedFilter

__all__ = [
    "Account",
    "AccountEnvironment",
    "AccountTurn",
    "Action",
    "ApprovalRequest",
    "ApprovalState",
    "AuditArchive",
    "AuditDestination",
    "AuditEntry",
    "AuditExplanation",
    "AuditHead",
    "AuditHold",
    "AuditLink",
    "AuditPending",
    "AuditPruned",
    "AuditedMessage",
    "Batch",
    "Credential",
    "CredentialStatus",
    "Deletion",
    "DeletionState",
    "DeploymentPermission",
    "Effect",
    "Environment",
    "Invitation",
    "Kind",
    "Lease",
    "LeaseState",
    "MaskingRule",
    "Membership",
    "Mode",
    "NoticeKind",
    "NoticeOutcome",
    "NoticeWay",
    "Outcome",
    "QueueRule",
    "QueueSample",
    "QueueView",
    "QueueVisit",
    "ReadOnlyAccount",
    "SavedFilter",
    "Seen",
    "Sending",
    "SendingState",
    "Share",
    "Source",
    "Team",
    "TwoPersonRule",
    "User",
    "Watch",
    "WatchKind",
    "WatchNotice",
    "WatchState",
]
