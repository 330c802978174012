"""The manifests of k8s/ as a cluster would see them: rendered, and with the rules that Kubernetes applies to them."""

import functools
import pathlib
import re
import shutil
import subprocess

import yaml

PROJECT = pathlib.Path(__file__).resolve().parents[2]
BASE = PROJECT / "k8s" / "base"
OVERLAYS = sorted(folder for folder in (PROJECT / "k8s" / "overlays").iterdir() if folder.is_dir())
FOLDERS = [BASE, *OVERLAYS]


def renderer():
    """The command that renders a folder; None where neither program is on the machine."""
    if shutil.which("kubectl"):
        return ["kubectl", "kustomize"]
    if shutil.which("kustomize"):
        return ["kustomize", "build"]
    return None


@functools.cache
def rendered(folder):
    """What `kubectl apply -k` would send."""
    return subprocess.run([*renderer(), str(folder)], check=True, capture_output=True, text=True).stdout


def documents(folder):
    return [document for document in yaml.safe_load_all(rendered(folder)) if document]


def named(folder, kind, prefix):
    """The one document of a kind whose name begins so: generated names end in a hash."""
    found = [
        document
        for document in documents(folder)
        if document["kind"] == kind and document["metadata"]["name"].startswith(prefix)
    ]
    assert len(found) == 1, f"{folder.name}: {len(found)} documents {kind}/{prefix}"
    return found[0]


class Workload:
    """One CronJob of a folder, taken apart: that of the runs, unless another is named."""

    def __init__(self, folder, name="reconcile"):
        self.folder = folder
        self.cron_job = named(folder, "CronJob", name)["spec"]
        self.job = self.cron_job["jobTemplate"]["spec"]
        self.pod = self.job["template"]["spec"]
        self.container = next(each for each in self.pod["containers"] if each["name"] == "reconcile")

    def environment(self, annotations=None):
        """The container's variables, as the kubelet makes them: envFrom, then env in order.

        `$(NAME)` in a value sees only what stands before it, and stays as it is where there is nothing.
        """
        variables = {}
        for source in self.container.get("envFrom", []):
            if "configMapRef" in source:
                variables |= named(self.folder, "ConfigMap", source["configMapRef"]["name"])["data"]
        for entry in self.container.get("env", []):
            if "valueFrom" in entry:
                path = entry["valueFrom"]["fieldRef"]["fieldPath"]
                key = re.fullmatch(r"metadata\.annotations\['(.+)'\]", path)[1]
                variables[entry["name"]] = (annotations or {})[key]
            else:
                variables[entry["name"]] = expand(entry["value"], variables)
        return variables

    def arguments(self, environment):
        return [expand(argument, environment) for argument in self.container.get("args", [])]

    def reaction(self, status, conditions=()):
        """What the Job controller does about a pod that failed with an exit status: the first rule that fits."""
        for rule in self.job["podFailurePolicy"]["rules"]:
            if "onPodConditions" in rule:
                if any(condition["type"] in conditions for condition in rule["onPodConditions"]):
                    return rule["action"]
            else:
                codes = rule["onExitCodes"]
                assert codes["operator"] == "In" and codes["containerName"] == "reconcile"
                if status in codes["values"]:
                    return rule["action"]
        return "Count"


def expand(text, variables):
    return re.sub(r"\$\(([A-Za-z_][A-Za-z0-9_]*)\)", lambda name: variables.get(name[1], name[0]), text)


def seconds(text):
    """A duration of the settings, as `1h30m`, in seconds."""
    parts = re.findall(r"(\d+)([hms])", text)
    assert "".join(number + unit for number, unit in parts) == text and parts, text
    return sum(int(number) * {"h": 3600, "m": 60, "s": 1}[unit] for number, unit in parts)


def bytes_of(quantity):
    """A Kubernetes quantity such as `64Mi` in bytes."""
    number, unit = re.fullmatch(r"(\d+)(Ki|Mi|Gi)", quantity).groups()
    return int(number) << {"Ki": 10, "Mi": 20, "Gi": 30}[unit]


def swift(name):
    """The text of the one source file of that name, whatever its folder."""
    (file,) = (PROJECT / "Sources").rglob(name + ".swift")
    return file.read_text()


def settings_table():
    """The environment names of a run's settings, from its help, which a test compares with the program's."""
    text = (PROJECT / "Tests/Goldens/reconcile-run.help.txt").read_text()
    options = set(re.findall(r"^  (?:-\w, )?--([a-z0-9-]+)", text, re.MULTILINE)) - {"version", "help", "config"}
    return {"RECONCILE_" + option.upper().replace("-", "_") for option in options}


def exit_table():
    """The exit statuses by name, from the one table of the program."""
    return {name: int(status) for name, status in re.findall(r"case (\w+) = (\d+)", swift("ExitStatus"))}
