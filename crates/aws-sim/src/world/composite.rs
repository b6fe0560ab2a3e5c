//! Composite alarms: each evaluates a rule over the states of other alarms, and may have its actions suppressed.

use super::World;
use super::alarms::{Change, State};
use crate::account::ACCOUNT;
use crate::clock::{Ms, timestamp};

/// A composite alarm, with its rule.
#[derive(Debug)]
pub(crate) struct Composite {
    pub(crate) region: String,
    pub(crate) name: String,
    pub(crate) description: String,
    /// The rule in AWS's syntax: `ALARM("a") OR ALARM("b")`.
    pub(crate) text: String,
    pub(crate) rule: Rule,
    pub(crate) actions_enabled: bool,
    pub(crate) actions: Vec<String>,
    /// The alarm that suppresses the actions while it is in alarm, with the wait and the extension period in seconds.
    pub(crate) suppressor: Option<(String, i64, i64)>,
    pub(crate) created: Ms,
    pub(crate) state: State,
    pub(crate) reason: String,
    pub(crate) updated: Ms,
    /// State changes, oldest first.
    pub(crate) changes: Vec<Change>,
}

/// The rule of a composite alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Whether an alarm is in a state.
    Is(State, String),
    /// `TRUE` or `FALSE`.
    Always(bool),
    Not(Box<Rule>),
    And(Box<Rule>, Box<Rule>),
    Or(Box<Rule>, Box<Rule>),
}

impl Rule {
    /// Parses a rule: `NOT` binds tighter than `AND`, and `AND` tighter than `OR`.
    pub(crate) fn parse(text: &str) -> Option<Rule> {
        let mut rest = tokens(text)?;
        rest.reverse();
        let rule = either(&mut rest)?;
        rest.is_empty().then_some(rule)
    }

    /// The alarms that the rule refers to, in order.
    pub(crate) fn names<'a>(&'a self, into: &mut Vec<&'a str>) {
        match self {
            Rule::Is(_, name) if !into.contains(&name.as_str()) => into.push(name),
            Rule::Is(..) | Rule::Always(_) => {}
            Rule::Not(rule) => rule.names(into),
            Rule::And(one, other) | Rule::Or(one, other) => {
                one.names(into);
                other.names(into);
            }
        }
    }

    fn holds(&self, state: &dyn Fn(&str) -> Option<State>) -> bool {
        match self {
            Rule::Is(wanted, name) => state(name) == Some(*wanted),
            Rule::Always(yes) => *yes,
            Rule::Not(rule) => !rule.holds(state),
            Rule::And(one, other) => one.holds(state) && other.holds(state),
            Rule::Or(one, other) => one.holds(state) || other.holds(state),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Name(String),
    Open,
    Close,
}

/// Splits a rule into words, parentheses, and the alarm of a state: a name, quoted or not, or an ARN.
fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if first == '(' || first == ')' {
            found.push(if first == '(' { Token::Open } else { Token::Close });
            rest = &rest[1..];
        } else {
            let end = rest.find(|c: char| c.is_whitespace() || c == '(' || c == ')').unwrap_or(rest.len());
            let word = &rest[..end];
            rest = rest[end..].trim_start();
            if ["ALARM", "OK", "INSUFFICIENT_DATA"].contains(&word) {
                let (name, after) = alarm_name(rest)?;
                found.extend([Token::Word(word.to_owned()), Token::Name(name)]);
                rest = after;
            } else {
                found.push(Token::Word(word.to_owned()));
            }
        }
        rest = rest.trim_start();
    }
    Some(found)
}

/// `("a name")`, `(name)`, `(arn:aws:cloudwatch:…:alarm:name)`.
fn alarm_name(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('(')?.trim_start();
    let (name, rest) = match inner.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?,
        None => inner.split_at(inner.find(')')?),
    };
    let name = name.trim();
    let name = name.rsplit_once(":alarm:").map_or(name, |(_, name)| name);
    (!name.is_empty()).then_some((name.to_owned(), rest.trim_start().strip_prefix(')')?))
}

/// Parses rules joined by `OR`. The remaining tokens are in reverse order.
fn either(rest: &mut Vec<Token>) -> Option<Rule> {
    let mut rule = both(rest)?;
    while rest.last() == Some(&Token::Word("OR".to_owned())) {
        rest.pop();
        rule = Rule::Or(Box::new(rule), Box::new(both(rest)?));
    }
    Some(rule)
}

fn both(rest: &mut Vec<Token>) -> Option<Rule> {
    let mut rule = one(rest)?;
    while rest.last() == Some(&Token::Word("AND".to_owned())) {
        rest.pop();
        rule = Rule::And(Box::new(rule), Box::new(one(rest)?));
    }
    Some(rule)
}

fn one(rest: &mut Vec<Token>) -> Option<Rule> {
    match rest.pop()? {
        Token::Open => {
            let rule = either(rest)?;
            (rest.pop()? == Token::Close).then_some(rule)
        }
        Token::Word(word) => match (word.as_str(), rest.last()) {
            ("NOT", _) => one(rest).map(|rule| Rule::Not(Box::new(rule))),
            ("TRUE", _) => Some(Rule::Always(true)),
            ("FALSE", _) => Some(Rule::Always(false)),
            (word, Some(Token::Name(_))) => {
                let state = match word {
                    "ALARM" => State::Alarm,
                    "OK" => State::Ok,
                    _ => State::NoData,
                };
                let Some(Token::Name(name)) = rest.pop() else { return None };
                Some(Rule::Is(state, name))
            }
            _ => None,
        },
        Token::Name(_) | Token::Close => None,
    }
}

impl Composite {
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:cloudwatch:{}:{ACCOUNT}:alarm:{}", self.region, self.name)
    }

    /// Why its actions are suppressed now: `ActionsSuppressedBy` and the reason.
    pub(crate) fn suppressed(&self, world: &World) -> Option<(&'static str, String)> {
        let (name, ..) = self.suppressor.as_ref().filter(|_| self.state == State::Alarm)?;
        let raised = world.alarm_state(&self.region, name) == Some(State::Alarm);
        raised.then(|| ("Alarm", format!("Actions suppressed by alarm {name}")))
    }
}

impl World {
    /// The state of a metric or composite alarm.
    pub(crate) fn alarm_state(&self, region: &str, name: &str) -> Option<State> {
        let metric = self.alarms.iter().find(|one| one.region == region && one.name == name).map(|one| one.state);
        let composite = || self.composites.iter().find(|one| one.region == region && one.name == name);
        metric.or_else(|| composite().map(|one| one.state))
    }

    /// Adds a composite alarm, or replaces the one with its name and keeps that one's state changes.
    pub(crate) fn put_composite(&mut self, mut alarm: Composite) {
        let same = |one: &Composite| (&one.region, &one.name) == (&alarm.region, &alarm.name);
        if let Some(at) = self.composites.iter().position(same) {
            let before = self.composites.remove(at);
            (alarm.created, alarm.state, alarm.reason) = (before.created, before.state, before.reason);
            (alarm.updated, alarm.changes) = (before.updated, before.changes);
        }
        self.composites.push(alarm);
        self.evaluate_composites();
    }

    /// Evaluates all composite alarms; those that depend on others are updated in the same call.
    pub(crate) fn evaluate_composites(&mut self) {
        for _ in 0..=self.composites.len() {
            let mut changed = false;
            for at in 0..self.composites.len() {
                let one = &self.composites[at];
                let holds = one.rule.holds(&|name| self.alarm_state(&one.region, name));
                let state = if holds { State::Alarm } else { State::Ok };
                if state == one.state {
                    continue;
                }
                let reason = self.composite_reason(one, state);
                let now = self.now;
                let one = &mut self.composites[at];
                let reasons = (std::mem::replace(&mut one.reason, reason.clone()), reason);
                one.changes.push(Change { at: now, from: one.state, to: state, reasons });
                (one.state, one.updated) = (state, now);
                changed = true;
            }
            if !changed {
                return;
            }
        }
    }

    /// The `StateReason` in the wording of `CloudWatch`: the alarm that caused the change.
    fn composite_reason(&self, one: &Composite, state: State) -> String {
        let mut names = Vec::new();
        one.rule.names(&mut names);
        let child = names.iter().find(|name| self.alarm_state(&one.region, name) == Some(state)).or(names.first());
        let Some(child) = child else { return "The rule is a constant".to_owned() };
        let arn = format!("arn:aws:cloudwatch:{}:{ACCOUNT}:alarm:{child}", one.region);
        let at = timestamp(self.now).strftime("%A %d %B, %Y %H:%M:%S UTC").to_string();
        let of = self.alarm_state(&one.region, child).unwrap_or(State::NoData);
        format!("{arn} transitioned to {} at {at}", of.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(state: State, name: &str) -> Rule {
        Rule::Is(state, name.to_owned())
    }

    #[test]
    fn rule_operators_follow_their_precedence() {
        let rule = Rule::parse(r#"ALARM("web cpu") OR ALARM(db) AND NOT OK(arn:aws:cloudwatch:r:1:alarm:quiet)"#);
        let quiet = Rule::Not(Box::new(is(State::Ok, "quiet")));
        let right = Rule::And(Box::new(is(State::Alarm, "db")), Box::new(quiet));
        assert_eq!(rule, Some(Rule::Or(Box::new(is(State::Alarm, "web cpu")), Box::new(right))));
        let grouped = Rule::parse("(ALARM(a) OR ALARM(b)) AND TRUE").unwrap();
        assert!(matches!(grouped, Rule::And(..)));
        let mut names = Vec::new();
        grouped.names(&mut names);
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn invalid_alarm_rule_is_rejected() {
        for text in ["", "ALARM", "ALARM(", "ALARM()", "ALARM(a) ALARM(b)", "ALARM(a) AND", "(ALARM(a)", "MAYBE(a)"] {
            assert_eq!(Rule::parse(text), None, "{text}");
        }
    }
}
