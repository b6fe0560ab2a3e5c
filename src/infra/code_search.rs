//! The code of Terragrunt's units, searched as text: a setting whose name is in no file is used by no unit. This avoids calling
//! Terragrunt, which takes a process for each unit.

use std::collections::BTreeMap;
use std::path::Path;

/// The text of all code files of a unit, by the unit's name; `None` if one of them cannot be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Texts(BTreeMap<String, Option<String>>);

/// The common end of the names of functions that read files: `file(`, `sops_decrypt_file(`, `fileexists(`.
const FILE: &str = "file";

impl Texts {
    /// Reads the code. Each unit has its name, its path, and the files it reads, relative to the environment's folder.
    pub(super) fn of<'a>(units: impl Iterator<Item = (String, &'a str, &'a [String])>, dir: &Path) -> Self {
        let text = |path: &str, reading: &[String]| {
            let folder = dir.join(path);
            let own = ["terragrunt.hcl", "terragrunt.hcl.json"].iter().find_map(|name| {
                let text = std::fs::read_to_string(folder.join(name)).ok()?;
                Some(text + "\n")
            });
            let read =
                reading.iter().filter(|file| is_code(file)).map(|file| std::fs::read_to_string(dir.join(file)).ok());
            std::iter::once(own).chain(read).collect::<Option<Vec<String>>>().map(|all| all.join("\n"))
        };
        Self(units.map(|(name, path, reading)| (name, text(path, reading))).collect())
    }

    fn text(&self, unit: &str) -> Option<&str> {
        self.0.get(unit)?.as_deref()
    }

    /// Whether the code of a unit may contain this word.
    pub(super) fn may_mention(&self, unit: &str, word: &str) -> bool {
        self.text(unit).is_none_or(|text| text.contains(word))
    }

    /// Whether reading the code of a unit reads nothing else than code: it runs no program and reads no file. Outputs of other
    /// units are requested through Terraform.
    pub(super) fn is_self_contained(&self, unit: &str) -> bool {
        self.text(unit).is_some_and(|text| !text.contains("_hook") && !text.contains("run_cmd") && !reads_files(text))
    }
}

fn is_code(file: &str) -> bool {
    Path::new(file).extension().is_some_and(|ending| ending == "hcl") || file.ends_with(".hcl.json")
}

/// Whether a function with `file` in its name is called.
fn reads_files(text: &str) -> bool {
    text.match_indices(FILE).any(|(at, _)| {
        let rest =
            text[at + FILE.len()..].trim_start_matches(|letter: char| letter.is_ascii_alphanumeric() || letter == '_');
        rest.trim_start_matches([' ', '\t']).starts_with('(')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_all_files_and_unreadable_code_may_contain_any() {
        let dir = std::env::temp_dir().join(format!("cockpit-texts-{}", std::process::id()));
        let put = |path: &str, text: &str| {
            let path = dir.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        put("root.hcl", "terraform {\n  before_hook \"a\" {}\n}");
        put("plain/terragrunt.hcl", "inputs = { profile = \"a\", path = find_in_parent_folders(\"x\") }");
        put("hooked/terragrunt.hcl", "include \"root\" { path = \"../root.hcl\" }");
        put("asks/terragrunt.hcl", "locals { a = run_cmd(\"date\") }");
        put("reads/terragrunt.hcl", "locals { a = yamldecode(file (\"a.yaml\")) }");
        put("secret/terragrunt.hcl", "locals { a = sops_decrypt_file(\"a\") }");
        put("gone/terragrunt.hcl", "");
        let root = ["root.hcl".to_owned()];
        let gone = ["gone.hcl".to_owned(), "data.yaml".to_owned()];
        let units = ["plain", "hooked", "asks", "reads", "secret", "gone", "nowhere"];
        let reading = |unit: &str| -> &[String] {
            match unit {
                "hooked" => &root,
                "gone" => &gone,
                _ => &[],
            }
        };
        let texts = Texts::of(units.iter().map(|unit| ((*unit).to_owned(), *unit, reading(unit))), &dir);
        let hooks: Vec<&str> = units.into_iter().filter(|unit| texts.may_mention(unit, "_hook")).collect();
        assert_eq!(hooks, ["hooked", "gone", "nowhere"]);
        let nothing: Vec<&str> = units.into_iter().filter(|unit| texts.is_self_contained(unit)).collect();
        assert_eq!(nothing, ["plain"]);
        assert!(texts.may_mention("never heard of", "_hook"));
        std::fs::remove_dir_all(dir).unwrap();
    }
}
