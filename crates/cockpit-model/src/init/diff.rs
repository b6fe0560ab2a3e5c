//! The differences of two texts, line by line.

/// Lines around a difference that are shown.
const AROUND: usize = 2;
/// Longer texts are not compared line by line: that takes the product of their lengths.
const MOST: usize = 4000;

/// The lines of both: ` ` in both, `-` only in the first, `+` only in the second. Empty: they are alike.
pub fn difference(old: &str, new: &str) -> Vec<String> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    if old == new {
        return Vec::new();
    }
    if old.len() > MOST || new.len() > MOST {
        let all = old.iter().map(|line| format!("-{line}")).chain(new.iter().map(|line| format!("+{line}")));
        return all.collect();
    }
    // The longest lines that both have from each place on.
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
    near(&lines)
}

/// Only lines near a difference; `…` stands for those between.
fn near(lines: &[(char, &str)]) -> Vec<String> {
    let changed: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].0 != ' ').collect();
    let is_near = |at: usize| changed.iter().any(|place| place.abs_diff(at) <= AROUND);
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
    fn a_difference_has_the_lines_around_it() {
        assert!(difference("a\nb\n", "a\nb").is_empty());
        let (old, new) = ("1\n2\n3\n4\n5\n6\n7\n8", "1\n2\n3\n4\nfive\n6\n7\n8\n9");
        assert_eq!(difference(old, new), ["…", " 3", " 4", "-5", "+five", " 6", " 7", " 8", "+9"]);
        assert_eq!(difference("", "x"), ["+x"]);
        assert_eq!(difference("x", ""), ["-x"]);
    }
}
