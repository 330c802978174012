"""What a bucket's policy denies, evaluated here: no local AWS knows the condition keys that it uses."""

import re


def is_denied(policy, action, resource, caller="arn:aws:iam::111122223333:role/any", headers=None):
    """Whether a Deny of the policy hits a request of a caller whose own policies allow everything.

    `headers` are condition keys of S3 that stand for headers of the request; one that is not there was not sent. An
    operator that the template does not use is an error, not a guess.
    """
    context = {"aws:SecureTransport": "true", "aws:PrincipalArn": caller} | (headers or {})
    return any(
        matches(statement["Action"], action)
        and matches(statement["Resource"], resource)
        and all(
            holds(operator, context.get(key), value)
            for operator, keys in statement.get("Condition", {}).items()
            for key, value in keys.items()
        )
        for statement in policy["Statement"]
        if statement["Effect"] == "Deny"
    )


def matches(patterns, value):
    """In a pattern of IAM an asterisk stands for any characters, slashes and colons too."""
    patterns = patterns if isinstance(patterns, list) else [patterns]
    return any(re.fullmatch(".*".join(map(re.escape, one.split("*"))), value, re.DOTALL) for one in patterns)


def holds(operator, actual, expected):
    if operator == "Null":
        return (actual is None) == (expected == "true")
    if operator == "Bool":
        return actual == expected
    if operator == "ArnNotEquals":
        return actual != expected
    raise AssertionError(f"{operator} is not known here")
