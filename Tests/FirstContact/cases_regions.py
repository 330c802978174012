"""Which hosts are asked: by region and partition, and for FIPS and dual-stack."""

from aws import ACCOUNT, DOMAIN
from cases import API, STORE, Case, every, never_asks, says
from cases_credentials import INSTANCE, ROLE, SOURCE, SSO, WEB, sso_token
from cases_s3 import ARN, LIST

# No region but that of --region and the files.
NOWHERE = {"AWS_REGION": None, "AWS_DEFAULT_REGION": None}
IN_ROLE = NOWHERE | {"AWS_PROFILE": "role"}
ASSUMED = f"[profile role]\nrole_arn = {ROLE}/backup\nsource_profile = source\n{SOURCE}"


def regions(*names):
    return {"AWS_REGION": names[0], "AWS_DEFAULT_REGION": names[0]}


PLACES = [
    Case("AWS_DEFAULT_REGION is the region where AWS_REGION is not set",
         env={"AWS_REGION": None, "AWS_DEFAULT_REGION": "eu-north-1"}),
    Case("The profile's region counts where no variable is set", env=NOWHERE,
         config="[default]\nregion = eu-north-1\n"),
    Case("The variable takes precedence over the profile's region", config="[default]\nregion = eu-north-1\n"),
    Case("--region takes precedence over the variables", region="us-west-2"),
    *(
        Case(f"The hosts of {region} are those that botocore knows", env=regions(region))
        for region in ["us-east-1", "us-west-2", "ap-south-1", "eu-south-1", "us-gov-west-1", "cn-north-1",
                       "eusc-de-east-1", "us-iso-east-1"]
    ),
    Case("--region is the region of STS", keys=None, env=IN_ROLE, config=ASSUMED, region="eu-west-1"),
    Case("--region is the region of STS for a web identity", keys=None, files=WEB, region="eu-west-1",
         env=NOWHERE | {"AWS_ROLE_ARN": f"{ROLE}/pod", "AWS_WEB_IDENTITY_TOKEN_FILE": "{home}/token"}),
    Case("--region takes precedence for STS over the profile's region", keys=None, env=IN_ROLE, region="us-west-2",
         config=ASSUMED.replace("[profile source]", "region = eu-west-1\n[profile source]")),
    *(
        Case(f"A role of {region} is assumed at the STS of its partition and region", keys=None, env=IN_ROLE,
             config=ASSUMED, region=region)
        for region in ["cn-north-1", "us-gov-east-1", "eu-south-1"]
    ),
    Case("AWS_STS_REGIONAL_ENDPOINTS=legacy goes to the global STS from an old region", keys=None, config=ASSUMED,
         env=IN_ROLE | {"AWS_STS_REGIONAL_ENDPOINTS": "legacy"}, region="us-west-2"),
    Case("AWS_STS_REGIONAL_ENDPOINTS=legacy goes to the region's STS from one that is switched on by hand", keys=None,
         config=ASSUMED, env=IN_ROLE | {"AWS_STS_REGIONAL_ENDPOINTS": "legacy"}, region="eu-south-1"),
    Case("sts_regional_endpoints = legacy of the profile goes to the global STS", keys=None, env=IN_ROLE,
         config=ASSUMED.replace("[profile source]", "sts_regional_endpoints = legacy\n[profile source]"),
         region="us-west-2"),
    Case("AWS_STS_REGIONAL_ENDPOINTS=regional goes to the region's STS", keys=None, config=ASSUMED,
         env=IN_ROLE | {"AWS_STS_REGIONAL_ENDPOINTS": "regional"}, region="us-east-1"),
    Case("sts_regional_endpoints that is none is refused", keys=None, env=IN_ROLE, region="us-west-2", same=(), calls=(),
         config=ASSUMED.replace("[profile source]", "sts_regional_endpoints = global\n[profile source]"), exit=7,
         checks=(says("set it to regional or legacy"), never_asks("sts"))),
    Case("--backup-region is the region of the bucket alone", flags=("--backup-region", "eu-central-1"), calls=API,
         same=("api",), checks=(every("s3", "the bucket's region", lambda request: (
             request.host == "my-bucket.s3.eu-central-1.amazonaws.com" and request.signature["region"] == "eu-central-1"
         )),)),
]

FIPS, DUAL = {"AWS_USE_FIPS_ENDPOINT": "true"}, {"AWS_USE_DUALSTACK_ENDPOINT": "true"}
OLD = "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT"
OLD_S3 = "[default]\ns3 =\n  us_east_1_regional_endpoint = "
# S3's host in us-east-1 from before there were regions.
LEGACY = [
    Case("AWS_S3_US_EAST_1_REGIONAL_ENDPOINT=legacy goes to the host of S3 without a region",
         env=regions("us-east-1") | {OLD: "legacy"}),
    Case("us_east_1_regional_endpoint = legacy of the profile goes to the host of S3 without a region",
         env=regions("us-east-1") | {OLD: None}, config=f"{OLD_S3}legacy\n"),
    Case("s3_us_east_1_regional_endpoint = legacy of the profile goes to the host of S3 without a region",
         env=regions("us-east-1") | {OLD: None}, config="[default]\ns3_us_east_1_regional_endpoint = legacy\n"),
    Case("us_east_1_regional_endpoint = regional of the profile goes to the host of S3 in the region",
         env=regions("us-east-1") | {OLD: None}, config=f"{OLD_S3}regional\n"),
    Case("The variable of S3's legacy host takes precedence over the profile", env=regions("us-east-1"),
         config=f"{OLD_S3}legacy\n"),
    Case("The legacy host of S3 is that of us-east-1 alone", env=regions("us-west-2") | {OLD: "legacy"}),
    Case("The legacy host of S3 is asked for a bucket with dots by path", env=regions("us-east-1") | {OLD: "legacy"},
         bucket="my.dotted.bucket"),
    Case("The legacy host of S3 does not count for an access point's ARN", calls=LIST, aws={"answers_versioning": False},
         env=regions("us-east-1") | {OLD: "legacy"}, bucket=ARN.replace("eu-west-1", "us-east-1")),
    Case("The legacy host of S3 does not count for an endpoint of one's own", calls=STORE, same=("store",),
         env=regions("us-east-1") | {OLD: "legacy", "AWS_ENDPOINT_URL_S3": "https://s3.internal.example"}),
    *(
        Case(f"The legacy host of S3 does not count with {kind}", env=regions("us-east-1") | {OLD: "legacy"} | variables)
        for kind, variables in [("FIPS", FIPS), ("dual-stack", DUAL)]
    ),
    Case("us_east_1_regional_endpoint that is none is refused", calls=(), same=(), exit=8,
         env=regions("us-east-1") | {OLD: "global"},
         checks=(says("set it to regional or legacy"), never_asks("s3"))),
]
KINDS = [
    ("FIPS", FIPS, "use_fips_endpoint = true\n"),
    ("dual-stack", DUAL, "use_dualstack_endpoint = true\n"),
    ("FIPS and dual-stack", FIPS | DUAL, "use_fips_endpoint = true\nuse_dualstack_endpoint = true\n"),
]
ENDPOINT = (("codeartifact", "get_repository_endpoint", {
    "domain": DOMAIN, "domainOwner": ACCOUNT, "repository": "releases", "format": "maven", "endpointType": "dualstack",
}),)
KINDLY = [
    case
    for kind, variables, lines in KINDS
    for case in [
        Case(f"The variables of {kind} choose the hosts of CodeArtifact, S3 and STS", keys=None,
             env=regions("us-east-1") | {"AWS_PROFILE": "role"} | variables, config=ASSUMED),
        Case(f"The profile chooses {kind} for CodeArtifact, S3 and STS", keys=None,
             env=regions("us-east-1") | {"AWS_PROFILE": "role"},
             config=ASSUMED.replace("[profile source]", f"{lines}[profile source]")),
        Case(f"The variables of {kind} choose the hosts of single sign-on", keys=None, config=SSO,
             env={"AWS_PROFILE": "sso"} | variables, files=sso_token(-60)),
        Case(f"A dotted bucket is named in the path with {kind}", env=regions("us-east-1") | variables,
             bucket="my.dotted.bucket"),
        Case(f"An access point's host is that of {kind}", env=regions("us-east-1") | variables, calls=LIST,
             bucket=ARN.replace("eu-west-1", "us-east-1"), aws={"answers_versioning": False}),
        Case(f"A bucket in another region is found with {kind}", env=regions("us-east-1") | variables,
             aws={"bucket_region": "us-west-2", "misdirected": 400}),
        *(
            Case(f"The hosts of {kind} in {region} are those that botocore knows", keys=None, config=ASSUMED,
                 env=regions(region) | {"AWS_PROFILE": "role"} | variables)
            # No partition but these two has other rules, and China has no FIPS.
            for region in ["us-gov-west-1", *(["cn-north-1"] if variables == DUAL else [])]
        ),
    ]
] + [
    Case("FIPS does not move the metadata service", keys=None, env=INSTANCE | FIPS),
    Case("A variable that is false takes precedence over the profile's true", env={"AWS_USE_FIPS_ENDPOINT": "false"},
         config="[default]\nuse_fips_endpoint = true\n"),
    *(
        Case(f"An empty variable takes precedence over the profile's true for {kind}",
             env=regions("us-east-1") | {name: "" for name in variables}, config=f"[default]\n{lines}")
        for kind, variables, lines in KINDS
    ),
    *(
        Case(f"The old name {name} of a FIPS endpoint is refused, and the region and the variable are named", calls=(),
             env=regions(name), exit=8, checks=(says("AWS_USE_FIPS_ENDPOINT", "write us-east-1"), never_asks(".")))
        for name in ["fips-us-east-1", "us-east-1-fips"]
    ),
    Case("GetRepositoryEndpoint is asked for the dual-stack host, which then serves the assets", env=DUAL,
         calls=ENDPOINT, same=(), checks=(
             every("codeartifact", "endpointType", lambda request: request.parameter("endpointType") == "dualstack",
                   path="/v1/repository/endpoint$"),
             every("maven", "the host", lambda request: (
                 request.host == "demo-111122223333.codeartifact.eu-west-1.on.aws"))),
         ),
]

CASES = PLACES + LEGACY + KINDLY
