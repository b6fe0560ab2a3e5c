"""Checks without an account: format, validity, policies, the tables in the READMEs, the function, the workflows."""

import base64
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile

import figures
import inventory
import pytest
import specification
import support

TREE = support.TERRAFORM_TREE
SCHEDULER = TREE / "modules/compute/scheduler"


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return support.copy_tree(tmp_path_factory.mktemp("static") / "terraform")


def test_everything_is_formatted(shell):
    shell.terraform("fmt", "-check", "-diff", "-recursive", TREE)
    shell.terragrunt("hcl", "format", "--check", "--working-dir", TREE / "envs")


# The others are validated by their own tests (test_refused.py) and by every plan.
UNTESTED = [path for path in support.MODULES if not (path / "tests").is_dir() and path.name != "scheduler"] + [TREE / "pantri"]


@pytest.mark.parametrize("root", UNTESTED, ids=lambda path: path.name)
def test_everything_is_valid(shell, tree, root):
    folder = tree / root.relative_to(TREE)
    shell.schemas("init", "-backend=false", "-no-color", cwd=folder)
    assert "Success" in shell.schemas("validate", "-no-color", cwd=folder).stdout


def test_each_module_has_a_valid_example(shell, tree):
    """All of them as parts of one root, so that the provider is started once."""
    modules = [path for path in support.MODULES if path.name != "scheduler"]
    root = tree / "examples"
    root.mkdir()
    blocks = [f'module "{path.name}" {{\n  source = "../modules/{path.name}/examples/simple"\n}}\n' for path in modules]
    (root / "main.tf").write_text("\n".join(blocks))
    shell.schemas("init", "-backend=false", "-no-color", cwd=root)
    assert "Success" in shell.schemas("validate", "-no-color", cwd=root).stdout
    for path in modules:
        assert "(examples/simple/main.tf)" in (path / "README.md").read_text(), f"{path.name}'s README leads to no example"


@pytest.mark.parametrize("environment", ["staging", "prod", "minimal", "bootstrap"])
def test_units_have_the_expected_dependencies(shell, tree, environment):
    """Edges as in the specification; a cycle or a parse error would silently drop some."""
    folder = tree / "envs" / environment
    shell.terragrunt("hcl", "validate", cwd=folder)
    found = json.loads(shell.terragrunt("find", "--json", "--dag", "--dependencies", cwd=folder).stdout)
    edges = {unit["path"]: sorted(unit.get("dependencies", [])) for unit in found}
    assert sorted(edges) == sorted(path.parent.name for path in folder.glob("*/terragrunt.hcl"))
    wanted = {
        "ecr": [],
        "network": [],
        "security": ["network"],
        "storage": ["network"],
        "database": ["network", "security"],
        "monitoring": ["network"] if environment == "prod" else [],
        "compute": sorted(["ecr", "network", "security", "database"] + (["monitoring"] if environment == "prod" else [])),
        "instance": ["database", "ecr", "monitoring", "network", "security"],
        "state": [],
        "ci": [],
    }
    assert edges == {unit: wanted[unit] for unit in edges}


def test_mocks_are_only_for_plans():
    """A plan may be made before its dependencies exist; an apply with mock values would be a disaster."""
    units = [*TREE.glob("envs/*/*/terragrunt.hcl"), *TREE.glob("envs/_units/*.hcl")]
    assert len(units) > 25
    for unit in units:
        text = unit.read_text()
        mocked = re.findall(r'^dependency "\w+" \{.*?^}', text, re.M | re.S)
        for dependency in mocked:
            assert "mock_outputs_allowed_terraform_commands = local.mocks.commands" in dependency, unit
            assert re.search(r"mock_outputs +=", dependency), unit
    commands = re.search(r"commands = (.*)", (TREE / "envs/_units/mocks.hcl").read_text())[1]
    assert re.findall(r'\["init".*?\]', commands) == ['["init", "validate", "plan"]', '["init", "validate"]']


def test_common_settings_of_environments_are_written_once():
    """No block of a unit is a copy of another environment's: shared ones are in envs/_units."""
    seen = {}
    for unit in TREE.glob("envs/*/*/terragrunt.hcl"):
        for block in re.findall(r"^(?:dependency|inputs|terraform)\b.*?^}", unit.read_text(), re.M | re.S):
            if block.count("\n") > 4:
                key = unit.parent.name, block
                assert key not in seen, f"{unit} and {seen[key]}"
                seen[key] = unit


def test_versions_are_pinned_once():
    pins = {path.read_text() for path in TREE.glob("modules/**/versions.tf") if ".terraform" not in path.parts}
    assert len(pins) == 1
    assert 'required_version = ">= 1.11.0, < 2.0.0"' in pins.pop()
    assert (support.ROOT / "mise.toml").read_text().count(" = ") >= 4


def test_modules_name_no_account_region_or_environment():
    """The environments set these; examples in descriptions, patterns and tests do not count."""
    for path in TREE.glob("modules/**/*.tf"):
        if ".terraform" in path.parts or "examples" in path.parts:
            continue
        code = re.sub(r"(description|error_message) += .*|#.*", "", path.read_text())
        assert not re.search(r"\b[0-9]{12}\b", code), f"{path} has an account"
        assert not re.search(r'"(bookmark-manager|pantri|minimal|tidilyspace)', code), f"{path} has a name"
        regions = set(re.findall(r"\b(?:us|eu|ap)-[a-z]+-[0-9]\b", code))
        assert regions <= {"us-east-1"}, f"{path} has {regions}"  # the region of certificates for CloudFront


def test_every_variable_has_a_description():
    for path in [*TREE.glob("modules/**/variables.tf"), TREE / "pantri/variables.tf"]:
        text = path.read_text()
        for name, body in re.findall(r'^variable "([^"]+)" {\n(.*?)^}', text, re.M | re.S):
            assert "description = " in body.replace("  ", " ") and re.search(r"^  type +=", body, re.M), f"{path}: {name}"


def test_every_output_has_a_description():
    for path in [*TREE.glob("modules/**/outputs.tf"), TREE / "pantri/outputs.tf"]:
        for name, body in re.findall(r'^output "([^"]+)" {\n(.*?)^}', path.read_text(), re.M | re.S):
            assert re.search(r'^  description += "..', body, re.M), f"{path}: {name}"


def test_each_module_has_its_own_tests():
    """The scheduler's tests are those of its function (index.test.mjs, test_scheduler.py); compute's tests cover its declarations."""
    assert [path.name for path in UNTESTED] == ["pantri"]
    assert {path.name for path in support.MODULES if not (path / "tests").is_dir()} == {"scheduler"}


def test_readme_tables_are_current():
    result = subprocess.run([sys.executable, TREE / "readme.py", "--check"], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_page_tables_match_the_tree():
    """Every documented figure with its file and test, and the accepted findings: generated and current."""
    text = figures.PAGE.read_text()
    for mark, made in (("specification", figures.specification_table()), ("accepted", figures.accepted_table())):
        assert re.search(rf"<!-- {mark} -->\n(.*?)\n<!-- /{mark} -->", text, re.S)[1] == made, "run tests/infrastructure/figures.py"
    tests = "".join(path.read_text() for path in (support.ROOT / "tests/infrastructure").glob("test_*.py"))
    for what, declared, test in [*specification.ELSEWHERE, ("", "README.md", figures.TEST)]:
        assert f"def {test}(" in tests, f"{what}: there is no {test}"
        assert (TREE / declared).is_file(), f"{what}: there is no {declared}"
    assert "| nowhere |" not in text


def test_absent_resources_are_declared_somewhere():
    """A row for an absent resource names one that the tree declares, with that name in that module: otherwise it checks nothing."""
    for environment, rows in specification.FIGURES.items():
        for what, unit, where, wanted in rows:
            if wanted is specification.ABSENT:
                kind, name = re.search(r"(aws_\w+)(?:\.(\w+))?", where).groups()
                assert list(figures.declaration(kind, name)), f"{environment}: {what}: no {where} is declared anywhere"


def test_every_ingress_rule_is_checked():
    """By the module's own test of the bastion, which needs no environment; test_environments.py checks the rules in AWS."""
    module = TREE / "modules/security"
    text = "".join(path.read_text() for path in module.glob("*.tf"))
    declared = re.findall(r'^resource "aws_vpc_security_group_ingress_rule" "(\w+)"', text, re.M)
    seen = set(re.findall(r"aws_vpc_security_group_ingress_rule\.(\w+)", (module / "tests/security.tftest.hcl").read_text().split('run "bastion_has_no_inbound_rule"')[1]))
    assert seen == set(declared) and len(declared) >= 7
    # The only other ways to write a rule.
    assert "aws_security_group_rule" not in text and not re.search(r"^ +ingress\b", text, re.M)


def test_inventory_counts_every_declared_kind():
    """Leftovers of a destroy are detected, because each kind of resource is counted, or deleted with one that is."""
    kinds = set()
    for path in TREE.rglob("*.tf"):
        if ".terraform" not in path.parts and ".terragrunt-cache" not in path.parts:
            kinds |= set(re.findall(r'^resource "(aws_\w+)"', path.read_text(), re.M))
    assert len(kinds) > 60
    counted = {kind for kinds in inventory.COUNTED.values() for kind in kinds}
    assert kinds == counted | set(inventory.GOES_WITH)
    assert counted.isdisjoint(inventory.GOES_WITH)
    assert set(inventory.GOES_WITH.values()) <= set(inventory.COUNTED)


def test_checkov_finds_nothing_unaccepted(shell, tmp_path):
    """checkov finds nothing that is not accepted at its place, with a reason."""
    program = shutil.which("checkov", path=os.path.dirname(sys.executable)) or support.missing("checkov", "Install tests/infrastructure/requirements.txt.")
    result = shell.run(
        sys.executable, program, "-d", TREE, "--framework", "terraform", "--skip-path", "/examples/", "--skip-download", "--quiet", "-o", "json",
        codes=(0, 1), CKV_SKIP_PACKAGE_UPDATE_CHECK="true",
    )
    report = json.loads(result.stdout[result.stdout.index("{") :])
    failed = [f"{each['check_id']} {each['resource']} {each['file_path']}" for each in report["results"]["failed_checks"]]
    assert failed == []
    assert report["summary"]["passed"] > 300
    # Each acceptance is written beside its subject, with a real reason.
    accepted = figures.accepted()
    assert report["summary"]["skipped"] >= len(accepted) > 20
    assert all(len(reason) > 10 for reason, _ in accepted.values())


def test_tflint_finds_nothing(shell, tree, tmp_path):
    """tflint with its built-in rules: those for AWS are a separate program, which is in no registry that CI reaches.
    Examples are as short as possible."""
    program = os.environ.get("COCKPIT_TFLINT") or shutil.which("tflint") or support.missing("tflint", "`./dev` builds it.")
    rules = re.sub(r'# Knows which.*?\n}\n', "", (TREE / ".tflint.hcl").read_text(), flags=re.S)
    assert 'plugin "aws"' not in rules and 'plugin "terraform"' in rules
    (tmp_path / "rules.hcl").write_text(rules)
    output = shell.run(program, "--recursive", "--config", tmp_path / "rules.hcl", "--format", "compact", cwd=tree, codes=(0, 2)).stdout
    found = [line for line in output.splitlines() if re.match(r"\S+\.tf:", line)]
    assert [line for line in found if not re.match(r"(\S*/)?examples/", line)] == []


def test_function_tests_pass(shell):
    node = shutil.which("node") or support.missing("node", "Install Node 20 or newer.")
    printed = shell.run(node, "--test", cwd=SCHEDULER).stdout
    assert re.search(r"^# pass 1[0-9]$", printed, re.M) and "# fail 0" in printed


def test_function_permissions_match_its_calls():
    called = {f"ecs:{name}" for name in re.findall(r"new sdk\.(\w+)Command", (SCHEDULER / "index.mjs").read_text())}
    allowed = set(re.findall(r'"(ecs:\w+)"', (SCHEDULER / "iam.tf").read_text())) - {"ecs:cluster"}
    assert called == allowed and len(called) == 5


def test_terraform_zip_contains_the_source_and_is_reproducible(shell, tmp_path):
    """Unpacked by another program, it is the source; created twice, it is the same."""
    # Every length modulo three, and more bytes than characters.
    sources = [(SCHEDULER / "index.mjs").read_text() + comment for comment in ("", "a", "ab", "abc", "\n// 日本語のコメント\n", "")]
    blocks = []
    for number, source in enumerate(sources):
        folder = tmp_path / f"of_{number}"
        folder.mkdir()
        shutil.copy(SCHEDULER / "zip.tf", folder)
        (folder / "index.mjs").write_text(source)
        (folder / "output.tf").write_text('output "zip" { value = local.zip_base64 }\n')
        blocks.append(f'module "of_{number}" {{\n  source = "./of_{number}"\n}}\noutput "of_{number}" {{ value = module.of_{number}.zip }}\n')
    (tmp_path / "main.tf").write_text("\n".join(blocks))
    shell.terraform("init", "-no-color", cwd=tmp_path)
    shell.terraform("apply", "-auto-approve", "-no-color", cwd=tmp_path)
    made = json.loads(shell.terraform("output", "-json", cwd=tmp_path).stdout)
    assert made["of_0"]["value"] == made["of_5"]["value"]
    for number, source in enumerate(sources):
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(made[f"of_{number}"]["value"], validate=True))) as archive:
            assert archive.testzip() is None
            assert archive.namelist() == ["index.mjs"]
            assert archive.read("index.mjs").decode() == source
            assert archive.infolist()[0].external_attr >> 16 == 0o100644


def test_workflows_are_valid(shell):
    program = os.environ.get("COCKPIT_ACTIONLINT") or shutil.which("actionlint")
    program = program or support.missing("actionlint", "./dev builds it where Go is installed.")
    workflows = sorted((support.ROOT / ".github/workflows").glob("*.yml"))
    assert len(workflows) >= 3
    shell.run(program, "-no-color", *workflows, cwd=support.ROOT)
    for path in workflows:
        text = path.read_text()
        assert not re.search(r"AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY)", text), "roles through OIDC, no keys"
        for used in re.findall(r"^ +- uses: (\S+)", text, re.M):
            assert re.search(r"@v[0-9]+", used), f"{path.name}: {used} has no version"


def test_documented_recipes_are_valid(shell, tmp_path):
    program = os.environ.get("COCKPIT_ACTIONLINT") or shutil.which("actionlint")
    program = program or support.missing("actionlint", "./dev builds it where Go is installed.")
    text = (support.ROOT / "docs/ci.md").read_text()
    blocks = re.findall(r"^```yaml\n# \.github/workflows/(\S+)\n(.*?)^```$", text, re.M | re.S)
    assert len(blocks) >= 2
    for name, block in blocks:
        path = tmp_path / name
        path.write_text(block)
        shell.run(program, "-no-color", path, cwd=support.ROOT)
        assert not re.search(r"AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY)", block), "roles through OIDC, no keys"
        for used in re.findall(r"^ +- uses: (\S+)", block, re.M):
            assert re.search(r"@v[0-9]+", used), f"{name}: {used} has no version"


def test_git_ignores_states_plans_and_variables():
    ignored = (TREE / ".gitignore").read_text().split()
    for name in ("terraform.tfvars", ".tfvars.local", "*.tfstate", "*.tfplan", ".terragrunt-cache/"):
        assert name in ignored
    assert ".terraform.lock.hcl" not in ignored
    tracked = subprocess.run(["git", "ls-files", TREE], cwd=support.ROOT, capture_output=True, text=True).stdout
    assert not re.search(r"tfstate|terraform\.tfvars$|\.tfplan", tracked, re.M)


def test_each_root_has_the_same_lock_file_for_every_platform():
    roots = {path.parent for path in TREE.glob("envs/**/terragrunt.hcl") if ".terragrunt-cache" not in path.parts} | {TREE / "pantri"}
    assert len(roots) > 20
    tracked = set(subprocess.run(["git", "ls-files", "*.terraform.lock.hcl"], cwd=TREE, capture_output=True, text=True).stdout.split())
    assert tracked == {f"{root.relative_to(TREE)}/.terraform.lock.hcl" for root in roots}
    [text] = {(TREE / name).read_text() for name in tracked}
    assert re.findall(r'^provider "(.*)"', text, re.M) == ["registry.terraform.io/hashicorp/aws"]
    constraint = {re.search(r'version += "(~> [^"]*)"', path.read_text())[1] for path in TREE.glob("**/versions.tf") if ".terra" not in str(path)}
    assert {re.search(r'constraints = "(.*)"', text)[1]} == constraint
    # `zh` is the hash of a release's zip, signed by the registry, one per platform; `h1` is that of an unpacked one.
    assert len(re.findall(r'"zh:[0-9a-f]{64}"', text)) >= 14
    assert len(re.findall(r'"h1:[0-9A-Za-z+/]{43}="', text)) >= 2
