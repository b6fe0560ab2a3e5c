//! Sessions on a PostgreSQL server, and what is run in them.

use super::means::Means;
use crate::feeds::part::Part;
use crate::feeds::sql::{Ask, Fact};
use crate::model::{Failure, FailureKind};

/// Does what is asked.
pub(super) async fn answer(means: &Means, _ask: Ask) {
    let failure = Failure::new(FailureKind::Unreachable, "there is no connection to a database");
    means.send(Part::<Fact>::Failed(failure)).await;
}
