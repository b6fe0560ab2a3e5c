//! Checks of files and folders that an environment's configuration names.

use super::CheckedEnvironment;
use super::name_findings::{Checklist, Missing};
use crate::app::App;
use crate::config::EnvironmentConfig;
use crate::model::names::nearest;
use std::path::Path;

/// Checks each file and folder that the configuration names.
pub(super) fn check_files(lines: &mut Checklist<'_>, checked: &CheckedEnvironment, app: &App) {
    let environment = &checked.environment;
    let infra = &environment.infra;
    let is_folder = |path: &str| Path::new(path).is_dir();
    let is_file = |path: &str| Path::new(path).is_file();
    lines.key("infra.dir", &infra.dir, Ok(()), |path| absent(path, "folder", is_folder));
    lines.key("infra.plugin_dir", &infra.plugin_dir, Ok(()), |path| absent(path, "folder", is_folder));
    // A bare name is searched on PATH, which the check of the tool covers.
    let own = |program: &Option<String>| program.iter().filter(|path| path.contains('/')).cloned().collect::<Vec<_>>();
    lines.key("infra.terraform", &own(&infra.terraform), Ok(()), |path| absent(path, "program", is_file));
    lines.key("infra.terragrunt", &own(&infra.terragrunt), Ok(()), |path| absent(path, "program", is_file));
    let units: Vec<String> = infra.units.iter().map(|unit| unit.name.clone()).collect();
    lines.key("infra.units", &units, Ok(()), |name| {
        let unit = infra.units.iter().find(|unit| unit.name == name)?;
        if let Some(missing) = absent(&unit.dir, "folder", is_folder) {
            return Some(missing);
        }
        let folder = Path::new(&unit.dir);
        let files = unit.var_files.iter().map(|file| folder.join(file).display().to_string());
        files.into_iter().find_map(|file| absent(&file, "file", is_file))
    });
    lines.key("health.ca_file", &environment.health.ca_file, Ok(()), |path| absent(path, "file", is_file));
    let certificates = environment.database.sslrootcert.as_ref().filter(|path| *path != "system");
    lines.key("database.sslrootcert", certificates, Ok(()), |path| absent(path, "file", is_file));
    builds(lines, checked, app);
}

/// Checks the builds of this environment's services.
fn builds(lines: &mut Checklist<'_>, checked: &CheckedEnvironment, app: &App) {
    let services = app.estate.services.value().into_iter().flat_map(|services| services.keys());
    let services: Vec<&String> = services.chain(&checked.environment.services).collect();
    for (name, build) in &checked.config.builds {
        let used = services.iter().any(|service| {
            EnvironmentConfig::build_of(&checked.config.builds, service).is_some_and(|other| std::ptr::eq(other, build))
        });
        if !used {
            continue;
        }
        let file = Path::new(&build.context).join(build.dockerfile.as_deref().unwrap_or("Dockerfile"));
        let file = file.display().to_string();
        let missing = absent(&build.context, "folder", |path| Path::new(path).is_dir())
            .or_else(|| absent(&file, "file", |path| Path::new(path).is_file()));
        lines.add_global_value(&format!("build.{name}.context"), missing.map_or(Ok(build.context.clone()), Err));
    }
}

/// Returns an error if the path does not exist, with the most similar name in its folder as a hint.
fn absent(path: &str, what: &str, is: impl Fn(&str) -> bool) -> Option<Missing> {
    if is(path) {
        return None;
    }
    let place = Path::new(path);
    let name = place.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let siblings: Vec<String> = place
        .parent()
        .and_then(|folder| std::fs::read_dir(folder).ok())
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.path().to_str().map(str::to_owned))
        .filter(|path| is(path))
        .collect();
    let names = siblings.iter().filter_map(|path| Path::new(path).file_name()?.to_str());
    Some(Missing::with_message(format!("there is no {what} {path}"), nearest(&name, names)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_path_is_reported_with_a_similar_name() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("staging")).unwrap();
        std::fs::write(folder.path().join("stagign.txt"), "").unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let is_folder = |path: &str| Path::new(path).is_dir();
        assert!(absent(&path("staging"), "folder", is_folder).is_none());
        let missing = absent(&path("stagign"), "folder", is_folder).unwrap();
        assert!(missing.hint().contains("`staging`"), "{}", missing.hint());
        assert!(absent(&path("no/such"), "folder", is_folder).is_some());
    }
}
