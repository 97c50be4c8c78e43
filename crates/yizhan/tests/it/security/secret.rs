//! How secrets are compared: in constant time, or not at all, looked up by a digest under a key.

use std::path::Path;
use yizhan_kit::digest::is_same_secret;

/// What a name holds that somebody must not guess.
const NAMES: [&str; 6] = ["secret", "token", "signature", "password", "receipt", "passcode"];

/// The word before or after a comparison.
fn is_secret(word: &str) -> bool {
    let word = word.trim_matches(|one: char| !(one.is_alphanumeric() || one == '_' || one == '.'));
    let last = word.rsplit('.').next().unwrap_or_default();
    NAMES.contains(&last)
}

fn compared(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    [" == ", " != "].iter().any(|at| {
        code.match_indices(at).any(|(place, at)| {
            let before = code[..place].rsplit(char::is_whitespace).next().unwrap_or_default();
            let after = code[place + at.len()..].split(char::is_whitespace).next().unwrap_or_default();
            is_secret(before) || is_secret(after)
        })
    })
}

#[test]
fn secrets_are_compared_in_constant_time() {
    let mut folders =
        ["../kit/src", "../core/src", "src"].map(|one| Path::new(env!("CARGO_MANIFEST_DIR")).join(one)).to_vec();
    let (mut plain, mut constant) = (Vec::new(), 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            let name = path.display().to_string();
            if path.is_dir() && !name.ends_with("/bench") && !name.ends_with("/simulate") {
                folders.push(path);
            } else if name.ends_with(".rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                constant += text.matches("is_same_secret(").count();
                plain.extend(text.lines().filter(|line| compared(line)).map(|line| format!("{name}: {}", line.trim())));
            }
        }
    }
    assert!(plain.is_empty(), "{}", plain.join("\n"));
    assert!(constant >= 12, "{constant} comparisons in constant time");
    assert!(compared("if kept.secret == said {") && compared("a != self.token") && !compared("let secret = a == b;"));
    assert!(is_same_secret("abc", "abc") && !is_same_secret("abc", "abd") && !is_same_secret("abc", "ab"));
}
