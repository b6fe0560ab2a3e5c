//! Facts that are read from the tools' messages for people, where they say it in no other way.

use crate::model::infra::lock;
use crate::model::infra::message::Diagnostic;
use serde_json::Value;

/// A diagnostic in a sentence; of a lock, who holds it.
pub(super) fn sentence(said: &Diagnostic) -> String {
    if let Some(lock) = lock::parse(&said.detail) {
        return format!("{}: it is held {}", said.summary, lock.sentence());
    }
    let detail = said.detail.lines().map(str::trim).find(|line| !line.is_empty());
    match detail {
        Some(detail) if detail != said.summary => format!("{}: {detail}", said.summary),
        _ => said.summary.clone(),
    }
}

/// The sentence with the whole first paragraph of its detail, where that was broken into lines for a terminal.
pub(super) fn whole_sentence(said: &Diagnostic) -> String {
    let lines = said.detail.lines().map(str::trim).skip_while(|line| line.is_empty());
    let paragraph: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
    if paragraph.is_empty() { said.summary.clone() } else { format!("{}: {}", said.summary, paragraph.join(" ")) }
}

/// The log of Terragrunt, level and text; other lines are as they are.
fn logged(beside: &str) -> impl Iterator<Item = (Option<String>, String)> {
    beside.lines().map(|line| {
        let value: Option<Value> = serde_json::from_str(line).ok();
        let text = value.as_ref().and_then(|value| value["msg"].as_str()).map(str::to_owned);
        let level = value.as_ref().and_then(|value| value["level"].as_str()).map(str::to_owned);
        (level, text.unwrap_or_else(|| line.to_owned()))
    })
}

/// The error beside Terraform's stream: Terragrunt's own, or the last lines where nothing has a level.
pub(super) fn complaint(beside: &str) -> Option<Diagnostic> {
    errors(beside).or_else(|| {
        let lines: Vec<String> = logged(beside)
            .filter(|(level, text)| level.is_none() && !text.trim().is_empty())
            .map(|(_, text)| text)
            .collect();
        told(&lines[lines.len().saturating_sub(20)..])
    })
}

/// The errors that Terragrunt itself logs, such as that of a hook.
pub(super) fn errors(beside: &str) -> Option<Diagnostic> {
    let is_error = |(level, text): (Option<String>, String)| (level.as_deref() == Some("error")).then_some(text);
    told(&logged(beside).filter_map(is_error).collect::<Vec<_>>())
}

fn told(lines: &[String]) -> Option<Diagnostic> {
    let (first, rest) = lines.split_first()?;
    let summary = first.trim().trim_start_matches("Error: ").to_owned();
    Some(Diagnostic {
        error: true,
        summary,
        detail: rest.join("\n"),
        address: None,
        file: None,
        line: None,
        code: None,
    })
}

/// The dependency of which nothing was applied, so that it has no outputs, as Terragrunt names it.
pub(super) fn unapplied(beside: &str) -> Option<String> {
    logged(beside).map(|(_, text)| text).find_map(|text| {
        let after = text.split("resolving dependency \"").nth(1)?;
        let name = after.split('"').next()?;
        text.contains("detected no outputs").then(|| name.to_owned())
    })
}

/// Whether Terragrunt has made up outputs of a dependency of which nothing was applied.
pub(super) fn mocked(beside: &str) -> bool {
    logged(beside).any(|(_, text)| text.contains("but mock outputs provided"))
}

/// The names that `workspace list` prints.
fn workspaces(list: &str) -> impl Iterator<Item = &str> {
    list.lines().map(|line| line.trim_start_matches('*').trim()).filter(|name| !name.is_empty())
}

/// Why a workspace cannot be used, by what `workspace list` prints; none where it is there.
pub(super) fn no_workspace(
    listed: Result<Vec<u8>, String>,
    workspace: &str,
    environment: &str,
    unit: &str,
) -> Option<String> {
    let list = match listed {
        Ok(list) => String::from_utf8_lossy(&list).into_owned(),
        Err(why) => return Some(format!("the workspaces cannot be listed: {why}")),
    };
    let known: Vec<&str> = workspaces(&list).collect();
    (!known.contains(&workspace)).then(|| {
        format!(
            "there is no workspace {workspace}, there is {}: make it once with `cockpit infra init {environment} --new-workspace --unit \
             {}`",
            known.join(", "),
            crate::model::text::quoted(unit)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terragrunts_errors_are_told_and_what_was_not_applied_is_named() {
        let beside = concat!(
            r#"{"time":"x", "level":"info", "msg":"Downloading"}"#,
            "\n",
            r#"{"time":"x", "level":"error", "msg":"Error: Unknown variable"}"#,
            "\n",
            r#"{"time":"x", "level":"error", "msg":"resolving dependency \"network\" outputs: a is a dependency of b but detected no outputs. Either"}"#,
            "\n",
        );
        let said = complaint(beside).unwrap();
        assert_eq!(said.summary, "Unknown variable");
        assert_eq!(unapplied(beside).as_deref(), Some("network"));
        assert!(!mocked(beside));
        assert!(mocked(
            r#"{"level":"warn","msg":"Config x is a dependency of y that has no outputs, but mock outputs provided and returning those in dependency output."}"#
        ));
        assert_eq!(complaint("").map(|said| said.summary), None);
        let broken = complaint(
            "\nError: Couldn't show local plan\n\nPlan read error: made by Terraform 9.0, but this is\n1.11.4\n",
        )
        .unwrap();
        assert_eq!(
            whole_sentence(&broken),
            "Couldn't show local plan: Plan read error: made by Terraform 9.0, but this is 1.11.4"
        );
        assert_eq!(complaint("panic: oh\nat x\n").unwrap().summary, "panic: oh");
        assert_eq!(errors("what a hook has printed\n"), None);
    }

    #[test]
    fn the_chosen_workspace_is_one_of_the_list() {
        assert_eq!(workspaces("  default\n* dev\n\n").collect::<Vec<_>>(), ["default", "dev"]);
    }
}
