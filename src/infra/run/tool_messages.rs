//! Parses the tools' messages for people, where the information is not available in another form.

use crate::model::infra::lock;
use crate::model::infra::message::Diagnostic;
use serde_json::Value;

/// Formats a diagnostic as a sentence; for a lock, with its holder.
pub(super) fn sentence(diagnostic: &Diagnostic) -> String {
    if let Some(lock) = lock::parse(&diagnostic.detail) {
        return format!("{}: it is held {}", diagnostic.summary, lock.sentence());
    }
    let detail = diagnostic.detail.lines().map(str::trim).find(|line| !line.is_empty());
    match detail {
        Some(detail) if detail != diagnostic.summary => format!("{}: {detail}", diagnostic.summary),
        _ => diagnostic.summary.clone(),
    }
}

/// Formats a diagnostic with the whole first paragraph of its detail, which may be wrapped for a terminal.
pub(super) fn full_sentence(diagnostic: &Diagnostic) -> String {
    let lines = diagnostic.detail.lines().map(str::trim).skip_while(|line| line.is_empty());
    let paragraph: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
    if paragraph.is_empty() {
        diagnostic.summary.clone()
    } else {
        format!("{}: {}", diagnostic.summary, paragraph.join(" "))
    }
}

/// Parses the log of Terragrunt into level and text; other lines stay unchanged.
fn logged(log: &str) -> impl Iterator<Item = (Option<String>, String)> {
    log.lines().map(|line| {
        let value: Option<Value> = serde_json::from_str(line).ok();
        let text = value.as_ref().and_then(|value| value["msg"].as_str()).map(str::to_owned);
        let level = value.as_ref().and_then(|value| value["level"].as_str()).map(str::to_owned);
        (level, text.unwrap_or_else(|| line.to_owned()))
    })
}

/// Returns the error in the log: Terragrunt's own, or the last lines if none has a level.
pub(super) fn log_error(log: &str) -> Option<Diagnostic> {
    terragrunt_errors(log).or_else(|| {
        let lines: Vec<String> = logged(log)
            .filter(|(level, text)| level.is_none() && !text.trim().is_empty())
            .map(|(_, text)| text)
            .collect();
        from_lines(&lines[lines.len().saturating_sub(20)..])
    })
}

/// Returns the errors that Terragrunt itself logs, for example of a hook.
pub(super) fn terragrunt_errors(log: &str) -> Option<Diagnostic> {
    let is_error = |(level, text): (Option<String>, String)| (level.as_deref() == Some("error")).then_some(text);
    from_lines(&logged(log).filter_map(is_error).collect::<Vec<_>>())
}

fn from_lines(lines: &[String]) -> Option<Diagnostic> {
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

/// Returns the dependency that has no outputs because nothing of it was applied, from Terragrunt's message.
pub(super) fn unapplied_dependency(log: &str) -> Option<String> {
    logged(log).map(|(_, text)| text).find_map(|text| {
        let after = text.split("resolving dependency \"").nth(1)?;
        let name = after.split('"').next()?;
        text.contains("detected no outputs").then(|| name.to_owned())
    })
}

/// Whether Terragrunt used mock outputs of a dependency of which nothing was applied.
pub(super) fn used_mocks(log: &str) -> bool {
    logged(log).any(|(_, text)| text.contains("but mock outputs provided"))
}

/// Returns the names in the output of `workspace list`.
fn workspaces(list: &str) -> impl Iterator<Item = &str> {
    list.lines().map(|line| line.trim_start_matches('*').trim()).filter(|name| !name.is_empty())
}

/// Returns why a workspace cannot be used, from the output of `workspace list`; `None` if it exists.
pub(super) fn unusable_workspace(
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
            crate::model::text::shell_quote(unit)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_and_unapplied_dependencies_are_parsed_from_the_log() {
        let log = concat!(
            r#"{"time":"x", "level":"info", "msg":"Downloading"}"#,
            "\n",
            r#"{"time":"x", "level":"error", "msg":"Error: Unknown variable"}"#,
            "\n",
            r#"{"time":"x", "level":"error", "msg":"resolving dependency \"network\" outputs: a is a dependency of b but detected no outputs. Either"}"#,
            "\n",
        );
        let diagnostic = log_error(log).unwrap();
        assert_eq!(diagnostic.summary, "Unknown variable");
        assert_eq!(unapplied_dependency(log).as_deref(), Some("network"));
        assert!(!used_mocks(log));
        assert!(used_mocks(
            r#"{"level":"warn","msg":"Config x is a dependency of y that has no outputs, but mock outputs provided and returning those in dependency output."}"#
        ));
        assert_eq!(log_error("").map(|diagnostic| diagnostic.summary), None);
        let broken = log_error(
            "\nError: Couldn't show local plan\n\nPlan read error: made by Terraform 9.0, but this is\n1.11.4\n",
        )
        .unwrap();
        assert_eq!(
            full_sentence(&broken),
            "Couldn't show local plan: Plan read error: made by Terraform 9.0, but this is 1.11.4"
        );
        assert_eq!(log_error("panic: oh\nat x\n").unwrap().summary, "panic: oh");
        assert_eq!(terragrunt_errors("what a hook has printed\n"), None);
    }

    #[test]
    fn selected_workspace_is_part_of_the_list() {
        assert_eq!(workspaces("  default\n* dev\n\n").collect::<Vec<_>>(), ["default", "dev"]);
    }
}
