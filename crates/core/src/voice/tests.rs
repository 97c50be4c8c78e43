//! What is heard: characters, sounds, words, and when a match acts.

use super::nameless::nameless;
use super::script::written;
use super::sound::{apart, readings};
use super::*;

fn chars(text: &str) -> String {
    written(text).chars.into_iter().collect()
}

#[test]
fn a_sentence_is_made_comparable() {
    assert_eq!(chars("我要開發票！"), "我要开发票");
    assert_eq!(chars("車輛購置稅，怎麼繳？"), "车辆购置税怎么缴");
    assert_eq!(chars("用ＡＰＰ 交"), "用app交");
    assert_eq!(chars("  …… "), "");
    assert_eq!(written("发票，邮寄").clauses, [0, 0, 1, 1]);
    assert_eq!(written(&"长".repeat(500)).chars.len(), script::LONGEST);
}

#[test]
fn sounds_are_near_or_far() {
    let distance = |a: char, b: char| apart(readings(a)[0], readings(b)[0]);
    for (a, b, expected) in [
        ('制', '置', Some(0)),
        ('飘', '票', Some(0)),
        ('字', '置', Some(1)),
        ('色', '社', Some(1)),
        ('宁', '领', Some(1)),
        ('酿', '量', Some(1)),
        ('花', '发', Some(1)),
        ('护', '付', Some(1)),
        ('民', '明', Some(1)),
        ('真', '增', Some(2)),
        ('车', '票', None),
        ('开', '带', None),
    ] {
        assert_eq!(distance(a, b), expected, "{a} and {b}");
        assert_eq!(distance(b, a), expected, "{b} and {a}");
    }
}

fn say(sure: u32, slots: &[&[&str]], not: &[&str]) -> SayWords {
    let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    SayWords {
        sure,
        slots: slots.iter().map(|slot| list(slot)).collect(),
        any: Vec::new(),
        not: list(not),
        near: Some(8),
    }
}

fn matcher() -> Matcher {
    let list = |words: &str| words.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let common = Common {
        act: 84,
        doubt: 50,
        lead: 6,
        like: 46,
        fillers: list("那个 请问 的"),
        context: list("公司"),
        wishes: list("我要 我想 怎么 吗"),
        commands: list("代开 作废"),
        tells: list("据介绍 累计"),
        hides: list("车票 开发区"),
        denies: list("不是 不是要"),
        affirms: list("是 是要"),
    };
    let issue = IntentWords {
        says: vec![say(95, &[&["开", "代开", "开具"], &["发票", "票"]], &["作废"])],
        known: Vec::new(),
        questions: list("怎么给人家出具那种凭据"),
    };
    let receive =
        IntentWords { says: vec![say(95, &[&["领", "领用"], &["发票", "票"]], &[])], ..IntentWords::default() };
    let void = IntentWords { says: vec![say(96, &[&["作废"], &["发票", "票"]], &[])], ..IntentWords::default() };
    let tax = IntentWords { says: vec![say(97, &[&["车辆购置税"]], &[])], ..IntentWords::default() };
    Matcher::new(&[issue, receive, void, tax], &common)
}

#[test]
fn words_lead_to_intents_as_written_by_sound_and_by_mixed_up_sounds() {
    let matcher = matcher();
    for (text, intent, by, ask) in [
        ("我要代开发票", Some(0), Some(By::Text), false),
        ("代开发票", Some(0), Some(By::Text), false),
        ("我要開發票", Some(0), Some(By::Text), false),
        ("我想领用发票", Some(1), Some(By::Text), false),
        ("我要把发票作废", Some(2), Some(By::Text), false),
        ("作废发票", Some(2), Some(By::Text), false),
        ("我要交车辆购制税", Some(3), Some(By::Pinyin), false),
        ("车辆购制税怎么交", Some(3), Some(By::Pinyin), false),
        ("我要带开发票", Some(0), Some(By::Pinyin), false),
        ("册酿购字税", Some(3), Some(By::Fuzzy), true),
        ("今天天气真好", None, None, false),
        ("我要买车票", None, None, false),
        ("开发区的票", None, None, true),
    ] {
        let heard = matcher.listen(text);
        assert_eq!((heard.intent, heard.ask), (intent, ask), "{text}: {heard:?}");
        assert_eq!(heard.by, by, "{text}: {heard:?}");
    }
}

#[test]
fn a_doubtful_match_says_why() {
    let matcher = matcher();
    let doubts = |text: &str| matcher.listen(text).doubts;
    assert!(doubts("我要开票").contains(&Doubt::Short), "two syllables never act");
    assert!(doubts("据介绍，代开发票").contains(&Doubt::Told));
    assert!(doubts("发票代开").contains(&Doubt::NoWish));
    assert!(doubts("册酿购字税怎么交").contains(&Doubt::Mixed));
    assert!(doubts("我要代开发票顺便看看南山上的牡丹").contains(&Doubt::Rest));
    assert!(doubts("我要领用发票代开发票").contains(&Doubt::Rival));
    assert_eq!(doubts("怎么给别人出具那种凭据"), [Doubt::Likeness]);
}

#[test]
fn what_is_denied_is_not_meant() {
    let matcher = matcher();
    assert_eq!(matcher.listen("我不是要领用发票，是要代开发票").intent, Some(0));
    assert_eq!(matcher.listen("我不是要代开发票，是要领用发票").intent, Some(1));
}

#[test]
fn nothing_said_leads_nowhere() {
    let matcher = matcher();
    for text in ["", "  ", "！？", "\u{0}", "🚗🚗"] {
        let heard = matcher.listen(text);
        assert_eq!((heard.intent, heard.ask, heard.suggest.len()), (None, false, 0), "{text:?}");
    }
}

#[test]
fn numbers_and_names_are_taken_out() {
    for (said, kept) in [
        ("我的电话是15400000012", "我的电话是#"),
        ("我叫王小明想问个事", "我叫某想问个事"),
        ("找李经理问问", "找某经理问问"),
        ("我们东风机械有限公司要办", "我们某公司要办"),
        ("新公司怎么办", "新公司怎么办"),
        ("幺三八零零零零零零零零打不通", "#打不通"),
        ("路灯坏了谁来修", "路灯坏了谁来修"),
        ("交一百块钱", "交一百块钱"),
    ] {
        assert_eq!(nameless(said), kept);
    }
}
