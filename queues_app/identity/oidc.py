"""Signing in by a provider of OpenID Connect: allauth carries the code flow, what comes back is checked here.

allauth keeps the state and the verifier of PKCE in the session. It believes an ID token without looking at its
signature, since it came straight from the provider, and knows no nonce; here both are checked, as is everything that
the token claims. No token and no claim is kept.
"""

import base64
import hashlib
import logging
from http import HTTPStatus
from typing import Any, Final

import requests
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.base.constants import AuthError
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.utils import generate_code_challenge
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from queues_app.identity import claims as read
from queues_app.identity import network, tokens
from queues_app.identity.tokens import BadTokenError, UnprovenError
from queues_app.models import User
from queues_app.operations.arrivals import Arrival, admit
from queues_app.signin import caller_named

logger = logging.getLogger(__name__)

BY: Final = "OIDC"
# Asymmetric only: with a shared secret, whoever knows it could sign for everybody.
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class CancelledError(UnprovenError):
    """The person said no over there, or the provider did."""

    sentence = "The sign-in was not finished at the other place. Nothing has changed here."
    reason = "cancelled"


class StrayAnswerError(UnprovenError):
    """An answer that this browser did not ask for, or asked for too long ago."""

    sentence = "This sign-in did not begin in this browser, or it took too long. Begin again."
    reason = "bad-state"


class ProviderError(UnprovenError):
    """The provider is down, or answers what no provider should."""

    sentence = "The place that answers for you does not do so at the moment. Try again in a few minutes."
    reason = "provider-down"
    http_status = HTTPStatus.SERVICE_UNAVAILABLE
    is_refusal = False


def is_on() -> bool:
    """Whether there is a provider. What is half set is an error of the settings, and none."""
    return all((settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET, settings.OIDC_ROLES))


class Hooks(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """allauth's hooks. Nobody signs up, and no account is joined to another."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> "Provider":
        """The one there is, also for a sign-in that waits for its second step."""
        return Provider(request)

    def get_requests_session(self) -> requests.Session:
        return network.Session()

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """Everything that allauth finds wrong, as an expected error."""
        if exception is not None:
            # Its words may hold what the provider sent.
            logger.warning("The provider of sign-in failed: %s", type(exception).__name__)
            raise ProviderError from None
        if "state_id" in (extra_context or {}):
            raise StrayAnswerError
        if error != AuthError.CANCELLED:
            logger.warning("The provider of sign-in refused.")
        raise CancelledError


class Provider(OpenIDConnectProvider):  # type: ignore[misc]
    """The one provider, of the settings: none is kept in the database."""

    def __init__(self, request: HttpRequest) -> None:
        app = SocialApp(
            provider=self.id,
            provider_id=BY,
            name=settings.OIDC_NAME,
            client_id=settings.OIDC_CLIENT_ID,
            secret=settings.OIDC_CLIENT_SECRET,
            settings={"server_url": settings.OIDC_ISSUER, "scope": settings.OIDC_SCOPES},
        )
        super().__init__(request, app=app)

    def get_oauth2_adapter(self, request: HttpRequest) -> "Flow":
        return Flow(request)

    def get_pkce_params(self) -> dict[str, str]:
        """What goes to the provider at first; the verifier is taken out by allauth, and waits in the session."""
        made: dict[str, str] = generate_code_challenge()
        return {**made, "nonce": _nonce(made["code_verifier"])}


class Flow(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """The exchange with the provider."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request, BY)
        self._config: dict[str, Any] | None = None
        self._verifier = ""

    def get_provider(self) -> Provider:
        return Provider(self.request)

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the provider publishes of itself.

        Raises ProviderError when it cannot be had, or is another's.
        """
        if self._config is None:
            try:
                self._config = _checked(network.get_object(self.get_provider().server_url))
            except requests.RequestException as error:
                logger.warning("The configuration of OIDC_ISSUER could not be read: %s", type(error).__name__)
                raise ProviderError from None
        return self._config

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return request.build_absolute_uri(reverse("oidc_return"))

    def get_access_token_data(
        self, request: HttpRequest, app: SocialApp, client: Any, pkce_code_verifier: str | None = None
    ) -> dict[str, Any]:
        self._verifier = pkce_code_verifier or ""
        try:
            found = super().get_access_token_data(request, app, client, pkce_code_verifier)
        except (KeyError, ValueError, RecursionError):
            raise OAuth2Error("malformed") from None
        if not isinstance(found, dict):
            raise OAuth2Error("malformed")
        return found

    def parse_token(self, data: dict[str, Any]) -> SocialToken:
        """An empty one: nothing is asked of the provider later."""
        return SocialToken()

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> SocialLogin:
        arrival = self._arrival(kwargs["response"])
        admit(caller=caller_named(request, None, arrival.name), arrival=arrival)
        account = SocialAccount(provider=arrival.by, uid=arrival.uid)
        # Allauth looks up whose it is.
        return SocialLogin(user=User(), account=account, provider=self.get_provider())

    def _arrival(self, response: dict[str, Any]) -> Arrival:
        issuer = self.openid_config["issuer"]
        found = tokens.verify(
            str(response.get("id_token") or ""),
            tokens.keys_at(self.openid_config["jwks_uri"]),
            algorithms=ALGORITHMS,
            issuer=issuer,
            audience=settings.OIDC_CLIENT_ID,
            required=["nonce"],
        )
        _require_ours(found, _nonce(self._verifier))
        if not {settings.OIDC_GROUPS_CLAIM, settings.OIDC_USERNAME_CLAIM} <= found.keys():
            found = {**self._more(str(response["access_token"]), found["sub"]), **found}
        groups = read.groups_of(found, settings.OIDC_GROUPS_CLAIM)
        return Arrival(
            by=BY,
            uid=read.uid_of(issuer, found["sub"]),
            name=read.name_of(found, settings.OIDC_USERNAME_CLAIM, "email"),
            full_name=read.line_of(found, "name"),
            roles=read.roles_of(groups, settings.OIDC_ROLES),
        )

    def _more(self, access_token: str, subject: str) -> dict[str, Any]:
        """What some providers say only when they are asked for it, of the same person."""
        address = self.openid_config.get("userinfo_endpoint")
        if not isinstance(address, str):
            return {}
        said = network.get_object(address, headers={"Authorization": f"Bearer {access_token}"})
        if said.get("sub") != subject:
            raise BadTokenError
        return said


def _checked(config: dict[str, Any]) -> dict[str, Any]:
    texts = [config.get(name) for name in ("issuer", *_ENDPOINTS)]
    if not all(isinstance(text, str) and network.is_allowed(text) for text in texts):
        logger.warning("The configuration of OIDC_ISSUER lacks an address, or holds one that is not encrypted.")
        raise ProviderError
    if str(config["issuer"]).rstrip("/") != settings.OIDC_ISSUER:
        logger.warning("The configuration of OIDC_ISSUER is that of another issuer.")
        raise ProviderError
    return config


def _require_ours(found: dict[str, Any], nonce: str) -> None:
    """Made for this browser's request, and for us where it is made for several.

    Raises BadTokenError.
    """
    is_ours = found["nonce"] == nonce  # signed by the provider: nobody can try one after the other
    parties = found["aud"] if isinstance(found["aud"], list) else [found["aud"]]
    party = found.get("azp", settings.OIDC_CLIENT_ID if len(parties) == 1 else None)
    if not is_ours or party != settings.OIDC_CLIENT_ID:
        logger.warning("A token of %s was refused: its nonce or its party is another.", found["iss"])
        raise BadTokenError


def _nonce(verifier: str) -> str:
    """Bound to the session like the verifier of PKCE that it is made from, and as hard to guess."""
    digest = hashlib.sha256(f"nonce:{verifier}".encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
