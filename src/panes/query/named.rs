//! Files as psql's commands name them: below the folder of `\cd`, `\ir` beside the file that is run.

use crate::app::App;

/// The file that is meant by a name.
pub fn file(app: &App, typed: &str) -> String {
    match &app.panes.query.folder {
        Some(folder) if !is_whole(typed) => format!("{}/{typed}", folder.trim_end_matches('/')),
        _ => typed.to_owned(),
    }
}

/// The same for one that is named in a file that is run.
pub fn beside(app: &App, typed: &str, run: Option<&str>) -> String {
    match run.and_then(|run| run.rsplit_once('/')) {
        Some((folder, _)) if !is_whole(typed) => file(app, &format!("{folder}/{typed}")),
        _ => file(app, typed),
    }
}

fn is_whole(typed: &str) -> bool {
    typed.starts_with(['/', '~'])
}
