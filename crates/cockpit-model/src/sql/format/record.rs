//! psql's records: a name and a value per line. Source: print.c, `print_aligned_vertical`.

use super::aligned::{Aligned, Begins, pad, parts, put, widest};
use super::style::{HeaderWidth, LineStyle};

impl Aligned {
    /// Returns the widths of names and of values. A heading counts for the width of its column, not for that of the values.
    fn record_widths(&self) -> (usize, usize) {
        (self.headings.iter().map(|lines| widest(lines)).max().unwrap_or(0), self.values_width)
    }

    /// Returns whether a heading has several lines.
    fn high_headings(&self) -> bool {
        self.headings.iter().any(|lines| lines.len() > 1)
    }

    fn is_old(&self) -> bool {
        self.options.style == LineStyle::OldAscii
    }

    /// Narrows the values to the width of the screen.
    pub(super) fn narrow_record(&mut self) {
        let (names, values) = self.record_widths();
        let (border, high) = (self.border(), self.high_headings());
        let mut between = match border {
            0 => 1 + usize::from(high),
            1 => 3 + usize::from(high && self.is_old()),
            _ => 7,
        };
        if self.multiline && border < 2 && !self.is_old() {
            between += 1;
        }
        let label = self.rows.max(1).to_string().len() + [9, 12, 15][usize::from(border)];
        let label = if self.options.tuples_only { 0 } else { label };
        self.values_width = loop {
            let total = (names + between + values).max(label);
            let least = (names + between + 3).max(label);
            let columns = self.options.columns;
            let wide = if columns == 0 || columns >= total { total } else { columns.max(least) };
            let wanted = wide - names - between;
            if wanted < values && !self.multiline && border < 2 {
                // The mark of a continued value takes a cell.
                self.multiline = true;
                between += 1;
                continue;
            }
            break wanted;
        };
    }

    /// Returns the width of the rule beside the names; `None` if the rule ends with the names.
    fn rule_width(&self) -> Option<usize> {
        let (names, values) = self.record_widths();
        let most = match self.options.header_width {
            HeaderWidth::Column => return None,
            HeaderWidth::Full => 0,
            HeaderWidth::Page => self.options.columns,
            HeaderWidth::Cells(cells) => cells,
        };
        let room = most.saturating_sub(names + [0, 3, 7][usize::from(self.border())]);
        Some(if most == 0 { values } else { values.min(room) })
    }

    /// Writes the rule above a record.
    fn record_rule(&self, number: u64, out: &mut Vec<u8>) {
        let (border, rules) = (self.border(), self.rules());
        let (mut names, _) = self.record_widths();
        let values = self.rule_width();
        if border < 2 && self.high_headings() && self.is_old() {
            names += 1;
        }
        let ends = if number == 1 { rules.top } else { rules.middle };
        let mut line = match border {
            0 => String::new(),
            1 => rules.dash.into(),
            _ => format!("{}{}", ends[0], rules.dash),
        };
        let label = match (self.options.tuples_only, border) {
            (true, _) => String::new(),
            (false, 0) => format!("* Record {number}"),
            (false, _) => format!("[ RECORD {number} ]"),
        };
        line.push_str(&label);
        let fill = if border > 0 { rules.dash } else { " " };
        let mut used = label.len() + usize::from(border != 2);
        line.push_str(&fill.repeat(names.saturating_sub(used)));
        used = used.max(names) - names;
        let between: &[&str] = if border == 0 {
            &[" "]
        } else if values.is_some() {
            &[rules.dash, ends[1], rules.dash]
        } else {
            &[rules.dash, ends[2]]
        };
        for sign in between.iter().skip(used) {
            line.push_str(sign);
        }
        used = used.saturating_sub(between.len());
        line.push_str(&fill.repeat(values.unwrap_or(0).saturating_sub(used)));
        if border == 2 && values.is_some() {
            line.push_str(rules.dash);
            line.push_str(ends[2]);
        }
        put(out, &line);
        out.push(b'\n');
    }

    /// Writes the rule below the last record.
    pub(super) fn record_end(&self, out: &mut Vec<u8>) {
        let (names, _) = self.record_widths();
        let [left, middle, right] = self.rules().bottom;
        let dash = self.rules().dash;
        let values = self.rule_width().map(|values| format!("{middle}{}", dash.repeat(values + 2))).unwrap_or_default();
        put(out, &format!("{left}{}{values}{right}\n", dash.repeat(names + 2)));
    }

    /// Writes a row.
    pub(super) fn record(&self, cells: &[Option<&[u8]>], number: u64, out: &mut Vec<u8>) {
        if self.heads.is_empty() {
            return;
        }
        let border = self.border();
        if !self.options.tuples_only || number > 1 || border == 2 {
            self.record_rule(number, out);
        }
        let (names, values) = self.record_widths();
        let most = if self.options.wrapped { values } else { usize::MAX };
        for ((cell, head), heading) in cells.iter().zip(&self.heads).zip(&self.headings) {
            let value = parts(self.shown(*cell, head), most);
            for line in 0..value.len().max(heading.len()) {
                if border == 2 {
                    put(out, self.rules().bar);
                }
                self.record_name(heading, line, names, out);
                let begins = value.get(line).map(|part| part.begins);
                if border > 0 {
                    put(
                        out,
                        match begins {
                            // As in psql, also if a multi-line name continues beside no more of the value.
                            Some(Begins::Wrapped) | None => self.rules().bar_wrapped,
                            Some(Begins::Value) => self.rules().bar,
                            Some(Begins::Line) => self.rules().bar_on,
                        },
                    );
                }
                let Some(part) = value.get(line) else {
                    if border == 2 {
                        pad(out, values + 2);
                        put(out, self.rules().bar);
                    }
                    out.push(b'\n');
                    continue;
                };
                put(out, if part.begins == Begins::Wrapped { self.rules().wrapped_on } else { " " });
                put(out, &part.text);
                let more = value.get(line + 1).map(|next| match next.begins {
                    Begins::Wrapped => self.rules().wrapped_more,
                    Begins::Line | Begins::Value => self.rules().more,
                });
                if border == 2 || more.is_some() && self.multiline && !self.is_old() {
                    pad(out, values.saturating_sub(part.wide));
                    put(out, more.unwrap_or(" "));
                }
                if border == 2 {
                    put(out, self.rules().bar);
                }
                out.push(b'\n');
            }
        }
    }

    /// Writes one line of a name, padded to the width of all names.
    fn record_name(&self, heading: &[(String, usize)], line: usize, names: usize, out: &mut Vec<u8>) {
        let (border, high, old) = (self.border(), self.high_headings(), self.is_old());
        let Some((text, used)) = heading.get(line) else {
            let marks = high && (border == 0 || border < 2 && old);
            pad(out, (names + usize::from(border) + usize::from(marks)).max(1));
            return;
        };
        if border == 2 || high && old {
            put(out, if line > 0 { self.rules().heading_on } else { " " });
        }
        put(out, text);
        pad(out, names - used);
        if border > 0 || high && !old {
            put(out, if line + 1 < heading.len() { self.rules().heading_more } else { " " });
        }
    }
}
