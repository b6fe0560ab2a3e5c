//! Files that code reads beside itself: `file("…")`, `templatefile("…", …)`, what an archive is made of. They are found by
//! their names as they are written; of a name that is only known when it is planned, the folder that it is in is taken.

use std::collections::BTreeSet;

/// The folder that a file name is relative to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Base {
    /// The folder of the file of code that names it.
    Code,
    /// The folder in which Terraform runs: the unit's.
    Unit,
}

/// A file name in a file of code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// Files, and folders that are meant whole: an empty name is the folder itself.
    pub read: BTreeSet<(Base, String)>,
    /// Folders of modules on this machine, as seen from the file.
    pub modules: BTreeSet<String>,
}

/// The beginnings that a file name in code may have, and the folder that it is relative to then.
const BEGINNINGS: &[(&str, Base)] = &[
    ("${path.module}/", Base::Code),
    ("${get_terragrunt_dir()}/", Base::Code),
    ("${path.root}/", Base::Unit),
    ("${path.cwd}/", Base::Unit),
];
/// The attribute that names a file which is written and not read: an archive, which its plan makes.
const WRITTEN: &str = "output_path";

/// Reads a file of code for names.
pub fn named(text: &str) -> Named {
    let mut found = Named::default();
    for line in text.lines() {
        let attribute = line.split_once('=').map_or("", |(before, _)| before.trim());
        if attribute != WRITTEN {
            within(line, attribute == "source", &mut found);
        }
    }
    found
}

/// The texts in quotes of a line, and those within their templates.
fn within(line: &str, is_source: bool, found: &mut Named) {
    let mut at = 0;
    while let Some(open) = line[at..].find('"').map(|further| at + further) {
        let end = closing(line, open + 1);
        let inside = &line[open + 1..end];
        if is_source && (inside.starts_with("./") || inside.starts_with("../")) {
            // What stands before `//` is what Terragrunt copies.
            found.modules.insert(inside.replace("//", "/"));
        } else if let Some(name) = name(&line[..open], inside) {
            found.read.insert(name);
        } else if inside.contains('"') {
            within(inside, false, found);
        }
        at = (end + 1).min(line.len());
    }
}

/// Where a text in quotes ends that begins here; one in a template of it has quotes of its own.
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

/// A name that is read: one that begins with a folder that is known, or that is told to a function that reads a file.
fn name(before: &str, inside: &str) -> Option<(Base, String)> {
    let began = BEGINNINGS.iter().find_map(|(begin, base)| Some((*base, inside.strip_prefix(begin)?)));
    let told = || {
        let function =
            before.trim_end().strip_suffix('(')?.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next()?;
        (function.contains("file") && !inside.starts_with("${")).then_some((Base::Unit, inside))
    };
    let (base, whole) = began.or_else(told)?;
    let name = match whole.split_once("${") {
        // All that it may be.
        Some((known, _)) => known.rsplit_once('/').map_or("", |(folder, _)| folder),
        None => whole,
    };
    (!name.starts_with(['/', '~'])).then(|| (base, name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_read_are_found_by_name_and_those_of_unknown_names_by_their_folder() {
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
        let found = named(text);
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
        fn no_text_panics(text in "[a-z\"${}\\\\/(=\n€.]{0,80}") {
            let _ = named(&text);
        }
    }
}
