//! What is called for a step of a unit: program, arguments, variables.

use super::ahead;
use super::folder;
use super::shim;
use super::world;
use crate::config::EnvironmentConfig;
use crate::infra::surroundings::{ChildEnvironment, DEFAULT_WORKSPACE};
use crate::model::infra::guard;
use crate::model::infra::run_event::{Goal, Step};
use crate::model::infra::{Order, Tool, Unit};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// How long Terraform waits for a lock of the state that somebody else holds.
const LOCK_TIMEOUT: &str = "-lock-timeout=60s";

/// Has Terragrunt initialise nothing by itself.
const NO_INIT: &str = "--no-auto-init";

/// What is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Where it runs.
    pub dir: PathBuf,
    /// All its variables.
    pub variables: Vec<(OsString, OsString)>,
}

/// What is planned instead of a destroy: it lifts what guards these resources.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lifting {
    /// Their addresses.
    pub addresses: Vec<String>,
    /// The root has a switch that says so of those in its modules.
    pub switch: bool,
}

/// A step of a unit that prints into a file. `dir` is where Terraform made the plan that is applied.
pub fn call(
    run: &Path,
    order: &Order,
    around: &ChildEnvironment,
    unit: &Unit,
    step: Step,
    dir: Option<&Path>,
    lifting: Option<&Lifting>,
) -> Call {
    let mut terraform: Vec<OsString> = vec![folder::word(step).into(), "-json".into(), "-input=false".into()];
    match step {
        Step::Init => terraform.extend(order.plugin_dir.iter().map(|dir| joined("-plugin-dir=", dir))),
        Step::Plan => {
            terraform.extend(["-detailed-exitcode".into(), LOCK_TIMEOUT.into()]);
            terraform.push(joined("-out=", folder::plan_file(run, &unit.name)));
            match (order.goal, lifting) {
                (_, Some(lifting)) => {
                    terraform.extend(lifting.addresses.iter().map(|address| joined("-target=", address)));
                }
                (Goal::Destroy, None) => terraform.push("-destroy".into()),
                (Goal::Drift, None) => terraform.push("-refresh-only".into()),
                (Goal::Plan | Goal::Apply, None) => {}
            }
            let targets = order.targets.iter().filter(|_| lifting.is_none());
            terraform.extend(targets.map(|address| joined("-target=", address)));
            terraform.extend(order.replace.iter().map(|address| joined("-replace=", address)));
            terraform.extend(unit.var_files.iter().map(|file| joined("-var-file=", file)));
            if lifting.is_some_and(|lifting| lifting.switch) {
                terraform.push(format!("-var={}=true", guard::VARIABLE).into());
            }
        }
        Step::Show | Step::Apply => {
            if step == Step::Apply {
                terraform.push(LOCK_TIMEOUT.into());
            }
            terraform.push(folder::plan_file(run, &unit.name).into());
        }
    }
    let shim = run.join(shim::NAME);
    let mut own = around.of_unit(unit);
    if step == Step::Init && unit.tool == Tool::Terraform {
        // `init` makes a workspace that is not there, where a variable names it: whether it is is asked for after this.
        own.set("TF_WORKSPACE", DEFAULT_WORKSPACE);
    }
    own.set(shim::TERRAFORM, order.terraform.clone());
    own.set(shim::STEP, folder::word(step));
    own.set(shim::STDOUT, folder::stdout(run, &unit.name, step));
    own.set(shim::LEAF, folder::leaf(run, &unit.name, step));
    if through_terragrunt(unit, step) {
        let mut arguments: Vec<OsString> = vec!["run".into(), "--working-dir".into(), unit.dir.clone().into()];
        arguments
            .extend(["--non-interactive", "--no-color", "--log-format", "json", "--no-auto-retry"].map(OsString::from));
        if step != Step::Init {
            arguments.push(NO_INIT.into());
        }
        arguments.extend(["--tf-path".into(), shim.into(), "--".into()]);
        arguments.extend(terraform);
        let program = order.terragrunt.clone().unwrap_or_else(|| "terragrunt".into());
        return Call { program, arguments, dir: unit.dir.clone(), variables: own.variables().to_vec() };
    }
    let dir = dir.unwrap_or(&unit.dir).to_owned();
    Call { program: shim, arguments: terraform, dir, variables: own.variables().to_vec() }
}

/// How a plan that goes through Terragrunt is made in less time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ways {
    /// It initialises the unit too.
    pub fresh: bool,
    /// It begins before its time, and waits.
    pub ahead: bool,
}

/// The same call of a plan, made in these ways.
pub fn led(mut call: Call, run: &Path, order: &Order, unit: &Unit, ways: Ways) -> Call {
    call.variables.push((shim::RUN.into(), run.into()));
    if ways.fresh {
        call.arguments.retain(|argument| argument != NO_INIT);
        let mut init = unit.dir.clone().into_os_string();
        if let Some(dir) = &order.plugin_dir {
            init.push("\n");
            init.push(joined("-plugin-dir=", dir));
        }
        call.variables.push((shim::INIT.into(), init));
    }
    if ways.ahead {
        call.variables.push((shim::GO.into(), ahead::go(run, &unit.name).into()));
    }
    call
}

/// Terraform itself, for a short question about a unit.
pub fn ask(
    order: &Order,
    around: &ChildEnvironment,
    unit: &Unit,
    dir: Option<&Path>,
    arguments: Vec<OsString>,
) -> Call {
    let dir = dir.unwrap_or(&unit.dir).to_owned();
    Call { program: order.terraform.clone(), arguments, dir, variables: around.of_unit(unit).variables().to_vec() }
}

/// Whether a step goes through Terragrunt. Where a plan is, Terraform applies it without: its values are in it. Hooks around
/// the apply are Terragrunt's.
pub fn through_terragrunt(unit: &Unit, step: Step) -> bool {
    unit.tool == Tool::Terragrunt
        && match step {
            Step::Init | Step::Plan => true,
            Step::Show => false,
            Step::Apply => unit.hooks,
        }
}

fn joined(flag: &str, value: impl Into<OsString>) -> OsString {
    let mut joined = OsString::from(flag);
    joined.push(value.into());
    joined
}

/// The variables of the tools: what is left of inherited ones, with what the order says of AWS.
pub fn surroundings(order: &Order, inherited: impl IntoIterator<Item = (OsString, OsString)>) -> ChildEnvironment {
    let environment = EnvironmentConfig {
        name: order.environment.clone(),
        profile: order.profile.clone(),
        region: order.region.clone(),
        endpoint_url: order.endpoint_url.clone(),
        ..EnvironmentConfig::default()
    };
    let mut around = ChildEnvironment::of(inherited, &environment, Path::is_file);
    // Whoever resumes a run may have another endpoint in their shell: it stays where it was begun.
    world::lead(&mut around, &order.world);
    around
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::infra::run_event::Who;
    use crate::model::infra::world::World;

    pub(in crate::infra::run) fn order(goal: Goal) -> Order {
        Order {
            environment: "staging".into(),
            goal,
            units: Vec::new(),
            targets: vec!["a.b[\"c d\"]".into()],
            replace: Vec::new(),
            parallelism: None,
            guarded: false,
            account: None,
            by: Who { user: "ana".into(), host: "desk".into(), pid: 1 },
            terraform: "/bin/terraform".into(),
            terraform_said: String::new(),
            terragrunt: Some("/bin/terragrunt".into()),
            plugin_dir: None,
            profile: Some("staging".into()),
            region: None,
            endpoint_url: None,
            world: World::default(),
            declared: false,
            reads: Vec::new(),
            ahead: Vec::new(),
            skip_snapshots: false,
            command: String::new(),
        }
    }

    fn unit(tool: Tool) -> Unit {
        Unit {
            name: "network".into(),
            tool,
            dir: "/envs/network".into(),
            workspace: (tool == Tool::Terraform).then(|| "dev".into()),
            var_files: vec!["/envs/a.tfvars".into(), "/envs/b.tfvars".into()],
            depends_on: Vec::new(),
            hooks: false,
        }
    }

    fn around() -> ChildEnvironment {
        let inherited = [("PATH", "/bin"), ("TF_VAR_a", "b")].map(|(name, value)| (name.into(), value.into()));
        surroundings(&order(Goal::Plan), inherited)
    }

    fn line(call: &Call) -> String {
        let words: Vec<String> = call.arguments.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        format!("{} {}", call.program.display(), words.join(" "))
    }

    #[test]
    fn a_plan_of_terraform_has_its_workspace_and_its_files_in_order() {
        let call = call(
            Path::new("/runs/1"),
            &order(Goal::Destroy),
            &around(),
            &unit(Tool::Terraform),
            Step::Plan,
            None,
            None,
        );
        assert_eq!(
            line(&call),
            "/runs/1/cockpit-tf-shim plan -json -input=false -detailed-exitcode -lock-timeout=60s \
             -out=/runs/1/units/network/plan.tfplan -destroy -target=a.b[\"c d\"] -var-file=/envs/a.tfvars \
             -var-file=/envs/b.tfvars"
        );
        let value = |name: &str| call.variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        assert_eq!(value("TF_WORKSPACE"), Some("dev".into()));
        assert_eq!(value("AWS_PROFILE"), Some("staging".into()));
        assert_eq!(value("TF_VAR_a"), None, "what a shell happens to hold changes no plan");
    }

    #[test]
    fn what_lifts_guards_changes_these_alone_and_destroys_nothing() {
        let lifting = Lifting { addresses: vec!["module.a.aws_lb.b".into()], switch: true };
        let unit = unit(Tool::Terraform);
        let call =
            call(Path::new("/runs/1"), &order(Goal::Destroy), &around(), &unit, Step::Plan, None, Some(&lifting));
        let line = line(&call);
        assert!(
            line.contains(" -target=module.a.aws_lb.b -var-file=") && line.ends_with(" -var=allow_destroy=true"),
            "{line}"
        );
        assert!(!line.contains("-destroy ") && !line.contains("c d"), "{line}");
    }

    #[test]
    fn what_was_planned_through_terragrunt_is_applied_by_terraform_unless_there_are_hooks() {
        let run = Path::new("/runs/1");
        let mut unit = unit(Tool::Terragrunt);
        let plan = call(run, &order(Goal::Apply), &around(), &unit, Step::Plan, None, None);
        assert!(line(&plan).starts_with(
            "/bin/terragrunt run --working-dir /envs/network --non-interactive --no-color --log-format json \
             --no-auto-retry --no-auto-init --tf-path /runs/1/cockpit-tf-shim -- plan -json"
        ));
        let apply =
            call(run, &order(Goal::Apply), &around(), &unit, Step::Apply, Some(Path::new("/cache/module")), None);
        assert_eq!(
            line(&apply),
            "/runs/1/cockpit-tf-shim apply -json -input=false -lock-timeout=60s /runs/1/units/network/plan.tfplan"
        );
        assert_eq!(apply.dir, Path::new("/cache/module"));
        let ways = Ways { fresh: true, ahead: true };
        let led = led(plan, run, &order(Goal::Apply), &unit, ways);
        assert!(!line(&led).contains("--no-auto-init"), "what is fresh is initialised by its plan");
        let value = |name: &str| led.variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        assert_eq!(value(shim::INIT), Some("/envs/network".into()));
        assert_eq!(value(shim::GO), Some("/runs/1/units/network/go".into()));
        unit.hooks = true;
        let apply =
            call(run, &order(Goal::Apply), &around(), &unit, Step::Apply, Some(Path::new("/cache/module")), None);
        assert!(line(&apply).starts_with("/bin/terragrunt run"));
    }
}
