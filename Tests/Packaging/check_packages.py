"""What `make dist` made: the same bytes twice, a tarball that runs where it is unpacked, a package that Debian installs.

    check_packages.py BIN_PATH DIST     the release programs, and what make dist made of them

The last needs root and Debian's archive, as apt is configured here; without root it is skipped with a message.
"""

import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest

PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent
BIN, DIST = (pathlib.Path(path).resolve() for path in sys.argv[1:3])
NAME = "maven-package-reconciler"
VERSION = (PROJECT / "Sources/ReconcileApp/ProgramVersion.swift").read_text().split('"')[1]
COMMANDS = {
    "reconcile": "run plan drift status runs show history find get verify restore report policy trust sign doctor settings",
    "reconcile-serve": "serve drill",
    "sandbox": "env",
}
PROGRAMS = list(COMMANDS)
# The pages of the documentation that messages name.
GUIDES = re.findall(r'"([A-Z]+\.md)"', (PROJECT / "Sources/ReconcileCore/Model/Guide.swift").read_text())
TARBALL = DIST / f"{NAME}-{VERSION}-linux-{os.uname().machine}.tar.gz"
DEB = next(iter(DIST.glob(f"{NAME}_{VERSION}_*.deb")), None)
SAYS = rf" {re.escape(VERSION)} \([0-9a-f]{{40}}(-dirty)?, Swift \d+\.\d+(\.\d+)?\)\n"


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, **options)


class Folder(unittest.TestCase):
    """A test with a folder, removed at its end."""

    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(dir="/var/tmp"))
        self.addCleanup(shutil.rmtree, self.work)


class Bytes(Folder):
    def test_a_second_dist_in_another_folder_and_time_zone_gives_the_same_bytes(self):
        again = self.work / "again"
        environment = os.environ | {"TZ": "Pacific/Auckland", "LC_ALL": "C.UTF-8"}
        ended = run("sh", "-c", f"umask 077; {PROJECT}/scripts/dist {BIN} {again}", env=environment)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        for file in [TARBALL, DEB, DIST / "SHA256SUMS"]:
            self.assertEqual((again / file.name).read_bytes(), file.read_bytes(), file.name)

    def test_the_sums_are_those_of_the_files(self):
        sums = dict(reversed(line.split()) for line in (DIST / "SHA256SUMS").read_text().splitlines())
        self.assertEqual(
            sums, {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in [TARBALL, DEB]}
        )

    def test_the_programs_name_no_path_of_the_machine_that_built_them(self):
        for program in PROGRAMS:
            stripped = self.work / program
            subprocess.run(["strip", "-o", stripped, BIN / program], check=True)
            self.assertNotIn(str(PROJECT).encode(), stripped.read_bytes(), program)


class Tarball(Folder):
    """A test with the tarball, unpacked."""

    def setUp(self):
        super().setUp()
        with tarfile.open(TARBALL) as tarball:
            self.members = tarball.getmembers()
            tarball.extractall(self.work, filter="fully_trusted")
        self.root = self.work / TARBALL.name.removesuffix(".tar.gz")


class Unpacked(Tarball):
    def test_the_programs_run_and_say_their_version(self):
        for program in PROGRAMS:
            ended = run(self.root / "bin" / program, "--version", env={})
            self.assertEqual(ended.returncode, 0, ended.stderr)
            self.assertRegex(ended.stdout, f"^{program}{SAYS}$")

    def test_every_library_is_the_tarballs_own_but_the_c_library(self):
        for program in PROGRAMS:
            loaded = re.findall(r"=> (/\S+)", run("ldd", self.root / "bin" / program).stdout)
            foreign = {pathlib.Path(path).name.split(".")[0] for path in loaded if str(self.root) not in os.path.realpath(path)}
            self.assertLessEqual(foreign, {"libc", "libm", "libresolv", "libdl", "libpthread", "librt"}, program)
            self.assertTrue(any(f"lib/{NAME}/libcurl" in path for path in loaded), loaded)

    def test_a_run_verifies_with_the_libraries_that_it_carries(self):
        ready = self.work / "ready.json"
        sandbox = subprocess.Popen(
            [self.root / "bin/sandbox", "--ready-file", ready, "--synthetic", "packages=3,versions=2"],
            stdout=subprocess.PIPE, text=True, env={},
        )
        try:
            environment = json.loads(sandbox.stdout.readline())["environment"]
            where = ["--domain", "my-domain", "--backup", f"file://{self.work}/backup"]
            copied = run(self.root / "bin/reconcile", "run", *where, "--domain-owner", "111122223333", env=environment)
            self.assertEqual(copied.returncode, 0, copied.stderr)
            verified = run(self.root / "bin/reconcile", "verify", *where, "--depth", "bytes", env={})
            self.assertEqual(verified.returncode, 0, verified.stderr)
        finally:
            sandbox.terminate()
            sandbox.wait()
            sandbox.stdout.close()

    def test_all_of_it_is_roots_and_readable_by_all(self):
        for member in self.members:
            self.assertEqual((member.uid, member.gid, member.mode & 0o022), (0, 0, 0), member.name)
            self.assertEqual(member.mode & 0o444, 0o444, member.name)

    def test_every_page_that_readme_links_to_or_a_message_names_is_there(self):
        documents = self.root / "share/doc" / NAME
        links = re.findall(r"\]\(([^):#]+)[#)]", (documents / "README.md").read_text())
        self.assertIn("docs/TRUST.md", links)
        for link in links:
            self.assertTrue((documents / link).is_file(), link)
        self.assertIn("TRUST.md", GUIDES)
        for page in GUIDES:
            self.assertTrue((documents / "docs" / page).is_file(), page)

    def test_each_shell_completes_each_program(self):
        for program in PROGRAMS:
            for file in [f"bash-completion/completions/{program}", f"zsh/site-functions/_{program}",
                         f"fish/vendor_completions.d/{program}.fish"]:
                self.assertIn(program, (self.root / "share" / file).read_text())
        offered = run("bash", "-c", f"""
            . {self.root}/share/bash-completion/completions/reconcile
            COMP_WORDS=(reconcile ver) COMP_CWORD=1 COMP_LINE='reconcile ver' COMP_POINT=13 COMP_TYPE=9
            _reconcile; echo "${{COMPREPLY[@]}}" """)
        self.assertIn("verify", offered.stdout, offered.stderr)

    def test_every_command_has_a_page_that_man_takes_without_a_warning(self):
        pages = sorted(path.name for path in (self.root / "share/man/man1").iterdir())
        expected = [f"{program}.1" for program in PROGRAMS]
        expected += [f"{program}-{command}.1" for program in PROGRAMS for command in COMMANDS[program].split()]
        self.assertEqual(pages, sorted(expected))
        for page in pages:
            shown = run("man", "--warnings", "-l", self.root / "share/man/man1" / page)
            self.assertEqual((shown.returncode, shown.stderr), (0, ""), page)
        restore = run("man", "-l", self.root / "share/man/man1/reconcile-restore.1", env=os.environ | {"MANWIDTH": "80"})
        for words in ["RECONCILE-RESTORE(1)", "--dry-run, --no-dry-run", "EXAMPLES"]:
            self.assertIn(words, restore.stdout)


class Notices(Tarball):
    """The licences and the bill of materials of the tarball."""

    def setUp(self):
        super().setUp()
        self.documents = self.root / "share/doc" / NAME
        self.bill = json.loads((self.documents / "sbom.spdx.json").read_text())
        self.packages = {package["name"]: package for package in self.bill["packages"]}

    def test_the_bill_names_each_library_with_its_version_and_its_licence_is_there(self):
        carried = list((self.root / "lib" / NAME).iterdir())
        self.assertGreater(len(carried), 10)
        for library in ["libcurl4", "libssl3", "libxml2", "swift", "swift-nio", "swift-argument-parser", "hummingbird"]:
            self.assertRegex(self.packages[library]["versionInfo"], r"^\d")
        for package in set(self.packages) - {NAME}:
            self.assertGreater((self.documents / "licenses" / package).stat().st_size, 200, package)

    def test_packages_that_are_resolved_and_not_built_are_left_out(self):
        self.assertNotIn("async-http-client", self.packages)

    def test_the_bills_hashes_are_those_of_the_programs(self):
        for file in self.bill["files"]:
            data = (self.root / "bin" / file["fileName"]).read_bytes()
            sums = {each["algorithm"]: each["checksumValue"] for each in file["checksums"]}
            self.assertEqual(sums["SHA256"], hashlib.sha256(data).hexdigest(), file["fileName"])
        self.assertEqual(len(self.bill["files"]), len(PROGRAMS))

    def test_every_element_is_related_to_the_package(self):
        known = {each["SPDXID"] for each in [*self.bill["packages"], *self.bill["files"]]}
        ends = [{each["spdxElementId"], each["relatedSpdxElement"]} for each in self.bill["relationships"]]
        self.assertTrue(all("SPDXRef-Package" in pair for pair in ends), ends)
        self.assertEqual(set().union(*ends) - {"SPDXRef-DOCUMENT"}, known)


@unittest.skipUnless(os.geteuid() == 0, "a root of Debian's needs root")
class Installed(unittest.TestCase):
    """The Debian package on a root that debootstrap made of this machine's own release and mirror."""

    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(dir="/var/tmp"))
        cls.addClassCleanup(shutil.rmtree, cls.root)
        mirror, suite = cls.archive()
        ended = run("debootstrap", "--variant=minbase", suite, cls.root, mirror)
        assert ended.returncode == 0, ended.stdout[-2000:]
        # Where packages come from, and through what, is this machine's affair: keys, proxies, sources.
        for folder in ["apt.conf.d", "sources.list.d", "auth.conf.d", "keyrings", "trusted.gpg.d"]:
            if (source := pathlib.Path("/etc/apt") / folder).exists():
                shutil.copytree(source, cls.root / "etc/apt" / folder, dirs_exist_ok=True)
        (cls.root / "etc/apt/sources.list").write_text("")
        shutil.copytree("/usr/share/keyrings", cls.root / "usr/share/keyrings", dirs_exist_ok=True)
        for file in ["/etc/resolv.conf", "/etc/hosts"]:
            shutil.copy(file, cls.root / file[1:])
        # A service must not start in a root that is thrown away.
        (cls.root / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")
        (cls.root / "usr/sbin/policy-rc.d").chmod(0o755)
        shutil.copy(DEB, cls.root / "tmp")
        cls.updated = cls.inside("apt-get", "-q", "update")
        cls.installed = cls.inside("apt-get", "-q", "install", "-y", "--no-install-recommends", f"/tmp/{DEB.name}")

    @staticmethod
    def archive():
        """The address and the suite of the first source that apt has."""
        line = run("apt-get", "indextargets", "--format", "$(SITE) $(RELEASE)", "Created-By: Packages").stdout.splitlines()[0]
        return line.split()

    @classmethod
    def within(cls, *command, environment=()):
        """The command as it is run in the root, whose /proc is there as long as it runs."""
        clean = ["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive", *environment]
        entering = 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"'
        return ["unshare", "--mount", "sh", "-c", entering, cls.root, *clean, *command]

    @classmethod
    def inside(cls, *command, environment=()):
        return run(*cls.within(*command, environment=environment))

    def test_apt_installs_it_with_what_it_depends_on(self):
        self.assertEqual(self.installed.returncode, 0, self.installed.stdout + self.installed.stderr)
        shown = self.inside("dpkg-query", "-W", "-f", "${Depends}", NAME).stdout
        for package in ["ca-certificates", "libcurl4", "libssl3", "libxml2", "libc6"]:
            self.assertRegex(shown, rf"\b{package}(t64)?\b")

    def test_each_program_runs_and_says_its_version(self):
        for program in PROGRAMS:
            ended = self.inside(program, "--version")
            self.assertRegex(ended.stdout, f"^{program}{SAYS}$", ended.stderr)

    def test_its_documents_are_where_messages_and_debian_look(self):
        documents = self.root / "usr/share/doc" / NAME
        for file in ["README.md", "LICENSE", "copyright", "changelog.gz", *(f"docs/{page}" for page in GUIDES)]:
            self.assertTrue((documents / file).is_file(), file)

    def test_doctor_checks_a_backup_in_a_directory(self):
        run("mkdir", "-p", self.root / "srv/backup")
        sandbox = subprocess.Popen(
            self.within("sandbox", "--synthetic", "packages=3,versions=2"), stdout=subprocess.PIPE, text=True
        )
        try:
            ready = json.loads(sandbox.stdout.readline())
            variables = [f"{name}={value}" for name, value in ready["environment"].items()]
            where = ["--domain", "my-domain", "--domain-owner", "111122223333", "--backup", "file:///srv/backup"]
            first = self.inside("reconcile", "run", *where, environment=variables)
            self.assertEqual(first.returncode, 0, first.stderr)
            doctor = self.inside("reconcile", "doctor", *where, environment=variables)
            self.assertEqual(doctor.returncode, 0, doctor.stdout + doctor.stderr)
        finally:
            sandbox.terminate()
            sandbox.wait()
            sandbox.stdout.close()

    def test_it_goes_without_a_trace(self):
        removed = self.inside("dpkg", "--purge", NAME)
        self.assertEqual(removed.returncode, 0, removed.stderr)
        self.assertEqual(list((self.root / "usr").rglob("*reconcile*")), [])
        again = self.inside("dpkg", "--install", f"/tmp/{DEB.name}")
        self.assertEqual(again.returncode, 0, again.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
