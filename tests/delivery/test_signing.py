"""What is posted says who made it."""

import base64
import hashlib
import hmac

from queues_app.delivery import SigningKey, signing


def test_a_signature_is_the_one_that_the_scheme_asks_for() -> None:
    raw = bytes(range(32))
    secret = "whsec_" + base64.b64encode(raw).decode()

    told = signing.headers([SigningKey.read(secret)] * 2, number="audit_1_2", at=1764331200, body=b"{}\n")

    made = base64.b64encode(hmac.new(raw, b"audit_1_2.1764331200.{}\n", hashlib.sha256).digest()).decode()
    assert told == {
        "webhook-id": "audit_1_2",
        "webhook-timestamp": "1764331200",
        "webhook-signature": f"v1,{made} v1,{made}",
    }
    assert secret[6:] not in repr(SigningKey.read(secret))
