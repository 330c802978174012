"""The metrics of a run, taken by a real Pushgateway; the alerts and the dashboard, against the names that are written.

    check_metrics.py PROGRAMS TOOLS     the folders with reconcile and sandbox, and with promtool and the Pushgateway
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import urllib.request

import yaml

from manifests import PROJECT, Workload, renderer, swift
from podrun import wait_until

MONITORING = PROJECT / "k8s/monitoring"
LABELS = {"domain", "shard", "state", "operation", "class", "kind", "version", "commit", "until"}
# Names of an earlier release, written for one more beside those that took their place.
WITHDRAWN = {"reconcile_bytes_copied", "reconcile_verify_bytes_read"}


def names(*kinds):
    """The metrics' names, from the program's one table of each kind of work; of all of them without `kinds`."""
    sources = [swift(f"{kind}Metrics") for kind in kinds or ["Run", "Verify", "Restore", "Drill", "Drift"]]
    return {name for source in sources for name in re.findall(r'name: "(reconcile_\w+)"', source)}


def rules():
    return yaml.safe_load((MONITORING / "rules.yaml").read_text())["spec"]


class Names(unittest.TestCase):
    def used(self, expression):
        return set(re.findall(r"reconcile_\w+", expression))

    def test_the_alerts_ask_for_metrics_that_there_are(self):
        self.assertEqual([len(names(kind)) for kind in ["Run", "Verify", "Restore", "Drill", "Drift"]], [14, 12, 8, 10, 7])
        for rule in rules()["groups"][0]["rules"]:
            self.assertTrue(self.used(rule["expr"]), rule["alert"])
            self.assertLessEqual(self.used(rule["expr"]), names() - WITHDRAWN, rule["alert"])

    def test_the_dashboard_shows_every_metric_and_no_other(self):
        dashboard = json.loads((MONITORING / "dashboard.json").read_text())
        expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
        self.assertEqual(set().union(*map(self.used, expressions)), names() - WITHDRAWN)
        for expression in expressions:
            self.assertLessEqual(set(re.findall(r"(\w+)=~?\"", expression)), LABELS)
            by = {label for labels in re.findall(r"by \(([\w, ]+)\)", expression) for label in labels.split(", ")}
            self.assertLessEqual(by, LABELS)

    def test_the_documentation_lists_every_metric(self):
        text = (PROJECT / "docs/KUBERNETES.md").read_text()
        self.assertEqual(self.used(text), names())

    def test_two_periods_of_the_alert_are_two_of_the_schedule(self):
        minute, *rest = Workload(PROJECT / "k8s/base").cron_job["schedule"].split()
        self.assertEqual((minute.isdigit(), rest), (True, ["*"] * 4))
        expressions = {rule["alert"]: rule["expr"] for rule in rules()["groups"][0]["rules"]}
        self.assertIn("> 2 * 3600", expressions["BackupWithoutSuccess"])
        nightly = Workload(PROJECT / "k8s/base", "verify").cron_job["schedule"].split()
        self.assertEqual(nightly[2:], ["*"] * 3)
        self.assertIn("> 2 * 24 * 3600", expressions["BackupNotVerified"])
        daily = Workload(PROJECT / "k8s/overlays/drill-daily", "drill").cron_job["schedule"].split()
        self.assertEqual(daily[2:], ["*"] * 3)
        self.assertIn("> 3 * 24 * 3600", expressions["BackupNotDrilled"])
        compared = Workload(PROJECT / "k8s/base", "drift").cron_job["schedule"].split()
        self.assertEqual(compared[2:], ["*"] * 3)
        self.assertIn("> 2 * 24 * 3600", expressions["BackupNotCompared"])


class Component(unittest.TestCase):
    def test_over_an_overlay_it_sets_the_address_and_opens_the_way_to_it(self):
        with tempfile.TemporaryDirectory(dir=PROJECT / "k8s") as work:
            folder = pathlib.Path(work)
            (folder / "kustomization.yaml").write_text(
                yaml.safe_dump({"resources": ["../overlays/irsa"], "components": ["../monitoring"]})
            )
            text = subprocess.run([*renderer(), folder], check=True, capture_output=True, text=True).stdout
            documents = list(yaml.safe_load_all(text))
            self.assertEqual(
                Workload(folder).environment()["RECONCILE_METRICS_PUSH"], "http://pushgateway.monitoring:9091"
            )
            policy = next(each for each in documents if each["kind"] == "NetworkPolicy")
            self.assertIn({"port": 9091, "protocol": "TCP"}, policy["spec"]["egress"][-1]["ports"])
            self.assertEqual([each["kind"] for each in documents].count("PrometheusRule"), 1)


class Rules(unittest.TestCase):
    def test_promtool_finds_the_rules_right_and_the_alerts_fire_as_they_should(self):
        with tempfile.TemporaryDirectory() as work:
            folder = pathlib.Path(work)
            (folder / "rules.json").write_text(json.dumps(rules()))
            (folder / "test.yaml").write_text((PROJECT / "Tests/Kubernetes/rules.test.yaml").read_text())
            for arguments in [["check", "rules", "rules.json"], ["test", "rules", "test.yaml"]]:
                result = subprocess.run([TOOLS / "promtool", *arguments], cwd=folder, capture_output=True, text=True)
                self.assertEqual(result.returncode, 0, result.stdout + result.stderr)


class Pushing(unittest.TestCase):
    def test_a_failed_run_leaves_the_time_of_the_last_success_and_shards_verifications_and_restores_their_own_groups(self):
        with tempfile.TemporaryDirectory() as work:
            ready = pathlib.Path(work) / "ready.json"
            gateway = "http://127.0.0.1:19091"
            commands = [
                [PROGRAMS / "sandbox", "--ready-file", ready, "--synthetic", "packages=20,versions=2,assets=1,size=100"],
                [TOOLS / "prometheus-pushgateway", "--web.listen-address=127.0.0.1:19091"],
            ]
            servers = [
                subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for command in commands
            ]
            try:
                wait_until(lambda: ready.exists() and self.scrape(gateway) is not None)
                self.push_and_compare(json.loads(ready.read_text()), gateway, pathlib.Path(work))
            finally:
                for server in servers:
                    server.terminate()
                    server.wait()

    def push_and_compare(self, servers, gateway, work):
        def run(*arguments, command="run"):
            return subprocess.run(
                [PROGRAMS / "reconcile", command, "--domain", "my-domain", "--domain-owner", "111122223333",
                 "--backup", f"file://{work}/backup", "--metrics-push", gateway,
                 "--metrics-file", work / "reconcile.prom", *arguments],
                env=servers["environment"] | {"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, timeout=60,
            ).returncode

        def verify(*arguments):
            return subprocess.run(
                [PROGRAMS / "reconcile", "verify", "--domain", "my-domain", "--backup", f"file://{work}/backup",
                 "--settling", "0s", "--metrics-push", gateway, "--metrics-file", work / "reconcile.prom", *arguments],
                env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, timeout=60,
            ).returncode

        def samples(shard="0_1", job="reconcile"):
            found = {}
            for line in self.scrape(gateway).splitlines():
                if line.startswith("reconcile_") and f'shard="{shard}"' in line and f'job="{job}"' in line:
                    self.assertIn('domain="my-domain"', line)
                    name = line.split("{")[0]
                    label = re.search(r'(?:state|operation|class|kind)="([^"]+)"', line)
                    found[name, label and label[1]] = float(line.rsplit(" ", 1)[1])
            return found

        self.assertEqual(run(), 0)
        first = samples()
        self.assertEqual({name for name, _ in first}, names("Run"))
        self.assertEqual(first["reconcile_versions", "copied"], 40)
        self.assertEqual(first["reconcile_exit_status", None], 0)
        success = first["reconcile_last_success_timestamp_seconds", None]
        self.assertGreater(success, 1_700_000_000)

        self.fault(servers, "codeartifact.ListPackages:503")
        self.assertEqual(run("--max-attempts", "1"), 3)
        second = samples()
        self.assertEqual(second["reconcile_exit_status", None], 3)
        self.assertEqual(second["reconcile_last_success_timestamp_seconds", None], success)
        self.assertGreaterEqual(second["reconcile_last_run_timestamp_seconds", None], success)
        self.assertEqual(second["reconcile_versions", "listed"], 0)

        self.fault(servers, "")
        self.assertEqual(run("--shard", "1/2"), 0)
        self.assertEqual(samples(), second)
        self.assertEqual(samples("1_2")["reconcile_exit_status", None], 0)
        self.assertLess(samples("1_2")["reconcile_versions", "listed"], 40)

        self.assertEqual(verify("--depth", "bytes"), 0)
        sound = samples(job="reconcile-verify")
        self.assertEqual({name for name, _ in sound}, names("Verify"))
        self.assertEqual(sound["reconcile_verify_objects", "read"], 40)
        copied = first["reconcile_copied_bytes", None]
        self.assertGreaterEqual(copied, 40 * 100)
        self.assertEqual(sound["reconcile_verify_read_bytes", None], copied)
        self.assertEqual(first["reconcile_bytes_copied", None], copied)
        self.assertEqual(sound["reconcile_verify_bytes_read", None], copied)
        self.assertEqual((first["reconcile_build_info", None], sound["reconcile_verify_build_info", None]), (1, 1))
        self.assertRegex(self.scrape(gateway), rf'\nreconcile_build_info{{commit="[^"]*",.*version="{self.version()}"}} 1')
        self.compare(run, samples, servers)
        # Into the domain as it is: nothing is behind.
        self.assertEqual(run("--incremental", command="restore"), 0)
        standby = samples(job="reconcile-restore")
        self.assertEqual({name for name, _ in standby}, names("Restore"))
        self.assertEqual(standby["reconcile_restore_versions", "in_sync"], 40)
        self.assertEqual(standby["reconcile_restore_behind_versions", None], 0)

        next((work / "backup/my-domain/maven").rglob("*.pom")).unlink()
        self.assertEqual(verify(), 6)
        faulty = samples(job="reconcile-verify")
        self.assertEqual(faulty["reconcile_verify_exit_status", None], 6)
        self.assertEqual(faulty["reconcile_verify_faults", "missing"], 1)
        last = "reconcile_verify_last_sound_timestamp_seconds", None
        self.assertEqual(faulty[last], sound[last])
        self.assertEqual(samples(), second)
        drill = subprocess.run(
            [PROGRAMS / "reconcile-serve", "drill", "--domain", "my-domain", "--backup", f"file://{work}/backup",
             "--sample", "100%", "--client", "none", "--metrics-push", gateway, "--metrics-file", work / "reconcile.prom"],
            env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, timeout=60,
        )
        self.assertEqual(drill.returncode, 6, drill.stderr)
        found = samples(job="reconcile-drill")
        self.assertEqual(found["reconcile_drill_exit_status", None], 6)
        self.assertEqual(found["reconcile_drill_files", "lost"], 1)
        self.assertNotIn(("reconcile_drill_last_success_timestamp_seconds", None), found)
        written = (work / "reconcile.prom").read_text()
        self.assertEqual(set(re.findall(r"^# HELP (\w+) ", written, re.MULTILINE)),
                         names() - {"reconcile_drill_last_success_timestamp_seconds"})

        check = subprocess.run(
            [TOOLS / "promtool", "check", "metrics"], input=(work / "reconcile.prom").read_bytes(), capture_output=True
        )
        self.assertEqual((check.returncode, check.stderr.decode()), (0, ""))

    def compare(self, run, samples, servers):
        """Comparisons with the domain: one that finds nothing, one that cannot be done, one that is not of the domain."""
        job = "reconcile-drift"
        self.assertEqual(run("--since", "now", command="drift"), 0)
        same = samples(job=job)
        self.assertEqual({name for name, _ in same}, names("Drift"))
        self.assertEqual((same["reconcile_drift_exit_status", None], same["reconcile_drift_findings", "orphaned"]), (0, 0))
        # Everything: as many kinds as there are, and none counted twice.
        kinds = {label for name, label in same if name == "reconcile_drift_findings"}
        self.assertEqual(kinds, {"orphaned", "mutated", "status_changes", "unprotected", "configuration"})
        self.fault(servers, "codeartifact.ListPackages:503")
        self.assertNotIn(run("--since", "now", "--max-attempts", "1", command="drift"), [0, 4])
        failed = samples(job=job)
        self.assertNotIn(failed["reconcile_drift_exit_status", None], [0, 4])
        kept = {key for key in same if key[0].startswith(("reconcile_drift_findings", "reconcile_drift_last_complete"))}
        self.assertEqual({key: failed[key] for key in kept}, {key: same[key] for key in kept})
        self.fault(servers, "")
        self.assertEqual(run("--offline", command="drift"), 0)
        self.assertEqual(samples(job=job), failed)
        self.assertEqual(run("--since", "now", command="drift"), 0)

    def version(self):
        return subprocess.check_output([PROGRAMS / "reconcile", "--version"], text=True).split()[1]

    def fault(self, servers, text):
        url = servers["codeartifact"] + "/_sandbox/faults"
        urllib.request.urlopen(urllib.request.Request(url, data=text.encode(), method="POST")).close()

    def scrape(self, gateway):
        try:
            with urllib.request.urlopen(gateway + "/metrics") as answer:
                return answer.read().decode()
        except OSError:
            return None


if __name__ == "__main__":
    PROGRAMS, TOOLS = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    if renderer() is None:
        print("skipped: the metrics are not checked, for neither kubectl nor kustomize is on this machine")
        sys.exit(0)
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
