//! Which statements let a session write whose transactions only read, from their words. What a function does is not seen here:
//! who runs one looks afterwards at how the session stands.

use super::statement::Words;
use super::token::Kind;

/// The settings that say whether transactions only read: of those that begin, and of the one that is open.
const SETTINGS: [&str; 2] = ["default_transaction_read_only", "transaction_read_only"];
/// The words that lift a read-only session within a text that is run (`DO`, `EXECUTE`), a blank apart.
const WITHIN: [&str; 4] = ["transaction_read_only", "read write", "reset all", "discard all"];

impl Words<'_> {
    /// Whether transactions may write after it, or within it, that only read before.
    pub(super) fn lifts(&self) -> bool {
        let first = self.sign(0).to_ascii_lowercase();
        let here = match first.as_str() {
            "set" => self.sets() || self.has_pair("read", "write"),
            "begin" | "start" => self.has_pair("read", "write"),
            "reset" => self.is(1, "all") || self.is_setting(1),
            "discard" => self.is(1, "all"),
            "do" | "call" | "execute" => self.says_within(),
            // A rule of this view makes a call of `set_config` of it.
            "update" => (0..self.tokens.len()).any(|at| self.is_named(at, "pg_settings")),
            _ => false,
        };
        here || (0..self.tokens.len()).any(|at| self.configures(at))
    }

    fn is_named(&self, at: usize, name: &str) -> bool {
        self.is(at, name) || self.sign(at).strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) == Some(name)
    }

    /// A setting's name has no case, also in quotes.
    fn is_setting(&self, at: usize) -> bool {
        SETTINGS.contains(&self.name(at).to_ascii_lowercase().as_str())
    }

    /// Whether it is a `SET` to anything but on.
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

    /// Whether `set_config` is called there for one of the settings, or for one that is not known before.
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

    /// Whether a text of a statement that runs texts says so.
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
    fn what_lets_a_session_write_that_only_reads_is_known_however_it_is_written() {
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
            assert!(judge(statement).lifts, "{statement}");
        }
    }

    #[test]
    fn what_has_a_session_read_or_only_speaks_of_it_lets_nothing_write() {
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
            assert!(!judge(statement).lifts, "{statement}");
        }
    }
}
