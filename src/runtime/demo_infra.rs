//! The infrastructure of the demo: units named like those of a real environment, with placeholder resources. Terraform and the
//! runs over the units are real; a wait, in the simulated world's time, stands in for AWS. The units are stored beside the user's
//! runs, so that the next demo finds a run that continues after this one ends.

use super::audit;
use super::demo_recorded::{self, Replay};
use crate::config::{InfraConfig, UnitConfig};
use crate::feeds::runs::Place;
use crate::infra::run::folder;
use crate::model::infra::Tool;
use crate::private_files;
use std::fs::File;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// A unit: its name, its code, its state before the last change of the code, and the units that it depends on.
struct DemoUnit {
    name: &'static str,
    code: &'static str,
    state: &'static str,
    needs: &'static [&'static str],
}

macro_rules! unit {
    ($name:literal, $($needs:literal),*) => {
        DemoUnit {
            name: $name,
            code: include_str!(concat!("demo_infra/", $name, ".tf")),
            state: include_str!(concat!("demo_infra/", $name, ".tfstate.json")),
            needs: &[$($needs),*],
        }
    };
}

const UNITS: &[DemoUnit] = &[
    unit!("network",),
    unit!("ecr",),
    unit!("security", "network"),
    unit!("storage", "network"),
    unit!("database", "network", "security"),
    unit!("compute", "database", "ecr", "security", "storage"),
    unit!("monitoring", "compute", "database"),
];

/// The script that stands in for AWS by waiting.
const WAIT: &str = include_str!("demo_infra/wait.sh");

/// Creates an environment's units in their state before an apply, unless a run over them is in progress. Returns their
/// configuration.
///
/// # Errors
/// If they cannot be written.
pub fn create(environment: &str, speed: f64) -> io::Result<InfraConfig> {
    let place = Place { audit_file: None, simulated: true };
    let no_home = || io::Error::new(io::ErrorKind::NotFound, "there is no home folder to keep it in");
    create_in(&audit::runs_folder(&place).ok_or_else(no_home)?, environment, speed)
}

/// Starts the recorded run, for a machine without Terraform. `None` if another demo is already replaying it.
///
/// # Errors
/// If it cannot be written.
pub fn start_replay(environment: &str, speed: f64) -> io::Result<Option<Replay>> {
    let runs = audit::runs_folder(&Place { audit_file: None, simulated: true }).unwrap_or_default();
    if is_running(&runs, environment)? {
        return Ok(None);
    }
    demo_recorded::replay(&runs, &root(&runs, environment), if speed > 0.0 { speed } else { 1.0 }).map(Some)
}

/// As [`create`], beside a given folder of runs.
///
/// # Errors
/// If they cannot be written.
pub fn create_in(runs: &Path, environment: &str, speed: f64) -> io::Result<InfraConfig> {
    let root = root(runs, environment);
    // Another demo that starts at the same moment would delete the files that this one writes.
    let _lock = lock(runs)?;
    if !is_running(runs, environment)? {
        // The old runs refer to units that no longer exist.
        for old in [&root, &folder::of_environment(runs, environment)] {
            match std::fs::remove_dir_all(old) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        fill(&root, speed)?;
    }
    let config = |unit: &DemoUnit| UnitConfig {
        name: unit.name.to_owned(),
        dir: root.join(unit.name).to_string_lossy().into_owned(),
        depends_on: unit.needs.iter().map(|needs| (*needs).to_owned()).collect(),
        ..UnitConfig::default()
    };
    Ok(InfraConfig { kind: Some(Tool::Terraform), units: UNITS.iter().map(config).collect(), ..InfraConfig::default() })
}

/// Returns the folder of an environment's units in the demo.
pub fn root(runs: &Path, environment: &str) -> PathBuf {
    runs.with_file_name("demo").join(environment)
}

/// Takes the lock under which a demo creates its units. It is held until the file is dropped.
fn lock(runs: &Path) -> io::Result<File> {
    let folder = runs.with_file_name("demo");
    private_files::make(&folder)?;
    let file = private_files::to_add_to(&folder.join(".lock"))?;
    file.lock()?;
    Ok(file)
}

/// Whether a run has a live supervisor, or Terraform is still working for one that has none.
fn is_running(runs: &Path, environment: &str) -> io::Result<bool> {
    for run in folder::list(runs, environment)? {
        if run.live || folder::has_running_step(&run.folder)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn fill(root: &Path, speed: f64) -> io::Result<()> {
    private_files::make(root)?;
    for unit in UNITS {
        let dir = root.join(unit.name);
        private_files::make(&dir)?;
        std::fs::write(dir.join("main.tf"), unit.code)?;
        std::fs::write(dir.join("terraform.tfstate"), unit.state)?;
    }
    let wait: PathBuf = root.join("wait");
    // In a stopped world no time would pass.
    let speed = if speed > 0.0 { speed } else { 1.0 };
    std::fs::write(&wait, WAIT.replace("SPEED", &speed.to_string()))?;
    std::fs::set_permissions(&wait, std::fs::Permissions::from_mode(0o700))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::infra::state::StateIdentity;

    #[test]
    fn concurrent_demos_do_not_delete_each_others_files() {
        let folder = tempfile::tempdir().unwrap();
        let runs = folder.path().join("runs");
        std::thread::scope(|scope| {
            let all: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| (0..20).try_for_each(|_| create_in(&runs, "staging", 1.0).map(drop))))
                .collect();
            for one in all {
                one.join().unwrap().unwrap();
            }
        });
    }

    #[test]
    fn each_demo_starts_before_an_apply_with_valid_states() {
        let home = std::env::temp_dir().join(format!("cockpit-demo-infra-{}", std::process::id()));
        let runs = home.join("runs-simulated");
        let made = create_in(&runs, "staging", 20.0).unwrap();
        assert_eq!(made.kind, Some(Tool::Terraform));
        let known: Vec<&str> = made.units.iter().map(|unit| unit.name.as_str()).collect();
        for unit in &made.units {
            assert!(unit.depends_on.iter().all(|needs| known.contains(&needs.as_str())));
            let state = std::fs::read(Path::new(&unit.dir).join("terraform.tfstate")).unwrap();
            assert!(StateIdentity::of(&state).unwrap().resources() > 2, "{}", unit.name);
        }
        let main = home.join("demo/staging/network/main.tf");
        std::fs::write(&main, "changed").unwrap();
        let old = runs.join("staging/20260101T000000Z-apply-1");
        std::fs::create_dir_all(&old).unwrap();
        create_in(&runs, "staging", 0.0).unwrap();
        assert!(std::fs::read_to_string(&main).unwrap().contains("endpoint_logs") && !old.exists());
        let wait = std::fs::read_to_string(home.join("demo/staging/wait")).unwrap();
        assert!(wait.contains("print $1 / 1 }"), "{wait}");
        std::fs::remove_dir_all(home).unwrap();
    }

    #[test]
    fn running_run_keeps_its_units() {
        let home = std::env::temp_dir().join(format!("cockpit-demo-live-{}", std::process::id()));
        let runs = home.join("runs-simulated");
        create_in(&runs, "staging", 1.0).unwrap();
        let main = home.join("demo/staging/network/main.tf");
        std::fs::write(&main, "of a run").unwrap();
        let run = runs.join("staging/20260101T000000Z-apply-1");
        std::fs::create_dir_all(&run).unwrap();
        let lock = folder::lock_run(&run).unwrap();
        create_in(&runs, "staging", 1.0).unwrap();
        assert_eq!(std::fs::read_to_string(&main).unwrap(), "of a run");
        drop(lock);
        std::fs::remove_dir_all(home).unwrap();
    }
}
