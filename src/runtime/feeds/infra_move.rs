//! Moves states from files of this machine to S3, as they were shown: unit by unit, each put back where it is not the same there.

use super::infra_look::{aside, found, opened};
use super::infra_make::record;
use super::means::FeedContext;
use super::runs::kept as runs_of;
use super::trouble::{failed, of_trouble};
use crate::config::EnvironmentConfig;
use crate::feeds::infra::{Fact, MovableStates};
use crate::feeds::part::Part;
use crate::feeds::runs::Place;
use crate::infra::migrate::{self, Wanted};
use crate::infra::movable::{self, Movable, Unmovable};
use crate::infra::{Access, Discovered};
use crate::model::Failure;
use crate::model::infra::Unit;
use crate::model::infra::world::HINT;
use crate::model::text::quoted;
use crate::runtime::audit;
use std::path::PathBuf;

/// States of these units that can be moved. Nothing is changed.
pub(super) async fn look(
    means: &FeedContext,
    place: &Place,
    units: &[String],
    bucket: Option<String>,
) -> Result<Fact, Failure> {
    let looked = looked(means, place, units, bucket).await?;
    aside(move || looked.find(true).map(|movable| looked.shown(&movable))).await?.map(Fact::Movable)
}

/// Moves them, where they are still as they were shown. No run of the environment begins meanwhile.
pub(super) async fn moved(means: &FeedContext, place: &Place, wanted: &MovableStates) -> Result<Fact, Failure> {
    let looked = looked(means, place, &wanted.units, wanted.bucket.clone()).await?;
    let of = looked.clone();
    let movable = aside(move || of.find(false)).await??;
    let now = looked.shown(&movable);
    if (&now.units, &now.lines) != (&wanted.units, &wanted.lines) {
        return Err(failed("nothing is moved: the states are not as they were shown any more".to_owned()));
    }
    let mut lines = movable.said.clone();
    for (unit, kept) in &movable.units {
        means.send(Part::Page(Fact::Moving(format!("moving the state of {} to S3 …", unit.name)))).await;
        let access = Access::new(&looked.found, unit);
        let done = migrate::moved(&access, kept, &looked.wanted(unit)).await;
        let typed = format!("cockpit infra migrate-state {} --unit {}", looked.environment.name, quoted(&unit.name));
        let why = done.as_ref().err().map(|trouble| trouble.message.clone());
        let written = record(means, place, &looked.found, &typed, movable::audited(unit, kept), why);
        lines.extend(written.err().map(|error| format!("{}: the audit file does not have it: {error}", unit.name)));
        if let Err(trouble) = done {
            lines.push(of_trouble(&trouble).message);
            return Err(failed(lines.join("\n")));
        }
        lines.push(movable::moved(unit));
    }
    lines.push(format!("copies of the files stay in {}", movable::copies(&looked.runs).display()));
    Ok(Fact::Moved(lines))
}

/// The states to move, and the settings for that.
#[derive(Clone)]
struct Looked {
    runs: PathBuf,
    environment: EnvironmentConfig,
    found: Discovered,
    bucket: Option<String>,
}

async fn looked(
    means: &FeedContext,
    place: &Place,
    units: &[String],
    bucket: Option<String>,
) -> Result<Looked, Failure> {
    let (runs, environment) = (runs_of(place)?, opened(means)?.clone());
    Ok(Looked { runs, environment, found: found(means, units, true).await?, bucket })
}

impl Looked {
    /// The states, held as long as they are wanted.
    fn find(&self, looks: bool) -> Result<Movable, Failure> {
        let found = movable::find(&self.runs, &self.environment, &self.found, audit::who(), looks);
        found.map_err(|why| match why {
            Unmovable::NotStarted(error) => failed(format!("nothing is moved: {}", error.words())),
            Unmovable::OtherWorld(unit, why) => failed(format!("nothing of {unit} is moved: {why}\n→ {HINT}")),
            Unmovable::Trouble(trouble) => of_trouble(&trouble),
        })
    }

    fn wanted(&self, unit: &Unit) -> Wanted {
        movable::wanted(&self.runs, &self.environment, &self.found, unit, self.bucket.as_deref())
    }

    fn shown(&self, movable: &Movable) -> MovableStates {
        let of_unit = |(unit, kept): &(Unit, migrate::Kept)| {
            let mut lines = movable::lines(unit, kept);
            lines.push(movable::goes(unit, &self.wanted(unit)));
            lines
        };
        MovableStates {
            units: movable.units.iter().map(|(unit, _)| unit.name.clone()).collect(),
            bucket: self.bucket.clone(),
            lines: movable.units.iter().flat_map(of_unit).collect(),
            said: movable.said.clone(),
        }
    }
}
