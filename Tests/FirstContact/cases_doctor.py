"""What doctor says of a refusal: who refuses, in the service's words, and what to change."""

from aws import ACCOUNT, SILENT
from cases import API, Case, never_says, says
from cases_credentials import ROLE
from cases_regions import ASSUMED
from network import Answer

# Doctor has a bad line for a bucket that does not block public access, as this AWS's does not.
BLOCKED = {"rules": [lambda request: Answer(200, (
    "<PublicAccessBlockConfiguration>" + "".join(f"<{name}>true</{name}>" for name in [
        "BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets",
    ]) + "</PublicAccessBlockConfiguration>"
)) if request.parameter("publicAccessBlock") is not None else None]}
TABLE = ("doctor --output table",)
# The end of AWS's sentence, and what doctor makes of it.
POLICIES = [
    ("with an explicit deny in an identity-based policy", "A policy of the role denies it explicitly"),
    ("with an explicit deny in a resource-based policy", "bucket's policy denies it explicitly"),
    ("because no resource-based policy allows the s3:PutObject action", "bucket's policy does not allow it"),
    ("with an explicit deny in a service control policy", "service control policy .* denies .* administrators"),
    ("because no service control policy allows the s3:PutObject action", "service control policy .* does not allow"),
    ("with an explicit deny in a resource control policy", "resource control policy .* administrators"),
    ("with an explicit deny in a VPC endpoint policy", "VPC endpoint's policy denies it explicitly"),
    ("because no VPC endpoint policy allows the s3:PutObject action", "VPC endpoint's policy does not allow it"),
    ("because no permissions boundary allows the s3:PutObject action", "permissions boundary does not allow it"),
    ("because no session policy allows the s3:PutObject action", "session's own policy does not allow it"),
    ("with an explicit deny in a session policy", "session's own policy denies it explicitly"),
    ("with an explicit deny", "Find that Deny statement"),
]
PROXY = Answer(403, "<!DOCTYPE html><html><head><title>ERROR</title></head><body><h1>Access Denied by Example "
               "Gateway</h1></body></html>", {"Content-Type": "text/html", "Server": "squid/5.7"})



def silent(*parts):
    """Rules by which these hosts take requests and never answer."""
    return {"rules": [
        lambda request: SILENT if any(part in request.host for part in parts) else None, *BLOCKED["rules"]
    ]}


def within(seconds):
    def check(result):
        if result.seconds > seconds:
            yield f"takes {result.seconds:.0f} s"
    return check


CASES = [
    Case("doctor finds nothing bad in a healthy set-up", calls=(), aws=BLOCKED, steps=TABLE, checks=(says(" 0 bad"),)),
    Case("doctor prints the statement that allows what no policy of the role allows", calls=(), exit=7, steps=TABLE,
         aws=BLOCKED | {"denied": {"s3:PutObject"}},
         checks=(says("BAD s3:PutObject: refused", "The service said: .*no identity-based policy allows the",
                      "Allow it with:", '"Effect"', " 1 bad"),)),
    *(
        Case(f"doctor names the policy of a refusal that ends \"{end}\"", calls=(), exit=7, steps=TABLE,
             aws=BLOCKED | {"denied": {"s3:PutObject"}, "because": end},
             checks=(says("BAD s3:PutObject: refused", f"The service said: .*{end}", words, " 1 bad"),
                     never_says('"Effect"', "Allow it with")))
        for end, words in POLICIES
    ),
    Case("A run's refusal names the policy that denies", calls=(), exit=7,
         aws={"denied": {"codeartifact:ListRepositoriesInDomain"},
              "because": "with an explicit deny in a service control policy"},
         checks=(says("service control policy of the organization denies it explicitly",
                      "codeartifact:ListRepositoriesInDomain"), never_says("Allow codeartifact:"))),
    Case("doctor says that the bucket is another account's than --expected-bucket-owner", calls=(), exit=8,
         steps=TABLE, flags=("--expected-bucket-owner", ACCOUNT), aws=BLOCKED | {"bucket_owner": "999988887777"},
         checks=(says("BAD bucket's owner: .*--expected-bucket-owner", " 1 bad"), never_says('"Effect"'))),
    Case("doctor says that a bucket takes no ACLs", calls=(), exit=8, steps=TABLE,
         flags=("--acl", "bucket-owner-full-control"), aws=BLOCKED | {"takes_acls": False},
         checks=(says("BAD .*does not accept ACLs", "Remove --acl", " 1 bad"),)),
    Case("A run says that a bucket takes no ACLs", calls=(), exit=3, flags=("--acl", "bucket-owner-full-control"),
         aws={"takes_acls": False}, checks=(says("does not accept ACLs", "Remove --acl"),)),
    *(
        Case(f"doctor says that the answer of {name} is not AWS's", calls=(), exit=8, steps=TABLE,
             aws={"rules": [lambda request, part=part: PROXY if part in request.host else None, *BLOCKED["rules"]]},
             checks=(says("BAD answers: .*This answer did not come from AWS", "Access Denied by Example Gateway", " 1 bad"),
                     never_says('"Effect"', "<h1>")))
        for name, part in [("the API", "codeartifact.eu-west-1.amazonaws.com"), ("S3", "my-bucket.s3")]
    ),
    Case("doctor waits ten seconds for an API that is silent, and asks it nothing more", calls=(), exit=8,
         aws=silent("codeartifact.eu-west-1"), steps=TABLE,
         checks=(within(18), says("BAD domain: codeartifact.ListRepositoriesInDomain", "unknown files: not checked",
                                  "codeartifact:ListPackages(, .*)?: not checked: codeartifact.ListReposit",
                                  "good s3:PutObject", " 1 bad"))),
    Case("doctor waits ten seconds for a bucket that is silent, and asks it nothing more", calls=(), exit=8,
         aws=silent("my-bucket.s3"), steps=TABLE,
         checks=(within(18), says("BAD bucket: s3.ListObjectsV2", "unknown bucket's configuration: not checked",
                                  "s3:PutObject: not checked: s3.ListObjectsV2 got no answer", " 1 bad"))),
    Case("doctor waits ten seconds for a Maven endpoint that is silent", calls=(), exit=8,
         aws=silent(".d.codeartifact"), steps=TABLE,
         checks=(within(18), says("BAD files: maven", "good s3:PutObject", " 1 bad"))),
    Case("doctor ends within a minute where nothing answers", calls=(), exit=8, aws=silent("."), steps=TABLE,
         checks=(within(45), says("unknown caller", "BAD domain", "BAD bucket"))),
    Case("doctor says that a role's session may not last so long", keys=None, env={"AWS_PROFILE": "role"}, calls=API,
         same=(), exit=7, steps=TABLE, config=ASSUMED.replace("role_arn", "duration_seconds = 43200\nrole_arn"),
         checks=(says("BAD credentials: .*exceeds the MaxSessionDuration", "Lower duration_seconds"),
                 never_says('"Effect"'))),
    Case("doctor says whose policy refuses a role", keys=None, env={"AWS_PROFILE": "role"}, config=ASSUMED, calls=API,
         same=(), exit=7, steps=TABLE,
         aws={"denied": {"sts:AssumeRole"}, "because": "with an explicit deny in a service control policy"}, checks=(
             says("BAD credentials: .*service control policy of the organization denies"), never_says('"Effect"'))),
    Case("doctor says whose policy refuses the bucket's role", calls=(), exit=7, steps=TABLE,
         flags=("--backup-role-arn", f"{ROLE}/store"),
         aws={"denied": {"sts:AssumeRole"}, "because": "because no role trust policy allows the sts:AssumeRole action"},
         checks=(says("BAD bucket's credentials: .*role's trust policy does not allow it"), never_says('"Effect"'))),
    Case("doctor prints the statement that lets the bucket's role be assumed", calls=(), exit=7, steps=TABLE,
         flags=("--backup-role-arn", f"{ROLE}/store"), aws={"denied": {"sts:AssumeRole"}},
         checks=(says("BAD bucket's credentials: .*The backup's role cannot be assumed", '"sts:AssumeRole"'),)),
    *(
        Case(f"doctor names what sends requests to other hosts: {name}", calls=(), steps=TABLE, aws=BLOCKED, env=env,
             config=config, checks=(says(f"good endpoints: .*{words}"),))
        for name, env, config, words in [
            ("nothing", {}, "", "AWS's usual ones"),
            ("AWS_ENDPOINT_URL_CODEARTIFACT", {"AWS_ENDPOINT_URL_CODEARTIFACT": "https://api.internal.example"}, "",
             r"CodeArtifact at https://api.internal.example \(AWS_ENDPOINT_URL_CODEARTIFACT\)"),
            ("AWS_USE_FIPS_ENDPOINT", {"AWS_USE_FIPS_ENDPOINT": "true"}, "", r"FIPS \(AWS_USE_FIPS_ENDPOINT\)"),
            ("keys of a profile", {}, "[default]\nuse_dualstack_endpoint = true\n",
             r"dual-stack \(use_dualstack_endpoint of the profile default\)"),
        ]
    ),
    Case("A run says that an answer is not AWS's", calls=(), exit=7,
         aws={"rules": [lambda request: PROXY if request.host.startswith("codeartifact.") else None]},
         checks=(says("This answer did not come from AWS", "https_proxy"), never_says("this request needs"))),
]
