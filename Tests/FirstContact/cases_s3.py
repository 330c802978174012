"""How a bucket is addressed, and what is asked and sent with its objects."""

import json

from aws import ACCOUNT, AWS
from cases import API, BOTH, Case, every, never_asks, never_says, says
from cases_credentials import ROLE, keys
from network import Answer

# What botocore is asked where there is no GetBucketVersioning.
LIST = (*API, ("s3", "list_objects_v2", {"Bucket": "{bucket}"}))
PLAIN = "my-bucket.s3.eu-west-1.amazonaws.com"


def header(name, value):
    return lambda request: request.header(name) == value


def in_region(region):
    return lambda request: region in request.host


def deny(*actions):
    return lambda aws: aws.deny(*actions)


def republish(aws):
    """The version is deleted and published again with another jar."""
    aws.jar = b"other bytes of the jar"


def once(fits, answer):
    """A rule that answers the first request that fits."""
    left = [answer]
    return lambda request: left.pop() if left and fits(request) else None


def misdirections(most):
    """S3 has to name the bucket's region at most so often."""
    def check(result):
        refused = [request for request in result.requests("s3") if request.status in (301, 400)]
        if len(refused) > most:
            yield f"{len(refused)} requests went to the wrong region"
    return check


def manifest_names_versions(result):
    """What a PUT answered is in the manifest."""
    (objects,) = result.aws.objects.values() or [{}]
    found = [key for key in objects if "/manifests/" in key]
    if not found:
        yield "there is no manifest"
    for key in found:
        assets = json.loads(objects[key][-1].body)["assets"]
        if not all(asset.get("versionID", asset.get("versionId", "")).startswith("version-") for asset in assets):
            yield f"the manifest has no version of an object: {assets}"


def restored(result):
    """The domain has what the backup has."""
    found = {place: (version["status"], sorted(version["assets"])) for place, version in result.aws.published.items()}
    if found != {("app", "1.0"): ("Published", ["app-1.0.jar", "app-1.0.pom"])}:
        yield f"the domain has {found}"


ARN = f"arn:aws:s3:eu-west-1:{ACCOUNT}:accesspoint/backup"
OTHER_ARN = ARN.replace("eu-west-1", "us-west-2")
OWN_S3 = {"AWS_ENDPOINT_URL_S3": "https://s3.internal.example"}
ADDRESSES = [
    Case("A bucket is named in the host"),
    Case("A bucket with dots is named in the path, since no certificate covers it", bucket="my.dotted.bucket"),
    Case("A bucket with upper-case letters is named in the path", bucket="My-Bucket"),
    Case("A bucket with an underscore is named in the path", bucket="my_bucket"),
    Case("--path-style names a bucket in the path", flags=("--path-style",),
         config="[default]\ns3 =\n  addressing_style = path\n"),
    *(
        Case(f"addressing_style = {style} of the profile names {what}", bucket=bucket, env=env, same=("store",),
             config=f"[default]\ns3 =\n  addressing_style = {style}\n", calls=BOTH[1:])
        for style, what, bucket, env in [
            ("path", "a bucket in the path", "my-bucket", {}),
            ("auto", "a bucket in the host", "my-bucket", {}),
            ("virtual", "a bucket in the host, too", "my-bucket", {}),
            ("virtual", "a bucket with dots in the path", "my.dotted.bucket", {}),
            ("virtual", "a bucket before the host of AWS_ENDPOINT_URL_S3", "my-bucket", OWN_S3),
            ("auto", "a bucket in the path of AWS_ENDPOINT_URL_S3", "my-bucket", OWN_S3),
            ("path", "a bucket in the path of AWS_ENDPOINT_URL_S3, too", "my-bucket", OWN_S3),
        ]
    ),
    Case("addressing_style = path does not count for an access point's ARN", bucket=ARN, calls=LIST,
         aws={"answers_versioning": False}, config="[default]\ns3 =\n  addressing_style = path\n"),
    Case("addressing_style that is none is refused", calls=BOTH[1:], same=(), exit=8,
         config="[default]\ns3 =\n  addressing_style = host\n", checks=(says("addressing_style"), never_asks("s3"))),
    Case("use_accelerate_endpoint is refused by name", calls=(), exit=8, checks=(
        says("use_accelerate_endpoint"), never_asks("s3")),
         config="[default]\ns3 =\n  use_accelerate_endpoint = true\n"),
    Case("use_accelerate_endpoint = false is followed", calls=BOTH[1:], same=("store",),
         config="[default]\ns3 =\n  use_accelerate_endpoint = false\n"),
    Case("The ARN of a bucket is refused as what it is", bucket="arn:aws:s3:::my-bucket", calls=(), exit=8,
         checks=(says("is the ARN of a bucket: write s3://my-bucket"), never_asks("s3"))),
    *(
        Case(f"An access point of another region is refused where {name} says so", bucket=OTHER_ARN, calls=LIST[1:],
             same=(), exit=8, aws={"answers_versioning": False}, env=env, config=config, checks=(
                 says("use_arn_region", "us-west-2"), never_asks("s3-accesspoint")))
        for name, env, config in [
            ("use_arn_region", {}, "[default]\ns3 =\n  use_arn_region = false\n"),
            ("AWS_S3_USE_ARN_REGION", {"AWS_S3_USE_ARN_REGION": "false"}, ""),
        ]
    ),
    Case("AWS_S3_USE_ARN_REGION takes precedence over use_arn_region", bucket=OTHER_ARN, calls=LIST,
         aws={"answers_versioning": False}, env={"AWS_S3_USE_ARN_REGION": "true"},
         config="[default]\ns3 =\n  use_arn_region = false\n"),
    Case("use_arn_region = false lets an access point of the same region pass", bucket=ARN, calls=LIST,
         aws={"answers_versioning": False}, config="[default]\ns3 =\n  use_arn_region = false\n"),
    Case("An access point's alias is a bucket's name",
         bucket="backup-1a2b3c4d5e6f7g8h9i0jk1l2m3n4oeuw1a-s3alias", calls=LIST, aws={"answers_versioning": False}),
    Case("An access point's ARN gives its host", bucket=ARN, calls=LIST, aws={"answers_versioning": False}),
    Case("An access point of another region gives the region", bucket=ARN.replace("eu-west-1", "us-west-2"), calls=LIST,
         config="[default]\ns3 =\n  use_arn_region = true\n", aws={"answers_versioning": False}),
    Case("A directory bucket is refused by its name before anything is asked", bucket="backup--euw1-az1--x-s3",
         calls=(), exit=8, checks=(says("--x-s3"), never_asks("s3"))),
    *(
        Case(f"A bucket in another region is found by S3's {status}, once for the whole run",
             env={"AWS_REGION": here, "AWS_DEFAULT_REGION": here},
             aws={"bucket_region": "eu-central-1", "misdirected": status},
             checks=(misdirections(1), says("eu-central-1"),
                     every("codeartifact", "the domain's region", in_region(here))))
        for status, here in [(301, "eu-west-1"), (400, "us-east-1")]
    ),
    Case("A bucket in a region that is switched on by hand is found", calls=BOTH,
         aws={"bucket_region": "af-south-1", "misdirected": "opt-in"}, checks=(misdirections(2),)),
    Case("A bucket with dots in another region is found", bucket="my.dotted.bucket",
         aws={"bucket_region": "eu-central-1"}, checks=(misdirections(1),)),
    Case("A verification follows to the bucket's region", steps=("run", "verify --depth bytes"),
         aws={"bucket_region": "eu-central-1"}, checks=(misdirections(2),)),
    *(
        Case(f"A {method} that S3 sends to another region is sent there", steps=steps, calls=(),
             aws={"bucket_region": "eu-central-1", "misdirected": 400, "misdirected_methods": {method}},
             # The two files of the version are on their way side by side.
             checks=(misdirections(2),))
        for method, steps in [("HEAD", ("run", "verify --depth checksums")), ("PUT", ("run",))]
    ),
    Case("A bucket that does not exist fails with 8", calls=BOTH[1:], same=(), exit=8, aws={"rules": [
        lambda request: Answer(404, "<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist"
                               "</Message></Error>") if ".s3." in request.host and request.signature else None
    ]}, checks=(says("NoSuchBucket|does not exist"),)),
]

CLASS = "x-amz-storage-class"
# Where reconcile-serve has it.
JAR = "/releases/com/acme/app/1.0/app-1.0.jar"
OBJECTS = [
    Case("A bucket that answers 405 to GetBucketVersioning keeps the versions that its PUTs answer",
         aws={"answers_versioning": False}, calls=LIST, checks=(manifest_names_versions,)),
    Case("A bucket without versioning is written, and no version is named", aws={"has_versions": False}),
    *(
        Case(f"A role without s3:GetObjectVersion verifies objects whose newest version is meant, at depth {depth}",
             steps=("run", deny("s3:GetObjectVersion"), f"verify --depth {depth}"), calls=(),
             checks=(never_says("AccessDenied"),))
        for depth in ["checksums", "bytes"]
    ),
    Case("reconcile-serve gives the newest bytes without s3:GetObjectVersion", calls=(), steps=(
        "run", deny("s3:GetObjectVersion"), f"serve {JAR} {JAR.replace('.jar', '.pom')} /releases/com/acme/app/"
        "maven-metadata.xml"
    ), checks=(says("200 200 200"),)),
    Case("A restore needs no s3:GetObjectVersion for the newest bytes", calls=(),
         steps=("run", deny("s3:GetObjectVersion"), AWS.lose, "restore --dry-run", "restore"), checks=(restored,)),
    Case("A restore's rehearsal needs no s3:GetObjectVersion for the newest bytes", calls=(),
         steps=("run", deny("s3:GetObjectVersion"), "restore --dry-run")),
    Case("A HEAD of older versions that is refused fails with 7 and names both rights", calls=(), exit=7, steps=(
        "run", republish, "run", deny("s3:GetObjectVersion"), "verify --depth checksums"
    ), aws={"packages": 13}, checks=(says("s3:GetObject and s3:GetObjectVersion"),)),
    Case("Objects are written create-only, with their checksum", calls=(), checks=(
        every("s3", "the checksum", lambda request: request.header("x-amz-checksum-sha256"), "PUT"),
        every("s3", "If-None-Match", header("if-none-match", "*"), "PUT", r"/manifests/|\.jar$|\.pom$"),
    )),
    Case("--storage-class is the class of assets alone", flags=("--storage-class", "STANDARD_IA"), calls=(), checks=(
        every("s3", "the class", header(CLASS, "STANDARD_IA"), "PUT", r"\.(jar|pom)$"),
        every("s3", "no class", header(CLASS, None), "PUT", r"\.(json|xml|sha1|md5)$"),
    )),
    *(
        Case(f"--storage-class {name} is refused before anything is asked", flags=("--storage-class", name), calls=(),
             exit=64, checks=(says(name), never_asks(".")))
        for name in ["GLACIER", "DEEP_ARCHIVE", "NONSENSE"]
    ),
    Case("--acl hands each object over to the bucket's owner", aws={"requires_acl": True}, calls=(),
         flags=("--acl", "bucket-owner-full-control"),
         checks=(every("s3", "the ACL", header("x-amz-acl", "bucket-owner-full-control"), "PUT"),)),
    Case("A bucket that requires its objects handed over refuses a run without --acl with 7", calls=(), exit=7,
         aws={"requires_acl": True}, checks=(says("s3:PutObject"),)),
    Case("--sse AES256 is asked for with every object", flags=("--sse", "AES256"), calls=(),
         checks=(every("s3", "the method", header("x-amz-server-side-encryption", "AES256"), "PUT"),)),
    Case("--sse aws:kms is asked for with every object, and the key", calls=(),
         flags=("--sse", "aws:kms", "--kms-key-id", "alias/backup"), checks=(
             every("s3", "the method", header("x-amz-server-side-encryption", "aws:kms"), "PUT"),
             every("s3", "the key", header("x-amz-server-side-encryption-aws-kms-key-id", "alias/backup"), "PUT"))),
    Case("Without --sse and --acl no request has their headers", calls=(), checks=(
        every("s3", "no header", lambda request: not any(
            request.header(name) for name in ["x-amz-server-side-encryption", "x-amz-acl", CLASS]
        ), "PUT"),)),
    Case("--expected-bucket-owner is asked of every request", flags=("--expected-bucket-owner", ACCOUNT), calls=(),
         steps=("run", "verify --depth bytes"),
         checks=(every("s3", "the owner", header("x-amz-expected-bucket-owner", ACCOUNT)),)),
    Case("A bucket of another account than the expected one fails with 7", exit=7,
         flags=("--expected-bucket-owner", ACCOUNT), aws={"bucket_owner": "999988887777"},
         calls=(("s3", "list_objects_v2", {"Bucket": "{bucket}", "ExpectedBucketOwner": ACCOUNT}),), same=()),
    Case("IncompleteBody is tried again", calls=(), aws={"rules": [once(
        lambda request: request.method == "PUT" and request.path.endswith(".jar"),
        Answer(400, "<Error><Code>IncompleteBody</Code><Message>The request body terminated unexpectedly</Message>"
               "</Error>"),
    )]}),
    Case("SlowDown is tried again", aws={"rules": [once(
        lambda request: ".s3." in request.host and request.method == "GET",
        Answer(503, "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"),
    )]}, calls=()),
]

OTHERS = f"[profile store]\n{keys('AKIASTORE')}[profile source]\n{keys('AKIASOURCE')}"
ACCOUNTS = [
    Case("--backup-profile gives the bucket credentials of its own", config=OTHERS, calls=API, same=("api",),
         flags=("--backup-profile", "store"),
         checks=(every("s3", "the key", lambda request: request.signature["key"] == "AKIASTORE"),
                 every("codeartifact", "the key", lambda request: request.signature["key"] == "AKIAENV"))),
    Case("--backup-role-arn assumes a role for the bucket", calls=API, same=("api",),
         flags=("--backup-role-arn", f"{ROLE}/store"),
         checks=(every("s3", "the key", lambda request: request.signature["key"] == "ASIASTORE"),
                 every("codeartifact", "the key", lambda request: request.signature["key"] == "AKIAENV"),
                 every("credentials", "the role", lambda request: request.form["RoleArn"] == f"{ROLE}/store"))),
    Case("--backup-profile and --profile are two profiles", keys=None, config=OTHERS, profile="source", calls=API,
         same=("api",), flags=("--backup-profile", "store"),
         checks=(every("s3", "the key", lambda request: request.signature["key"] == "AKIASTORE"),)),
]

CASES = ADDRESSES + OBJECTS + ACCOUNTS
