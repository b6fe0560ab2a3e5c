//! Completions and the manual page, rendered from the command line itself.

use super::Cli;
use clap::CommandFactory;
use clap_complete::Shell;
use std::io::{self, Write};

/// Writes the completions for a shell.
pub fn completions(shell: Shell, out: &mut dyn Write) -> io::Result<()> {
    // The generator panics when its writer fails; a buffer cannot.
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "cockpit", &mut text);
    out.write_all(&text)
}

/// Writes the manual page, with a section for each command.
pub fn man(out: &mut dyn Write) -> io::Result<()> {
    let mut text = Vec::new();
    let mut command = Cli::command();
    command.build();
    clap_mangen::Man::new(command.clone()).render(&mut text)?;
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        let page = clap_mangen::Man::new(sub.clone());
        text.extend_from_slice(format!(".SH \"COCKPIT {}\"\n", sub.get_name().to_uppercase()).as_bytes());
        page.render_synopsis_section(&mut text)?;
        page.render_description_section(&mut text)?;
    }
    out.write_all(&text)
}
