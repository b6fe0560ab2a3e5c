//! Builds the snapshot of an estate, and renders it as tables.

use super::own::{self, LocalFacts};
use crate::cli::ExitCode;
use crate::headless::convert;
use crate::headless::dto::{IdentityDto, Snapshot, SourceDto, SourceState};
use crate::headless::emit::Printable;
use crate::headless::input::{SnapshotInput, known};
use crate::headless::lists;
use crate::headless::sources;
use crate::headless::table::{Table, left_aligned, prose};
use crate::headless::user_pool::PoolDto;
use crate::model::{Failure, Source};

/// Schema of the snapshot.
pub const SCHEMA: &str = "cockpit.snapshot/1";

/// Builds the snapshot, including the facts kept on this machine.
pub fn snapshot(input: &SnapshotInput<'_>, kept: &LocalFacts) -> Snapshot {
    let (environment, estate) = (input.environment, input.estate);
    let mut rows = input.source_request().rows(&Source::ALL);
    let ((cost, of_cost), (infra, of_infra)) = (own::cost(kept, input.now), own::infra(kept, environment));
    rows.extend([of_cost, of_infra]);
    let identity = estate.identity.value();
    Snapshot {
        schema: SCHEMA.to_owned(),
        environment: environment.name.clone(),
        // The configured account is an expectation, not a finding.
        account: identity.map(|identity| identity.account.clone()),
        region: environment.region.clone().or_else(|| identity?.region.clone()),
        taken_at: input.now.to_string(),
        duration_ms: u64::try_from((input.now - input.ahead).duration_since(input.started).as_millis().max(0))
            .unwrap_or(u64::MAX),
        complete: sources::complete(&rows),
        sources: rows,
        services: input.services(),
        databases: input.databases(),
        infra,
        alarms: if environment.alarms.is_empty() {
            Some(Vec::new())
        } else {
            known(&estate.alarms, Vec::is_empty).map(|alarms| {
                let mutes = estate.alarm_mutes.value().map_or(&[][..], Vec::as_slice);
                alarms.iter().map(|alarm| convert::alarm(alarm, mutes, input.now)).collect()
            })
        },
        schedule: convert::next_effects(estate, input.now),
        cost,
        attention: estate.derived.attention.iter().map(convert::attention).collect(),
        identity: identity
            .map(|identity| IdentityDto { arn: identity.arn.clone(), expires: convert::time(identity.expires) }),
        targets: if environment.target_groups.is_empty() {
            Some(Vec::new())
        } else {
            known(&estate.target_groups, Vec::is_empty).and_then(|groups| convert::targets(estate, groups))
        },
        project: environment.project.clone(),
        guarded: environment.guarded,
        user_pool: None,
        shown: input.time_display(),
    }
}

impl Snapshot {
    /// Adds the user pool as it was read, with its row among the sources.
    #[must_use]
    pub fn with_pool(mut self, read: Result<(Option<PoolDto>, Vec<Failure>), Failure>) -> Self {
        let (pool, failures, status) = match read {
            Ok((pool, missing)) if missing.is_empty() => (pool, missing, SourceState::Ok),
            Ok((pool, missing)) => (pool, missing, SourceState::Partial),
            Err(failure) => (None, vec![failure], SourceState::Failed),
        };
        let name = Source::UserPool.name();
        let words: Vec<String> = failures.iter().map(|failure| failure.message.clone()).collect();
        let row = SourceDto {
            name: name.to_owned(),
            status,
            age_ms: (status != SourceState::Failed).then_some(0),
            requests: 0,
            error: (!words.is_empty()).then(|| words.join("; ")),
            kind: failures.first().map(|failure| failure.kind.name().to_owned()),
            unmatched: Vec::new(),
            failure: failures.into_iter().next().filter(|_| status == SourceState::Failed),
        };
        self.sources.retain(|known| known.name != name);
        self.sources.push(row);
        self.complete = sources::complete(&self.sources);
        self.user_pool = pool;
        self
    }

    /// Returns the exit code that follows from the sources. Kept facts are ignored: if nothing else succeeded,
    /// everything that was requested has failed.
    pub fn exit_code(&self) -> ExitCode {
        let kept = |row: &&SourceDto| row.status == SourceState::Ok && own::is_local(&row.name);
        let rows: Vec<SourceDto> = self.sources.iter().filter(|row| !kept(row)).cloned().collect();
        sources::exit_code(&rows)
    }
}

impl Printable for Snapshot {
    fn tables(&self) -> Vec<Table> {
        let head = format!(
            "{}  {}  {}  {}",
            self.environment,
            self.account.as_deref().unwrap_or("account ?"),
            self.region.as_deref().unwrap_or("region unknown"),
            self.shown.title(&self.taken_at)
        );
        let mut attention = Table::new(
            &[left_aligned("SEVERITY"), left_aligned("WHERE"), prose("WHAT"), prose("HINT").rank(1)],
            "nothing needs attention",
        );
        for entry in &self.attention {
            attention.row([
                Some(entry.severity.clone()),
                Some(entry.place.clone()),
                Some(entry.what.clone()),
                entry.hint.clone(),
            ]);
        }
        let unasked = |table, what: &str, of: &[Source]| lists::or_not_configured(table, what, &self.sources, of);
        let databases = lists::databases_table(self.databases.as_deref(), &self.shown);
        let alarms = lists::alarms_table(self.alarms.as_deref(), false, &self.shown);
        vec![
            attention.titled(head),
            unasked(lists::services_table(self.services.as_deref()), "services", &[Source::Services]),
            unasked(databases, "databases", &[Source::DbClusters, Source::DbInstances]),
            unasked(alarms, "alarms", &[Source::Alarms]),
        ]
    }

    fn notes(&self) -> Vec<String> {
        sources::notes(&self.sources)
    }
}
