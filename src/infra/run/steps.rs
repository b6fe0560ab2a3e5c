//! The call for a step of a unit: program, arguments, variables.

use super::ahead;
use super::folder;
use super::shim;
use super::world;
use crate::config::EnvironmentConfig;
use crate::infra::ask::STATE;
use crate::infra::surroundings::{ChildEnvironment, DEFAULT_WORKSPACE};
use crate::model::infra::guard;
use crate::model::infra::run_event::{Goal, Step};
use crate::model::infra::{Order, Tool, Unit};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// How long Terraform waits for a lock of the state that somebody else holds.
const LOCK_TIMEOUT: &str = "-lock-timeout=60s";

/// The flag that keeps Terragrunt from initialising by itself.
const NO_INIT: &str = "--no-auto-init";

/// A program that is called, with its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
    /// The folder that it runs in.
    pub dir: PathBuf,
    pub variables: Vec<(OsString, OsString)>,
}

/// A plan instead of a destroy: it lifts the guards of these resources.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lifting {
    /// The addresses of the resources.
    pub addresses: Vec<String>,
    /// Whether the root has a switch that says so of those in its modules.
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
                // No plan keeps the values of ephemeral variables.
                let again = unit.tool == Tool::Terraform && has_ephemeral(dir.unwrap_or(&unit.dir));
                terraform.extend(unit.var_files.iter().filter(|_| again).map(|file| joined("-var-file=", file)));
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
    if through_terragrunt(order.goal, unit, step, dir) {
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
    /// Whether it initialises the unit too.
    pub fresh: bool,
    /// Whether it begins before its time, and waits.
    pub ahead: bool,
}

/// Leads the call of a plan in these shorter ways.
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
        let cache = unit.around.cache.clone().map(PathBuf::into_os_string);
        call.variables.extend(cache.map(|cache| (shim::CACHE.into(), cache)));
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

/// The call of a question that needs the state: with Terragrunt where that has other credentials for it.
pub fn ask_state(
    order: &Order,
    around: &ChildEnvironment,
    unit: &Unit,
    dir: Option<&Path>,
    arguments: Vec<OsString>,
) -> Call {
    if !unit.around.has_state() {
        return ask(order, around, unit, dir, arguments);
    }
    let words = STATE.into_iter().map(OsString::from).chain(arguments);
    of_terragrunt(order, around, &unit.dir, words)
}

/// Terragrunt, for a short question in a folder. It calls Terraform itself, and what that says is all that it prints.
pub fn of_terragrunt(
    order: &Order,
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

/// Whether a step goes through Terragrunt. Where a plan is, Terraform applies it without: its values are in it. What is
/// around the apply is Terragrunt's, and so are the values of variables that no plan keeps.
pub fn through_terragrunt(goal: Goal, unit: &Unit, step: Step, dir: Option<&Path>) -> bool {
    let destroys = goal == Goal::Destroy;
    unit.tool == Tool::Terragrunt
        && match step {
            Step::Init | Step::Plan => true,
            Step::Show => false,
            Step::Apply => {
                // Its hooks would run at a destroy, and they are none of that.
                let alone = destroys && unit.around.apply_hooks;
                !unit.around.why(destroys).is_empty() || (!alone && dir.is_some_and(has_ephemeral))
            }
        }
}

/// Sentences on how plans are applied that a person should know, by unit.
pub fn through(order: &Order) -> Vec<(String, String)> {
    let applied = order.units.iter().filter(|unit| unit.tool == Tool::Terragrunt && order.goal.applies());
    let told = applied.filter_map(|unit| {
        let why = unit.around.why(order.goal == Goal::Destroy);
        let text = format!("{}: its plan is applied through Terragrunt", why.join(", "));
        (!why.is_empty()).then(|| (unit.name.clone(), text))
    });
    told.collect()
}

/// Whether the code in a folder has ephemeral variables, as far as its text tells.
fn has_ephemeral(dir: &Path) -> bool {
    let says = |text: &str| {
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
    code.any(|path| std::fs::read_to_string(path).is_ok_and(|text| says(&text)))
}

/// Why a run is not begun over these units: Terragrunt does something around them that it would not do, or would do wrongly.
pub fn refused(order: &Order) -> Option<String> {
    let mut destroyed = order.units.iter().filter(|_| order.goal == Goal::Destroy);
    destroyed.find_map(|unit| Some(format!("{}: {}", unit.name, unit.around.not_destroyed()?)))
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
    use crate::model::infra::Around;
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
            around: Around::default(),
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
        unit.around.apply_hooks = true;
        let apply =
            call(run, &order(Goal::Apply), &around(), &unit, Step::Apply, Some(Path::new("/cache/module")), None);
        assert!(line(&apply).starts_with("/bin/terragrunt run"));
        let destroy = |unit: &Unit| {
            let dir = Some(Path::new("/cache/module"));
            line(&call(run, &order(Goal::Destroy), &around(), unit, Step::Apply, dir, None))
        };
        assert!(destroy(&unit).starts_with("/runs/1/cockpit-tf-shim"), "hooks of apply alone are none of a destroy");
        unit.around = Around { role: true, ..Around::default() };
        assert!(
            destroy(&unit).starts_with("/bin/terragrunt run"),
            "it is destroyed in the role that it was planned in"
        );
    }

    #[test]
    fn a_destroy_of_what_has_hooks_of_destroy_is_refused_with_what_to_do() {
        let unit = Unit { around: Around { destroy_hooks: true, ..Around::default() }, ..unit(Tool::Terragrunt) };
        let of = |goal| refused(&Order { units: vec![unit.clone()], ..order(goal) });
        assert!(
            of(Goal::Destroy).is_some_and(|why| why.starts_with("network: ") && why.contains("terragrunt destroy"))
        );
        assert_eq!(of(Goal::Apply), None);
    }

    #[test]
    fn values_that_no_plan_keeps_are_given_again_at_the_apply() {
        let dir = std::env::temp_dir().join(format!("cockpit-ephemeral-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let apply = |tool| {
            let unit = Unit { dir: dir.clone(), ..unit(tool) };
            line(&call(Path::new("/runs/1"), &order(Goal::Apply), &around(), &unit, Step::Apply, Some(&dir), None))
        };
        std::fs::write(dir.join("main.tf"), "variable \"token\" { sensitive = true }\n").unwrap();
        assert!(!apply(Tool::Terraform).contains("-var-file"), "a plan has all others");
        assert!(apply(Tool::Terragrunt).starts_with("/runs/1/cockpit-tf-shim"));
        std::fs::write(dir.join("main.tf"), "variable \"token\" {\n  ephemeral = true\n}\n").unwrap();
        assert!(apply(Tool::Terraform).contains(" -var-file=/envs/a.tfvars -var-file=/envs/b.tfvars /runs/1/"));
        assert!(apply(Tool::Terragrunt).starts_with("/bin/terragrunt run"), "its inputs are Terragrunt's");
        std::fs::remove_dir_all(dir).unwrap();
    }
}
