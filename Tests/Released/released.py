"""A local domain for a backup, and the backup that a release is kept with.

    released.py RECONCILE SANDBOX DIRECTORY     writes that backup with a release's own reconcile

Three packages of two versions, backed up; then the second version of each deleted at the source, and backed up again.
"""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import time

RECIPE = "repository=releases,packages=3,assets=2,size=64,seed=1"
DOMAIN = ["--domain", "my-domain"]
OWNED = [*DOMAIN, "--domain-owner", "111122223333"]


@contextlib.contextmanager
def domain(sandbox, versions):
    """What finds a domain of the three packages with so many versions of each; none is an empty one."""
    contents = ["--synthetic", f"{RECIPE},versions={versions}"] if versions else ["--repository", "releases"]
    with subprocess.Popen([sandbox, *contents], stdout=subprocess.PIPE, text=True) as server:
        try:
            yield json.loads(server.stdout.readline())["environment"]
        finally:
            server.terminate()


def run(program, *arguments, environment=()):
    """The program with these variables and no others."""
    variables = {"PATH": os.environ["PATH"], **dict(environment)}
    return subprocess.run([program, *arguments], env=variables, capture_output=True, text=True)


def main():
    reconcile, sandbox, directory = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]).resolve()
    for versions in [2, 1]:
        with domain(sandbox, versions) as environment:
            ended = run(reconcile, "run", *OWNED, "--backup", f"file://{directory}", "--allow-mass-deletion",
                        environment=environment)
            print(ended.stdout, ended.stderr)
            assert ended.returncode == 0
        # The second records are of a later second.
        time.sleep(1.1)


if __name__ == "__main__":
    main()
