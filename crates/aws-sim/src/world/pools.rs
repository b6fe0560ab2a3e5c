//! User pools of Cognito and their users. All names, addresses and numbers are those reserved for examples.

use super::{DAY, HOUR, World};
use crate::clock::Ms;
use crate::scenario::Scenario;

/// A Cognito user pool.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) region: &'static str,
    /// The minimum length of a password.
    pub(crate) min_length: u32,
    pub(crate) symbols: bool,
    /// `OFF`, `ON`, `OPTIONAL`.
    pub(crate) mfa: &'static str,
    pub(crate) users: Vec<User>,
}

/// A user of a pool.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) phone: Option<String>,
    pub(crate) status: &'static str,
    pub(crate) enabled: bool,
    /// The times between creation or last change and the start.
    pub(crate) made: Ms,
    pub(crate) changed: Ms,
}

const PEOPLE: &[(&str, &str)] = &[
    ("alice", "CONFIRMED"),
    ("bob", "CONFIRMED"),
    ("carol", "CONFIRMED"),
    ("haruka.tanaka", "CONFIRMED"),
    ("dave", "UNCONFIRMED"),
    ("erin", "FORCE_CHANGE_PASSWORD"),
    ("frank", "FORCE_CHANGE_PASSWORD"),
    ("grace", "CONFIRMED"),
    ("heidi", "RESET_REQUIRED"),
    ("ivan", "CONFIRMED"),
    ("judy", "EXTERNAL_PROVIDER"),
];

impl Pool {
    /// The user pools of a scenario's world.
    pub(crate) fn all(scenario: Scenario) -> Vec<Self> {
        if scenario.environment() != "pantri" {
            return Vec::new();
        }
        let users = PEOPLE.iter().enumerate().map(|(number, (name, status))| user(number, name, status));
        let pool = |id, name, users| Self {
            id,
            name,
            region: "us-east-1",
            min_length: 12,
            symbols: true,
            mfa: "OPTIONAL",
            users,
        };
        vec![
            pool("us-east-1_Pantri000", "pantri-users", users.collect()),
            pool("us-east-1_Other0000", "another-team-users", Vec::new()),
        ]
    }
}

fn user(number: usize, name: &str, status: &'static str) -> User {
    let n = number as Ms;
    User {
        name: format!("{:08x}-0000-4000-8000-{number:012x}", 0x1f00 + number),
        email: format!("{name}@example.com"),
        phone: number.is_multiple_of(2).then(|| format!("+8190555501{:02}", number % 100)),
        status,
        enabled: number != 7,
        made: (n + 3) * DAY,
        changed: (n + 1) * 5 * HOUR,
    }
}

impl World {
    /// Adds this many users to the first pool, for `poke`.
    pub(crate) fn poke_users(&mut self, count: u64) -> Result<(), String> {
        let pool = self.pools.first_mut().ok_or("there is no user pool")?;
        let from = pool.users.len();
        let more = (from..from + count as usize).map(|number| user(number, &format!("user{number}"), "CONFIRMED"));
        pool.users.extend(more);
        Ok(())
    }
}
