//! Problems as people and programs read them: RFC 9457 problem details with a stable code, in Chinese and English.

use serde_json::{Map, Value, json};
use std::fmt;

/// Which language an answer is in.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Lang {
    /// Chinese, unless somebody prefers English.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// The language that an `Accept-Language` header prefers: the one with the greatest weight, the first of equals.
    pub fn from_accept_language(header: &str) -> Self {
        let mut preferred = (0, Self::default());
        for range in header.split(',') {
            let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
            let lang = match tag.trim().split('-').next().unwrap_or("").to_ascii_lowercase().as_str() {
                "zh" => Self::Zh,
                "en" => Self::En,
                _ => continue,
            };
            let weight = thousandths(weight);
            if weight > preferred.0 {
                preferred = (weight, lang);
            }
        }
        preferred.1
    }
}

/// A weight such as `q=0.8` in thousandths (RFC 9110, 12.4.2); none when it is written otherwise.
fn thousandths(weight: &str) -> u32 {
    let weight = weight.trim();
    let Some(digits) = weight.strip_prefix("q=").or_else(|| weight.strip_prefix("Q=")) else { return 0 };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    if part.len() > 3 || !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return 0;
    }
    match whole {
        "0" => format!("{part:0<3}").parse().unwrap_or(0),
        "1" => 1000,
        _ => 0,
    }
}

/// A kind of problem: one entry of a catalogue.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// Its stable code, for programs.
    pub code: &'static str,
    /// The HTTP status it is answered with.
    pub status: u16,
    /// What it is, in Chinese.
    pub title_zh: &'static str,
    /// What it is, in English.
    pub title_en: &'static str,
}

impl Kind {
    /// A problem of this kind: what, which, and what next.
    pub fn problem(&'static self, zh: impl Into<String>, en: impl Into<String>) -> Problem {
        let details = Details { detail_zh: zh.into(), detail_en: en.into(), retry_after_s: None, extra: Vec::new() };
        Problem { kind: self, details: Box::new(details) }
    }
}

/// A problem that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Its kind.
    pub kind: &'static Kind,
    details: Box<Details>,
}

#[derive(Clone, Debug, PartialEq)]
struct Details {
    detail_zh: String,
    detail_en: String,
    retry_after_s: Option<u32>,
    extra: Vec<(&'static str, Value)>,
}

impl Problem {
    /// Adds a member for programs.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: Value) -> Self {
        self.details.extra.retain(|(known, _)| *known != name);
        self.details.extra.push((name, value));
        self
    }

    /// Says after how many seconds it is worth trying again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.details.retry_after_s = Some(seconds);
        self
    }

    /// After how many seconds it is worth trying again.
    pub fn retry_after_s(&self) -> Option<u32> {
        self.details.retry_after_s
    }

    /// What it is.
    pub fn title(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => self.kind.title_zh,
            Lang::En => self.kind.title_en,
        }
    }

    /// What, which, and what next.
    pub fn detail(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.details.detail_zh,
            Lang::En => &self.details.detail_en,
        }
    }

    /// A member that was added for programs.
    pub fn extra(&self, name: &str) -> Option<&Value> {
        self.details.extra.iter().find(|(found, _)| *found == name).map(|(_, value)| value)
    }

    /// As RFC 9457 asks for it. What was added for programs never takes the place of a standard member.
    pub fn to_json(&self, lang: Lang) -> Value {
        let mut object = Map::new();
        for (name, value) in &self.details.extra {
            object.insert((*name).into(), value.clone());
        }
        object.insert("type".into(), json!(format!("urn:yizhan:problem:{}", self.kind.code)));
        object.insert("code".into(), json!(self.kind.code));
        object.insert("status".into(), json!(self.kind.status));
        object.insert("title".into(), json!(self.title(lang)));
        object.insert("detail".into(), json!(self.detail(lang)));
        Value::Object(object)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.code, self.details.detail_en)
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;

    static LATE: Kind = Kind { code: "late", status: 409, title_zh: "太晚", title_en: "Too late" };

    #[test]
    fn a_problem_speaks_both_languages() {
        let problem = LATE.problem("明天再来。", "Come tomorrow.").with("day", json!("2021-02-02")).retry_after(9);
        assert_eq!(
            problem.to_json(Lang::Zh),
            json!({"type": "urn:yizhan:problem:late", "code": "late", "status": 409, "title": "太晚", "detail": "明天再来。", "day": "2021-02-02"})
        );
        assert_eq!(problem.to_json(Lang::En)["detail"], "Come tomorrow.");
        assert_eq!(problem.retry_after_s(), Some(9));
        assert_eq!(problem.extra("day"), Some(&json!("2021-02-02")));
        assert_eq!(problem.to_string(), "late: Come tomorrow.");
    }

    #[test]
    fn a_standard_member_is_never_overwritten() {
        let problem =
            LATE.problem("明天再来。", "Come tomorrow.").with("status", json!(200)).with("code", json!("early"));
        let object = problem.to_json(Lang::Zh);
        assert_eq!((&object["status"], &object["code"]), (&json!(409), &json!("late")));
    }

    #[test]
    fn a_result_with_a_problem_stays_small() {
        assert_eq!(size_of::<Problem>(), 2 * size_of::<usize>());
    }

    #[test]
    fn the_preferred_language_is_answered() {
        let check = |header: &str, lang| assert_eq!(Lang::from_accept_language(header), lang, "{header}");
        check("zh-CN,zh;q=0.9,en;q=0.8", Lang::Zh);
        check("en-GB", Lang::En);
        check("fr, en;q=0.5", Lang::En);
        check("en;q=0.5, zh;q=0.9", Lang::Zh);
        check("zh;q=0.5, EN-us ; q=0.501", Lang::En);
        check("en;q=0.8, zh;q=0.80", Lang::En);
        check("en;q=0", Lang::Zh);
        check("en;q=nan, *", Lang::Zh);
        check("enm", Lang::Zh);
        check("", Lang::Zh);
    }
}
