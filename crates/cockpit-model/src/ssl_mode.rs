//! TLS modes of PostgreSQL connections, as in libpq. Source: PostgreSQL's documentation, "SSL Support", "Protection
//! Provided in Different Modes".

/// Whether TLS is used, and how the certificate is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SslMode {
    /// TLS is never used.
    Disable,
    /// TLS only if the server requires it.
    Allow,
    /// TLS if the server supports it; the certificate is not verified.
    #[default]
    Prefer,
    /// Always TLS; the certificate is verified only if `sslrootcert` is set.
    Require,
    /// Always TLS; the certificate must be signed by a trusted authority.
    VerifyCa,
    /// Always TLS; the certificate must be trusted and match the host name.
    VerifyFull,
}

impl SslMode {
    /// All modes, from the weakest to the strictest.
    pub const ALL: [Self; 6] =
        [Self::Disable, Self::Allow, Self::Prefer, Self::Require, Self::VerifyCa, Self::VerifyFull];

    /// Returns libpq's word for the mode.
    pub fn name(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Allow => "allow",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }

    /// Returns the mode for libpq's word.
    pub fn from_name(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == word)
    }

    /// Whether unencrypted connections are forbidden.
    pub fn needs_tls(self) -> bool {
        matches!(self, Self::Require | Self::VerifyCa | Self::VerifyFull)
    }
}
