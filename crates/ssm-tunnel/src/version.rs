//! Versions of agents and clients: dot-separated numbers, compared from left to right.

/// Whether `version` is newer than `than`. False if either cannot be parsed as a version.
pub fn is_newer(version: &str, than: &str) -> bool {
    match (numbers(version), numbers(than)) {
        (Some(version), Some(than)) => version > than,
        _ => false,
    }
}

fn numbers(version: &str) -> Option<Vec<u64>> {
    version.trim().split('.').map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::is_newer;

    #[test]
    fn versions_compare_numerically_and_invalid_ones_are_never_newer() {
        assert!(is_newer("3.1.1511.1", "3.1.1511.0"));
        assert!(is_newer("3.10.0.0", "3.9.9.9"));
        assert!(!is_newer("3.0.196.0", "3.0.196.0"));
        assert!(!is_newer("2.3.722.0", "3.0.196.0"));
        for none in ["", "latest", "3..1", "-1.0", "99999999999999999999.0"] {
            assert!(!is_newer(none, "3.0.196.0"), "{none}");
        }
    }
}
