"""What template.yaml promises, held against it as CloudFormation would see it. Run by `make template`."""

import fnmatch
import json
import re
import unittest

from bucket_policy import is_denied
from template import ACCOUNT, ROOT, Stack, matches, source

EVENTS = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "Tests/Events").glob("*.json"))}
FUNCTIONS = ["ArtifactBackupFunction", "ReconcileFunction"]
ALL = {"DomainName": "demo", "RepositoryName": "*"}
LAYER = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:layer:backup-trust:1"


def statements(stack, role):
    return [
        statement
        for policy in stack.properties(role)["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def printed_policy(purpose):
    """What `reconcile policy --for PURPOSE` prints, from the page that a Swift test compares with the program."""
    page = (ROOT / "docs/PERMISSIONS.md").read_text()
    found = re.search(rf"```sh\nreconcile policy --for {purpose} [^`]*```\n```json\n(.*?)```", page, re.DOTALL)
    return json.loads(found[1])["Statement"]


def grants(statements):
    return {
        (action, resource)
        for one in statements
        for action in listed(one["Action"])
        for resource in listed(one["Resource"])
    }


def listed(value):
    return value if isinstance(value, list) else [value]


class Parameters(unittest.TestCase):
    def test_the_samples_parameters_have_their_names_and_defaults(self):
        defaults = {name: body["Default"] for name, body in source()["Parameters"].items()}
        expected = {
            "DomainName": "artifact-backup-domain",
            "RepositoryName": "artifact-backup-repository",
            "DestinationBucketNamePrefix": "artifact-backup-bucket",
            "FunctionName": "artifact-backup-function",
            "RuleName": "artifact-backup-event-rule",
            "LambdaRoleName": "artifact-backup-lambda-role",
        }
        self.assertEqual({name: defaults.get(name) for name in expected}, expected)

    def test_every_parameter_has_a_default_and_a_description(self):
        for name, body in source()["Parameters"].items():
            with self.subTest(name):
                self.assertIn("Default", body)
                self.assertTrue(body["Description"].endswith("."))


class Bucket(unittest.TestCase):
    def test_is_private_versioned_and_outlives_the_stack(self):
        bucket = Stack(**ALL).resources["DestinationBucket"]
        self.assertEqual((bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]), ("RetainExceptOnCreate", "Retain"))
        properties = bucket["Properties"]
        self.assertEqual(properties["BucketName"], f"artifact-backup-bucket-{ACCOUNT}-eu-west-1")
        self.assertEqual(properties["VersioningConfiguration"], {"Status": "Enabled"})
        self.assertEqual(set(properties["PublicAccessBlockConfiguration"].values()), {True})
        self.assertEqual(len(properties["PublicAccessBlockConfiguration"]), 4)
        self.assertEqual(properties["OwnershipControls"], {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]})

    def test_refuses_whoever_comes_without_tls(self):
        policy = Stack(**ALL).resources["DestinationBucketPolicy"]
        self.assertEqual((policy["DeletionPolicy"], policy["UpdateReplacePolicy"]), ("RetainExceptOnCreate", "Retain"))
        statement = policy["Properties"]["PolicyDocument"]["Statement"][0]
        self.assertEqual((statement["Effect"], statement["Principal"], statement["Action"]), ("Deny", "*", "s3:*"))
        self.assertEqual(statement["Resource"], ["DestinationBucket.Arn", "DestinationBucket.Arn/*"])
        self.assertEqual(statement["Condition"], {"Bool": {"aws:SecureTransport": "false"}})

    def test_lets_nothing_but_aborted_uploads_go_unless_old_versions_have_a_time(self):
        aborted = {"Id": "AbortedUploads", "Status": "Enabled", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}
        old = {"Id": "OldVersions", "Status": "Enabled", "NoncurrentVersionExpiration": {"NoncurrentDays": "365"}}
        # Nothing but reports expires by its own age.
        reports = {"Id": "RunReports", "Status": "Enabled", "Prefix": "demo/runs/", "ExpirationInDays": "365",
                   "NoncurrentVersionExpiration": {"NoncurrentDays": 1}}
        for days, rules in [({}, [aborted]), ({"OldVersionRetentionDays": 365}, [old, aborted]),
                            ({"RunReportRetentionDays": 365}, [reports, aborted])]:
            with self.subTest(days):
                bucket = Stack(**ALL | days).properties("DestinationBucket")
                self.assertEqual(bucket["LifecycleConfiguration"]["Rules"], rules)

    def test_is_encrypted_with_s3s_key_or_the_companys(self):
        key = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/k"
        for parameters, expected in [
            ({}, {"SSEAlgorithm": "AES256"}),
            ({"KmsKeyArn": key}, {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}),
        ]:
            with self.subTest(parameters):
                stack = Stack(**ALL, **parameters)
                encryption = stack.properties("DestinationBucket")["BucketEncryption"]
                (rule,) = encryption["ServerSideEncryptionConfiguration"]
                self.assertEqual(rule["ServerSideEncryptionByDefault"], expected)
                actions = [action for one in statements(stack, "BackupRole") for action in listed(one["Action"])]
                self.assertEqual("kms:GenerateDataKey" in actions, bool(parameters))

    def test_is_locked_on_request_only(self):
        self.assertNotIn("ObjectLockEnabled", Stack(**ALL).properties("DestinationBucket"))
        locked = Stack(**ALL, ObjectLockMode="COMPLIANCE", ObjectLockDays=90).properties("DestinationBucket")
        self.assertEqual(
            locked["ObjectLockConfiguration"],
            {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": "90"}}},
        )
        self.assertIs(locked["ObjectLockEnabled"], True)

    def test_is_locked_as_long_as_replaced_bytes_are_kept_unless_told_otherwise(self):
        for days, expected in [({}, 30), ({"OldVersionRetentionDays": 365}, "365"),
                               ({"OldVersionRetentionDays": 365, "ObjectLockDays": 90}, "90")]:
            with self.subTest(days):
                locked = Stack(**ALL | days, ObjectLockMode="GOVERNANCE").properties("DestinationBucket")
                self.assertEqual(locked["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]["Days"], expected)


BUCKET = "DestinationBucket.Arn"
BREAK_GLASS = f"arn:aws:iam::{ACCOUNT}:role/break-glass"
# Every prefix under which the program writes records, and never over one.
RECORDS = ["manifests", "runs", "configuration", "checkpoints", "repairs", "statements", "drills", "verifications", "losses",
           "deletions"]
CREATE_ONLY = {"s3:if-none-match": "*"}


class BucketPolicy(unittest.TestCase):
    def policy(self, **parameters):
        return Stack(**ALL | parameters).properties("DestinationBucketPolicy")["PolicyDocument"]

    def test_nobody_writes_over_a_record(self):
        for parameters in [{}, {"BreakGlassRoleArn": BREAK_GLASS}]:
            policy = self.policy(**parameters)
            for folder in RECORDS:
                with self.subTest(folder, parameters=parameters):
                    key = f"{BUCKET}/demo/{folder}/maven/releases/com.acme/app/1.0/x.json"
                    for caller in [f"arn:aws:iam::{ACCOUNT}:role/artifact-backup-lambda-role", BREAK_GLASS]:
                        self.assertTrue(is_denied(policy, "s3:PutObject", key, caller))
                        self.assertFalse(is_denied(policy, "s3:PutObject", key, caller, CREATE_ONLY))

    def test_files_and_documents_are_written_over(self):
        policy = self.policy()
        for key in ["demo/maven/releases/com/acme/app/maven-metadata.xml",
                    "demo/maven/releases/com/acme/app/1.0/app-1.0.jar.sha1"]:
            self.assertFalse(is_denied(policy, "s3:PutObject", f"{BUCKET}/{key}"))

    def test_packages_with_the_names_of_records_are_no_records(self):
        policy = self.policy()
        for name in RECORDS:
            # io.micronaut:configuration, a group that ends so, a repository and a version.
            for path in [f"releases/io/micronaut/{name}/1.0/{name}-1.0.jar", f"releases/demo/{name}/app/1.0/app-1.0.jar",
                         f"{name}/com/acme/app/1.0/app-1.0.jar", f"releases/com/acme/app/{name}/app-{name}.jar"]:
                with self.subTest(path):
                    self.assertFalse(is_denied(policy, "s3:PutObject", f"{BUCKET}/demo/maven/{path}"))
        # Another domain of the same bucket is not this stack's.
        self.assertFalse(is_denied(policy, "s3:PutObject", f"{BUCKET}/demo2/manifests/x"))

    def test_only_the_break_glass_role_deletes_or_changes_how_long_an_object_is_kept(self):
        key = f"{BUCKET}/demo/maven/releases/com/acme/app/1.0/app-1.0.jar"
        actions = ["DeleteObject", "DeleteObjectVersion", "BypassGovernanceRetention", "PutObjectRetention",
                   "PutObjectLegalHold", "PutObjectTagging", "PutObjectVersionTagging"]
        for action in actions:
            with self.subTest(action):
                for policy, caller, expected in [
                    (self.policy(), f"arn:aws:iam::{ACCOUNT}:role/admin", True),
                    (self.policy(), BREAK_GLASS, True),
                    (self.policy(BreakGlassRoleArn=BREAK_GLASS), f"arn:aws:iam::{ACCOUNT}:role/admin", True),
                    (self.policy(BreakGlassRoleArn=BREAK_GLASS), BREAK_GLASS, False),
                ]:
                    self.assertEqual(is_denied(policy, f"s3:{action}", key, caller), expected)

    def test_nobody_encrypts_with_a_key_of_his_own(self):
        for parameters in [{}, {"BreakGlassRoleArn": BREAK_GLASS}]:
            own = CREATE_ONLY | {"s3:x-amz-server-side-encryption-customer-algorithm": "AES256"}
            for key in ["demo/manifests/x", "demo/maven/x"]:
                self.assertTrue(is_denied(self.policy(**parameters), "s3:PutObject", f"{BUCKET}/{key}", BREAK_GLASS, own))

    def test_the_stack_can_change_the_bucket_and_its_policy(self):
        policy = self.policy()
        for action in ["PutBucketPolicy", "DeleteBucketPolicy", "PutBucketVersioning", "PutLifecycleConfiguration",
                       "PutReplicationConfiguration", "PutBucketObjectLockConfiguration", "PutEncryptionConfiguration",
                       "PutBucketPublicAccessBlock"]:
            self.assertFalse(is_denied(policy, f"s3:{action}", BUCKET), action)

    def test_no_role_of_the_stack_meets_a_denial_but_by_writing_over_records(self):
        policy = self.policy()
        for one in statements(Stack(**ALL), "BackupRole"):
            for action in listed(one["Action"]):
                if action.startswith("s3:"):
                    self.assertFalse(is_denied(policy, action, f"{BUCKET}/demo/manifests/x", headers=CREATE_ONLY), action)


class Vault(unittest.TestCase):
    VAULT = {"VaultBucketArn": "arn:aws:s3:::vault", "VaultAccountId": "444455556666"}

    def test_gets_every_object_and_no_delete_marker(self):
        self.assertNotIn("ReplicationConfiguration", Stack(**ALL).properties("DestinationBucket"))
        self.assertNotIn("VaultRole", Stack(**ALL).resources)
        replication = Stack(**ALL, **self.VAULT).properties("DestinationBucket")["ReplicationConfiguration"]
        self.assertEqual(
            replication,
            {
                "Role": "VaultRole.Arn",
                "Rules": [
                    {
                        "Id": "Vault", "Status": "Enabled", "Priority": 1, "Filter": {"Prefix": ""},
                        "DeleteMarkerReplication": {"Status": "Disabled"},
                        "Destination": {
                            "Bucket": "arn:aws:s3:::vault", "Account": "444455556666",
                            "AccessControlTranslation": {"Owner": "Destination"},
                        },
                    }
                ],
            },
        )

    def test_is_written_by_a_role_that_copies_and_cannot_delete(self):
        own = f"arn:aws:s3:::artifact-backup-bucket-{ACCOUNT}-eu-west-1"
        self.assertEqual(
            grants(statements(Stack(**ALL, **self.VAULT), "VaultRole")),
            {
                ("s3:GetReplicationConfiguration", own), ("s3:ListBucket", own),
                ("s3:GetObjectVersionForReplication", f"{own}/*"), ("s3:GetObjectVersionAcl", f"{own}/*"),
                ("s3:GetObjectVersionTagging", f"{own}/*"), ("s3:ReplicateObject", "arn:aws:s3:::vault/*"),
                ("s3:ReplicateTags", "arn:aws:s3:::vault/*"),
                ("s3:ObjectOwnerOverrideToBucketOwner", "arn:aws:s3:::vault/*"),
            },
        )

    def test_has_a_key_of_its_own_where_the_bucket_has_one(self):
        keys = [f"arn:aws:kms:eu-west-1:{account}:key/k" for account in [ACCOUNT, "444455556666"]]
        stack = Stack(**ALL, **self.VAULT, KmsKeyArn=keys[0], VaultKmsKeyArn=keys[1])
        (rule,) = stack.properties("DestinationBucket")["ReplicationConfiguration"]["Rules"]
        self.assertEqual(rule["SourceSelectionCriteria"], {"SseKmsEncryptedObjects": {"Status": "Enabled"}})
        self.assertEqual(rule["Destination"]["EncryptionConfiguration"], {"ReplicaKmsKeyID": keys[1]})
        given = grants(statements(stack, "VaultRole"))
        self.assertLessEqual({("kms:Decrypt", keys[0]), ("kms:Encrypt", keys[1])}, given)

    def test_parameters_that_would_make_it_worthless_are_refused(self):
        key = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/k"
        self.assertEqual(Stack(**ALL, ObjectLockMode="COMPLIANCE", KmsKeyArn=key).broken_rules(), [])
        self.assertEqual(Stack(**ALL, **self.VAULT).broken_rules(), [])
        for parameters, word in [({"VaultAccountId": ""}, "needs VaultAccountId"), ({"KmsKeyArn": key}, "needs VaultKmsKeyArn"),
                                 ({"ObjectLockMode": "COMPLIANCE"}, "leave ObjectLockMode OFF")]:
            with self.subTest(parameters):
                (broken,) = Stack(**ALL | self.VAULT | parameters).broken_rules()
                self.assertIn(word, broken)


class Roles(unittest.TestCase):
    def test_the_backup_role_may_do_exactly_what_the_policies_of_a_run_and_of_a_verification_grant(self):
        run = grants(printed_policy("run"))
        printed = run | grants(printed_policy("verify"))
        # What a verification needs beyond a run.
        self.assertEqual({action for action, _ in printed - run}, {"s3:ListBucketVersions", "s3:GetObjectVersion"})
        never = {"VerificationScheduleExpression": ""}
        key = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd"
        own = {
            ("logs:CreateLogStream", "EventLogs.Arn"),
            ("logs:CreateLogStream", "ReconcileLogs.Arn"),
            ("logs:PutLogEvents", "EventLogs.Arn"),
            ("logs:PutLogEvents", "ReconcileLogs.Arn"),
            ("sqs:SendMessage", "DeadLetters.Arn"),
        }
        signing = {"SigningKeyArn": f"{key}5", "TrustLayerArn": LAYER}
        for repository, parameters, expected in [
            ("*", {"KmsKeyArn": key}, printed),
            # What `reconcile policy --signing-key` adds, as a Swift test has it.
            ("*", {"KmsKeyArn": key} | signing, printed | {("kms:Sign", f"{key}5")}),
            ("*", {"KmsKeyArn": key} | never, run),
            ("releases", {}, {one for one in printed if one[1] != key}),
        ]:
            with self.subTest(repository):
                stack = Stack(DomainName="my-domain", RepositoryName=repository, **parameters)
                expected = {
                    (
                        action,
                        resource.replace("arn:aws:s3:::my-bucket", "DestinationBucket.Arn")
                        .replace("repository/my-domain/*", f"repository/my-domain/{repository}")
                        .replace("package/my-domain/*", f"package/my-domain/{repository}"),
                    )
                    for action, resource in expected
                }
                self.assertEqual(grants(statements(stack, "BackupRole")), expected | own)

    def test_signed_records_need_a_key_and_a_trust_file(self):
        key = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/k"
        self.assertEqual(Stack(**ALL, SigningKeyArn=key, TrustLayerArn=LAYER).broken_rules(), [])
        for parameters, word in [({"SigningKeyArn": key}, "needs TrustLayerArn"), ({"TrustLayerArn": LAYER}, "needs SigningKeyArn")]:
            [broken] = Stack(**ALL, **parameters).broken_rules()
            self.assertIn(word, broken)

    def test_the_functions_sign_with_the_key_and_read_the_trust_file_from_the_layer(self):
        key = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/k"
        stack = Stack(**ALL, SigningKeyArn=key, TrustLayerArn=LAYER)
        for name in FUNCTIONS:
            function = stack.properties(name)
            self.assertEqual(function["Layers"], [LAYER])
            variables = function["Environment"]["Variables"]
            self.assertEqual(
                (variables["RECONCILE_SIGNING_KEY"], variables["RECONCILE_TRUST"]), (key, "/opt/trust.json")
            )
            self.assertEqual(Stack(**ALL).properties(name).get("Layers", []), [])

    def test_no_role_may_delete_or_rule_over_the_bucket_or_write_to_the_domain(self):
        forbidden = ["s3:Delete*", "s3:PutBucket*", "s3:PutLifecycle*", "s3:PutEncryption*", "s3:Bypass*", "s3:PutObject?*"]
        forbidden += [f"codeartifact:{verb}*" for verb in ["Delete", "Dispose", "Publish", "Put", "Update", "Copy"]]
        stack = Stack(**ALL, **Vault.VAULT, Shards=4, KmsKeyArn=f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/k")
        for role in stack.of_type("AWS::IAM::Role"):
            self.assertNotIn("ManagedPolicyArns", stack.properties(role))
            for one in statements(stack, role):
                for action in listed(one["Action"]):
                    with self.subTest(role=role, action=action):
                        self.assertNotIn("*", action)
                        self.assertFalse([bad for bad in forbidden if fnmatch.fnmatch(action, bad)])
                        if one["Resource"] == "*":
                            self.assertEqual(action, "sts:GetServiceBearerToken")
                            self.assertIn("sts:AWSServiceName", one["Condition"]["StringEquals"])

    def test_the_whole_domain_is_read_when_no_repository_is_named(self):
        for name in ["", "*"]:
            with self.subTest(name):
                stack = Stack(DomainName="demo", RepositoryName=name, DomainOwner="444455556666")
                resources = [r for one in statements(stack, "BackupRole") for r in listed(one["Resource"])]
                self.assertIn("arn:aws:codeartifact:eu-west-1:444455556666:repository/demo/*", resources)
                self.assertIn("arn:aws:codeartifact:eu-west-1:444455556666:package/demo/*/maven/*/*", resources)

    def test_every_role_is_for_one_service(self):
        stack = Stack(**ALL, Shards=4, **Vault.VAULT)
        services = {
            role: stack.properties(role)["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"]
            for role in stack.of_type("AWS::IAM::Role")
        }
        self.assertEqual(
            services,
            {
                "BackupRole": "lambda.amazonaws.com",
                "ScheduleRole": "scheduler.amazonaws.com",
                "ReconcileShardsRole": "states.amazonaws.com",
                "VaultRole": "s3.amazonaws.com",
            },
        )


class Functions(unittest.TestCase):
    def test_are_one_program_for_two_callers(self):
        stack = Stack(**ALL, Shards=4, EventConcurrency=7)
        for name, concurrency in [("ArtifactBackupFunction", "7"), ("ReconcileFunction", "4")]:
            with self.subTest(name):
                function = stack.properties(name)
                self.assertEqual(function["Runtime"], "provided.al2023")
                self.assertEqual(function["Handler"], "bootstrap")
                self.assertEqual(function["Timeout"], 900)
                self.assertEqual(function["Role"], "BackupRole.Arn")
                self.assertEqual(function["ReservedConcurrentExecutions"], concurrency)
                self.assertEqual(function["LoggingConfig"]["LogFormat"], "JSON")
                self.assertEqual(function["DeadLetterConfig"], {"TargetArn": "DeadLetters.Arn"})
                self.assertIn("RetentionInDays", stack.properties(function["LoggingConfig"]["LogGroup"]))

    def test_reserve_nothing_in_an_account_with_a_low_limit(self):
        stack = Stack(**ALL, Shards=4, EventConcurrency=0)
        for name in FUNCTIONS:
            self.assertNotIn("ReservedConcurrentExecutions", stack.properties(name))

    def test_only_scheduled_runs_notify_and_the_address_is_shown_nowhere(self):
        address = "https://hooks.example/s3cret"
        parameter = source()["Parameters"]["NotifyUrl"]
        self.assertIs(parameter["NoEcho"], True)
        for text, fits in [("", True), (address, True), ("http://a:8080/b?c=d", True), ("hooks.example", False),
                           ("https://user:word@hooks.example/", False), ("https://a b", False)]:
            self.assertEqual(bool(re.fullmatch(parameter["AllowedPattern"], text)), fits, text)
        stack = Stack(**ALL, NotifyUrl=address, NotifyStyle="healthchecks")
        event, run = (stack.properties(name)["Environment"]["Variables"] for name in FUNCTIONS)
        self.assertEqual((run["RECONCILE_NOTIFY"], run["RECONCILE_NOTIFY_STYLE"]), (address, "healthchecks"))
        self.assertEqual({name: value for name, value in run.items() if "NOTIFY" not in name}, event)
        del run["RECONCILE_NOTIFY"]
        self.assertNotIn("s3cret", json.dumps([stack.resources, stack.outputs], default=str))
        self.assertNotIn("NOTIFY", json.dumps(Stack(**ALL).properties(FUNCTIONS[1])["Environment"]))

    def test_the_environment_names_settings_that_exist(self):
        # The help of a run, which a test compares with the program's.
        text = (ROOT / "Tests/Goldens/reconcile-run.help.txt").read_text()
        keys = re.findall(r"^  --([a-z0-9-]+)", text, re.MULTILINE)
        self.assertGreater(len(keys), 30)
        known = {"RECONCILE_" + key.upper().replace("-", "_") for key in keys} | {"DESTINATION_BUCKET"}
        environment = Stack(**ALL | {"RepositoryName": "releases"}).properties(FUNCTIONS[0])["Environment"]["Variables"]
        self.assertEqual(set(environment) - known, set())
        self.assertEqual(
            environment,
            {
                "RECONCILE_DOMAIN": "demo",
                "RECONCILE_DOMAIN_OWNER": ACCOUNT,
                "RECONCILE_REPOSITORY": "releases",
                "RECONCILE_EXPECTED_BUCKET_OWNER": ACCOUNT,
                "DESTINATION_BUCKET": "DestinationBucket",
            },
        )
        self.assertNotIn("RECONCILE_REPOSITORY", Stack(**ALL).properties(FUNCTIONS[1])["Environment"]["Variables"])

    def test_the_makefile_builds_both(self):
        makefile = (ROOT / "Makefile").read_text()
        for name in FUNCTIONS:
            self.assertEqual(source()["Resources"][name]["Metadata"]["BuildMethod"], "makefile")
            self.assertRegex(makefile, rf"(?m)^(\S+ )*build-{name}( \S+)*:")


class Events(unittest.TestCase):
    def test_the_rule_hands_over_what_concerns_the_backup(self):
        handed_over = {
            "published": True,
            "published-again": True,
            "updated": True,
            "archived": True,
            "deleted": True,
            "snapshot-build": True,
            "other-repository": True,
            "without-namespace": True,
            "unfinished": False,
            "npm": False,
            "other-domain": False,
        }
        events = {name: event for name, event in EVENTS.items() if "source" in event and event["source"] == "aws.codeartifact"}
        self.assertEqual(set(events), set(handed_over))
        pattern = Stack(**ALL).properties("EventRule")["EventPattern"]
        self.assertEqual({name: matches(pattern, event) for name, event in events.items()}, handed_over)
        one = Stack(**ALL | {"RepositoryName": "releases"}).properties("EventRule")["EventPattern"]
        self.assertEqual(
            {name: matches(one, event) for name, event in events.items()}, handed_over | {"other-repository": False}
        )

    def test_a_deletion_is_handed_over_whatever_state_it_carries(self):
        pattern = Stack(**ALL).properties("EventRule")["EventPattern"]
        for state in [{"packageVersionState": "Unfinished"}, {"packageVersionState": None}, {}]:
            event = dict(EVENTS["deleted"])
            detail = {key: value for key, value in event["detail"].items() if key != "packageVersionState"}
            self.assertTrue(matches(pattern, event | {"detail": detail | state}), state)

    def test_what_cannot_be_delivered_is_kept_and_only_the_rule_may_keep_it(self):
        stack = Stack(**ALL)
        (target,) = stack.properties("EventRule")["Targets"]
        self.assertEqual(target["DeadLetterConfig"], {"Arn": "DeadLetters.Arn"})
        self.assertEqual(set(target["RetryPolicy"]), {"MaximumRetryAttempts", "MaximumEventAgeInSeconds"})
        (statement,) = stack.properties("DeadLettersPolicy")["PolicyDocument"]["Statement"]
        self.assertEqual(statement["Condition"], {"ArnEquals": {"aws:SourceArn": "EventRule.Arn"}})
        self.assertIs(stack.properties("DeadLetters")["SqsManagedSseEnabled"], True)


class Schedule(unittest.TestCase):
    def test_starts_the_function_or_the_shards(self):
        for shards, target in [(1, "ReconcileFunction.Arn"), (4, "ReconcileShards")]:
            with self.subTest(shards):
                stack = Stack(**ALL, Shards=shards)
                schedule = stack.properties("ReconcileSchedule")
                self.assertEqual(schedule["FlexibleTimeWindow"]["Mode"], "FLEXIBLE")
                self.assertEqual(schedule["Target"]["Arn"], target)
                self.assertEqual(schedule["Target"]["DeadLetterConfig"], {"Arn": "DeadLetters.Arn"})
                self.assertIn(target, [one["Resource"] for one in statements(stack, "ScheduleRole")])
                self.assertEqual("ReconcileShards" in stack.resources, shards > 1)

    def test_begins_when_it_is_told_to(self):
        start = "2026-11-29T03:00:00Z"
        self.assertEqual(Stack(**ALL, ScheduleStart=start).properties("ReconcileSchedule")["StartDate"], start)
        self.assertNotIn("StartDate", Stack(**ALL).properties("ReconcileSchedule"))
        pattern = source()["Parameters"]["ScheduleStart"]["AllowedPattern"]
        self.assertTrue(re.fullmatch(pattern, start))
        self.assertFalse(re.fullmatch(pattern, "2026-11-29 03:00"))

    def test_sends_the_document_of_tests_events(self):
        document = json.loads(Stack(**ALL).properties("ReconcileSchedule")["Target"]["Input"])
        self.assertEqual(
            document,
            {
                "job": "reconcile",
                "shard": "0/1",
                "scheduledTime": "<aws.scheduler.scheduled-time>",
                "executionId": "<aws.scheduler.execution-id>",
                "attempt": "<aws.scheduler.attempt-number>",
            },
        )
        self.assertEqual(set(EVENTS["schedule"]), set(document))

    LOOKS = [
        ("VerificationSchedule", "VerificationScheduleExpression", "verify"),
        ("DriftSchedule", "DriftScheduleExpression", "drift"),
    ]

    def test_verifies_and_compares_each_day_unless_told_otherwise(self):
        for schedule, expression, event in self.LOOKS:
            with self.subTest(schedule):
                for shards in [1, 4]:
                    stack = Stack(**ALL, Shards=shards)
                    properties = stack.properties(schedule)
                    self.assertRegex(properties["ScheduleExpression"], r"^cron\(\d+ \d+ \* \* \? \*\)$")
                    target = properties["Target"]
                    self.assertEqual(target["Arn"], "ReconcileFunction.Arn")
                    self.assertEqual(target["DeadLetterConfig"], {"Arn": "DeadLetters.Arn"})
                    self.assertIn(("lambda:InvokeFunction", target["Arn"]), grants(statements(stack, target["RoleArn"].split(".")[0])))
                    document = json.loads(target["Input"])
                    self.assertEqual(set(document), set(EVENTS[event]))
                    self.assertEqual(document["job"], EVENTS[event]["job"])
                self.assertNotIn(schedule, Stack(**ALL, **{expression: ""}).resources)
                pattern = source()["Parameters"][expression]["AllowedPattern"]
                for text, fits in [("", True), ("rate(7 days)", True), ("cron(41 1 * * ? *)", True), ("daily", False)]:
                    self.assertEqual(bool(re.fullmatch(pattern, text)), fits, text)
        off = Stack(**ALL, Shards=4, VerificationScheduleExpression="", DriftScheduleExpression="")
        self.assertNotIn("lambda:InvokeFunction", {action for action, _ in grants(statements(off, "ScheduleRole"))})

    def test_asks_for_the_verification_that_the_parameters_name(self):
        stack = Stack(**ALL, VerificationDepth="bytes", VerificationSubset="today/90")
        document = json.loads(stack.properties("VerificationSchedule")["Target"]["Input"])
        self.assertEqual((document["depth"], document["subset"]), ("bytes", "today/90"))
        self.assertEqual(
            {key: json.loads(Stack(**ALL).properties("VerificationSchedule")["Target"]["Input"])[key] for key in ["depth", "subset"]},
            {key: EVENTS["verify"][key] for key in ["depth", "subset"]},
        )
        depths = (ROOT / "Sources/ReconcileCore/Verify/VerifyDepth.swift").read_text()
        self.assertEqual(source()["Parameters"]["VerificationDepth"]["AllowedValues"], re.findall(r"(?m)^    case (\w+)$", depths))

    def test_a_shard_waits_for_a_verification_that_has_its_slot(self):
        states = Stack(**ALL, Shards=4).properties("ReconcileShards")["Definition"]["States"]["Shards"]["ItemProcessor"]["States"]
        waiting = next(one for one in states["Reconcile"]["Retry"] if one["ErrorEquals"] == ["Lambda.TooManyRequestsException"])
        self.assertGreater(waiting["IntervalSeconds"] * waiting["MaxAttempts"], 900)

    def test_the_shards_send_the_same_document(self):
        machine = Stack(**ALL, Shards=4).properties("ReconcileShards")
        self.assertEqual(machine["DefinitionSubstitutions"], {"Shards": "4", "Function": "ReconcileFunction.Arn"})
        shards = machine["Definition"]["States"]["Shards"]
        self.assertEqual(shards["ItemProcessor"]["ProcessorConfig"]["Mode"], "DISTRIBUTED")
        payload = shards["ItemProcessor"]["States"]["Reconcile"]["Parameters"]["Payload"]
        self.assertEqual({key.removesuffix(".$") for key in payload}, set(EVENTS["shard"]))


class Alarms(unittest.TestCase):
    def test_every_alarm_is_on_the_dashboard_and_goes_to_the_address(self):
        stack = Stack(**ALL, Shards=4, AlarmEmail="ops@example.com")
        alarms = stack.of_type("AWS::CloudWatch::Alarm")
        widgets = json.loads(stack.properties("Dashboard")["DashboardBody"])["widgets"]
        self.assertEqual(set(widgets[0]["properties"]["alarms"]), {f"{name}.Arn" for name in alarms})
        for name in alarms:
            self.assertEqual(stack.properties(name)["AlarmActions"], ["AlarmTopic"])
        self.assertEqual(len(alarms), 16)
        silent = Stack(**ALL)
        self.assertEqual(len(silent.of_type("AWS::CloudWatch::Alarm")), 15)
        for expression, names in [("VerificationScheduleExpression", ["VerificationAlarm", "NotVerifiedAlarm"]),
                                  ("DriftScheduleExpression", ["DriftAlarm", "DriftAgeAlarm", "NotComparedAlarm"])]:
            without = Stack(**ALL, **{expression: ""})
            left = set(silent.of_type("AWS::CloudWatch::Alarm")) - set(names)
            self.assertEqual(set(without.of_type("AWS::CloudWatch::Alarm")), left)
            shown = json.loads(without.properties("Dashboard")["DashboardBody"])["widgets"][0]["properties"]["alarms"]
            self.assertEqual(set(shown), {f"{name}.Arn" for name in left})
        self.assertNotIn("AlarmTopic", silent.resources)
        self.assertNotIn("AlarmActions", silent.properties("NoSuccessAlarm"))
        json.loads(silent.properties("Dashboard")["DashboardBody"])

    # What each alarm on the program's metrics compares: metric, door, statistic, period, periods, comparison and
    # threshold, and what missing data means.
    COMPARED = {
        "NoSuccessAlarm": ("LastSuccess", "reconcile", "SampleCount", "86400", 2, "LessThan", 1, "breaching"),
        "UnprotectedAgeAlarm": ("OldestUnprotectedAge", "reconcile", "Maximum", 3600, 1, "GreaterThan", "172800", "ignore"),
        "MutationAlarm": ("VersionsMutated", "reconcile", "Sum", 300, 1, "GreaterThan", 0, "notBreaching"),
        "EventMutationAlarm": ("VersionsMutated", "event", "Sum", 300, 1, "GreaterThan", 0, "notBreaching"),
        "DeletionAlarm": ("DeletionsPending", "reconcile", "Maximum", 300, 1, "GreaterThan", 0, "notBreaching"),
        "CheckpointAlarm": ("CheckpointContradictions", "reconcile", "Maximum", 300, 1, "GreaterThan", 0, "ignore"),
        "AccessAlarm": ("AccessChanges", "reconcile", "Maximum", 300, 1, "GreaterThan", 0, "ignore"),
        # Silent until the next verification: a day's faults are not over after five minutes.
        "VerificationAlarm": ("VerificationFaults", "verify", "Maximum", 300, 1, "GreaterThan", 0, "ignore"),
        "NotVerifiedAlarm": ("LastSuccess", "verify", "SampleCount", 86400, "2", "LessThan", 1, "breaching"),
        # Of two days, since the run in between records what one comparison finds.
        "DriftAlarm": ("UnrecordedChanges", "drift", "Minimum", 86400, 2, "GreaterThan", 0, "ignore"),
        "DriftAgeAlarm": ("OldestUnprotectedAge", "drift", "Maximum", 3600, 1, "GreaterThan", "172800", "ignore"),
        "NotComparedAlarm": ("LastSuccess", "drift", "SampleCount", 86400, 2, "LessThan", 1, "breaching"),
    }

    def test_each_alarm_compares_a_metric_that_its_kind_of_work_writes(self):
        stack = Stack(**ALL)
        # A Swift test compares the file with what the program writes.
        lines = (ROOT / "Tests/Goldens/backup-lambda.metrics.txt").read_text().splitlines()
        written = {tuple(line.split()[:2]) for line in lines}
        found = {}
        for name, body in stack.of_type("AWS::CloudWatch::Alarm").items():
            alarm = body["Properties"]
            if alarm["Namespace"] != "MavenPackageReconciler":
                continue
            dimensions = {one["Name"]: one["Value"] for one in alarm["Dimensions"]}
            self.assertEqual(set(dimensions), {"Domain", "Door"}, name)
            self.assertEqual(dimensions["Domain"], "demo", name)
            self.assertIn((dimensions["Door"], alarm["MetricName"]), written, name)
            operator = alarm["ComparisonOperator"].removesuffix("Threshold")
            found[name] = (
                alarm["MetricName"], dimensions["Door"], alarm["Statistic"], alarm["Period"], alarm["EvaluationPeriods"],
                operator, alarm["Threshold"], alarm["TreatMissingData"],
            )
            self.assertEqual(alarm.get("DatapointsToAlarm", alarm["EvaluationPeriods"]), alarm["EvaluationPeriods"], name)
        self.assertEqual(found, self.COMPARED)

    def test_the_programs_dimensions_and_namespace_are_those_of_the_alarms(self):
        text = (ROOT / "Sources/BackupLambda/EmbeddedMetrics.swift").read_text()
        self.assertIn('dimensions: [["Domain", "Door"]]', text)
        self.assertIn('namespace = "MavenPackageReconciler"', text)

    def test_the_dashboard_shows_metrics_that_there_are(self):
        lines = (ROOT / "Tests/Goldens/backup-lambda.metrics.txt").read_text().splitlines()
        written = {line.split()[1] for line in lines} | {"ApproximateNumberOfMessagesVisible"}
        body = Stack(**ALL).properties("Dashboard")["DashboardBody"]
        shown = {row[1] for widget in json.loads(body)["widgets"][1:] for row in widget["properties"]["metrics"] if row[0] != "..."}
        self.assertEqual(shown - written, set())

    def test_days_without_a_sound_verification_are_an_alarm(self):
        alarm = Stack(**ALL, VerificationSilentDays=7).properties("NotVerifiedAlarm")
        self.assertEqual((alarm["Period"], alarm["EvaluationPeriods"]), (86400, "7"))
        # An alarm with periods of an hour and more looks back seven days at most.
        self.assertLessEqual(source()["Parameters"]["VerificationSilentDays"]["MaxValue"], 7)

    def test_silence_for_two_periods_is_an_alarm(self):
        alarm = Stack(**ALL, SchedulePeriodSeconds=21600).properties("NoSuccessAlarm")
        self.assertEqual((alarm["Period"], alarm["EvaluationPeriods"]), ("21600", 2))
        self.assertEqual((alarm["Statistic"], alarm["TreatMissingData"]), ("SampleCount", "breaching"))
        # An alarm with periods of an hour and more looks back seven days at most.
        periods = source()["Parameters"]["SchedulePeriodSeconds"]["AllowedValues"]
        self.assertLessEqual(2 * max(periods), 7 * 86400)
        self.assertGreaterEqual(min(periods), 3600)


class Explained(unittest.TestCase):
    def test_every_check_left_out_has_its_reason(self):
        for name, body in source()["Resources"].items():
            for skip in body.get("Metadata", {}).get("checkov", {}).get("skip", []):
                with self.subTest(name=name, check=skip["id"]):
                    self.assertTrue(skip["comment"].endswith("."))

    def test_what_has_no_key_of_its_own_says_why(self):
        stack = Stack(**ALL, AlarmEmail="ops@example.com")
        plain = [
            name
            for kind in ["AWS::Logs::LogGroup", "AWS::SNS::Topic"]
            for name in stack.of_type(kind)
            if not {"KmsKeyId", "KmsMasterKeyId"} & set(stack.properties(name))
        ]
        self.assertEqual(sorted(plain), ["AlarmTopic", "EventLogs", "ReconcileLogs"])
        for name in plain:
            self.assertTrue(stack.resources[name]["Metadata"]["checkov"]["skip"])

    def test_the_outputs_name_what_the_readme_uses(self):
        outputs = Stack(**ALL, Shards=4).outputs
        self.assertEqual(
            {name: outputs[name] for name in ["BackupBucket", "ReconcileTarget", "DeadLetterQueue"]},
            {"BackupBucket": "DestinationBucket", "ReconcileTarget": "ReconcileShards", "DeadLetterQueue": "DeadLetters"},
        )


if __name__ == "__main__":
    unittest.main()
