//! Parsing of resource addresses.

/// Returns the address without instance keys: `module.a["x"].aws_b.c[0]` becomes `module.a.aws_b.c`.
pub fn resource_of(address: &str) -> String {
    let mut out = String::with_capacity(address.len());
    let (mut inside, mut quoted, mut escaped) = (false, false, false);
    for c in address.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' if inside => quoted = !quoted,
            ']' if inside && !quoted => inside = false,
            '[' if !inside => inside = true,
            _ if inside => {}
            _ => out.push(c),
        }
    }
    out
}

/// Returns the module of an address without instance keys: `module.a.module.b` of `module.a.module.b.aws_c.d`; empty
/// for the root module.
pub fn module_of(resource: &str) -> &str {
    let mut end = 0;
    let mut rest = resource;
    while let Some(inner) = rest.strip_prefix("module.") {
        let name = inner.find('.').unwrap_or(inner.len());
        end += "module.".len() + name;
        let more = (inner.len() > name).then(|| &inner[name + 1..]);
        match more {
            Some(more) => (rest, end) = (more, end + 1),
            None => return resource,
        }
    }
    resource[..end].trim_end_matches('.')
}

/// Returns the type of an address without instance keys: `aws_c`; `data.aws_c` for a data source; empty for a module.
pub fn type_of(resource: &str) -> &str {
    let module = module_of(resource);
    let own = resource[module.len()..].trim_start_matches('.');
    own.rfind('.').map_or("", |dot| &own[..dot])
}

/// Returns the instance key of an address, `["web"]`, or an empty text.
pub fn key_of(address: &str) -> &str {
    if address.ends_with(']') { address.rfind('[').map_or("", |at| &address[at..]) } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_is_parsed_with_arbitrary_keys() {
        let cases = [
            ("aws_b.c", "aws_b.c", "", "aws_b"),
            ("module.a[\"x.y]\\\"z\"].aws_b.c[0]", "module.a.aws_b.c", "module.a", "aws_b"),
            ("module.a.module.b[1].data.aws_c.d", "module.a.module.b.data.aws_c.d", "module.a.module.b", "data.aws_c"),
            ("module.a", "module.a", "module.a", ""),
            ("module.日本.aws_b.c", "module.日本.aws_b.c", "module.日本", "aws_b"),
        ];
        for (address, resource, module, kind) in cases {
            assert_eq!(resource_of(address), resource);
            assert_eq!((module_of(resource), type_of(resource)), (module, kind), "{resource}");
        }
    }
}
