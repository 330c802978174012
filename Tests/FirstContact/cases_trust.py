"""What a machine's set-up changes: clocks, certificate authorities, proxies and endpoints of somebody's own."""

from cases import API, Case, never_says, says
from cases_credentials import PROGRAM, keys
from cases_regions import ASSUMED
from signatures import token_of

STS = {"AWS_PROFILE": "role"}


def refused(most):
    """So many requests are dated wrongly until the clock of each service is known."""
    def check(result):
        found = [request for request in result.seen if request.signature and request.status in (400, 403)]
        if len(found) > most:
            yield f"{len(found)} requests are dated by the wrong clock"
    return check


# Botocore dates by this machine's clock and fails.
CLOCKS = [
    *(
        Case(f"A clock that is an hour {words} costs no run", calls=(), aws={"ahead": seconds}, checks=(refused(3),))
        for words, seconds in [("slow", 3600), ("fast", -3600)]
    ),
    *(
        Case(f"A role is assumed with a clock that is an hour {words}", keys=None, env=STS, config=ASSUMED, calls=(),
             aws={"ahead": seconds}, checks=(refused(3),))
        for words, seconds in [("slow", 3600), ("fast", -3600)]
    ),
    Case("Keys of the environment that have expired fail with 7", keys="ASIAENV", aws={"expired_keys": {"ASIAENV"}},
         exit=7, calls=API, same=(), checks=(says("expired"),)),
    *(
        Case(f"Keys of a {name} that have expired fail {command} with 7, and are not said to last", keys=None, exit=7,
             aws={"expired_keys": {key}}, calls=API, same=(), steps=(command,), files=PROGRAM, config=config,
             credentials=credentials, checks=(says("expired"), never_says("do not expire")))
        for command in ["run", "doctor --output table"]
        for name, key, config, credentials in [
            ("credentials file", "ASIAFILE", "",
             f"[default]\n{keys('ASIAFILE')}aws_session_token = {token_of('ASIAFILE')}\n"),
            ("program", "ASIAPROGRAM", "[default]\ncredential_process = cat {home}/keys.json\n", ""),
        ]
    ),
]

def knows_proxy(value):
    def check(result):
        if not result.tunnels or any(("Proxy-Authorization", value) not in headers for headers in result.tunnels):
            yield f"the proxy gets {result.tunnels[:1]}"
        if any(request.header("proxy-authorization") for request in result.seen):
            yield "a service gets the proxy's password"
    return check


NONE = {"AWS_CA_BUNDLE": None}
AUTHORITIES = [
    Case("AWS_CA_BUNDLE names the authorities that are trusted", env={"AWS_CA_BUNDLE": "{bundle}"}),
    Case("ca_bundle of the profile names them", env=NONE, config="[default]\nca_bundle = {bundle}\n"),
    Case("REQUESTS_CA_BUNDLE names them", env=NONE | {"REQUESTS_CA_BUNDLE": "{bundle}"}),
    Case("AWS_CA_BUNDLE takes precedence over REQUESTS_CA_BUNDLE",
         env={"REQUESTS_CA_BUNDLE": "{home}/other.pem"}, files={"other.pem": ""}),
    Case("ca_bundle of the profile takes precedence over REQUESTS_CA_BUNDLE",
         env=NONE | {"REQUESTS_CA_BUNDLE": "{home}/other.pem"}, files={"other.pem": ""},
         config="[default]\nca_bundle = {bundle}\n"),
    Case("AWS_CA_BUNDLE takes precedence over ca_bundle of the profile",
         config="[default]\nca_bundle = {home}/other.pem\n", files={"other.pem": ""}),
    Case("A role's STS is trusted by the same bundle", keys=None, env=STS, config=ASSUMED),
    Case("An authority that nobody names is not trusted, and the variable is named", env=NONE, exit=7, calls=API,
         same=("api",), checks=(says("AWS_CA_BUNDLE"),)),
]

API_URL, STS_URL = "https://api.internal.example", "https://sts.internal.example"
SECTION = "[services local]\ncodeartifact =\n  endpoint_url = https://section.internal.example\n"
PLACES = [
    Case("AWS_ENDPOINT_URL_CODEARTIFACT is the host of the API", env={"AWS_ENDPOINT_URL_CODEARTIFACT": API_URL}),
    Case("AWS_ENDPOINT_URL is the host of the API", env={"AWS_ENDPOINT_URL": API_URL}, calls=API, same=("api",)),
    Case("AWS_ENDPOINT_URL_CODEARTIFACT takes precedence over AWS_ENDPOINT_URL", calls=API, same=("api",),
         env={"AWS_ENDPOINT_URL": "https://all.internal.example", "AWS_ENDPOINT_URL_CODEARTIFACT": API_URL}),
    Case("A services section names the host of one service",
         config=f"[default]\nservices = local\n{SECTION}"),
    Case("endpoint_url of the profile is the host of every service", calls=API, same=("api",),
         config="[default]\nendpoint_url = https://profile.internal.example\n"),
    Case("A services section takes precedence over endpoint_url of the profile", calls=API, same=("api",),
         config=f"[default]\nservices = local\nendpoint_url = https://profile.internal.example\n{SECTION}"),
    Case("AWS_ENDPOINT_URL takes precedence over a services section", calls=API, same=("api",),
         env={"AWS_ENDPOINT_URL": API_URL}, config=f"[default]\nservices = local\n{SECTION}"),
    Case("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS switches them off",
         env={"AWS_ENDPOINT_URL": API_URL, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}),
    Case("ignore_configured_endpoint_urls of the profile switches them off",
         config=f"[default]\nservices = local\nignore_configured_endpoint_urls = true\n{SECTION}"),
    Case("AWS_ENDPOINT_URL_STS is the host that assumes roles", keys=None, config=ASSUMED,
         env=STS | {"AWS_ENDPOINT_URL_STS": STS_URL}),
    Case("https_proxy in lower case is the proxy", env={"HTTPS_PROXY": None, "https_proxy": "{proxy}"}),
    Case("The proxy's name and password are given to the proxy and to nobody else",
         env={"HTTPS_PROXY": "http://somebody:pass%20word@{proxy_host}"}, checks=(
             knows_proxy("Basic c29tZWJvZHk6cGFzcyB3b3Jk"), never_says("pass.{0,3}word"))),
    Case("A plain endpoint is asked through HTTP's proxy", flags=("--path-style",), env={
        "AWS_ENDPOINT_URL_S3": "http://{agent}", "http_proxy": "{proxy}"}),
    Case("NO_PROXY keeps a host from the proxy", flags=("--path-style",), env={
        "AWS_ENDPOINT_URL_S3": "http://{agent}", "http_proxy": "{proxy}", "NO_PROXY": "127.0.0.1"}),
]

CASES = CLOCKS + AUTHORITIES + PLACES
