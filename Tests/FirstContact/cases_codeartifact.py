"""The domain's API, its tokens, its Maven endpoint and the redirects from there."""

from aws import ACCOUNT, DOMAIN
from cases import API, Case, asks_all, every, never_asks, never_says, says
from cases_s3 import once
from network import Answer


def tokens(count):
    def check(result):
        found = len(result.requests("codeartifact", path="/v1/authorization-token"))
        if found != count:
            yield f"{found} tokens are asked for, not {count}"
    return check


def duration(seconds):
    return every("codeartifact", "the token's duration", lambda request: request.parameter("duration") == seconds,
                 path="/v1/authorization-token")


def until_second_token(request):
    """The Maven endpoint does not know the first token any more."""
    return Answer(401, "") if request.header("authorization") == "Bearer bearer-1" else None


OF_DOMAIN = {"domain": DOMAIN, "domainOwner": ACCOUNT}
UNKNOWN = Answer(404, '{"message": "Domain not found."}', {"x-amzn-errortype": "ResourceNotFoundException"})
VPC = "vpce-0a1b2c3d-x1y2z3.d.codeartifact.eu-west-1.vpce.amazonaws.com"
CASES = [
    # Tags are asked for by an ARN, which names both.
    Case("Every call to the API names the domain and its owner", calls=(), checks=(
        every("codeartifact", "the owner",
              lambda request: request.path == "/v1/tags" or request.parameter("domain-owner") == ACCOUNT),
        every("codeartifact", "the domain",
              lambda request: request.path == "/v1/tags" or request.parameter("domain") == DOMAIN))),
    Case("A run of a version asks the API for nothing else than this", calls=API, same=("api",), checks=(
        asks_all("codeartifact", *(f"{method} codeartifact.eu-west-1.amazonaws.com/v1/{path}" for method, path in [
            ("POST", "domain/repositories"), ("POST", "packages"), ("POST", "package/versions"),
            ("GET", "repository/endpoint"), ("POST", "authorization-token"), ("POST", "package/version/assets"),
            ("GET", "package/version"), ("GET", "domain"), ("GET", "domain/permissions/policy"), ("GET", "repository"),
            ("GET", "repository/permissions/policy"), ("POST", "package-groups"), ("POST", "tags"),
        ])),)),
    Case("An authorization token is asked for one hour", calls=(), checks=(tokens(1), duration("3600"))),
    Case("--token-duration is asked of the service", flags=("--token-duration", "15m"), calls=(),
         checks=(tokens(1), duration("900"))),
    Case("A role that may ask for an hour at most copies", aws={"longest_token": 3600}, calls=()),
    Case("A role that may ask for 15 minutes at most fails with 7 and names the flag", aws={"longest_token": 900},
         calls=(("codeartifact", "get_authorization_token", OF_DOMAIN | {"durationSeconds": 3600}),), same=(), exit=7,
         checks=(says("--token-duration", "sts:GetServiceBearerToken"),)),
    Case("A fresh token is not thrown away for a 403, which fails with 7 and names the right",
         aws={"denied": {"codeartifact:ReadFromRepository"}, "packages": 13}, calls=(), exit=7,
         checks=(tokens(1), says("codeartifact:ReadFromRepository"))),
    Case("A token that the Maven endpoint no longer knows is replaced once", aws={"rules": [until_second_token]},
         calls=(), checks=(tokens(2),)),
    Case("Assets are read at the repository's endpoint with the token, and behind its redirect without it", calls=(),
         checks=(
             every("maven", "the token", lambda request: request.header("authorization") == "Bearer bearer-1"),
             every("maven", "the endpoint", lambda request: request.path.startswith("/maven/releases/com/acme/app/")
                   and request.host == f"{DOMAIN}-{ACCOUNT}.d.codeartifact.eu-west-1.amazonaws.com"),
             every("assets", "no Authorization", lambda request: request.header("authorization") is None),
             never_says("SECRET-OF-THE-SERVICE", "bearer-1"))),
    Case("--maven-endpoint is asked instead of the domain's, in the form for a VPC without private DNS", calls=(),
         flags=("--maven-endpoint", f"https://{VPC}"), checks=(
             every("maven", "the endpoint", lambda request: request.host == VPC
                   and request.path.startswith(f"/maven/d/{DOMAIN}-{ACCOUNT}/releases/com/acme/app/")),
             never_asks("/v1/repository/endpoint"))),
    Case("--maven-endpoint may be a URL with the repository's place in it", calls=(),
         flags=("--maven-endpoint", "https://maven.internal.example/codeartifact/{repository}"), checks=(
             every("maven", "the endpoint", lambda request: request.host == "maven.internal.example"
                   and request.path.startswith("/codeartifact/releases/com/acme/app/")),)),
    *(
        Case(f"--maven-endpoint is not {host}, which is the API's", calls=(), exit=64,
             flags=("--maven-endpoint", f"https://{host}"), checks=(says("codeartifact.repositories"), never_asks(".")))
        for host in ["vpce-0a1b2c3d-x1y2z3.api.codeartifact.eu-west-1.vpce.amazonaws.com",
                     "codeartifact.eu-west-1.amazonaws.com"]
    ),
    Case("A VPC's endpoint for the API is that of AWS_ENDPOINT_URL_CODEARTIFACT", env={
        "AWS_ENDPOINT_URL_CODEARTIFACT": "https://vpce-0a1b2c3d-x1y2z3.api.codeartifact.eu-west-1.vpce.amazonaws.com"}),
    Case("A domain that is not in the region fails with 8", exit=8, aws={"rules": [
        lambda request: UNKNOWN if request.host.startswith("codeartifact.") else None
    ]}, calls=API, same=(), checks=(says("Domain not found"),)),
    Case("A domain of another account names the two policies that must grant", calls=API, same=(), exit=7,
         aws={"denied": {"codeartifact:ListRepositoriesInDomain"}, "caller": "444455556666"},
         checks=(says("codeartifact:ListRepositoriesInDomain", "(?i)domain('s)? (permissions )?policy"),)),
    Case("A throttled call is tried again", calls=(), aws={"rules": [once(
        lambda request: request.host.startswith("codeartifact."),
        Answer(429, '{"message": "Rate exceeded"}', {"x-amzn-errortype": "ThrottlingException"}),
    )]}),
]
