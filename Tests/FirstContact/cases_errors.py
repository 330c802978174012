"""A right that is missing: the command fails with 7 and names the action, whichever it is."""

from aws import ACCOUNT, AWS, DOMAIN
from cases import Case, says
from cases_s3 import deny

OF_DOMAIN = {"domain": DOMAIN, "domainOwner": ACCOUNT}
OF_REPOSITORY = OF_DOMAIN | {"repository": "releases", "format": "maven"}
OF_PACKAGE = OF_REPOSITORY | {"namespace": "com.acme", "package": "app"}
OF_VERSION = OF_PACKAGE | {"packageVersion": "1.0"}
BUCKET = {"Bucket": "{bucket}"}

# The action, botocore's call, and its parameters.
OF_A_RUN = [
    ("codeartifact:ListRepositoriesInDomain", "list_repositories_in_domain", OF_DOMAIN),
    ("codeartifact:ListPackages", "list_packages", OF_DOMAIN | {"repository": "releases"}),
    ("codeartifact:ListPackageVersions", "list_package_versions", OF_PACKAGE),
    ("codeartifact:ListPackageVersionAssets", "list_package_version_assets", OF_VERSION),
    ("codeartifact:DescribePackageVersion", "describe_package_version", OF_VERSION),
    ("codeartifact:GetAuthorizationToken", "get_authorization_token", OF_DOMAIN),
    ("sts:GetServiceBearerToken", "get_authorization_token", OF_DOMAIN),
    ("codeartifact:GetRepositoryEndpoint", "get_repository_endpoint", OF_REPOSITORY),
    ("s3:ListBucket", "list_objects_v2", BUCKET),
    ("s3:GetBucketVersioning", "get_bucket_versioning", BUCKET),
    ("s3:PutObject", "put_object", BUCKET | {"Key": "k"}),
    ("s3:GetObject", "get_object", BUCKET | {"Key": "k"}),
]
OF_A_RESTORE = [
    "codeartifact:ListRepositoriesInDomain", "codeartifact:ListPackageVersions", "codeartifact:PublishPackageVersion",
    "codeartifact:ListPackageVersionAssets", "codeartifact:DescribePackageVersion",
    "codeartifact:GetRepositoryEndpoint", "codeartifact:GetAuthorizationToken",
    "codeartifact:UpdatePackageVersionsStatus", "s3:ListBucket", "s3:GetObject",
]
# Commands that only look, and what each of them needs of a backup and a domain that are in step.
OF_A_LOOK = [
    ("plan", ["codeartifact:ListRepositoriesInDomain", "codeartifact:ListPackages", "codeartifact:ListPackageVersions",
              "s3:ListBucket", "s3:GetBucketVersioning"]),
    ("drift", ["codeartifact:ListRepositoriesInDomain", "codeartifact:ListPackages", "codeartifact:ListPackageVersions",
               "s3:ListBucket"]),
    ("status", ["s3:ListBucket", "s3:GetObject"]),
    ("runs", ["s3:ListBucket", "s3:GetObject"]),
    ("runs show latest", ["s3:GetObject"]),
    ("show com.acme:app:1.0", ["s3:ListBucket", "s3:GetObject"]),
    ("history com.acme:app", ["s3:ListBucket", "s3:GetObject"]),
    ("find app-1.0.jar", ["s3:ListBucket", "s3:GetObject"]),
    ("get com.acme:app:1.0", ["s3:ListBucket", "s3:GetObject"]),
]
# What a plan asks before anything is backed up.
OF_A_PLAN = [action for action, _, _ in OF_A_RUN if action not in ("s3:PutObject", "s3:GetObject")]
OF_A_VERIFICATION = ["s3:ListBucket", "s3:GetObject", "s3:GetBucketVersioning"]


def call(action, name, parameters):
    return (("s3" if action.startswith("s3:") else "codeartifact", name, parameters),)


CASES = [
    *(
        # What is refused for one version alone may be the version's fault; for a dozen of them it is not.
        Case(f"A run without {action} fails with 7 and names it", aws={"denied": {action}, "packages": 13}, exit=7,
             same=(), calls=call(action, name, parameters), checks=(says(action),))
        for action, name, parameters in OF_A_RUN
    ),
    *(
        Case(f"A verification without {action} fails with 7 and names it", calls=(), exit=7,
             steps=("run", deny(action), "verify --depth bytes"), checks=(says(action),))
        for action in OF_A_VERIFICATION
    ),
    *(
        Case(f"A restore without {action} fails with 7 and names it", calls=(), exit=7, aws={"packages": 13},
             steps=("run", deny(action), AWS.lose, "restore"), checks=(says(action),))
        for action in OF_A_RESTORE
    ),
    *(
        # One package, as a beginner's domain has: there are not a dozen refusals to count.
        Case(f"{command} without {action} fails with 7 and names it, with {packages} packages", calls=(),
             exit=7, aws={"packages": packages}, steps=("run", deny(action), command), checks=(says(action),))
        for command, actions in OF_A_LOOK
        for action in actions
        for packages in (1, 13)
    ),
    *(
        Case(f"plan before the first run without {action} fails with 7 and names it, with {packages} packages",
             calls=(), exit=7, aws={"packages": packages}, steps=(deny(action), "plan"), checks=(says(action),))
        for action in OF_A_PLAN
        for packages in (1, 2, 13)
    ),
]
