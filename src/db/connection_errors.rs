//! Why a connection cannot be made, in words, with what to do about it.

use super::settings::{Settings, SslMode};
use crate::model::sql::ServerMessage;
use crate::model::{Failure, FailureKind};
use rustls::CertificateError;
use std::io;

/// Where the certificates of RDS are.
pub(super) const RDS_BUNDLE_HINT: &str = "for RDS and Aurora: load https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem \
                                 and name the file in `database.sslrootcert` of the environment (with --url: sslrootcert)";

fn place(settings: &Settings) -> String {
    format!("{}:{}", settings.place.host, settings.place.port)
}

/// No connection came about.
pub(super) fn unreachable(settings: &Settings, error: &io::Error) -> Failure {
    let place = place(settings);
    let (what, hint) = match (&settings.place.through, error.kind()) {
        (Some(through), io::ErrorKind::ConnectionRefused) => (
            format!("the tunnel at {through} takes no connections"),
            "it may have been closed: open it again".to_owned(),
        ),
        (Some(_), _) => (
            format!("{place} cannot be reached through the tunnel: {error}"),
            "its security group must let the container in, and the host and port must be right".to_owned(),
        ),
        (None, io::ErrorKind::ConnectionRefused) => (
            format!("nothing listens at {place}"),
            "see that the server runs and that the port is right; a private database is reached through a tunnel"
                .to_owned(),
        ),
        (None, _) => (
            format!("{place} cannot be reached: {error}"),
            "see that the host is right; a private database is reached through a tunnel".to_owned(),
        ),
    };
    Failure::new(FailureKind::Unreachable, what).with_hint(hint)
}

/// The failure that no answer came in time.
pub(super) fn timed_out(settings: &Settings) -> Failure {
    let limit = settings.connect_timeout.as_secs_f64();
    let what = format!("{} did not answer within {limit} s", place(settings));
    let hint = "a firewall or a security group may drop the connection; one that starts (Aurora from a pause) needs half a \
                minute: try again";
    Failure::new(FailureKind::Timeout, what).with_hint(hint)
}

/// The failure where the one that answers is not a PostgreSQL server.
pub(super) fn not_postgres(settings: &Settings) -> Failure {
    let what = format!("what answers at {} is not PostgreSQL", place(settings));
    Failure::new(FailureKind::Malformed, what).with_hint("see where it leads: the host and the port, or `tunnel.to`")
}

/// The server does not speak TLS.
pub(super) fn tls_unsupported(settings: &Settings) -> Failure {
    let mode = settings.sslmode.name();
    let what = format!("the server does not speak TLS, and `sslmode` is `{mode}`");
    let hint = "turn TLS on at the server (`ssl = on`), or write sslmode = \"prefer\" where an open connection will do";
    Failure::new(FailureKind::Denied, what).with_hint(hint)
}

/// TLS did not come about.
pub(super) fn tls_failed(settings: &Settings, error: &io::Error) -> Failure {
    let host = &settings.place.host;
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let Some(rustls::Error::InvalidCertificate(wrong)) = tls else {
        let what = format!("TLS with {} failed: {error}", place(settings));
        return Failure::new(FailureKind::Unreachable, what)
            .with_hint("see that the server speaks TLS 1.2 or 1.3, and that no proxy is between");
    };
    let weaker = "or a weaker `sslmode`, which does not check it";
    let (what, hint) = match wrong {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => (
            format!("the certificate of {host} has expired"),
            format!("have it renewed (RDS: rotate to a newer certificate authority), {weaker}"),
        ),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            (format!("the certificate of {host} is not valid yet"), "look at this machine's clock".to_owned())
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => (
            format!("the certificate is not that of {host}: {wrong}"),
            "connect by a name that it has (an endpoint of RDS, not an alias of it), or with sslmode = \"verify-ca\""
                .to_owned(),
        ),
        CertificateError::UnknownIssuer => {
            (format!("the certificate of {host} is signed by nobody who is trusted here"), RDS_BUNDLE_HINT.to_owned())
        }
        _ => (format!("the certificate of {host} is not trusted: {wrong}"), format!("{RDS_BUNDLE_HINT}, {weaker}")),
    };
    Failure::new(FailureKind::Denied, what).with_hint(hint)
}

/// The server asks for a password, and there is none.
pub(super) fn password_missing(settings: &Settings) -> Failure {
    let what = format!("the server asks for a password of {}, and there is none", settings.user);
    let hint = "say where it lies: `database.secret`, `parameter`, `password_env` or `iam` of the environment (with --url: in \
                the URL, or PGPASSWORD)";
    Failure::new(FailureKind::Denied, what).with_hint(hint)
}

/// The server wants to be sure of who connects in a way that is not known here.
pub(super) fn other_authentication(settings: &Settings, why: &str) -> Failure {
    let what = format!("{} wants an authentication that cannot be given: {why}", place(settings));
    Failure::new(FailureKind::Denied, what)
        .with_hint("it may be Kerberos or a client's certificate: use a password, or IAM")
}

/// The connection ended while it was made.
pub(super) fn connection_closed(settings: &Settings) -> Failure {
    let what = format!("{} closed the connection before it was made", place(settings));
    let hint = match &settings.place.through {
        Some(_) => "the database cannot be reached from the container: its security group must let it in",
        None => "the server may be starting or shutting down, or something between lets nobody through",
    };
    Failure::new(FailureKind::Unreachable, what).with_hint(hint)
}

/// The failure where the server refuses the connection.
pub(super) fn connection_refused(settings: &Settings, said: &ServerMessage) -> Failure {
    let (user, database) = (&settings.user, &settings.database);
    let from = if settings.password_source.is_empty() { "" } else { " It is that of " };
    let from = format!("{from}{}", settings.password_source);
    let (kind, hint) = match said.code.as_str() {
        "28P01" => (FailureKind::Denied, format!("the password of {user} is wrong, or there is no such user.{from}")),
        "28000" if said.message.contains("pg_hba.conf") => {
            let open = said.message.contains("no encryption") || said.message.contains("SSL off");
            let hint = if open {
                "the server takes no unencrypted connections from here: write sslmode = \"require\" or stronger"
                    .to_owned()
            } else {
                format!("the server lets {user} into {database} from no such address: its `pg_hba.conf` decides that")
            };
            (FailureKind::Denied, hint)
        }
        "28000" if said.message.contains("PAM") => {
            let hint = format!(
                "the IAM token was refused: {user} must have the role rds_iam, IAM authentication must be on, and the \
                 identity must be allowed rds-db:connect"
            );
            (FailureKind::Denied, hint)
        }
        "28000" => (FailureKind::Denied, format!("look at the user {user} and at what it may do")),
        "3D000" => {
            (FailureKind::NotFound, "name another one: `database.database` of the environment, or in the URL".into())
        }
        "53300" => {
            let hint =
                "all connections are taken: look at pg_stat_activity for those that idle, or raise max_connections";
            (FailureKind::Service, hint.to_owned())
        }
        "57P03" => (FailureKind::Unreachable, "the server starts, stops or recovers: try again in a moment".to_owned()),
        _ => (FailureKind::Service, said.hint.clone().unwrap_or_else(|| "see what the server's log says".to_owned())),
    };
    Failure::new(kind, format!("{}: {}", said.severity, said.message)).with_hint(hint)
}

/// Whether a mode falls back to an unencrypted connection.
pub(super) fn falls_back(mode: SslMode) -> bool {
    matches!(mode, SslMode::Allow | SslMode::Prefer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds::sql::Place;

    #[test]
    fn each_fault_of_a_certificate_says_whose_it_is_and_what_to_do() {
        let place = Place { host: "db.example".into(), port: 5432, through: None };
        let settings = Settings::of(place, "app", "shop");
        let told = |wrong: CertificateError| {
            let error = io::Error::new(io::ErrorKind::InvalidData, rustls::Error::InvalidCertificate(wrong));
            tls_failed(&settings, &error)
        };
        let expired = told(CertificateError::Expired);
        assert!(expired.message.contains("certificate of db.example has expired"), "{expired:?}");
        assert!(expired.hint().contains("renewed"), "{expired:?}");
        assert!(told(CertificateError::NotValidForName).hint().contains("verify-ca"));
        assert!(told(CertificateError::NotValidYet).hint().contains("clock"));
        assert!(told(CertificateError::UnknownIssuer).hint().contains("global-bundle.pem"));
        let other = tls_failed(&settings, &io::Error::other("alert"));
        assert!(other.message.contains("TLS with db.example:5432 failed"), "{other:?}");
    }
}
