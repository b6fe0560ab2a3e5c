//! Filters that have a name: `NAME: FILTER`, of the configuration or saved in the logs pane. `@NAME` in another one is them.

use log_store::Filter;

/// Adds a named filter (`name: filter`) to others, or removes it. Returns whether the name was there.
pub fn name_filter(filters: &mut Vec<String>, name: &str, filter: Option<&str>) -> bool {
    let before = filters.len();
    filters.retain(|saved| saved.split_once(':').is_none_or(|(known, _)| known.trim() != name));
    let was = filters.len() < before;
    filters.extend(filter.map(|filter| format!("{name}: {filter}")));
    filters.sort();
    was
}

/// Why a filter is not one that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WrongName {
    /// No saved filter has this name.
    Unknown(String),
    /// It is named by itself, or by one that it names.
    Itself(String),
}

impl WrongName {
    /// The mistake, in a sentence.
    pub fn words(&self) -> String {
        match self {
            Self::Unknown(name) => format!("no filter is called `{name}`"),
            Self::Itself(name) => format!("the filter `{name}` names itself"),
        }
    }

    /// The name of the filter.
    pub fn name(&self) -> &str {
        match self {
            Self::Unknown(name) | Self::Itself(name) => name,
        }
    }
}

/// A filter as it was typed, with each `@NAME` replaced by that filter in brackets, and those that it names in turn.
pub fn expand(typed: &str, filters: &[String]) -> Result<String, WrongName> {
    within(typed, filters, &mut Vec::new())
}

fn within<'a>(text: &'a str, filters: &'a [String], names: &mut Vec<&'a str>) -> Result<String, WrongName> {
    let mut out = String::new();
    let mut from = 0;
    for found in Filter::references(text) {
        let name = &text[found.start + 1..found.end];
        if names.contains(&name) {
            return Err(WrongName::Itself(name.to_owned()));
        }
        let mut known = filters.iter().filter_map(|filter| filter.split_once(':'));
        let filter = known.find(|(known, _)| known.trim() == name);
        let (_, filter) = filter.ok_or_else(|| WrongName::Unknown(name.to_owned()))?;
        names.push(name);
        let filter = within(filter.trim(), filters, names)?;
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
    fn a_name_is_its_filter_wherever_a_word_may_stand() {
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
    fn a_name_that_is_none_or_leads_back_to_itself_is_told() {
        assert_eq!(expand("(@none)", &filters()), Err(WrongName::Unknown("none".to_owned())));
        assert_eq!(expand("@round", &filters()), Err(WrongName::Itself("round".to_owned())));
    }
}
