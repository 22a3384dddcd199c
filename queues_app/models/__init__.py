"""What Queuescope keeps. Secrets and bodies only sealed; audit entries outlive everything else."""

from queues_app.models.audit import Action, AuditEntry, Outcome
from queues_app.models.batch import Batch, Lease, LeaseState, Mode
from queues_app.models.credential import Account, Credential, CredentialStatus, Environment, Kind
from queues_app.models.user import DeploymentPermission, User

__all__ = [
    "Account",
    "Action",
    "AuditEntry",
    "Batch",
    "Credential",
    "CredentialStatus",
    "DeploymentPermission",
    "Environment",
    "Kind",
    "Lease",
    "LeaseState",
    "Mode",
    "Outcome",
    "User",
]
