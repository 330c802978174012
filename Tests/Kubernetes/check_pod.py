"""What the pod of a manifest would run, run here: its environment, arguments, user, read-only root and /tmp.

The root holds what the image holds and nothing else, so a library that the image lacks is missing here too.

    check_pod.py PROGRAMS PROGRAM     the folder with reconcile and sandbox; the reconcile that the image gets
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest
import urllib.request

from manifests import PROJECT, Workload, bytes_of, exit_table, renderer, seconds
from podrun import Cluster, Pod, enter_network_of_its_own, missing, wait_until

SMALL = ["--synthetic", "packages=20,versions=3,assets=2,size=2000,seed=1"]
OVERLAYS = PROJECT / "k8s/overlays"


class PodTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        work = tempfile.TemporaryDirectory()
        cls.addClassCleanup(work.cleanup)
        # The pod's user goes through it.
        pathlib.Path(work.name).chmod(0o755)
        cls.cluster = Cluster(work.name, PROGRAMS, PROGRAM)

    def pod(self, overlay, variables, index=None):
        return Pod(self.cluster.image, Workload(OVERLAYS / overlay), variables, self.cluster.tokens, index)

    def versions(self, ended):
        self.assertTrue(ended.output, ended.errors)
        return json.loads(ended.output)["versions"]

    def test_the_image_holds_no_shell_and_the_program_says_its_version(self):
        for name in ["sh", "bash", "busybox"]:
            self.assertEqual([str(file) for file in self.cluster.image.rglob(name)], [])
        workload = Workload(OVERLAYS / "irsa")
        workload.container["args"] = ["--version"]
        ended = Pod(self.cluster.image, workload, {}, self.cluster.tokens).end()
        self.assertEqual(ended.status, 0, ended.errors)
        self.assertRegex(ended.output, r"^reconcile 0\.2\.0 \([0-9a-f]{40}(-dirty)?, Swift \d+\.\d+(\.\d+)?\)\n$")

    def test_the_image_is_small_and_brings_no_runtime_of_swift(self):
        files = [file for file in self.cluster.image.rglob("*") if file.is_file() and not file.is_symlink()]
        self.assertLess(sum(file.stat().st_size for file in files), 85_000_000)
        self.assertEqual([file.name for file in files if file.name.startswith(("libswift", "libFoundation"))], [])

    def test_a_run_converges_with_the_credentials_of_either_kind_and_the_next_finds_nothing_to_do(self):
        for overlay in ["pod-identity", "irsa"]:
            with self.subTest(overlay=overlay), self.cluster.domain(*SMALL) as servers:
                with self.cluster.credentials(overlay) as variables:
                    self.cluster.asked.clear()
                    first = self.pod(overlay, variables | servers).end()
                    self.assertEqual(first.status, 0, first.errors)
                    versions = self.versions(first)
                    self.assertEqual((versions["listed"], versions["missing"], versions["copied"]), (60, 60, 60))
                    expected = {
                        "pod-identity": ("agent", "/v1/credentials", "token of the agent"),
                        "irsa": ("sts", "AssumeRoleWithWebIdentity", Cluster.ROLE, "token.of.irsa"),
                    }
                    self.assertEqual(self.cluster.asked, [expected[overlay]])
                    second = self.pod(overlay, variables | servers).end()
                    self.assertEqual(second.status, 0, second.errors)
                    self.assertEqual((self.versions(second)["inSync"], self.versions(second)["copied"]), (60, 0))
                    limit = bytes_of(Workload(OVERLAYS / overlay).container["resources"]["limits"]["memory"])
                    self.assertLess(first.resident, limit)

    def test_the_program_has_the_user_the_root_and_the_volume_of_the_manifest(self):
        with self.cluster.domain(*SMALL, "--latency", "200") as servers:
            with self.cluster.credentials("irsa") as variables:
                pod = self.pod("irsa", variables | servers | {"RECONCILE_WIDTH": "2"})
                folder = pod.program()
                status = dict(line.split(":\t", 1) for line in (folder / "status").read_text().splitlines())
                self.assertEqual(status["Uid"].split(), ["65532"] * 4)
                self.assertEqual(status["Gid"].split(), ["65532"] * 4)
                self.assertEqual(status["Groups"].split(), ["65532"])
                self.assertEqual(status["NoNewPrivs"], "1")
                for name in ["CapInh", "CapPrm", "CapEff", "CapAmb"]:
                    self.assertEqual(int(status[name], 16), 0, name)
                self.assertEqual(status["NSpid"].split()[-1], "1")
                mounts = {}
                for line in (folder / "mountinfo").read_text().splitlines():
                    before, after = line.split(" - ")
                    mounts[before.split()[4]] = (before.split()[5].split(","), after.split()[2])
                self.assertIn("ro", mounts["/"][0])
                self.assertIn("size=65536k", mounts["/tmp"][1])
                # As the first process of its table it is deaf to a signal until it has asked for it.
                self.wait_for_assets(servers, 1)
                pod.terminate()
                self.assertEqual(pod.end().status, 9)

    def test_sigterm_in_the_middle_ends_within_the_grace_and_the_next_run_completes(self):
        workload = Workload(OVERLAYS / "irsa")
        grace = workload.pod["terminationGracePeriodSeconds"]
        with self.cluster.domain(*SMALL, "--latency", "100") as servers:
            with self.cluster.credentials("irsa") as variables:
                pod = self.pod("irsa", variables | servers | {"RECONCILE_WIDTH": "2", "RECONCILE_LOG_LEVEL": "debug"})
                pod.program()
                self.wait_for_assets(servers, 5)
                pod.terminate()
                ended = pod.end(grace)
                self.assertEqual(ended.status, 9, ended.errors)
                cut = self.versions(ended)
                report = json.loads(ended.output)
                self.assertEqual(report["outcome"], "deadline")
                self.assertTrue(0 < cut["copied"] < 60, cut)
                rest = self.pod("irsa", variables | servers).end()
                self.assertEqual(rest.status, 0, rest.errors)
                versions = self.versions(rest)
                self.assertEqual(versions["inSync"], cut["copied"])
                self.assertEqual(versions["inSync"] + versions["copied"], 60)

    def wait_for_assets(self, servers, count):
        """Until the program has asked for the bytes of so many assets."""
        def enough():
            with urllib.request.urlopen(servers["AWS_ENDPOINT_URL_CODEARTIFACT"] + "/_sandbox/requests") as answer:
                return json.load(answer).get("maven.GetAsset", 0) >= count

        wait_until(enough)

    def test_each_failure_ends_with_the_status_that_the_job_reacts_to(self):
        statuses = exit_table()
        workload = Workload(OVERLAYS / "irsa")
        unused = "http://127.0.0.1:9"
        table = [
            ("converged", {}, [], False, None),
            ("failures", {}, ["--fault", "assets.GetObject:flip=5"], False, "Count"),
            ("unavailable", {"AWS_ENDPOINT_URL_CODEARTIFACT": unused, "RECONCILE_MAX_ATTEMPTS": "1"}, [], False, "Count"),
            ("deadline", {"RECONCILE_DEADLINE": "1s", "RECONCILE_GRACE": "1s"}, ["--latency", "500"], False, "Count"),
            ("credentials", {}, [], True, "FailJob"),
            ("refused", {"RECONCILE_REPOSITORY": "no-such-repository"}, [], False, "FailJob"),
            ("usage", {"RECONCILE_DOMAIN": ""}, [], False, "FailJob"),
        ]
        for name, more, arguments, isRefused, reaction in table:
            with self.subTest(exit=name), self.cluster.domain(*SMALL, *arguments) as servers:
                with self.cluster.credentials("irsa", refused=isRefused) as variables:
                    ended = self.pod("irsa", variables | servers | more).end()
                    self.assertEqual(ended.status, statuses[name], ended.errors)
                    if reaction:
                        self.assertEqual(workload.reaction(ended.status), reaction)

    def test_the_nightly_verification_reads_its_thirtieth_of_what_the_runs_wrote(self):
        workload = Workload(OVERLAYS / "pod-identity", "verify")
        with self.cluster.domain(*SMALL) as servers, self.cluster.credentials("pod-identity") as variables:
            self.assertEqual(self.pod("pod-identity", variables | servers).end().status, 0)
            ended = Pod(self.cluster.image, workload, variables | servers, self.cluster.tokens).end()
            self.assertEqual(ended.status, 0, ended.errors)
            report = json.loads(ended.output)
            self.assertEqual((report["outcome"], report["depth"]), ("sound", "bytes"))
            self.assertRegex(report["sample"], r"^subset ([0-9]|[12][0-9])/30$")
            self.assertEqual((report["looked"]["versions"], report["looked"]["objects"]["named"]), (60, 120))
            # Of 120 keys by their hash about four; twenty would be another part than a thirtieth.
            self.assertLess(report["looked"]["objects"]["read"], 20)
            self.assertLess(ended.resident, bytes_of(workload.container["resources"]["limits"]["memory"]))

    def test_the_daily_comparison_finds_nothing_that_a_run_has_not_recorded(self):
        workload = Workload(OVERLAYS / "pod-identity", "drift")
        with self.cluster.domain(*SMALL) as servers, self.cluster.credentials("pod-identity") as variables:
            self.assertEqual(self.pod("pod-identity", variables | servers).end().status, 0)
            ended = Pod(self.cluster.image, workload, variables | servers, self.cluster.tokens).end()
            self.assertEqual(ended.status, 0, ended.errors)
            self.assertLess(ended.resident, bytes_of(workload.container["resources"]["limits"]["memory"]))

    def test_the_pods_of_an_indexed_job_are_together_the_whole(self):
        workload = Workload(OVERLAYS / "indexed")
        with self.cluster.domain(*SMALL) as servers, self.cluster.credentials("pod-identity") as variables:
            pods = [self.pod("indexed", variables | servers, index) for index in range(workload.job["completions"])]
            ended = [pod.end() for pod in pods]
            self.assertEqual([each.status for each in ended], [0] * 8, ended[0].errors)
            files = []
            for index, each in enumerate(ended):
                self.assertEqual(json.loads(each.output)["shard"], f"{index}/8")
                files.append(self.cluster.work / f"shard-{index}.json")
                files[-1].write_text(each.output)
            merge = [PROGRAMS / "reconcile", "report", "--merge"]
            whole = subprocess.run([*merge, *files], capture_output=True, text=True)
            self.assertEqual(whole.returncode, 0, whole.stderr)
            report = json.loads(whole.stdout)
            self.assertEqual((report["shard"], report["packages"]), ("0/1", 20))
            self.assertEqual((report["versions"]["listed"], report["versions"]["copied"]), (60, 60))
            partial = subprocess.run([*merge, *files[1:]], capture_output=True, text=True)
            self.assertEqual(partial.returncode, 8)
            self.assertIn("there is no report for 0/8", partial.stderr)


if __name__ == "__main__":
    PROGRAMS, PROGRAM = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    reason = missing() or (None if renderer() else "neither kubectl nor kustomize is on this machine")
    if reason:
        print(f"skipped: no pod is run, for {reason}")
        sys.exit(0)
    enter_network_of_its_own()
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
