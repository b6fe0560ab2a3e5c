//! Snapshots of the screen, kept beside the tests that draw them.

use super::text;
use crate::app::App;
use std::path::Path;

/// Snapshots of the whole screen. Only these include the top line, the tabs and the bottom line, so that a new pane or key
/// changes few of them.
const WHOLE: [&str; 13] = [
    "ascii_service_120x40",
    "deploying_80x24",
    "drawer_80x24",
    "filter_80x24",
    "help_80x24",
    "logs_120x40",
    "odd_names_80x24",
    "overview_200x60",
    "overview_80x24",
    "plan_guarded_80x24",
    "services_60x15",
    "verdict_failed_80x24",
    "wrong_account_80x24",
];

/// Compares the screen with the snapshot in `snapshots/` beside the test: the pane's area, or the whole screen.
#[track_caller]
pub fn assert_screen(name: &str, app: &App) {
    let text = text(app);
    if WHOLE.contains(&name) {
        return assert_text(name, &text);
    }
    let lines: Vec<&str> = text.lines().collect();
    let inner = lines.get(2..lines.len().saturating_sub(1)).unwrap_or_default();
    assert_text(name, &inner.join("\n"));
}

/// Compares a text with the snapshot of this name in `snapshots/` beside the test.
#[track_caller]
pub fn assert_text(name: &str, text: &str) {
    let test = Path::new(std::panic::Location::caller().file());
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(test).with_file_name("snapshots");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(beside);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}
