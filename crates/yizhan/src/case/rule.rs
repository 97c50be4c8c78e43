//! How answers are read: in words instead of field names, and with what identifies hidden.

use super::model::Said;
use crate::cashier;
use crate::finder::model::SubjectRow;
use serde_json::Value;
use yizhan_core::catalog::{Catalog, Form, Service};
use yizhan_core::image::Image;
use yizhan_core::image::case::StepVerb;
use yizhan_core::row::StepRow;
use yizhan_kit::codes::{CitizenNumber, Mobile, RegionCode};
use yizhan_kit::{Lang, Problem};

/// Tells who a number is, to whoever may know it.
pub type Tell<'a> = &'a dyn Fn(u32) -> Option<SubjectRow>;

/// Answers as rows of title and text, in the order of the form. What the form does not know keeps its name; a number that
/// is a subject's is told by its name.
pub fn said(schema: &Value, answers: &Value, catalog: &Catalog, tell: Tell<'_>, lang: Lang) -> Vec<Said> {
    let mut rows = Vec::new();
    let Some(fields) = answers.as_object() else { return rows };
    let properties = schema["properties"].as_object();
    let place = |name: &String| properties.and_then(|known| known.keys().position(|key| key == name));
    let mut ordered: Vec<_> = fields.iter().filter(|(_, answer)| !answer.is_null()).collect();
    ordered.retain(|(_, answer)| !answer.as_array().is_some_and(Vec::is_empty));
    ordered.sort_by_key(|(name, _)| place(name).unwrap_or(usize::MAX));
    let within = |group: String, inner: Vec<Said>| {
        inner.into_iter().map(move |row| Said { title: format!("{group} · {}", row.title), ..row })
    };
    for (name, answer) in ordered {
        let property = &schema["properties"][name];
        let title = titled(property, name, lang);
        let items = answer.as_array().cloned().unwrap_or_else(|| vec![answer.clone()]);
        let each = if answer.is_array() { &property["items"] } else { property };
        if items.iter().any(Value::is_object) {
            // What stands in a group is called by the group as well: a place is one of departure or of arrival.
            for (n, item) in items.iter().enumerate() {
                let group = if answer.is_array() { format!("{title} {}", n + 1) } else { title.clone() };
                rows.extend(within(group, said(each, item, catalog, tell, lang)));
            }
            continue;
        }
        let named = |item: &Value| tell(u32::try_from(item.as_u64().filter(|_| each["x-of"].is_array())?).ok()?);
        let (mut texts, mut subjects) = (Vec::new(), Vec::new());
        for item in &items {
            let row = named(item).filter(|row| !row.title.is_empty());
            texts.push(row.as_ref().map_or_else(|| one(each, item, catalog, lang), |row| row.title.clone()));
            subjects.extend(row);
        }
        rows.push(Said { title, text: texts.join(if lang == Lang::Zh { "、" } else { ", " }), subjects });
    }
    rows
}

/// What a question is called.
pub fn titled(property: &Value, name: &str, lang: Lang) -> String {
    let own = if name == "reason" && property.is_null() { Some(words("理由", "Reason", lang)) } else { None };
    let zh = property["title"].as_str();
    let text = if lang == Lang::En { property["x-title-en"].as_str().or(zh) } else { zh };
    own.or(text).unwrap_or(name).to_owned()
}

fn one(property: &Value, answer: &Value, catalog: &Catalog, lang: Lang) -> String {
    let Some(text) = answer.as_str() else {
        return match answer {
            Value::Bool(yes) => words(if *yes { "是" } else { "否" }, if *yes { "yes" } else { "no" }, lang).to_owned(),
            other => other.to_string(),
        };
    };
    if property["x-control"] == "region" {
        let (regions, code) = (&catalog.regions, text.parse().ok());
        return match lang {
            Lang::Zh => code.map_or_else(|| text.to_owned(), |code| regions.path_zh(code)),
            Lang::En => {
                code.and_then(|code| regions.get(code)).map_or_else(|| text.to_owned(), |region| region.name.en.clone())
            }
        };
    }
    if property["x-control"] == "programme" {
        let programme = catalog.programmes.get(text).map(|one| words(&one.title.zh, &one.title.en, lang));
        return programme.unwrap_or(text).to_owned();
    }
    let place = property["enum"].as_array().and_then(|values| values.iter().position(|value| value == text));
    let key = if lang == Lang::Zh { "zh" } else { "en" };
    place.and_then(|place| property["x-enum-titles"][place][key].as_str()).unwrap_or(text).to_owned()
}

/// What is wrong with an answer, in words for whoever filled the form in. A question that is easily answered wrong says
/// itself how it is answered right (`x-fault`).
pub fn fault_said(property: Option<&Value>, what: &str, lang: Lang) -> String {
    let own = property.and_then(|property| property["x-fault"][if lang == Lang::Zh { "zh" } else { "en" }].as_str());
    let (zh, en) = match what {
        "is required" => ("请填写这一项", "please fill this in"),
        "is blank" => ("请填写这一项", "please fill this in"),
        "holds signs that cannot be seen" => {
            ("含有看不见的字符，请重新输入", "holds signs that cannot be seen; type it again")
        }
        _ if what.contains("check digit") => ("校验位不符，请核对是否有一位写错", what),
        _ if what.contains("day that never was") => ("日期不存在，请核对", what),
        _ if what.starts_with("is not between") => {
            let days = what.trim_start_matches("is not between ").replace(" and ", " 到 ");
            return words(&format!("日期应在 {days} 之间"), what, lang).to_owned();
        }
        _ if what.starts_with("a guardian declares") => ("未满 14 周岁，请由监护人填写并写明监护人姓名", what),
        _ if own.is_some() => return own.unwrap_or_default().to_owned(),
        _ if what.contains("longer") => ("太长了", what),
        _ if what.contains("true was expected") => ("需要勾选同意", "please tick this to agree"),
        _ if what.contains("does not match") => ("格式不对，请核对", "please check how it is written"),
        _ => ("格式不对，请核对", what),
    };
    words(zh, en, lang).to_owned()
}

/// One of two texts.
pub fn words<'a>(zh: &'a str, en: &'a str, lang: Lang) -> &'a str {
    if lang == Lang::Zh { zh } else { en }
}

/// Hides what identifies: the answers of the blind index by their kind, and the name unless it may be read.
pub fn masked(form: &Form, service: &Service, mut answers: Value, names: Names) -> Value {
    if form.path != service.form.path {
        return answers;
    }
    for blind in &service.blind {
        if let Some(Value::String(text)) = answers.pointer_mut(&blind.pointer) {
            *text = match blind.name.as_str() {
                "citizen-number" => {
                    text.parse::<CitizenNumber>().map_or_else(|_| hidden(text), |number| number.masked())
                }
                "mobile" => text.parse::<Mobile>().map_or_else(|_| hidden(text), |number| number.masked()),
                // A sole trader's is their citizen number.
                "taxpayer-number" => ends(text),
                _ => hidden(text),
            };
        }
    }
    if names == Names::Hidden
        && let Some(Value::String(name)) = answers.get_mut("name")
    {
        *name = masked_name(name);
    }
    answers
}

/// Whether names are shown whole: to officers, who must know whom they talk to; not on a receipt that others may see.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Names {
    /// Whole.
    Shown,
    /// All but the first character hidden.
    Hidden,
}

/// A name with all but its first character hidden.
pub fn masked_name(name: &str) -> String {
    let rest = name.chars().count().saturating_sub(1);
    name.chars().take(1).chain(std::iter::repeat_n('*', rest.min(3))).collect()
}

/// A number with all but its ends hidden.
pub fn ends(text: &str) -> String {
    let count = text.chars().count();
    let shown = |(n, c): (usize, char)| if n < 4 || n + 2 >= count { c } else { '*' };
    if count < 12 { hidden(text) } else { text.chars().enumerate().map(shown).collect() }
}

fn hidden(text: &str) -> String {
    "*".repeat(text.chars().count().min(8))
}

/// The same refusal, with its faults below another pointer.
pub fn below(problem: Problem, at: &str) -> Problem {
    let Some(Value::Array(faults)) = problem.extra("faults").cloned() else { return problem };
    let moved = faults.into_iter().map(|mut fault| {
        let own = fault["at"].as_str().unwrap_or_default();
        fault["at"] = format!("{at}{own}").into();
        fault
    });
    let moved = Value::Array(moved.collect());
    problem.with("faults", moved)
}

/// What a step is called. A reading is called by its reason, a forgetting by its purpose.
pub fn step_title(image: &Image, service: &Service, step: &StepRow, lang: Lang) -> String {
    let title = match StepVerb::parse(&step.verb) {
        Some(StepVerb::Open) => Some(&service.title),
        Some(StepVerb::Read) => {
            let (zh, en) = match &*step.name {
                "contact" => ("为联系本人", "To contact them"),
                "visit" => ("为走访", "To visit them"),
                "check" => ("为核对", "To check"),
                "paper" => ("查看材料", "To see a paper"),
                "handler" => ("核验经办人", "The handler was verified"),
                _ => ("本人", "By themselves"),
            };
            return words(zh, en, lang).to_owned();
        }
        Some(StepVerb::Forward) => {
            let to =
                RegionCode::try_from(step.area).map(|code| super::view::area_name(image, code)).unwrap_or_default();
            return format!("→ {to}");
        }
        Some(StepVerb::Attach | StepVerb::Accept | StepVerb::Return) => service.paper(&step.name).map(|one| &one.title),
        Some(StepVerb::Record) => match cashier::view::step_title(&step.name, lang) {
            Some(title) => return title,
            None => service.entry(&step.name).map(|entry| &entry.title),
        },
        _ => service.step(&step.name).map(|(_, step)| &step.title),
    };
    title.map_or_else(|| step.name.to_string(), |title| words(&title.zh, &title.en, lang).to_owned())
}

/// Who did something, as people say it: a colleague by name, the holder of the receipt, the public, the program.
pub fn actor_name(image: &Image, actor: &str, lang: Lang) -> String {
    if let Some(name) = yizhan_core::journal::staff_of(actor).and_then(|id| image.staff_name(id)) {
        // Who acts in somebody's place is two people, and the journal's own words say so.
        return if actor.contains(" for ") { format!("{name} ({actor})") } else { name };
    }
    let (zh, en) = match actor.split(':').next() {
        Some("holder") => ("持回执人", "whoever holds the receipt"),
        Some("resident") => ("群众", "a resident"),
        Some("system") => ("系统", "the program"),
        _ => (actor, actor),
    };
    words(zh, en, lang).to_owned()
}
