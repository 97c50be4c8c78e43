//! `yizhan doctor` says of each channel what is missing, before anybody tries to pay.

use std::fs;
use std::process::Command;

/// What is said with so much said of payment in the configuration.
fn said(name: &str, payment: &str) -> (bool, String) {
    let folder = std::env::temp_dir().join(format!("yizhan-doctor-{}-{name}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let config = folder.join("yizhan.toml");
    fs::write(&config, format!("listen = \"127.0.0.1:0\"\n{payment}")).unwrap();
    let data = folder.join("data");
    let told = Command::new(env!("CARGO_BIN_EXE_yizhan"))
        .args(["doctor", "--data", data.to_str().unwrap(), "--config", config.to_str().unwrap()])
        .output()
        .unwrap();
    fs::remove_dir_all(&folder).unwrap();
    (told.status.success(), String::from_utf8(told.stdout).unwrap())
}

fn line_of<'a>(told: &'a str, what: &str) -> &'a str {
    told.lines().find(|line| line.contains(&format!("  {what}: "))).unwrap()
}

#[test]
fn a_channel_without_its_keys_is_wrong_and_named() {
    let (_, closed) = said("closed", "");
    assert!(line_of(&closed, "WeChat Pay").starts_with("ok"));
    assert!(line_of(&closed, "Alipay").starts_with("ok"));
    let (healthy, told) = said(
        "alipay",
        r#"
[payment.alipay]
app = "2021000000000000"
seller = "2088000000000000"
key = "nowhere/alipay-app.pem"
alipay_keys = ["nowhere/alipay.pem"]
"#,
    );
    let wrong = line_of(&told, "Alipay");
    assert!(!healthy && wrong.starts_with("WRONG"), "{told}");
    assert!(wrong.contains("nowhere/alipay-app.pem"), "it says which file: {wrong}");
    assert!(told.contains("docs/payment.md"), "and where to read on");
    assert!(line_of(&told, "WeChat Pay").starts_with("ok"));
}
