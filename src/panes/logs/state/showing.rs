//! Which lines are shown, which of them are in the window, and where one stands among them.

use super::State;
use crate::app::logs::named::{self, WrongName};
use crate::app::window::in_view;
use crate::model::logs::Ms;
use jiff::Timestamp;
use log_store::view::Rule;
use log_store::{Filter, FilterError, Level, Pos, Search, View};

/// Rows that are looked at between two frames: some milliseconds.
const BUDGET: usize = 40_000;
/// The interval between two counts of the histogram, in milliseconds.
const COUNT_EVERY: Ms = 250;

impl State {
    /// The rule of what is shown.
    pub fn rule(&self) -> Rule {
        let filter = named::expand(&self.filter, &self.named_filters).unwrap_or_default();
        let text = match self.level {
            Level::None => filter,
            level if self.filter.trim().is_empty() => format!("level>={}", level.word()),
            level => format!("level>={} ({filter})", level.word()),
        };
        Rule {
            filter: Filter::parse(&text).unwrap_or_default(),
            muted: self.muted.iter().map(|(shape, _)| *shape).collect(),
            search: None,
            hidden: self.hidden.clone(),
        }
    }

    /// Another filter, as it was typed, with the filters that it may name.
    pub fn set_filter(&mut self, typed: &str, named: Vec<String>) {
        typed.clone_into(&mut self.filter);
        self.named_filters = named;
        self.show();
    }

    /// Updates what is shown, after a change of level, filter, mutes or hidden services.
    pub fn show(&mut self) {
        self.filter_error = match named::expand(&self.filter, &self.named_filters) {
            // A mistake is located in the text as it was typed.
            Ok(_) if !self.filter.contains('@') => Filter::parse(&self.filter).err(),
            Ok(expanded) => Filter::parse(&expanded).err(),
            Err(wrong) => {
                let name = wrong.name();
                let at = self.filter.find(&format!("@{name}")).map_or(0, |at| self.filter[..at].chars().count());
                let more = match &wrong {
                    WrongName::Unknown(_) => ": + saves one, `log_filters` of the environment names others",
                    WrongName::Itself(_) => "",
                };
                let what = format!("{}{more}", wrong.words());
                Some(FilterError { what, at, length: name.chars().count() + 1 })
            }
        };
        if self.filter_error.is_none() {
            let rule = self.rule();
            self.view.set(rule);
        }
        self.look_for();
    }

    /// Updates the search.
    pub fn look_for(&mut self) {
        self.search_error = None;
        self.found = None;
        if self.search.is_empty() {
            return;
        }
        let regex = self.search.strip_prefix('/');
        let made = match regex {
            Some(pattern) => Search::regex(pattern.strip_suffix('/').unwrap_or(pattern)),
            None => Search::plain(&self.search),
        };
        match made {
            Ok(search) => self.found = Some(View::new(Rule { search: Some(search), ..self.view.rule().clone() })),
            Err(error) => self.search_error = Some(error),
        }
    }

    /// The search, compiled.
    pub fn needle(&self) -> Option<&Search> {
        self.found.as_ref().and_then(|found| found.rule().search.as_ref())
    }

    /// Brings the lists of lines up to date, and the selected line's number with them. Before anything that
    /// uses a number: lines that came since the last frame, late ones above all, have moved the others.
    /// Whether there is more to look at.
    pub fn refresh(&mut self) -> bool {
        let mut whole = self.view.update(&self.store, BUDGET);
        if let Some(found) = &mut self.found {
            whole &= found.update(&self.store, BUDGET * 4);
        }
        let count = self.view.len();
        if self.follow {
            self.place = count.saturating_sub(1);
            self.news = 0;
            self.see_end();
        } else {
            if let Some(pos) = self.selected.and_then(|key| self.store.find(key)) {
                self.place = self.view.rank(&self.store, pos);
            }
            self.place = self.place.min(count.saturating_sub(1));
            self.news = self.since_end();
        }
        !whole
    }

    /// The newest line is in view: what comes from here on is new.
    fn see_end(&mut self) {
        self.ended = self.view.len();
        self.fallen = self.store.evicted();
        let last = self.ended.checked_sub(1).and_then(|n| self.view.nth(&self.store, n));
        self.newest = last.and_then(|pos| self.store.line(pos)).map(|line| line.key());
    }

    /// How many of the shown lines came since the newest was last in view.
    fn since_end(&self) -> usize {
        let count = self.view.len();
        if self.store.evicted() == self.fallen {
            return count.saturating_sub(self.ended);
        }
        // In a full store as many lines fall out as come, so that their number tells nothing.
        let newest = self.newest.and_then(|key| self.store.find(key));
        newest.map_or(count, |pos| count.saturating_sub(self.view.rank(&self.store, pos) + 1))
    }

    /// Brings what is shown up to date, for a window of so many rows and a histogram of so many bins.
    /// Whether there is more to look at.
    pub fn settle(&mut self, height: usize, bins: usize, now: Timestamp) -> bool {
        let more = self.refresh();
        let count = self.view.len();
        self.height = height.max(1);
        let from = if self.follow { count } else { self.offset };
        (self.place, self.offset) = in_view(self.place, from, self.height, count);
        self.window = (self.offset..(self.offset + self.height).min(count))
            .filter_map(|n| self.view.nth(&self.store, n))
            .collect();
        self.drawn = self.window.iter().filter_map(|pos| Some(self.store.line(*pos)?.key())).collect();
        self.selected = self.current().and_then(|pos| self.store.line(pos)).map(|line| line.key());
        // Some milliseconds where there are a million lines: not in every frame of a storm.
        let at = now.as_millisecond();
        if (at - self.counted_at).abs() >= COUNT_EVERY || self.histogram.len() != bins || self.store.len() < 50_000 {
            self.counted_at = at;
            if let Some((first, last)) = self.store.span() {
                self.span = (first, last + 1);
                self.histogram = self.store.histogram(first, last + 1, bins);
            } else {
                self.histogram.clear();
            }
        }
        more
    }

    /// The place of the selected line.
    pub fn current(&self) -> Option<Pos> {
        self.view.nth(&self.store, self.place)
    }

    /// Selects a line by its number; the last one is followed.
    pub fn select(&mut self, place: usize) {
        let last = self.view.len().saturating_sub(1);
        let was = self.follow;
        self.place = place.min(last);
        self.follow = place > last;
        if was && !self.follow {
            self.see_end();
        }
        self.selected = self.current().and_then(|pos| self.store.line(pos)).map(|line| line.key());
    }

    /// Selects the first line that is shown from a time on.
    pub fn seek(&mut self, at: Ms) {
        let place = self.store.seek(at).map_or(self.view.len(), |pos| self.view.rank(&self.store, pos));
        self.select(place.min(self.view.len().saturating_sub(1)));
        // The line that was asked for stands at the top of the window.
        self.offset = self.place;
    }
}
