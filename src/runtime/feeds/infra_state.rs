//! Reads the states of units, and the output of Terraform and Terragrunt in a run.

use super::context::FeedContext;
use super::errors::{failure_from, of_trouble};
use super::infra_inspect::{blocking, discover_units};
use crate::feeds::infra::{Declared, Fact};
use crate::infra::run::folder;
use crate::infra::{Access, DiscoverOptions, code};
use crate::model::Failure;
use crate::model::infra::compared::{DeclarationLocations, is_compared, missing_parameters};
use crate::model::infra::declared;
use crate::model::infra::run_event::Step;
use crate::model::infra::state::resources;
use crate::runtime::states::{self, States};
use serde_json::Value;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

/// The maximum number of bytes to read from the end of each output file.
const WRITTEN: u64 = 256 * 1024;

/// Returns the declared resources from the states of these units.
pub(super) async fn declared(context: &FeedContext, units: &[String]) -> Result<Fact, Failure> {
    let found = discover_units(context, DiscoverOptions { units, hooks: false, ..DiscoverOptions::default() }).await?;
    let States { units: mut states, mut missing, dirs } = states::of(&found).await;
    for (_, resources) in &mut states {
        resources.retain(is_compared);
    }
    let named = declared::parameters(&states);
    let mut unknown = Vec::new();
    if let Some(session) = context.session.as_ref().filter(|_| !named.is_empty()) {
        let names: Vec<String> = named.iter().map(|(.., name)| name.clone()).collect();
        let account = context.environment.as_deref().and_then(|environment| environment.account.as_deref());
        match session.existing_parameters(&names, account).await {
            Ok(known) => unknown = missing_parameters(named, &known),
            Err(failure) => missing.push(format!("parameters cannot be compared: {}", failure.message)),
        }
    }
    // Code is read from disk: several hundred files if there are many modules.
    let placed = blocking(move || {
        let mut places = DeclarationLocations::default();
        for (unit, resources) in &states {
            let Some((of, dir)) = dirs.get(unit) else { continue };
            for resource in resources {
                if let Some(place) = code::declaration_place(of, dir, &resource.address) {
                    places.insert((unit.clone(), resource.address.clone()), place);
                }
            }
        }
        (states, places)
    });
    let (states, places) = placed.await?;
    Ok(Fact::Declared(Box::new(Declared { states, places, absent: unknown, missing })))
}

/// Returns the attributes of a resource.
pub(super) async fn attributes(context: &FeedContext, unit: String, address: String) -> Result<Fact, Failure> {
    let units = [unit];
    let found =
        discover_units(context, DiscoverOptions { units: &units, hooks: false, ..DiscoverOptions::default() }).await?;
    let [unit] = units;
    let found_unit = found.graph.unit(&unit).ok_or_else(|| failure_from(format!("there is no unit {unit}")))?;
    let message = format!("the state of {unit} cannot be read");
    let read = Access::new(&found, found_unit).read(&["show", "-json", "-no-color"], &message).await;
    let answer = read.map_err(|trouble| of_trouble(&trouble))?;
    let all = resources(&answer.stdout).map_err(|error| failure_from(format!("{message}: {error}")))?;
    let values = all.iter().find(|resource| resource.address == address).map(|resource| named(&resource.values));
    Ok(Fact::Attributes { unit, address, values })
}

/// Returns attributes by name, without those whose value is null.
fn named(values: &Value) -> Vec<(String, String)> {
    let all = values.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    all.map(|(name, value)| (name.clone(), text(value))).collect()
}

/// Returns the output of Terraform and Terragrunt for a unit in a run, file by file in the order of the steps.
pub(super) async fn output_of_unit(run: PathBuf, unit: String) -> Result<Fact, Failure> {
    let read = blocking(move || {
        let mut lines = Vec::new();
        for step in [Step::Init, Step::Plan, Step::Show, Step::Apply] {
            // The output of `show` is the plan itself, and may contain secrets.
            let of_show = step == Step::Show;
            let files = [folder::stdout(&run, &unit, step), folder::stderr(&run, &unit, step)];
            for file in files.iter().skip(usize::from(of_show)) {
                end_of(file, &mut lines)
                    .map_err(|error| failure_from(format!("{} cannot be read: {error}", file.display())))?;
            }
        }
        Ok(Fact::Written { unit, lines })
    });
    read.await?
}

/// Appends the last lines of a file under its name; nothing if the file is missing or empty.
fn end_of(path: &Path, into: &mut Vec<String>) -> io::Result<()> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let size = file.metadata()?.len();
    if size == 0 {
        return Ok(());
    }
    let left_out = size.saturating_sub(WRITTEN);
    file.seek(SeekFrom::Start(left_out))?;
    let mut bytes = Vec::new();
    file.take(WRITTEN).read_to_end(&mut bytes)?;
    into.push(format!("── {} ──", path.display()));
    if left_out > 0 {
        into.push(format!("({left_out} bytes before this are left out)"));
    }
    into.extend(String::from_utf8_lossy(&bytes).lines().skip(usize::from(left_out > 0)).map(str::to_owned));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::private_files;
    use serde_json::json;

    #[test]
    fn attributes_without_a_value_are_left_out() {
        let attributes = named(&json!({"id": "i-1", "tags": {"a": "b"}, "none": null, "size": 3}));
        let attributes: Vec<String> = attributes.into_iter().map(|(name, value)| format!("{name} = {value}")).collect();
        assert_eq!(attributes, ["id = i-1", "tags = {\"a\":\"b\"}", "size = 3"]);
    }

    #[tokio::test]
    async fn output_is_shown_by_file_and_long_files_are_truncated_at_the_start() {
        let run = std::env::temp_dir().join(format!("cockpit-written-{}", std::process::id()));
        private_files::make(&folder::of_unit(&run, "app")).unwrap();
        let write = |path: PathBuf, text: &str| std::fs::write(path, text).unwrap();
        write(folder::stdout(&run, "app", Step::Plan), "{\"type\":\"version\"}\n");
        write(folder::stderr(&run, "app", Step::Plan), "a warning\n");
        write(folder::stdout(&run, "app", Step::Show), "{\"password\":\"geheim\"}");
        write(folder::stdout(&run, "app", Step::Apply), &"0123456789\n".repeat(30_000));
        let Fact::Written { unit, lines } = output_of_unit(run.clone(), "app".into()).await.unwrap() else {
            panic!("lines")
        };
        std::fs::remove_dir_all(&run).unwrap();
        let name = |step: &str| format!("── {} ──", folder::of_unit(&run, "app").join(step).display());
        assert_eq!(unit, "app");
        let of_plan = [name("plan.stdout"), "{\"type\":\"version\"}".into(), name("plan.stderr"), "a warning".into()];
        assert_eq!(lines[..4], of_plan);
        assert_eq!(lines[4..6], [name("apply.stdout"), "(67856 bytes before this are left out)".to_owned()]);
        assert_eq!((lines.last().unwrap().as_str(), lines.len()), ("0123456789", 6 + 23_831));
        assert!(!lines.iter().any(|line| line.contains("geheim")));
    }
}
