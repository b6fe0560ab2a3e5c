//! Log lines as text, as JSON lines, or as they came. Text from outside is made harmless for a
//! terminal; `raw` into a file or a pipe is exactly what was written.

use crate::app::logs::follow::{Arrived, Gap};
use crate::app::logs::sources::short_names;
use crate::app::logs::written;
use crate::model::text::harmless;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use log_store::block::mark;
use log_store::store::{Line, StreamId};
use log_store::{Filter, Kind, Level, Search, Source, fields, parse};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Columns for people.
    Text,
    /// One object a line.
    Json,
    /// The line alone.
    Raw,
}

/// The conditions for a line to be written.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Only lines that pass this filter.
    pub filter: Filter,
    /// Is at this level or above.
    pub level: Level,
    pub grep: Option<Search>,
}

/// Streams whose last lines are remembered; each task has its own, so that there is no end of them.
const STREAMS: usize = 4_096;
/// Colours of service names: those that can be read on dark and on light.
const COLOURS: [u8; 6] = [36, 33, 35, 32, 34, 96];

/// Prints lines in the format that was asked for.
#[derive(Debug)]
pub struct Printer {
    form: Form,
    wanted: Wanted,
    zone: TimeZone,
    colour: bool,
    /// Whether the reader is a terminal.
    terminal: bool,
    names: HashMap<String, String>,
    width: usize,
    /// Streams, and the place of each by its group and its name.
    streams: Vec<Stream>,
    places: HashMap<(String, String), usize>,
    /// The names by the address of their source in memory, which is kept alive there.
    known: HashMap<usize, (Arc<Source>, usize)>,
    last: Option<(usize, usize)>,
    /// How many lines were printed.
    lines: u64,
    second: i64,
    clock: String,
}

/// A known stream.
#[derive(Debug, Default)]
struct Stream {
    /// How its last line was written.
    state: parse::State,
    /// Whether its last line that stands by itself was written: a trace goes with it.
    head: Option<bool>,
    /// Its service, as it stands before a line; empty until it was written once.
    column: String,
    /// The number of its last line.
    used: u64,
}

impl Printer {
    /// A printer for lines of these services.
    pub fn new<'a>(
        form: Form,
        wanted: Wanted,
        zone: TimeZone,
        services: impl IntoIterator<Item = &'a str> + Clone,
        (colour, terminal): (bool, bool),
    ) -> Self {
        let mut printer = Self {
            form,
            wanted,
            zone,
            colour,
            terminal,
            names: HashMap::new(),
            width: 0,
            streams: Vec::new(),
            places: HashMap::new(),
            known: HashMap::new(),
            last: None,
            lines: 0,
            second: i64::MIN,
            clock: String::new(),
        };
        printer.know(services);
        printer
    }

    /// Sets the services whose names are printed.
    pub fn know<'a>(&mut self, services: impl IntoIterator<Item = &'a str> + Clone) {
        let names = short_names(services).into_iter();
        self.names = names.map(|(name, short)| (name.to_owned(), short.to_owned())).collect();
        self.width = self.names.values().map(|name| name.chars().count()).max().unwrap_or(0).clamp(3, 24);
        for stream in &mut self.streams {
            stream.column.clear();
        }
        self.known.clear();
        self.last = None;
    }

    /// Starts again: what comes next does not follow on what was read.
    pub fn begin_again(&mut self) {
        self.streams.clear();
        self.places.clear();
        self.known.clear();
        self.last = None;
    }

    /// The place of a source's stream. Many lines share a source, so its name is looked up once.
    fn stream(&mut self, source: &Arc<Source>) -> usize {
        let address = Arc::as_ptr(source) as usize;
        if let Some((last, place)) = self.last
            && last == address
        {
            return place;
        }
        if self.known.len() >= STREAMS {
            self.forget();
        }
        let (_, place) = *self.known.entry(address).or_insert_with(|| {
            let name = (source.group.clone(), source.stream.clone());
            let place = *self.places.entry(name).or_insert(self.streams.len());
            if place == self.streams.len() {
                self.streams.push(Stream::default());
            }
            (Arc::clone(source), place)
        });
        self.last = Some((address, place));
        place
    }

    /// Forgets all streams but those that have written last: only a trace that goes on across the
    /// lines of thousands of others would miss what is known of its beginning.
    fn forget(&mut self) {
        self.known.clear();
        if self.streams.len() < STREAMS {
            return;
        }
        let mut used: Vec<u64> = self.streams.iter().map(|stream| stream.used).collect();
        let oldest = used.len() - STREAMS / 2;
        let (_, oldest, _) = used.select_nth_unstable(oldest);
        let oldest = *oldest;
        let mut old: Vec<Option<Stream>> = self.streams.drain(..).map(Some).collect();
        let streams = &mut self.streams;
        self.places.retain(|_, place| {
            let Some(stream) = old[*place].take_if(|stream| stream.used >= oldest) else { return false };
            *place = streams.len();
            streams.push(stream);
            true
        });
    }

    /// How many streams and names are remembered.
    #[cfg(test)]
    fn remembered(&self) -> usize {
        self.streams.len().max(self.places.len()).max(self.known.len())
    }

    /// Writes a line, if it is wanted. Whether it passes `also` (`--exit-on`).
    pub fn line(&mut self, arrived: &Arrived, also: Option<&Filter>, out: &mut String) -> bool {
        let source = &*arrived.source;
        let text = arrived.event.message.trim_end_matches(['\n', '\r']);
        let place = self.stream(&arrived.source);
        self.lines += 1;
        let stream = &mut self.streams[place];
        stream.used = self.lines;
        let parsed = stream.state.read(text);
        let head = stream.head.filter(|_| parsed.continues);
        let line = Line {
            at: arrived.event.at,
            id: arrived.id,
            // Here it is the place in `streams`.
            stream: StreamId(place as u32),
            source,
            level: parsed.level,
            kind: parsed.kind,
            marks: if arrived.late { mark::LATE } else { 0 },
            text,
        };
        // A trace goes with its error; a frame that passes is shown without it, too.
        let passes = head == Some(true) || self.passes(&line);
        if !parsed.continues {
            self.streams[place].head = Some(passes);
        }
        if passes && self.wanted.grep.as_ref().is_none_or(|grep| grep.matches(text)) {
            self.write(&line, arrived, out);
        }
        also.is_some_and(|also| also.matches(&line))
    }

    fn passes(&self, line: &Line<'_>) -> bool {
        line.level >= self.wanted.level && self.wanted.filter.matches(line)
    }

    fn write(&mut self, line: &Line<'_>, arrived: &Arrived, out: &mut String) {
        match self.form {
            Form::Raw if self.terminal => {
                out.push_str(&harmless(&parse::strip_colour(line.text)));
                out.push('\n');
            }
            Form::Raw => {
                out.push_str(line.text);
                out.push('\n');
            }
            Form::Json => out.push_str(&written::json(line, Some(arrived))),
            Form::Text => self.text(line, out),
        }
    }

    fn text(&mut self, line: &Line<'_>, out: &mut String) {
        self.clock(line.at, out);
        let place = line.stream.0 as usize;
        if self.streams[place].column.is_empty() {
            self.streams[place].column = self.column(&line.source.service);
        }
        out.push_str(&self.streams[place].column);
        let word = match line.level {
            Level::None => "    -",
            Level::Trace => "TRACE",
            Level::Debug => "DEBUG",
            Level::Info => " INFO",
            Level::Warn => " WARN",
            Level::Error => "ERROR",
            Level::Fatal => "FATAL",
        };
        match line.level {
            Level::Error | Level::Fatal if self.colour => {
                let _ = write!(out, "\x1b[31m{word}\x1b[0m ");
            }
            Level::Warn if self.colour => {
                let _ = write!(out, "\x1b[33m{word}\x1b[0m ");
            }
            _ => {
                out.push_str(word);
                out.push(' ');
            }
        }
        if line.is(mark::LATE) {
            out.push_str("[late] ");
        }
        if line.kind == Kind::Plain {
            out.push_str(&harmless(&parse::strip_colour(line.text)));
        } else {
            out.push_str(&harmless(&parse::strip_colour(&fields::message(line.text, line.kind))));
            let mut rest = fields::rest(line.text, line.kind);
            rest.truncate(12);
            if !rest.is_empty() && self.colour {
                out.push_str("\x1b[2m");
            }
            for (key, value) in &rest {
                let value: std::borrow::Cow<'_, str> = match value.char_indices().nth(120) {
                    Some((end, _)) => format!("{}…", &value[..end]).into(),
                    None => value.as_str().into(),
                };
                let _ = write!(out, " {}={}", harmless(key), harmless(&value));
            }
            if !rest.is_empty() && self.colour {
                out.push_str("\x1b[0m");
            }
        }
        out.push('\n');
    }

    /// A service's name, padded.
    fn column(&self, service: &str) -> String {
        let name = self.names.get(service).map_or(service, String::as_str);
        let plain = harmless(name);
        let pad = " ".repeat(self.width.saturating_sub(plain.chars().count()) + 1);
        if !self.colour {
            return format!("{plain}{pad}");
        }
        let colour = COLOURS[(log_store::store::hash(&[service.as_bytes()]) % COLOURS.len() as u64) as usize];
        format!("\x1b[{colour}m{plain}\x1b[0m{pad}")
    }

    /// `11-24 14:02:31.123 `; the part that changes once a second is kept.
    fn clock(&mut self, at: i64, out: &mut String) {
        let second = at.div_euclid(1_000);
        if second != self.second {
            self.second = second;
            let at = Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH);
            self.clock = at.to_zoned(self.zone.clone()).strftime("%m-%d %H:%M:%S").to_string();
        }
        out.push_str(&self.clock);
        out.push('.');
        let ms = at.rem_euclid(1_000);
        out.extend([ms / 100, ms / 10 % 10, ms % 10].map(|digit| char::from(b'0' + digit as u8)));
        out.push(' ');
    }

    /// Writes what is missing.
    pub fn gap(&mut self, gap: &Gap, out: &mut String) {
        let word = if gap.sampled { "SAMPLED" } else { "GAP" };
        match self.form {
            Form::Json => out.push_str(&written::gap(gap)),
            // Not among the lines: no container wrote it.
            Form::Raw => {}
            Form::Text => {
                self.clock(gap.from, out);
                let text = format!(
                    "{word} {} from {} to {}: {}",
                    gap.group,
                    self.moment(gap.from),
                    self.moment(gap.to),
                    gap.why
                );
                let text = harmless(&text);
                if self.colour {
                    let _ = writeln!(out, "\x1b[33m{text}\x1b[0m");
                } else {
                    let _ = writeln!(out, "{text}");
                }
            }
        }
    }

    fn moment(&self, at: i64) -> String {
        let at = Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
        at.to_zoned(self.zone.clone()).strftime("%H:%M:%S").to_string()
    }
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
