//! Parameters of Systems Manager: listing, reading, writing, removing. A value is read only when requested by name, and
//! never appears in a log or an error.

use super::budget::Class;
use super::convert::to_timestamp;
use super::lookup::DESCRIBE_PARAMETERS;
use super::pages::{AnswerSender, PageGuard};
use super::secrets::PARAMETER;
use super::session::{Action, Caller, Session};
use super::writer::Writer;
use crate::app::operation::call::{ParameterWrite, Reply};
use crate::feeds::aws::Fact;
use crate::model::parameters::{Kind, Parameter, ParameterWithValue, Secret, Value, Version};
use crate::model::{Failure, FailureKind};
use aws_sdk_ssm::operation::describe_parameters::DescribeParametersOutput;
use aws_sdk_ssm::types as sdk;
use aws_sdk_ssm::types::ParameterStringFilter;
use futures_util::future::try_join_all;
use std::sync::{Mutex, PoisonError};

const HISTORY: Action = Action { name: "ssm:GetParameterHistory", class: Class::Parameters };
const PUT: Action = Action { name: "ssm:PutParameter", class: Class::ParameterChanges };
const DELETE: Action = Action { name: "ssm:DeleteParameter", class: Class::ParameterChanges };
/// Items per page: the maximum of the API.
const PAGE: i32 = 50;

/// Maximum number of names in one filter. Source: `ParameterStringFilter`.
const NAMES: usize = 50;

/// The filter of `DescribeParameters`: a name prefix, where an empty one matches all, or some full names.
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
        // The filter has a key, so building it succeeds.
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

/// Reads parameters by name prefixes or full names: the lists of several prefixes concurrently, the
/// pages of each in sequence.
async fn all<Taken: Future<Output = ()>>(
    caller: &Caller<'_>,
    prefixes: &[String],
    take: impl Fn(Vec<Parameter>) -> Taken,
) -> Result<(), Failure> {
    let (folders, names): (Vec<&str>, Vec<&str>) =
        prefixes.iter().map(String::as_str).partition(|prefix| prefix.is_empty() || prefix.ends_with('/'));
    let below = folders.into_iter().map(Wanted::Below);
    let lists = below.chain(names.chunks(NAMES).map(Wanted::Names)).map(async |wanted| {
        let (mut guard, mut token) = (PageGuard::default(), None);
        loop {
            let (found, next) = page(caller, wanted, token).await?;
            take(found).await;
            token = guard.next_token(DESCRIBE_PARAMETERS.name, next)?;
            if token.is_none() {
                return Ok(());
            }
        }
    });
    try_join_all(lists).await.map(drop)
}

/// Sends the parameters with these name prefixes, page by page.
pub(super) async fn send_parameters(
    caller: &Caller<'_>,
    answers: &AnswerSender<'_>,
    prefixes: &[String],
) -> Result<(), Failure> {
    all(caller, prefixes, |found| answers.page(Fact::Parameters(found))).await?;
    answers.last(Fact::Parameters(Vec::new())).await;
    Ok(())
}

/// Sends a parameter with its value, requested by name.
pub(super) async fn value(caller: &Caller<'_>, answers: &AnswerSender<'_>, name: &str) -> Result<(), Failure> {
    let found =
        caller.call(PARAMETER, |clients| clients.ssm().get_parameter().name(name).with_decryption(true).send()).await?;
    let held = found.parameter.and_then(from_parameter);
    answers.last(Fact::Parameter(held.map(Box::new))).await;
    Ok(())
}

/// Sends the versions of a parameter, without their values.
pub(super) async fn history(caller: &Caller<'_>, answers: &AnswerSender<'_>, name: &str) -> Result<(), Failure> {
    let versions = versions(caller, name, false).await?;
    answers.last(Fact::ParameterVersions(versions)).await;
    Ok(())
}

async fn versions(caller: &Caller<'_>, name: &str, reveal: bool) -> Result<Vec<Version>, Failure> {
    let mut all_versions = caller
        .all_pages(
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
    all_versions.sort_by_key(|version| std::cmp::Reverse(version.version));
    Ok(all_versions)
}

/// Returns a parameter with its value, or the reason why that cannot be read.
pub(super) async fn read_parameter(
    caller: &Caller<'_>,
    name: &str,
) -> Result<Option<Box<ParameterWithValue>>, Failure> {
    let (mut guard, mut token) = (PageGuard::default(), None);
    let parameter = loop {
        let (found, next) = page(caller, Wanted::Names(&[name]), token).await?;
        if let Some(parameter) = found.into_iter().next() {
            break parameter;
        }
        // A page may be empty and not be the last: AWS scans a fixed number at a time, whatever the filter.
        token = guard.next_token(DESCRIBE_PARAMETERS.name, next)?;
        if token.is_none() {
            return Ok(None);
        }
    };
    let read =
        caller.call(PARAMETER, |clients| clients.ssm().get_parameter().name(name).with_decryption(true).send()).await;
    let value = match read {
        Ok(answer) => match answer.parameter.and_then(from_parameter) {
            Some(held) => {
                return Ok(Some(Box::new(ParameterWithValue {
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
    Ok(Some(Box::new(ParameterWithValue { parameter, value })))
}

fn no_value(name: &str) -> Failure {
    Failure::new(FailureKind::Malformed, format!("{}: the parameter {name} has no value", PARAMETER.name))
}

/// Writes a parameter.
pub(super) async fn put(writer: &Writer<'_>, put: ParameterWrite) -> Result<Reply, Failure> {
    let kind = sdk::ParameterType::from(put.kind.name());
    let key = put.key.filter(|_| put.kind == Kind::Secure);
    let answer = writer
        .send_once(PUT, |clients| {
            let request = clients.ssm().put_parameter().name(put.name).value(put.value.expose());
            let request = request.r#type(kind).set_key_id(key).set_description(put.description);
            request.overwrite(put.overwrite).set_tier(put.advanced.then_some(sdk::ParameterTier::Advanced)).send()
        })
        .await
        .map_err(without_value)?;
    Ok(Reply::Written(answer.version))
}

/// Removes the value from the service's message about a value that it refuses.
fn without_value(failure: Failure) -> Failure {
    const BEFORE: &str = "Value '";
    let Some(at) = failure.message.find(BEFORE) else { return failure };
    let (head, rest) = failure.message.split_at(at + BEFORE.len());
    let tail = rest.rfind("' at '").map_or("'", |end| &rest[end..]);
    let message = format!("{head}…{tail}");
    failure.with_message(message)
}

/// Removes a parameter with all its versions.
pub(super) async fn delete(writer: &Writer<'_>, name: &str) -> Result<Reply, Failure> {
    writer.send_once(DELETE, |clients| clients.ssm().delete_parameter().name(name).send()).await?;
    Ok(Reply::Done)
}

fn from_metadata(found: sdk::ParameterMetadata) -> Option<Parameter> {
    Some(Parameter {
        name: found.name?,
        kind: found.r#type.map(|kind| Kind::parse(kind.as_str())).unwrap_or_default(),
        version: found.version,
        modified_at: to_timestamp(found.last_modified_date),
        modified_by: found.last_modified_user,
        key: found.key_id,
        tier: found.tier.map(|tier| tier.as_str().to_owned()),
        description: found.description.filter(|text| !text.is_empty()),
    })
}

fn from_parameter(found: sdk::Parameter) -> Option<ParameterWithValue> {
    let name = found.name?;
    let value = found.value.map(Value::new).ok_or_else(|| no_value(&name));
    let parameter = Parameter {
        name,
        kind: found.r#type.map(|kind| Kind::parse(kind.as_str())).unwrap_or_default(),
        version: found.version,
        modified_at: to_timestamp(found.last_modified_date),
        ..Parameter::default()
    };
    Some(ParameterWithValue { parameter, value })
}

fn from_version(found: sdk::ParameterHistory, reveal: bool) -> Version {
    Version {
        version: found.version,
        kind: found.r#type.map(|kind| Kind::parse(kind.as_str())).unwrap_or_default(),
        modified_at: to_timestamp(found.last_modified_date),
        modified_by: found.last_modified_user,
        key: found.key_id,
        labels: found.labels.unwrap_or_default(),
        value: found.value.filter(|_| reveal).map(Value::new),
    }
}

/// Parameter reads for commands, only in the configured account.
impl Session {
    /// Returns the parameters with these name prefixes.
    ///
    /// # Errors
    /// A request fails, or the credentials belong to another account than `account`.
    pub async fn parameters(&self, prefixes: &[String], account: Option<&str>) -> Result<Vec<Parameter>, Failure> {
        let bound = self.require_account(account).await?;
        let caller = Caller::pinned(self, &bound.pinned);
        let found = Mutex::new(Vec::new());
        all(&caller, prefixes, |page| {
            found.lock().unwrap_or_else(PoisonError::into_inner).extend(page);
            std::future::ready(())
        })
        .await?;
        let mut unique = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        unique.sort_by(|a: &Parameter, b| a.name.cmp(&b.name));
        unique.dedup_by(|a, b| a.name == b.name);
        Ok(unique)
    }

    /// Returns a parameter with its value, requested by name, or with the reason why it cannot be read.
    ///
    /// # Errors
    /// A request fails, or the credentials belong to another account than `account`.
    pub async fn parameter_with_value(
        &self,
        name: &str,
        account: Option<&str>,
    ) -> Result<Option<ParameterWithValue>, Failure> {
        let bound = self.require_account(account).await?;
        read_parameter(&Caller::pinned(self, &bound.pinned), name).await.map(|held| held.map(|held| *held))
    }

    /// Returns the versions of a parameter, newest first; with their values on request.
    ///
    /// # Errors
    /// A request fails, or the credentials belong to another account than `account`.
    pub async fn parameter_versions(
        &self,
        name: &str,
        reveal: bool,
        account: Option<&str>,
    ) -> Result<Vec<Version>, Failure> {
        let bound = self.require_account(account).await?;
        versions(&Caller::pinned(self, &bound.pinned), name, reveal).await
    }

    /// Returns the secrets of Secrets Manager, without their values.
    ///
    /// # Errors
    /// A request fails, or the credentials belong to another account than `account`.
    pub async fn secrets(&self, account: Option<&str>) -> Result<Vec<Secret>, Failure> {
        let bound = self.require_account(account).await?;
        super::secret_list::list_secrets(&Caller::pinned(self, &bound.pinned)).await
    }

    /// Returns the identity of the credentials, if it belongs to this account.
    pub(super) async fn require_account(
        &self,
        account: Option<&str>,
    ) -> Result<std::sync::Arc<super::accounts::BoundClients>, Failure> {
        let generation = self.current();
        let bound = Box::pin(self.bound_clients(&generation)).await?;
        match account.filter(|account| *account != bound.identity.account) {
            Some(account) => Err(Failure::account_changed(&bound.identity.account, account)),
            None => Ok(bound),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusal_quoting_the_value_is_reported_without_it() {
        let message =
            "ssm:PutParameter: 1 validation error detected: Value 's3cret' at 'value' failed to satisfy constraint";
        let cleaned = without_value(Failure::new(FailureKind::Invalid, message));
        assert_eq!(cleaned.message, message.replace("s3cret", "…"));
        // Truncated before its end.
        let cleaned = without_value(Failure::new(FailureKind::Invalid, "x: Value 's3cr"));
        assert_eq!(cleaned.message, "x: Value '…'");
        let other = Failure::new(FailureKind::Denied, "not allowed");
        assert_eq!(without_value(other.clone()), other);
    }
}
