//! Formats log lines as text, as JSON lines, or raw. Control characters in text from outside are escaped, except with
//! `raw` into a file or a pipe, which passes lines unchanged.

use crate::app::logs::follow::{Gap, ReceivedLine};
use crate::app::logs::json_line;
use crate::app::logs::sources::short_names;
use crate::model::text::sanitize;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use log_store::block::mark;
use log_store::store::{Line, StreamId};
use log_store::{Filter, Kind, Level, Search, Source, fields, parse};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

/// The format of the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Aligned columns for people.
    Text,
    /// One JSON object per line.
    Json,
    /// The message only.
    Raw,
}

/// The conditions for a line to be printed.
#[derive(Debug, Clone, Default)]
pub struct LineConditions {
    /// The line passes this filter.
    pub filter: Filter,
    /// The line is at this level or above.
    pub level: Level,
    pub grep: Option<Search>,
}

/// The number of streams whose state is kept; each task has its own stream, so there is no upper limit on streams.
const MAX_STREAMS: usize = 4_096;
/// ANSI colours of service names that are legible on dark and on light backgrounds.
const COLOURS: [u8; 6] = [36, 33, 35, 32, 34, 96];

/// Formats the wanted lines.
#[derive(Debug)]
pub struct Printer {
    form: Form,
    wanted: LineConditions,
    zone: TimeZone,
    colour: bool,
    /// Whether the output is a terminal.
    terminal: bool,
    names: HashMap<String, String>,
    width: usize,
    /// The streams, and the index of each by group and stream name.
    streams: Vec<Stream>,
    places: HashMap<(String, String), usize>,
    /// The index of a stream by the address of its `Source`, whose `Arc` keeps the address valid.
    known: HashMap<usize, (Arc<Source>, usize)>,
    last: Option<(usize, usize)>,
    /// Number of lines seen.
    lines: u64,
    second: i64,
    clock: String,
}

/// The state of a stream.
#[derive(Debug, Default)]
struct Stream {
    /// The parser state after its last line.
    state: parse::State,
    /// Whether its last non-continuation line was printed: a stack trace is printed along with it.
    head: Option<bool>,
    /// The padded service name before each line; empty until first used.
    column: String,
    /// The number of its last line, for eviction.
    used: u64,
}

impl Printer {
    /// Makes a printer for lines of these services.
    pub fn new<'a>(
        form: Form,
        wanted: LineConditions,
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
        printer.set_services(services);
        printer
    }

    /// Sets the services whose names are printed.
    pub fn set_services<'a>(&mut self, services: impl IntoIterator<Item = &'a str> + Clone) {
        let names = short_names(services).into_iter();
        self.names = names.map(|(name, short)| (name.to_owned(), short.to_owned())).collect();
        self.width = self.names.values().map(|name| name.chars().count()).max().unwrap_or(0).clamp(3, 24);
        for stream in &mut self.streams {
            stream.column.clear();
        }
        self.known.clear();
        self.last = None;
    }

    /// Resets the stream states: the next line does not continue what was read before.
    pub fn reset(&mut self) {
        self.streams.clear();
        self.places.clear();
        self.known.clear();
        self.last = None;
    }

    /// Returns the index of a source's stream. Many lines share a source, so the name is looked up once per source.
    fn stream(&mut self, source: &Arc<Source>) -> usize {
        let address = Arc::as_ptr(source) as usize;
        if let Some((last, place)) = self.last
            && last == address
        {
            return place;
        }
        if self.known.len() >= MAX_STREAMS {
            self.evict();
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

    /// Evicts all but the most recently used streams. This only affects a stack trace interleaved with lines of
    /// thousands of other streams: the state of its first line is lost.
    fn evict(&mut self) {
        self.known.clear();
        if self.streams.len() < MAX_STREAMS {
            return;
        }
        let mut used: Vec<u64> = self.streams.iter().map(|stream| stream.used).collect();
        let oldest = used.len() - MAX_STREAMS / 2;
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

    /// Returns the number of remembered streams and names.
    #[cfg(test)]
    fn remembered(&self) -> usize {
        self.streams.len().max(self.places.len()).max(self.known.len())
    }

    /// Formats a line into `out` if it is wanted. Returns whether it passes `also` (`--exit-on`).
    pub fn line(&mut self, arrived: &ReceivedLine, also: Option<&Filter>, out: &mut String) -> bool {
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
            // Here the id is the index in `streams`.
            stream: StreamId(place as u32),
            source,
            level: parsed.level,
            kind: parsed.kind,
            marks: if arrived.late { mark::LATE } else { 0 },
            text,
        };
        // A stack trace is printed along with its error line; a frame that passes the filter itself is printed even
        // without it.
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

    fn write(&mut self, line: &Line<'_>, arrived: &ReceivedLine, out: &mut String) {
        match self.form {
            Form::Raw if self.terminal => {
                out.push_str(&sanitize(&parse::strip_colour(line.text)));
                out.push('\n');
            }
            Form::Raw => {
                out.push_str(line.text);
                out.push('\n');
            }
            Form::Json => out.push_str(&json_line::json(line, Some(arrived))),
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
            out.push_str(&sanitize(&parse::strip_colour(line.text)));
        } else {
            out.push_str(&sanitize(&parse::strip_colour(&fields::message(line.text, line.kind))));
            let mut rest = fields::extra_fields(line.text, line.kind);
            rest.truncate(12);
            if !rest.is_empty() && self.colour {
                out.push_str("\x1b[2m");
            }
            for (key, value) in &rest {
                let value: std::borrow::Cow<'_, str> = match value.char_indices().nth(120) {
                    Some((end, _)) => format!("{}…", &value[..end]).into(),
                    None => value.as_str().into(),
                };
                let _ = write!(out, " {}={}", sanitize(key), sanitize(&value));
            }
            if !rest.is_empty() && self.colour {
                out.push_str("\x1b[0m");
            }
        }
        out.push('\n');
    }

    /// Returns the padded name of a service.
    fn column(&self, service: &str) -> String {
        let name = self.names.get(service).map_or(service, String::as_str);
        let plain = sanitize(name);
        let pad = " ".repeat(self.width.saturating_sub(plain.chars().count()) + 1);
        if !self.colour {
            return format!("{plain}{pad}");
        }
        let colour = COLOURS[(log_store::store::hash(&[service.as_bytes()]) % COLOURS.len() as u64) as usize];
        format!("\x1b[{colour}m{plain}\x1b[0m{pad}")
    }

    /// Writes the time as `11-24 14:02:31.123 `; the part up to the second is cached.
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

    /// Formats a gap.
    pub fn gap(&mut self, gap: &Gap, out: &mut String) {
        let word = if gap.sampled { "SAMPLED" } else { "GAP" };
        match self.form {
            Form::Json => out.push_str(&json_line::gap(gap)),
            // Omitted in raw output, because no container wrote it.
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
                let text = sanitize(&text);
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
