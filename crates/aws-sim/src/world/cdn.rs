//! Distributions and their invalidations.

use super::{SECOND, World};
use crate::clock::Ms;
use crate::scenario::Scenario;

/// The time from the start of an invalidation until it has reached every edge location.
pub(crate) const SPREADS: Ms = 90 * SECOND;

/// A `CloudFront` distribution.
#[derive(Debug, Clone)]
pub(crate) struct Distribution {
    pub(crate) id: String,
    pub(crate) domain: String,
    pub(crate) aliases: Vec<String>,
    pub(crate) comment: String,
    pub(crate) enabled: bool,
    /// The invalidations, newest last.
    pub(crate) invalidations: Vec<Invalidation>,
}

/// An invalidation with its start time.
#[derive(Debug, Clone)]
pub(crate) struct Invalidation {
    pub(crate) id: String,
    pub(crate) at: Ms,
    pub(crate) paths: Vec<String>,
    pub(crate) reference: String,
}

impl Invalidation {
    /// `InProgress`, then `Completed`.
    pub(crate) fn status(&self, now: Ms) -> &'static str {
        if self.at + SPREADS > now { "InProgress" } else { "Completed" }
    }
}

impl Distribution {
    /// The distributions of a world: one in front of its site, if there is one, and an unrelated one.
    pub(crate) fn all(scenario: Scenario) -> Vec<Self> {
        let environment = scenario.environment();
        if environment != "pantri" {
            return Vec::new();
        }
        let one = |id: &str, domain: &str, aliases: &[&str], comment: &str| Self {
            id: id.to_owned(),
            domain: format!("{domain}.cloudfront.net"),
            aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
            comment: comment.to_owned(),
            enabled: true,
            invalidations: Vec::new(),
        };
        vec![
            one("E1PANTRI0DIST0", "d1pantri0dist0", &["pantri.example", "www.pantri.example"], "pantri"),
            one("E2ELSEWHERE0D", "d2elsewhere0d", &["elsewhere.example"], "another team's"),
        ]
    }
}

impl World {
    /// Sets the number of paths invalidated this month, for `poke`.
    pub(crate) fn poke_invalidated(&mut self, paths: u64) -> Result<(), String> {
        let at = self.now - SPREADS;
        let one = self.distributions.first_mut().ok_or("there is no distribution")?;
        let id = format!("I{:013}", one.invalidations.len());
        let paths = (0..paths).map(|number| format!("/{number}")).collect();
        one.invalidations.push(Invalidation { reference: id.clone(), id, at, paths });
        Ok(())
    }

    /// Adds a distribution with this comment and name, for `poke`.
    pub(crate) fn poke_distribution(&mut self, comment: &str, name: &str) {
        let number = self.distributions.len();
        self.distributions.push(Distribution {
            id: format!("E{number}ANOTHER0DIST"),
            domain: format!("d{number}another0dist.cloudfront.net"),
            aliases: vec![name.to_owned()],
            comment: comment.to_owned(),
            enabled: true,
            invalidations: Vec::new(),
        });
    }
}
