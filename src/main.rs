//! The program: parses the command line, runs the screen or a headless command, returns the exit code.

use cockpit::cli::ExitCode;
use cockpit::commands::command_line::{Cli, Stop};
use cockpit::commands::declared::Work;
use cockpit::commands::dispatch;
use cockpit::infra::run::shim;
use cockpit::runtime::stop::StopSettings;
use cockpit::runtime::{self, WriteAborted};
use std::io::{self, Write as _};
use std::process;

fn main() -> process::ExitCode {
    if let Some(arguments) = shim::terraform_arguments(std::env::args_os()) {
        return match shim::become_terraform(&arguments) {
            Ok(true) => process::ExitCode::SUCCESS,
            Ok(false) => process::ExitCode::FAILURE,
            Err(error) => {
                let _ = writeln!(io::stderr(), "error: terraform cannot be started: {error}");
                process::ExitCode::FAILURE
            }
        };
    }
    runtime::install_panic_hook();
    let cli = match Cli::read(std::env::args_os()) {
        Ok(cli) => cli,
        Err(Stop::Print(text)) => {
            return match dispatch::print_text(&mut io::stdout(), &text) {
                Ok(code) => process::ExitCode::from(code.code()),
                Err(report) => {
                    let _ = report.write(&mut io::stderr(), false);
                    process::ExitCode::from(report.code.code())
                }
            };
        }
        Err(Stop::UsageError { report, json }) => {
            let _ = report.write(&mut io::stderr(), json);
            return process::ExitCode::from(report.code.code());
        }
    };
    let json = cli.json_errors();
    let code = run(cli).unwrap_or_else(|report| {
        let _ = report.write(&mut runtime::Output::stderr(), json);
        report.code
    });
    process::ExitCode::from(code.code())
}

fn run(cli: Cli) -> Result<ExitCode, cockpit::cli::Report> {
    let mut builder = if cli.work() == Work::Prints {
        tokio::runtime::Builder::new_current_thread()
    } else {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        // One thread parses answers while the main thread draws or writes; one is for blocking work.
        builder.worker_threads(2);
        builder
    };
    let tokio = builder.enable_all().build().map_err(|error| {
        cockpit::cli::Report::new("system", "the program cannot start", ExitCode::Failed).caused_by(&error)
    })?;
    let takes_interrupt = cli.takes_interrupt();
    if cli.work() != Work::Screen {
        let json = cli.json_errors();
        runtime::stop::watch(StopSettings { deadline: cli.deadline(), takes_signals: takes_interrupt, json });
    }
    let mut out = runtime::Output::stdout(cli.deadline());
    let code = tokio.block_on(async {
        tokio::select! {
            code = dispatch::run(cli, &mut out) => code,
            // The screen takes Ctrl-C as a key; commands exit with 130 and clean up. Without this branch SIGTERM and
            // SIGHUP would end only this process and not the programs it started.
            signal = runtime::stop::next_stop_signal(), if !takes_interrupt => signal.command_result(),
            never = runtime::stop::answer_probes() => match never {},
        }
    });
    // Requests in flight are not awaited; helper programs that provide credentials must not outlive this process.
    tokio.shutdown_background();
    runtime::end_helpers();
    runtime::end_programs();
    match (out.aborted_by(), code) {
        (Some(WriteAborted::Signal(signal)), _) if !takes_interrupt => signal.command_result(),
        // Any other verdict keeps its own exit code.
        (Some(WriteAborted::TimeUp), Err(report)) if report.code == ExitCode::Failed => {
            Err(cockpit::cli::Report { code: ExitCode::TimedOut, ..report })
        }
        (_, code) => code,
    }
}
