"""The manifests against the schemas, against checkov, and against the program's own tables."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import kubernetes_validate
import yaml

from manifests import BASE, FOLDERS, OVERLAYS, PROJECT, Workload
from manifests import bytes_of, documents, exit_table, named, rendered, renderer, seconds, settings_table

# What the package has schemas for, from 1.31 on.
VERSIONS = sorted(
    f"1.{minor}"
    for folder in (pathlib.Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema").glob("*-local-strict")
    if (minor := int(folder.name.split(".")[1])) >= 31
)


class Schemas(unittest.TestCase):
    def test_every_document_is_valid_for_1_31_and_newer(self):
        self.assertGreaterEqual(len(VERSIONS), 7)
        for folder in FOLDERS:
            for document in documents(folder):
                for version in VERSIONS:
                    with self.subTest(folder=folder.name, kind=document["kind"], version=version):
                        kubernetes_validate.validate(document, version, strict=True)

    def test_an_unknown_member_is_noticed(self):
        document = named(BASE, "CronJob", "reconcile")
        document["spec"]["jobTemplate"]["spec"]["podFailurePolicies"] = {}
        with self.assertRaises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(document, VERSIONS[0], strict=True)

    def test_every_overlay_is_there(self):
        self.assertEqual({folder.name for folder in OVERLAYS},
                         {"pod-identity", "irsa", "indexed", "local", "standby", "drill-daily"})


class Posture(unittest.TestCase):
    def test_checkov_has_no_failed_check_and_every_skip_has_a_reason(self):
        for folder in FOLDERS:
            with self.subTest(folder=folder.name), tempfile.TemporaryDirectory() as work:
                file = pathlib.Path(work) / "rendered.yaml"
                file.write_text(rendered(folder))
                checkov = pathlib.Path(sys.executable).parent / "checkov"
                output = subprocess.run(
                    [checkov, "-f", file, "--framework", "kubernetes", "--skip-download", "--output", "json"],
                    capture_output=True, text=True,
                ).stdout
                result = json.loads(output)
                results = result["results"]
                self.assertEqual([(each["check_id"], each["resource"]) for each in results["failed_checks"]], [])
                self.assertGreater(result["summary"]["passed"], 50)
                for skip in results["skipped_checks"]:
                    self.assertGreater(len(skip["check_result"]["suppress_comment"]), 20, skip["check_id"])

    def test_the_pod_is_what_pod_security_calls_restricted(self):
        for folder in FOLDERS:
            with self.subTest(folder=folder.name):
                namespace = named(folder, "Namespace", "maven-backup")
                self.assertEqual(namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"], "restricted")
                pod = Workload(folder).pod
                self.assertTrue(pod["securityContext"]["runAsNonRoot"])
                self.assertEqual(pod["securityContext"]["runAsUser"], 65532)
                self.assertEqual(pod["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
                self.assertFalse(pod["automountServiceAccountToken"])
                self.assertFalse(named(folder, "ServiceAccount", "reconcile")["automountServiceAccountToken"])
                for container in pod["containers"] + pod.get("initContainers", []):
                    context = container["securityContext"]
                    self.assertEqual(context["capabilities"], {"drop": ["ALL"]})
                    self.assertFalse(context["allowPrivilegeEscalation"])
                    self.assertTrue(context["readOnlyRootFilesystem"])
                    resources = container["resources"]
                    self.assertEqual(resources["requests"]["memory"], resources["limits"]["memory"])
                    self.assertNotIn("cpu", resources["limits"])

    def test_the_volume_is_sized_and_fits_into_the_ephemeral_storage(self):
        workload = Workload(BASE)
        self.assertEqual([volume["name"] for volume in workload.pod["volumes"]], ["tmp"])
        size = bytes_of(workload.pod["volumes"][0]["emptyDir"]["sizeLimit"])
        self.assertLessEqual(size, bytes_of(workload.container["resources"]["limits"]["ephemeral-storage"]))

    def test_nothing_comes_in_and_only_names_and_https_go_out(self):
        policy = named(BASE, "NetworkPolicy", "reconcile")["spec"]
        self.assertEqual(policy["policyTypes"], ["Ingress", "Egress"])
        self.assertFalse(policy.get("ingress"))
        ports = {(port["port"], port["protocol"]) for rule in policy["egress"] for port in rule["ports"]}
        self.assertEqual(ports, {(53, "UDP"), (53, "TCP"), (443, "TCP")})
        labels = Workload(BASE).job["template"]["metadata"]["labels"]
        self.assertLessEqual(policy["podSelector"]["matchLabels"].items(), labels.items())

    def test_the_way_to_the_pod_identity_agent_is_open_with_pod_identity_alone(self):
        overPodIdentity = ["pod-identity", "indexed", "standby", "drill-daily"]
        for folder, isOpen in [(BASE, False), *((each, each.name in overPodIdentity) for each in OVERLAYS)]:
            with self.subTest(folder=folder.name):
                egress = named(folder, "NetworkPolicy", "reconcile")["spec"]["egress"]
                agents = [rule for rule in egress if rule["ports"] == [{"port": 80, "protocol": "TCP"}]]
                self.assertEqual(len(agents), int(isOpen))
                for rule in agents:
                    self.assertEqual(
                        [block["ipBlock"]["cidr"] for block in rule["to"]], ["169.254.170.23/32", "fd00:ec2::23/128"]
                    )


class Settings(unittest.TestCase):
    def test_the_config_map_has_every_setting_and_no_other(self):
        table = settings_table()
        self.assertGreater(len(table), 20)
        for folder in FOLDERS:
            with self.subTest(folder=folder.name):
                data = named(folder, "ConfigMap", "reconcile-settings")["data"]
                self.assertEqual({key for key in data if key.startswith("RECONCILE_")}, table)

    def test_the_deadlines_nest(self):
        for folder in FOLDERS:
            with self.subTest(folder=folder.name):
                workload = Workload(folder)
                environment = workload.environment({"batch.kubernetes.io/job-completion-index": "0"})
                deadline, grace = (seconds(environment["RECONCILE_" + name]) for name in ["DEADLINE", "GRACE"])
                # The report is written after the grace: half a minute for that.
                self.assertGreaterEqual(workload.pod["terminationGracePeriodSeconds"], grace + 30)
                self.assertGreater(workload.job["activeDeadlineSeconds"], deadline + grace + 30)
                # The schedule is hourly, and Forbid skips a run while the last one is there.
                minute, *rest = workload.cron_job["schedule"].split()
                self.assertTrue(minute.isdigit() and rest == ["*"] * 4)
                self.assertLess(
                    workload.job["activeDeadlineSeconds"] + workload.pod["terminationGracePeriodSeconds"], 3600
                )
                self.assertEqual(workload.cron_job["concurrencyPolicy"], "Forbid")
                self.assertEqual(workload.cron_job["timeZone"], "Etc/UTC")


class Failures(unittest.TestCase):
    REACTIONS = {
        "unexpected": "Count", "failures": "Count", "unavailable": "Count", "deadline": "Count",
        "verificationFailed": "FailJob", "credentials": "FailJob", "refused": "FailJob", "usage": "FailJob",
    }

    def test_every_exit_status_of_a_run_has_the_reaction_that_its_meaning_asks_for(self):
        statuses = exit_table()
        # No run ends with 4, and 0 is no failure.
        self.assertEqual(set(statuses) - set(self.REACTIONS), {"converged", "drift"})
        for folder in FOLDERS:
            workload = Workload(folder)
            self.assertEqual(workload.pod["restartPolicy"], "Never")
            for name, reaction in self.REACTIONS.items():
                with self.subTest(folder=folder.name, exit=name):
                    self.assertEqual(workload.reaction(statuses[name]), reaction)
                    self.assertEqual(workload.reaction(statuses[name], conditions=["DisruptionTarget"]), "Ignore")

    def test_every_status_of_a_run_stands_in_a_rule(self):
        statuses = exit_table()
        rules = Workload(BASE).job["podFailurePolicy"]["rules"]
        named = sorted(status for rule in rules for status in rule.get("onExitCodes", {}).get("values", []))
        self.assertEqual(named, sorted(statuses[name] for name in self.REACTIONS))


class Jobs(unittest.TestCase):
    """Which CronJobs a folder has."""

    def test_the_base_verifies_and_compares_what_it_runs_and_so_does_every_overlay_that_backs_up(self):
        expected = {folder: {"reconcile", "verify", "drift"} for folder in FOLDERS}
        expected[PROJECT / "k8s/overlays/drill-daily"] |= {"drill"}
        # It restores from another job's backup, with a role that only reads it.
        expected[PROJECT / "k8s/overlays/standby"] = {"reconcile"}
        for folder in FOLDERS:
            with self.subTest(folder=folder.name):
                jobs = {each["metadata"]["name"] for each in documents(folder) if each["kind"] == "CronJob"}
                self.assertEqual(jobs, expected[folder])

    def test_no_two_start_in_the_same_minute_and_the_daily_ones_are_hours_apart(self):
        folder = PROJECT / "k8s/overlays/drill-daily"
        times = [Workload(folder, name).cron_job["schedule"].split() for name in ["reconcile", "verify", "drift", "drill"]]
        self.assertEqual(len({minute for minute, *_ in times}), 4)
        self.assertEqual(len({hour for _, hour, *_ in times}), 4)

    def test_in_the_local_overlay_each_waits_to_be_started_by_hand_and_reaches_the_stand_ins(self):
        folder = PROJECT / "k8s/overlays/local"
        for name in ["reconcile", "verify", "drift"]:
            with self.subTest(name):
                workload = Workload(folder, name)
                self.assertTrue(workload.cron_job["suspend"])
                secrets = [each["secretRef"]["name"] for each in workload.container["envFrom"] if "secretRef" in each]
                self.assertEqual(len(secrets), 1)
                sidecars = [each["name"] for each in workload.pod.get("initContainers", [])]
                self.assertEqual(sidecars, [] if name == "verify" else ["sandbox"])


class BesideTheRuns:
    """What a CronJob beside the runs shares with them; NAME, ARGUMENTS, DEADLINE and REACTIONS say what it is."""

    FOLDER = BASE

    def setUp(self):
        self.runs = Workload(self.FOLDER)
        self.workload = Workload(self.FOLDER, self.NAME)

    def test_it_does_its_work_each_day_with_the_settings_of_the_runs(self):
        environment = self.workload.environment()
        self.assertEqual(self.workload.arguments(environment), self.ARGUMENTS)
        self.assertEqual(environment, self.runs.environment() | {"RECONCILE_DEADLINE": self.DEADLINE})
        minute, hour, *rest = self.workload.cron_job["schedule"].split()
        self.assertTrue(minute.isdigit() and hour.isdigit() and rest == ["*"] * 3)
        self.assertEqual(self.workload.cron_job["timeZone"], "Etc/UTC")
        self.assertEqual(self.workload.cron_job["concurrencyPolicy"], "Forbid")

    def test_its_pod_is_a_runs_but_for_what_it_does(self):
        def posture(workload):
            container = {key: value for key, value in workload.container.items() if key not in ["args", "env"]}
            return workload.pod | {"containers": [container]}

        self.assertEqual(posture(self.workload), posture(self.runs))

    def test_the_network_policy_of_the_runs_selects_its_pods(self):
        selected = named(self.FOLDER, "NetworkPolicy", "reconcile")["spec"]["podSelector"]["matchLabels"]
        self.assertLessEqual(selected.items(), self.workload.job["template"]["metadata"]["labels"].items())

    def test_its_deadlines_nest(self):
        environment = self.workload.environment()
        deadline, grace = (seconds(environment["RECONCILE_" + name]) for name in ["DEADLINE", "GRACE"])
        self.assertGreaterEqual(self.workload.pod["terminationGracePeriodSeconds"], grace + 30)
        self.assertGreater(self.workload.job["activeDeadlineSeconds"], deadline + grace + 30)

    def test_every_exit_status_has_the_reaction_that_its_meaning_asks_for(self):
        statuses = exit_table()
        # 0 is no failure, and only `plan` and `drift` end with drift.
        self.assertEqual(set(statuses) - set(self.REACTIONS) - {"drift"}, {"converged"})
        for name, reaction in self.REACTIONS.items():
            with self.subTest(exit=name):
                self.assertEqual(self.workload.reaction(statuses[name]), reaction)
                self.assertEqual(self.workload.reaction(statuses[name], conditions=["DisruptionTarget"]), "Ignore")
        rules = self.workload.job["podFailurePolicy"]["rules"]
        stated = sorted(status for rule in rules for status in rule.get("onExitCodes", {}).get("values", []))
        self.assertEqual(stated, sorted(statuses[name] for name in self.REACTIONS))


class Verification(BesideTheRuns, unittest.TestCase):
    NAME, DEADLINE = "verify", "6h"
    ARGUMENTS = ["verify", "--record", "--depth", "bytes", "--subset", "today/30"]
    REACTIONS = {
        "unexpected": "Count", "failures": "Count", "unavailable": "Count",
        "verificationFailed": "FailJob", "deadline": "FailJob", "credentials": "FailJob", "refused": "FailJob", "usage": "FailJob",
    }

    def test_over_another_overlay_it_has_the_image_and_the_settings_of_the_whole(self):
        with tempfile.TemporaryDirectory(dir=PROJECT / "k8s") as work:
            folder = pathlib.Path(work)
            (folder / "kustomization.yaml").write_text(yaml.safe_dump({
                "resources": ["../overlays/irsa"],
                "components": ["../monitoring"],
                "images": [{"name": "maven-package-reconciler", "newName": "mirror/backup", "newTag": "1"}],
                "configMapGenerator": [{
                    "name": "reconcile-settings", "namespace": "maven-backup", "behavior": "merge",
                    "literals": ["RECONCILE_BACKUP=s3://mine"],
                }],
            }))
            for name in ["reconcile", "verify", "drift"]:
                workload = Workload(folder, name)
                self.assertEqual(workload.container["image"], "mirror/backup:1")
                environment = workload.environment()
                self.assertEqual(environment["RECONCILE_BACKUP"], "s3://mine")
                self.assertEqual(environment["RECONCILE_METRICS_PUSH"], "http://pushgateway.monitoring:9091")


class Drift(BesideTheRuns, unittest.TestCase):
    NAME, DEADLINE = "drift", "50m"
    # What runs have recorded is theirs to report: without --since, every deletion of the past would fail each day's job.
    ARGUMENTS = ["drift", "--since", "now"]
    REACTIONS = Verification.REACTIONS | {"drift": "FailJob"}

    def test_it_comes_after_a_run_of_the_same_hour(self):
        minute, hour, *_ = self.workload.cron_job["schedule"].split()
        self.assertGreaterEqual(int(minute) - int(self.runs.cron_job["schedule"].split()[0]), 15)


class Standby(unittest.TestCase):
    def test_it_restores_what_is_listed_to_be_lacking_into_another_domain(self):
        workload = Workload(PROJECT / "k8s/overlays/standby")
        environment = workload.environment()
        self.assertEqual(workload.arguments(environment), ["restore", "--incremental", "--to-domain", "standby"])
        self.assertNotEqual(environment["RECONCILE_DOMAIN_OWNER"], Workload(BASE).environment()["RECONCILE_DOMAIN_OWNER"])
        self.assertNotEqual(environment["RECONCILE_REGION"], environment["RECONCILE_BACKUP_REGION"])
        self.assertNotEqual(workload.cron_job["schedule"], Workload(BASE).cron_job["schedule"])


class Drill(unittest.TestCase):
    OVERLAY = PROJECT / "k8s/overlays/drill-daily"

    def setUp(self):
        self.runs, self.workload = Workload(self.OVERLAY), Workload(self.OVERLAY, "drill")

    def test_it_restores_a_sample_each_day_with_the_settings_of_the_runs_and_maven(self):
        environment = self.workload.environment()
        self.assertEqual(self.workload.arguments(environment), ["drill", "--client", "mvn"])
        self.assertEqual(environment | {"RECONCILE_DEADLINE": "50m"}, self.runs.environment())
        self.assertEqual(self.workload.container["image"], "maven-package-reconciler-drill:0.2.0")
        self.assertEqual(self.workload.cron_job["schedule"].split()[2:], ["*"] * 3)
        self.assertEqual(self.workload.cron_job["concurrencyPolicy"], "Forbid")

    def test_its_pod_is_a_runs_but_for_its_image_and_what_a_build_needs(self):
        def posture(workload):
            varying = ["args", "env", "image", "resources"]
            container = {key: value for key, value in workload.container.items() if key not in varying}
            return workload.pod | {"containers": [container], "volumes": [each["name"] for each in workload.pod["volumes"]]}

        self.assertEqual(posture(self.workload), posture(self.runs))
        resources = self.workload.container["resources"]
        self.assertEqual(resources["requests"]["memory"], resources["limits"]["memory"])
        size = bytes_of(self.workload.pod["volumes"][0]["emptyDir"]["sizeLimit"])
        self.assertLessEqual(size, bytes_of(resources["requests"]["ephemeral-storage"]))

    def test_its_deadlines_nest_and_its_statuses_have_the_reactions_of_a_verification(self):
        environment = self.workload.environment()
        deadline, grace = (seconds(environment["RECONCILE_" + name]) for name in ["DEADLINE", "GRACE"])
        self.assertGreaterEqual(self.workload.pod["terminationGracePeriodSeconds"], grace + 30)
        self.assertGreater(self.workload.job["activeDeadlineSeconds"], deadline + grace + 30)
        for name, reaction in Verification.REACTIONS.items():
            self.assertEqual(self.workload.reaction(exit_table()[name]), reaction, name)


class Shards(unittest.TestCase):
    def test_each_index_is_one_of_as_many_shards_as_there_are_completions(self):
        workload = Workload(PROJECT / "k8s/overlays/indexed")
        count = workload.job["completions"]
        self.assertEqual(workload.job["completionMode"], "Indexed")
        self.assertEqual(workload.job["parallelism"], count)
        self.assertIn("backoffLimitPerIndex", workload.job)
        self.assertNotIn("backoffLimit", workload.job)
        shards = [
            workload.environment({"batch.kubernetes.io/job-completion-index": str(index)})["RECONCILE_SHARD"]
            for index in range(count)
        ]
        self.assertEqual(shards, [f"{index}/{count}" for index in range(count)])

    def test_without_shards_a_pod_takes_the_whole(self):
        self.assertEqual(Workload(BASE).environment()["RECONCILE_SHARD"], "0/1")


class Image(unittest.TestCase):
    def test_an_overlay_sets_the_image_by_its_placeholder(self):
        with tempfile.TemporaryDirectory(dir=PROJECT / "k8s") as work:
            folder = pathlib.Path(work)
            digest = "sha256:" + "0" * 64
            (folder / "kustomization.yaml").write_text(yaml.safe_dump({
                "resources": ["../overlays/irsa"],
                "images": [{"name": "maven-package-reconciler", "newName": "mirror/backup", "digest": digest}],
            }))
            self.assertEqual(Workload(folder).container["image"], f"mirror/backup@{digest}")

    def test_everything_carries_the_recommended_labels(self):
        version = (PROJECT / "Sources/ReconcileApp/ProgramVersion.swift").read_text().split('"')[1]
        expected = {
            "app.kubernetes.io/name": "maven-package-reconciler",
            "app.kubernetes.io/instance": "maven-backup",
            "app.kubernetes.io/version": version,
            "app.kubernetes.io/component": "backup",
            "app.kubernetes.io/part-of": "maven-package-reconciler",
            "app.kubernetes.io/managed-by": "kustomize",
        }
        for document in documents(BASE):
            with self.subTest(kind=document["kind"], name=document["metadata"]["name"]):
                self.assertLessEqual(expected.items(), document["metadata"]["labels"].items())
        for workload in [Workload(BASE, name) for name in ["reconcile", "verify", "drift"]]:
            self.assertLessEqual(expected.items(), workload.job["template"]["metadata"]["labels"].items())

    def test_the_program_that_the_image_starts_is_the_one_whose_tag_it_has(self):
        version = (PROJECT / "Sources/ReconcileApp/ProgramVersion.swift").read_text().split('"')[1]
        self.assertEqual(Workload(BASE).container["image"], f"maven-package-reconciler:{version}")
        dockerfile = (PROJECT / "k8s/Dockerfile").read_text()
        self.assertIn(f"ARG VERSION={version}\n", dockerfile)
        self.assertIn(f":{version} .\n", dockerfile)
        for label in ["source", "url", "documentation", "created", "base.name", "version", "revision", "licenses"]:
            self.assertIn(f"org.opencontainers.image.{label}=", dockerfile)
        self.assertRegex(dockerfile, r"(?m)^ARG SWIFT_IMAGE=\S+@sha256:[0-9a-f]{64}$")
        self.assertEqual(
            [line.split()[1] for line in dockerfile.splitlines() if line.startswith("FROM ")],
            ["${SWIFT_IMAGE}", "build", "scratch", "build", "${RUNTIME_IMAGE}", "scratch"],
        )


if __name__ == "__main__":
    if renderer() is None:
        print("skipped: the manifests are not checked, for neither kubectl nor kustomize is on this machine")
        sys.exit(0)
    unittest.main()
