#!/usr/bin/env python3
"""Makes and checks signatures.json: webhook signatures by OpenSSL, which the receiver does not use.

    python3 -m venv .venv && .venv/bin/pip install cryptography==50.0.2
    .venv/bin/python tests/vectors/openssl/generate.py            # makes the file, then checks it
    .venv/bin/python tests/vectors/openssl/generate.py --check    # only checks the file

The keys are the test keys of tests/keys. PSS salts are random, so a new run makes other bytes. The file is checked in,
and the tests read it unchanged. Python's `cryptography` wheels contain their own OpenSSL, which makes the signatures.

Members of each case:

    id
    key            file stem in tests/keys: the verifier's only key
    body_base64    received bytes
    header         whole value of X-Webhook-Signature
    salt_length    null without a PSS signature
    padded         true if the header ends in `=` padding
    alphabet       alphabet of the base64
    valid
    note

All headers are visible ASCII, space or tab, so that each fits an HTTP header value.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import re
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.backends.openssl import backend
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

HERE = pathlib.Path(__file__).resolve().parent
KEYS = HERE.parent.parent / "keys"
OUTPUT = HERE / "signatures.json"
SCHEME = "rsassa-pss-sha256="
SHA256_LENGTH = 32

JSON = b'{"id":"evt_01","type":"verify.authentication","payload":{"verification_id":"vrf_01"},"created_at":"2026-01-02T03:04:05Z"}'
NON_ASCII = '{"id":"evt_02","type":"user.created","payload":{"name":"Zoë 李 \U0001f98a","note":"a/b+c\\n"}}\n'.encode()
BODIES = {
    "empty": b"",
    "json": JSON,
    "non-ascii": NON_ASCII,
    "not-utf8": b'{"id":"\xff\xfe\x00\xc3\x28"}\r\n',
}
# Repetitive, so that the repository compresses it well.
LARGE = b'{"app_id":"demoapp1","events":[' + b",".join(
    b'{"id":"evt_%05d","type":"user.created","payload":{"user_id":"usr_%05d"}}' % (n, n) for n in range(1370)
) + b"]}"


def main():
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    if not sys.argv[1:]:
        cases = valid_cases() + invalid_cases()
        lines = ",\n".join(json.dumps(case, ensure_ascii=True) for case in cases)
        OUTPUT.write_text(f"[\n{lines}\n]\n")
    check(json.loads(OUTPUT.read_text()))


def valid_cases():
    cases = []
    for name, body in BODIES.items():
        for salt in (0, 20, 32, longest_salt("account-2048")):
            for alphabet in ("url", "standard"):
                for padded in (False, True):
                    cases.append(valid("account-2048", name, body, salt, alphabet, padded))
    # 133 kB of base64 each, so only one with the usual salt and one with the longest.
    cases.append(valid("account-2048", "100kb", LARGE, 32, "url", False))
    cases.append(valid("account-2048", "100kb", LARGE, longest_salt("account-2048"), "standard", True))

    cases.append(valid("app-2048", "json", JSON, 32, "url", False))
    cases.append(valid("app-2048", "json", JSON, longest_salt("app-2048"), "standard", True))
    # 384 bytes are a whole number of base64 groups, so their base64 has no padding.
    for salt in (0, 20, 32, longest_salt("account-3072")):
        for alphabet in ("url", "standard"):
            cases.append(valid("account-3072", "non-ascii", NON_ASCII, salt, alphabet, False))
    for key, salts in (("app-4096", (0, 20, 32, longest_salt("app-4096"))), ("account-8192", (32, longest_salt("account-8192")))):
        for salt in salts:
            for alphabet, padded in (("url", False), ("standard", True)):
                cases.append(valid(key, "json", JSON, salt, alphabet, padded))
    return cases


def valid(key, body_name, body, salt, alphabet, padded):
    special = "-_" if alphabet == "url" else "+/"
    while True:
        text = encode(sign(key, body, salt), alphabet, padded)
        if any(character in text for character in special):
            break
        # A signature without salt never changes, so the loop would not end.
        assert salt != 0, "this body's signature shows no difference between the alphabets"
    identifier = f"{key}/{body_name}/salt-{salt}/{alphabet}/{'padded' if padded else 'unpadded'}"
    note = "longest salt, what Go's SignPSS makes by default" if salt == longest_salt(key) else ""
    return case(identifier, key, body, SCHEME + text, True, note, salt, alphabet)


def invalid_cases():
    cases = []
    genuine = sign("account-2048", JSON, 32)
    text = encode(genuine)
    modulus = private_key("account-2048").private_numbers().public_numbers.n

    def add(name, header, note, body=JSON, key="account-2048", salt=32, alphabet="url"):
        cases.append(case(f"invalid/{name}", key, body, header, False, note, salt, alphabet))

    def add_signature(name, signature, note, **rest):
        alphabet = rest.get("alphabet", "url")
        add(name, SCHEME + encode(signature, alphabet), note, **rest)

    # Received bodies that differ from the signed one.
    add_signature("wrong-body", genuine, "one digit of the body changed", body=JSON.replace(b"evt_01", b"evt_02"))
    add_signature("body-with-newline", genuine, "a newline after the body that was signed", body=JSON + b"\n")
    add_signature("body-without-newline", sign("account-2048", NON_ASCII, 32), "the last newline cut off", body=NON_ASCII[:-1])
    add_signature("body-reserialised", genuine, "same JSON, other spaces", body=json.dumps(json.loads(JSON)).encode())
    add_signature("body-still-base64", genuine, "API Gateway's base64 not undone", body=base64.b64encode(JSON))
    add_signature("body-empty", genuine, "no body", body=b"")
    add_signature("hashed-twice", sign("account-2048", hashlib.sha256(JSON).digest(), 32), "signature of the body's SHA-256 as message")
    add_signature("hashed-twice-hex", sign("account-2048", hashlib.sha256(JSON).hexdigest().encode(), 32), "signature of the SHA-256 in hex")

    # Another signer.
    for other in ("other-2048", "app-2048", "account-3072"):
        add_signature(f"key-{other}", sign(other, JSON, 32), f"made with {other}")

    # Another algorithm under the right scheme.
    for name, algorithm in (("sha1", hashes.SHA1()), ("sha384", hashes.SHA384()), ("sha512", hashes.SHA512()), ("sha3-256", hashes.SHA3_256())):
        signature = sign("account-2048", JSON, 32, digest=algorithm, mask=algorithm)
        add_signature(f"digest-{name}", signature, f"PSS with {name} for digest and mask")
    add_signature("mask-sha1", sign("account-2048", JSON, 32, mask=hashes.SHA1()), "SHA-256 digest, MGF1 with SHA-1")
    add_signature("mask-sha512", sign("account-2048", JSON, 32, mask=hashes.SHA512()), "SHA-256 digest, MGF1 with SHA-512")
    pkcs1 = private_key("account-2048").sign(JSON, padding.PKCS1v15(), hashes.SHA256())
    add_signature("pkcs1-v1-5", pkcs1, "RSASSA-PKCS1-v1_5 with SHA-256", salt=None)

    # Damaged signatures.
    for name, byte in (("first", 0), ("middle", 128), ("last", 255)):
        flipped = bytearray(genuine)
        flipped[byte] ^= 1
        add_signature(f"flipped-bit-{name}-byte", bytes(flipped), f"lowest bit of byte {byte} flipped")
    add_signature("truncated-byte", genuine[:-1], "last byte missing")
    add_signature("truncated-half", genuine[:128], "second half missing")
    add_signature("extra-byte", genuine + b"\0", "a zero byte after the signature")
    add_signature("leading-zero", b"\0" + genuine, "a zero byte before the signature")
    while (short := sign("account-2048", JSON, 32))[0] != 0:
        pass
    add_signature("zero-stripped", short[1:], "the signature's own leading zero byte left out")
    while (small := int.from_bytes(sign("account-2048", JSON, 32), "big")) + modulus >= 1 << 2048:
        pass
    add_signature("plus-modulus", (small + modulus).to_bytes(256, "big"), "a genuine signature plus the modulus")
    for name, number in (("zero", 0), ("one", 1), ("modulus-less-one", modulus - 1), ("modulus", modulus), ("ones", (1 << 2048) - 1)):
        add_signature(f"number-{name}", number.to_bytes(256, "big"), f"the number {name.replace('-', ' ')} as signature", salt=None)

    # Wrong PSS encodings, signed with the right key. Each could mislead a verifier that finds the salt length.
    for name, note, flaw in (
        ("trailer", "trailer byte 0xcc", {"trailer": 0xCC}),
        ("separator", "0x02 in place of the 0x01 before the salt", {"separator": 2}),
        ("no-separator", "zeros up to the hash: no 0x01 at all", {"separator": 0, "salt": b""}),
        ("zero-padding", "a one bit in the zero padding", {"first": 0x40}),
        ("hash", "the hash of another message", {"message": b"other"}),
    ):
        add_signature(f"encoding-{name}", sign_encoding("account-2048", JSON, **flaw), note, salt=len(flaw.get("salt", bytes(32))))

    # Other schemes.
    secret_hex = hmac.new(b"secret", JSON, hashlib.sha256).hexdigest()
    add("scheme-sha256-hmac", f"sha256={secret_hex}", "HMAC scheme, documented once", salt=None)
    key_hex = hmac.new((KEYS / "account-2048.pub.pem").read_bytes(), JSON, hashlib.sha256).hexdigest()
    add("scheme-sha256-hmac-public-key", f"sha256={key_hex}", "HMAC keyed with the public key, which anyone can make", salt=None)
    add("scheme-sha256", f"sha256={text}", "a genuine signature under the HMAC scheme")
    sha512 = sign("account-2048", JSON, 64, digest=hashes.SHA512(), mask=hashes.SHA512())
    add("scheme-sha512", f"rsassa-pss-sha512={encode(sha512)}", "what the scheme says, but not a scheme of ours", salt=64)
    add("scheme-sha512-over-sha256", f"rsassa-pss-sha512={text}", "a genuine signature under another scheme")
    add("scheme-missing", text, "no scheme")
    add("scheme-empty", f"={text}", "nothing before the equals sign")
    add("scheme-upper-case", f"RSASSA-PSS-SHA256={text}", "schemes are compared to the letter")
    add("scheme-prefix", f"x-rsassa-pss-sha256={text}", "something before the scheme")
    add("scheme-twice", SCHEME + SCHEME + text, "the scheme twice")
    add("scheme-colon", f"rsassa-pss-sha256:{text}", "a colon for the equals sign")
    add("scheme-none", f"none={text}", "a scheme that asks for no check")

    # Headers that are not `scheme=base64`.
    add("empty", "", "an empty value", salt=None)
    add("scheme-alone", "rsassa-pss-sha256", "the scheme alone", salt=None)
    add("signature-empty", SCHEME, "the scheme and no signature", salt=None)
    add("signature-padding-only", SCHEME + "==", "padding alone", salt=None)
    add("space-inside", SCHEME + text[:100] + " " + text[100:], "a space in the base64")
    add("tab-inside", SCHEME + text[:100] + "\t" + text[100:], "a tab in the base64")
    add("space-after-scheme", SCHEME + " " + text, "a space after the equals sign")
    add("space-before-equals", f"rsassa-pss-sha256 ={text}", "a space before the equals sign")
    add("quoted", f'{SCHEME}"{text}"', "the signature in quotes")
    add("garbage", SCHEME + "!*" + text[2:], "characters of no base64 alphabet")
    add("garbage-after", SCHEME + text + ";v=1", "a parameter after the signature")
    add("percent-encoded", SCHEME + text[:100] + "%3D" + text[100:], "percent encoding in the base64")
    add("hex", SCHEME + genuine.hex(), "the signature in hex")
    add("padding-too-long", SCHEME + text + "===", "three characters of padding where two belong")
    add("padding-inside", SCHEME + text[:100] + "==" + text[100:], "padding in the middle")
    add("truncated-character", SCHEME + text[:-1], "last character missing: no whole number of bytes")
    for name, last in (("unpadded", ""), ("padded", "==")):
        add(f"non-canonical-{name}", SCHEME + next_character(text) + last, "same bytes, but bits set that base64 wants zero")
    add("comma-joined-genuine", f"{SCHEME}{text},{SCHEME}{text}", "two genuine signatures in one header")
    add("comma-joined-other-first", f"{SCHEME}{encode(sign('other-2048', JSON, 32))}, {SCHEME}{text}", "a foreign signature, then a genuine one")
    add("comma-joined-genuine-first", f"{SCHEME}{text}, {SCHEME}{encode(sign('other-2048', JSON, 32))}", "a genuine signature, then a foreign one")
    add("comma-after", f"{SCHEME}{text},", "a comma after the signature")
    return cases


def check(cases):
    """Checks every case with OpenSSL's verification and an independent reader of the header."""
    assert len({case["id"] for case in cases}) == len(cases), "two cases share an id"
    for case in cases:
        problem = refusal(case)
        assert (problem is None) == case["valid"], f"{case['id']}: {problem}"
        assert case["padded"] == case["header"].endswith("="), case["id"]
        assert re.fullmatch(r"[\t\x20-\x7e]*", case["header"]), case["id"]
    good = sum(case["valid"] for case in cases)
    print(f"{len(cases)} cases, {good} valid, {len(cases) - good} invalid, {OUTPUT.stat().st_size} bytes; {backend.openssl_version_text()}")


def refusal(case):
    match = re.fullmatch(r"rsassa-pss-sha256=([A-Za-z0-9_-]+|[A-Za-z0-9+/]+)(={0,2})", case["header"])
    if not match:
        return "not scheme=base64"
    text = match[1].replace("-", "+").replace("_", "/")
    if len(text) % 4 == 1:
        return "not a whole number of bytes"
    padded = text + "=" * (-len(text) % 4)
    signature = base64.b64decode(padded, validate=True)
    if base64.b64encode(signature).decode() != padded:
        return "not canonical"
    public = serialization.load_pem_public_key((KEYS / f"{case['key']}.pub.pem").read_bytes())
    # RFC 8017 section 8.1.2, step 1. OpenSSL accepts a signature without its leading zero byte.
    if len(signature) != public.key_size // 8:
        return "not as long as the modulus"
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)
    try:
        public.verify(signature, base64.b64decode(case["body_base64"]), scheme, hashes.SHA256())
    except InvalidSignature:
        return "does not verify"
    return None


def case(identifier, key, body, header, is_valid, note, salt, alphabet):
    return {
        "id": identifier,
        "key": key,
        "body_base64": base64.b64encode(body).decode(),
        "header": header,
        "salt_length": salt,
        "padded": header.endswith("="),
        "alphabet": alphabet,
        "valid": is_valid,
        "note": note,
    }


def sign(key, body, salt, digest=hashes.SHA256(), mask=hashes.SHA256()):
    return private_key(key).sign(body, padding.PSS(padding.MGF1(mask), salt), digest)


def sign_encoding(key, body, trailer=0xBC, separator=1, first=0, salt=bytes(range(32)), message=None):
    """Signs an encoding (RFC 8017, section 9.1.1) that OpenSSL would not make."""
    numbers = private_key(key).private_numbers()
    modulus = numbers.public_numbers.n
    length = (modulus.bit_length() + 7) // 8
    digest = hashlib.sha256(bytes(8) + hashlib.sha256(message or body).digest() + salt).digest()
    block = bytearray(length - SHA256_LENGTH - 1 - len(salt) - 1) + bytes([separator]) + salt
    block[0] |= first
    mask = b"".join(hashlib.sha256(digest + counter.to_bytes(4, "big")).digest() for counter in range(length // SHA256_LENGTH))
    masked = bytearray(a ^ b for a, b in zip(block, mask))
    masked[0] &= 0x7F
    encoded = int.from_bytes(bytes(masked) + digest + bytes([trailer]), "big")
    return pow(encoded, numbers.d, modulus).to_bytes(length, "big")


def longest_salt(key):
    return private_key(key).key_size // 8 - 2 - SHA256_LENGTH


def private_key(stem, loaded={}):
    if stem not in loaded:
        loaded[stem] = serialization.load_pem_private_key((KEYS / f"{stem}.pem").read_bytes(), None)
        assert isinstance(loaded[stem], rsa.RSAPrivateKey)
    return loaded[stem]


def encode(signature, alphabet="url", padded=False):
    encoder = base64.urlsafe_b64encode if alphabet == "url" else base64.b64encode
    text = encoder(signature).decode()
    return text if padded else text.rstrip("=")


def next_character(text):
    """Sets the lowest bit of the last character, which encodes no bit of the 256 bytes."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return text[:-1] + alphabet[alphabet.index(text[-1]) + 1]


if __name__ == "__main__":
    main()
