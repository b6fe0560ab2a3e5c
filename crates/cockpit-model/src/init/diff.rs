//! Line-by-line differences between two texts.

/// Number of context lines around a difference.
const CONTEXT: usize = 2;
/// Longer texts are not compared line by line, because the work grows with the product of their lengths.
const MAX_LINES: usize = 4000;

/// Returns the lines of both texts: ` ` in both, `-` only in the first, `+` only in the second. Empty if they are
/// equal.
pub fn difference(old: &str, new: &str) -> Vec<String> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    if old == new {
        return Vec::new();
    }
    if old.len() > MAX_LINES || new.len() > MAX_LINES {
        let lines = old.iter().map(|line| format!("-{line}")).chain(new.iter().map(|line| format!("+{line}")));
        return lines.collect();
    }
    // The length of the longest common subsequence from each position on.
    let width = new.len() + 1;
    let mut common = vec![0_u32; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i * width + j] = if old[i] == new[j] {
                common[(i + 1) * width + j + 1] + 1
            } else {
                common[(i + 1) * width + j].max(common[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut lines = Vec::new();
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            lines.push((' ', old[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || (i < old.len() && common[(i + 1) * width + j] >= common[i * width + j + 1]) {
            lines.push(('-', old[i]));
            i += 1;
        } else {
            lines.push(('+', new[j]));
            j += 1;
        }
    }
    with_context(&lines)
}

/// Keeps only lines near a difference; `…` stands for omitted lines.
fn with_context(lines: &[(char, &str)]) -> Vec<String> {
    let changed: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].0 != ' ').collect();
    let is_near = |at: usize| changed.iter().any(|place| place.abs_diff(at) <= CONTEXT);
    let mut shown = Vec::new();
    let mut left_out = false;
    for (at, (sign, line)) in lines.iter().enumerate() {
        if is_near(at) {
            if std::mem::take(&mut left_out) {
                shown.push("…".to_owned());
            }
            shown.push(format!("{sign}{line}"));
        } else {
            left_out = true;
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn difference_has_context_lines() {
        assert!(difference("a\nb\n", "a\nb").is_empty());
        let (old, new) = ("1\n2\n3\n4\n5\n6\n7\n8", "1\n2\n3\n4\nfive\n6\n7\n8\n9");
        assert_eq!(difference(old, new), ["…", " 3", " 4", "-5", "+five", " 6", " 7", " 8", "+9"]);
        assert_eq!(difference("", "x"), ["+x"]);
        assert_eq!(difference("x", ""), ["-x"]);
    }
}
