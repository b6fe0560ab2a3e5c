//! The interactive session: terminal, signals, time and answers in one order; a frame when
//! something has changed.

mod away;
mod beside;

use super::audit;
use super::clock::Clock;
use super::codes::Codes;
use super::executor::Executor;
use super::files;
use super::input::{self, FromTerminal, Reading};
use super::leaving::leave;
use super::link::{has_shell, open_link};
use super::ring::EventLoop;
use super::signals::Signals;
use super::tee::Tee;
use super::terminal::{self, Guard, Tui};
use crate::app::effect::{self, Effect};
use crate::app::event::{Event, Notice};
use crate::app::keymap::Keymap;
use crate::app::operation::Operation;
use crate::app::operation::call::{Call, CallId, Program};
use crate::app::overlays;
use crate::app::ticket::Ticket;
use crate::app::tunnels::state::ShellPlan;
use crate::app::{App, Table, poll::Wants};
use crate::config::{Config, EnvironmentConfig};
use crate::model::sql::interpreter::Edited;
use crate::ui;
use base64::Engine as _;
use jiff::SignedDuration;
use ratatui::layout::Position;
use std::io::{self, Write as _};
use std::time::Duration;
use tokio::time::Instant;

/// Frames that nobody waits for come at most this often; a key's frame comes at once.
const FRAME: Duration = Duration::from_millis(33);
/// Judgements over facts that have come in are made at most this often, unless a key needs them.
const TICK: Duration = Duration::from_secs(1);
/// A slow file system is not waited for longer before the first key is heard.
const LOOK_BACK: Duration = Duration::from_secs(1);
/// Events taken in before the next frame.
const BATCH: usize = 128;

/// Why the session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The person left the screen.
    Quit,
    /// A signal: its number.
    Signal(i32),
    TerminalGone,
}

/// Runs a session until it ends; the terminal is as before when this returns. With why it ended come the operations
/// that were left behind, each with its outcome.
///
/// # Errors
/// When the terminal cannot be taken over or drawn on.
pub async fn interactive(
    table: &'static Table,
    (config, environment): (Config, EnvironmentConfig),
    session: crate::app::Session,
    keymap: Keymap,
    theme: ui::theme::Theme,
    clock: Clock,
) -> io::Result<(Ended, Vec<Operation>)> {
    let mouse = config.ui.mouse.unwrap_or(true);
    // Before the terminal is taken: a signal from here on gives it back.
    let mut signals = Signals::new()?;
    let guard = Guard::take(mouse)?;
    let mut tui = terminal::open()?;
    let simulated = session.simulated;
    let audit = if simulated { audit::simulated() } else { audit::path(config.audit_file.as_deref()) };
    let ours = session.mark.clone();
    let (mut app, effects) = App::new(table, config, environment, session, keymap, Wants::of_screen(), clock.now());
    app.filters = files::saved_filters();
    let (executor, answers) = Executor::new(simulated);
    let codes = Codes::on_screen(executor.events());
    // Before the first frame: a file system that does not answer must not hold up the screen for long.
    let told = audit
        .clone()
        .map(|path| tokio::task::spawn_blocking(move || audit::look_back(&path, &ours, jiff::Timestamp::now())));
    let ring =
        EventLoop::new((executor.with_audit(audit).with_screen().with_clock(clock.clone()), answers), clock.clone());
    let kept_clock = clock;
    let mut run = Run {
        app,
        ring,
        tui: &mut tui,
        guard: &guard,
        theme,
        drawn: None,
        started: std::time::Instant::now(),
        tee: None,
        aside: None,
        editing: None,
        codes,
        surveys: tokio::task::JoinSet::new(),
        clock: kept_clock,
        program: None,
    };
    let size = crossterm::terminal::size()?;
    run.app.update(Event::Resize(size.0, size.1));
    if run.app.session.all {
        let environments = overlays::environments(&run.app);
        run.app.screen.overlays.push(environments);
    }
    // The frame stands before anything is asked: who starts the cockpit sees where they are.
    run.draw(false)?;
    let mut keys = Some(input::start()?);
    for effect in effects {
        if let Some(ended) = run.carry_out(effect)? {
            return Ok((ended, Vec::new()));
        }
    }
    if let Some(told) = told
        && let Ok(Ok(said)) = tokio::time::timeout(LOOK_BACK, told).await
    {
        for text in said {
            run.app.update(Event::Notice(Notice { error: true, text }));
        }
    }
    let ended = run.until_end(&mut keys, &mut signals).await;
    let Run { mut app, mut ring, .. } = run;
    // The terminal is given back first: whoever leaves does not look at a picture that stands still, and what
    // they type is the shell's.
    drop(keys);
    drop((tui, guard));
    // A terminal that is gone takes no last frame either.
    let ended = match ended {
        Err(_) if terminal::gone() => Ok(Ended::TerminalGone),
        ended => ended,
    };
    say_goodbye(&mut app, &mut ring, &mut signals).await;
    let left = app.followed.left.iter().filter_map(|id| app.operations.get(*id)).cloned().collect();
    Ok((ended?, left))
}

/// Closes what is held open; a signal ends the wait for that.
async fn say_goodbye(app: &mut App, ring: &mut EventLoop, signals: &mut Signals) {
    let goodbye = async {
        leave(app, ring).await;
        ring.executor.finish_cleanup().await;
    };
    tokio::select! {
        () = goodbye => {}
        _ = signals.interrupt.recv() => {}
        _ = signals.terminate.recv() => {}
    }
}

/// A text to edit: for which question, the text, and the line to begin in.
type Editing = (Ticket, Edited, Option<usize>);

struct Run<'a> {
    app: App,
    ring: EventLoop,
    tui: &'a mut Tui,
    guard: &'a Guard,
    theme: ui::theme::Theme,
    drawn: Option<Instant>,
    /// When the session began.
    started: std::time::Instant,
    /// The file that lines of the logs go into as they come.
    tee: Option<Tee>,
    /// A shell that the screen is to step aside for.
    aside: Option<Box<ShellPlan>>,
    /// The text that the person's own editor is to have the terminal for.
    editing: Option<Editing>,
    /// Questions for an MFA code that wait for an answer.
    codes: Codes,
    /// Environments that are not opened are looked at in these; they are left with the session.
    surveys: tokio::task::JoinSet<()>,
    clock: Clock,
    /// A program that is to have the terminal, and the call that waits for its end.
    program: Option<(CallId, Program)>,
}

impl Run<'_> {
    async fn until_end(&mut self, keys: &mut Option<Reading>, signals: &mut Signals) -> io::Result<Ended> {
        // For the test that a panic leaves the terminal as it was; not in what is released.
        #[cfg(debug_assertions)]
        assert!(std::env::var_os("COCKPIT_PANIC").is_none(), "a panic was asked for");
        loop {
            let (frame_due, until_tick) = (self.frame_due(), self.until_tick());
            let mut urgent = false;
            let mut came = std::time::Instant::now();
            let event = tokio::select! {
                biased;
                _ = signals.hangup.recv() => return Ok(Ended::Signal(1)),
                _ = signals.terminate.recv() => return Ok(Ended::Signal(15)),
                _ = signals.interrupt.recv() => return Ok(Ended::Signal(2)),
                _ = signals.stop.recv() => { self.suspend()?; None }
                _ = signals.window.recv() => {
                    urgent = true;
                    crossterm::terminal::size().ok().map(|(columns, rows)| Event::Resize(columns, rows))
                }
                key = next_key(keys) => {
                    urgent = true;
                    match key {
                        Some(FromTerminal::Event(at, event)) => {
                            came = at;
                            Some(event)
                        }
                        Some(FromTerminal::Gone) | None => return Ok(Ended::TerminalGone),
                    }
                }
                answer = self.ring.next() => answer,
                () = tokio::time::sleep_until(frame_due.unwrap_or_else(|| Instant::now() + TICK)), if frame_due.is_some() => None,
                () = tokio::time::sleep(until_tick) => {
                    if terminal::gone() {
                        return Ok(Ended::TerminalGone);
                    }
                    None
                }
            };
            // Time first: what follows is judged as of now.
            let (ahead, set_back) = (self.ring.ahead(), self.ring.set_back());
            if set_back != self.app.set_back
                && let Some(ended) = self.update(Event::SetBack(set_back))?
            {
                return Ok(ended);
            }
            if ahead != self.app.ahead
                && let Some(ended) = self.update(Event::Clock(ahead))?
            {
                return Ok(ended);
            }
            if let Some(ended) = self.update(Event::Tick(self.ring.now()))? {
                return Ok(ended);
            }
            if event.is_none() {
                came = std::time::Instant::now();
            }
            self.update(Event::Elapsed(self.since_start(came)))?;
            if let Some(event) = event
                && let Some(ended) = self.update(event)?
            {
                return Ok(ended);
            }
            if let Some(ended) = self.drain(keys, &mut urgent)? {
                return Ok(ended);
            }
            if let Some(ended) = self.give_way(keys, signals).await? {
                return Ok(ended);
            }
            if self.app.redraw && (urgent || self.drawn.is_none_or(|drawn| drawn.elapsed() >= FRAME)) {
                self.draw(urgent)?;
            }
        }
    }

    /// Takes in what has come by now, before drawing: the newest state wins. Keys go before answers; behind one that gives way, none.
    fn drain(&mut self, keys: &mut Option<Reading>, urgent: &mut bool) -> io::Result<Option<Ended>> {
        for _ in 0..BATCH {
            if self.gives_way() {
                break;
            }
            let next = match keys.as_mut().and_then(Reading::try_recv) {
                Some(FromTerminal::Event(at, event)) => {
                    *urgent = true;
                    self.update(Event::Elapsed(self.since_start(at)))?;
                    event
                }
                Some(FromTerminal::Gone) => return Ok(Some(Ended::TerminalGone)),
                None if *urgent => break,
                None => match self.ring.ready() {
                    Some(event) => event,
                    None => break,
                },
            };
            if let Some(ended) = self.update(next)? {
                return Ok(Some(ended));
            }
        }
        Ok(None)
    }

    /// When a frame that was put off is to be drawn.
    fn frame_due(&self) -> Option<Instant> {
        self.app.redraw.then(|| self.drawn.map_or_else(Instant::now, |drawn| drawn + FRAME))
    }

    /// Until the next second begins, or sooner.
    fn until_tick(&self) -> Duration {
        if let Some(soon) = self.app.next_tick() {
            return soon;
        }
        let into = self.ring.now().subsec_nanosecond().clamp(0, 999_999_999) as u64;
        Duration::from_nanos(1_000_000_000 - into).min(TICK)
    }

    /// A moment on the clock that inputs and frames are timed by.
    fn since_start(&self, at: std::time::Instant) -> SignedDuration {
        SignedDuration::try_from(at.saturating_duration_since(self.started)).unwrap_or(SignedDuration::MAX)
    }

    fn update(&mut self, event: Event) -> io::Result<Option<Ended>> {
        for effect in self.app.update(event) {
            if let Some(ended) = self.carry_out(effect)? {
                return Ok(Some(ended));
            }
        }
        Ok(None)
    }

    fn carry_out(&mut self, effect: Effect) -> io::Result<Option<Ended>> {
        match self.ring.executor.carry_out(effect) {
            Some(Effect::Quit) => return Ok(Some(Ended::Quit)),
            Some(Effect::Suspend) => self.suspend()?,
            Some(Effect::Shell(plan)) => self.aside = Some(plan),
            Some(Effect::Edit { ticket, what, line }) => self.editing = Some((ticket, what, line)),
            Some(Effect::Copy(text)) => {
                // OSC 52: the terminal itself puts it on the clipboard, also at the far end of ssh.
                let coded = base64::engine::general_purpose::STANDARD.encode(text);
                let mut out = io::stdout();
                write!(out, "\x1b]52;c;{coded}\x07")?;
                out.flush()?;
            }
            Some(Effect::Save { path, text }) => {
                let notice = match files::create(&path, &text) {
                    Ok(()) => Notice { error: false, text: format!("{path} is written") },
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Notice {
                        error: true,
                        text: format!("{path} is there already and was left as it is: take another name"),
                    },
                    Err(error) => Notice { error: true, text: format!("{path} could not be written: {error}") },
                };
                self.app.update(Event::Notice(notice));
            }
            Some(Effect::Tee(order)) => {
                if let Err(error) = self.tee(order) {
                    self.tee = None;
                    self.app.update(Event::TeeEnded(error.to_string()));
                }
            }
            Some(Effect::SaveFilter { name, filter }) => {
                if let Err(error) = files::save_filter(&name, filter.as_deref()) {
                    let text = format!("the filter is not kept for later sessions: {error}");
                    self.app.update(Event::Notice(Notice { error: true, text }));
                }
            }
            Some(Effect::OpenUrl(link)) => {
                if let Err(error) = open_link(&link) {
                    self.app.update(Event::Notice(Notice {
                        error: true,
                        text: format!("no browser could be started: {error}"),
                    }));
                }
            }
            Some(Effect::Code(question, code)) => self.codes.answer(question, code),
            Some(Effect::Survey(environment)) => self.survey(*environment),
            Some(Effect::CheckUp) => self.check_up(),
            Some(Effect::Call { id, call, .. }) => {
                if let Call::Run(program) = *call {
                    self.program = Some((id, program));
                }
            }
            Some(
                Effect::Connect { .. }
                | Effect::Fetch { .. }
                | Effect::Leave(_)
                | Effect::EndCall(_)
                | Effect::SignIn(_),
            )
            | None => {}
        }
        Ok(None)
    }

    /// Does what becomes of the file that lines are written into as they come.
    fn tee(&mut self, order: effect::Tee) -> io::Result<()> {
        match order {
            effect::Tee::Open(path) => self.tee = Some(Tee::open(&files::named(&path))?),
            effect::Tee::Close => self.tee = None,
            effect::Tee::Lines(text) => {
                if let Some(tee) = &mut self.tee {
                    // One write a line keeps the rotation exact.
                    for line in text.split_inclusive('\n') {
                        tee.write(line)?;
                    }
                    tee.flush()?;
                }
            }
        }
        Ok(())
    }

    /// Draws; `urgent`: a person waits for it.
    fn draw(&mut self, urgent: bool) -> io::Result<()> {
        let start = Instant::now();
        self.app.settle_frame(urgent);
        self.app.redraw = false;
        let settled = Instant::now();
        let (app, theme) = (&self.app, &self.theme);
        let area = self.tui.screen().draw(|frame| {
            let cursor = ui::draw_with(app, theme, frame.buffer_mut());
            if let Some((column, row)) = cursor {
                frame.set_cursor_position(Position::new(column, row));
            }
        })?;
        let size = (area.area.width, area.area.height);
        let drawn = Instant::now();
        self.update(Event::Drawn(self.since_start(drawn.into_std()), size))?;
        // Read by the bench.
        tracing::debug!(
            settle_us = (settled - start).as_micros() as u64,
            draw_us = (drawn - settled).as_micros() as u64,
            "frame"
        );
        self.drawn = Some(drawn);
        Ok(())
    }

    /// Gives the terminal back, stops as the shell expects, and takes it again.
    fn suspend(&mut self) -> io::Result<()> {
        if !has_shell() {
            let text = "no shell would bring it back: this terminal runs nothing else".to_owned();
            self.update(Event::Notice(Notice { error: false, text }))?;
            return Ok(());
        }
        terminal::give_back();
        // The whole group: a wrapper that started the cockpit stops with it, as after Ctrl-Z.
        rustix::process::kill_current_process_group(rustix::process::Signal::STOP)?;
        self.retake()
    }

    /// Takes the terminal again, of whose screen nothing is known.
    fn retake(&mut self) -> io::Result<()> {
        self.guard.retake()?;
        let (columns, rows) = crossterm::terminal::size()?;
        // A new one knows nothing of the screen before. `clear` would ask where the cursor is, and the
        // answer would come to the thread that reads keys.
        *self.tui = terminal::open()?;
        self.update(Event::Resize(columns, rows))?;
        self.update(Event::Resumed)?;
        Ok(())
    }
}

/// The next message of the terminal; none where it is not read.
async fn next_key(keys: &mut Option<Reading>) -> Option<FromTerminal> {
    match keys {
        Some(keys) => keys.recv().await,
        None => None,
    }
}
