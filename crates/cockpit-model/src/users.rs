//! User pools of Cognito and who is in them. E-mail addresses and telephone numbers are somebody's: they are masked wherever
//! nobody asked for them.

use crate::failure::Failure;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// A Cognito user pool: its policy, and how many users it has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pool {
    pub id: String,
    pub name: String,
    /// `OFF`, `ON`, `OPTIONAL`.
    pub mfa: Option<String>,
    /// The second factors that users may have beside a password: `authenticator`, `SMS`, `e-mail`; none where they were
    /// not read.
    pub methods: Option<Vec<String>>,
    pub policy: Option<Policy>,
    /// It cannot be deleted before that is switched off.
    pub protected: Option<bool>,
    /// As Cognito estimates.
    pub estimated: Option<u64>,
}

/// The rules for passwords.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Policy {
    /// How many characters a password has at least.
    pub length: u64,
    pub lowercase: bool,
    pub uppercase: bool,
    pub numbers: bool,
    pub symbols: bool,
    /// Days that a temporary one is good for.
    pub temporary_days: Option<u64>,
}

impl Policy {
    /// `12 characters with lower and upper case, numbers, symbols`.
    pub fn words(&self) -> String {
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
    /// The pool's name for them: mostly a number that says nothing.
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

/// A pool as far as it was looked at, without anybody's name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    pub pool: Pool,
    /// Users by status; none where they could not be read.
    pub counts: Option<BTreeMap<String, u64>>,
    /// How many may not sign in.
    pub disabled: u64,
    /// Whether there are more than were counted.
    pub more: bool,
    /// The reads that failed.
    pub missing: Vec<Failure>,
}

/// How many users have each status.
pub fn counts<'a>(users: impl IntoIterator<Item = &'a User>) -> BTreeMap<&'a str, u64> {
    let mut counts = BTreeMap::new();
    for user in users {
        *counts.entry(user.status.as_str()).or_insert(0) += 1;
    }
    counts
}

/// The meaning of a status, in words.
pub fn status_words(status: &str) -> &'static str {
    match status {
        "CONFIRMED" => "has confirmed",
        "UNCONFIRMED" => "has not confirmed yet",
        "FORCE_CHANGE_PASSWORD" => "must choose a password at the first sign-in",
        "RESET_REQUIRED" => "must reset the password",
        "EXTERNAL_PROVIDER" => "signs in elsewhere",
        "ARCHIVED" => "is not in use any more",
        "COMPROMISED" => "is shut out: somebody else may know the password",
        _ => "is not known what for",
    }
}

/// A user name, masked where it is an address or a number.
pub fn masked_name(name: &str) -> String {
    if name.contains('@') {
        masked_email(name)
    } else if name.starts_with('+') && name[1..].chars().all(|c| c.is_ascii_digit()) {
        masked_phone(name)
    } else {
        name.to_owned()
    }
}

/// `a•••@e•••.com`: enough to know one's own.
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

/// `+81•••01`.
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
    fn what_is_somebodys_is_masked_so_that_only_they_know_it() {
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
    fn a_policy_is_told_in_a_sentence() {
        let policy =
            Policy { length: 12, lowercase: true, numbers: true, temporary_days: Some(7), ..Policy::default() };
        assert_eq!(policy.words(), "12 characters with lower case, numbers; temporary ones for 7 days");
    }
}
