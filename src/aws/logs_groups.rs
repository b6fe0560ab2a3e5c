//! CloudWatch Logs: listing log groups.

use super::logs::DESCRIBE_LOG_GROUPS;
use super::pages::AnswerSender;
use super::session::Caller;
use crate::feeds::aws::Fact;
use crate::model::Failure;
use crate::model::logs::LogGroup;
use aws_sdk_cloudwatchlogs::types as sdk;
use futures_util::future::join_all;
use log_store::pattern::literal_prefix;
use std::collections::BTreeSet;

/// Items per page: the maximum of the API.
const PAGE: i32 = 50;

/// Sends the groups whose names begin with the prefix; all of them for an empty one.
pub(super) async fn groups(caller: &Caller<'_>, answers: &AnswerSender<'_>, prefix: &str) -> Result<(), Failure> {
    caller
        .pages(
            answers,
            DESCRIBE_LOG_GROUPS,
            |clients, token| {
                let request = clients.logs().describe_log_groups().limit(PAGE).set_next_token(token);
                request.set_log_group_name_prefix(given(prefix)).send()
            },
            |page| {
                let groups = page.log_groups.unwrap_or_default().into_iter().map(from_group);
                (Fact::LogGroups(groups.collect()), page.next_token)
            },
        )
        .await
}

/// Sends the groups whose names begin like these names and patterns. If one of them matches none, similar
/// names of its folder are sent as well.
pub(super) async fn configured(
    caller: &Caller<'_>,
    answers: &AnswerSender<'_>,
    patterns: &[String],
) -> Result<(), Failure> {
    // A pattern that begins with a wildcard would match all groups of the account.
    let prefixes: BTreeSet<&str> =
        patterns.iter().map(|pattern| literal_prefix(pattern)).filter(|prefix| !prefix.is_empty()).collect();
    let lists = prefixes.iter().map(|prefix| async move { (*prefix, of_prefix(caller, prefix).await) });
    let (mut found, mut others) = (Vec::new(), Vec::new());
    for (prefix, list) in join_all(lists).await {
        let list = list?;
        let folder = prefix.rfind('/').map_or("", |end| &prefix[..=end]);
        if list.is_empty() && folder != prefix {
            // Suggestions. The answer is complete without them.
            let page = caller
                .call(DESCRIBE_LOG_GROUPS, |clients| {
                    let request = clients.logs().describe_log_groups().limit(PAGE);
                    request.set_log_group_name_prefix(given(folder)).send()
                })
                .await;
            let near = page.ok().and_then(|page| page.log_groups).unwrap_or_default();
            others.extend(near.into_iter().filter_map(|group| group.log_group_name));
        }
        found.extend(list);
    }
    if !others.is_empty() {
        answers.page(Fact::ExistingNames(others)).await;
    }
    answers.last(Fact::LogGroups(found)).await;
    Ok(())
}

async fn of_prefix(caller: &Caller<'_>, prefix: &str) -> Result<Vec<LogGroup>, Failure> {
    let found = caller
        .all_pages(
            DESCRIBE_LOG_GROUPS,
            usize::MAX,
            |clients, token| {
                let request = clients.logs().describe_log_groups().limit(PAGE).set_next_token(token);
                request.set_log_group_name_prefix(given(prefix)).send()
            },
            |page| (page.log_groups.unwrap_or_default(), page.next_token),
        )
        .await?;
    Ok(found.into_iter().map(from_group).collect())
}

/// The prefix for a request: AWS refuses an empty one.
fn given(prefix: &str) -> Option<String> {
    (!prefix.is_empty()).then(|| prefix.to_owned())
}

fn from_group(group: sdk::LogGroup) -> LogGroup {
    LogGroup {
        name: group.log_group_name.unwrap_or_default(),
        bytes: group.stored_bytes.unwrap_or_default(),
        retention_days: group.retention_in_days,
        created: group.creation_time,
    }
}
