"""The template as CloudFormation would see it: SAM's transform applied, then resolved for one set of parameters."""

import logging
import os
import re
from pathlib import Path

os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

logging.getLogger("samtranslator.metrics.metrics").setLevel(logging.ERROR)
ROOT = Path(__file__).resolve().parents[2]
ACCOUNT = "111122223333"
NO_VALUE = object()


class NoManagedPolicies:
    def load(self):
        return {}


def source():
    return yaml_parse((ROOT / "template.yaml").read_text())


def transformed(code="s3://code/package.zip"):
    document = source()
    document["Globals"]["Function"]["CodeUri"] = code
    return transform(document, {}, NoManagedPolicies())


class Stack:
    """Resources, outputs and parameters with every intrinsic function replaced; GetAtt becomes `LogicalId.Attribute`."""

    def __init__(self, **parameters):
        document = transformed()
        self.parameters = {name: body["Default"] for name, body in document["Parameters"].items()} | parameters
        self.values = {name: str(value) for name, value in self.parameters.items()} | {
            "AWS::AccountId": ACCOUNT,
            "AWS::Region": "eu-west-1",
            "AWS::Partition": "aws",
            "AWS::NoValue": NO_VALUE,
        }
        self.conditions = document["Conditions"]
        self.rules = document["Rules"]
        self.resources = {
            name: self.resolve(body)
            for name, body in document["Resources"].items()
            if "Condition" not in body or self.holds(body["Condition"])
        }
        self.outputs = {name: self.resolve(body["Value"]) for name, body in document["Outputs"].items()}

    def broken_rules(self):
        """What CloudFormation refuses to deploy, in its words."""
        return [
            one["AssertDescription"]
            for rule in self.rules.values()
            if self.resolve(rule["RuleCondition"])
            for one in rule["Assertions"]
            if not self.resolve(one["Assert"])
        ]

    def of_type(self, kind):
        return {name: body for name, body in self.resources.items() if body["Type"] == kind}

    def properties(self, name):
        return self.resources[name]["Properties"]

    def holds(self, condition):
        return self.resolve(self.conditions[condition])

    def resolve(self, node):
        if isinstance(node, list):
            return [value for value in map(self.resolve, node) if value is not NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            (function, argument), = node.items()
            if function == "Ref":
                return self.values.get(argument, argument)
            if function == "Fn::GetAtt":
                return argument if isinstance(argument, str) else ".".join(argument)
            if function == "Fn::If":
                return self.resolve(argument[1 if self.holds(argument[0]) else 2])
            if function == "Fn::Equals":
                left, right = map(self.resolve, argument)
                return str(left) == str(right)
            if function == "Fn::Not":
                return not self.resolve(argument[0])
            if function == "Fn::Or":
                return any(map(self.resolve, argument))
            if function == "Fn::And":
                return all(map(self.resolve, argument))
            if function == "Condition" and isinstance(argument, str):
                return self.holds(argument)
            if function == "Fn::Sub":
                text, own = (argument, {}) if isinstance(argument, str) else argument
                values = self.values | {name: self.resolve(value) for name, value in own.items()}
                return re.sub(r"\$\{([^}]+)\}", lambda found: values.get(found[1], found[1]), text)
            assert not function.startswith("Fn::"), f"{function} is not known here"
        resolved = {key: self.resolve(value) for key, value in node.items()}
        return {key: value for key, value in resolved.items() if value is not NO_VALUE}


def matches(pattern, event):
    """Whether EventBridge would match: values, anything-but, $or, and nesting are what the template uses."""
    for key, wanted in pattern.items():
        if key == "$or":
            if not any(matches(one, event) for one in wanted):
                return False
        elif isinstance(wanted, dict):
            if not isinstance(event.get(key), dict) or not matches(wanted, event[key]):
                return False
        elif key not in event or not any(
            event[key] not in one["anything-but"] if isinstance(one, dict) else event[key] == one for one in wanted
        ):
            return False
    return True
