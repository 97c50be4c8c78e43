//! What the program asks of others: only where the configuration says, never where an answer leads, no longer and no more than
//! reckoned with.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use yizhan::config::{Config, Messages};
use yizhan::kitchen::live::fetch;
use yizhan::kitchen::rule::Kind;
use yizhan::outward;
use yizhan::serve::gateway;

/// Somebody at the other end who answers everybody the same, and how often they were asked.
fn other_end(answer: Vec<u8>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in listener.incoming().flatten() {
            count.fetch_add(1, Ordering::SeqCst);
            let mut stream = stream;
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(&answer);
            // Nothing said: the line stays open and silent.
            if answer.is_empty() {
                kept.push(stream);
            }
        }
    });
    (address, asked)
}

fn saying(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

#[test]
fn nobody_is_followed_to_where_they_point() {
    let (inner, asked) = other_end(saying("200 OK", "", b"{}"));
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        let (outer, first) = other_end(saying(status, &format!("location: {inner}/latest/meta-data\r\n"), b""));
        let _ = gateway::post(&outer, "key", &serde_json::json!({"to": "x"}));
        let messages = Messages { webhook: Some(outer.clone()), ..Messages::default() };
        let _ = gateway::hook(&messages, "key", &serde_json::json!({"event": "x"}));
        assert!(fetch(&format!("{outer}/live.m3u8"), Kind::Playlist).is_err(), "{status}");
        let _ = outward::agent(Duration::from_secs(2)).get(&outer).call();
        assert!(first.load(Ordering::SeqCst) >= 4, "all four asked");
        assert_eq!(asked.load(Ordering::SeqCst), 0, "{status} was followed");
    }
}

#[test]
fn who_says_nothing_is_waited_for_a_while_and_who_says_too_much_is_not_heard_out() {
    let (silent, _) = other_end(Vec::new());
    let begun = Instant::now();
    assert!(fetch(&format!("{silent}/live.m3u8"), Kind::Playlist).is_err());
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
    let much = vec![b'x'; usize::try_from(outward::LARGEST_ANSWER).unwrap() + 1];
    let (talker, _) = other_end(saying("200 OK", "", &much));
    let answer = outward::agent(Duration::from_secs(5)).get(&talker).call().unwrap();
    assert!(outward::text(answer).is_err(), "more than is taken");
    let (enough, _) = other_end(saying("200 OK", "", &much[1..]));
    let answer = outward::agent(Duration::from_secs(5)).get(&enough).call().unwrap();
    assert_eq!(outward::text(answer).unwrap().len(), much.len() - 1);
}

#[test]
fn an_address_that_an_answer_names_is_at_a_place_we_know() {
    let base = "https://api.pay.example.cn";
    for (address, domain, known) in [
        ("https://api.pay.example.cn/v3/billdownload/file?token=x", None, true),
        ("http://api.pay.example.cn/v3/billdownload/file", None, false),
        ("https://api.pay.example.cn.evil.example/x", None, false),
        ("https://api.pay.example.cn@evil.example/x", None, false),
        ("https://evil.example/api.pay.example.cn", None, false),
        ("http://169.254.169.254/latest/meta-data", None, false),
        ("file:///etc/passwd", None, false),
        ("https://bills.pay.cn/x", Some("pay.cn"), true),
        ("http://bills.pay.cn/x", Some("pay.cn"), false),
        ("https://evilpay.cn/x", Some("pay.cn"), false),
        ("https://evil.example\\.pay.cn/x", Some("pay.cn"), false),
        ("https://user@x.pay.cn/x", Some("pay.cn"), false),
        ("", Some("pay.cn"), false),
    ] {
        assert_eq!(outward::is_at(address, base, domain), known, "{address}");
    }
}

#[test]
fn one_door_leads_out() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let (mut out, mut through) = (Vec::new(), 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            let name = path.display().to_string();
            if path.is_dir() && !name.ends_with("/bench") && !name.ends_with("/simulate") {
                folders.push(path);
            } else if name.ends_with(".rs") && !name.ends_with("/outward.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                through += usize::from(text.contains("outward::"));
                let own = ["config_builder", "ureq::get", "ureq::post", "TcpStream::connect", "Command::new"];
                out.extend(own.into_iter().filter(|way| text.contains(way)).map(|way| format!("{name}: {way}")));
            }
        }
    }
    assert!(out.is_empty(), "{}", out.join("\n"));
    assert!(through >= 6, "{through} go by the one door");
}

#[test]
fn details_of_people_go_nowhere_in_the_clear() {
    let file = std::env::temp_dir().join(format!("yizhan-outward-{}.toml", std::process::id()));
    for (line, taken) in [
        ("messages = {sms = \"https://sms.example.cn\"}", true),
        ("messages = {sms = \"http://127.0.0.1:9000/sms\"}", true),
        ("messages = {sms = \"http://sms.example.cn\"}", false),
        ("messages = {webhook = \"http://10.0.0.1/hook\"}", false),
        ("messages = {webhook = \"file:///etc/passwd\"}", false),
        ("parcels = {carrier = \"http://carrier.example.cn\"}", false),
        ("parcels = {carrier = \"http://127.0.0.1.example.cn\"}", false),
    ] {
        std::fs::write(&file, line).unwrap();
        assert_eq!(Config::read(Some(&file)).is_ok(), taken, "{line}");
    }
    let _ = std::fs::remove_file(file);
}
