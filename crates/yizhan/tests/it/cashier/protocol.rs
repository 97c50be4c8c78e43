//! Both protocols by their vectors: what was signed and sealed elsewhere is verified and opened here, and one changed character
//! is seen.

use super::{Stage, keys};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use yizhan::cashier::alipay::{self, Alipay, sign_content, signed_node};
use yizhan::cashier::channel::{Asked, Back, Channel, Notice, Receipt, Returned, Sent, Told, Trouble};
use yizhan::cashier::channels;
use yizhan::cashier::crypt::{Signer, Verifier, open_sealed, seal};
use yizhan::cashier::wechat::{self, WeChat, answer_message, request_message};
use yizhan::config::{Alipay as AlipayConfig, Config, PlatformKey, WeChatPay};
use yizhan_kit::clock::FixedClock;
use yizhan_kit::id::SeededEntropy;
use yizhan_kit::{Clock, Fen, Moment};

fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors.json")).unwrap()
}

fn text<'a>(vector: &'a Value, pointer: &str) -> &'a str {
    vector.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer}"))
}

fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("yizhan-vectors-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    files.iter().for_each(|(file, text)| std::fs::write(folder.join(file), text).unwrap());
    folder
}

#[test]
fn a_request_to_wechat_is_signed_over_its_five_lines() {
    let vectors = vectors();
    let one = &vectors["wechat_request"];
    let key = Verifier::read(text(one, "/public")).unwrap();
    let message = text(one, "/message");
    let body = message.split('\n').nth(4).unwrap();
    let made =
        request_message("POST", "/v3/pay/transactions/native", 1_612_137_600, "593BEC0C930BF1AFEB40B4A08C8FB242", body);
    assert_eq!(made, message, "ours is what was signed there");
    assert!(key.is_signed(made.as_bytes(), text(one, "/signature")));
    assert!(!key.is_signed(made.replace("100,", "101,").as_bytes(), text(one, "/signature")));
    assert!(text(one, "/authorization").contains(text(one, "/signature")));
}

fn wechat_of_vectors(now_s: i64) -> WeChat {
    let vectors = vectors();
    let one = &vectors["wechat_notify"];
    let own = keys();
    let merchant = std::fs::read_to_string(own.folder.join("wechat-merchant.pem")).unwrap();
    let files = [
        ("key.pem", merchant.as_str()),
        ("api.txt", text(one, "/apiv3_key")),
        ("platform.pem", text(one, "/platform_public")),
    ];
    let folder = folder("wechat", &files);
    let config = WeChatPay {
        merchant: "1230000109".into(),
        app: "wxd678efh567hg6787".into(),
        serial: "1DDE55AD98ED71D6EDD4A4A16996DE7B47773A8C".into(),
        key: folder.join("key.pem"),
        api_key: folder.join("api.txt"),
        platform: vec![PlatformKey {
            serial: text(one, "/headers/Wechatpay-Serial").into(),
            file: folder.join("platform.pem"),
        }],
        base: "http://127.0.0.1:9".into(),
        timeout_ms: 100,
    };
    let clock = Arc::new(FixedClock::at(Moment(now_s * 1000)));
    WeChat::open(&config, "https://pay.example.test/notify/wechat".into(), clock, Arc::new(SeededEntropy::new(1)))
        .unwrap()
}

/// As the vector came, with a header or the body changed.
fn heard(channel: &dyn Channel, change: Option<(&str, &str)>, body: &str) -> Result<Notice, String> {
    let vectors = vectors();
    let headers = vectors["wechat_notify"]["headers"].as_object().unwrap().clone();
    let header = |name: &str| {
        let own = change.filter(|(changed, _)| *changed == name).map(|(_, value)| value.to_owned());
        let found = headers.iter().find(|(known, _)| known.to_lowercase() == name);
        own.or_else(|| found.and_then(|(_, value)| value.as_str()).map(str::to_owned)).unwrap_or_default()
    };
    channel.notice(&Sent { header: &header, body: body.as_bytes() })
}

#[test]
fn a_notification_of_wechat_is_verified_fresh_and_opened() {
    let vectors = vectors();
    let body = text(&vectors, "/wechat_notify/body");
    let channel = wechat_of_vectors(1_612_137_631 + 299);
    let expected = Notice::Paid {
        order: "LC20210201000001".into(),
        receipt: Receipt {
            number: "1217752501201407033233368018".into(),
            amount: Fen(100),
            at: "2021-02-01T08:00:30".parse().unwrap(),
        },
    };
    assert_eq!(heard(&channel, None, body).unwrap(), expected);
    for late in [300, -300, 4000] {
        let stale = heard(&wechat_of_vectors(1_612_137_631 + late), None, body).unwrap_err();
        assert!(stale.contains("too long ago"), "{stale}");
    }
    let stranger = heard(&channel, Some(("wechatpay-serial", "PUB_KEY_ID_0")), body).unwrap_err();
    assert!(stranger.contains("unknown key"), "{stranger}");
    let torn = heard(&channel, None, &body.replacen("支付成功", "支付失败", 1)).unwrap_err();
    assert!(torn.contains("signature"), "{torn}");
    assert!(heard(&channel, Some(("wechatpay-nonce", "another")), body).is_err());
}

#[test]
fn what_is_sealed_opens_with_its_key_nonce_and_subject_only() {
    let vectors = vectors();
    let one = &vectors["wechat_notify"];
    let outer: Value = serde_json::from_str(text(one, "/body")).unwrap();
    let key: [u8; 32] = text(one, "/apiv3_key").as_bytes().try_into().unwrap();
    let sealed = data_encoding::BASE64.decode(text(&outer, "/resource/ciphertext").as_bytes()).unwrap();
    let (nonce, about) = (text(&outer, "/resource/nonce"), text(&outer, "/resource/associated_data"));
    let plain = open_sealed(&key, nonce.as_bytes(), about.as_bytes(), &sealed).unwrap();
    assert_eq!(String::from_utf8(plain.clone()).unwrap(), text(one, "/plaintext"));
    assert_eq!(seal(&key, nonce.as_bytes(), about.as_bytes(), &plain), sealed, "we seal as they do");
    let mut torn = sealed.clone();
    *torn.last_mut().unwrap() ^= 1;
    assert!(open_sealed(&key, nonce.as_bytes(), about.as_bytes(), &torn).is_none(), "a broken tag");
    assert!(open_sealed(&key, nonce.as_bytes(), b"refund", &sealed).is_none());
    assert!(open_sealed(&[7; 32], nonce.as_bytes(), about.as_bytes(), &sealed).is_none());
    assert!(open_sealed(&key, b"short", about.as_bytes(), &sealed).is_none());
}

#[test]
fn a_request_to_alipay_is_signed_over_its_sorted_parameters() {
    let vectors = vectors();
    let one = &vectors["alipay_request"];
    let content = text(one, "/sign_content");
    let key = Verifier::read(text(one, "/public")).unwrap();
    assert!(key.is_signed(content.as_bytes(), text(one, "/sign")));
    // The JSON of `biz_content` holds no `&`, so the content falls apart into its parameters.
    let mut form: BTreeMap<String, String> = content
        .split('&')
        .map(|pair| pair.split_once('=').unwrap())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    form.insert("empty".into(), String::new());
    form.insert("sign".into(), "x".into());
    assert_eq!(sign_content(&form, &["sign"]), content, "sorted, without what is empty; its kind is signed too");
}

#[test]
fn an_answer_of_alipay_is_verified_over_the_very_characters() {
    let vectors = vectors();
    let one = &vectors["alipay_response"];
    let (node, sign) = signed_node(text(one, "/body"), "alipay.trade.precreate").unwrap();
    assert_eq!(node, text(one, "/signed_node"), "its escaped slashes stay as they are");
    let key = Verifier::read(text(one, "/alipay_public")).unwrap();
    assert!(key.is_signed(node.as_bytes(), &sign));
    let again = serde_json::from_str::<Value>(node).unwrap().to_string();
    assert!(!key.is_signed(again.as_bytes(), &sign), "written anew it is another text");
    assert!(signed_node("{\"sign\":\"x\"}", "alipay.trade.query").is_err());
}

#[test]
fn a_notification_of_alipay_is_verified_without_its_signature_and_kind() {
    let vectors = vectors();
    let one = &vectors["alipay_notify"];
    let form: BTreeMap<String, String> = form_urlencoded::parse(text(one, "/form").as_bytes()).into_owned().collect();
    assert_eq!(sign_content(&form, &["sign", "sign_type"]), text(one, "/sign_content"));
    let own = keys();
    let app = std::fs::read_to_string(own.folder.join("alipay-app.pem")).unwrap();
    let public = text(&vectors, "/alipay_response/alipay_public");
    let folder = folder("alipay", &[("app.pem", app.as_str()), ("alipay.pem", public)]);
    let config = AlipayConfig {
        app: "2021000000000001".into(),
        seller: "2088102119685838".into(),
        key: folder.join("app.pem"),
        alipay_keys: vec![folder.join("alipay.pem")],
        gateway: "http://127.0.0.1:9".into(),
        timeout_ms: 100,
    };
    let clock = || Arc::new(FixedClock::at("2021-02-01T08:00:21".parse().unwrap()));
    let channel = Alipay::open(&config, "https://pay.example.test/notify/alipay".into(), clock()).unwrap();
    let nothing = |_: &str| String::new();
    let hear = |channel: &Alipay, body: &str| channel.notice(&Sent { header: &nothing, body: body.as_bytes() });
    let expected = Notice::Paid {
        order: "LC20210201000002".into(),
        receipt: Receipt {
            number: "2021020122001400000000000001".into(),
            amount: Fen(100),
            at: "2021-02-01T08:00:20".parse().unwrap(),
        },
    };
    assert_eq!(hear(&channel, text(one, "/form")).unwrap(), expected);
    let more = text(one, "/form").replacen("total_amount=1.00", "total_amount=9.00", 1);
    assert!(hear(&channel, &more).unwrap_err().contains("signature"));
    let another = AlipayConfig { seller: "2088000000000000".into(), ..config };
    let another = Alipay::open(&another, String::new(), clock()).unwrap();
    assert!(hear(&another, text(one, "/form")).unwrap_err().contains("another seller"));
}

#[test]
fn keys_of_every_kind_are_read_and_nothing_else_is() {
    let own = keys();
    let merchant = std::fs::read_to_string(own.folder.join("wechat-merchant.pem")).unwrap();
    let public = std::fs::read_to_string(own.folder.join("wechat-merchant.pub.pem")).unwrap();
    let signer = Signer::read(&merchant).unwrap();
    assert_eq!(Verifier::read(&public).unwrap(), signer.verifier());
    let bare: String = merchant.lines().filter(|line| !line.starts_with('-')).collect();
    let signature = Signer::read(&bare).unwrap().sign(b"text");
    assert!(signer.verifier().is_signed(b"text", &signature));
    assert!(!signer.verifier().is_signed(b"text", "no Base64 at all"));
    assert!(Verifier::read(&merchant).is_err() && Signer::read(&public).is_err());
    assert!(Signer::read("").is_err() && Verifier::read("-----BEGIN CERTIFICATE-----\nMAA=\n").is_err());
    assert!(!merchant.contains(&own.folder.display().to_string()));
}

/// Both channels, asked everything that we ask, by the wire.
#[tokio::test(flavor = "multi_thread")]
async fn the_clients_and_the_played_channels_understand_each_other() {
    let stage = Stage::calm().await;
    for channel in stage.app.app.cashier.all().to_vec() {
        let (play, clock) = (stage.play.clone(), stage.app.app.clock.clone());
        let asked =
            tokio::task::spawn_blocking(move || everything(&*channel, &*clock, |order| play.paid(order).unwrap()));
        asked.await.unwrap();
    }
}

fn everything(channel: &dyn Channel, clock: &dyn Clock, pay: impl Fn(&str) -> String) {
    let code = channel.code();
    let order = |n: u32| format!("2021020100000{n:03}TEST{}", if code == "wechat" { "WX" } else { "ZB" });
    let asked = |n: u32| Asked {
        order: order(n),
        amount: Fen(12_345),
        what: "车辆购置税 VT-1/2".into(),
        until: clock.now().plus_ms(900_000),
    };
    assert_eq!(channel.query(&order(1)).unwrap(), Told::Unknown, "{code}");
    let first = channel.create(&asked(1)).unwrap();
    assert_eq!(channel.create(&asked(1)).unwrap(), first, "{code}: under one number one order");
    let other = Asked { amount: Fen(1), ..asked(1) };
    assert!(matches!(channel.create(&other), Err(Trouble::Refused { .. })), "{code}: and one sum");
    assert_eq!(channel.query(&order(1)).unwrap(), Told::Waiting);
    let number = pay(&order(1));
    let paid = Receipt { number, amount: Fen(12_345), at: clock.now() };
    assert_eq!(channel.query(&order(1)).unwrap(), Told::Paid(paid.clone()), "{code}");
    assert!(matches!(channel.close(&order(1)), Err(Trouble::Refused { .. })), "{code}: what is paid is not closed");
    channel.create(&asked(2)).unwrap();
    channel.close(&order(2)).unwrap();
    assert_eq!(channel.query(&order(2)).unwrap(), Told::Closed);
    let back = |amount: i64, n: u32| Back {
        order: order(1),
        refund: format!("{}R{n}", order(1)),
        amount: Fen(amount),
        of: Fen(12_345),
        why: "多付".into(),
    };
    assert_eq!(channel.refunded(&order(1), &back(0, 1).refund).unwrap(), Returned::Unknown, "{code}");
    assert_eq!(channel.refund(&back(345, 1)).unwrap(), Returned::Done);
    let again = channel.refund(&back(345, 1)).unwrap();
    assert!(matches!(again, Returned::Done | Returned::Waiting), "{code}: once under its number");
    assert_eq!(channel.refunded(&order(1), &back(0, 1).refund).unwrap(), Returned::Done);
    assert!(matches!(channel.refund(&back(12_001, 2)), Err(Trouble::Refused { .. })), "{code}: no more than was paid");
    assert_eq!(channel.refund(&back(12_000, 3)).unwrap(), Returned::Done);
    assert_eq!(channel.query(&order(1)).unwrap(), Told::Paid(paid), "{code}: given back whole, it was paid");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_is_not_who_it_says_is_not_believed() {
    let stage = Stage::calm().await;
    let mut config = Config { payment: stage.app.app.config.payment.clone(), ..Config::default() };
    let own = keys();
    // Somebody else answers: their signatures are of another key than the one we know.
    config.payment.wechat.as_mut().unwrap().platform.iter_mut().for_each(|key| {
        key.file = own.folder.join("wechat-merchant.pub.pem");
    });
    config.payment.alipay.as_mut().unwrap().alipay_keys = vec![own.folder.join("wechat-merchant.pub.pem")];
    let channels = channels(&config, &stage.app.app.clock).unwrap();
    let asked = tokio::task::spawn_blocking(move || {
        for channel in channels {
            // That an order is not there would end it: it must be the channel's own word.
            assert!(
                matches!(channel.query("20210201000000010TESTTEST"), Err(Trouble::Untrue(_))),
                "{}",
                channel.code()
            );
        }
    });
    asked.await.unwrap();
}

#[test]
fn bills_are_read_as_the_channels_write_them() {
    let wechat = "\u{feff}交易时间,微信订单号,商户订单号,交易状态,应结订单金额,商户退款单号,退款金额,商品名称\r\n`2021-02-01 08:00:00,`42001,`LC1,`SUCCESS,`1.00,`0,`0.00,`税, 费\r\n`2021-02-01 09:00:00,`42001,`LC1,`REFUND,`0.00,`LC1R3,`0.40,`税\r\n总交易单数,应结订单总金额\r\n`2,`1.00\r\n";
    let rows = wechat::rows(wechat).unwrap();
    assert_eq!(
        rows.iter().map(|row| (row.refund.as_deref(), row.fen)).collect::<Vec<_>>(),
        [(None, 100), (Some("LC1R3"), 40)]
    );
    let alipay = "#支付宝业务明细查询\n支付宝交易号,商户订单号,业务类型,商品名称,订单金额（元）,退款批次号/请求号\n2021\t,LC2\t,交易,税,1.00,\n2021\t,LC2\t,退款,税,-0.40,LC2R5\t\n#交易合计\n";
    let rows = alipay::rows(alipay).unwrap();
    assert_eq!(
        rows.iter().map(|row| (row.refund.as_deref(), row.fen)).collect::<Vec<_>>(),
        [(None, 100), (Some("LC2R5"), 40)]
    );
    assert!(wechat::rows("a,b\n`1,`2\n").is_err() && alipay::rows("").is_err());
    let message = answer_message("1", "n", b"{}");
    assert_eq!(message, b"1\nn\n{}\n");
}

#[test]
fn the_lines_that_the_simulator_prints_are_a_configuration_and_a_missing_file_is_named() {
    let own = keys();
    let file = own.folder.join("yizhan.toml");
    let text = own.toml("http://127.0.0.1:8610");
    std::fs::write(&file, &text).unwrap();
    let config = Config::read(Some(&file)).unwrap();
    let clock: Arc<dyn Clock> = Arc::new(FixedClock::at(Moment(0)));
    let opened = channels(&config, &clock).unwrap();
    assert_eq!(opened.iter().map(|one| one.code()).collect::<Vec<_>>(), ["wechat", "alipay"]);
    assert_eq!(config.payment.wechat.as_ref().unwrap().timeout_ms, 5_000, "as long as a channel may take");
    for missing in ["wechat-merchant.pem", "wechat-api-key.txt", "wechat-platform-2.pub.pem", "alipay-platform.pub.pem"]
    {
        std::fs::write(&file, text.replace(missing, "nowhere.pem")).unwrap();
        let what = channels(&Config::read(Some(&file)).unwrap(), &clock).err().unwrap();
        assert!(what.contains("nowhere.pem"), "{missing}: {what}");
    }
    std::fs::write(&file, format!("{text}\npassword = \"x\"\n")).unwrap();
    assert!(Config::read(Some(&file)).is_err(), "unknown keys are refused");
}
