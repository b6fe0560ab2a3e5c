//! A database's user and password, from Secrets Manager or Parameter Store. They never appear in a log or an error.

use super::budget::Class;
use super::session::{Action, Caller, Session};
use crate::app::effect::Priority;
use crate::model::{Failure, FailureKind};
use secrecy::SecretString;
use serde_json::Value;

const SECRET: Action = Action { name: "secretsmanager:GetSecretValue", class: Class::Sessions };
pub(super) const PARAMETER: Action = Action { name: "ssm:GetParameter", class: Class::Parameters };

/// The user and password for a database.
#[derive(Debug, Clone, Default)]
pub struct Login {
    pub user: Option<String>,
    pub password: Option<SecretString>,
    pub database: Option<String>,
}

impl Session {
    /// Returns a secret of Secrets Manager: the JSON that RDS stores there (`username`, `password`, `dbname`), or a bare
    /// password.
    ///
    /// # Errors
    /// It cannot be read, or has no text.
    pub async fn secret(&self, id: &str) -> Result<Login, Failure> {
        let caller = Caller::new(self, Priority::Operator);
        let answer =
            caller.call(SECRET, |clients| clients.secretsmanager().get_secret_value().secret_id(id).send()).await?;
        let text = answer.secret_string.ok_or_else(|| {
            Failure::new(FailureKind::Malformed, format!("{}: the secret {id} has no text", SECRET.name))
        })?;
        Ok(login(text))
    }

    /// Returns a password in Parameter Store.
    ///
    /// # Errors
    /// It cannot be read, or has no value.
    pub async fn parameter(&self, name: &str) -> Result<Login, Failure> {
        let caller = Caller::new(self, Priority::Operator);
        let answer = caller
            .call(PARAMETER, |clients| clients.ssm().get_parameter().name(name).with_decryption(true).send())
            .await?;
        let value = answer.parameter.and_then(|parameter| parameter.value).ok_or_else(|| {
            Failure::new(FailureKind::Malformed, format!("{}: the parameter {name} has no value", PARAMETER.name))
        })?;
        Ok(login(value))
    }
}

fn login(text: String) -> Login {
    match serde_json::from_str::<Value>(&text) {
        Ok(Value::Object(fields)) => {
            let field = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
            Login { user: field("username"), password: field("password").map(Into::into), database: field("dbname") }
        }
        _ => Login { password: Some(text.into()), ..Login::default() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    #[test]
    fn secret_is_rds_json_or_a_bare_password_and_never_prints() {
        let made = login(r#"{"username":"app","password":"p@ss","dbname":"shop","port":5432}"#.into());
        assert_eq!((made.user.as_deref(), made.database.as_deref()), (Some("app"), Some("shop")));
        assert_eq!(made.password.as_ref().unwrap().expose_secret(), "p@ss");
        assert!(!format!("{made:?}").contains("p@ss"));
        let plain = login("12345".into());
        assert_eq!((plain.user, plain.password.unwrap().expose_secret()), (None, "12345"));
    }
}
