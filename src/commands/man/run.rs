//! Generates the manual page from the command line's own definition, with a section for each command.

use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::report_output::print_result;
use std::io::{self, Write as _};

pub(super) fn run(context: &Context, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    print_result(man((context.program)()).and_then(|text| out.write_all(&text)).and_then(|()| out.flush()))
}

fn man(mut program: clap::Command) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    program.build();
    clap_mangen::Man::new(program.clone()).render(&mut text)?;
    for sub in program.get_subcommands().filter(|sub| sub.get_name() != "help") {
        let page = clap_mangen::Man::new(sub.clone());
        writeln!(text, ".SH \"COCKPIT {}\"", sub.get_name().to_uppercase())?;
        page.render_synopsis_section(&mut text)?;
        page.render_description_section(&mut text)?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_section() {
        let program = crate::commands::command_line::command();
        let page = String::from_utf8(man(program.clone()).unwrap()).unwrap();
        assert!(page.contains(".TH"), "{page}");
        for command in program.get_subcommands() {
            let section = format!("COCKPIT {}", command.get_name().to_uppercase());
            assert!(page.contains(&section), "{section}");
        }
    }
}
