"""What AWS sees of this program and of botocore, with the same files and environment; they must not differ.

    check_first_contact.py PROGRAM [--table] [WORD …]

--table prints what both did; words pick cases by their names. Where botocore has no answer, the case says what is
right. Everything runs on this machine: an HTTP proxy answers for every host name with certificates of an authority that
AWS_CA_BUNDLE names. Where the system allows it, in a network of its own, which has the agents' link-local addresses.
"""

import argparse
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from cases import LINK_LOCAL, Bench, shown
from network import Authority

GROUPS = ["credentials", "regions", "s3", "codeartifact", "trust", "errors", "doctor"]
HERE = pathlib.Path(__file__).parent


def enter_network_of_its_own():
    """Starts this program again where there is only a loopback, with the agents' addresses; if nothing may, goes on."""
    if os.environ.get("FIRST_CONTACT_NETWORK") or not shutil.which("unshare") or not shutil.which("ip"):
        return
    isolated = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
    addresses = " && ".join(f"ip addr add {address}/32 dev lo" for address in LINK_LOCAL)
    enter = [*isolated, "sh", "-c", f'ip link set lo up && {addresses} && exec "$@"', "sh"]
    if subprocess.run([*enter, "true"], capture_output=True).returncode:
        return
    os.environ["FIRST_CONTACT_NETWORK"] = "own"
    os.execvp(enter[0], [*enter, sys.executable, "-B", *sys.argv])


def cases(words):
    found = [case for group in GROUPS for case in __import__(f"cases_{group}").CASES]
    names = [case.name for case in found]
    assert len(set(names)) == len(names), "two cases have one name"
    return [case for case in found if all(word.lower() in case.name.lower() for word in words)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("words", nargs="*")
    parser.add_argument("--table", action="store_true")
    options = parser.parse_intermixed_args()
    program = options.program.resolve(strict=True)
    enter_network_of_its_own()
    has_link_local = "FIRST_CONTACT_NETWORK" in os.environ
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="first-contact-") as folder:
        address = f"{folder}/botocore"
        reference = subprocess.Popen([sys.executable, "-B", HERE / "reference.py", address])
        try:
            bench = Bench(program, Authority(folder), address)
            while not pathlib.Path(address).exists():
                assert reference.poll() is None
                time.sleep(0.02)
            chosen = cases(options.words)
            skipped = [case for case in chosen if case.link_local and not has_link_local]
            chosen = [case for case in chosen if case not in skipped]
            with concurrent.futures.ThreadPoolExecutor(6) as pool:
                results = list(pool.map(lambda case: (case, *compared(bench, case)), chosen))
        finally:
            reference.terminate()
            reference.wait()
    if options.table:
        print_table(results)
    failed = [(case, problems) for case, problems, _, _ in results if problems]
    for case, problems in failed:
        print(f"FAILED {case.name}: {'; '.join(problems)}")
    for case in skipped:
        print(f"skipped {case.name}: this system lets nobody have a network of their own")
    print(f"{len(results) - len(failed)} of {len(results)} cases as expected, in {time.monotonic() - begun:.0f} s")
    sys.exit(1 if failed or not results else 0)


def compared(bench, case):
    try:
        return bench.compare(case)
    except Exception as error:
        return [f"{type(error).__name__}: {error}"], None, None


def print_table(results):
    print("| case | botocore | this program |\n|---|---|---|")
    for case, problems, theirs, ours in results:
        mark = "**differs** " if problems else ""
        print(f"| {case.name} | {cell(theirs, case)} | {mark}{cell(ours, case)} |")


def cell(result, case):
    if result is None:
        return "no answer"
    facts = [shown(result.facts[name]) for name in case.same if case.calls and result.facts[name]]
    return "; ".join([*facts, result.outcome]).replace("|", "\\|")


if __name__ == "__main__":
    main()
