"""Eight shards as eight processes against one process: the same backup, the requests that the design says, no rate above.

    check_shards.py PROGRAMS [PACKAGES VERSIONS]     the folder with reconcile and sandbox; 100 packages of 10 versions

At the documented rates each version takes 1/160 s: 20000 packages of 10 versions are 21 minutes for each of the two runs.
"""

import json
import math
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

from podrun import wait_until

SHARDS = 8


class ShardTests(unittest.TestCase):
    def test_the_shards_are_the_whole_and_cost_what_the_design_says(self):
        total = PACKAGES * VERSIONS
        with tempfile.TemporaryDirectory() as work:
            self.work = pathlib.Path(work)
            ready = self.work / "ready.json"
            sandbox = subprocess.Popen(
                # One meter for everybody who asks: the service's own, for the account.
                [PROGRAMS / "sandbox", "--ready-file", ready, "--throttle", "documented",
                 "--synthetic", f"packages={PACKAGES},versions={VERSIONS},assets=1,size=100,seed=1"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            try:
                wait_until(ready.exists)
                self.environment = json.loads(ready.read_text())["environment"] | {"PATH": "/usr/bin:/bin"}
                [one], alone = self.run_shards("one", ["0/1"])
                parts, together = self.run_shards("eight", [f"{index}/{SHARDS}" for index in range(SHARDS)])
                print(f"\n{total} versions: one process {alone:.0f} s, {SHARDS} processes {together:.0f} s")
                merged = subprocess.run(
                    [PROGRAMS / "reconcile", "report", "--merge", *sorted(self.work.glob("eight-*.json"))],
                    check=True, capture_output=True, text=True,
                )
                whole = json.loads(merged.stdout)

                # The union is the whole, and each version is in one shard: written once, counted once.
                self.assertEqual(one["versions"]["copied"], total)
                self.assertEqual(whole["versions"], one["versions"])
                self.assertEqual(whole["packages"], one["packages"])
                self.assertEqual(self.tree("eight"), self.tree("one"))
                self.assertEqual(sum("/manifests/" in name for name in self.tree("eight")), total)
                self.assertTrue(all(part["versions"]["copied"] > 0 for part in parts))

                # Every shard lists repositories, packages and manifests, these once more at its end, looks twice for a
                # checkpoint and, as there is none, for reports, lists the records of the configuration, asks for a token,
                # stores a report and reads it back. The first one alone records the configuration.
                pages = math.ceil(PACKAGES / 1000)
                overhead = {
                    "codeartifact.ListRepositoriesInDomain": 1, "codeartifact.ListPackages": pages,
                    "codeartifact.GetAuthorizationToken": 1, "codeartifact.GetRepositoryEndpoint": 1,
                    "directory.List": 6, "directory.Write": 1, "directory.Read": 1,
                }
                expected = {
                    name: count + (SHARDS - 1) * overhead.get(name, 0) for name, count in one["requests"].items()
                }
                self.assertEqual(whole["requests"], expected)

                # The account's rates hold for all of them together: nobody was told to slow down.
                self.assertEqual([part["throttled"] for part in parts], [0] * SHARDS)
                self.assertEqual([part["retries"] for part in parts], [0] * SHARDS)
                # A full second's worth may go at once; the rest is paced at 160 a second in total.
                self.assertGreater(together, (total - 200) / 160 * 0.9)

                # Nothing to do: the listings alone, and the overhead of the shards.
                again, _ = self.run_shards("eight", [f"{index}/{SHARDS}" for index in range(SHARDS)])
                self.assertEqual(sum(part["versions"]["inSync"] for part in again), total)
                self.assertEqual(sum(part["versions"]["copied"] for part in again), 0)
                self.assertEqual(sum(part["requests"]["codeartifact.ListPackageVersions"] for part in again), PACKAGES)
            finally:
                sandbox.terminate()
                sandbox.wait()

    def run_shards(self, backup, shards):
        begun = time.monotonic()
        files = [self.work / f"{backup}-{shard.replace('/', '-')}.json" for shard in shards]
        processes = [
            subprocess.Popen(
                [PROGRAMS / "reconcile", "--domain", "my-domain", "--domain-owner", "111122223333", "--shard", shard,
                 "--backup", f"file://{self.work}/{backup}", "--report", file],
                env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            for shard, file in zip(shards, files)
        ]
        self.assertEqual([process.wait() for process in processes], [0] * len(shards))
        return [json.loads(file.read_text()) for file in files], time.monotonic() - begun

    def tree(self, backup):
        """Every object but the reports, without the time in a manifest's name."""
        folder = self.work / backup
        names = [str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()]
        return sorted(re.sub(r"/\d{8}T\d{6}Z\.", "/TIME.", name) for name in names if "/runs/" not in name)


if __name__ == "__main__":
    PROGRAMS = pathlib.Path(sys.argv[1]).resolve()
    PACKAGES, VERSIONS = (int(argument) for argument in (sys.argv[2:4] or ["100", "10"]))
    unittest.main(argv=sys.argv[:1])
