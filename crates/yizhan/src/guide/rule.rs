//! Finding a service by what somebody wants to do, in their own words.

use yizhan_core::catalog::Service;

/// How well a service answers what was typed; nothing when it has nothing to do with it.
///
/// A word of the service's own list that is typed counts most, its title next, then any two characters in a row that
/// both have: "我想回老家看看" finds the journey home by "回老家".
pub fn score(service: &Service, typed: &str) -> Option<u32> {
    let typed = plain(typed);
    if typed.is_empty() {
        return None;
    }
    let titles = [&service.title.zh, &service.title.en].map(|text| plain(text));
    let about = [&service.about.zh, &service.about.en].map(|text| plain(text));
    let words: Vec<String> = service.search.iter().map(|word| plain(word)).collect();
    let said =
        words.iter().filter(|word| typed.contains(*word) || (typed.chars().count() > 1 && word.contains(&typed)));
    let said: u32 = said.map(|word| 4 + u32::try_from(word.chars().count()).unwrap_or(0)).sum();
    let titled = titles.iter().any(|title| title.contains(&typed));
    let texts = titles.iter().chain(&about).chain(&words);
    let shared = pairs(&typed).iter().filter(|pair| texts.clone().any(|text| text.contains(*pair))).count();
    let score = said * 10 + if titled { 50 } else { 0 } + u32::try_from(shared).unwrap_or(0);
    (score > 0).then_some(score)
}

/// Lower case, without what is neither a letter nor a digit; words of Latin letters stay apart.
fn plain(text: &str) -> String {
    let lower = text.to_lowercase();
    let kept = lower.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' });
    kept.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Every two Chinese characters in a row; a Latin word whole, if it says anything.
fn pairs(text: &str) -> Vec<String> {
    let mut pairs = Vec::new();
    for word in text.split(' ') {
        let letters: Vec<char> = word.chars().collect();
        if word.is_ascii() {
            if letters.len() > 3 {
                pairs.push(word.to_owned());
            }
            continue;
        }
        pairs.extend(letters.windows(2).map(|pair| pair.iter().collect()));
    }
    pairs
}
