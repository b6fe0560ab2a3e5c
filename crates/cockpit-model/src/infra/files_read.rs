//! Additional files that code reads: `file("…")`, `templatefile("…", …)`, the sources of an archive. They are found by
//! their literal names; if a name is only known when planning, its folder is used.

use std::collections::BTreeSet;

/// The folder that a file name is relative to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Base {
    /// The folder of the code file.
    Code,
    /// The working folder of Terraform: the unit's.
    Unit,
}

/// The file names in a code file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileReferences {
    /// Files, and folders that are read as a whole; an empty name is the base folder itself.
    pub read: BTreeSet<(Base, String)>,
    /// Folders of local modules, relative to the file.
    pub modules: BTreeSet<String>,
}

/// The prefixes of a file name in code, and the folders that they stand for.
const BEGINNINGS: &[(&str, Base)] = &[
    ("${path.module}/", Base::Code),
    ("${get_terragrunt_dir()}/", Base::Code),
    ("${path.root}/", Base::Unit),
    ("${path.cwd}/", Base::Unit),
];
/// The attribute with the path of an archive that the plan writes rather than reads.
const WRITTEN: &str = "output_path";

/// Finds the file names in a code file.
pub fn file_references(text: &str) -> FileReferences {
    let mut found = FileReferences::default();
    for line in text.lines() {
        let attribute = line.split_once('=').map_or("", |(before, _)| before.trim());
        if attribute != WRITTEN {
            within(line, attribute == "source", &mut found);
        }
    }
    found
}

/// Processes the quoted texts of a line and those within their templates.
fn within(line: &str, is_source: bool, found: &mut FileReferences) {
    let mut at = 0;
    while let Some(open) = line[at..].find('"').map(|further| at + further) {
        let end = closing(line, open + 1);
        let inside = &line[open + 1..end];
        if is_source && (inside.starts_with("./") || inside.starts_with("../")) {
            // The part before `//` is the root that Terragrunt copies.
            found.modules.insert(inside.replace("//", "/"));
        } else if let Some(name) = name(&line[..open], inside) {
            found.read.insert(name);
        } else if inside.contains('"') {
            within(inside, false, found);
        }
        at = (end + 1).min(line.len());
    }
}

/// Returns the end of the quoted text that begins here; a template within it may contain quotes.
fn closing(line: &str, begins: usize) -> usize {
    let (mut depth, mut escaped, mut before) = (0_usize, false, ' ');
    for (at, next) in line[begins..].char_indices() {
        match next {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '{' if before == '$' || before == '%' || depth > 0 => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '"' if depth == 0 => return begins + at,
            _ => {}
        }
        before = next;
    }
    line.len()
}

/// Returns a file name that is read: one that begins with a known prefix, or is passed to a function that reads a file.
fn name(before: &str, inside: &str) -> Option<(Base, String)> {
    let began = BEGINNINGS.iter().find_map(|(begin, base)| Some((*base, inside.strip_prefix(begin)?)));
    let argument = || {
        let function =
            before.trim_end().strip_suffix('(')?.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next()?;
        (function.contains("file") && !inside.starts_with("${")).then_some((Base::Unit, inside))
    };
    let (base, path) = began.or_else(argument)?;
    let name = match path.split_once("${") {
        // It may be any file of the folder.
        Some((known, _)) => known.rsplit_once('/').map_or("", |(folder, _)| folder),
        None => path,
    };
    (!name.starts_with(['/', '~'])).then(|| (base, name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_by_name_and_unknown_names_by_folder() {
        let text = r#"
locals {
  entry  = "index.mjs"
  source = file("${path.module}/${local.entry}")
  policy = templatefile( "${path.module}/policies/web.json.tftpl", { name = "web" })
  both   = "${file("${path.module}/a.txt")}-${filebase64sha256("b.zip")}"
  each   = fileset("${path.root}/rules", "*.yaml")
  named  = file("${path.module}/lambda/${each.key}.py")
}
data "archive_file" "it" {
  source_dir  = "${path.module}/src"
  output_path = "${path.module}/made.zip"
}
module "net" {
  source = "../modules//net"
}
module "far" {
  source = "team/net/aws"
}
resource "x" "y" {
  name   = "file"
  etc    = file("/etc/hostname")
  arn    = "arn:${var.partition}:iam"
}
"#;
        let found = file_references(text);
        let read: Vec<(Base, &str)> = found.read.iter().map(|(base, name)| (*base, name.as_str())).collect();
        assert_eq!(
            read,
            [
                (Base::Code, ""),
                (Base::Code, "a.txt"),
                (Base::Code, "lambda"),
                (Base::Code, "policies/web.json.tftpl"),
                (Base::Code, "src"),
                (Base::Unit, "b.zip"),
                (Base::Unit, "rules"),
            ]
        );
        assert_eq!(found.modules.iter().collect::<Vec<_>>(), ["../modules/net"]);
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_text_does_not_panic(text in "[a-z\"${}\\\\/(=\n€.]{0,80}") {
            let _ = file_references(&text);
        }
    }
}
