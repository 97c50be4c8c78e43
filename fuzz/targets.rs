//! What is fuzzed: each function takes any bytes and must neither fall over nor believe what it must not. The same functions
//! are run by `cargo fuzz` (this folder) and, for a bounded while over the kept corpus, by the ordinary tests.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use yizhan::call::model::{AgentSaid, CallerSaid, Hello};
use yizhan::cashier::alipay::sign_content;
use yizhan::cashier::channel::{Channel, Sent};
use yizhan::cashier::channels;
use yizhan::cashier::wechat::answer_message;
use yizhan::config::Config;
use yizhan::device::model::Said;
use yizhan::simulate::payments::keys::{Keys, PLATFORM};
use yizhan::table::model::Table;
use yizhan::{paper, store};
use yizhan_core::catalog::{Catalog, CatalogSource};
use yizhan_kit::clock::FixedClock;
use yizhan_kit::{Clock, Moment};

/// Every target by its name, which is that of its folder in the corpus.
pub const TARGETS: [(&str, fn(&[u8])); 8] = [
    ("form", form),
    ("table", table),
    ("catalog", catalog),
    ("payment", payment),
    ("payment-signed", payment_signed),
    ("upload", upload),
    ("message", message),
    ("sentence", sentence),
];

fn own() -> &'static Catalog {
    static OWN: OnceLock<Catalog> = OnceLock::new();
    OWN.get_or_init(|| {
        let source = store::catalog_source(None).expect("the catalog inside the program is read");
        Catalog::load(source).unwrap_or_else(|mistakes| panic!("{mistakes:?}"))
    })
}

/// A form that somebody sends: every service says what is wrong with it, or it is good and stays what it is.
pub fn form(data: &[u8]) {
    let Ok(answers) = serde_json::from_slice::<serde_json::Value>(data) else { return };
    let today = "2021-02-01".parse().expect("a day");
    for name in ["travel-declaration", "residence-proof", "invoice-issue", "income-distribution"] {
        let Some(service) = own().services.get(name) else { continue };
        if let Err(faults) = service.form.check_on(&answers, today) {
            assert!(!faults.is_empty(), "refused without a reason");
            continue;
        }
        let _ = service.form.shared(&answers);
        let _ = service.form.posted(&answers).count();
    }
}

/// A table that somebody brings, Excel or CSV: a table within its bounds, or a refusal.
pub fn table(data: &[u8]) {
    let Ok(table) = Table::read(data) else { return };
    assert!(table.rows.len() <= 100_000 && table.headings.len() <= 200, "a table beyond its bounds");
    assert!(
        table.rows.iter().all(|(_, cells)| cells.len() == table.headings.len()),
        "rows are as wide as their heading"
    );
}

/// Files of the catalog that the first byte picks from; what comes after is the file.
const FILES: [&str; 9] = [
    "service/x.toml",
    "rule/x.toml",
    "parameter/x.toml",
    "subject/x.toml",
    "voice/x.toml",
    "report/x.toml",
    "settlement/x.toml",
    "fund/x.toml",
    "service/x.schema.json",
];

/// A file of the catalog that somebody edits: a catalog, or mistakes that name the file.
pub fn catalog(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let path = FILES[usize::from(*first) % FILES.len()];
    let text = String::from_utf8_lossy(rest).into_owned();
    let source = CatalogSource { files: BTreeMap::from([(path.to_owned(), text)]) };
    if let Err(mistakes) = Catalog::load(source) {
        assert!(mistakes.iter().all(|mistake| !mistake.to_string().is_empty()), "a mistake that says nothing");
    }
}

struct Channels {
    keys: Keys,
    wechat: Arc<dyn Channel>,
    alipay: Arc<dyn Channel>,
}

const NOW_S: i64 = 1_612_137_600;

fn paying() -> &'static Channels {
    static CHANNELS: OnceLock<Channels> = OnceLock::new();
    CHANNELS.get_or_init(|| {
        let folder = std::env::temp_dir().join(format!("yizhan-fuzz-{}", std::process::id()));
        let keys = Keys::open(&folder).expect("keys are made");
        let config = Config { payment: keys.payment("http://127.0.0.1:9", 10), ..Config::default() };
        let clock: Arc<dyn Clock> = Arc::new(FixedClock::at(Moment(NOW_S * 1000)));
        let both = channels(&config, &clock).expect("both channels open");
        let [wechat, alipay] = <[_; 2]>::try_from(both).unwrap_or_else(|_| panic!("two channels"));
        Channels { keys, wechat, alipay }
    })
}

/// A notification of a payment that nobody signed: never believed.
pub fn payment(data: &[u8]) {
    let text = String::from_utf8_lossy(data).into_owned();
    let word = |n: usize| text.split_whitespace().nth(n).unwrap_or_default().to_owned();
    let header = |name: &str| match name {
        "wechatpay-timestamp" => NOW_S.to_string(),
        "wechatpay-serial" => PLATFORM[0].to_owned(),
        "wechatpay-nonce" => word(0),
        _ => word(1),
    };
    for channel in [&paying().wechat, &paying().alipay] {
        assert!(channel.notice(&Sent { header: &header, body: data }).is_err(), "believed without a signature");
    }
}

/// A notification that is signed and says anything: read or refused.
pub fn payment_signed(data: &[u8]) {
    let at = NOW_S.to_string();
    let signature = paying().keys.platform[0].sign(&answer_message(&at, "nonce", data));
    let header = |name: &str| match name {
        "wechatpay-timestamp" => at.clone(),
        "wechatpay-serial" => PLATFORM[0].to_owned(),
        "wechatpay-nonce" => "nonce".to_owned(),
        _ => signature.clone(),
    };
    let _ = paying().wechat.notice(&Sent { header: &header, body: data });
    let mut form: BTreeMap<String, String> = form_urlencoded::parse(data).into_owned().collect();
    form.insert("sign_type".into(), "RSA2".into());
    let sign = paying().keys.alipay.sign(sign_content(&form, &["sign", "sign_type"]).as_bytes());
    form.insert("sign".into(), sign);
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&form).finish();
    let _ = paying().alipay.notice(&Sent { header: &|_| String::new(), body: body.as_bytes() });
}

/// A paper that somebody uploads: refused, or a picture drawn anew, or a document.
pub fn upload(data: &[u8]) {
    let Ok(accepted) = paper::rule::accept(data.to_vec()) else { return };
    let head: &[u8] = if accepted.media_type == "image/jpeg" { &[0xff, 0xd8] } else { b"%PDF-" };
    assert!(accepted.content.starts_with(head), "{} that is none", accepted.media_type);
    assert!(accepted.size.0.max(accepted.size.1) <= 2560, "a picture larger than is kept");
    // What was drawn is a picture of ours: it is taken again.
    if accepted.media_type == "image/jpeg" {
        assert!(paper::rule::accept(accepted.content).is_ok(), "drawn anew, and no picture");
    }
}

/// A message over a line that stays open: of a terminal, a caller, an agent.
pub fn message(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = serde_json::from_str::<Hello>(text);
    let _ = serde_json::from_str::<CallerSaid>(text);
    let _ = serde_json::from_str::<AgentSaid>(text);
    if let Ok(said) = serde_json::from_str::<Said>(text) {
        let again = serde_json::to_string(&said).expect("what was read can be said");
        assert!(serde_json::from_str::<Said>(&again).is_ok(), "what was said is read again");
    }
}

/// A sentence that somebody speaks or types: it leads somewhere, or to an agent.
pub fn sentence(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let voice = &own().voice;
    let heard = voice.listen(&text);
    assert!(!heard.suggest.is_empty(), "whoever is not understood is offered an agent");
    assert!(heard.suggest.iter().all(|(intent, _)| *intent < voice.intents.len()), "an intent that is none");
}
