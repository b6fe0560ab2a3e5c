//! Files named in psql's commands, relative to the folder of `\cd`.

use crate::app::App;

/// Resolves a file name.
pub fn file(app: &App, typed: &str) -> String {
    match &app.panes.query.folder {
        Some(folder) if !is_absolute(typed) => format!("{}/{typed}", folder.trim_end_matches('/')),
        _ => typed.to_owned(),
    }
}

fn is_absolute(typed: &str) -> bool {
    typed.starts_with(['/', '~'])
}
