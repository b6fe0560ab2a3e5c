//! What a plan is bound to: the hash of its file, and the code that it was made of.

use crate::model::infra::Unit;
use crate::model::infra::files_read::{self, Base};
use crate::model::infra::path::plain;
use crate::model::infra::run_event::Revision;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Endings of the files that Terraform and Terragrunt read.
const CODE: &[&str] = &["*.tf", "*.tf.json", "*.tfvars", "*.tfvars.json", "*.hcl", "*.tftpl", "*.tpl"];
/// Which providers `init` has chosen.
const PROVIDERS: &str = ".terraform.lock.hcl";
/// Laid over the code of a unit while what guards it is lifted.
pub(super) const OVERRIDE: &str = "cockpit_destroy_override.tf";
/// Endings of what a plan writes: archives, and itself.
const WRITTEN: &[&str] = &[".zip", ".tfplan"];
/// Folders that are made of others.
const MADE: &[&str] = &[".terraform", ".terragrunt-cache", ".git", "terraform.tfstate.d"];

/// SHA-256 of a file, in hexadecimal digits.
///
/// # Errors
/// When it cannot be read.
pub fn sha256(path: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    io::copy(&mut File::open(path)?, &mut hash)?;
    Ok(hex(hash))
}

fn hex(hash: Sha256) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for byte in hash.finalize() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The revision of the code of a folder; none where it is in no repository.
pub fn revision(dir: &Path) -> Option<Revision> {
    let commit = git(dir, ["rev-parse", "HEAD"])?;
    let commit = String::from_utf8(commit).ok()?.trim().to_owned();
    let dirty = git(dir, ["status", "--porcelain"]).is_none_or(|changes| !changes.is_empty());
    Some(Revision { commit, dirty })
}

/// The files that a plan of a unit may be made of, and what is in them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Code(BTreeMap<PathBuf, String>);

impl Code {
    /// One hash over all of it, in hexadecimal digits.
    pub fn hash(&self) -> String {
        let mut all = Sha256::new();
        for (file, content) in &self.0 {
            all.update(file.as_os_str().as_encoded_bytes());
            all.update([0]);
            all.update(content);
            all.update([0]);
        }
        hex(all)
    }

    /// Files that are others later, or there at one time alone; what `init` writes is not among them, as a plan may do that too.
    pub fn changed(&self, later: &Self) -> BTreeSet<PathBuf> {
        let all: BTreeSet<&PathBuf> = self.0.keys().chain(later.0.keys()).collect();
        let other = |file: &&PathBuf| self.0.get(*file) != later.0.get(*file);
        let locks = |file: &&PathBuf| file.file_name() == Some(OsStr::new(PROVIDERS));
        all.into_iter().filter(other).filter(|file| !locks(file)).cloned().collect()
    }
}

/// The files that a plan of a unit may be made of: all code of its repository, changes that are not committed too, or outside of one
/// what is in its folder; the code of its modules that is not in that; variables that Terraform reads by the names of their files,
/// also where Git ignores them; and what this code reads beside itself.
pub fn code(unit: &Unit) -> Code {
    let top = git(&unit.dir, ["rev-parse", "--show-toplevel"])
        .and_then(|top| String::from_utf8(top).ok())
        .map(|top| PathBuf::from(top.trim_end_matches('\n')));
    let mut files: BTreeSet<PathBuf> = match &top {
        Some(top) => in_repository(top).unwrap_or_default().into_iter().collect(),
        None => below(&unit.dir, is_code).into_iter().collect(),
    };
    files.extend(unit.var_files.iter().cloned());
    files.extend(variables(&unit.dir));
    let mut unread: Vec<PathBuf> = files.iter().cloned().collect();
    while let Some(file) = unread.pop() {
        let named = if is_language(&file) { files_read::named(&text(&file)) } else { continue };
        let of_file = file.parent().unwrap_or(&unit.dir);
        for (base, name) in named.read {
            let path = match base {
                Base::Code => of_file.join(name),
                Base::Unit => unit.dir.join(name),
            };
            files.extend(if path.is_dir() { below(&path, is_read) } else { vec![path] });
        }
        for module in &named.modules {
            let module = plain(&of_file.join(module));
            // A repository has the code of its own modules already; one may be outside of it, or in one of its own.
            if top.is_some() && files.range(module.clone()..).next().is_some_and(|file| file.starts_with(&module)) {
                continue;
            }
            let code = below(&module, is_code);
            unread.extend(code.into_iter().filter(|file| files.insert(file.clone())));
        }
    }
    // What the cockpit lays over the code for the time of a plan is in that plan.
    files.retain(|file| file.file_name() != Some(OsStr::new(OVERRIDE)));
    // One that is gone is a change too: its name is in the list of the repository, or it is not in the folder's.
    let hashed = |file: PathBuf| {
        let content = sha256(&file).unwrap_or_default();
        (file, content)
    };
    Code(files.into_iter().map(hashed).collect())
}

/// The files in a folder whose variables Terraform reads unasked.
fn variables(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let named = entries.filter(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        matches!(name.as_ref(), "terraform.tfvars" | "terraform.tfvars.json")
            || name.ends_with(".auto.tfvars")
            || name.ends_with(".auto.tfvars.json")
    });
    named.map(|entry| entry.path()).collect()
}

/// The text of a file of code; nothing where it has none.
fn text(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_default()
}

/// Whether a file is in the language in which code names others.
fn is_language(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "tf" || ending == "hcl")
}

/// Whether Terraform or Terragrunt read a file of this name as code.
fn is_code(name: &str) -> bool {
    CODE.iter().any(|ending| name.ends_with(&ending[1..]))
}

/// Whether a file of this name is part of a folder that is read whole: neither a state nor what a plan writes.
fn is_read(name: &str) -> bool {
    !name.contains(".tfstate") && !WRITTEN.iter().any(|ending| name.ends_with(ending))
}

fn in_repository(top: &Path) -> Option<Vec<PathBuf>> {
    use std::os::unix::ffi::OsStrExt as _;
    let mut arguments = vec!["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--"];
    arguments.extend(CODE);
    let listed = git(top, arguments)?;
    let names = listed.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    let names = names.map(|name| Path::new(OsStr::from_bytes(name)));
    // Tools make them whether Git is told to ignore them or not.
    let made = |name: &Path| name.components().any(|part| MADE.iter().any(|made| part.as_os_str() == *made));
    Some(names.filter(|name| !made(name)).map(|name| top.join(name)).collect())
}

/// The files below a folder whose names are of these, without those in folders that are made of others.
fn below(dir: &Path, wanted: fn(&str) -> bool) -> Vec<PathBuf> {
    let (mut found, mut open) = (Vec::new(), vec![dir.to_owned()]);
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && !MADE.contains(&name.as_ref()) => open.push(entry.path()),
                Ok(kind) if !kind.is_dir() && wanted(&name) => found.push(entry.path()),
                _ => {}
            }
        }
    }
    found
}

/// The output of git; none where it fails, or is not there.
fn git<'a>(dir: &Path, arguments: impl IntoIterator<Item = &'a str>) -> Option<Vec<u8>> {
    let asked = Command::new("git")
        .arg("-C")
        .arg(dir)
        .args(["--no-optional-locks"])
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    asked.status.success().then_some(asked.stdout)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::infra::Around;
    use crate::model::infra::Tool;

    const READS: &str = "locals {\n  entry = \"index.mjs\"\n  source = file(\"${path.module}/${local.entry}\")\n}\n";

    /// A unit with a module beside it that reads a file, in this folder.
    fn unit(root: &Path) -> Unit {
        let _ = std::fs::remove_dir_all(root);
        let write = |name: &str, text: &str| {
            let file = root.join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        };
        write("unit/main.tf", "module \"it\" {\n  source = \"../module\"\n}\nlocals { a = file(\"a.json\") }\n");
        write("unit/a.json", "{}");
        write("module/main.tf", READS);
        write("module/index.mjs", "one");
        Unit {
            name: "unit".into(),
            tool: Tool::Terraform,
            dir: root.join("unit"),
            workspace: None,
            var_files: Vec::new(),
            depends_on: Vec::new(),
            around: Around::default(),
        }
    }

    /// What a change of each of these does: whether the code is another one.
    fn changes(unit: &Unit, root: &Path) -> Vec<(&'static str, bool)> {
        let files = [
            "unit/main.tf",
            "unit/a.json",
            "module/main.tf",
            "module/index.mjs",
            "unit/notes.txt",
            "unit/terraform.tfstate",
            "module/made.zip",
            "module/.terraform/x.tf",
        ];
        let changed = |name| {
            let (file, before) = (root.join(name), code(unit));
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, format!("{text}\n# more\n")).unwrap();
            (name, before != code(unit))
        };
        files.into_iter().map(changed).collect()
    }

    #[test]
    fn what_code_reads_beside_itself_is_part_of_it_in_a_repository_and_outside_of_one() {
        let root = std::env::temp_dir().join(format!("cockpit-bound-{}", std::process::id()));
        let wanted = [true, true, true, true, false, false, false, false];
        let told = changes(&unit(&root), &root);
        assert_eq!(told.iter().map(|(_, changed)| *changed).collect::<Vec<_>>(), wanted, "{told:?}");
        let unit = unit(&root);
        std::fs::write(root.join(".gitignore"), "*.tfstate\n*.zip\n.terraform/\n").unwrap();
        for arguments in [&["init", "-q"][..], &["add", "."]] {
            assert!(git(&root, arguments.iter().copied()).is_some(), "git {arguments:?}");
        }
        let told = changes(&unit, &root);
        assert_eq!(told.iter().map(|(_, changed)| *changed).collect::<Vec<_>>(), wanted, "{told:?}");
        assert_eq!(code(&unit), code(&unit));
        std::fs::remove_file(root.join("module/index.mjs")).unwrap();
        let gone = code(&unit);
        std::fs::write(root.join("module/index.mjs"), "two").unwrap();
        assert_ne!(code(&unit), gone, "that it is gone is a change");
        std::fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn in_a_repository_what_tools_make_is_no_code_and_variables_that_git_ignores_are() {
        let root = std::env::temp_dir().join(format!("cockpit-bound-git-{}", std::process::id()));
        let repository = root.join("repository");
        let unit = unit(&repository);
        let write = |name: &str, text: &str| {
            let file = root.join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        };
        write("repository/.gitignore", "*.tfvars\n*.tfvars.json\n");
        write("repository/unit/far.tf", "module \"far\" {\n  source = \"../../outside\"\n}\n");
        write("outside/main.tf", "module \"further\" {\n  source = \"../further\"\n}\n");
        write("further/main.tf", "");
        assert!(git(&repository, ["init", "-q"]).is_some() && git(&repository, ["add", "."]).is_some());
        let changes = |name: &str| {
            let before = code(&unit);
            write(name, &format!("# {name}\n"));
            let after = code(&unit);
            assert_eq!(before.hash() != after.hash(), before != after);
            !before.changed(&after).is_empty()
        };
        let part =
            ["unit/terraform.tfvars", "unit/terraform.tfvars.json", "unit/a.auto.tfvars", "unit/a.auto.tfvars.json"];
        for name in part.map(|name| format!("repository/{name}")).iter().map(String::as_str).chain(["further/main.tf"])
        {
            assert!(changes(name), "{name}");
        }
        let none = [
            "unit/.terragrunt-cache/a/b/main.tf",
            "unit/.terraform/modules/a/main.tf",
            "unit/named.tfvars",
            "other.txt",
        ];
        for name in none.map(|name| format!("repository/{name}")) {
            assert!(!changes(&name), "{name}");
        }
        let before = code(&unit);
        write("repository/unit/.terraform.lock.hcl", "");
        assert!(
            before.hash() != code(&unit).hash() && before.changed(&code(&unit)).is_empty(),
            "a plan may initialise"
        );
        std::fs::remove_dir_all(&root).unwrap();
    }
}
