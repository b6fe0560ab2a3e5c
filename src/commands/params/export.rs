//! Exports parameters to a dotenv file that only its owner can read.

use super::args::Export;
use super::change::{folder, own_path};
use super::facts::{Facts, warn_if_foreign, within};
use crate::cli::{ExitCode, Report};
use crate::commands::change_target::open;
use crate::commands::context::Context;
use crate::commands::progress::print_note;
use crate::model::parameters::{Value, dotenv};
use futures_util::future::join_all;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Number of values that are read at the same time.
const AT_ONCE: usize = 10;

pub(super) async fn export(context: &Context, export: &Export) -> Result<ExitCode, Report> {
    let opened = open(context)?;
    let facts = Facts::gather(context, &opened).await?;
    let under = match &export.under {
        Some(path) => {
            let path = folder(path);
            warn_if_foreign(&facts.config, &facts.environment, &path);
            path
        }
        None => own_path(&facts)?,
    };
    if let Ok(there) = fs::symlink_metadata(&export.file) {
        let shown = export.file.display();
        // A device, a pipe or a link would be replaced by a regular file.
        if !there.is_file() {
            return Err(Report::usage(format!("{shown} is not a regular file: it is not overwritten"))
                .hint("name a regular file, or one that is not there yet"));
        }
        if !export.force {
            return Err(
                Report::usage(format!("{shown} is there already")).hint("--force overwrites it, or name another file")
            );
        }
    }
    let account = facts.environment.account.as_deref();
    let listed = within(context, facts.session.parameters(std::slice::from_ref(&under), account)).await?;
    let listed = listed.map_err(|failure| Report::from_failure("the parameters cannot be listed", &failure))?;
    if listed.is_empty() {
        return Err(Report::new("not_found", format!("there is no parameter under {under}"), ExitCode::Failed));
    }
    let mut values: Vec<(String, Value)> = Vec::new();
    for some in listed.chunks(AT_ONCE) {
        let reads = some.iter().map(|one| facts.session.parameter_with_value(&one.name, account));
        let read = within(context, async { Ok(join_all(reads).await) }).await?;
        for (one, held) in some.iter().zip(read.unwrap_or_default()) {
            let unread =
                |failure| Report::from_failure(format!("{} cannot be read: nothing was written", one.name), &failure);
            // The parameter was removed since it was listed.
            let Some(held) = held.map_err(unread)? else { continue };
            let value = held.value.map_err(unread)?;
            values.push((one.name[under.len()..].to_owned(), value));
        }
    }
    let text = dotenv::write(values.iter().map(|(name, value)| (name.as_str(), value)));
    write(&export.file, &Value::new(text)).map_err(|error| {
        Report::new("output", format!("{} cannot be written", export.file.display()), ExitCode::Failed)
            .caused_by(&error)
    })?;
    print_note(&format!(
        "{}: {} of {under}",
        export.file.display(),
        crate::model::text::pluralize(values.len(), "parameter")
    ));
    let odd: Vec<&str> =
        values.iter().map(|(name, _)| name.as_str()).filter(|name| !dotenv::is_shell_name(name)).collect();
    if !odd.is_empty() {
        print_note(&format!("a shell takes no variable of these names: {}", odd.join(", ")));
    }
    Ok(ExitCode::Done)
}

/// Writes to a temporary file in the same folder, and renames it once it is complete.
fn write(path: &Path, text: &Value) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}", std::process::id()));
    let beside = Path::new(&beside);
    let written = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(beside)
        .and_then(|mut file| file.write_all(text.expose().as_bytes()).and_then(|()| file.sync_data()))
        .and_then(|()| fs::rename(beside, path));
    if written.is_err() {
        let _ = fs::remove_file(beside);
    }
    written
}
