//! Recognizes statements that let a read-only session write, from their text. Effects inside a function are not visible here,
//! so callers check the session's state afterwards.

use super::statement::StatementTokens;
use super::token::Kind;

/// The settings that make transactions read-only: that of new ones, and that of the open one.
const SETTINGS: [&str; 2] = ["default_transaction_read_only", "transaction_read_only"];
/// Phrases that lift a read-only session inside a string run as code (`DO`, `EXECUTE`), with single blanks.
const WITHIN: [&str; 4] = ["transaction_read_only", "read write", "reset all", "discard all"];

impl StatementTokens<'_> {
    /// Returns whether read-only transactions can write after the statement or within it.
    pub(super) fn lifts_read_only(&self) -> bool {
        let first = self.sign(0).to_ascii_lowercase();
        let by_keyword = match first.as_str() {
            "set" => self.sets() || self.has_pair("read", "write"),
            "begin" | "start" => self.has_pair("read", "write"),
            "reset" => self.is(1, "all") || self.is_setting(1),
            "discard" => self.is(1, "all"),
            "do" | "call" | "execute" => self.says_within(),
            // A rule on this view turns an update into a call of `set_config`.
            "update" => (0..self.tokens.len()).any(|at| self.is_named(at, "pg_settings")),
            _ => false,
        };
        by_keyword || (0..self.tokens.len()).any(|at| self.configures(at))
    }

    fn is_named(&self, at: usize, name: &str) -> bool {
        self.is(at, name) || self.sign(at).strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) == Some(name)
    }

    /// Returns whether it is the name of a read-only setting. Such names are case-insensitive even in quotes.
    fn is_setting(&self, at: usize) -> bool {
        SETTINGS.contains(&self.name(at).to_ascii_lowercase().as_str())
    }

    /// Returns whether it is a `SET` of a read-only setting to anything but on.
    fn sets(&self) -> bool {
        let at = 1 + usize::from(self.any(1, &["session", "local"]));
        let given = self.sign(at + 1) == "=" || self.is(at + 1, "to");
        self.is_setting(at) && !(given && self.is_on(at + 2))
    }

    fn is_on(&self, at: usize) -> bool {
        let value = self.sign(at).trim_matches('\'').to_ascii_lowercase();
        matches!(value.as_str(), "on" | "true" | "yes" | "1" | "t" | "y")
    }

    fn has_pair(&self, first: &str, second: &str) -> bool {
        (0..self.tokens.len()).any(|at| self.is(at, first) && self.is(at + 1, second))
    }

    /// Returns whether `set_config` is called there for a read-only setting, or for a name that is not a literal.
    fn configures(&self, at: usize) -> bool {
        if !self.is_named(at, "set_config") || self.sign(at + 1) != "(" {
            return false;
        }
        let setting = self.sign(at + 2).to_ascii_lowercase();
        let plain = setting.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
        match plain.filter(|_| self.sign(at + 3) == ",") {
            Some(setting) if SETTINGS.contains(&setting) => !(self.is_on(at + 4) && self.sign(at + 5) == ","),
            Some(_) => false,
            None => true,
        }
    }

    /// Returns whether a string that is run as code contains such a phrase.
    fn says_within(&self) -> bool {
        let texts = self.tokens.iter().filter(|token| matches!(token.kind, Kind::Text | Kind::DollarText));
        let words = |text: &str| text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
        texts.map(|token| words(token.of(self.text))).any(|text| WITHIN.iter().any(|words| text.contains(words)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::guard::judge;

    #[test]
    fn statements_that_lift_a_read_only_session_are_recognized_in_any_form() {
        for statement in [
            "SET default_transaction_read_only = off",
            "set session default_transaction_read_only to 'off'",
            "set local transaction_read_only to default",
            "set /* so */ \"Default_Transaction_Read_Only\"=0",
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
            "set session characteristics as transaction isolation level serializable, read\n write",
            "set transaction read write",
            "begin read write",
            "BEGIN ISOLATION LEVEL REPEATABLE READ, READ WRITE",
            "start transaction read write",
            "reset default_transaction_read_only",
            "RESET ALL",
            "discard all",
            "select set_config('default_transaction_read_only', 'off', false)",
            "with a as (select pg_catalog.set_config('TRANSACTION_READ_ONLY', 'off', true)) table a",
            "select set_config(name, 'off', false) from pg_settings where name ~ 'read_only'",
            "select set_config('default_' || 'transaction_read_only', 'off', false)",
            "select set_config(E'default\\x5ftransaction_read_only', 'off', false)",
            "select set_config('default_transaction_read_only', 'o' || 'ff', false)",
            "prepare p as select set_config('default_transaction_read_only', $1, false)",
            "update pg_catalog.pg_settings set setting = 'off' where name like 'default_tr%'",
            "do $$ begin set default_transaction_read_only = off; end $$",
            "do language plpgsql 'begin commit; set transaction read   write; end'",
            "do $a$ begin execute 'reset all'; end $a$",
            "select 1 \\; set default_transaction_read_only = off",
        ] {
            assert!(judge(statement).lifts_read_only, "{statement}");
        }
    }

    #[test]
    fn statements_that_keep_or_mention_read_only_do_not_lift_it() {
        for statement in [
            "set default_transaction_read_only = on",
            "set session transaction_read_only to 'true'",
            "set transaction read only",
            "set session characteristics as transaction read only",
            "begin",
            "begin isolation level repeatable read, read only",
            "reset search_path",
            "reset session authorization",
            "discard temp",
            "show default_transaction_read_only",
            "select current_setting('default_transaction_read_only')",
            "select * from pg_settings where name = 'transaction_read_only' -- set_config('a'",
            "select pg_catalog.set_config('search_path', '', false)",
            "select set_config('default_transaction_read_only', 'on', false)",
            "select set_config from t",
            "select 'begin read write', 'discard all'",
            "do $$ begin raise notice 'read, write'; end $$",
            "update settings set name = 'pg_settings'",
        ] {
            assert!(!judge(statement).lifts_read_only, "{statement}");
        }
    }
}
