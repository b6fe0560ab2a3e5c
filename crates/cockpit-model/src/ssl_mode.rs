//! How a connection to PostgreSQL is encrypted, by libpq's words. Source: PostgreSQL's documentation, "SSL Support",
//! "Protection Provided in Different Modes".

/// Whether TLS is wanted, and what of the certificate is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SslMode {
    /// TLS is never used.
    Disable,
    /// Only where the server wants it.
    Allow,
    /// Where the server has it; nothing is checked.
    #[default]
    Prefer,
    /// Always; the certificate is checked only where `sslrootcert` is given.
    Require,
    /// Always; the certificate must be signed by a trusted authority.
    VerifyCa,
    /// The certificate must be trusted, and be that of the host.
    VerifyFull,
}

impl SslMode {
    /// All modes, from the weakest to the strictest.
    pub const ALL: [Self; 6] =
        [Self::Disable, Self::Allow, Self::Prefer, Self::Require, Self::VerifyCa, Self::VerifyFull];

    /// The word as libpq writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Allow => "allow",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }

    /// The one that is written so.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.word() == word)
    }

    /// Whether nothing may go over the wire unencrypted.
    pub fn needs_tls(self) -> bool {
        matches!(self, Self::Require | Self::VerifyCa | Self::VerifyFull)
    }
}
