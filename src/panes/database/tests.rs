//! Databases as a person sees them.

use crate::ui::testing::pictures::seen;
use crate::ui::testing::*;

#[test]
fn databases_fit_every_size() {
    let world = staging();
    for (name, size, keys) in [
        ("database_80x24", (80, 24), "4"),
        ("database_metrics_80x24", (80, 24), "4 tab"),
        ("database_60x15", (60, 15), "4"),
        ("database_facts_60x15", (60, 15), "4 shift-tab"),
        ("database_120x40", (120, 40), "4"),
        ("database_200x60", (200, 60), "4 j"),
    ] {
        let mut app = read(&world, size);
        press(&mut app, keys, &world);
        seen(name, &app);
    }
}
