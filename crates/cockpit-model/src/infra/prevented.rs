//! Resources whose destruction code forbids (`prevent_destroy`). Terraform says so when it plans their unit, and a destroy of several
//! units comes to that one when others are gone already.

use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, Body};

/// The resources of a file of code that may not be destroyed, and its modules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Addresses of the resources, without those of instances.
    pub resources: Vec<String>,
    /// Resources of which it says that they may be destroyed: a file that overrides others may take that back.
    pub allowed: Vec<String>,
    /// Modules of this machine that it calls: the name of the call, and the folder as it is written.
    pub modules: Vec<(String, String)>,
}

/// Reads a file of code; nothing where it is not understood: Terraform itself says what is wrong with it.
pub fn read(text: &str) -> Found {
    let mut found = Found::default();
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

/// The value of `prevent_destroy`; none where it is not set.
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
    fn resources_that_may_not_be_destroyed_are_found_with_the_modules_that_may_have_more() {
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
        let found = read(text);
        assert_eq!(found.resources, ["aws_vpc.kept"]);
        assert_eq!(found.allowed, ["aws_vpc.gone"]);
        assert_eq!(found.modules, [("db".to_owned(), "../modules/db".to_owned())]);
        assert_eq!(read("resource \"a\" {"), Found::default());
    }
}
