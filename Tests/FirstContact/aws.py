"""What answers behind the proxy: an AWS with one CodeArtifact domain, S3, the services that hand out keys, and agents.

It answers as the services' documents and models say, not as either client expects, and refuses what they would refuse.
"""

import base64
import dataclasses
import datetime
import email.utils
import hashlib
import json
import re
import threading
import time
import urllib.parse
from xml.sax.saxutils import escape

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

import signatures
from network import Answer

ACCOUNT, DOMAIN, REPOSITORY = "111122223333", "demo", "releases"
POM = b"<project/>"

# Every partition has domains of its own.
SUFFIX = r"[a-z0-9.-]+"
S3_HOST = re.compile(
    r"(?:(?P<bucket>.+)\.)?(?P<kind>s3|s3-fips|s3-accesspoint|s3-accesspoint-fips)(?:\.dualstack)?"
    rf"\.(?:(?P<region>[a-z]{{2}}[a-z0-9-]*-\d)\.)?{SUFFIX}"
)
API_HOST = re.compile(rf"(?:vpce-[0-9a-z-]+\.api\.)?codeartifact(?:-fips)?\.(?P<region>[a-z0-9-]+)\.{SUFFIX}")
MAVEN_HOST = re.compile(
    rf"(?:(?P<vpc>vpce-[0-9a-z-]+)|{DOMAIN}-{ACCOUNT})(?:\.d)?\.codeartifact\.(?P<region>[a-z0-9-]+)\.{SUFFIX}"
)
STS_HOST = re.compile(rf"sts(?:-fips)?\.{SUFFIX}")
# Whoever gives out keys or says whose they are.
CREDENTIAL_HOSTS = re.compile(r"(sts|portal\.sso|oidc|[a-z0-9-]+\.signin)(-fips)?\..*|169\.254\..*|\[.*|127\.0\.0\.1.*")

# The questions about a bucket that has nothing of the kind, and what S3 answers.
UNCONFIGURED = {
    "publicAccessBlock": "NoSuchPublicAccessBlockConfiguration",
    "encryption": "ServerSideEncryptionConfigurationNotFoundError",
    "object-lock": "ObjectLockConfigurationNotFoundError", "lifecycle": "NoSuchLifecycleConfiguration",
}

# Answers that never reach the client: one that waits for a second, and one that waits for as long as people do.
LATE, LATE_SECONDS = Answer(), 1.5
SILENT, SILENT_SECONDS = Answer(), 25


def iso(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclasses.dataclass
class Version:
    id: str
    body: bytes
    headers: dict


class AWS:
    """One case's AWS. The attributes are what a case may change; `answer` is what a `Network` wants."""

    def __init__(self, **options):
        # How many packages the repository has, and how many versions each of them.
        self.packages = 1
        self.versions = 1
        # The bytes of every jar; other bytes make another revision.
        self.jar = b"bytes of a jar" * 50
        # IAM actions that nobody has.
        self.denied = set()
        # What ends the sentence that refuses an action; None for the lack of an allowance in the role's policy.
        self.because = None
        # Whether the bucket's objects all belong to its owner, so that it takes no ACLs.
        self.takes_acls = True
        # Called with each request first; an answer of theirs stands.
        self.rules = []
        # The account of whoever calls.
        self.caller = ACCOUNT
        # How far its clock is ahead, in seconds.
        self.ahead = 0
        # Where the buckets are; wherever they are asked for when None. And how it says so: 301, 400, or "opt-in" where
        # one of the two regions must be switched on by hand.
        self.bucket_region = None
        self.misdirected = 301
        # The methods that find the bucket elsewhere; every one when None.
        self.misdirected_methods = None
        self.has_versions = True
        # Whether GetBucketVersioning is an operation of the bucket; it is none of access points.
        self.answers_versioning = True
        self.bucket_owner = ACCOUNT
        # Whether the bucket's policy refuses writes that do not hand over the object.
        self.requires_acl = False
        # The most seconds that a token may be asked for.
        self.longest_token = 43200
        # The most seconds that a role's session may last.
        self.longest_session = 3600
        # The status of the metadata service's answer to who asks for a token; "late" where the hop limit of 1 hides
        # the answer, "off" where the service is switched off and refuses everything.
        self.instance_token = 200
        self.is_version_one_allowed = True
        self.expired_keys = set()
        self.agent_token = "token of the agent"
        for name, value in options.items():
            assert hasattr(self, name), name
            setattr(self, name, value)
        self.is_lost = False
        self.published = {}
        self.faults = []
        self.objects = {}
        self.tokens = []
        self.written = 0
        self.lock = threading.Lock()

    @property
    def now(self):
        return time.time() + self.ahead

    def deny(self, *actions):
        self.denied = self.denied | set(actions)

    # What every request meets

    def answer(self, request):
        with self.lock:
            answer = self._answer(request)
        for endless, seconds in [(LATE, LATE_SECONDS), (SILENT, SILENT_SECONDS)]:
            if answer is endless:
                time.sleep(seconds)
                return None
        if answer is not None:
            answer.headers.setdefault("Date", email.utils.formatdate(self.now, usegmt=True))
        return answer

    def _answer(self, request):
        for rule in self.rules:
            if answer := rule(request):
                return answer
        if request.signature:
            if refusal := self._refusal(request):
                return refusal
        host = request.host
        if request.way != "tunnel" and not request.signature:
            return self._agent(request)
        if STS_HOST.fullmatch(host):
            return self._sts(request)
        if host.startswith("portal.sso"):
            return self._portal(request)
        if host.startswith("oidc"):
            return self._oidc(request)
        if ".signin." in host or host.startswith("signin."):
            return self._signin(request)
        if host.startswith("servicequotas"):
            return Answer(200, '{"Quotas": []}', {"Content-Type": "application/json"})
        if found := API_HOST.fullmatch(host):
            return self._api(request, found["region"])
        if found := MAVEN_HOST.fullmatch(host):
            head = f"/maven/d/{DOMAIN}-{ACCOUNT}/{REPOSITORY}/" if found["vpc"] else f"/maven/{REPOSITORY}/"
            return self._maven(request, found["region"], head)
        if (request.header("authorization") or "").startswith("Bearer "):
            # A reverse proxy of somebody's own.
            return self._maven(request, "eu-west-1", f"/codeartifact/{REPOSITORY}/")
        if found := S3_HOST.fullmatch(host):
            return self._s3(request, found)
        # An endpoint of somebody's own: by the service that the request is signed for.
        service = request.signature and request.signature["service"]
        if service == "s3":
            return self._s3(request, S3_HOST.fullmatch("s3.amazonaws.com"))
        if service == "codeartifact":
            return self._api(request, request.signature["region"])
        if service == "sts" or request.form.get("Action"):
            return self._sts(request)
        self.faults.append(f"nothing answers at {host}")
        return Answer(404, f"nothing answers at {host}")

    def _refusal(self, request):
        key, service = request.signature["key"], request.signature["service"]
        moment = datetime.datetime.strptime(request.header("x-amz-date"), "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.UTC)
        if abs(moment.timestamp() - self.now) > 300:
            return self._error(
                service, 403, "RequestTimeTooSkewed" if service == "s3" else "InvalidSignatureException",
                f"Signature expired: {request.header('x-amz-date')} is not within 5 minutes of the service's time",
            )
        if fault := signatures.fault(request):
            self.faults.append(f"{request.method} {request.url}: {fault}")
            return self._error(service, 403, "SignatureDoesNotMatch", fault)
        if key in self.expired_keys:
            code = "ExpiredToken" if service == "s3" else "ExpiredTokenException"
            return self._error(service, 400 if service == "s3" else 403, code, "The provided token has expired")
        return None

    @staticmethod
    def _error(service, status, code, message):
        if service == "s3":
            return Answer(
                status, f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{escape(message)}</Message>"
                "<RequestId>REQUEST1</RequestId></Error>", {"Content-Type": "application/xml"},
            )
        if service == "sts":
            return Answer(
                status, f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>"
                f"<Message>{escape(message)}</Message></Error></ErrorResponse>", {"Content-Type": "text/xml"},
            )
        return Answer(
            status, json.dumps({"message": message}),
            {"Content-Type": "application/json", "x-amzn-errortype": code, "x-amzn-requestid": "REQUEST1"},
        )

    def _denial(self, service, action, resource):
        code = "AccessDenied" if service in ("s3", "sts") else "AccessDeniedException"
        return self._error(service, 403, code, (
            f"User: arn:aws:sts::{self.caller}:assumed-role/backup/session is not authorized to perform: {action} on "
            f"resource: {resource} {self.because or f'because no identity-based policy allows the {action} action'}"
        ))

    # Keys

    @staticmethod
    def _keys(key):
        return key, signatures.secret_of(key), signatures.token_of(key)

    def _sts(self, request):
        form = request.form
        action = form.get("Action")
        if f"sts:{action}" in self.denied:
            return self._denial("sts", f"sts:{action}", form.get("RoleArn", "*"))
        if action == "GetCallerIdentity":
            return Answer(200, (
                "<GetCallerIdentityResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><GetCallerIdentityResult>"
                f"<Arn>arn:aws:iam::{ACCOUNT}:user/somebody</Arn><UserId>U</UserId><Account>{ACCOUNT}</Account>"
                "</GetCallerIdentityResult></GetCallerIdentityResponse>"
            ), {"Content-Type": "text/xml"})
        is_web = action == "AssumeRoleWithWebIdentity"
        if is_web and form.get("WebIdentityToken") != "token.of.the.pod":
            return self._error("sts", 400, "InvalidIdentityToken", "Couldn't retrieve verification key")
        if not is_web and not request.signature:
            return self._error("sts", 403, "MissingAuthenticationToken", "Request is missing Authentication Token")
        if int(form.get("DurationSeconds", 3600)) > self.longest_session:
            return self._error("sts", 400, "ValidationError",
                               "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
        key, secret, token = self._keys("ASIA" + form["RoleArn"].rpartition("/")[2].upper())
        return Answer(200, (
            f"<{action}Response xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><{action}Result><Credentials>"
            f"<AccessKeyId>{key}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>"
            f"<SessionToken>{token}</SessionToken><Expiration>{iso(self.now + 3600)}</Expiration></Credentials>"
            f"<AssumedRoleUser><Arn>{form['RoleArn']}</Arn><AssumedRoleId>R:S</AssumedRoleId></AssumedRoleUser>"
            f"</{action}Result></{action}Response>"
        ), {"Content-Type": "text/xml"})

    def _portal(self, request):
        if request.header("x-amz-sso_bearer_token") not in ("access-1", "access-2"):
            return self._error("portal", 401, "UnauthorizedException", "Session token not found or invalid")
        key, secret, token = self._keys("ASIASSO" + request.parameter("role_name").upper())
        return Answer(200, json.dumps({"roleCredentials": {
            "accessKeyId": key, "secretAccessKey": secret, "sessionToken": token,
            "expiration": int((self.now + 3600) * 1000),
        }}), {"Content-Type": "application/json"})

    def _oidc(self, request):
        form = json.loads(request.body)
        expected = {"grantType": "refresh_token", "clientId": "client", "clientSecret": "client-secret",
                    "refreshToken": "refresh-1"}
        if request.path != "/token" or form != expected:
            return self._error("oidc", 400, "InvalidGrantException", "Invalid grant provided")
        return Answer(200, json.dumps({
            "accessToken": "access-2", "tokenType": "Bearer", "expiresIn": 3600, "refreshToken": "refresh-2",
        }), {"Content-Type": "application/json"})

    def _signin(self, request):
        form = json.loads(request.body)
        expected = {"clientId": "arn:aws:signin:::devtools/same-device", "grantType": "refresh_token",
                    "refreshToken": "login-refresh-1"}
        if fault := self._proof_fault(request):
            self.faults.append(fault)
            return Answer(400, json.dumps({"error": "INVALID_REQUEST", "message": fault}))
        if request.path != "/v1/token" or form != expected:
            return Answer(401, json.dumps({"error": "TOKEN_EXPIRED", "message": "The refresh token has expired"}),
                          {"x-amzn-errortype": "AccessDeniedException", "Content-Type": "application/json"})
        key, secret, token = self._keys("ASIARENEWED")
        return Answer(200, json.dumps({
            "accessToken": {"accessKeyId": key, "secretAccessKey": secret, "sessionToken": token},
            "tokenType": "aws_sigv4", "expiresIn": 900, "refreshToken": "login-refresh-2",
        }), {"Content-Type": "application/json"})

    def _proof_fault(self, request):
        """What is wrong with a DPoP header (RFC 9449); None when nothing is."""
        head, claims, signature = (request.header("dpop") or "..").split(".")
        raw = [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in (head, claims, signature)]
        if not raw[0]:
            return "no DPoP header"
        head_members, claim_members = json.loads(raw[0]), json.loads(raw[1])
        if head_members["alg"] != "ES256" or head_members["typ"] != "dpop+jwt" or head_members["jwk"]["crv"] != "P-256":
            return f"a DPoP header of {head_members}"
        if claim_members["htm"] != "POST" or claim_members["htu"] != request.url or not claim_members["jti"]:
            return f"a DPoP proof of {claim_members}"
        if abs(claim_members["iat"] - self.now) > 300:
            return "a DPoP proof of another time"
        x, y = (int.from_bytes(base64.urlsafe_b64decode(head_members["jwk"][name] + "==")) for name in "xy")
        public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        r, s = int.from_bytes(raw[2][:32]), int.from_bytes(raw[2][32:])
        try:
            public.verify(
                utils.encode_dss_signature(r, s), f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256())
            )
        except Exception:
            return "a DPoP proof with a wrong signature"
        return None

    def _agent(self, request):
        """The metadata service and the agents of ECS and EKS, which speak plain HTTP."""
        if request.path == "/latest/api/token" and self.instance_token != "off":
            if request.method != "PUT" or request.header("x-aws-ec2-metadata-token-ttl-seconds") is None:
                return Answer(400)
            if self.instance_token == "late":
                return LATE
            return Answer(self.instance_token, "instance-token")
        if request.path.startswith("/latest/"):
            if self.instance_token == "off":
                return Answer(403)
            if request.header("x-aws-ec2-metadata-token") != "instance-token" and not self.is_version_one_allowed:
                return Answer(401)
            if request.path == "/latest/meta-data/iam/security-credentials/":
                return Answer(200, "instance-role")
            key, secret, token = self._keys("ASIAINSTANCE")
            return Answer(200, json.dumps({
                "Code": "Success", "LastUpdated": iso(self.now), "Type": "AWS-HMAC", "AccessKeyId": key,
                "SecretAccessKey": secret, "Token": token, "Expiration": iso(self.now + 21600),
            }))
        if request.header("authorization") not in (self.agent_token, None):
            return Answer(401, "the token is not the pod's")
        key, secret, token = self._keys("ASIACONTAINER")
        return Answer(200, json.dumps({
            "AccessKeyId": key, "SecretAccessKey": secret, "Token": token, "Expiration": iso(self.now + 21600),
        }))

    # CodeArtifact

    def _api(self, request, region):
        actions = {
            "/v1/domain/repositories": "ListRepositoriesInDomain", "/v1/packages": "ListPackages",
            "/v1/package/versions": "ListPackageVersions", "/v1/package/version/assets": "ListPackageVersionAssets",
            "/v1/package/version": "DescribePackageVersion", "/v1/package": "DescribePackage",
            "/v1/authorization-token": "GetAuthorizationToken", "/v1/repository/endpoint": "GetRepositoryEndpoint",
            "/v1/domain": "DescribeDomain", "/v1/repository": "DescribeRepository",
            "/v1/package/versions/update_status": "UpdatePackageVersionsStatus",
            "/v1/domain/permissions/policy": "GetDomainPermissionsPolicy",
            "/v1/repository/permissions/policy": "GetRepositoryPermissionsPolicy",
            "/v1/package-groups": "ListPackageGroups", "/v1/tags": "ListTagsForResource",
        }
        action = actions.get(request.path)
        if (request.method, request.path) == ("POST", "/v1/package"):
            action = "PutPackageOriginConfiguration"
        if not request.signature:
            return self._error("codeartifact", 403, "MissingAuthenticationTokenException", "Missing token")
        if request.signature["region"] != region:
            return self._error(
                "codeartifact", 403, "InvalidSignatureException",
                f"Credential should be scoped to a valid region, not '{request.signature['region']}'.",
            )
        if f"codeartifact:{action}" in self.denied:
            arn = f"arn:aws:codeartifact:{region}:{ACCOUNT}:domain/{DOMAIN}"
            return self._denial("codeartifact", f"codeartifact:{action}", arn)
        if action is None or (request.parameter("domain") != DOMAIN and action != "ListTagsForResource"):
            return self._error("codeartifact", 404, "ResourceNotFoundException", "Domain not found.")
        document = getattr(self, f"_{action}")(request, region)
        return document if isinstance(document, Answer) else Answer(
            200, json.dumps(document), {"Content-Type": "application/json", "x-amzn-requestid": "REQUEST1"}
        )

    def _ListRepositoriesInDomain(self, request, region):
        return {"repositories": [{
            "name": REPOSITORY, "administratorAccount": ACCOUNT, "domainName": DOMAIN, "domainOwner": ACCOUNT,
            "arn": f"arn:aws:codeartifact:{region}:{ACCOUNT}:repository/{DOMAIN}/{REPOSITORY}",
        }]}

    @property
    def contents(self):
        """The domain's versions: for each package and version, its status and the bytes of its assets."""
        if self.is_lost:
            return self.published
        names = [(f"app{package or ''}", f"1.{version}")
                 for package in range(self.packages) for version in range(self.versions)]
        return {(package, version): {
            "status": "Published",
            "assets": {f"{package}-{version}.jar": self.jar, f"{package}-{version}.pom": POM},
        } for package, version in names}

    def lose(self):
        """From now on the domain has what is published again."""
        self.is_lost = True

    def _ListPackages(self, request, region):
        names = dict.fromkeys(package for package, _ in self.contents)
        return {"packages": [{
            "format": "maven", "namespace": "com.acme", "package": name,
            "originConfiguration": {"restrictions": {"publish": "ALLOW", "upstream": "BLOCK"}},
        } for name in names]}

    @staticmethod
    def _revision(version):
        return base64.b64encode(hashlib.md5(repr(version["assets"]).encode()).digest()).decode()

    def _ListPackageVersions(self, request, region):
        package = request.parameter("package")
        if package not in [name for name, _ in self.contents]:
            return self._absent("Package")
        return {"format": "maven", "namespace": "com.acme", "package": package, "versions": [{
            "version": name, "revision": self._revision(version), "status": version["status"],
            "origin": {"originType": "INTERNAL"},
        } for (of, name), version in self.contents.items() if of == package]}

    def _version(self, request):
        return self.contents.get((request.parameter("package"), request.parameter("version")))

    def _absent(self, what):
        return self._error("codeartifact", 404, "ResourceNotFoundException", f"{what} not found.")

    def _ListPackageVersionAssets(self, request, region):
        def row(name, body):
            names = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-512": "sha512"}
            return {"name": name, "size": len(body),
                    "hashes": {name: hashlib.new(kind, body).hexdigest() for name, kind in names.items()}}

        if (version := self._version(request)) is None:
            return self._absent("Package version")
        return {"format": "maven", "namespace": "com.acme", "package": request.parameter("package"),
                "version": request.parameter("version"), "versionRevision": self._revision(version),
                "assets": [row(name, body) for name, body in version["assets"].items()]}

    def _DescribePackageVersion(self, request, region):
        if (version := self._version(request)) is None:
            return self._absent("Package version")
        return {"packageVersion": {
            "format": "maven", "namespace": "com.acme", "packageName": request.parameter("package"),
            "version": request.parameter("version"), "status": version["status"],
            "revision": self._revision(version), "publishedTime": 1700000000.5, "origin": {"originType": "INTERNAL"},
        }}

    def _DescribePackage(self, request, region):
        if request.parameter("package") not in [package for package, _ in self.contents]:
            return self._absent("Package")
        return {"package": {
            "format": "maven", "namespace": "com.acme", "name": request.parameter("package"),
            "originConfiguration": {"restrictions": {"publish": "ALLOW", "upstream": "BLOCK"}},
        }}

    def _UpdatePackageVersionsStatus(self, request, region):
        form = json.loads(request.body)
        for name in form["versions"]:
            self.published[request.parameter("package"), name]["status"] = form["targetStatus"]
        return {"successfulVersions": {name: {"status": form["targetStatus"]} for name in form["versions"]}}

    def _PutPackageOriginConfiguration(self, request, region):
        return {"originConfiguration": json.loads(request.body)}

    def _DescribeRepository(self, request, region):
        arn = f"arn:aws:codeartifact:{region}:{ACCOUNT}:repository/{DOMAIN}/{REPOSITORY}"
        return {"repository": {
            "name": REPOSITORY, "arn": arn, "domainName": DOMAIN, "domainOwner": ACCOUNT, "upstreams": [],
        }}

    def _DescribeDomain(self, request, region):
        return {"domain": {
            "name": DOMAIN, "owner": ACCOUNT, "status": "Active", "repositoryCount": 1, "assetSizeBytes": 1000,
            "s3BucketArn": f"arn:aws:s3:::assets-{ACCOUNT}-{region}",
            "arn": f"arn:aws:codeartifact:{region}:{ACCOUNT}:domain/{DOMAIN}",
        }}

    def _GetDomainPermissionsPolicy(self, request, region):
        return self._absent("Policy")

    def _GetRepositoryPermissionsPolicy(self, request, region):
        return self._absent("Policy")

    def _ListPackageGroups(self, request, region):
        modes = {name: {"mode": "ALLOW"} for name in ("PUBLISH", "EXTERNAL_UPSTREAM", "INTERNAL_UPSTREAM")}
        return {"packageGroups": [{
            "pattern": "/*", "arn": f"arn:aws:codeartifact:{region}:{ACCOUNT}:package-group/{DOMAIN}/*",
            "originConfiguration": {"restrictions": modes},
        }]}

    def _ListTagsForResource(self, request, region):
        return {"tags": []}

    def _GetAuthorizationToken(self, request, region):
        duration = int(request.parameter("duration") or 43200)
        if "sts:GetServiceBearerToken" in self.denied or duration > self.longest_token:
            return self._denial("codeartifact", "sts:GetServiceBearerToken", "*")
        self.tokens.append(f"bearer-{len(self.tokens) + 1}")
        return {"authorizationToken": self.tokens[-1], "expiration": self.now + duration}

    def _GetRepositoryEndpoint(self, request, region):
        name = request.parameter("repository")
        if request.parameter("endpointType") == "dualstack":
            host = f"{DOMAIN}-{ACCOUNT}.codeartifact.{region}.on.aws"
        else:
            host = f"{DOMAIN}-{ACCOUNT}.d.codeartifact.{region}.amazonaws.com"
        return {"repositoryEndpoint": f"https://{host}/maven/{name}/"}

    def _maven(self, request, region, head):
        scheme, _, credential = (request.header("authorization") or "").partition(" ")
        if scheme == "Basic":
            credential = base64.b64decode(credential).decode().removeprefix("aws:")
        if credential not in self.tokens:
            return Answer(401, "", {"WWW-Authenticate": "Basic realm=CodeArtifact"})
        name = request.path.removeprefix(head)
        if request.method == "PUT":
            return self._publish(request, region, name)
        if "codeartifact:ReadFromRepository" in self.denied:
            return self._maven_denial("codeartifact:ReadFromRepository", region)
        if self._asset(name) is None:
            return Answer(404, "not found")
        digest = hashlib.sha256(name.encode()).hexdigest()
        query = urllib.parse.urlencode({
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Expires": "86400", "X-Amz-Signature": digest,
            "X-Amz-Security-Token": "SECRET-OF-THE-SERVICE", "name": name,
        })
        return Answer(307, "", {
            "Location": f"https://assets-{ACCOUNT}-{region}.s3.{region}.amazonaws.com/{digest}?{query}"
        })

    def _asset(self, path):
        """The bytes of an asset, by its path in a repository; None where there is none."""
        *_, package, version, name = f"//{path}".split("/")
        return self.contents.get((package, version), {"assets": {}})["assets"].get(name)

    @staticmethod
    def _maven_denial(action, region):
        return Answer(403, json.dumps({"message": (
            f"User is not authorized to perform: {action} on resource: "
            f"arn:aws:codeartifact:{region}:{ACCOUNT}:repository/{DOMAIN}/{REPOSITORY}"
        )}))

    def _publish(self, request, region, path):
        *_, package, version, name = f"//{path}".split("/")
        is_document = name.startswith("maven-metadata.xml")
        action = "codeartifact:PutPackageMetadata" if is_document else "codeartifact:PublishPackageVersion"
        if action in self.denied:
            return self._maven_denial(action, region)
        if not is_document:
            version = self.published.setdefault((package, version), {"status": "Unfinished", "assets": {}})
            version["assets"][name] = request.body
        elif name == "maven-metadata.xml":
            # Between the group and the name there is no version.
            for (of, _), each in self.published.items():
                if of == version:
                    each["status"] = "Published"
        return Answer(201)

    # S3

    def _s3(self, request, found):
        path = urllib.parse.unquote(request.path)
        bucket, key = (found["bucket"], path[1:]) if found["bucket"] else path[1:].partition("/")[::2]
        if request.parameter("X-Amz-Signature"):
            if request.header("authorization"):
                return self._error("s3", 400, "InvalidArgument", "Only one auth mechanism allowed")
            return Answer(200, self._asset(request.parameter("name")))
        if not request.signature:
            return self._error("s3", 403, "AccessDenied", "Access Denied")
        if misdirection := self._misdirection(request, found, bucket):
            return misdirection
        owner = request.header("x-amz-expected-bucket-owner")
        if owner and owner != self.bucket_owner:
            return self._error("s3", 403, "AccessDenied", "Access Denied")
        answer = self._bucket(request, bucket) if not key else self._object(request, bucket, key)
        if answer.status >= 400 and request.method == "HEAD":
            answer.body = b""
        return answer

    def _misdirection(self, request, found, bucket):
        """Where a bucket is asked for in another region than its own."""
        region = self.bucket_region
        if self.misdirected_methods and request.method not in self.misdirected_methods:
            return None
        if region is None or (request.signature["region"] == region and found["region"] in (region, None)):
            return None
        place = {"x-amz-bucket-region": region}
        if request.method == "HEAD":
            return Answer(301 if self.misdirected == 301 else 400, "", place)
        if self.misdirected == "opt-in":
            # It names the region in its words alone.
            words = "location constraint is incompatible for the region specific endpoint this request was sent to."
            return self._error("s3", 400, "IllegalLocationConstraintException", f"The {region} {words}")
        if self.misdirected == 400:
            message = f"the region '{request.signature['region']}' is wrong; expecting '{region}'"
            return Answer(400, (
                f"<Error><Code>AuthorizationHeaderMalformed</Code><Message>The authorization header is malformed; "
                f"{message}</Message><Region>{region}</Region></Error>"
            ), {"Content-Type": "application/xml"})
        return Answer(301, (
            "<Error><Code>PermanentRedirect</Code><Message>The bucket you are attempting to access must be addressed "
            f"using the specified endpoint.</Message><Endpoint>{bucket}.s3.{region}.amazonaws.com</Endpoint>"
            f"<Bucket>{bucket}</Bucket></Error>"
        ), place | {"Content-Type": "application/xml"})

    def _may(self, action, resource):
        return None if action not in self.denied else self._denial("s3", action, f'"arn:aws:s3:::{resource}"')

    def _bucket(self, request, bucket):
        names = dict(request.query)
        if "versioning" in names:
            if not self.answers_versioning:
                return self._error("s3", 405, "MethodNotAllowed", "The specified method is not allowed")
            state = "<Status>Enabled</Status>" if self.has_versions else ""
            return self._may("s3:GetBucketVersioning", bucket) or Answer(
                200, f"<VersioningConfiguration>{state}</VersioningConfiguration>"
            )
        if names.get("list-type") == "2":
            return self._may("s3:ListBucket", bucket) or self._listing(bucket, names)
        if "versions" in names:
            return self._may("s3:ListBucketVersions", bucket) or self._versions(bucket, names.get("prefix", ""))
        if code := UNCONFIGURED.get(next(iter(names), None)):
            return self._error("s3", 404, code, "It is not configured.")
        if request.method == "HEAD":
            return Answer(200, "", {"x-amz-bucket-region": self.bucket_region or request.signature["region"]})
        self.faults.append(f"{request.method} {request.url} is no operation of this S3")
        return self._error("s3", 501, "NotImplemented", "not here")

    def _listing(self, bucket, names):
        prefix, delimiter = names.get("prefix", ""), names.get("delimiter")
        rows, folders = [], set()
        for key in sorted(self.objects.get(bucket, {})):
            if not key.startswith(prefix):
                continue
            if delimiter and delimiter in key[len(prefix):]:
                folders.add(prefix + key[len(prefix):].split(delimiter)[0] + delimiter)
                continue
            newest = self.objects[bucket][key][-1]
            rows.append(
                f"<Contents><Key>{urllib.parse.quote(key)}</Key><LastModified>{iso(self.now)}</LastModified>"
                f'<ETag>"{hashlib.md5(newest.body).hexdigest()}"</ETag><Size>{len(newest.body)}</Size>'
                f"<StorageClass>{newest.headers.get('x-amz-storage-class', 'STANDARD')}</StorageClass></Contents>"
            )
        rows += [f"<CommonPrefixes><Prefix>{urllib.parse.quote(each)}</Prefix></CommonPrefixes>" for each in folders]
        return Answer(200, (
            f"<ListBucketResult><Name>{bucket}</Name><KeyCount>{len(rows)}</KeyCount><MaxKeys>1000</MaxKeys>"
            f"<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>{''.join(rows)}</ListBucketResult>"
        ), {"Content-Type": "application/xml"})

    def _versions(self, bucket, prefix):
        rows = []
        for key in sorted(key for key in self.objects.get(bucket, {}) if key.startswith(prefix)):
            for number, version in enumerate(reversed(self.objects[bucket][key])):
                rows.append(
                    f"<Version><Key>{urllib.parse.quote(key)}</Key><VersionId>{version.id or 'null'}</VersionId>"
                    f"<IsLatest>{'true' if number == 0 else 'false'}</IsLatest>"
                    f"<LastModified>{iso(self.now)}</LastModified>"
                    f'<ETag>"{hashlib.md5(version.body).hexdigest()}"</ETag><Size>{len(version.body)}</Size>'
                    f"<StorageClass>{version.headers.get('x-amz-storage-class', 'STANDARD')}</StorageClass></Version>"
                )
        return Answer(200, (
            f"<ListVersionsResult><Name>{bucket}</Name><MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType>"
            f"<IsTruncated>false</IsTruncated>{''.join(rows)}</ListVersionsResult>"
        ), {"Content-Type": "application/xml"})

    def _object(self, request, bucket, key):
        versions = self.objects.setdefault(bucket, {}).get(key, [])
        resource = f"{bucket}/{key}"
        if request.method == "PUT":
            return self._may("s3:PutObject", resource) or self._write(request, bucket, key, versions)
        wanted = request.parameter("versionId")
        if denial := self._may("s3:GetObjectVersion" if wanted else "s3:GetObject", resource):
            return denial
        version = next((each for each in reversed(versions) if wanted in (None, each.id)), None)
        if version is None:
            return self._error("s3", 404, "NoSuchVersion" if wanted else "NoSuchKey", "It does not exist.")
        if request.method == "GET" and version.headers.get("x-amz-storage-class") in ("GLACIER", "DEEP_ARCHIVE"):
            message = "The operation is not valid for the object's storage class"
            return self._error("s3", 403, "InvalidObjectState", message)
        headers = {"ETag": f'"{hashlib.md5(version.body).hexdigest()}"', "Content-Length": str(len(version.body))}
        if self.has_versions:
            headers["x-amz-version-id"] = version.id
        if request.header("x-amz-checksum-mode") == "ENABLED":
            headers["x-amz-checksum-sha256"] = base64.b64encode(hashlib.sha256(version.body).digest()).decode()
            headers["x-amz-checksum-type"] = "FULL_OBJECT"
        status, body = 200, version.body
        if span := re.fullmatch(r"bytes=(\d+)-(\d+)", request.header("range") or ""):
            status, body = 206, body[int(span[1]):int(span[2]) + 1]
            headers["Content-Length"] = str(len(body))
        return Answer(status, body, headers)

    def _write(self, request, bucket, key, versions):
        if self.requires_acl and request.header("x-amz-acl") != "bucket-owner-full-control":
            return self._denial("s3", "s3:PutObject", f'"arn:aws:s3:::{bucket}/{key}" with an explicit deny')
        if versions and request.header("if-none-match") == "*":
            return self._error("s3", 412, "PreconditionFailed", "At least one of the pre-conditions did not hold")
        checksum = request.header("x-amz-checksum-sha256")
        if checksum and checksum != base64.b64encode(hashlib.sha256(request.body).digest()).decode():
            return self._error("s3", 400, "BadDigest", "The SHA256 you specified did not match")
        if request.header("x-amz-acl") and not self.takes_acls:
            return self._error("s3", 400, "AccessControlListNotSupported", "The bucket does not allow ACLs")
        self.written += 1
        kept = {name.lower(): value for name, value in request.headers if name.lower().startswith("x-amz-")}
        version = Version(f"version-{self.written}" if self.has_versions else "null", request.body, kept)
        self.objects[bucket][key] = [*versions, version] if self.has_versions else [version]
        headers = {"ETag": f'"{hashlib.md5(request.body).hexdigest()}"'}
        if self.has_versions:
            headers["x-amz-version-id"] = version.id
        return Answer(200, "", headers)
