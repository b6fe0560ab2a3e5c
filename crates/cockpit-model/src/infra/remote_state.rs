//! Remote states that plain Terraform code reads; each is an edge of the unit graph, declared or not.

use super::path::plain;
use super::unit::Unit;
use hcl_edit::Span as _;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, Body};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The location of a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A file; a relative path is relative to the unit's folder.
    Local(PathBuf),
    /// Bucket and key in S3.
    S3(String, String),
}

/// A state that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateReference {
    /// Its location.
    pub address: Address,
    /// Its workspace; `None` for the workspace of the reader or the default one, whichever exists.
    pub workspace: Option<String>,
    /// The line number, from 1.
    pub line: usize,
}

/// The states in a code file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileStates {
    /// The location of its own state.
    pub own: Option<Address>,
    /// The states that it reads, except those whose location is only known when planning.
    pub reads: Vec<StateReference>,
}

/// The states in the code of a unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnitStates {
    own: Option<Address>,
    reads: Vec<(PathBuf, StateReference)>,
}

impl UnitStates {
    /// Adds the states of a file.
    pub fn add(&mut self, found: FileStates, file: &Path) {
        self.own = found.own.or(self.own.take());
        self.reads.extend(found.reads.into_iter().map(|read| (file.to_owned(), read)));
    }

    /// Returns the location of the unit's own state, if its code defines it.
    pub fn own(&self) -> Option<&Address> {
        self.own.as_ref()
    }
}

/// Parses a code file.
///
/// # Errors
/// The line of the first error, from 1, and its message.
pub fn parse(text: &str) -> Result<FileStates, (usize, String)> {
    // A body that is parsed with `str::parse` has no positions.
    let body = hcl_edit::parser::parse_body(text)
        .map_err(|error| (error.location().line(), error.message().replace('\n', ", ")))?;
    let mut found = FileStates::default();
    for block in body.blocks() {
        match (block.ident.as_str(), labels(block).as_slice()) {
            ("terraform", _) => {
                for backend in block.body.get_blocks("backend") {
                    let kind = labels(backend).into_iter().next().unwrap_or_default();
                    found.own = address(&kind, |key| literal(&backend.body, key));
                }
            }
            ("data", [kind, name]) if kind == "terraform_remote_state" => {
                found.reads.extend(remote(block, line_of(text, block, name)));
            }
            _ => {}
        }
    }
    Ok(found)
}

/// Returns the line of a block, from its position or else from its labels.
fn line_of(text: &str, block: &Block, name: &str) -> usize {
    let of_labels = || text.lines().position(|line| line.contains("terraform_remote_state") && line.contains(name));
    match block.span() {
        Some(span) => text[..span.start.min(text.len())].matches('\n').count() + 1,
        None => of_labels().unwrap_or(0) + 1,
    }
}

fn labels(block: &Block) -> Vec<String> {
    block.labels.iter().map(|label| label.as_str().to_owned()).collect()
}

fn literal(body: &Body, key: &str) -> Option<String> {
    body.get_attribute(key)?.value.as_str().map(str::to_owned)
}

fn remote(block: &Block, line: usize) -> Option<StateReference> {
    let Expression::Object(config) = &block.body.get_attribute("config")?.value else { return None };
    let of_config = |key: &str| {
        let named = config.iter().find(|(name, _)| {
            name.as_ident().is_some_and(|ident| ident.as_str() == key)
                || name.as_expr().and_then(Expression::as_str) == Some(key)
                || name.as_expr().and_then(Expression::as_variable).is_some_and(|ident| ident.as_str() == key)
        });
        named.and_then(|(_, value)| value.expr().as_str().map(str::to_owned))
    };
    let address = address(&literal(&block.body, "backend")?, of_config)?;
    Some(StateReference { address, workspace: literal(&block.body, "workspace"), line })
}

fn address(kind: &str, of: impl Fn(&str) -> Option<String>) -> Option<Address> {
    match kind {
        "s3" => Some(Address::S3(of("bucket")?, of("key")?)),
        "local" => Some(Address::Local(of("path").unwrap_or_else(|| "terraform.tfstate".to_owned()).into())),
        _ => None,
    }
}

/// Returns a sentence for each edge in the code that the configuration does not declare.
pub fn undeclared(units: &[(&Unit, UnitStates)]) -> Vec<String> {
    let mut sentences = Vec::new();
    for (unit, code) in units {
        let dependencies = needed(unit, units);
        let mut reported = BTreeSet::new();
        for (file, read) in &code.reads {
            let is_read = |other: &&(&Unit, UnitStates)| other.0.name != unit.name && is_of(read, unit, other);
            for (other, _) in units.iter().filter(is_read) {
                if !dependencies.contains(other.name.as_str()) && reported.insert(other.name.clone()) {
                    sentences.push(format!(
                        "{} reads the state of {} ({}:{}), and does not depend on it: add \"{}\" to its depends_on",
                        unit.name,
                        other.name,
                        file.display(),
                        read.line,
                        other.name
                    ));
                }
            }
        }
    }
    sentences
}

/// Returns the unit whose state is read at a line (from 1) of a file in the reader's folder; `None` if it belongs to
/// none of these units, or its location is only known when planning.
pub fn unit_read_at<'a>(units: &[(&'a Unit, UnitStates)], reader: &str, file: &str, line: usize) -> Option<&'a str> {
    let (unit, code) = units.iter().find(|(unit, _)| unit.name == reader)?;
    let place = unit.dir.join(file);
    let (_, read) = code.reads.iter().find(|(of, read)| *of == place && read.line == line)?;
    let (other, _) = units.iter().find(|other| other.0.name != reader && is_of(read, unit, other))?;
    Some(other.name.as_str())
}

/// Returns the names of all units that are applied before a unit.
fn needed<'a>(unit: &'a Unit, units: &[(&'a Unit, UnitStates)]) -> BTreeSet<&'a str> {
    let (mut seen, mut next) = (BTreeSet::new(), vec![unit]);
    while let Some(at) = next.pop() {
        for name in &at.depends_on {
            if seen.insert(name.as_str()) {
                next.extend(units.iter().map(|(unit, _)| *unit).filter(|unit| unit.name == *name));
            }
        }
    }
    seen
}

/// Whether a state that is read belongs to another unit.
fn is_of(read: &StateReference, reader: &Unit, (other, code): &(&Unit, UnitStates)) -> bool {
    let theirs = other.workspace.as_deref().unwrap_or("default");
    let same_workspace = match &read.workspace {
        Some(workspace) => workspace == theirs,
        None => theirs == "default" || reader.workspace.as_deref() == Some(theirs),
    };
    match (&read.address, &code.own) {
        (Address::S3(bucket, key), Some(Address::S3(own_bucket, own_key))) => {
            same_workspace && bucket == own_bucket && key == own_key
        }
        (Address::Local(path), own @ (None | Some(Address::Local(_)))) => {
            let own = match own {
                Some(Address::Local(path)) => path.clone(),
                Some(Address::S3(..)) | None => PathBuf::from("terraform.tfstate"),
            };
            let path = plain(&reader.dir.join(path));
            let of_workspace = other.dir.join("terraform.tfstate.d").join(theirs).join("terraform.tfstate");
            (same_workspace && path == plain(&other.dir.join(own))) || path == plain(&of_workspace)
        }
        (Address::S3(..), None | Some(Address::Local(_))) | (Address::Local(_), Some(Address::S3(..))) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::testing;

    fn unit(name: &str, depends_on: &[&str]) -> Unit {
        Unit { workspace: Some("dev".into()), ..testing::unit(name, depends_on) }
    }

    fn code(text: &str) -> UnitStates {
        let mut code = UnitStates::default();
        code.add(parse(text).unwrap(), Path::new("main.tf"));
        code
    }

    const S3: &str = r#"terraform {
  backend "s3" {
    bucket = "states"
    key    = "network/terraform.tfstate"
  }
}
"#;
    const READER: &str = r#"# what the network has
data "terraform_remote_state" "network" {
  backend   = "s3"
  workspace = terraform.workspace
  config = {
    bucket = "states"
    "key"  = "network/terraform.tfstate"
  }
}
data "terraform_remote_state" "files" {
  backend = "local"
  config = { path = "../files/terraform.tfstate.d/dev/terraform.tfstate" }
}
data "terraform_remote_state" "elsewhere" {
  backend = "s3"
  config  = { bucket = var.bucket, key = "network/terraform.tfstate" }
}
"#;

    #[test]
    fn read_state_suggests_a_missing_edge() {
        let (network, files) = (unit("network", &[]), unit("files", &[]));
        let parts = |app: &Unit| undeclared(&[(&network, code(S3)), (&files, code("")), (app, code(READER))]);
        assert_eq!(
            parts(&unit("app", &[])),
            [
                "app reads the state of network (main.tf:2), and does not depend on it: add \"network\" to its depends_on",
                "app reads the state of files (main.tf:10), and does not depend on it: add \"files\" to its depends_on",
            ]
        );
        assert_eq!(parts(&unit("app", &["files", "network"])), [""; 0]);
    }

    #[test]
    fn indirect_dependency_is_sufficient() {
        let (network, files) = (unit("network", &[]), unit("files", &["network"]));
        let app = unit("app", &["files"]);
        assert_eq!(undeclared(&[(&network, code(S3)), (&files, code("")), (&app, code(READER))]), [""; 0]);
    }

    #[test]
    fn unit_of_a_read_state_is_found_by_line() {
        let (network, files, app) = (unit("network", &[]), unit("files", &[]), unit("app", &[]));
        let mut of_app = UnitStates::default();
        of_app.add(parse(READER).unwrap(), &app.dir.join("main.tf"));
        let units = [(&network, code(S3)), (&files, code("")), (&app, of_app)];
        let at = |file, line| unit_read_at(&units, "app", file, line);
        assert_eq!((at("main.tf", 2), at("main.tf", 10)), (Some("network"), Some("files")));
        assert_eq!(at("main.tf", 14), None, "its bucket is a variable");
        assert_eq!((at("main.tf", 3), at("other.tf", 2)), (None, None));
    }

    #[test]
    fn invalid_code_has_an_error_line() {
        let (line, why) = parse("a = 1\nresource \"x\" {\n  y = \n}\n").unwrap_err();
        assert!((2..=4).contains(&line) && !why.contains('\n'), "{line} {why}");
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_text_does_not_panic(text in "\\PC{0,60}") {
            let _ = parse(&text);
        }
    }
}
