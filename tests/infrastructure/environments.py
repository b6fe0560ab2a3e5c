"""The environments and the steps for each: a copy of the tree, plan, apply, plan again, destroy."""

import concurrent.futures
import dataclasses
import json
import shutil

import cost
import inventory
import support


@dataclasses.dataclass(frozen=True)
class Environment:
    """One environment of infra/terraform, and its names elsewhere."""

    name: str
    region: str
    cockpit: str | None  # its name in config.toml
    quick: bool  # applied by every `./dev test`
    folder: str
    workspace: str | None = None  # plain Terraform
    variables: tuple = ()  # of the process's environment
    by_cockpit: bool = False  # applied and destroyed by the cockpit, not directly by Terragrunt or Terraform
    examples: tuple = ()  # .example files that someone who starts from nothing must copy

    def start(self, shell, stopwatch, full):
        kind = Plain if self.workspace else Units
        return kind(self, shell, stopwatch, full)


# In this order: the first one needs no cockpit, which may still be building.
ALL = (
    Environment("pantri-dev", "us-east-1", None, True, "pantri", workspace="dev", by_cockpit=True, examples=("terraform.tfvars",)),
    Environment(
        "staging", "ap-northeast-1", "staging", True, "envs/staging", by_cockpit=True,
        examples=("security/terraform.tfvars", "monitoring/terraform.tfvars"),
    ),
    Environment("pantri-prod", "us-east-1", "pantri", False, "pantri", workspace="prod", examples=("terraform.tfvars",)),
    Environment("prod", "ap-northeast-1", "prod", False, "envs/prod", examples=("security/terraform.tfvars",)),
    Environment("minimal-1", "ap-northeast-1", "minimal", False, "envs/minimal", variables=(("MINIMAL_PHASE", "1"),)),
    Environment("minimal-2", "ap-northeast-1", "minimal", False, "envs/minimal", variables=(("MINIMAL_PHASE", "2"),)),
)


class Applied:
    """The steps of an environment, and their results."""

    def __init__(self, environment, shell, stopwatch, full):
        self.environment, self.shell, self.stopwatch, self.full = environment, shell, stopwatch, full
        self.variables = dict(environment.variables)
        self.tree = support.copy_tree(shell.folder / environment.name)
        self.folder = self.tree / environment.folder
        self.before = inventory.take(shell, environment.region)
        for name in environment.examples:
            shutil.copy(self.folder / f"{name}.example", self.folder / name)
        self.printed = []  # the whole output of Terraform
        self.plans = {}  # unit → plan as JSON, from before anything existed
        self.step("plan", self.plan_first)
        self.step("apply", self.apply)
        # In the short run one plan shows both: that nothing is left to do, and that people's changes are no difference.
        self.empty = self.step("plan again", self.plan_again) if full else None

    def step(self, name, function):
        return self.stopwatch.time(self.environment.name, name, function)

    def cockpit(self, *words, **more):
        """Runs the cockpit on this copy of the tree; its runs are stored in a separate home folder."""
        name = "pantri" if self.environment.name == "pantri-prod" else self.environment.name
        home = self.configured()
        return self.tell(self.shell.run(support.cockpit_program(), *words, name, "--config", home / "config.toml", "--yes", cwd=home, HOME=home, **more))

    def configured(self):
        """A home folder with a cockpit configuration for this copy of the tree."""
        name = self.environment.name
        home = self.shell.folder / f"home-{self.environment.name}"
        home.mkdir(exist_ok=True)
        text = (support.ROOT / "config.toml").read_text().replace('dir = "infra/terraform/', f'dir = "{self.tree}/')
        # Environment variables are not passed on to Terraform: a file of variables makes it use the emulator.
        text = text.replace('.tfvars"], depends_on', '.tfvars", "emulator.tfvars"], depends_on')
        (self.tree / "pantri/emulator.tfvars").write_text("emulator = true\n")
        text = text.replace('kind = "terragrunt"', f'kind = "terragrunt"\nterragrunt = "{support.terragrunt_program()}"')
        # Resources created by Terraform alone belong to this emulator all the same.
        text = text.replace(f"[environments.{name}.infra]", f'[environments.{name}]\nendpoint_url = "{self.shell.endpoint}"\n\n[environments.{name}.infra]', name == "pantri-dev")
        (home / "config.toml").write_text(text)
        return home

    def tell(self, result):
        self.printed.append(result.stdout)
        return result

    def values(self):
        """Planned values of all units."""
        return {unit: support.resources(plan) for unit, plan in self.plans.items()}

    def count(self):
        return sum(1 for plan in self.plans.values() for change in plan["resource_changes"] if change["change"]["actions"] == ["create"])

    def by_pane(self, test):
        """Applied and destroyed once before from the cockpit's screen, in a terminal (tests/terminal/staging.rs)."""
        home = self.configured()
        command = ("cargo", "test", "--workspace", "--locked", "--test", "terminal", "--", "--ignored", "--exact", f"staging::{test}")
        done = self.tell(self.shell.run(*command, cwd=support.ROOT, HOME=home, COCKPIT_STAGING=home / "config.toml", **support.toolchain()))
        # cargo does not fail if no test has the name.
        assert "1 passed" in done.stdout, done.stdout
        assert self.state_is_empty()

    def files_with_state(self):
        return [path for path in self.tree.rglob("*") if path.is_file() and not path.is_symlink() and (".tfstate" in path.name or path.name.endswith("tfplan"))]

    def finish(self):
        self.stopwatch.counts[self.environment.name] = self.count()
        region = self.environment.region
        self.stopwatch.costs[self.environment.name] = tuple(cost.estimate(self.values(), region, peak) for peak in (False, True))
        self.step("destroy", self.destroy)
        left = inventory.difference(self.before, inventory.take(self.shell, self.environment.region))
        unexplained = {kind: rest for kind, names in left.items() if (rest := [name for name in names if not self.explained(kind, name)])}
        assert unexplained == {}, f"{self.environment.name} left something behind: {unexplained}"

    def explained(self, kind, name):
        """What is supposed to stay after a destroy, each with its reason (infra/terraform/README.md, "Taking an environment down")."""
        if kind == "task definition":
            # Former revisions cost nothing, and were the targets of rollbacks.
            return name.split("/")[-1].split(":")[0] in self.families()
        # A last copy of the data: production's own, and the one that the cockpit makes before it destroys a database.
        if self.environment.by_cockpit and kind in ("snapshot", "cluster snapshot") and "-final-" in name:
            return True
        return kind in ("snapshot", "cluster snapshot") and name.endswith("-final") and self.environment.name in ("prod",)

    def families(self):
        return {each["family"] for values in self.values().values() for address, each in values.items() if "aws_ecs_task_definition" in address}


class Units(Applied):
    """An environment of Terragrunt units."""

    def run_all(self, *arguments, **more):
        return self.tell(self.shell.terragrunt("run", "--all", "--", *arguments, cwd=self.folder, **self.variables, **more))

    def units(self):
        return sorted(path.parent.name for path in self.folder.glob("*/terragrunt.hcl"))

    def working_directory(self, unit):
        return next(path.parent for path in (self.folder / unit / ".terragrunt-cache").rglob("provider.tf"))

    def plans_of_run(self):
        """In the short run, the plans are those that the cockpit applies; otherwise Terragrunt also makes its own before."""
        return self.environment.by_cockpit and not self.full

    def plan_first(self):
        if not self.plans_of_run():
            self.run_all("plan", "-input=false", "-out=first.tfplan")
            self.read_plans(lambda unit: "first.tfplan")

    def read_plans(self, file):
        # Two at a time: each reads the provider's whole schema.
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            show = lambda unit: self.shell.schemas("show", "-json", file(unit), cwd=self.working_directory(unit))  # noqa: E731
            self.plans = {unit: json.loads(shown.stdout) for unit, shown in zip(self.units(), pool.map(show, self.units()))}

    def apply(self):
        if not self.environment.by_cockpit:
            self.run_all("apply", "-input=false", "-auto-approve")
            return
        if self.full:
            self.by_pane("environment_is_applied_detached_cancelled_retried_and_destroyed_from_the_pane")
        self.cockpit("infra", "apply")
        if self.plans_of_run():
            (run,) = (self.configured() / ".local/state/cockpit/runs" / self.environment.name).glob("*-apply-*")
            self.read_plans(lambda unit: run / "units" / unit / "plan.tfplan")
        else:
            self.cockpit("infra", "plan", "--detailed-exitcode")

    def plan_again(self):
        result = self.run_all("plan", "-input=false", "-detailed-exitcode", "-out=again.tfplan", codes=(0, 2))
        return result.returncode == 0, result.stdout

    def outputs(self, units):
        return {unit: json.loads(self.shell.terraform("output", "-json", cwd=self.working_directory(unit)).stdout) for unit in units}

    def state_is_empty(self):
        return all(json.loads((self.folder / unit / "terraform.tfstate").read_text())["resources"] == [] for unit in self.units())

    def destroy(self):
        if self.environment.by_cockpit:
            self.cockpit("infra", "destroy", "--confirm", self.environment.name)
            assert self.state_is_empty()
            return
        protected = self.folder / "env.hcl"
        text = protected.read_text()
        if "allow_destroy = false" in text:
            # Production: an applied change lifts the protection, and only then it is destroyed.
            protected.write_text(text.replace("allow_destroy = false", "allow_destroy = true"))
            self.run_all("apply", "-input=false", "-auto-approve")
        self.run_all("destroy", "-input=false", "-auto-approve")
        assert self.state_is_empty()


class Plain(Applied):
    """A plain Terraform root with a workspace and a file of variables."""

    def terraform(self, *arguments, **more):
        return self.tell(self.shell.terraform(*arguments, cwd=self.folder, TF_VAR_emulator="true", **more))

    def arguments(self):
        return ("-input=false", "-no-color", f"-var-file={self.environment.workspace}.tfvars")

    def plan_first(self):
        self.terraform("init", "-input=false", "-no-color")
        self.terraform("workspace", "new", self.environment.workspace)
        self.terraform("plan", *self.arguments(), "-out=first.tfplan")
        shown = self.shell.schemas("show", "-json", "first.tfplan", cwd=self.folder)
        self.plans["pantri"] = json.loads(shown.stdout)

    def apply(self):
        if self.full and self.environment.by_cockpit:
            self.by_pane("staging_unit_with_workspace_and_var_files_is_planned_applied_and_destroyed_from_the_pane")
            # The state has changed by now, though it is as empty as before.
            self.terraform("plan", *self.arguments(), "-out=first.tfplan")
        # Exactly the reviewed plan; the cockpit does everything later with the state.
        self.terraform("apply", "-input=false", "-no-color", "first.tfplan")

    def plan_again(self):
        result = self.terraform("plan", *self.arguments(), "-detailed-exitcode", "-out=again.tfplan", codes=(0, 2))
        return result.returncode == 0, result.stdout

    def outputs(self, units):
        return {"pantri": json.loads(self.shell.terraform("output", "-json", cwd=self.folder).stdout)}

    def destroy(self):
        if self.environment.by_cockpit:
            self.cockpit("infra", "plan", "--detailed-exitcode")
            self.cockpit("infra", "destroy", "--confirm", self.environment.name)
            assert self.state()["resources"] == []
            return
        variables = (*self.arguments(), "-auto-approve")
        if "deletion_protection = true" in (self.folder / f"{self.environment.workspace}.tfvars").read_text():
            self.terraform("apply", *variables, "-var=allow_destroy=true")
            variables = (*variables, "-var=allow_destroy=true")
        self.terraform("destroy", *variables)
        assert self.state()["resources"] == []

    def state_is_empty(self):
        return self.state()["resources"] == []

    def state(self):
        return json.loads((self.folder / "terraform.tfstate.d" / self.environment.workspace / "terraform.tfstate").read_text())
