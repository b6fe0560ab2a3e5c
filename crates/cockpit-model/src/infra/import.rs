//! `import` blocks: what exists is taken into a state, through a plan that shows it first.

use super::declared::named;
use hcl_edit::expr::Expression;
use hcl_edit::structure::Body;

/// The file of a unit that blocks go into.
pub const FILE: &str = "cockpit_imports.tf";

/// The block that imports a resource.
///
/// # Errors
/// The address is invalid; says why.
pub fn block(address: &str, id: &str) -> Result<String, String> {
    if address.starts_with("data.") || address.contains(".data.") {
        return Err("a data source is read, and not managed".to_owned());
    }
    let expression: Expression = address.trim().parse().map_err(|_| "it cannot be read".to_owned())?;
    if !expression.is_traversal() || address.contains(['\n', '#']) {
        return Err("it must be a type and a name".to_owned());
    }
    let quoted = serde_json::Value::from(id).to_string().replace("${", "$${").replace("%{", "%%{");
    Ok(format!("import {{\n  to = {}\n  id = {quoted}\n}}\n", address.trim()))
}

/// Whether code has an import of this address.
pub fn has(code: &str, address: &str) -> bool {
    let Ok(body) = code.parse::<Body>() else { return false };
    body.get_blocks("import")
        .any(|block| block.body.get_attribute("to").is_some_and(|to| to.value.to_string().trim() == address.trim()))
}

/// Whether code declares the resource of an address, or the module that it is in; none where the code cannot be read.
pub fn declares(code: &str, address: &str) -> Option<bool> {
    let body = code.parse::<Body>().ok()?;
    let (kind, name, modules) = named(address);
    let has = |block: &str, labels: &[&str]| body.get_blocks(block).any(|block| block.has_exact_labels(labels));
    Some(match modules.first() {
        // What is in it stands elsewhere.
        Some(module) => has("module", &[module]),
        None => has("resource", &[&kind, &name]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_declares_a_resource_with_any_of_its_instances_and_of_a_module_that_there_is_one() {
        let code = "resource   \"aws_vpc\" \"a\" {}\nmodule \"net\" {\n  source = \"./net\"\n}\n";
        let declared = |address| declares(code, address);
        assert_eq!(
            [declared("aws_vpc.a"), declared("aws_vpc.a[0]"), declared("module.net[\"x\"].aws_vpc.b")],
            [Some(true); 3]
        );
        assert_eq!([declared("aws_vpc.b"), declared("aws_lb.a"), declared("module.other.aws_vpc.a")], [Some(false); 3]);
        assert_eq!(declares("resource {", "aws_vpc.a"), None);
    }

    #[test]
    fn a_block_imports_one_resource_and_nothing_can_be_smuggled_into_it() {
        let written = block("module.a.aws_vpc.this[\"x\"]", "vpc-1").unwrap();
        assert_eq!(written, "import {\n  to = module.a.aws_vpc.this[\"x\"]\n  id = \"vpc-1\"\n}\n");
        assert!(has(&written, "module.a.aws_vpc.this[\"x\"]") && !has(&written, "aws_vpc.this"));
        let written = block("aws_vpc.a", "x\" }\n${file(\"/etc/passwd\")}").unwrap();
        assert_eq!(written.lines().count(), 4, "{written}");
        assert!(written.contains("$${file"), "{written}");
        for address in ["vpc", "", "aws_vpc.a\n}", "data.aws_ami.x", "1 + 2", "aws_vpc.a # x"] {
            assert!(block(address, "x").is_err(), "{address}");
        }
    }
}
