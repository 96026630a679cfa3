"""Values that patterns of the template admit.

Apps and PathToken take digests and references to Secrets Manager, and no plain secret. Routes takes a JSON object of texts, and
nothing that SAM makes of one that is not quoted.

CloudFormation matches its patterns with Java, against the whole value. This test matches them with Python's `re`, and the
patterns use only syntax that both share.
"""

import json
import re

DIGEST = "sha256:" + "0123456789abcdef" * 4
SECRET = "{{resolve:secretsmanager:prelude-webhooks:SecretString:token}}"
ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prelude/webhooks-AbCdEf"
PEM = "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0B+/==\n-----END PUBLIC KEY-----\n"
CLEAR = "a-token-in-the-clear-0123456789abcdef"


def app(token=DIGEST, **members):
    return {"app_id": "54e9ujn", "verification_token": token, **members}


GOOD = {
    "Apps": {
        "nothing": "",
        "none": "none",
        "no app": "[]",
        "an app": json.dumps([app()]),
        "without white space": json.dumps([app()], separators=(",", ":")),
        "a digest in capitals": json.dumps([app("sha256:" + "0123456789ABCDEF" * 4)]),
        "a token in Secrets Manager": json.dumps([app(SECRET)]),
        "every part of a reference": json.dumps([app(f"{{{{resolve:secretsmanager:{ARN}:SecretString:a.b:AWSCURRENT}}}}")]),
        "a version": json.dumps([app("{{resolve:secretsmanager:a/b_c+d=e@f:SecretString:key::0-1-2}}")]),
        "all of it in Secrets Manager": "{{resolve:secretsmanager:prelude-webhooks-apps}}",
        "the same with a line end": "{{resolve:secretsmanager:prelude-webhooks-apps}}\n",
        "a line end, as YAML's | leaves it": json.dumps([app()]) + "\n",
        "more line ends": "\n " + json.dumps([app()]) + " \r\n\n",
        "indented": json.dumps([app(), app()], indent=2),
        "tabs and carriage returns": json.dumps([app()], indent="\t").replace("\n", "\r\n"),
        "the token first": json.dumps([{"verification_token": DIGEST, "app_id": "a"}]),
        "a key server": json.dumps([app(jwks_url="https://keys.example.com/jwks.json?a=b")]),
        "pinned keys": json.dumps([app(public_keys=[PEM, PEM])]),
        "members that are not set": json.dumps([app(jwks_url=None, public_keys=None)]),
        "an empty list of keys": json.dumps([app(public_keys=[])]),
        "all members in another order": json.dumps(
            [{"public_keys": [PEM], "verification_token": SECRET, "jwks_url": "https://a.example", "app_id": "a"}]
        ),
        "escapes": json.dumps([app(public_keys=["\\,]}\t\u00e9"])]),
        "many apps": json.dumps([app() for _ in range(30)]),
    },
    "PathToken": {
        "nothing": "",
        "none": "none",
        "a digest": DIGEST,
        "a digest in capitals": DIGEST.replace("abcdef", "ABCDEF"),
        "a secret": SECRET,
        "two, while rotating": f"{DIGEST},{DIGEST}",
        "two of both kinds": f"{SECRET}, {DIGEST}",
        "a line end": f"{DIGEST}\n",
        "two lines": f"{DIGEST},\n{SECRET}\n",
    },
    "Routes": {
        "nothing": "",
        "no route": "{}",
        "a route": '{"user.*":"users"}',
        "a line end": '{"user.*":"users"}\n',
        "indented": json.dumps({"user.*": "users", "verify.attempt": "calls"}, indent=2),
        "blanks around it": ' { "user.*" : "users" } \n',
    },
}

BAD = {
    "Apps": {
        "a token": json.dumps([app(CLEAR)]),
        "the second of two": json.dumps([app(), app(CLEAR)]),
        "the first of two": json.dumps([app(CLEAR), app()]),
        "a token with a line end": json.dumps([app(CLEAR)]) + "\n",
        "an empty token": json.dumps([app("")]),
        "a short digest": json.dumps([app(DIGEST[:-1])]),
        "a long digest": json.dumps([app(DIGEST + "0")]),
        "a digest of other digits": json.dumps([app("sha256:" + "g" * 64)]),
        "a token behind a digest": json.dumps([app(DIGEST + CLEAR)]),
        "a token behind a reference": json.dumps([app(SECRET + CLEAR)]),
        "a token before a reference": json.dumps([app(CLEAR + SECRET)]),
        "a token inside a reference": json.dumps([app("{{resolve:secretsmanager:a}} b {{resolve:secretsmanager:c}}")]),
        "a token as a second member": '[{"verification_token":"%s","verification_token":"%s"}]' % (DIGEST, CLEAR),
        "a token that is a number": '[{"app_id":"a","verification_token":12345678}]',
        "a token in a list": json.dumps([app([CLEAR])]),
        "a token that names itself with an escape": '[{"app_id":"a","verification\\u005ftoken":"%s"}]' % CLEAR,
        "a token in an unknown member": json.dumps([app(token=DIGEST, token_in_the_clear=CLEAR)]),
        "a token behind an escaped quote": '[{"app_id":"a\\","verification_token":"%s"}]' % CLEAR,
        "a token outside": json.dumps([app()]) + CLEAR,
        "a token alone": CLEAR,
        "a token instead of an app": json.dumps([CLEAR]),
        "a parameter of SSM": json.dumps([app("{{resolve:ssm:/prelude/token}}")]),
        "a secure parameter of SSM": json.dumps([app("{{resolve:ssm-secure:/prelude/token}}")]),
        "all of it in SSM": "{{resolve:ssm-secure:/prelude/apps}}",
        "an object": json.dumps(app()),
        "none in capitals": "NONE",
    },
    "PathToken": {
        "a token": CLEAR,
        "a token after a digest": f"{DIGEST},{CLEAR}",
        "a token before a digest": f"{CLEAR},{DIGEST}",
        "a token on a line of its own": f"{DIGEST}\n{CLEAR}",
        "a token with a line end": f"{CLEAR}\n",
        "an empty entry": f"{DIGEST},",
        "a short digest": DIGEST[:-1],
        "a long digest": DIGEST + "0",
        "a parameter of SSM": "{{resolve:ssm:/prelude/token}}",
        "a secure parameter of SSM": "{{resolve:ssm-secure:/prelude/token}}",
        "a reference with a token behind it": SECRET + CLEAR,
    },
    "Routes": {
        "what SAM leaves of a JSON object on the command line": "{",
        "a YAML mapping, as SAM writes it": str({"user.*": "users"}),
        "an object without its end": '{"user.*":"users"',
        "an array": '["users"]',
        "a slug": "users",
        "blanks": " ",
    },
}


def check_tokens(checks, source, settings):
    checks.section(f"values that {', '.join(GOOD)} accept")
    for name in GOOD:
        parameter = source["Parameters"][name]
        pattern = parameter.get("AllowedPattern", r"[\s\S]*")
        checks.that(f"{name} is not echoed if it holds secrets", parameter.get("NoEcho", False) is (name != "Routes"))
        checks.that(f"the constraint of {name} names the parameter", name in parameter.get("ConstraintDescription", ""))
        for what, value in [*GOOD[name].items(), ("the setting of the stacks", settings[name])]:
            checks.that(f"{name} accepts {what}", re.fullmatch(pattern, value), value)
        for what, value in BAD[name].items():
            checks.that(f"{name} refuses {what}", not re.fullmatch(pattern, value), value)
