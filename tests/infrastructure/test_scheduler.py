"""The scheduler's function itself, invoked like by Lambda, against the simulator: only the SDK is replaced, by the same
requests without a signature."""

import json
import os
import shutil
import subprocess
import urllib.request

import pytest
import support

SOURCE = support.TERRAFORM_TREE / "modules/compute/scheduler/index.mjs"
CLUSTER = "bookmark-manager-staging-cluster"
SERVICES = ("bookmark-manager-staging-api", "bookmark-manager-staging-web")

# The parts of @aws-sdk/client-ecs that the function uses.
SDK = """
export class ECSClient {
  async send(command) {
    const answer = await fetch(process.env.AWS_ENDPOINT_URL, {
      method: "POST",
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": `AmazonEC2ContainerServiceV20141113.${command.operation}`,
        authorization: "AWS4-HMAC-SHA256 Credential=AKIATESTTESTTESTTEST/20260101/ap-northeast-1/ecs/aws4_request, SignedHeaders=host, Signature=0",
      },
      body: JSON.stringify(command.input),
    });
    const body = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(body.message), { name: body.__type.split("#").at(-1) });
    return body;
  }
}
const command = (operation) => class { constructor(input) { this.operation = operation; this.input = input; } };
export const ListServicesCommand = command("ListServices");
export const DescribeServicesCommand = command("DescribeServices");
export const UpdateServiceCommand = command("UpdateService");
export const TagResourceCommand = command("TagResource");
export const UntagResourceCommand = command("UntagResource");
"""
CALL = """
import { handler } from "./index.mjs";
try {
  console.log(JSON.stringify({ result: await handler(JSON.parse(process.argv[2])) }));
} catch (error) {
  console.log(JSON.stringify({ error: error.message }));
}
"""


class Lambda:
    def __init__(self, folder, endpoint):
        shutil.copy(SOURCE, folder)
        sdk = folder / "node_modules/@aws-sdk/client-ecs"
        sdk.mkdir(parents=True)
        (sdk / "package.json").write_text('{ "name": "@aws-sdk/client-ecs", "type": "module", "exports": "./index.mjs" }')
        (sdk / "index.mjs").write_text(SDK)
        (folder / "call.mjs").write_text(CALL)
        self.folder, self.endpoint = folder, endpoint

    def invoke(self, event, cluster=CLUSTER):
        node = shutil.which("node") or support.missing("node", "Install Node 20 or newer.")
        environment = {"PATH": os.environ["PATH"], "AWS_ENDPOINT_URL": self.endpoint, "CLUSTER": cluster, "NO_PROXY": "*"}
        done = subprocess.run([node, "call.mjs", json.dumps(event)], cwd=self.folder, env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def simulator(shell):
    environment = {name: value for name, value in shell.environment.items() if name != "AWS_ENDPOINT_URL"} | {"HOME": str(shell.folder)}
    child = subprocess.Popen(
        [support.cockpit_program(), "sim", "--scenario", "staging", "--speed", "0"], cwd=support.ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    yield json.loads(child.stdout.readline())["endpoint"]
    child.terminate()
    child.wait(timeout=20)
    child.stdout.close()


@pytest.fixture
def function(simulator, tmp_path):
    return Lambda(tmp_path, simulator)


@pytest.fixture
def ecs(simulator):
    import boto3

    return boto3.client("ecs", region_name="ap-northeast-1", endpoint_url=simulator, aws_access_key_id="AKIATESTTESTTESTTEST", aws_secret_access_key="test")


def counts(ecs):
    return {each["serviceName"]: each["desiredCount"] for each in ecs.describe_services(cluster=CLUSTER, services=SERVICES)["services"]}


def test_stop_remembers_and_start_restores(function, ecs):
    ecs.update_service(cluster=CLUSTER, service=SERVICES[1], desiredCount=3)
    before = counts(ecs)
    stopped = function.invoke({"action": "stop"})["result"]
    assert counts(ecs) == dict.fromkeys(SERVICES, 0)
    assert [each["service"] for each in stopped["changed"]] == list(SERVICES)
    described = ecs.describe_services(cluster=CLUSTER, services=SERVICES, include=["TAGS"])["services"]
    kept = {each["serviceName"]: {tag["key"]: tag["value"] for tag in each["tags"]}["cockpit:desired-count"] for each in described}
    assert kept == {name: str(count) for name, count in before.items()}
    # Repeating it changes nothing, and keeps the remembered counts.
    assert function.invoke({"action": "stop"})["result"]["changed"] == []
    function.invoke({"action": "start"})
    assert counts(ecs) == before


def test_service_at_0_stays_at_0(function, ecs):
    ecs.update_service(cluster=CLUSTER, service=SERVICES[0], desiredCount=0)
    before = counts(ecs)
    function.invoke({"action": "stop"})
    function.invoke({"action": "start"})
    assert counts(ecs) == before and before[SERVICES[0]] == 0 < before[SERVICES[1]]


def test_missing_service_does_not_prevent_the_others(function, ecs):
    result = function.invoke({"action": "stop", "services": ["gone", *SERVICES]})["result"]
    assert result["gone"] == ["gone"] and counts(ecs) == dict.fromkeys(SERVICES, 0)


def control(simulator, path, **what):
    request = urllib.request.Request(f"{simulator}/_sim/{path}", data=json.dumps(what).encode(), headers={"content-type": "application/json"}, method="POST")
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
        assert answer.status == 200


def test_daemon_service_is_skipped(function, simulator, ecs):
    """It has no count to set: ECS refuses one, which would be a failure every evening."""
    before = counts(ecs)
    control(simulator, "poke", shape={"service": SERVICES[1], "scheduling": "DAEMON"})
    stopped = function.invoke({"action": "stop"})["result"]
    assert stopped["skipped"] == [SERVICES[1]] and [each["service"] for each in stopped["changed"]] == [SERVICES[0]]
    assert counts(ecs) == {SERVICES[0]: 0, SERVICES[1]: before[SERVICES[1]]}
    assert function.invoke({"action": "start"})["result"]["skipped"] == [SERVICES[1]]
    assert counts(ecs) == before


def test_failing_service_does_not_prevent_the_others(function, simulator, ecs):
    """And the function fails all the same: Lambda retries, and the alarm on errors fires."""
    before = counts(ecs)
    control(simulator, "fault", operation="ecs:UpdateService", kind="denied", count=1)
    answer = function.invoke({"action": "stop"})
    assert "stop failed for bookmark-manager-staging-api (AccessDeniedException" in answer["error"]
    assert counts(ecs) == {SERVICES[0]: before[SERVICES[0]], SERVICES[1]: 0}
    # Lambda retries.
    assert "result" in function.invoke({"action": "stop"})
    assert counts(ecs) == dict.fromkeys(SERVICES, 0)


def test_error_fails_the_function(function):
    assert "luster" in function.invoke({"action": "stop"}, cluster="nowhere")["error"]
    assert 'action is "start" or "stop"' in function.invoke({"action": "restart"})["error"]
