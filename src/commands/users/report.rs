//! The report of `cockpit users`.

use crate::cli::ExitCode;
use crate::headless::Rows;
use crate::headless::convert::time;
use crate::headless::emit::Printable;
use crate::headless::input::SnapshotInput;
use crate::headless::lists::Head;
use crate::headless::table::{Table, left_aligned, numbers, prose};
use crate::headless::user_pool::PoolDto;
use crate::model::Source;
use crate::model::infra::declared::Difference;
use crate::model::text::sanitize;
use crate::model::time::short;
use crate::model::users::{Pool, User, counts, describe_status, masked_email, masked_name, masked_phone};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Schema of `cockpit users`.
pub const SCHEMA: &str = "cockpit.users/1";
/// The sources that the report reads.
pub const SOURCES: &[Source] = &[Source::Identity];

/// The user pool as it was read.
#[derive(Debug, Clone, Default)]
pub struct PoolRead {
    pub pool: Pool,
    /// The users; `None` if they could not be read at all.
    pub users: Option<Vec<User>>,
    /// Whether all of them were read.
    pub complete: bool,
    /// The limit on the number of users, if there are more.
    pub limited: Option<usize>,
    /// The reads that failed.
    pub missing: Vec<String>,
    /// The differences from the declaration; `None` without `--declared`.
    pub declared: Option<Vec<Difference>>,
}

/// The user pool and its users.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct UserList {
    /// Schema, environment, time, sources.
    #[serde(flatten)]
    pub head: Head,
    /// The pool.
    pub pool: PoolDto,
    /// Number of users by status, among those that were read; `null` if none could be read.
    pub counts: Option<BTreeMap<String, u64>>,
    /// The users; `null` if they could not be read.
    pub users: Option<Vec<UserDto>>,
    /// The differences from the declaration; `null` without `--declared`.
    pub differences: Option<Vec<DeclaredDto>>,
    /// Reads that failed, each with its action.
    pub missing: Vec<String>,
    /// Whether the list has all users, or all of the requested status.
    pub whole: bool,
    #[serde(skip)]
    policy: Option<String>,
    #[serde(skip)]
    limited: Option<usize>,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UserDto {
    /// The user name in the pool; masked if it is an address or a number.
    pub name: String,
    /// The e-mail address; masked without `--reveal`.
    pub email: Option<String>,
    /// Whether it was verified.
    pub email_verified: bool,
    /// The telephone number; masked without `--reveal`.
    pub phone: Option<String>,
    /// `CONFIRMED`, …
    pub status: String,
    /// Whether the user may sign in.
    pub enabled: bool,
    /// When the user was created.
    pub created_at: Option<String>,
    /// When the user was last changed.
    pub changed_at: Option<String>,
    /// Seconds since the user was created.
    #[serde(skip)]
    age: Option<i64>,
}

/// A difference from the declaration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeclaredDto {
    /// The resource.
    pub address: String,
    /// The setting that differs.
    pub what: String,
    /// The declared value in the state.
    pub declared: String,
    /// The actual value.
    pub runs: String,
}

/// Builds the report.
pub fn users(input: &SnapshotInput<'_>, read: &PoolRead, reveal: bool) -> UserList {
    let pool = &read.pool;
    let dto = |user: &User| {
        let shown = |text: &Option<String>, mask: fn(&str) -> String| {
            text.as_deref().map(|text| if reveal { sanitize(text).into_owned() } else { mask(&sanitize(text)) })
        };
        let name = sanitize(&user.name);
        UserDto {
            name: if reveal { name.into_owned() } else { masked_name(&name) },
            email: shown(&user.email, masked_email),
            email_verified: user.email_verified,
            phone: shown(&user.phone, masked_phone),
            status: user.status.clone(),
            enabled: user.enabled,
            created_at: time(user.created),
            changed_at: time(user.changed),
            age: user.created.map(|at| input.now.duration_since(at).as_secs()),
        }
    };
    let by_status = |users: &Vec<User>| {
        counts(users).into_iter().map(|(status, count)| (status.to_owned(), count)).collect::<BTreeMap<_, _>>()
    };
    UserList {
        head: Head::new(SCHEMA, input, SOURCES),
        pool: PoolDto::from(pool),
        counts: read.users.as_ref().map(by_status),
        users: read.users.as_ref().map(|users| users.iter().map(dto).collect()),
        differences: read.declared.as_ref().map(|found| {
            let one = |one: &Difference| DeclaredDto {
                address: one.address.clone(),
                what: one.what.clone(),
                declared: one.declared.clone(),
                runs: one.running.clone(),
            };
            found.iter().map(one).collect()
        }),
        missing: read.missing.clone(),
        whole: read.complete,
        policy: pool.policy.map(|policy| policy.describe()),
        limited: read.limited,
    }
}

impl UserList {
    /// Returns the exit code: 3 if something could not be read.
    pub fn exit_code(&self) -> ExitCode {
        match self.head.exit_code() {
            ExitCode::Done if !self.missing.is_empty() || self.limited.is_some() => ExitCode::Incomplete,
            code => code,
        }
    }
}

impl Printable for UserList {
    fn tables(&self) -> Vec<Table> {
        let unknown = || "not known".to_owned();
        let pool = &self.pool;
        let methods = match &pool.mfa_methods {
            Some(methods) if !methods.is_empty() => format!(" ({})", methods.join(", ")),
            _ => String::new(),
        };
        let mut facts =
            Table::new(&[left_aligned("POOL"), left_aligned("ID"), left_aligned("MFA"), prose("PASSWORDS")], "");
        facts.row([
            Some(pool.name.clone()),
            Some(pool.id.clone()),
            Some(pool.mfa.clone().map_or_else(unknown, |mfa| format!("{}{methods}", mfa.to_lowercase()))),
            Some(self.policy.clone().unwrap_or_else(unknown)),
        ]);
        let empty = if self.counts.is_some() { "no users" } else { "users are not known" };
        let mut counted = Table::new(&[left_aligned("STATUS"), numbers("USERS"), prose("MEANS")], empty);
        for (status, count) in self.counts.iter().flatten() {
            counted.row([Some(status.clone()), Some(count.to_string()), Some(describe_status(status).to_owned())]);
        }
        let columns = [
            left_aligned("USER"),
            left_aligned("E-MAIL"),
            left_aligned("PHONE").rank(3),
            left_aligned("STATUS"),
            left_aligned("ENABLED").rank(1),
            numbers("AGE").rank(2),
        ];
        let mut users = Table::new(&columns, empty);
        for user in self.users.iter().flatten() {
            let verified = if user.email_verified { "" } else { " (not verified)" };
            users.row([
                Some(user.name.clone()),
                user.email.as_ref().map(|email| format!("{email}{verified}")),
                user.phone.clone(),
                Some(user.status.clone()),
                Some(if user.enabled { "yes" } else { "no" }.to_owned()),
                user.age.map(|seconds| short(jiff::SignedDuration::from_secs(seconds))),
            ]);
        }
        let mut tables = vec![facts, counted, users];
        if let Some(found) = &self.differences {
            let columns =
                [left_aligned("DECLARED BY"), left_aligned("WHAT"), left_aligned("DECLARED"), left_aligned("IS")];
            let mut table = Table::new(&columns, "the pool is as it is declared");
            for one in found {
                table.row([
                    Some(one.address.clone()),
                    Some(one.what.clone()),
                    Some(one.declared.clone()),
                    Some(one.runs.clone()),
                ]);
            }
            tables.push(table);
        }
        tables
    }

    fn rows(&self) -> Option<Rows> {
        let fields = ["name", "email", "email_verified", "phone", "status", "enabled", "created_at", "changed_at"];
        Some(Rows::new("users", &fields))
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = self.head.notes();
        match (&self.users, self.limited) {
            (_, Some(limit)) => {
                notes.push(format!("only the first {limit} users were read: raise --limit to read more"));
            }
            (Some(users), None) if !self.whole => {
                notes.push(format!("only the first {} users were read", users.len()));
            }
            _ => {}
        }
        notes.extend(self.missing.iter().map(|missing| format!("not read: {missing}")));
        notes
    }
}
