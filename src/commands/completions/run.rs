//! Generates shell completions from the command line's own definition.

use super::args::Arguments;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::report_output::print_result;
use clap_complete::Shell;
use std::io;

pub(super) fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let text = completions((context.program)(), arguments.shell);
    print_result(out.write_all(&text).and_then(|()| out.flush()))
}

fn completions(mut program: clap::Command, shell: Shell) -> Vec<u8> {
    // The generator panics if its writer fails; a buffer cannot fail.
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut program, "cockpit", &mut text);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_completed() {
        let program = crate::commands::command_line::command();
        let text = String::from_utf8(completions(program.clone(), Shell::Bash)).unwrap();
        for command in program.get_subcommands() {
            assert!(text.contains(command.get_name()), "{}", command.get_name());
        }
    }
}
