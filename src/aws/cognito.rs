//! Cognito: user pools, their password rules, and their users.

use super::budget::Class;
use super::pages::{AnswerSender, PageGuard};
use super::protocols::json;
use super::session::{Action, Caller, Session};
use super::signed::Service;
use crate::app::effect::Priority;
use crate::feeds::aws::Fact;
use crate::model::cdn::belongs;
use crate::model::users::{Policy, Pool, PoolStatistics, User};
use crate::model::{Failure, FailureKind};
use jiff::Timestamp;
use serde_json::{Value, json as body};
use std::collections::BTreeMap;

pub(super) const LIST_USER_POOLS: Action = Action { name: "cognito-idp:ListUserPools", class: Class::UserPools };
pub(super) const DESCRIBE_USER_POOL: Action = Action { name: "cognito-idp:DescribeUserPool", class: Class::UserPools };
pub(super) const GET_MFA: Action = Action { name: "cognito-idp:GetUserPoolMfaConfig", class: Class::UserPools };
pub(super) const LIST_USERS: Action = Action { name: "cognito-idp:ListUsers", class: Class::Users };
pub(super) const COGNITO: Service = Service("cognito-idp", None);
pub(super) const TARGET: &str = "AWSCognitoIdentityProviderService";
/// Items per page: the maximum of both lists.
const PAGE: u32 = 60;

/// Maximum number of users counted for a screen.
const COUNTED: u64 = 3_000;

/// Sends the environment's pool with its users counted; none if there is no such pool, or several.
pub(super) async fn send_pool(
    caller: &Caller<'_>,
    answers: &AnswerSender<'_>,
    named: &[String],
    prefixes: &[String],
) -> Result<(), Failure> {
    let session = caller.session;
    let mut own = session.user_pools().await?;
    own.retain(|pool| belongs(&[&pool.id, &pool.name], named, prefixes));
    let [pool] = &own[..] else {
        answers.last(Fact::UserPool(None)).await;
        return Ok(());
    };
    let mut seen = PoolStatistics::default();
    let (mut counts, mut all) = (BTreeMap::<String, u64>::new(), 0);
    let ((pool, missing), listed) = tokio::join!(
        session.user_pool(pool.clone()),
        session.users(&pool.id, None, |page| {
            for user in &page {
                *counts.entry(user.status.clone()).or_default() += 1;
                seen.disabled += u64::from(!user.enabled);
                all += 1;
            }
            seen.has_more = all >= COUNTED;
            !seen.has_more
        })
    );
    (seen.pool, seen.missing) = (pool, missing);
    seen.counts = (listed.is_ok() || all > 0).then_some(counts);
    if let Err(failure) = listed {
        (seen.has_more, seen.missing) = (true, seen.missing.into_iter().chain([failure]).collect());
    }
    answers.last(Fact::UserPool(Some(Box::new(seen)))).await;
    Ok(())
}

/// Returns the number of users in a pool, as estimated by AWS.
pub(super) async fn estimated_user_count(caller: &Caller<'_>, pool: &str) -> Result<u64, Failure> {
    let answer = caller.json(&json(DESCRIBE_USER_POOL, COGNITO, TARGET, &body!({"UserPoolId": pool}))).await?;
    answer["UserPool"]["EstimatedNumberOfUsers"].as_u64().ok_or_else(|| {
        let text = format!("{}: the answer does not say how many users there are", DESCRIBE_USER_POOL.name);
        Failure::new(FailureKind::Malformed, text)
    })
}

/// Returns the user pools of the account, with only their ids and names.
pub(super) async fn pools(caller: &Caller<'_>) -> Result<Vec<Pool>, Failure> {
    let (mut found, mut token, mut guard) = (Vec::new(), None::<String>, PageGuard::default());
    loop {
        let mut arguments = body!({"MaxResults": PAGE});
        if let Some(token) = &token {
            arguments["NextToken"] = body!(token);
        }
        let answer = caller.json(&json(LIST_USER_POOLS, COGNITO, TARGET, &arguments)).await?;
        let text = |one: &Value, key: &str| one[key].as_str().map(str::to_owned);
        let page = answer["UserPools"].as_array().into_iter().flatten();
        found.extend(page.filter_map(|one| {
            Some(Pool { id: text(one, "Id")?, name: text(one, "Name").unwrap_or_default(), ..Pool::default() })
        }));
        token = guard.next_token(LIST_USER_POOLS.name, text(&answer, "NextToken"))?;
        if token.is_none() {
            return Ok(found);
        }
    }
}

impl Session {
    /// Returns the user pools of the account, with only their ids and names.
    ///
    /// # Errors
    /// They cannot be listed.
    pub async fn user_pools(&self) -> Result<Vec<Pool>, Failure> {
        pools(&Caller::new(self, Priority::Operator)).await
    }

    /// Returns the pool with its rules for passwords and MFA; reads that failed are among the failures.
    pub async fn user_pool(&self, pool: Pool) -> (Pool, Vec<Failure>) {
        let caller = Caller::new(self, Priority::Operator);
        let arguments = body!({"UserPoolId": pool.id});
        let (describe, mfa) =
            (json(DESCRIBE_USER_POOL, COGNITO, TARGET, &arguments), json(GET_MFA, COGNITO, TARGET, &arguments));
        let (described, mfa) = tokio::join!(caller.json(&describe), caller.json(&mfa));
        let (mut pool, mut missing) = (pool, Vec::new());
        match described {
            Ok(answer) => take(&mut pool, &answer["UserPool"]),
            Err(failure) => missing.push(failure),
        }
        match mfa {
            Ok(answer) => {
                pool.mfa = answer["MfaConfiguration"].as_str().map(str::to_owned).or(pool.mfa);
                pool.methods = Some(methods(&answer));
            }
            Err(failure) => missing.push(failure),
        }
        (pool, missing)
    }

    /// Passes the users of a pool, optionally of one status, page by page to `page`, which returns whether to
    /// continue.
    ///
    /// # Errors
    /// A page cannot be read; the previous ones were passed.
    pub async fn users(
        &self,
        pool: &str,
        status: Option<&str>,
        mut page: impl FnMut(Vec<User>) -> bool,
    ) -> Result<(), Failure> {
        let caller = Caller::new(self, Priority::Operator);
        let (mut token, mut guard) = (None::<String>, PageGuard::default());
        loop {
            let mut arguments = body!({"UserPoolId": pool, "Limit": PAGE});
            if let Some(status) = status {
                arguments["Filter"] = body!(format!("cognito:user_status = \"{status}\""));
            }
            if let Some(token) = &token {
                arguments["PaginationToken"] = body!(token);
            }
            let answer = caller.json(&json(LIST_USERS, COGNITO, TARGET, &arguments)).await?;
            let Some(users) = answer["Users"].as_array() else {
                let text = format!("{}: the answer has no users", LIST_USERS.name);
                return Err(Failure::new(FailureKind::Malformed, text));
            };
            let more = page(users.iter().filter_map(user).collect());
            token = guard.next_token(LIST_USERS.name, answer["PaginationToken"].as_str().map(str::to_owned))?;
            if token.is_none() || !more {
                return Ok(());
            }
        }
    }
}

fn take(pool: &mut Pool, described: &Value) {
    let policy = &described["Policies"]["PasswordPolicy"];
    let on = |key: &str| policy[key].as_bool().unwrap_or(false);
    pool.policy = policy["MinimumLength"].as_u64().map(|length| Policy {
        length,
        lowercase: on("RequireLowercase"),
        uppercase: on("RequireUppercase"),
        numbers: on("RequireNumbers"),
        symbols: on("RequireSymbols"),
        temporary_days: policy["TemporaryPasswordValidityDays"].as_u64(),
    });
    pool.protected = described["DeletionProtection"].as_str().map(|word| word == "ACTIVE");
    pool.estimated = described["EstimatedNumberOfUsers"].as_u64();
    pool.mfa = pool.mfa.take().or_else(|| described["MfaConfiguration"].as_str().map(str::to_owned));
}

fn methods(answer: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if answer["SoftwareTokenMfaConfiguration"]["Enabled"] == true {
        found.push("authenticator".to_owned());
    }
    if answer["SmsMfaConfiguration"].is_object() {
        found.push("SMS".to_owned());
    }
    if answer["EmailMfaConfiguration"].is_object() {
        found.push("e-mail".to_owned());
    }
    found
}

fn user(one: &Value) -> Option<User> {
    let attribute = |name: &str| {
        let found = one["Attributes"].as_array()?.iter().find(|attribute| attribute["Name"] == name)?;
        found["Value"].as_str().map(str::to_owned)
    };
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of an epoch fit")]
    let time = |key: &str| Timestamp::from_millisecond((one[key].as_f64()? * 1_000.0) as i64).ok();
    Some(User {
        name: one["Username"].as_str()?.to_owned(),
        email: attribute("email"),
        email_verified: attribute("email_verified").as_deref() == Some("true"),
        phone: attribute("phone_number"),
        status: one["UserStatus"].as_str().unwrap_or("UNKNOWN").to_owned(),
        enabled: one["Enabled"].as_bool().unwrap_or(true),
        created: time("UserCreateDate"),
        changed: time("UserLastModifiedDate"),
    })
}
