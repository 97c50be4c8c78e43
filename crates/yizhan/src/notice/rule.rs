//! The posters, a place's name on one, and names with a character hidden. Pure.

use crate::inside;

/// The poster series, each with its posters in order: file name and topic.
pub const SERIES: [(&str, &str, &[&str]); 2] = [
    (
        "剪纸版",
        "Paper-cut",
        &["papercut-wash-hands", "papercut-mask", "papercut-air", "papercut-stay", "papercut-no-crowd"],
    ),
    ("卡通漫画版", "Cartoon", &["cartoon-wash-hands", "cartoon-mask", "cartoon-serving-chopsticks", "cartoon-thrift"]),
];

/// A poster as SVG with a name at its foot; nothing where there is no such poster.
pub fn poster(name: &str, place: &str) -> Option<String> {
    let known = SERIES.iter().any(|(.., posters)| posters.contains(&name));
    let drawn = inside::find(inside::POSTERS, &format!("{name}.svg")).filter(|_| known)?;
    let escaped = place.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    Some(String::from_utf8_lossy(drawn).replace("{place}", &escaped))
}

/// A name with one character hidden: the second of two, of more the last but one.
pub fn hidden(name: &str) -> String {
    let mut chars: Vec<char> = name.chars().collect();
    let place = match chars.len() {
        0 => return String::new(),
        1 => 0,
        2 => 1,
        length => length - 2,
    };
    chars[place] = '*';
    chars.into_iter().collect()
}
