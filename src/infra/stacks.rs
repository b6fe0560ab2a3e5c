//! Stacks of Terragrunt (`terragrunt.stack.hcl`): folders whose units are generated. `terragrunt find` knows only what was, and
//! says nothing of the rest.

use crate::model::infra::path::plain;
use crate::model::infra::{Trouble, TroubleKind};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The file of a stack.
const FILE: &str = "terragrunt.stack.hcl";
/// The folder that its units are generated in.
const MADE: &str = ".terragrunt-stack";
/// The file that is written beside a unit each time that it is generated.
const MANIFEST: &str = ".terragrunt-stack-manifest";
/// In the file of a stack: a unit is generated beside it, and not in the folder of generated ones.
const BESIDE: &str = "no_dot_terragrunt_stack";

/// Where what a stack has is generated, as seen from the environment's folder.
fn made(stack: &str) -> String {
    if stack == "." { MADE.to_owned() } else { format!("{stack}/{MADE}") }
}

/// The error of stacks that were not generated: none of their units is there.
pub(super) fn not_generated(
    stacks: &[&str],
    units: &BTreeSet<&str>,
    dir: &Path,
    read: &dyn Fn(&Path) -> Option<String>,
) -> Option<Trouble> {
    let is_there = |stack: &str| {
        let beside = read(&plain(&dir.join(stack)).join(FILE)).is_some_and(|text| text.contains(BESIDE));
        let folder = if beside { stack.to_owned() } else { made(stack) };
        units.iter().any(|unit| folder == "." || unit.strip_prefix(&folder).is_some_and(|rest| rest.starts_with('/')))
    };
    let missing: Vec<&str> = stacks.iter().copied().filter(|stack| !is_there(stack)).collect();
    if missing.is_empty() {
        return None;
    }
    let trouble = Trouble::new(TroubleKind::Code, "a stack is not generated, and its units are not there");
    let causes = missing.iter().map(|stack| plain(&dir.join(stack)).join(FILE).display().to_string());
    Some(trouble.causes(causes).hint(format!("run `terragrunt stack generate` in {}", dir.display())))
}

/// Warnings of stacks whose file was changed after their units were generated.
pub(super) fn older(stacks: &[&str], dir: &Path, changed: impl Fn(&Path) -> io::Result<SystemTime>) -> Vec<String> {
    let is_older = |stack: &str| {
        let of_file = changed(&plain(&dir.join(stack)).join(FILE)).ok()?;
        let folders = std::fs::read_dir(plain(&dir.join(made(stack)))).ok()?.flatten().map(|entry| entry.path());
        let generated = |folder: PathBuf| changed(&folder.join(MANIFEST)).ok();
        Some(folders.filter_map(generated).min()? < of_file)
    };
    let old = stacks.iter().filter(|stack| is_older(stack).unwrap_or(false));
    old.map(|stack| {
        format!(
            "the stack {stack} was changed after its units were generated: `terragrunt stack generate` makes them again"
        )
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_stack_without_a_unit_is_an_error_and_what_was_generated_is_none() {
        let dir = Path::new("/envs");
        let units = BTreeSet::from(["net", "made/.terragrunt-stack/web", "beside/web", "madeup/x"]);
        let read = |path: &Path| Some(if path.starts_with("/envs/beside") { BESIDE.to_owned() } else { String::new() });
        let of = |stacks: &[&str]| not_generated(stacks, &units, dir, &read);
        assert_eq!(of(&["made", "beside"]), None);
        let trouble = of(&["made", "st"]).unwrap();
        assert_eq!(trouble.causes, ["/envs/st/terragrunt.stack.hcl"]);
        assert!(trouble.hint.is_some_and(|hint| hint.contains("terragrunt stack generate")));
        assert!(of(&["."]).is_some(), "what lies below it is none of what it generates");
    }

    #[test]
    fn a_stack_that_was_changed_since_its_units_were_generated_is_told() {
        let dir = std::env::temp_dir().join(format!("cockpit-stacks-{}", std::process::id()));
        std::fs::create_dir_all(dir.join("st/.terragrunt-stack/web")).unwrap();
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let changed =
            |file: u64| move |path: &Path| Ok(at(if path.ends_with("st/terragrunt.stack.hcl") { file } else { 5 }));
        assert_eq!(older(&["st"], &dir, changed(4)), Vec::<String>::new());
        let told = older(&["st"], &dir, changed(6));
        assert!(told.len() == 1 && told[0].contains("the stack st was changed"), "{told:?}");
        std::fs::remove_dir_all(dir).unwrap();
    }
}
