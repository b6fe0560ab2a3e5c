//! Versions of agents and clients: numbers with points, of which the first that differs decides.

/// Whether `version` is newer than `than`. One that is no version is not.
pub fn newer(version: &str, than: &str) -> bool {
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
    use super::newer;

    #[test]
    fn the_first_number_that_differs_decides_and_no_version_is_not_newer() {
        assert!(newer("3.1.1511.1", "3.1.1511.0"));
        assert!(newer("3.10.0.0", "3.9.9.9"));
        assert!(!newer("3.0.196.0", "3.0.196.0"));
        assert!(!newer("2.3.722.0", "3.0.196.0"));
        for none in ["", "latest", "3..1", "-1.0", "99999999999999999999.0"] {
            assert!(!newer(none, "3.0.196.0"), "{none}");
        }
    }
}
