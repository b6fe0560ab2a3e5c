//! The command line for a change of parameters. It contains no value, no `--restart` and no environment.

use super::request::StepChange;
use crate::model::parameters::Kind;
use crate::model::text::shell_quote;

/// The command line that writes or deletes a parameter; `source` is the flag for where the value comes from, and empty
/// for a prompt.
pub fn of(wanted: &StepChange, source: &str) -> String {
    match wanted {
        StepChange::Put { name, kind, key, description, value: _ } => format!(
            "params put {name}{}{}{}{source}",
            flag("--type", kind.map(Kind::name)),
            flag("--key", key.as_deref()),
            flag("--description", description.as_deref()),
        ),
        StepChange::Remove { name } => remove(&[name]),
    }
}

/// The command line that deletes these parameters.
pub fn remove(names: &[impl AsRef<str>]) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    format!("params rm {}", names.join(" "))
}

/// The command line that imports a file below a path.
pub fn import(file: &str, under: &str, kind: Option<Kind>) -> String {
    format!("params import {} --under {under}{}", shell_quote(file), flag("--type", kind.map(Kind::name)))
}

/// A flag with its value, after a space.
pub fn flag(name: &str, value: Option<&str>) -> String {
    value.map(|value| format!(" {name} {}", shell_quote(value))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::parameters::Value;

    #[test]
    fn command_line_is_quoted_and_has_no_value() {
        let put = StepChange::Put {
            name: "/shop/key".into(),
            value: Value::new("hidden"),
            kind: Some(Kind::Secure),
            key: None,
            description: Some("it's new".into()),
        };
        let typed = of(&put, &flag("--file", Some("a b.txt")));
        let word = Kind::Secure.name();
        assert_eq!(typed, format!(r"params put /shop/key --type {word} --description 'it'\''s new' --file 'a b.txt'"));
        assert_eq!(of(&StepChange::Remove { name: "/shop/key".into() }, ""), "params rm /shop/key");
        assert_eq!(import("-", "/shop", None), "params import - --under /shop");
    }
}
