//! Cognito user pools and their users. E-mail addresses and telephone numbers are personal data: they are masked unless
//! they were requested.

use crate::failure::Failure;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// A Cognito user pool: its policy and its estimated number of users.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pool {
    pub id: String,
    pub name: String,
    /// `OFF`, `ON`, `OPTIONAL`.
    pub mfa: Option<String>,
    /// The second factors that users may use: `authenticator`, `SMS`, `e-mail`; `None` if they were not read.
    pub methods: Option<Vec<String>>,
    pub policy: Option<Policy>,
    /// Whether deletion protection is on.
    pub protected: Option<bool>,
    /// Number of users, as estimated by Cognito.
    pub estimated: Option<u64>,
}

/// The password policy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Policy {
    /// Minimum length of a password.
    pub length: u64,
    pub lowercase: bool,
    pub uppercase: bool,
    pub numbers: bool,
    pub symbols: bool,
    /// Validity of a temporary password, in days.
    pub temporary_days: Option<u64>,
}

impl Policy {
    /// Describes the policy: `12 characters with lower and upper case, numbers, symbols`.
    pub fn describe(&self) -> String {
        let parts: Vec<&str> = [
            (self.lowercase, "lower case"),
            (self.uppercase, "upper case"),
            (self.numbers, "numbers"),
            (self.symbols, "symbols"),
        ]
        .into_iter()
        .filter_map(|(on, word)| on.then_some(word))
        .collect();
        let with = if parts.is_empty() { String::new() } else { format!(" with {}", parts.join(", ")) };
        let days = self.temporary_days.map(|days| format!("; temporary ones for {days} days")).unwrap_or_default();
        format!("{} characters{with}{days}", self.length)
    }
}

/// A user of a pool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct User {
    /// The user name in the pool, usually an opaque id.
    pub name: String,
    pub email: Option<String>,
    pub email_verified: bool,
    pub phone: Option<String>,
    /// `CONFIRMED`, `UNCONFIRMED`, `FORCE_CHANGE_PASSWORD`, `RESET_REQUIRED`, `EXTERNAL_PROVIDER`, …
    pub status: String,
    pub enabled: bool,
    pub created: Option<Timestamp>,
    pub changed: Option<Timestamp>,
}

/// A user pool with statistics, without any user names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PoolStatistics {
    pub pool: Pool,
    /// Number of users by status; `None` if they could not be read.
    pub counts: Option<BTreeMap<String, u64>>,
    /// Number of users who cannot sign in.
    pub disabled: u64,
    /// Whether there are more users than were counted.
    pub has_more: bool,
    /// The reads that failed.
    pub missing: Vec<Failure>,
}

/// Counts users by status.
pub fn counts<'a>(users: impl IntoIterator<Item = &'a User>) -> BTreeMap<&'a str, u64> {
    let mut counts = BTreeMap::new();
    for user in users {
        *counts.entry(user.status.as_str()).or_insert(0) += 1;
    }
    counts
}

/// Describes a status.
pub fn describe_status(status: &str) -> &'static str {
    match status {
        "CONFIRMED" => "has confirmed",
        "UNCONFIRMED" => "has not confirmed yet",
        "FORCE_CHANGE_PASSWORD" => "must choose a password at the first sign-in",
        "RESET_REQUIRED" => "must reset the password",
        "EXTERNAL_PROVIDER" => "signs in elsewhere",
        "ARCHIVED" => "is not in use any more",
        "COMPROMISED" => "is blocked: the password may be compromised",
        _ => "has an unknown status",
    }
}

/// Masks a user name if it is an address or a telephone number.
pub fn masked_name(name: &str) -> String {
    if name.contains('@') {
        masked_email(name)
    } else if name.starts_with('+') && name[1..].chars().all(|c| c.is_ascii_digit()) {
        masked_phone(name)
    } else {
        name.to_owned()
    }
}

/// Masks an e-mail address: `a•••@e•••.com`, enough to recognize one's own.
pub fn masked_email(email: &str) -> String {
    let first = |text: &str| text.chars().next().map_or_else(|| "•••".to_owned(), |c| format!("{c}•••"));
    match email.rsplit_once('@') {
        None => first(email),
        Some((local, domain)) => {
            let (host, top) = domain.rsplit_once('.').unwrap_or((domain, ""));
            let top = if top.is_empty() { String::new() } else { format!(".{top}") };
            format!("{}@{}{top}", first(local), first(host))
        }
    }
}

/// Masks a telephone number: `+81•••01`.
pub fn masked_phone(phone: &str) -> String {
    let characters: Vec<char> = phone.chars().collect();
    if characters.len() < 8 {
        return "•••".to_owned();
    }
    let (start, end): (String, String) =
        (characters[..3].iter().collect(), characters[characters.len() - 2..].iter().collect());
    format!("{start}•••{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_data_is_masked() {
        assert_eq!(masked_email("alice@example.com"), "a•••@e•••.com");
        assert_eq!(masked_email("田中@例え.jp"), "田•••@例•••.jp");
        assert_eq!(masked_email("broken"), "b•••");
        assert_eq!(masked_email(""), "•••");
        assert_eq!(masked_phone("+819055550101"), "+81•••01");
        assert_eq!(masked_phone("+8190"), "•••");
        assert_eq!(masked_name("alice@example.com"), "a•••@e•••.com");
        assert_eq!(masked_name("+819055550101"), "+81•••01");
        assert_eq!(masked_name("00001f00-0000"), "00001f00-0000");
    }

    #[test]
    fn policy_is_described_in_a_sentence() {
        let policy =
            Policy { length: 12, lowercase: true, numbers: true, temporary_days: Some(7), ..Policy::default() };
        assert_eq!(policy.describe(), "12 characters with lower case, numbers; temporary ones for 7 days");
    }
}
