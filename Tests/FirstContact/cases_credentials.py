"""Where credentials come from: the environment, files, roles, programs, single sign-on, and the machine's agents."""

import hashlib
import json
import time

from aws import iso
from cases import API, Case, asks, never_asks, never_says, says
from signatures import secret_of, token_of


def case(name, **more):
    """Without keys in the environment."""
    return Case(name, **({"keys": None} | more))


def keys(key):
    """Lines of a section of a configuration file."""
    return f"aws_access_key_id = {key}\naws_secret_access_key = {secret_of(key)}\n"


def written(key):
    """The command of a credential_process that prints these keys."""
    document = {"Version": 1, "AccessKeyId": key, "SecretAccessKey": secret_of(key), "SessionToken": token_of(key)}
    return json.dumps({name: value for name, value in document.items() if value})


PROGRAM = {"keys.json": written("ASIAPROGRAM")}
ROLE = "arn:aws:iam::111122223333:role"
# The role's host is that of the domain's region, the key's name that of the role.
SOURCE = f"[profile source]\n{keys('AKIASOURCE')}"
WEB = {"token": "token.of.the.pod"}

SSO = """
    [profile sso]
    sso_session = company
    sso_account_id = 111122223333
    sso_role_name = reader
    [sso-session company]
    sso_region = eu-central-1
    sso_start_url = https://company.awsapps.com/start
    sso_registration_scopes = sso:account:access
    """
SSO_CACHE = f".aws/sso/cache/{hashlib.sha1(b'company').hexdigest()}.json"


def sso_token(left, **more):
    """The file that `aws sso login` leaves; its token has `left` seconds to live."""
    now = time.time()
    return {SSO_CACHE: {
        "startUrl": "https://company.awsapps.com/start", "region": "eu-central-1", "accessToken": "access-1",
        "expiresAt": iso(now + left), "clientId": "client", "clientSecret": "client-secret",
        "registrationExpiresAt": iso(now + 86400 * 30), "refreshToken": "refresh-1",
    } | more}


def kept(path, **expected):
    """The file has these members, the rights of a secret, and is whole."""
    def check(result):
        content, mode = result.files[path]
        document = json.loads(content)
        if mode != 0o600:
            yield f"{path} has the mode {mode:o}"
        for name, value in expected.items():
            if document.get(name) != value:
                yield f"{path} has {name} {document.get(name)!r}, not {value!r}"
    return check


LOGIN = "arn:aws:sts::111122223333:assumed-role/Admin/somebody"
LOGIN_CACHE = f".aws/login/cache/{hashlib.sha256(LOGIN.encode()).hexdigest()}.json"
LOGIN_PROFILE = f"[default]\nlogin_session = {LOGIN}\nregion = eu-west-1\n"


def login_token(left, **more):
    """The file that `aws login` leaves; its keys have `left` seconds to live."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    key = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    ).decode()
    return {LOGIN_CACHE: {
        "accessToken": {
            "accessKeyId": "ASIALOGIN", "secretAccessKey": secret_of("ASIALOGIN"),
            "sessionToken": token_of("ASIALOGIN"), "accountId": "111122223333", "expiresAt": iso(time.time() + left),
        },
        "tokenType": "aws_sigv4", "refreshToken": "login-refresh-1", "idToken": "identity",
        "clientId": "arn:aws:signin:::devtools/same-device", "dpopKey": key,
    } | more}


CHAINS = [
    Case("The environment's keys are used"),
    Case("The environment's session token is sent with its keys", keys="ASIAENV"),
    Case("The environment's keys take precedence over AWS_PROFILE's", env={"AWS_PROFILE": "other"},
         config=f"[profile other]\n{keys('AKIAOTHER')}"),
    Case("A profile that is chosen by --profile takes precedence over the environment's keys", profile="other",
         config=f"[profile other]\n{keys('AKIAOTHER')}"),
    case("The default profile's keys come from the credentials file", credentials=f"[default]\n{keys('AKIAFILE')}"),
    case("The credentials file takes precedence over the config file", credentials=f"[default]\n{keys('AKIAFILE')}",
         config=f"[default]\n{keys('AKIACONFIG')}"),
    case("Files elsewhere are read where the two variables name them",
         env={"AWS_CONFIG_FILE": "{home}/a", "AWS_SHARED_CREDENTIALS_FILE": "{home}/b", "AWS_PROFILE": "other",
              "AWS_REGION": None, "AWS_DEFAULT_REGION": None},
         files={"a": "[profile other]\nregion = eu-north-1\n", "b": f"[other]\n{keys('AKIAFILE')}"}),
    case("Variables and ~ in the names of those files are replaced",
         env={"AWS_CONFIG_FILE": "~/$PLACE/a", "AWS_SHARED_CREDENTIALS_FILE": "${HOME}/b", "PLACE": "conf",
              "AWS_PROFILE": "other", "AWS_REGION": None, "AWS_DEFAULT_REGION": None},
         files={"conf/a": "[profile other]\nregion = eu-north-1\n", "b": f"[other]\n{keys('AKIAFILE')}"}),
    case("Keys indented below their section are read", credentials=(
        f"[default]\n  aws_access_key_id = AKIAFILE\n  aws_secret_access_key = {secret_of('AKIAFILE')}\n")),
    case("A profile without any credentials fails with 7, and the list of what was tried names each place once",
         config="[default]\nregion = eu-west-1\n", exit=7, calls=API, same=("credentials",),
         checks=(never_says(r"(?s)(environment variables:).*\1.*\1"),)),
    case("A role is assumed with its source profile's keys, at the region's STS", env={"AWS_PROFILE": "role"},
         config=f"[profile role]\nrole_arn = {ROLE}/backup\nsource_profile = source\n{SOURCE}"),
    case("A role is assumed with its external id, its session's name and its duration", env={"AWS_PROFILE": "role"},
         config=f"[profile role]\nrole_arn = {ROLE}/backup\nsource_profile = source\nexternal_id = shared\n"
         f"role_session_name = nightly\nduration_seconds = 1800\n{SOURCE}"),
    case("A role's source profile may have a role of its own", env={"AWS_PROFILE": "outer"},
         config=f"[profile outer]\nrole_arn = {ROLE}/outer\nsource_profile = inner\n"
         f"[profile inner]\nrole_arn = {ROLE}/inner\nsource_profile = source\n{SOURCE}"),
    case("A role's source profile may be single sign-on", env={"AWS_PROFILE": "role"},
         config=f"[profile role]\nrole_arn = {ROLE}/backup\nsource_profile = sso\n{SSO.replace('    ', '')}",
         files=sso_token(3600)),
    case("A role's source profile may be a web identity", env={"AWS_PROFILE": "role"}, files=WEB,
         config=f"[profile role]\nrole_arn = {ROLE}/backup\nsource_profile = web\n"
         f"[profile web]\nrole_arn = {ROLE}/web\nweb_identity_token_file = {{home}}/token\n"),
    case("A role's source profile may be a program", env={"AWS_PROFILE": "role"}, files=PROGRAM,
         config=f"[profile role]\nrole_arn = {ROLE}/backup\nsource_profile = program\n"
         "[profile program]\ncredential_process = cat {home}/keys.json\n"),
    Case("A role may be assumed with the environment's keys", env={"AWS_PROFILE": "role"}, profile="role",
         config=f"[profile role]\nrole_arn = {ROLE}/backup\ncredential_source = Environment\n"),
    case("A role may be assumed with the instance's keys",
         env={"AWS_PROFILE": "role", "AWS_EC2_METADATA_DISABLED": None,
              "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://{agent}"},
         config=f"[profile role]\nrole_arn = {ROLE}/backup\ncredential_source = Ec2InstanceMetadata\n"),
    case("A role may be assumed with the container's keys",
         env={"AWS_PROFILE": "role", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://{agent}/v2/credentials/1"},
         config=f"[profile role]\nrole_arn = {ROLE}/backup\ncredential_source = EcsContainer\n"),
    case("A role that may not be assumed fails with 7 and names the action and the role", env={"AWS_PROFILE": "role"},
         config=f"[profile role]\nrole_arn = {ROLE}/backup\nsource_profile = source\n{SOURCE}",
         aws={"denied": {"sts:AssumeRole"}}, exit=7, calls=API, same=("credentials",),
         checks=(says("sts:AssumeRole", f"{ROLE}/backup"),)),
    # Botocore asks for the code at the terminal.
    case("A role that requires a second factor fails with 7 and gives the command that helps",
         env={"AWS_PROFILE": "role"}, exit=7, calls=(),
         config=f"[profile role]\nrole_arn = {ROLE}/backup\nsource_profile = source\n"
         f"mfa_serial = arn:aws:iam::111122223333:mfa/me\n{SOURCE}",
         checks=(says("credential_process = aws configure export-credentials --profile role"), never_asks(r"sts\."))),
    case("A profile that names itself as its role's source uses its own keys", env={"AWS_PROFILE": "role"},
         config=f"[profile role]\nrole_arn = {ROLE}/backup\nsource_profile = role\n{keys('AKIASOURCE')}"),
    case("Profiles that name each other as sources fail with 7", env={"AWS_PROFILE": "a"}, exit=7, calls=API,
         config=f"[profile a]\nrole_arn = {ROLE}/a\nsource_profile = b\n[profile b]\nrole_arn = {ROLE}/b\n"
         "source_profile = a\n", same=("credentials",)),
    case("A source profile that does not exist fails with 7 and is named", env={"AWS_PROFILE": "role"}, exit=7,
         config=f"[profile role]\nrole_arn = {ROLE}/backup\nsource_profile = nobody\n", calls=API,
         same=("credentials",), checks=(says("nobody"),)),
    case("A profile that does not exist fails with 8 and is named", env={"AWS_PROFILE": "nobody"}, exit=8, calls=API,
         same=("credentials",), checks=(says("nobody"),)),
    case("A profile's name may have a space", env={"AWS_PROFILE": "two words"},
         config=f'[profile "two words"]\n{keys("AKIAOTHER")}'),
    case("A session token in the credentials file is sent", credentials=(
        f"[default]\n{keys('ASIAFILE')}aws_session_token = {token_of('ASIAFILE')}\n")),
    case("Keys come from a program", files=PROGRAM, config="[default]\ncredential_process = cat {home}/keys.json\n"),
    case("A program that fails ends the search with 7", exit=7, calls=API, same=("credentials",),
         config="[default]\ncredential_process = false\n", checks=(says("credential_process"),)),
    case("A web identity from the environment is exchanged, unsigned", files=WEB,
         env={"AWS_ROLE_ARN": f"{ROLE}/pod", "AWS_WEB_IDENTITY_TOKEN_FILE": "{home}/token",
              "AWS_ROLE_SESSION_NAME": "pod-1"}),
    case("A web identity from a profile is exchanged", files=WEB,
         config=f"[default]\nrole_arn = {ROLE}/pod\nweb_identity_token_file = {{home}}/token\n"),
    case("A web identity that STS does not accept fails with 7", files={"token": "old.token"}, exit=7, calls=API,
         env={"AWS_ROLE_ARN": f"{ROLE}/pod", "AWS_WEB_IDENTITY_TOKEN_FILE": "{home}/token",
              "AWS_ROLE_SESSION_NAME": "pod-1"}, same=("credentials",), checks=(says("InvalidIdentityToken"),)),
]

IAM_USER = f"[default]\n{keys('AKIAFILE')}"
FILES = [
    case("Lines may end as on Windows", credentials=IAM_USER.replace("\n", "\r\n")),
    case("The names of settings may be in upper case", credentials=IAM_USER.replace("aws_", "AWS_")),
    case("Settings may have no blanks", credentials=IAM_USER.replace(" = ", "=")),
    case("The default profile may be written as every other one", config=IAM_USER.replace("[", "[profile ")),
    case("A role may be in the credentials file", env={"AWS_PROFILE": "role"},
         credentials=f"[role]\nrole_arn = {ROLE}/backup\nsource_profile = source\n[source]\n{keys('AKIASOURCE')}"),
    case("A program may be in the credentials file", files=PROGRAM,
         credentials="[default]\ncredential_process = cat {home}/keys.json\n"),
    case("The region may be in the credentials file", credentials=f"{IAM_USER}region = eu-north-1\n",
         env={"AWS_REGION": None, "AWS_DEFAULT_REGION": None}),
    case("Variables that are set to nothing are not set", credentials=IAM_USER,
         env={"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": ""}),
    Case("A session token that is set to nothing is not sent", env={"AWS_SESSION_TOKEN": ""}),
    case("A web identity from the environment takes precedence over the credentials file", files=WEB,
         credentials=IAM_USER, env={"AWS_ROLE_ARN": f"{ROLE}/pod", "AWS_WEB_IDENTITY_TOKEN_FILE": "{home}/token"}),
    case("A web identity from the environment takes precedence over AWS_PROFILE's keys", files=WEB,
         config=f"[profile other]\n{keys('AKIAOTHER')}", env={
             "AWS_ROLE_ARN": f"{ROLE}/pod", "AWS_WEB_IDENTITY_TOKEN_FILE": "{home}/token", "AWS_PROFILE": "other"}),
    case("A chosen profile's keys take precedence over a web identity from the environment", files=WEB,
         config=f"[profile other]\n{keys('AKIAOTHER')}", profile="other",
         env={"AWS_ROLE_ARN": f"{ROLE}/pod", "AWS_WEB_IDENTITY_TOKEN_FILE": "{home}/token"}),
    case("A role takes precedence over keys in the same profile", env={"AWS_PROFILE": "role"},
         config=f"[profile role]\nrole_arn = {ROLE}/backup\nsource_profile = source\n{keys('AKIAOTHER')}{SOURCE}"),
    case("Single sign-on takes precedence over keys in the same profile", env={"AWS_PROFILE": "sso"},
         config=SSO.replace("    ", "").replace("[sso-session", f"{keys('AKIAOTHER')}[sso-session"),
         files=sso_token(3600)),
    case("Keys take precedence over a program in the same profile", files=PROGRAM,
         credentials=IAM_USER, config="[default]\ncredential_process = cat {home}/keys.json\n"),
    case("The container's keys are not asked for where a profile has keys", credentials=IAM_USER,
         env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://{agent}/v1/keys"}),
    case("A role with two sources fails with 7", env={"AWS_PROFILE": "role"}, exit=7, calls=API, same=("credentials",),
         config=f"[profile role]\nrole_arn = {ROLE}/backup\nsource_profile = source\n"
         f"credential_source = Environment\n{SOURCE}"),
    case("A role without a source fails with 7", env={"AWS_PROFILE": "role"}, exit=7, calls=API,
         same=("credentials",), config=f"[profile role]\nrole_arn = {ROLE}/backup\n"),
]

SIGN_ON = [
    case("A fresh single sign-on token is exchanged at the portal", env={"AWS_PROFILE": "sso"}, config=SSO,
         files=sso_token(3600)),
    case("An expired single sign-on token is renewed by its refresh token, and the file is kept for other tools",
         env={"AWS_PROFILE": "sso"}, config=SSO, files=sso_token(-60),
         checks=(kept(SSO_CACHE, accessToken="access-2", refreshToken="refresh-2", clientId="client",
                      startUrl="https://company.awsapps.com/start", region="eu-central-1"),)),
    case("A single sign-on token that ends within 15 minutes is renewed", env={"AWS_PROFILE": "sso"}, config=SSO,
         files=sso_token(600), checks=(kept(SSO_CACHE, accessToken="access-2"),)),
    case("A token whose renewal is refused while it is still good is used", env={"AWS_PROFILE": "sso"}, config=SSO,
         files=sso_token(600, refreshToken="revoked")),
    case("An expired single sign-on token that cannot be renewed fails with 7 and names the command",
         env={"AWS_PROFILE": "sso"}, config=SSO, files=sso_token(-60, refreshToken="revoked"), exit=7, calls=API,
         same=("credentials",), checks=(says("aws sso login --profile sso"),)),
    case("An expired token whose registration is over is not offered for renewal", env={"AWS_PROFILE": "sso"},
         config=SSO, files=sso_token(-60, registrationExpiresAt=iso(time.time() - 60)), exit=7, calls=API,
         same=("credentials",), checks=(says("aws sso login --profile sso"),)),
    case("A single sign-on profile of the old form is exchanged", env={"AWS_PROFILE": "old"},
         config="[profile old]\nsso_start_url = https://company.awsapps.com/start\nsso_region = eu-central-1\n"
         "sso_account_id = 111122223333\nsso_role_name = reader\n",
         files={f".aws/sso/cache/{hashlib.sha1(b'https://company.awsapps.com/start').hexdigest()}.json":
                sso_token(3600)[SSO_CACHE]}),
    case("The keys of `aws login` are used", config=LOGIN_PROFILE, files=login_token(800)),
    case("The keys of `aws login` are found where a variable says", config=LOGIN_PROFILE,
         env={"AWS_LOGIN_CACHE_DIRECTORY": "~/$PLACE", "PLACE": "logins"},
         files={"logins/" + LOGIN_CACHE.split("/")[-1]: login_token(800)[LOGIN_CACHE]}),
    case("Expired keys of `aws login` are renewed with a proof of possession, and the file is kept for other tools",
         config=LOGIN_PROFILE, files=login_token(-60),
         checks=(kept(LOGIN_CACHE, refreshToken="login-refresh-2", idToken="identity", tokenType="aws_sigv4"),)),
    case("A role's source profile may be `aws login`", env={"AWS_PROFILE": "role"},
         config=f"[profile role]\nrole_arn = {ROLE}/backup\nsource_profile = default\n{LOGIN_PROFILE}",
         files=login_token(800)),
    case("Keys of `aws login` that cannot be renewed fail with 7 and name the command", config=LOGIN_PROFILE,
         files=login_token(-60, refreshToken="revoked"), exit=7, calls=API, same=("credentials",),
         checks=(says("aws login"),)),
    case("A profile of `aws login` without its file fails with 7 and names the command", config=LOGIN_PROFILE,
         exit=7, calls=API, same=("credentials",), checks=(says("aws login"),)),
]

INSTANCE = {"AWS_EC2_METADATA_DISABLED": None, "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://{agent}"}
PROXIED = {"http_proxy": "{proxy}", "HTTP_PROXY": "{proxy}", "NO_PROXY": None}
AGENTS = [
    case("An instance's role gives keys by version 2 of the metadata service", env=INSTANCE),
    case("Version 1 of the metadata service is asked where there is no token", env=INSTANCE,
         aws={"instance_token": 404}),
    # Botocore ends with NoCredentialsError.
    case("A hop limit that hides version 2 fails with 7 and names the setting", env=INSTANCE, exit=7, calls=(),
         aws={"instance_token": "late", "is_version_one_allowed": False},
         checks=(says("http-put-response-hop-limit"),)),
    case("A metadata service that is switched off refuses with 403, which fails with 7 and names the setting",
         env=INSTANCE, exit=7, calls=(), aws={"instance_token": "off"}, checks=(says("403", "http-endpoint"),)),
    case("AWS_EC2_METADATA_DISABLED keeps the metadata service from being asked",
         env=INSTANCE | {"AWS_EC2_METADATA_DISABLED": "true"}, exit=7, calls=API, same=("credentials",)),
    case("AWS_EC2_METADATA_V1_DISABLED keeps version 1 from being asked",
         env=INSTANCE | {"AWS_EC2_METADATA_V1_DISABLED": "true"}, aws={"instance_token": 404}, exit=7, calls=API,
         same=("credentials",)),
    case("A container's full URI gives keys", env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://{agent}/v1/keys"}),
    case("A container's full URI is asked with its token",
         env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://{agent}/v1/keys",
              "AWS_CONTAINER_AUTHORIZATION_TOKEN": "token of the agent"}),
    case("EKS Pod Identity's token is read from its file", files={"pod-token": "token of the agent"},
         env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://{agent}/v1/keys",
              "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "{home}/pod-token"}),
    case("A container's URI on a foreign host without TLS is not asked", exit=7, calls=API, same=("credentials",),
         env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://192.0.2.1/v1/keys"}, checks=(never_asks("192"),)),
    case("A proxy does not see an agent on this machine", env=PROXIED | {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://{agent}/v1/keys",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "token of the agent",
    }, checks=(never_asks("^proxied"),)),
    case("A proxy does not see the agent of ECS", env=PROXIED | {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/keys"},
         link_local=True, checks=(never_asks("^proxied"), asks("credentials", "GET 169.254.170.2/v2/keys"))),
    case("A proxy does not see the agent of EKS, nor the pod's token", files={"pod-token": "token of the agent"},
         env=PROXIED | {
             "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials",
             "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "{home}/pod-token",
         }, link_local=True, checks=(never_asks("^proxied"),)),
    # Botocore asks it through the proxy, which cannot give this machine's role.
    case("A proxy does not see the metadata service", env=PROXIED | {"AWS_EC2_METADATA_DISABLED": None}, calls=(),
         link_local=True, checks=(
             never_asks("^proxied"),
             asks("credentials", "PUT 169.254.169.254/latest/api/token",
                  "GET 169.254.169.254/latest/meta-data/iam/security-credentials/",
                  "GET 169.254.169.254/latest/meta-data/iam/security-credentials/instance-role"))),
]

NAMES = [
    case("AWS_DEFAULT_PROFILE names a profile", env={"AWS_DEFAULT_PROFILE": "p"},
         config=f"[profile p]\n{keys('AKIAOTHER')}"),
    case("AWS_DEFAULT_PROFILE counts before AWS_PROFILE", env={"AWS_DEFAULT_PROFILE": "p", "AWS_PROFILE": "q"},
         config=f"[profile p]\n{keys('AKIAOTHER')}[profile q]\n{keys('AKIAFILE')}"),
    case("A token in a file may have its older name",
         credentials=f"[default]\n{keys('ASIAFILE')}aws_security_token = {token_of('ASIAFILE')}\n"),
    case("A token in the environment may have its older name", env={
        "AWS_ACCESS_KEY_ID": "ASIAENV", "AWS_SECRET_ACCESS_KEY": secret_of("ASIAENV"),
        "AWS_SECURITY_TOKEN": token_of("ASIAENV"),
    }),
    case("A colon divides keys from values", credentials=f"[default]\n{keys('AKIAFILE')}".replace(" = ", ": ")),
]
CASES = CHAINS + FILES + SIGN_ON + AGENTS + NAMES
