//! Selection of the shown lines: filter, search, window and selected line.

use super::State;
use crate::app::logs::named_filters::{self, InvalidFilterName};
use crate::app::window::in_view;
use crate::model::logs::Ms;
use jiff::Timestamp;
use log_store::view::Rule;
use log_store::{Filter, FilterError, Level, Pos, Search, View};

/// Maximum number of rows examined between two frames; takes a few milliseconds.
const BUDGET: usize = 40_000;
/// Minimum interval between two counts of the histogram, in milliseconds.
const COUNT_EVERY: Ms = 250;

impl State {
    /// The rule that decides which lines are shown.
    pub fn rule(&self) -> Rule {
        let filter = named_filters::expand(&self.filter, &self.named_filters).unwrap_or_default();
        let text = match self.level {
            Level::None => filter,
            level if self.filter.trim().is_empty() => format!("level>={}", level.name()),
            level => format!("level>={} ({filter})", level.name()),
        };
        Rule {
            filter: Filter::parse(&text).unwrap_or_default(),
            muted: self.muted.iter().map(|(shape, _)| *shape).collect(),
            search: None,
            hidden: self.hidden.clone(),
        }
    }

    /// Sets the filter text and the named filters it may refer to.
    pub fn set_filter(&mut self, typed: &str, named: Vec<String>) {
        typed.clone_into(&mut self.filter);
        self.named_filters = named;
        self.show();
    }

    /// Updates the shown lines after a change of level, filter, mutes or hidden services.
    pub fn show(&mut self) {
        self.filter_error = match named_filters::expand(&self.filter, &self.named_filters) {
            // Errors are located in the text as it was typed.
            Ok(_) if !self.filter.contains('@') => Filter::parse(&self.filter).err(),
            Ok(expanded) => Filter::parse(&expanded).err(),
            Err(wrong) => {
                let name = wrong.name();
                let at = self.filter.find(&format!("@{name}")).map_or(0, |at| self.filter[..at].chars().count());
                let more = match &wrong {
                    InvalidFilterName::Unknown(_) => ": + saves one, `log_filters` of the environment names others",
                    InvalidFilterName::SelfReference(_) => "",
                };
                let what = format!("{}{more}", wrong.message());
                Some(FilterError { what, at, length: name.chars().count() + 1 })
            }
        };
        if self.filter_error.is_none() {
            let rule = self.rule();
            self.view.set(rule);
        }
        self.update_search();
    }

    /// Updates the search.
    pub fn update_search(&mut self) {
        self.search_error = None;
        self.matches = None;
        if self.search.is_empty() {
            return;
        }
        let regex = self.search.strip_prefix('/');
        let made = match regex {
            Some(pattern) => Search::regex(pattern.strip_suffix('/').unwrap_or(pattern)),
            None => Search::plain(&self.search),
        };
        match made {
            Ok(search) => self.matches = Some(View::new(Rule { search: Some(search), ..self.view.rule().clone() })),
            Err(error) => self.search_error = Some(error),
        }
    }

    /// The compiled search.
    pub fn needle(&self) -> Option<&Search> {
        self.matches.as_ref().and_then(|found| found.rule().search.as_ref())
    }

    /// Updates the lists of lines and the selected index. Must run before any index is used, because lines that arrived since
    /// the last frame, especially late ones, have moved the others. Returns whether there are more rows to examine.
    pub fn refresh(&mut self) -> bool {
        let mut complete = self.view.update(&self.store, BUDGET);
        if let Some(found) = &mut self.matches {
            complete &= found.update(&self.store, BUDGET * 4);
        }
        let count = self.view.len();
        if self.follow {
            self.selected_index = count.saturating_sub(1);
            self.new_lines = 0;
            self.see_end();
        } else {
            if let Some(pos) = self.selected.and_then(|key| self.store.find(key)) {
                self.selected_index = self.view.rank(&self.store, pos);
            }
            self.selected_index = self.selected_index.min(count.saturating_sub(1));
            self.new_lines = self.since_end();
        }
        !complete
    }

    /// Records that the newest line is in view: lines from here on count as new.
    fn see_end(&mut self) {
        self.ended = self.view.len();
        self.fallen = self.store.evicted();
        let last = self.ended.checked_sub(1).and_then(|n| self.view.nth(&self.store, n));
        self.newest = last.and_then(|pos| self.store.line(pos)).map(|line| line.key());
    }

    /// Number of shown lines that arrived since the newest was last in view.
    fn since_end(&self) -> usize {
        let count = self.view.len();
        if self.store.evicted() == self.fallen {
            return count.saturating_sub(self.ended);
        }
        // In a full store as many lines fall out as arrive, so the count alone does not change.
        let newest = self.newest.and_then(|key| self.store.find(key));
        newest.map_or(count, |pos| count.saturating_sub(self.view.rank(&self.store, pos) + 1))
    }

    /// Updates what is shown for a window of `height` rows and a histogram of `bins` bins. Returns whether there are more
    /// rows to examine.
    pub fn settle(&mut self, height: usize, bins: usize, now: Timestamp) -> bool {
        let more = self.refresh();
        let count = self.view.len();
        self.height = height.max(1);
        let from = if self.follow { count } else { self.offset };
        (self.selected_index, self.offset) = in_view(self.selected_index, from, self.height, count);
        self.window = (self.offset..(self.offset + self.height).min(count))
            .filter_map(|n| self.view.nth(&self.store, n))
            .collect();
        self.drawn_keys = self.window.iter().filter_map(|pos| Some(self.store.line(*pos)?.key())).collect();
        self.selected = self.current().and_then(|pos| self.store.line(pos)).map(|line| line.key());
        // Counting a million lines takes some milliseconds, too much for every frame under heavy load.
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

    /// The position of the selected line.
    pub fn current(&self) -> Option<Pos> {
        self.view.nth(&self.store, self.selected_index)
    }

    /// Selects a line by its index; an index after the last line follows new lines.
    pub fn select(&mut self, place: usize) {
        let last = self.view.len().saturating_sub(1);
        let was = self.follow;
        self.selected_index = place.min(last);
        self.follow = place > last;
        if was && !self.follow {
            self.see_end();
        }
        self.selected = self.current().and_then(|pos| self.store.line(pos)).map(|line| line.key());
    }

    /// Selects the first shown line at or after a time.
    pub fn seek(&mut self, at: Ms) {
        let place = self.store.seek(at).map_or(self.view.len(), |pos| self.view.rank(&self.store, pos));
        self.select(place.min(self.view.len().saturating_sub(1)));
        // Puts the requested line at the top of the window.
        self.offset = self.selected_index;
    }
}
