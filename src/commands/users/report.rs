//! `cockpit users`: its output.

use crate::cli::ExitCode;
use crate::headless::Rows;
use crate::headless::convert::time;
use crate::headless::emit::Printable;
use crate::headless::input::SnapshotInput;
use crate::headless::lists::Head;
use crate::headless::pool::PoolDto;
use crate::headless::table::{Table, numbers, prose, words};
use crate::model::Source;
use crate::model::infra::declared::Difference;
use crate::model::text::harmless;
use crate::model::time::short;
use crate::model::users::{Pool, User, counts, masked_email, masked_name, masked_phone, status_words};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Schema of `cockpit users`.
pub const SCHEMA: &str = "cockpit.users/1";
/// Its sources.
pub const SOURCES: &[Source] = &[Source::Identity];

/// The user pool as it was read.
#[derive(Debug, Clone, Default)]
pub struct Read {
    pub pool: Pool,
    /// None where they could not be read at all.
    pub users: Option<Vec<User>>,
    /// Whether all of them came.
    pub whole: bool,
    /// No more than so many were to be read, and there are more.
    pub limited: Option<usize>,
    /// The reads that failed.
    pub missing: Vec<String>,
    /// The differences from the declaration; none where nobody asked.
    pub declared: Option<Vec<Difference>>,
}

/// `cockpit users`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct UserList {
    /// Schema, environment, time, sources.
    #[serde(flatten)]
    pub head: Head,
    /// The pool.
    pub pool: PoolDto,
    /// Users by status, of those that were read; `null` if none could be.
    pub counts: Option<BTreeMap<String, u64>>,
    /// The users; `null` if they could not be read.
    pub users: Option<Vec<UserDto>>,
    /// The differences from the declaration; `null` where they were not asked for.
    pub differences: Option<Vec<DeclaredDto>>,
    /// Reads that failed, each with its action.
    pub missing: Vec<String>,
    /// Whether these are all users, or all of the status that was asked for.
    pub whole: bool,
    #[serde(skip)]
    policy: Option<String>,
    #[serde(skip)]
    limited: Option<usize>,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UserDto {
    /// The pool's name for them, masked where it is an address or a number.
    pub name: String,
    /// Masked unless `--reveal` asks for it.
    pub email: Option<String>,
    /// Whether it is known to be theirs.
    pub email_verified: bool,
    /// Masked unless `--reveal` asks for it.
    pub phone: Option<String>,
    /// `CONFIRMED`, …
    pub status: String,
    /// Whether they may sign in.
    pub enabled: bool,
    /// When they were made.
    pub created_at: Option<String>,
    /// When they were changed last.
    pub changed_at: Option<String>,
    /// Seconds since then.
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
    /// As the state has it.
    pub declared: String,
    /// As it is.
    pub runs: String,
}

/// `cockpit users`.
pub fn users(input: &SnapshotInput<'_>, read: &Read, reveal: bool) -> UserList {
    let pool = &read.pool;
    let dto = |user: &User| {
        let shown = |text: &Option<String>, mask: fn(&str) -> String| {
            text.as_deref().map(|text| if reveal { harmless(text).into_owned() } else { mask(&harmless(text)) })
        };
        let name = harmless(&user.name);
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
                runs: one.runs.clone(),
            };
            found.iter().map(one).collect()
        }),
        missing: read.missing.clone(),
        whole: read.whole,
        policy: pool.policy.map(|policy| policy.words()),
        limited: read.limited,
    }
}

impl UserList {
    /// 3 where something could not be read.
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
        let mut facts = Table::new(&[words("POOL"), words("ID"), words("MFA"), prose("PASSWORDS")], "");
        facts.row([
            Some(pool.name.clone()),
            Some(pool.id.clone()),
            Some(pool.mfa.clone().map_or_else(unknown, |mfa| format!("{}{methods}", mfa.to_lowercase()))),
            Some(self.policy.clone().unwrap_or_else(unknown)),
        ]);
        let empty = if self.counts.is_some() { "no users" } else { "users are not known" };
        let mut counted = Table::new(&[words("STATUS"), numbers("USERS"), prose("MEANS")], empty);
        for (status, count) in self.counts.iter().flatten() {
            counted.row([Some(status.clone()), Some(count.to_string()), Some(status_words(status).to_owned())]);
        }
        let columns = [
            words("USER"),
            words("E-MAIL"),
            words("PHONE").rank(3),
            words("STATUS"),
            words("ENABLED").rank(1),
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
            let columns = [words("DECLARED BY"), words("WHAT"), words("DECLARED"), words("IS")];
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
