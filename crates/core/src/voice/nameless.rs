//! A sentence without what may point to somebody: numbers, and names as people say them of themselves and others.

use super::script::plain;

/// What stands where a number was.
const NUMBER: char = '#';

/// What stands where a name was.
const NAME: char = '某';

/// The hundred commonest family names of one character, and the commonest of two.
const FAMILIES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤";
const DOUBLE_FAMILIES: [&str; 6] = ["欧阳", "上官", "诸葛", "司马", "尉迟", "皇甫"];

/// What comes before a name.
const BEFORE: [&str; 14] = [
    "我叫",
    "名叫",
    "叫做",
    "名字是",
    "名字叫",
    "姓名是",
    "姓名",
    "法人是",
    "会计是",
    "联系人是",
    "我姓",
    "他叫",
    "她叫",
    "我是",
];

/// What comes behind a name.
const BEHIND: [&str; 12] =
    ["先生", "女士", "老师", "师傅", "经理", "会计", "老板", "大爷", "大娘", "阿姨", "叔叔", "同志"];

/// What a firm's name ends with.
const FIRMS: [&str; 9] = ["有限公司", "公司", "集团", "合作社", "加工厂", "工厂", "商行", "超市", "饭店"];

/// Words that end the search for the beginning of a firm's name.
const EDGES: [&str; 27] = [
    "我们", "我是", "你们", "他们", "这个", "那个", "一个", "有个", "对方", "外地", "注册", "成立", "在", "是", "的",
    "给", "和", "叫", "我", "为", "新", "家", "开", "了", "到", "分", "办",
];

/// The sentence with numbers and names taken out.
pub fn nameless(text: &str) -> String {
    let chars: Vec<char> = text.trim().chars().take(super::script::LONGEST).collect();
    let hidden = hide(&chars);
    let mut left = String::new();
    for (place, c) in chars.iter().enumerate() {
        match hidden[place] {
            Some(mark) if place == 0 || hidden[place - 1] != Some(mark) => left.push(mark),
            Some(_) => {}
            None => left.push(*c),
        }
    }
    left
}

fn hide(chars: &[char]) -> Vec<Option<char>> {
    let mut hidden = vec![None; chars.len()];
    let same: Vec<char> = chars.iter().map(|c| plain(*c)).collect();
    // Digits, and spoken ones where three or more follow each other: telephones, numbers of papers.
    let is_number = |c: char| c.is_ascii_digit() || "零〇一二三四五六七八九十百千万两幺点".contains(c);
    let mut at = 0;
    while at < same.len() {
        let run = same[at..].iter().take_while(|c| is_number(**c)).count();
        if run > 2 || same[at..at + run].iter().any(char::is_ascii_digit) {
            hidden[at..at + run].fill(Some(NUMBER));
        }
        at += run.max(1);
    }
    let stands = |at: usize, word: &str| word.chars().enumerate().all(|(n, c)| same.get(at + n) == Some(&c));
    for at in 0..same.len() {
        for before in BEFORE.iter().filter(|before| stands(at, before)) {
            let from = at + before.chars().count();
            let family = family_at(&same, from);
            if family > 0 {
                let given = same[from + family..].iter().take(2).take_while(|c| is_name_part(**c)).count();
                hidden[from..from + family + given].fill(Some(NAME));
            }
        }
        for behind in BEHIND.iter().filter(|behind| stands(at, behind)) {
            debug_assert!(!behind.is_empty(), "a title says something");
            for from in at.saturating_sub(4)..at {
                let family = family_at(&same, from);
                if family > 0 && at - from >= family && at - from <= family + 2 {
                    hidden[from..at].fill(Some(NAME));
                    break;
                }
            }
        }
        for firm in FIRMS.iter().filter(|firm| stands(at, firm)) {
            debug_assert!(!firm.is_empty(), "an ending says something");
            let from = beginning(&same, at);
            hidden[from..at].fill(Some(NAME));
        }
    }
    hidden
}

fn family_at(chars: &[char], at: usize) -> usize {
    let double = DOUBLE_FAMILIES.iter().any(|family| family.chars().eq(chars.iter().skip(at).take(2).copied()));
    if double { 2 } else { usize::from(chars.get(at).is_some_and(|c| FAMILIES.contains(*c))) }
}

/// Whether a character may be part of a given name, and not the next word of the sentence.
fn is_name_part(c: char) -> bool {
    c.is_alphabetic() && !"我你他她的是在要想来去办交开问了和有会，。".contains(c)
}

/// Where a firm's name begins: behind a word of the sentence, at a mark, or twelve characters back.
fn beginning(chars: &[char], end: usize) -> usize {
    let earliest = end.saturating_sub(12);
    let edge = |at: usize| {
        let word = EDGES.iter().filter(|edge| {
            let len = edge.chars().count();
            at >= len && edge.chars().eq(chars[at - len..at].iter().copied())
        });
        word.count() > 0 || at > 0 && !chars[at - 1].is_alphanumeric()
    };
    (earliest..=end).rev().find(|at| edge(*at)).unwrap_or(earliest)
}
