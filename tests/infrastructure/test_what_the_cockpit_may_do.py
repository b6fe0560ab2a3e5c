"""The policies in docs/iam/ allow what the cockpit calls: the simulator counts the calls."""

import fnmatch
import json
import os
import re
import subprocess
import urllib.request

import permissions
import pytest
import support

# Calm environments, and some in which more is asked.
SCENARIOS = ("staging", "prod", "pantri", "minimal", "crash-loop", "failover")
# What is run in each. A command that this build does not have is left out.
COMMANDS = (("snapshot", "-o", "json"), ("doctor",), ("services",), ("tasks",), ("autoscaling",), ("db",), ("alarms",))
# Where there are log groups.
LOGS = (("logs", "--since", "5m"),)
# The same for an operator, in staging; `--yes` confirms.
OPERATOR_COMMANDS = (
    ("scale", "web", "2", "--yes"),
    ("deploy", "web", "--force", "--yes", "--timeout", "20s"),
    ("rollback", "web", "--yes", "--timeout", "20s"),
    ("stop", "--direct", "--databases", "--yes", "--timeout", "20s"),
    ("start", "--direct", "--databases", "--yes", "--timeout", "20s"),
    ("stop", "--yes", "--timeout", "20s"),
    ("schedule", "--skip", "stop", "--yes"),
)


def environment(scenario):
    return {"crash-loop": "staging", "failover": "prod"}.get(scenario, scenario)


def counted(shell, scenario, commands, codes=None):
    """Operations that the commands made, as the simulator counted them; with other exit codes than those they failed."""
    base = {name: value for name, value in shell.environment.items() if name != "AWS_ENDPOINT_URL"} | {"HOME": str(shell.folder)}
    simulator = subprocess.Popen(
        [support.cockpit_program(), "sim", "--scenario", scenario, "--speed", "30"], cwd=support.ROOT, env=base, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    try:
        endpoint = json.loads(simulator.stdout.readline())["endpoint"]
        for command in commands:
            result = subprocess.run(
                [support.cockpit_program(), *command, "--env", environment(scenario)],
                cwd=support.ROOT, env=base | {"AWS_ENDPOINT_URL": endpoint}, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
            )
            assert codes is None or result.returncode in codes, f"{command} in {scenario}: {result.stderr}"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{endpoint}/_sim/requests", timeout=10) as answer:
            report = json.load(answer)
    finally:
        simulator.terminate()
        simulator.wait(timeout=20)
        simulator.stdout.close()
    assert report["unknown"] == 0
    # IAM calls this one otherwise than the API does.
    return {{"lambda:Invoke": "lambda:InvokeFunction"}.get(operation, operation) for operation in report["operations"]}


@pytest.fixture(scope="module")
def reads(shell):
    return set().union(*(counted(shell, scenario, COMMANDS + (LOGS if scenario == "staging" else ()), codes=(0, 3)) for scenario in SCENARIOS))


@pytest.mark.parametrize("name", sorted(permissions.POLICIES))
def test_the_files_are_those_of_the_table(name):
    assert (permissions.DOCS / f"{name}.json").read_text() == permissions.text(name), "run tests/infrastructure/permissions.py"


def actions(name):
    policy = json.loads((permissions.DOCS / f"{name}.json").read_text())
    assert all(statement["Effect"] == "Allow" for statement in policy["Statement"])
    return {action for statement in policy["Statement"] for action in statement["Action"]}


def test_read_only_allows_exactly_what_is_called(reads):
    allowed = actions("read-only")
    assert reads - allowed == set(), "called, and not allowed: put it into the table"
    assert allowed - reads - set(permissions.LATER) == set(), "allowed, and never called: take it out of the table"
    assert set(permissions.READ) <= reads


def test_every_call_in_the_source_is_in_the_table():
    """The cockpit's AWS room names the action of each call; those that no test makes are found so."""
    source = "".join(path.read_text() for path in (support.ROOT / "src/aws").rglob("*.rs"))
    named = set(re.findall(r'name: "([a-z0-9-]+:[A-Za-z]+)"', source))
    assert len(named) > 15
    assert named <= set(permissions.READ) | set(permissions.LATER) | set(permissions.WRITE)


def test_read_only_changes_nothing_and_reads_no_secret():
    for action in actions("read-only"):
        verb = action.split(":")[1]
        reading = verb.startswith(("Describe", "List", "Get", "Filter", "View", "Lookup", "BatchGet"))
        assert reading or action in ("logs:StartLiveTail", "logs:StartQuery", "logs:StopQuery"), action
        assert not action.startswith(("ssm:GetParameter", "secretsmanager:GetSecretValue")), action


def test_operator_is_read_only_and_the_changes(shell, reads):
    allowed = actions("operator")
    assert allowed == actions("read-only") | set(permissions.WRITE)
    made = counted(shell, "staging", OPERATOR_COMMANDS)
    assert made <= allowed, "called, and not allowed: put it into the table"
    helped = subprocess.run([support.cockpit_program(), "--help"], capture_output=True, text=True).stdout
    if " scale " in helped:
        assert "ecs:UpdateService" in made


def test_nothing_is_changed_outside_the_prefix():
    policy = json.loads((permissions.DOCS / "operator.json").read_text())
    for statement in policy["Statement"]:
        for resource in [statement["Resource"]] if isinstance(statement["Resource"], str) else statement["Resource"]:
            if resource == "*":
                # These know no resource, or name it in a way that IAM does not match.
                changing = {action for action in statement["Action"] if action in permissions.WRITE}
                assert changing <= {action for action, (_, where) in permissions.WRITE.items() if where == "*"}
            else:
                assert "ACCOUNT" in resource or "::document/" in resource


# Services whose actions are called otherwise than their resources in Terraform.
SERVICES = {
    "appautoscaling": "application-autoscaling", "lb": "elasticloadbalancing", "alb": "elasticloadbalancing", "db": "rds", "cognito": "cognito-idp",
    "vpc": "ec2", "subnet": "ec2", "route": "ec2", "internet": "ec2", "nat": "ec2", "eip": "ec2", "security": "ec2", "default": "ec2", "flow": "ec2",
    "instance": "ec2", "launch": "ec2", "wafv2": "wafv2",
}


def test_infra_has_every_service_that_is_declared():
    """Every kind of resource in the tree belongs to a service of the policy."""
    kinds = set()
    for path in support.TERRAFORM_TREE.rglob("*.tf"):
        if ".terraform" not in path.parts and ".terragrunt-cache" not in path.parts:
            kinds |= {line.split('"')[1] for line in path.read_text().splitlines() if line.startswith('resource "aws_')}
    allowed = actions("infra")
    for kind in kinds:
        first = kind.split("_")[1]
        service = "logs" if kind.startswith("aws_cloudwatch_log") else "route53" if first == "route53" else SERVICES.get(first, first)
        assert any(fnmatch.fnmatch(f"{service}:Create", action) or action.startswith(f"{service}:Create") for action in allowed), f"{kind}: {service}"


def test_the_simulator_is_on_this_machine():
    assert "AWS_ENDPOINT_URL" not in os.environ or os.environ["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1")
