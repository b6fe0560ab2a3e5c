"""The workflows and the roles that they assume: each job's token against each role's trust, the permissions that a role needs,
and that a role cannot change them. The roles are created by envs/bootstrap/ci, on the emulator."""

import json
import re
import subprocess

import iam
import pytest
import support
import yaml

WORKFLOWS = support.ROOT / ".github/workflows"
REPOSITORY = "example/bookmark-manager"
ENVIRONMENTS = {"staging": "bookmark-manager-staging", "prod": "bookmark-manager-prod", "pantri": "pantri", "minimal": "minimal"}
REGION = "ap-northeast-1"


@pytest.fixture(scope="module")
def unit(shell, tmp_path_factory):
    """envs/bootstrap/ci, applied as by a person."""
    tree = support.copy_tree(tmp_path_factory.mktemp("ci") / "terraform")
    folder = tree / "envs/bootstrap/ci"
    shell.terragrunt("run", "--", "apply", "-input=false", "-auto-approve", cwd=folder)
    return folder


@pytest.fixture(scope="module")
def roles(shell, unit):
    """Trust policy of each role, as AWS has it."""
    client = shell.client("iam", REGION)
    found = {each["RoleName"]: each["AssumeRolePolicyDocument"] for each in client.list_roles()["Roles"] if "-ci-" in each["RoleName"]}
    assert sorted(found) == sorted(f"{prefix}-ci-{kind}" for prefix in ENVIRONMENTS.values() for kind in ("plan", "apply", "deploy"))
    return found


def workflow(name):
    return yaml.safe_load((WORKFLOWS / f"{name}.yml").read_text())


def claims(event, environment=None, repository=REPOSITORY, branch="main", audience="sts.amazonaws.com"):
    """GitHub's token: the subject of a job with an environment is the environment, for any event; else it is the event or the branch."""
    end = f"environment:{environment}" if environment else "pull_request" if event == "pull_request" else f"ref:refs/heads/{branch}"
    return {"sub": f"repo:{repository}:{end}", "aud": audience}


def rows(job):
    """Every environment that a job runs for."""
    matrix = job["strategy"]["matrix"]
    if "include" in matrix:
        return matrix["include"]
    listed = re.search(r"<<'JSON'\n(.*?)\n *JSON", (WORKFLOWS / "image.yml").read_text(), re.S)[1]
    return [{"image": each} for each in json.loads(listed)]


def filled(text, row):
    """An expression of a workflow with a row's values."""
    text = re.sub(r"\$\{\{ *vars\.AWS_ACCOUNT_ID *\}\}", support.ACCOUNT, text)
    def value(match):
        found = row
        for part in match[1].split("."):
            found = found[part]
        return found
    return re.sub(r"\$\{\{ *matrix\.([a-z.]+) *\}\}", value, text)


# (workflow, job, event): the event that starts it.
JOBS = [("terraform-plan", "plan", "pull_request"), ("terraform-apply", "plan", "push"), ("terraform-apply", "apply", "push"), ("image", "image", "push")]


@pytest.mark.parametrize("name,job,event", JOBS)
def test_job_token_can_assume_its_role(roles, name, job, event):
    described = workflow(name)["jobs"][job]
    steps = [step for step in described["steps"] if step.get("uses", "").startswith("aws-actions/configure-aws-credentials")]
    assert len(steps) == 1
    seen = set()
    for row in rows(described):
        environment = filled(described["environment"], row) if "environment" in described else None
        role = filled(steps[0]["with"]["role-to-assume"], row).split("/")[-1]
        assert role in roles, f"{name}.{job} asks for {role}, which nobody makes"
        assert iam.trusts(roles[role], claims(event, environment)), f"{name}.{job} with {claims(event, environment)['sub']} is refused {role}"
        seen.add(environment or row["environment"])
        # No other role: another environment's is refused.
        for other in roles:
            if environment and not other.startswith(f"{ENVIRONMENTS[environment]}-ci-"):
                assert not iam.trusts(roles[other], claims(event, environment)), f"{environment} is lent {other}"
    assert seen == set(ENVIRONMENTS)


def test_every_job_with_a_role_is_checked():
    asking = {
        (path.stem, name)
        for path in WORKFLOWS.glob("*.yml")
        for name, job in yaml.safe_load(path.read_text())["jobs"].items()
        if any("configure-aws-credentials" in step.get("uses", "") for step in job.get("steps", []))
    }
    assert asking == {(name, job) for name, job, _ in JOBS}


def test_no_other_token_can_assume_a_role(roles):
    for name, trust in roles.items():
        kind = name.split("-")[-1]
        for stranger in (
            claims("push", "staging", repository="somebody/bookmark-manager"), claims("pull_request", repository="somebody/bookmark-manager"),
            claims("push", repository="example/bookmark-manager-fork"), claims("push", branch="feature"), claims("push", "nowhere"),
            claims("push", branch="main/feature"), claims("pull_request", audience="https://github.com/example"),
        ):
            assert not iam.trusts(trust, stranger), f"{name} is lent to {stranger}"
        if kind in ("apply", "deploy"):
            # A role that can change something is assumed only by a job that passed an environment's rules.
            assert not iam.trusts(trust, claims("push")) and not iam.trusts(trust, claims("pull_request")), name


def policies(shell, role):
    client = shell.client("iam", REGION)
    found = [client.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in client.list_role_policies(RoleName=role)["PolicyNames"]]
    for attached in client.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        if "::aws:" not in attached["PolicyArn"]:
            version = client.get_policy(PolicyArn=attached["PolicyArn"])["Policy"]["DefaultVersionId"]
            found.append(client.get_policy_version(PolicyArn=attached["PolicyArn"], VersionId=version)["PolicyVersion"]["Document"])
    return found


@pytest.mark.parametrize("name,prefix", ENVIRONMENTS.items())
def test_plan_role_can_only_hold_the_lock(shell, roles, name, prefix):
    document = policies(shell, f"{prefix}-ci-plan")
    folder = {"pantri": "env:/prod/pantri"}.get(name, f"{name}/compute")
    state = f"arn:aws:s3:::cockpit-terraform-state-{support.ACCOUNT}/{folder}/terraform.tfstate"
    for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"):
        assert iam.allows(document, action, f"{state}.tflock"), action
    for action in ("s3:PutObject", "s3:DeleteObject"):
        assert not iam.allows(document, action, state), f"a plan writes a state: {action}"
        assert not iam.allows(document, action, state.replace(folder, "somebody") + ".tflock"), "another environment's lock"
    for action in ("ecs:UpdateService", "iam:PutRolePolicy", "ssm:PutParameter", "ec2:RunInstances"):
        assert not iam.allows(document, action, "*")


@pytest.mark.parametrize("name,prefix", ENVIRONMENTS.items())
def test_deployment_role_pushes_and_deploys_its_own_services(shell, roles, name, prefix):
    document = policies(shell, f"{prefix}-ci-deploy")
    region = "us-east-1" if name == "pantri" else REGION
    images = {"pantri": ["pantri-service"], "minimal": ["minimal-app"]}.get(name, [f"{prefix}-web", f"{prefix}-api"])
    for image in images:
        assert iam.allows(document, "ecr:PutImage", f"arn:aws:ecr:{region}:{support.ACCOUNT}:repository/{image}")
        assert not iam.allows(document, "ecr:PutImage", f"arn:aws:ecr:{region}:{support.ACCOUNT}:repository/{image}-else")
        if name != "minimal":
            cluster = "pantri" if name == "pantri" else f"{prefix}-cluster"
            assert iam.allows(document, "ecs:UpdateService", f"arn:aws:ecs:{region}:{support.ACCOUNT}:service/{cluster}/{image}")
            # A revision is registered with the tags of the previous one.
            revision = f"arn:aws:ecs:{region}:{support.ACCOUNT}:task-definition/{image}:3"
            assert iam.allows(document, "ecs:TagResource", revision, ecs__CreateAction="RegisterTaskDefinition")
            assert not iam.allows(document, "ecs:TagResource", revision)
            for role in ("execution", "task"):
                arn = f"arn:aws:iam::{support.ACCOUNT}:role/{prefix}-{role}"
                assert iam.allows(document, "iam:PassRole", arn, iam__PassedToService="ecs-tasks.amazonaws.com")
            assert not iam.allows(document, "iam:PassRole", f"arn:aws:iam::{support.ACCOUNT}:role/{prefix}-ci-apply", iam__PassedToService="ecs-tasks.amazonaws.com")
    if name == "minimal":
        parameter = f"arn:aws:ssm:{region}:{support.ACCOUNT}:parameter/minimal"
        assert iam.allows(document, "ssm:PutParameter", f"{parameter}/deploy/image") and not iam.allows(document, "ssm:PutParameter", f"{parameter}/DATABASE_URL")
        assert iam.allows(document, "ssm:SendCommand", f"arn:aws:ssm:{region}:{support.ACCOUNT}:document/minimal-deploy")
        assert not iam.allows(document, "ssm:SendCommand", f"arn:aws:ssm:{region}::document/AWS-RunShellScript")
        instance = f"arn:aws:ec2:{region}:{support.ACCOUNT}:instance/i-1"
        assert iam.allows(document, "ssm:SendCommand", instance, **{"aws__ResourceTag/Name": "minimal"})
        assert not iam.allows(document, "ssm:SendCommand", instance, **{"aws__ResourceTag/Name": "other"})


@pytest.mark.parametrize("name,prefix", ENVIRONMENTS.items())
def test_apply_role_has_the_documented_rights(shell, roles, name, prefix):
    """The role has exactly the policy in docs/iam/ENVIRONMENT/infra.json."""
    document = policies(shell, f"{prefix}-ci-apply")
    written = json.loads((support.ROOT / "docs/iam" / name / "infra.json").read_text())
    by_sid = {each["Sid"]: each for each in document[0]["Statement"]}
    for each in written["Statement"]:
        made = by_sid.pop(each["Sid"])
        if each["Sid"] == "Regional":  # a set
            made["Condition"]["StringEquals"]["aws:RequestedRegion"] = sorted(set(made["Condition"]["StringEquals"]["aws:RequestedRegion"]))
            if isinstance(each["Condition"]["StringEquals"]["aws:RequestedRegion"], str):
                each["Condition"]["StringEquals"]["aws:RequestedRegion"] = [each["Condition"]["StringEquals"]["aws:RequestedRegion"]]
        assert made == each, each["Sid"]
    assert by_sid == {}


def output_of(result):
    return " ".join(re.sub(r"[│╷╵]|STD(OUT|ERR) terraform:|\d\d:\d\d:\d\d\.\d+", " ", result.stdout).split())


def test_apply_that_would_destroy_its_own_role_is_refused(shell, unit, roles):
    """Terraform never destroys the roles, whoever runs it. And run with one of them, it cannot even plan changes to them."""
    destroyed = shell.terragrunt("run", "--", "destroy", "-input=false", "-no-color", "-auto-approve", cwd=unit, codes=(1,))
    assert "Instance cannot be destroyed" in output_of(destroyed)
    lent = shell.client("sts", REGION).assume_role(RoleArn=f"arn:aws:iam::{support.ACCOUNT}:role/bookmark-manager-staging-ci-apply", RoleSessionName="workflow")["Credentials"]
    keys = {"AWS_ACCESS_KEY_ID": lent["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": lent["SecretAccessKey"], "AWS_SESSION_TOKEN": lent["SessionToken"]}
    refused = shell.terragrunt("run", "--", "plan", "-input=false", "-no-color", cwd=unit, codes=(1,), **keys)
    assert "This runs as bookmark-manager-staging-ci-apply, which is one of the roles it would change." in output_of(refused)
    again = shell.terragrunt("run", "--", "plan", "-input=false", "-no-color", "-detailed-exitcode", cwd=unit)
    assert "No changes" in again.stdout


def test_no_environment_apply_contains_a_workflow_role():
    """They are in a unit of their own, so that no apply of an environment can remove them, whatever its values."""
    for path in (support.TERRAFORM_TREE / "modules").rglob("*.tf"):
        if "ci" not in path.relative_to(support.TERRAFORM_TREE / "modules").parts and ".terraform" not in path.parts:
            assert "openid_connect" not in path.read_text() and "-ci-" not in path.read_text(), path
    assert not list((support.TERRAFORM_TREE / "envs").glob("[!b]*/ci"))


def test_files_needed_by_the_workflows_exist():
    """No values from files that git ignores, and of the repository's variables only the account."""
    for path in WORKFLOWS.glob("*.yml"):
        text = path.read_text()
        assert "tfvars" not in text, path.name
        assert set(re.findall(r"vars\.([A-Z_]+)", text)) <= {"AWS_ACCOUNT_ID"}, path.name
        assert "secrets." not in text, path.name


def test_reviewed_plan_is_the_applied_plan():
    """One artifact, named by environment and commit, written only by the plan and read only by the apply; nothing plans and
    applies in one step."""
    jobs = workflow("terraform-apply")["jobs"]
    assert jobs["apply"]["needs"] == "plan" and "environment" not in jobs["plan"] and "environment" in jobs["apply"]
    up = [step for step in jobs["plan"]["steps"] if "upload-artifact" in step.get("uses", "")]
    down = [step for step in jobs["apply"]["steps"] if "download-artifact" in step.get("uses", "")]
    assert len(up) == len(down) == 1 and up[0]["with"]["name"] == down[0]["with"]["name"] == "plan-${{ matrix.environment }}-${{ github.sha }}"
    for path in WORKFLOWS.glob("*.yml"):
        for name, job in yaml.safe_load(path.read_text())["jobs"].items():
            used = [step for step in job.get("steps", []) if "-artifact" in step.get("uses", "")]
            assert not used or (path.stem == "terraform-apply" and name in ("plan", "apply"))
        assert "-auto-approve" not in path.read_text()


def test_image_is_tested_before_its_build_and_starts_on_a_push():
    described = workflow("image")
    # YAML reads the key `on` as true.
    assert described[True]["push"] == {"branches": ["main"], "paths": ["apps/**", ".github/workflows/image.yml"]}
    assert described["jobs"]["image"]["needs"] == ["select", "test"] and described["jobs"]["test"]["needs"] == "select"
    assert any("pnpm test" in step.get("run", "") for step in described["jobs"]["test"]["steps"])


def chosen(tmp_path, changed, **inputs):
    """The decision of the first job in image.yml, run by a shell in a repository with a commit that changes those files."""
    step = next(step for step in workflow("image")["jobs"]["select"]["steps"] if step.get("id") == "select")

    def git(*arguments):
        return subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments], cwd=tmp_path, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", "before")
    before = git("rev-parse", "HEAD")
    for name in changed:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("new")
    git("add", "-A")
    git("commit", "-q", "--allow-empty", "-m", "after")
    output = tmp_path / "output"
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "GITHUB_OUTPUT": str(output), "BEFORE": before, "ENVIRONMENT": "", "SERVICE": "", "CONTEXT": ""} | inputs
    result = subprocess.run(["bash", "-eo", "pipefail", "-c", step["run"]], cwd=tmp_path, env=environment, capture_output=True, text=True)
    if result.returncode:
        return result.stdout
    return [(each["environment"], each["service"]) for each in json.loads(output.read_text().removeprefix("images="))]


CHANGES = [
    (["apps/api/main.ts"], [("staging", "api")]),
    (["apps/web/page.tsx", "apps/pantri/page.tsx", "README.md"], [("staging", "web"), ("pantri", "service")]),
    (["apps/minimal/main.go", "apps/website/x"], [("minimal", "app")]),
    (["README.md"], []),
]


@pytest.mark.parametrize("changed,wanted", CHANGES)
def test_push_builds_changed_services_and_never_deploys_production(tmp_path, changed, wanted):
    assert chosen(tmp_path, changed) == wanted


def test_any_environment_can_be_deployed_by_hand(tmp_path):
    assert chosen(tmp_path, [], ENVIRONMENT="prod", SERVICE="web", CONTEXT="apps/web") == [("prod", "web")]


def test_service_missing_from_the_environment_is_refused(tmp_path):
    assert "minimal has no service web" in chosen(tmp_path, [], ENVIRONMENT="minimal", SERVICE="web", CONTEXT=".")


def deployed_to_instances(tmp_path, *states):
    """The step that deploys to instances, run by a shell with an AWS CLI that returns those states of the command, one per poll.
    Returns its exit code, its output, and the final image in the parameter."""
    step = next(step for step in workflow("image")["jobs"]["image"]["steps"] if step.get("name") == "Deploy to instances")
    programs = tmp_path / "bin"
    programs.mkdir()
    (tmp_path / "states").write_text("".join(f"{state}\n" for state in states))
    (tmp_path / "image").write_text("registry/minimal-app:old")
    (programs / "aws").write_text(f"""#!/bin/bash
cd {tmp_path}
case "$*" in
  "ssm get-parameter "*) cat image ;;
  "ssm put-parameter "*) while [ "$1" != --value ]; do shift; done; printf '%s' "$2" >image ;;
  "ssm send-command --document-name minimal-deploy --targets Key=tag:Name,Values=minimal --max-concurrency 1 --max-errors 0 "*) echo command-1 ;;
  "ssm list-commands --command-id command-1 "*) line=$(head -1 states); sed -i.old 1d states; [ "$line" = error ] && exit 254; echo "$line" ;;
  *) exit 9 ;;
esac
""")
    (programs / "sleep").write_text("#!/bin/sh\n")
    for program in programs.iterdir():
        program.chmod(0o755)
    environment = {"PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin", "IMAGE": "registry/minimal-app:new", "PREFIX": "minimal"}
    done = subprocess.run(["bash", "-eo", "pipefail", "-c", step["run"]], env=environment, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    return done.returncode, done.stdout, (tmp_path / "image").read_text().split(":")[1]


def test_instance_deployment_is_done_when_all_instances_are(tmp_path):
    """Not when the first one is: the others have no invocation before their turn."""
    code, output, image = deployed_to_instances(tmp_path, "None\tNone", "Pending\t0", "error", "In Progress\t2", "In Progress\t2", "Success\t2")
    assert (code, image) == (0, "new") and "healthy instances: 2" in output
    assert (tmp_path / "states").read_text() == ""


@pytest.mark.parametrize("state", ["Failed\t2", "Incomplete\t2", "Execution Timed Out\t2", "Cancelled\t2", "NoInstancesInTag\t0", "Success\t0"])
def test_deployment_missing_an_instance_fails(tmp_path, state):
    code, output, image = deployed_to_instances(tmp_path, "In Progress\t2", state)
    assert (code, image) == (1, "old") and "::error::" in output and "names registry/minimal-app:old again" in output


def test_role_may_read_the_command_status(shell, roles):
    step = next(step for step in workflow("image")["jobs"]["image"]["steps"] if step.get("name") == "Deploy to instances")
    called = {"ssm:" + "".join(part.capitalize() for part in name.split("-")) for name in re.findall(r"aws ssm ([a-z-]+)", step["run"])}
    granted = {action for document in policies(shell, "minimal-ci-deploy") for each in document["Statement"] for action in ([each["Action"]] if isinstance(each["Action"], str) else each["Action"])}
    assert called == {action for action in granted if action.startswith("ssm:")}


RUNNING = "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/bookmark-manager-staging-api:3"
DIGEST = "registry/bookmark-manager-staging-api@sha256:new"


def deployed_by_digest(tmp_path, ends_at, tags):
    """The step that deploys to a cluster, run by a shell with an AWS CLI whose service ends at that revision. Returns its exit code,
    its output, and the registered definition."""
    step = next(step for step in workflow("image")["jobs"]["image"]["steps"] if step.get("name") == "Deploy by digest")
    programs = tmp_path / "bin"
    programs.mkdir()
    definition = {
        "taskDefinitionArn": RUNNING, "family": "bookmark-manager-staging-api", "revision": 3, "status": "ACTIVE", "cpu": "256",
        "requiresAttributes": [{"name": "x"}], "compatibilities": ["FARGATE"], "registeredAt": 1.5, "registeredBy": "somebody",
        "containerDefinitions": [{"name": "api", "image": "registry/api:old", "cpu": 0}, {"name": "datadog-agent", "image": "agent:7"}],
    }
    (tmp_path / "definition").write_text(json.dumps({"taskDefinition": definition} | ({} if tags is None else {"tags": tags})))
    (programs / "aws").write_text(f"""#!/bin/bash
echo "$*" >>{tmp_path}/calls
case "$*" in
  "ecs describe-services "*) [ -e {tmp_path}/waited ] && echo {ends_at} || echo {RUNNING} ;;
  "ecs describe-task-definition --task-definition {RUNNING} --include TAGS") cat {tmp_path}/definition ;;
  "ecs register-task-definition --cli-input-json file://next.json "*) echo {RUNNING[:-1]}4 ;;
  "ecs update-service "*) ;;
  "ecs wait services-stable "*) touch {tmp_path}/waited ;;
  *) exit 9 ;;
esac
""")
    (programs / "aws").chmod(0o755)
    environment = {"PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin", "IMAGE": DIGEST, "SERVICE": "api", "CLUSTER": "cluster", "NAME": "bookmark-manager-staging-api"}
    done = subprocess.run(["bash", "-eo", "pipefail", "-c", step["run"]], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    assert f"ecs update-service --cluster cluster --service bookmark-manager-staging-api --task-definition {RUNNING[:-1]}4" in (tmp_path / "calls").read_text()
    return done.returncode, done.stdout, json.loads((tmp_path / "next.json").read_text())


@pytest.mark.parametrize("tags", [[{"key": "Project", "value": "bookmark-manager"}], [], None])
def test_deployment_is_the_running_revision_with_a_new_image(tmp_path, tags):
    code, output, registered = deployed_by_digest(tmp_path, f"{RUNNING[:-1]}4", tags)
    assert (code, output) == (0, "")
    wanted = {
        "family": "bookmark-manager-staging-api", "cpu": "256",
        "containerDefinitions": [{"name": "api", "image": DIGEST, "cpu": 0}, {"name": "datadog-agent", "image": "agent:7"}],
    }
    assert registered == wanted | ({"tags": tags} if tags else {})


def test_rolled_back_deployment_fails(tmp_path):
    """Even though the service is stable: at the previous revision."""
    code, output, _ = deployed_by_digest(tmp_path, RUNNING, None)
    assert code == 1 and f"::error::rolled back to {RUNNING}" in output
