//! Parameters of Systems Manager: listed, read, written, removed. A value is read only where it was asked for by name, and
//! is never in a log nor in an error.

use super::budget::Class;
use super::convert::time;
use super::lookup::DESCRIBE_PARAMETERS;
use super::pages::{AnswerSender, Guard};
use super::secrets::PARAMETER;
use super::session::{Action, Caller, Session};
use super::writer::Writer;
use crate::app::operation::call::{Put, Reply};
use crate::feeds::aws::Fact;
use crate::model::parameters::{Held, Kind, Parameter, Secret, Value, Version};
use crate::model::{Failure, FailureKind};
use aws_sdk_ssm::operation::describe_parameters::DescribeParametersOutput;
use aws_sdk_ssm::types as sdk;
use aws_sdk_ssm::types::ParameterStringFilter;
use futures_util::future::try_join_all;
use std::sync::{Mutex, PoisonError};

const HISTORY: Action = Action { name: "ssm:GetParameterHistory", class: Class::Parameters };
const PUT: Action = Action { name: "ssm:PutParameter", class: Class::ParameterChanges };
const DELETE: Action = Action { name: "ssm:DeleteParameter", class: Class::ParameterChanges };
/// Items a page: the most that the API allows.
const PAGE: i32 = 50;

/// How many names in one filter. Source: `ParameterStringFilter`.
const NAMES: usize = 50;

/// The filter of `DescribeParameters`: a prefix of names, where an empty one matches all, or some whole names.
#[derive(Debug, Clone, Copy)]
enum Wanted<'a> {
    Below(&'a str),
    Names(&'a [&'a str]),
}

impl Wanted<'_> {
    fn filters(self) -> Option<Vec<ParameterStringFilter>> {
        let (option, values) = match self {
            Self::Below("") => return None,
            Self::Below(prefix) => ("BeginsWith", vec![prefix.to_owned()]),
            Self::Names(names) => ("Equals", names.iter().map(|name| (*name).to_owned()).collect()),
        };
        let filter = ParameterStringFilter::builder().key("Name").option(option).set_values(Some(values)).build();
        // A filter has its key, so it can be built.
        filter.ok().map(|filter| vec![filter])
    }
}

async fn page(
    caller: &Caller<'_>,
    wanted: Wanted<'_>,
    token: Option<String>,
) -> Result<(Vec<Parameter>, Option<String>), Failure> {
    let filters = wanted.filters();
    let answer: DescribeParametersOutput = caller
        .call(DESCRIBE_PARAMETERS, |clients| {
            let request = clients.ssm().describe_parameters().max_results(PAGE).set_next_token(token.clone());
            request.set_parameter_filters(filters.clone()).send()
        })
        .await?;
    let found = answer.parameters.unwrap_or_default().into_iter().filter_map(from_metadata);
    Ok((found.collect(), answer.next_token))
}

/// Parameters by the beginnings of their names, or by whole ones: lists of different beginnings beside each other, the
/// pages of each as they come.
async fn all<Taken: Future<Output = ()>>(
    caller: &Caller<'_>,
    prefixes: &[String],
    take: impl Fn(Vec<Parameter>) -> Taken,
) -> Result<(), Failure> {
    let (folders, names): (Vec<&str>, Vec<&str>) =
        prefixes.iter().map(String::as_str).partition(|prefix| prefix.is_empty() || prefix.ends_with('/'));
    let below = folders.into_iter().map(Wanted::Below);
    let lists = below.chain(names.chunks(NAMES).map(Wanted::Names)).map(async |wanted| {
        let (mut guard, mut token) = (Guard::default(), None);
        loop {
            let (found, next) = page(caller, wanted, token).await?;
            take(found).await;
            token = guard.next(DESCRIBE_PARAMETERS.name, next)?;
            if token.is_none() {
                return Ok(());
            }
        }
    });
    try_join_all(lists).await.map(drop)
}

/// Parameters by the beginnings of their names, page by page.
pub(super) async fn listed(
    caller: &Caller<'_>,
    answers: &AnswerSender<'_>,
    prefixes: &[String],
) -> Result<(), Failure> {
    all(caller, prefixes, |found| answers.page(Fact::Parameters(found))).await?;
    answers.last(Fact::Parameters(Vec::new())).await;
    Ok(())
}

/// A parameter with its value, for whoever named it.
pub(super) async fn value(caller: &Caller<'_>, answers: &AnswerSender<'_>, name: &str) -> Result<(), Failure> {
    let found =
        caller.call(PARAMETER, |clients| clients.ssm().get_parameter().name(name).with_decryption(true).send()).await?;
    let held = found.parameter.and_then(from_parameter);
    answers.last(Fact::Parameter(held.map(Box::new))).await;
    Ok(())
}

/// Its versions, without their values.
pub(super) async fn history(caller: &Caller<'_>, answers: &AnswerSender<'_>, name: &str) -> Result<(), Failure> {
    let versions = versions(caller, name, false).await?;
    answers.last(Fact::ParameterVersions(versions)).await;
    Ok(())
}

async fn versions(caller: &Caller<'_>, name: &str, reveal: bool) -> Result<Vec<Version>, Failure> {
    let mut all = caller
        .all(
            HISTORY,
            usize::MAX,
            |clients, token| {
                let request = clients.ssm().get_parameter_history().name(name).with_decryption(reveal);
                request.max_results(PAGE).set_next_token(token).send()
            },
            |page| {
                let found = page.parameters.unwrap_or_default().into_iter();
                (found.map(|version| from_version(version, reveal)).collect(), page.next_token)
            },
        )
        .await?;
    all.sort_by_key(|version| std::cmp::Reverse(version.version));
    Ok(all)
}

/// A parameter, with its value or why that cannot be read.
pub(super) async fn held(caller: &Caller<'_>, name: &str) -> Result<Option<Box<Held>>, Failure> {
    let (mut guard, mut token) = (Guard::default(), None);
    let parameter = loop {
        let (found, next) = page(caller, Wanted::Names(&[name]), token).await?;
        if let Some(parameter) = found.into_iter().next() {
            break parameter;
        }
        // A page may be empty and not be the last: AWS looks through so many at a time, whatever is asked for.
        token = guard.next(DESCRIBE_PARAMETERS.name, next)?;
        if token.is_none() {
            return Ok(None);
        }
    };
    let read =
        caller.call(PARAMETER, |clients| clients.ssm().get_parameter().name(name).with_decryption(true).send()).await;
    let value = match read {
        Ok(answer) => match answer.parameter.and_then(from_parameter) {
            Some(held) => {
                return Ok(Some(Box::new(Held {
                    parameter: Parameter { version: held.parameter.version, ..parameter },
                    ..held
                })));
            }
            None => Err(no_value(name)),
        },
        // Removed between the two requests.
        Err(failure) if failure.kind == FailureKind::NotFound => return Ok(None),
        Err(failure) if failure.kind == FailureKind::Denied => Err(failure),
        Err(failure) => return Err(failure),
    };
    Ok(Some(Box::new(Held { parameter, value })))
}

fn no_value(name: &str) -> Failure {
    Failure::new(FailureKind::Malformed, format!("{}: the parameter {name} has no value", PARAMETER.name))
}

/// Writes a parameter.
pub(super) async fn put(writer: &Writer<'_>, put: Put) -> Result<Reply, Failure> {
    let kind = sdk::ParameterType::from(put.kind.word());
    let key = put.key.filter(|_| put.kind == Kind::Secure);
    let answer = writer
        .once(PUT, |clients| {
            let request = clients.ssm().put_parameter().name(put.name).value(put.value.expose());
            let request = request.r#type(kind).set_key_id(key).set_description(put.description);
            request.overwrite(put.overwrite).set_tier(put.advanced.then_some(sdk::ParameterTier::Advanced)).send()
        })
        .await
        .map_err(without_value)?;
    Ok(Reply::Written(answer.version))
}

/// Removes the value from the service's words about a value that it refuses.
fn without_value(failure: Failure) -> Failure {
    const BEFORE: &str = "Value '";
    let Some(at) = failure.message.find(BEFORE) else { return failure };
    let (head, rest) = failure.message.split_at(at + BEFORE.len());
    let tail = rest.rfind("' at '").map_or("'", |end| &rest[end..]);
    let message = format!("{head}…{tail}");
    failure.said(message)
}

/// Removes a parameter with all its versions.
pub(super) async fn delete(writer: &Writer<'_>, name: &str) -> Result<Reply, Failure> {
    writer.once(DELETE, |clients| clients.ssm().delete_parameter().name(name).send()).await?;
    Ok(Reply::Done)
}

fn from_metadata(found: sdk::ParameterMetadata) -> Option<Parameter> {
    Some(Parameter {
        name: found.name?,
        kind: found.r#type.map(|kind| Kind::parse(kind.as_str())).unwrap_or_default(),
        version: found.version,
        modified_at: time(found.last_modified_date),
        modified_by: found.last_modified_user,
        key: found.key_id,
        tier: found.tier.map(|tier| tier.as_str().to_owned()),
        description: found.description.filter(|text| !text.is_empty()),
    })
}

fn from_parameter(found: sdk::Parameter) -> Option<Held> {
    let name = found.name?;
    let value = found.value.map(Value::new).ok_or_else(|| no_value(&name));
    let parameter = Parameter {
        name,
        kind: found.r#type.map(|kind| Kind::parse(kind.as_str())).unwrap_or_default(),
        version: found.version,
        modified_at: time(found.last_modified_date),
        ..Parameter::default()
    };
    Some(Held { parameter, value })
}

fn from_version(found: sdk::ParameterHistory, reveal: bool) -> Version {
    Version {
        version: found.version,
        kind: found.r#type.map(|kind| Kind::parse(kind.as_str())).unwrap_or_default(),
        modified_at: time(found.last_modified_date),
        modified_by: found.last_modified_user,
        key: found.key_id,
        labels: found.labels.unwrap_or_default(),
        value: found.value.filter(|_| reveal).map(Value::new),
    }
}

/// Reads of parameters for commands, of the configured account alone.
impl Session {
    /// Parameters by the beginnings of their names.
    ///
    /// # Errors
    /// AWS cannot be asked, or the credentials belong to another account than `account`.
    pub async fn parameters(&self, prefixes: &[String], account: Option<&str>) -> Result<Vec<Parameter>, Failure> {
        let bound = self.of_account(account).await?;
        let caller = Caller::pinned(self, &bound.pinned);
        let found = Mutex::new(Vec::new());
        all(&caller, prefixes, |page| {
            found.lock().unwrap_or_else(PoisonError::into_inner).extend(page);
            std::future::ready(())
        })
        .await?;
        let mut all = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        all.sort_by(|a: &Parameter, b| a.name.cmp(&b.name));
        all.dedup_by(|a, b| a.name == b.name);
        Ok(all)
    }

    /// One with its value, which somebody asked for by its name, or with why it cannot be read.
    ///
    /// # Errors
    /// AWS cannot be asked, or the credentials belong to another account than `account`.
    pub async fn held_parameter(&self, name: &str, account: Option<&str>) -> Result<Option<Held>, Failure> {
        let bound = self.of_account(account).await?;
        held(&Caller::pinned(self, &bound.pinned), name).await.map(|held| held.map(|held| *held))
    }

    /// Versions of one, newest first; with their values where those were asked for.
    ///
    /// # Errors
    /// AWS cannot be asked, or the credentials belong to another account than `account`.
    pub async fn parameter_versions(
        &self,
        name: &str,
        reveal: bool,
        account: Option<&str>,
    ) -> Result<Vec<Version>, Failure> {
        let bound = self.of_account(account).await?;
        versions(&Caller::pinned(self, &bound.pinned), name, reveal).await
    }

    /// Secrets of Secrets Manager, without their values.
    ///
    /// # Errors
    /// AWS cannot be asked, or the credentials belong to another account than `account`.
    pub async fn secrets(&self, account: Option<&str>) -> Result<Vec<Secret>, Failure> {
        let bound = self.of_account(account).await?;
        super::secret_list::all(&Caller::pinned(self, &bound.pinned)).await
    }

    /// The identity of the credentials, if it is of this account.
    pub(super) async fn of_account(
        &self,
        account: Option<&str>,
    ) -> Result<std::sync::Arc<super::accounts::Bound>, Failure> {
        let generation = self.current();
        let bound = Box::pin(self.bound(&generation)).await?;
        match account.filter(|account| *account != bound.identity.account) {
            Some(account) => Err(Failure::other_account(&bound.identity.account, account)),
            None => Ok(bound),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_that_quotes_the_value_is_told_without_it() {
        let said =
            "ssm:PutParameter: 1 validation error detected: Value 's3cret' at 'value' failed to satisfy constraint";
        let told = without_value(Failure::new(FailureKind::Invalid, said));
        assert_eq!(told.message, said.replace("s3cret", "…"));
        // Cut before its end.
        let told = without_value(Failure::new(FailureKind::Invalid, "x: Value 's3cr"));
        assert_eq!(told.message, "x: Value '…'");
        let other = Failure::new(FailureKind::Denied, "not allowed");
        assert_eq!(without_value(other.clone()), other);
    }
}
