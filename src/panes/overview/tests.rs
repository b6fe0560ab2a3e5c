//! The overview as a person sees it.

use crate::ui::testing::pictures::seen;
use crate::ui::testing::*;

#[test]
fn the_overview_fits_every_size() {
    let world = staging();
    for (name, size) in [
        ("overview_60x15", (60, 15)),
        ("overview_80x24", (80, 24)),
        ("overview_120x40", (120, 40)),
        ("overview_200x60", (200, 60)),
    ] {
        let app = read(&world, size);
        seen(name, &app);
    }
}
