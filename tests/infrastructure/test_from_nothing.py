"""The page that leads a newcomer from nothing to staging: each of its commands, in order, on the emulator.

Only Docker is replaced by a stand-in (the emulator has no registry), and the state bucket's TLS requirement is removed,
as the emulator has no TLS.
"""

import os
import re
import shutil

import inventory
import pytest
import support

REGION = "ap-northeast-1"


def page():
    text = (support.TERRAFORM_TREE / "README.md").read_text()
    section = re.search(r"^## From nothing$(.*?)^## ", text, re.M | re.S)[1]
    assert len(section.splitlines()) < 90, "one page"
    return section


def blocks():
    return ["\n".join(line.removeprefix("   ") for line in block.splitlines()) for block in re.findall(r"```sh\n(.*?)```", page(), re.S)]


def test_page_names_each_step_and_its_cost():
    text = page()
    for step in ("bootstrap/state", "allowed_cidr_blocks", "plan -input=false", "apply -input=false", "docker push", "put-parameter", "destroy"):
        assert step in text, step
    # The last command destroys everything: later commands would have nothing to run on.
    assert blocks()[-1].strip() == "terragrunt run --all --working-dir envs/staging -- destroy -input=false -auto-approve"
    told = int(re.search(r"costs about \$(\d+) a month", text)[1])
    table = (support.TERRAFORM_TREE / "README.md").read_text()
    estimated = int(re.search(r"^\| staging \|[^|]*\| \$(\d+) \|", table, re.M)[1])
    assert abs(told - estimated) <= 5


def test_commands_in_the_readmes_exist():
    """Scripts and folders named by a page exist, and so do the subcommands of the scripts and of the cockpit."""
    source = "".join(path.read_text() for path in (support.ROOT / "src/commands").glob("*/mod.rs"))
    commands = set(re.findall(r'COMMAND: [^{]*\{\s*name: "([a-z-]+)"', source))
    assert {"doctor", "stop-task"} <= commands
    for source in [*support.TERRAFORM_TREE.rglob("*.tf"), *support.TERRAFORM_TREE.rglob("*.hcl")]:
        if ".terra" not in str(source.relative_to(support.TERRAFORM_TREE).parent):
            for command in re.findall(r"`cockpit ([a-z-]+)|^# {3,}cockpit ([a-z-]+)", source.read_text(), re.M):
                assert commands & set(command), f"{source}: cockpit {command}"
    for readme in [support.TERRAFORM_TREE / "README.md", *support.TERRAFORM_TREE.glob("*/README.md"), *support.TERRAFORM_TREE.glob("modules/*/README.md")]:
        text = readme.read_text()
        for folder in re.findall(r"--working-dir (\S+)", text):
            assert (support.TERRAFORM_TREE / folder).is_dir(), f"{readme}: {folder}"
        for command in re.findall(r"`(?:\.\./|infra/terraform/)?plans (\w+)", text):
            assert command in ("draft", "make", "apply"), f"{readme}: plans {command}"
        for command in re.findall(r"`cockpit ([a-z-]+)", text):
            assert command in commands, f"{readme}: cockpit {command}"
        for link in re.findall(r"\]\((?!http|#)([^)#]+)", text):
            assert (readme.parent / link).exists(), f"{readme}: {link}"


def test_commands_of_the_page_work_in_order(own_shell, tmp_path, request):
    shell = own_shell
    if not request.config.getoption("--full"):
        pytest.skip("makes and destroys staging: with --full")
    tree = support.copy_tree(tmp_path / "infra/terraform")
    shutil.copy(support.ROOT / "config.toml", tmp_path)
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "terragrunt").symlink_to(support.terragrunt_program())
    (programs / "docker").write_text(f'#!/bin/sh\ncat >/dev/null\necho "$@" >>{tmp_path}/docker\n')
    (programs / "docker").chmod(0o755)
    aws = os.path.join(os.path.dirname(os.environ.get("COCKPIT_PYTHON", "")), "aws")
    (programs / "aws").symlink_to(aws)
    before = inventory.take(shell, REGION)
    script = "set -euxo pipefail\n"
    for block in blocks():
        script += block + "\n"
        if "envs/bootstrap/state" in block:
            script += f"aws s3api delete-bucket-policy --bucket cockpit-terraform-state-{support.ACCOUNT}\n"
    done = shell.run("bash", "-c", script, cwd=tree, seconds=3000, PATH=f"{programs}:{os.environ['PATH']}", AWS_DEFAULT_REGION=REGION)
    assert "Apply complete!" in done.stdout and "Destroy complete!" in done.stdout and "http://bookmark-manager-staging-alb" in done.stdout
    pushed = [line for line in (tmp_path / "docker").read_text().splitlines() if line.startswith("push ")]
    assert pushed == [f"push {support.ACCOUNT}.dkr.ecr.ap-northeast-1.amazonaws.com/bookmark-manager-staging-{name}:latest" for name in ("web", "api")]
    left = inventory.difference(before, inventory.take(shell, REGION))
    # What the page says is kept.
    assert set(left) <= {"task definition", "bucket"}
    assert left.get("bucket", []) in ([], [f"cockpit-terraform-state-{support.ACCOUNT}"])
