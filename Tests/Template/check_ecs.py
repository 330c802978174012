"""The ECS tasks and schedules that docs/ shows, read by botocore's models as the services would. Run by `make template`."""

import json
import pathlib
import re
import shlex
import unittest

import botocore.loaders
import botocore.model
import botocore.validate

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
PAGES = ["DRILL.md", "STANDBY.md"]


def blocks(page):
    """The fenced blocks of a page that show commands, and those that show JSON."""
    found = re.findall(r"(?m)^```(\w*)\n(.*?)^```$", (DOCS / page).read_text(), re.DOTALL)
    return [text for language, text in found if language != "json"], [
        json.loads(text) for language, text in found if language == "json"
    ]


def problems(service, operation, parameters):
    model = botocore.model.ServiceModel(botocore.loaders.Loader().load_service_model(service, "service-2"), service)
    shape = model.operation_model(operation).input_shape
    return botocore.validate.ParamValidator().validate(parameters, shape).generate_report()


def schedule(page):
    """The parameters of `aws scheduler create-schedule`, with the target that the page shows."""
    commands, documents = blocks(page)
    line = next(text for text in commands if "aws scheduler create-schedule" in text).replace("\\\n", " ")
    options = dict(zip(*[iter(shlex.split(line)[3:])] * 2))
    return {
        "Name": options["--name"],
        "ScheduleExpression": options["--schedule-expression"],
        "FlexibleTimeWindow": dict([options["--flexible-time-window"].split("=")]),
        "Target": next(document for document in documents if "EcsParameters" in document),
    }


def task():
    return next(document for document in blocks("DRILL.md")[1] if "containerDefinitions" in document)


class ECS(unittest.TestCase):
    def test_scheduler_reads_each_schedule_and_its_target(self):
        for page in PAGES:
            with self.subTest(page):
                self.assertEqual(problems("scheduler", "CreateSchedule", schedule(page)), "")

    def test_a_target_with_a_wrong_name_is_not_read(self):
        wrong = schedule("DRILL.md")
        wrong["Target"]["EcsParameters"]["Task"] = "backup-drill"
        self.assertIn('Unknown parameter in Target.EcsParameters: "Task"', problems("scheduler", "CreateSchedule", wrong))

    def test_ecs_reads_the_drills_task(self):
        self.assertEqual(problems("ecs", "RegisterTaskDefinition", task()), "")

    def test_the_schedule_starts_that_task_and_the_rule_watches_it(self):
        family = task()["family"]
        target = schedule("DRILL.md")["Target"]["EcsParameters"]
        rule = next(document for document in blocks("DRILL.md")[1] if "detail-type" in document)
        self.assertEqual(target["TaskDefinitionArn"].rpartition("/")[2], family)
        self.assertEqual(rule["detail"]["group"], [f"family:{family}"])

    def test_the_task_runs_the_drill_as_kubernetes_does(self):
        container = task()["containerDefinitions"][0]
        manifest = (DOCS.parent / "k8s/drill/cronjob.yaml").read_text()
        self.assertIn(f"args: [{', '.join(container['command'])}]", manifest)
        deadline = next(one["value"] for one in container["environment"] if one["name"] == "RECONCILE_DEADLINE")
        self.assertRegex(manifest, rf"name: RECONCILE_DEADLINE\s+value: {deadline}\n")
        self.assertIn(f"terminationGracePeriodSeconds: {container['stopTimeout']}\n", manifest)


if __name__ == "__main__":
    unittest.main()
