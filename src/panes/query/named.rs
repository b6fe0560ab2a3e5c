//! Files as psql's commands name them: below the folder of `\cd`.

use crate::app::App;

/// The file that is meant by a name.
pub fn file(app: &App, typed: &str) -> String {
    match &app.panes.query.folder {
        Some(folder) if !is_whole(typed) => format!("{}/{typed}", folder.trim_end_matches('/')),
        _ => typed.to_owned(),
    }
}

fn is_whole(typed: &str) -> bool {
    typed.starts_with(['/', '~'])
}
