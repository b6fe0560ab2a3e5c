//! The infrastructure of the demo: units with the names of a real environment's, of resources that are none. Terraform is real, and
//! so are runs over them; what stands in for AWS is a wait, of the simulated world's time. They lie beside the user's runs, so
//! that a run which goes on when the demo ends is found by the next one.

use super::audit;
use super::demo_recorded::{self, Recorded};
use crate::config::{InfraConfig, UnitConfig};
use crate::feeds::runs::Place;
use crate::infra::run::folder;
use crate::model::infra::Tool;
use std::fs::File;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// A unit: its name, its code, its state before the code's last change, and what it needs.
struct Made {
    name: &'static str,
    code: &'static str,
    state: &'static str,
    needs: &'static [&'static str],
}

macro_rules! unit {
    ($name:literal, $($needs:literal),*) => {
        Made {
            name: $name,
            code: include_str!(concat!("demo_infra/", $name, ".tf")),
            state: include_str!(concat!("demo_infra/", $name, ".tfstate.json")),
            needs: &[$($needs),*],
        }
    };
}

const UNITS: &[Made] = &[
    unit!("network",),
    unit!("ecr",),
    unit!("security", "network"),
    unit!("storage", "network"),
    unit!("database", "network", "security"),
    unit!("compute", "database", "ecr", "security", "storage"),
    unit!("monitoring", "compute", "database"),
];

/// The script that stands in for AWS.
const WAIT: &str = include_str!("demo_infra/wait.sh");

/// Makes it for an environment, as it is before an apply, unless a run over it goes on; what it is configured as.
///
/// # Errors
/// It cannot be written.
pub fn make(environment: &str, speed: f64) -> io::Result<InfraConfig> {
    let place = Place { audit_file: None, simulated: true };
    let nowhere = || io::Error::new(io::ErrorKind::NotFound, "there is no home folder to keep it in");
    make_in(&audit::runs(&place).ok_or_else(nowhere)?, environment, speed)
}

/// The run that happens again where there is no Terraform; none where it goes on already, of another demo.
///
/// # Errors
/// It cannot be written.
pub fn replayed(environment: &str, speed: f64) -> io::Result<Option<Recorded>> {
    let runs = audit::runs(&Place { audit_file: None, simulated: true }).unwrap_or_default();
    if goes_on(&runs, environment)? {
        return Ok(None);
    }
    demo_recorded::replay(&runs, &root(&runs, environment), if speed > 0.0 { speed } else { 1.0 }).map(Some)
}

/// As [`make`], beside a folder of runs.
///
/// # Errors
/// It cannot be written.
pub fn make_in(runs: &Path, environment: &str, speed: f64) -> io::Result<InfraConfig> {
    let root = root(runs, environment);
    // Another demo that begins at this moment would take away what this one writes.
    let _alone = lock(runs)?;
    if !goes_on(runs, environment)? {
        // Its runs speak of what is not there any more.
        for old in [&root, &folder::of_environment(runs, environment)] {
            match std::fs::remove_dir_all(old) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        fill(&root, speed)?;
    }
    let unit = |made: &Made| UnitConfig {
        name: made.name.to_owned(),
        dir: root.join(made.name).to_string_lossy().into_owned(),
        depends_on: made.needs.iter().map(|needs| (*needs).to_owned()).collect(),
        ..UnitConfig::default()
    };
    Ok(InfraConfig { kind: Some(Tool::Terraform), units: UNITS.iter().map(unit).collect(), ..InfraConfig::default() })
}

/// The folder of an environment's units in the demo.
pub fn root(runs: &Path, environment: &str) -> PathBuf {
    runs.with_file_name("demo").join(environment)
}

/// Held by the demo that makes its units, until it is dropped.
fn lock(runs: &Path) -> io::Result<File> {
    let folder = runs.with_file_name("demo");
    folder::make(&folder)?;
    let file = folder::to_add_to(&folder.join(".lock"))?;
    file.lock()?;
    Ok(file)
}

/// Whether a run is driven, or Terraform works for one that is not.
fn goes_on(runs: &Path, environment: &str) -> io::Result<bool> {
    for run in folder::list(runs, environment)? {
        if run.live || folder::works(&run.folder)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn fill(root: &Path, speed: f64) -> io::Result<()> {
    folder::make(root)?;
    for made in UNITS {
        let dir = root.join(made.name);
        folder::make(&dir)?;
        std::fs::write(dir.join("main.tf"), made.code)?;
        std::fs::write(dir.join("terraform.tfstate"), made.state)?;
    }
    let wait: PathBuf = root.join("wait");
    // A world that stands has no time that could pass.
    let speed = if speed > 0.0 { speed } else { 1.0 };
    std::fs::write(&wait, WAIT.replace("SPEED", &speed.to_string()))?;
    std::fs::set_permissions(&wait, std::fs::Permissions::from_mode(0o700))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::infra::state::Mark;

    #[test]
    fn demos_that_begin_at_one_moment_do_not_take_away_what_the_others_write() {
        let folder = tempfile::tempdir().unwrap();
        let runs = folder.path().join("runs");
        std::thread::scope(|scope| {
            let all: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| (0..20).try_for_each(|_| make_in(&runs, "staging", 1.0).map(drop))))
                .collect();
            for one in all {
                one.join().unwrap().unwrap();
            }
        });
    }

    #[test]
    fn the_demo_begins_as_it_is_before_an_apply_each_time_and_its_states_are_states() {
        let home = std::env::temp_dir().join(format!("cockpit-demo-infra-{}", std::process::id()));
        let runs = home.join("runs-simulated");
        let made = make_in(&runs, "staging", 20.0).unwrap();
        assert_eq!(made.kind, Some(Tool::Terraform));
        let known: Vec<&str> = made.units.iter().map(|unit| unit.name.as_str()).collect();
        for unit in &made.units {
            assert!(unit.depends_on.iter().all(|needs| known.contains(&needs.as_str())));
            let state = std::fs::read(Path::new(&unit.dir).join("terraform.tfstate")).unwrap();
            assert!(Mark::of(&state).unwrap().resources() > 2, "{}", unit.name);
        }
        let main = home.join("demo/staging/network/main.tf");
        std::fs::write(&main, "changed").unwrap();
        let old = runs.join("staging/20260101T000000Z-apply-1");
        std::fs::create_dir_all(&old).unwrap();
        make_in(&runs, "staging", 0.0).unwrap();
        assert!(std::fs::read_to_string(&main).unwrap().contains("endpoint_logs") && !old.exists());
        let wait = std::fs::read_to_string(home.join("demo/staging/wait")).unwrap();
        assert!(wait.contains("print $1 / 1 }"), "{wait}");
        std::fs::remove_dir_all(home).unwrap();
    }

    #[test]
    fn a_run_that_goes_on_keeps_what_it_works_at() {
        let home = std::env::temp_dir().join(format!("cockpit-demo-live-{}", std::process::id()));
        let runs = home.join("runs-simulated");
        make_in(&runs, "staging", 1.0).unwrap();
        let main = home.join("demo/staging/network/main.tf");
        std::fs::write(&main, "of a run").unwrap();
        let run = runs.join("staging/20260101T000000Z-apply-1");
        std::fs::create_dir_all(&run).unwrap();
        let lock = folder::drive(&run).unwrap();
        make_in(&runs, "staging", 1.0).unwrap();
        assert_eq!(std::fs::read_to_string(&main).unwrap(), "of a run");
        drop(lock);
        std::fs::remove_dir_all(home).unwrap();
    }
}
