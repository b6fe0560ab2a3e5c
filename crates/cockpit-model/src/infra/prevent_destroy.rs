//! Resources with `prevent_destroy` in their code. Terraform reports them only when it plans their unit; in a destroy
//! of several units, others may be gone by then.

use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, Body};

/// The protected resources in a code file, and its modules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProtectedResources {
    /// Addresses of protected resources, without instance keys.
    pub resources: Vec<String>,
    /// Resources with an explicit `prevent_destroy = false`, which an override file can set.
    pub allowed: Vec<String>,
    /// Local modules that it calls: the name of the call, and the folder as written.
    pub modules: Vec<(String, String)>,
}

/// Parses a code file; returns nothing if it is invalid, because Terraform itself reports the error.
pub fn parse(text: &str) -> ProtectedResources {
    let mut found = ProtectedResources::default();
    let Ok(body) = hcl_edit::parser::parse_body(text) else { return found };
    for block in body.blocks() {
        let labels: Vec<&str> = block.labels.iter().map(hcl_edit::structure::BlockLabel::as_str).collect();
        match (block.ident.as_str(), labels.as_slice()) {
            ("resource", [kind, name]) => match prevents(block) {
                Some(true) => found.resources.push(format!("{kind}.{name}")),
                Some(false) => found.allowed.push(format!("{kind}.{name}")),
                None => {}
            },
            ("module", [name]) => {
                let source = attribute(&block.body, "source").and_then(Expression::as_str);
                let local = source.filter(|source| source.starts_with("./") || source.starts_with("../"));
                found.modules.extend(local.map(|source| ((*name).to_owned(), source.to_owned())));
            }
            _ => {}
        }
    }
    found
}

/// Returns the value of `prevent_destroy`; `None` if it is not set.
fn prevents(resource: &Block) -> Option<bool> {
    let mut lifecycles = resource.body.get_blocks("lifecycle");
    lifecycles.find_map(|lifecycle| attribute(&lifecycle.body, "prevent_destroy").and_then(Expression::as_bool))
}

fn attribute<'a>(body: &'a Body, key: &str) -> Option<&'a Expression> {
    body.get_attribute(key).map(|attribute| &attribute.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protected_resources_and_called_modules_are_found() {
        let text = r#"
resource "aws_vpc" "kept" {
  lifecycle {
    ignore_changes  = [tags]
    prevent_destroy = true # it is everybody's
  }
}
resource "aws_vpc" "gone" {
  lifecycle { prevent_destroy = false }
}
resource "aws_vpc" "plain" {}
module "db" { source = "../modules/db" }
module "far" { source = "git::https://example.com/x" }
"#;
        let found = parse(text);
        assert_eq!(found.resources, ["aws_vpc.kept"]);
        assert_eq!(found.allowed, ["aws_vpc.gone"]);
        assert_eq!(found.modules, [("db".to_owned(), "../modules/db".to_owned())]);
        assert_eq!(parse("resource \"a\" {"), ProtectedResources::default());
    }
}
