//! The calls for the steps of a unit: program, arguments, variables.

use super::ahead;
use super::folder;
use super::shim;
use super::state_endpoints;
use crate::config::EnvironmentConfig;
use crate::infra::environment::{ChildEnvironment, DEFAULT_WORKSPACE};
use crate::infra::short_calls::STATE;
use crate::model::infra::guard;
use crate::model::infra::run_event::{Goal, Step};
use crate::model::infra::{RunOrder, Tool, Unit};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// How long Terraform waits for a state lock that somebody else holds.
const LOCK_TIMEOUT: &str = "-lock-timeout=60s";

/// The flag that keeps Terragrunt from initialising by itself.
const NO_INIT: &str = "--no-auto-init";

/// A program to call, with its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
    /// The folder that it runs in.
    pub dir: PathBuf,
    pub variables: Vec<(OsString, OsString)>,
}

/// A plan that lifts the guards of these resources, made before the destroy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lifting {
    /// The addresses of the resources.
    pub addresses: Vec<String>,
    /// Whether the root has a variable that lifts the guards in its modules.
    pub switch: bool,
}

/// A step of a unit, with what its call depends on.
#[derive(Debug, Clone, Copy)]
pub struct UnitStep<'a> {
    pub unit: &'a Unit,
    pub step: Step,
    /// The folder in which Terraform made the plan that is applied.
    pub dir: Option<&'a Path>,
    /// Set if the plan lifts guards instead of destroying.
    pub lifting: Option<&'a Lifting>,
}

/// Returns the call of a step, which prints into a file.
pub fn call(run: &Path, order: &RunOrder, around: &ChildEnvironment, unit_step: UnitStep<'_>) -> Call {
    let UnitStep { unit, step, dir, lifting } = unit_step;
    let mut terraform: Vec<OsString> = vec![folder::step_name(step).into(), "-json".into(), "-input=false".into()];
    match step {
        Step::Init => terraform.extend(order.plugin_dir.iter().map(|dir| flag("-plugin-dir=", dir))),
        Step::Plan => {
            terraform.extend(["-detailed-exitcode".into(), LOCK_TIMEOUT.into()]);
            terraform.push(flag("-out=", folder::plan_file(run, &unit.name)));
            match (order.goal, lifting) {
                (_, Some(lifting)) => {
                    terraform.extend(lifting.addresses.iter().map(|address| flag("-target=", address)));
                }
                (Goal::Destroy, None) => terraform.push("-destroy".into()),
                (Goal::Drift, None) => terraform.push("-refresh-only".into()),
                (Goal::Plan | Goal::Apply, None) => {}
            }
            let targets = order.targets.iter().filter(|_| lifting.is_none());
            terraform.extend(targets.map(|address| flag("-target=", address)));
            terraform.extend(order.replace.iter().map(|address| flag("-replace=", address)));
            terraform.extend(unit.var_files.iter().map(|file| flag("-var-file=", file)));
            if lifting.is_some_and(|lifting| lifting.switch) {
                terraform.push(format!("-var={}=true", guard::VARIABLE).into());
            }
        }
        Step::Show | Step::Apply => {
            if step == Step::Apply {
                terraform.push(LOCK_TIMEOUT.into());
                // A plan does not contain the values of ephemeral variables.
                let again = unit.tool == Tool::Terraform && has_ephemeral(dir.unwrap_or(&unit.dir));
                terraform.extend(unit.var_files.iter().filter(|_| again).map(|file| flag("-var-file=", file)));
            }
            terraform.push(folder::plan_file(run, &unit.name).into());
        }
    }
    let shim = run.join(shim::NAME);
    let mut own = around.of_unit(unit);
    if step == Step::Init && unit.tool == Tool::Terraform {
        // `init` would create a missing workspace that the variable names; its existence is checked afterwards.
        own.set("TF_WORKSPACE", DEFAULT_WORKSPACE);
    }
    own.set(shim::TERRAFORM, order.terraform.clone());
    own.set(shim::STEP, folder::step_name(step));
    own.set(shim::STDOUT, folder::stdout(run, &unit.name, step));
    own.set(shim::LEAF, folder::leaf(run, &unit.name, step));
    if uses_terragrunt(order.goal, unit, step, dir) {
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

/// Ways to make a plan through Terragrunt faster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shortcuts {
    /// Whether the plan also initialises the unit.
    pub fresh: bool,
    /// Whether it starts before its dependencies are done, and waits.
    pub ahead: bool,
}

/// Adds these shortcuts to the call of a plan.
pub fn with_shortcuts(mut call: Call, run: &Path, order: &RunOrder, unit: &Unit, shortcuts: Shortcuts) -> Call {
    call.variables.push((shim::RUN.into(), run.into()));
    if shortcuts.fresh {
        call.arguments.retain(|argument| argument != NO_INIT);
        let mut init = unit.dir.clone().into_os_string();
        if let Some(dir) = &order.plugin_dir {
            init.push("\n");
            init.push(flag("-plugin-dir=", dir));
        }
        call.variables.push((shim::INIT.into(), init));
        let cache = unit.around.cache.clone().map(PathBuf::into_os_string);
        call.variables.extend(cache.map(|cache| (shim::CACHE.into(), cache)));
    }
    if shortcuts.ahead {
        call.variables.push((shim::GO.into(), ahead::go_file(run, &unit.name).into()));
    }
    call
}

/// Returns the call of Terraform itself for a short query about a unit.
pub fn query_call(
    order: &RunOrder,
    around: &ChildEnvironment,
    unit: &Unit,
    dir: Option<&Path>,
    arguments: Vec<OsString>,
) -> Call {
    let dir = dir.unwrap_or(&unit.dir).to_owned();
    Call { program: order.terraform.clone(), arguments, dir, variables: around.of_unit(unit).variables().to_vec() }
}

/// Returns the call for a query that needs the state; through Terragrunt if that has other credentials for it.
pub fn state_query_call(
    order: &RunOrder,
    around: &ChildEnvironment,
    unit: &Unit,
    dir: Option<&Path>,
    arguments: Vec<OsString>,
) -> Call {
    if !unit.around.state_needs_terragrunt() {
        return query_call(order, around, unit, dir, arguments);
    }
    let words = STATE.into_iter().map(OsString::from).chain(arguments);
    of_terragrunt(order, around, &unit.dir, words)
}

/// Returns the call of Terragrunt for a short query in a folder. It prints only the output of Terraform.
pub fn of_terragrunt(
    order: &RunOrder,
    around: &ChildEnvironment,
    dir: &Path,
    arguments: impl IntoIterator<Item = impl Into<OsString>>,
) -> Call {
    Call {
        program: order.terragrunt.clone().unwrap_or_else(|| "terragrunt".into()),
        arguments: arguments.into_iter().map(Into::into).collect(),
        dir: dir.to_owned(),
        variables: around.of_terragrunt(&order.terraform).variables().to_vec(),
    }
}

/// Whether a step goes through Terragrunt. Terraform alone can apply a plan, since that contains the values. Terragrunt is needed
/// for its hooks and settings around the apply, and for the values of variables that plans do not contain.
pub fn uses_terragrunt(goal: Goal, unit: &Unit, step: Step, dir: Option<&Path>) -> bool {
    let destroys = goal == Goal::Destroy;
    unit.tool == Tool::Terragrunt
        && match step {
            Step::Init | Step::Plan => true,
            Step::Show => false,
            Step::Apply => {
                // Apply hooks would run at a destroy too, but must not.
                let alone = destroys && unit.around.apply_hooks;
                !unit.around.terragrunt_reasons(destroys).is_empty() || (!alone && dir.is_some_and(has_ephemeral))
            }
        }
}

/// Returns notices about how plans are applied, by unit.
pub fn terragrunt_notices(order: &RunOrder) -> Vec<(String, String)> {
    let applied = order.units.iter().filter(|unit| unit.tool == Tool::Terragrunt && order.goal.applies());
    let notices = applied.filter_map(|unit| {
        let why = unit.around.terragrunt_reasons(order.goal == Goal::Destroy);
        let text = format!("{}: its plan is applied through Terragrunt", why.join(", "));
        (!why.is_empty()).then(|| (unit.name.clone(), text))
    });
    notices.collect()
}

/// Whether the code in a folder has ephemeral variables, judged by its text.
fn has_ephemeral(dir: &Path) -> bool {
    let declares = |text: &str| {
        text.match_indices("ephemeral").any(|(at, word)| {
            let rest = text[at + word.len()..].trim_start_matches(['"', ' ', '\t']);
            rest.starts_with(['=', ':'])
        })
    };
    let files = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut code = files.filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".tf") || name.ends_with(".tf.json")
    });
    code.any(|path| std::fs::read_to_string(path).is_ok_and(|text| declares(&text)))
}

/// Returns why a run over these units is refused: Terragrunt does something around them that the run would omit, or do wrongly.
pub fn refusal(order: &RunOrder) -> Option<String> {
    let mut destroyed = order.units.iter().filter(|_| order.goal == Goal::Destroy);
    destroyed.find_map(|unit| Some(format!("{}: {}", unit.name, unit.around.destroy_prevention()?)))
}

fn flag(name: &str, value: impl Into<OsString>) -> OsString {
    let mut flag = OsString::from(name);
    flag.push(value.into());
    flag
}

/// Returns the variables for the tools: the allowed inherited ones, and the AWS settings of the order.
pub fn tool_environment(
    order: &RunOrder,
    inherited: impl IntoIterator<Item = (OsString, OsString)>,
) -> ChildEnvironment {
    let environment = EnvironmentConfig {
        name: order.environment.clone(),
        profile: order.profile.clone(),
        region: order.region.clone(),
        endpoint_url: order.endpoint_url.clone(),
        ..EnvironmentConfig::default()
    };
    let mut around = ChildEnvironment::of(inherited, &environment, Path::is_file);
    // The shell of whoever resumes a run may have another endpoint; the run keeps the one that it was started with.
    state_endpoints::set_variables(&mut around, &order.world);
    around
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::infra::Around;
    use crate::model::infra::run_event::Actor;
    use crate::model::infra::state_endpoint::EndpointVariables;

    pub(in crate::infra::run) fn order(goal: Goal) -> RunOrder {
        RunOrder {
            environment: "staging".into(),
            goal,
            units: Vec::new(),
            targets: vec!["a.b[\"c d\"]".into()],
            replace: Vec::new(),
            parallelism: None,
            guarded: false,
            account: None,
            by: Actor { user: "ana".into(), host: "desk".into(), pid: 1 },
            terraform: "/bin/terraform".into(),
            terraform_said: String::new(),
            terragrunt: Some("/bin/terragrunt".into()),
            plugin_dir: None,
            profile: Some("staging".into()),
            region: None,
            endpoint_url: None,
            world: EndpointVariables::default(),
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
            around: Around::default(),
        }
    }

    fn around() -> ChildEnvironment {
        let inherited = [("PATH", "/bin"), ("TF_VAR_a", "b")].map(|(name, value)| (name.into(), value.into()));
        tool_environment(&order(Goal::Plan), inherited)
    }

    fn line(call: &Call) -> String {
        let words: Vec<String> = call.arguments.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        format!("{} {}", call.program.display(), words.join(" "))
    }

    #[test]
    fn plan_of_terraform_has_its_workspace_and_variables_files() {
        let unit = unit(Tool::Terraform);
        let step = UnitStep { unit: &unit, step: Step::Plan, dir: None, lifting: None };
        let call = call(Path::new("/runs/1"), &order(Goal::Destroy), &around(), step);
        assert_eq!(
            line(&call),
            "/runs/1/cockpit-tf-shim plan -json -input=false -detailed-exitcode -lock-timeout=60s \
             -out=/runs/1/units/network/plan.tfplan -destroy -target=a.b[\"c d\"] -var-file=/envs/a.tfvars \
             -var-file=/envs/b.tfvars"
        );
        let value = |name: &str| call.variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        assert_eq!(value("TF_WORKSPACE"), Some("dev".into()));
        assert_eq!(value("AWS_PROFILE"), Some("staging".into()));
        assert_eq!(value("TF_VAR_a"), None, "variables of the shell do not reach the plan");
    }

    #[test]
    fn lifting_guards_targets_them_alone_and_destroys_nothing() {
        let lifting = Lifting { addresses: vec!["module.a.aws_lb.b".into()], switch: true };
        let unit = unit(Tool::Terraform);
        let step = UnitStep { unit: &unit, step: Step::Plan, dir: None, lifting: Some(&lifting) };
        let call = call(Path::new("/runs/1"), &order(Goal::Destroy), &around(), step);
        let line = line(&call);
        assert!(
            line.contains(" -target=module.a.aws_lb.b -var-file=") && line.ends_with(" -var=allow_destroy=true"),
            "{line}"
        );
        assert!(!line.contains("-destroy ") && !line.contains("c d"), "{line}");
    }

    #[test]
    fn plan_of_terragrunt_is_applied_by_terraform_unless_there_are_hooks() {
        let run = Path::new("/runs/1");
        let mut unit = unit(Tool::Terragrunt);
        let plan_step = UnitStep { unit: &unit, step: Step::Plan, dir: None, lifting: None };
        let plan = call(run, &order(Goal::Apply), &around(), plan_step);
        assert!(line(&plan).starts_with(
            "/bin/terragrunt run --working-dir /envs/network --non-interactive --no-color --log-format json \
             --no-auto-retry --no-auto-init --tf-path /runs/1/cockpit-tf-shim -- plan -json"
        ));
        let dir = Some(Path::new("/cache/module"));
        let apply_step = UnitStep { unit: &unit, step: Step::Apply, dir, lifting: None };
        let apply = call(run, &order(Goal::Apply), &around(), apply_step);
        assert_eq!(
            line(&apply),
            "/runs/1/cockpit-tf-shim apply -json -input=false -lock-timeout=60s /runs/1/units/network/plan.tfplan"
        );
        assert_eq!(apply.dir, Path::new("/cache/module"));
        let shortcuts = Shortcuts { fresh: true, ahead: true };
        let with_shortcuts = with_shortcuts(plan, run, &order(Goal::Apply), &unit, shortcuts);
        assert!(!line(&with_shortcuts).contains("--no-auto-init"), "the plan initialises a fresh unit");
        let value = |name: &str| {
            with_shortcuts.variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
        };
        assert_eq!(value(shim::INIT), Some("/envs/network".into()));
        assert_eq!(value(shim::GO), Some("/runs/1/units/network/go".into()));
        unit.around.apply_hooks = true;
        let apply_step = UnitStep { unit: &unit, step: Step::Apply, dir, lifting: None };
        let apply = call(run, &order(Goal::Apply), &around(), apply_step);
        assert!(line(&apply).starts_with("/bin/terragrunt run"));
        let destroy = |unit: &Unit| {
            let step = UnitStep { unit, step: Step::Apply, dir, lifting: None };
            line(&call(run, &order(Goal::Destroy), &around(), step))
        };
        assert!(destroy(&unit).starts_with("/runs/1/cockpit-tf-shim"), "hooks of apply do not run at a destroy");
        unit.around = Around { role: true, ..Around::default() };
        assert!(destroy(&unit).starts_with("/bin/terragrunt run"), "Terragrunt assumes the role of the plan");
    }

    #[test]
    fn destroy_with_destroy_hooks_is_refused_with_a_hint() {
        let unit = Unit { around: Around { destroy_hooks: true, ..Around::default() }, ..unit(Tool::Terragrunt) };
        let of = |goal| refusal(&RunOrder { units: vec![unit.clone()], ..order(goal) });
        assert!(
            of(Goal::Destroy).is_some_and(|why| why.starts_with("network: ") && why.contains("terragrunt destroy"))
        );
        assert_eq!(of(Goal::Apply), None);
    }

    #[test]
    fn ephemeral_values_are_passed_again_at_the_apply() {
        let dir = std::env::temp_dir().join(format!("cockpit-ephemeral-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let apply = |tool| {
            let unit = Unit { dir: dir.clone(), ..unit(tool) };
            let step = UnitStep { unit: &unit, step: Step::Apply, dir: Some(&dir), lifting: None };
            line(&call(Path::new("/runs/1"), &order(Goal::Apply), &around(), step))
        };
        std::fs::write(dir.join("main.tf"), "variable \"token\" { sensitive = true }\n").unwrap();
        assert!(!apply(Tool::Terraform).contains("-var-file"), "other variables are stored in the plan");
        assert!(apply(Tool::Terragrunt).starts_with("/runs/1/cockpit-tf-shim"));
        std::fs::write(dir.join("main.tf"), "variable \"token\" {\n  ephemeral = true\n}\n").unwrap();
        assert!(apply(Tool::Terraform).contains(" -var-file=/envs/a.tfvars -var-file=/envs/b.tfvars /runs/1/"));
        assert!(apply(Tool::Terragrunt).starts_with("/bin/terragrunt run"), "Terragrunt passes its inputs");
        std::fs::remove_dir_all(dir).unwrap();
    }
}
