//! The command line for a change of parameters. No value is in it, nor `--restart`, nor the environment.

use super::request::Wanted;
use crate::model::parameters::Kind;
use crate::model::text::quoted;

/// The command line that writes a parameter, or removes it; `source` says where a value comes from, as it is typed, and
/// is empty for a prompt.
pub fn of(wanted: &Wanted, source: &str) -> String {
    match wanted {
        Wanted::Put { name, kind, key, description, value: _ } => format!(
            "params put {name}{}{}{}{source}",
            flag("--type", kind.map(Kind::word)),
            flag("--key", key.as_deref()),
            flag("--description", description.as_deref()),
        ),
        Wanted::Remove { name } => remove(&[name]),
    }
}

/// The command line that removes these parameters.
pub fn remove(names: &[impl AsRef<str>]) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    format!("params rm {}", names.join(" "))
}

/// The command line that writes all of a file below a path.
pub fn import(file: &str, under: &str, kind: Option<Kind>) -> String {
    format!("params import {} --under {under}{}", quoted(file), flag("--type", kind.map(Kind::word)))
}

/// A flag with its value, after a space.
pub fn flag(name: &str, value: Option<&str>) -> String {
    value.map(|value| format!(" {name} {}", quoted(value))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::parameters::Value;

    #[test]
    fn it_is_one_line_for_a_shell_without_the_value() {
        let put = Wanted::Put {
            name: "/shop/key".into(),
            value: Value::new("hidden"),
            kind: Some(Kind::Secure),
            key: None,
            description: Some("it's new".into()),
        };
        let typed = of(&put, &flag("--file", Some("a b.txt")));
        let word = Kind::Secure.word();
        assert_eq!(typed, format!(r"params put /shop/key --type {word} --description 'it'\''s new' --file 'a b.txt'"));
        assert_eq!(of(&Wanted::Remove { name: "/shop/key".into() }, ""), "params rm /shop/key");
        assert_eq!(import("-", "/shop", None), "params import - --under /shop");
    }
}
