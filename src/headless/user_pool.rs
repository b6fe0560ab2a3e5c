//! The DTO of a user pool, in `cockpit users` and in the snapshot; without its users.

use crate::model::users::Pool;
use schemars::JsonSchema;
use serde::Serialize;

/// A user pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PoolDto {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `OFF`, `ON`, `OPTIONAL`; `null` if it could not be read.
    pub mfa: Option<String>,
    /// `authenticator`, `SMS`, `e-mail`; `null` if they could not be read.
    pub mfa_methods: Option<Vec<String>>,
    /// The password policy; `null` if it could not be read.
    pub password: Option<PasswordDto>,
    /// Whether deletion protection is on.
    pub deletion_protection: Option<bool>,
    /// The number of users that Cognito estimates.
    pub estimated_users: Option<u64>,
}

/// The password policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PasswordDto {
    /// The minimum number of characters.
    pub minimum_length: u64,
    /// The kinds of characters that a password must contain.
    pub requires: Vec<String>,
    /// The number of days for which a temporary password is valid.
    pub temporary_days: Option<u64>,
}

impl From<&Pool> for PoolDto {
    fn from(pool: &Pool) -> Self {
        let password = pool.policy.map(|policy| PasswordDto {
            minimum_length: policy.length,
            requires: [
                (policy.lowercase, "lowercase"),
                (policy.uppercase, "uppercase"),
                (policy.numbers, "numbers"),
                (policy.symbols, "symbols"),
            ]
            .into_iter()
            .filter(|(on, _)| *on)
            .map(|(_, word)| word.to_owned())
            .collect(),
            temporary_days: policy.temporary_days,
        });
        Self {
            id: pool.id.clone(),
            name: pool.name.clone(),
            mfa: pool.mfa.clone(),
            mfa_methods: pool.methods.clone(),
            password,
            deletion_protection: pool.protected,
            estimated_users: pool.estimated,
        }
    }
}
