//! Named filters: `NAME: FILTER`, configured or saved in the logs pane. `@NAME` in a filter refers to one.

use log_store::Filter;

/// Adds a named filter (`name: filter`) to others, or removes it. Returns whether the name existed.
pub fn name_filter(filters: &mut Vec<String>, name: &str, filter: Option<&str>) -> bool {
    let before = filters.len();
    filters.retain(|saved| saved.split_once(':').is_none_or(|(known, _)| known.trim() != name));
    let existed = filters.len() < before;
    filters.extend(filter.map(|filter| format!("{name}: {filter}")));
    filters.sort();
    existed
}

/// Why a named filter cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvalidFilterName {
    /// No saved filter has this name.
    Unknown(String),
    /// The filter refers to itself, directly or through others.
    SelfReference(String),
}

impl InvalidFilterName {
    /// The error as a sentence.
    pub fn message(&self) -> String {
        match self {
            Self::Unknown(name) => format!("no filter is called `{name}`"),
            Self::SelfReference(name) => format!("the filter `{name}` names itself"),
        }
    }

    /// The name of the filter.
    pub fn name(&self) -> &str {
        match self {
            Self::Unknown(name) | Self::SelfReference(name) => name,
        }
    }
}

/// Replaces each `@NAME` in a typed filter by that filter in parentheses, recursively.
pub fn expand(typed: &str, filters: &[String]) -> Result<String, InvalidFilterName> {
    expand_within(typed, filters, &mut Vec::new())
}

fn expand_within<'a>(
    text: &'a str,
    filters: &'a [String],
    names: &mut Vec<&'a str>,
) -> Result<String, InvalidFilterName> {
    let mut out = String::new();
    let mut from = 0;
    for found in Filter::references(text) {
        let name = &text[found.start + 1..found.end];
        if names.contains(&name) {
            return Err(InvalidFilterName::SelfReference(name.to_owned()));
        }
        let mut known = filters.iter().filter_map(|filter| filter.split_once(':'));
        let filter = known.find(|(known, _)| known.trim() == name);
        let (_, filter) = filter.ok_or_else(|| InvalidFilterName::Unknown(name.to_owned()))?;
        names.push(name);
        let filter = expand_within(filter.trim(), filters, names)?;
        names.pop();
        out.push_str(&text[from..found.start]);
        out.extend(["(", filter.as_str(), ")"]);
        from = found.end;
    }
    out.push_str(&text[from..]);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filters() -> Vec<String> {
        ["slow: latency>1s or took>1s", "noise: health", "bad: @slow -@noise", "round: a @again", "again: @round"]
            .map(str::to_owned)
            .to_vec()
    }

    #[test]
    fn name_expands_to_its_filter_wherever_a_word_may_be() {
        for (typed, meant) in [
            ("level>=warn @slow -@noise", "level>=warn (latency>1s or took>1s) -(health)"),
            ("(@noise or zzzz)", "((health) or zzzz)"),
            ("x\t(not @noise)", "x\t(not (health))"),
            ("@bad", "((latency>1s or took>1s) -(health))"),
            ("\"a @noise b\"", "\"a @noise b\""),
            ("/ @noise /", "/ @noise /"),
            ("@level:error @", "@level:error @"),
            ("a@noise", "a@noise"),
        ] {
            assert_eq!(expand(typed, &filters()).as_deref(), Ok(meant), "{typed}");
        }
    }

    #[test]
    fn unknown_and_recursive_names_are_reported() {
        assert_eq!(expand("(@none)", &filters()), Err(InvalidFilterName::Unknown("none".to_owned())));
        assert_eq!(expand("@round", &filters()), Err(InvalidFilterName::SelfReference("round".to_owned())));
    }
}
