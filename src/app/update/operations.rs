//! Operations on the screen: what follows for a person from what they do.

use super::{News, changed_by};
use crate::app::App;

/// Something happened in an operation: what shows it is brought up to date.
pub(super) fn follow(app: &mut App) {
    changed_by(app, News::Lists);
}
