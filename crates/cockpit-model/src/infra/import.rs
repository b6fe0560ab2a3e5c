//! `import` blocks, which import existing resources into a state through a reviewed plan.

use super::declared::address_parts;
use hcl_edit::expr::Expression;
use hcl_edit::structure::Body;

/// The file of a unit that contains the blocks.
pub const FILE: &str = "cockpit_imports.tf";

/// Returns the block that imports a resource.
///
/// # Errors
/// The reason why the address is invalid.
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

/// Whether the code has an import of this address.
pub fn has(code: &str, address: &str) -> bool {
    let Ok(body) = code.parse::<Body>() else { return false };
    body.get_blocks("import")
        .any(|block| block.body.get_attribute("to").is_some_and(|to| to.value.to_string().trim() == address.trim()))
}

/// Whether the code declares the resource of an address, or the module that contains it; `None` if the code cannot be
/// parsed.
pub fn declares(code: &str, address: &str) -> Option<bool> {
    let body = code.parse::<Body>().ok()?;
    let (kind, name, modules) = address_parts(address);
    let has = |block: &str, labels: &[&str]| body.get_blocks(block).any(|block| block.has_exact_labels(labels));
    Some(match modules.first() {
        // The resource itself is in the module's code.
        Some(module) => has("module", &[module]),
        None => has("resource", &[&kind, &name]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declaration_is_found_for_any_instance_or_module() {
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
    fn import_block_cannot_be_injected_into() {
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
