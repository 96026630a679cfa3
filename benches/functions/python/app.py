"""The receiver's job as a user would write it: checks the signature, groups the events by type, and sends each to the
queue of its type with the attributes of docs/messages.md. Accepts events of Verify and Session."""

import base64
import hashlib
import json
import os
from datetime import datetime, timezone

import boto3
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

SCHEME = "rsassa-pss-sha256="
MAX_ENTRIES = 10
PSS = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=padding.PSS.AUTO)

sqs = boto3.client("sqs")
prefix = os.environ["PRELUDE_QUEUE_URL_PREFIX"]
decoder = json.JSONDecoder()


def base64url(number):
    data = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def read_key(pem):
    """Reads a PEM text that may have lost its line ends, and names the key by its RFC 7638 thumbprint."""
    key = load_der_public_key(base64.b64decode(pem.split("-----")[2]))
    assert isinstance(key, rsa.RSAPublicKey)
    numbers = key.public_numbers()
    jwk = f'{{"e":"{base64url(numbers.e)}","kty":"RSA","n":"{base64url(numbers.n)}"}}'
    thumbprint = base64.urlsafe_b64encode(hashlib.sha256(jwk.encode()).digest()).rstrip(b"=").decode()
    return key, thumbprint


account_key = read_key(os.environ["PRELUDE_PUBLIC_KEYS"])
app_keys = {app["app_id"]: read_key(app["public_keys"][0]) for app in json.loads(os.environ["PRELUDE_APPS"])}


def is_signed(body, header, key):
    if not header.startswith(SCHEME):
        return False
    signature = header[len(SCHEME) :]
    try:
        key.verify(base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4)), body, PSS, hashes.SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


def elements(text):
    """The text and the value of each element of a batch's array, as it was sent."""
    place = text.index("[", text.index('"events"')) + 1
    while True:
        while text[place] in " \t\r\n,":
            place += 1
        if text[place] == "]":
            return
        event, end = decoder.raw_decode(text, place)
        yield text[place:end], event
        place = end


def attribute(value):
    return {"DataType": "String", "StringValue": value}


def handler(event, context):
    body = base64.b64decode(event["body"]) if event.get("isBase64Encoded") else event["body"].encode()
    text = body.decode()
    delivery = json.loads(text)
    is_batch = isinstance(delivery.get("events"), list)
    signer = app_keys.get(delivery.get("app_id")) if is_batch else account_key
    if signer is None or not is_signed(body, event["headers"].get("x-webhook-signature", ""), signer[0]):
        return {"statusCode": 401, "body": "unauthorized"}

    common = {
        "source": attribute("session" if is_batch else "verify"),
        "authentication": attribute("signature"),
        "key_id": attribute(signer[1]),
        "request_id": attribute(context.aws_request_id),
        "received_at": attribute(datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")),
    }
    if is_batch:
        common["app_id"] = attribute(delivery["app_id"])
    queues = {}
    for raw, each in elements(text) if is_batch else [(text, delivery)]:
        entries = queues.setdefault(prefix + each["type"].replace(".", "-").replace("_", "-"), [])
        attributes = {**common, "event_type": attribute(each["type"]), "event_id": attribute(each["id"])}
        entries.append({"Id": str(len(entries) % MAX_ENTRIES), "MessageBody": raw, "MessageAttributes": attributes})

    for queue, entries in queues.items():
        for start in range(0, len(entries), MAX_ENTRIES):
            answer = sqs.send_message_batch(QueueUrl=queue, Entries=entries[start : start + MAX_ENTRIES])
            if answer.get("Failed"):
                return {"statusCode": 503, "body": "unavailable"}
    body = json.dumps({"accepted": len(delivery["events"]) if is_batch else 1})
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": body}
