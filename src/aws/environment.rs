//! Environment variables, as set by secret stores and files.

/// Returns an environment variable, if it is not empty. Whitespace around it, which secret stores and files
/// leave, is trimmed.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}
