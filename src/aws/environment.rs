//! Variables of the environment, as secret stores and files leave them.

/// A variable of the environment that says something. Blanks and line breaks around it, as a secret store or a
/// file leaves them, are no part of it.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}
