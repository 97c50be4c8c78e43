//! The phone of the bench: the same calls in the same order as `web/field/send.ts`, over connections that break under it.

use super::super::load::read_answer;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// The size of a piece, that of the page.
const PIECE: usize = 16 * 1024;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a browser on a phone says of itself with each request.
const SAID: &str = "User-Agent: Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36\r\n\
    Accept: */*\r\nAccept-Encoding: gzip, deflate, br\r\nAccept-Language: zh-CN,zh;q=0.9\r\nReferer: http://127.0.0.1/field/\r\n\
    Sec-Fetch-Dest: empty\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Site: same-origin\r\n";

/// A phone that was enrolled.
pub struct Phone {
    /// Where it connects to.
    pub address: SocketAddr,
    /// Its name for programs.
    pub phone: String,
    /// Its secret.
    pub secret: String,
    /// How many requests were sent again because the line broke.
    pub repeated: AtomicUsize,
}

/// A photo that waits to be sent.
pub struct Photo {
    /// The phone's own name for it.
    pub id: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A visit that waits to be sent.
pub struct Visit {
    /// The phone's own name for it.
    pub id: String,
    /// Its answers, as they were filled in.
    pub answers: Value,
    /// Its photos.
    pub photos: Vec<Photo>,
    /// Where it came to.
    pub number: String,
}

/// An answer: its status, its head, its body.
pub struct Answer {
    /// The status.
    pub status: u16,
    head: String,
    /// The body.
    pub body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// One connection of the phone, opened again whenever it broke.
pub struct Lane {
    phone: Arc<Phone>,
    cookie: String,
    stream: Option<TcpStream>,
}

/// Why nothing came of a request.
enum Failed {
    /// The line broke.
    Broken,
    /// It was refused.
    Refused(u16, String),
}

impl Lane {
    /// A lane with a session of its own phone.
    ///
    /// # Errors
    /// What the server refused.
    pub async fn open(phone: Arc<Phone>) -> Result<Self, String> {
        let mut lane = Self { phone, cookie: String::new(), stream: None };
        let bearer = format!("Authorization: Bearer {}\r\n", lane.phone.secret);
        let answer = lane.asked("POST", "/api/field/session", &bearer, br#"{"code":""}"#).await?;
        lane.cookie = answer.header("set-cookie").and_then(|set| set.split(';').next()).unwrap_or_default().to_owned();
        Ok(lane)
    }

    async fn once(&mut self, method: &str, path: &str, more: &str, body: &[u8]) -> Result<Answer, Failed> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(self.phone.address).await.map_err(|_| Failed::Broken)?;
                stream.set_nodelay(true).map_err(|_| Failed::Broken)?;
                stream
            }
        };
        let json = if body.first() == Some(&b'{') { "Content-Type: application/json\r\n" } else { "" };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{SAID}Cookie: lang=zh; {}\r\nField-Phone: {}\r\n{json}{more}Content-Length: {}\r\n\r\n",
            self.cookie,
            self.phone.phone,
            body.len()
        );
        let mut answer = Vec::new();
        let talk = async {
            stream.write_all(&[head.as_bytes(), body].concat()).await.map_err(|error| error.to_string())?;
            if method == "HEAD" {
                head_only(&mut stream, &mut answer).await
            } else {
                read_answer(&mut stream, &mut answer).await
            }
        };
        let status = match tokio::time::timeout(PATIENCE, talk).await {
            Ok(Ok(status)) => status,
            _ => return Err(Failed::Broken),
        };
        self.stream = Some(stream);
        let text = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        if status >= 400 {
            return Err(if status >= 500 { Failed::Broken } else { Failed::Refused(status, body.to_owned()) });
        }
        Ok(Answer { status, head: head.to_owned(), body: body.to_owned() })
    }

    /// Asks until there is an answer, a little longer between tries each time.
    async fn until(&mut self, method: &str, path: &str, more: &str, body: &[u8]) -> Result<Answer, (u16, String)> {
        for tries in 1_u32.. {
            match self.once(method, path, more, body).await {
                Ok(answer) => return Ok(answer),
                Err(Failed::Refused(status, said)) => return Err((status, said)),
                Err(Failed::Broken) => {
                    self.phone.repeated.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis((100 << tries.min(8)).min(15_000))).await;
                }
            }
        }
        unreachable!("it is tried until there is an answer")
    }

    async fn asked(&mut self, method: &str, path: &str, more: &str, body: &[u8]) -> Result<Answer, String> {
        self.until(method, path, more, body).await.map_err(|(status, said)| format!("{method} {path}: {status} {said}"))
    }

    /// Sends a visit: its form, then its photos.
    ///
    /// # Errors
    /// What was refused.
    pub async fn send(&mut self, visit: &mut Visit) -> Result<(), String> {
        let key = format!("Idempotency-Key: {}-home-visit-0\r\n", visit.id);
        let body = visit.answers.to_string();
        let answer = self.asked("POST", "/api/cases/home-visit", &key, body.as_bytes()).await?;
        let receipt: Value = serde_json::from_str(&answer.body).map_err(|error| error.to_string())?;
        visit.number = receipt["number"].as_str().unwrap_or_default().to_owned();
        for photo in &visit.photos {
            self.photo(&visit.number, photo).await?;
        }
        Ok(())
    }

    async fn photo(&mut self, number: &str, photo: &Photo) -> Result<(), String> {
        let base64 = |text: &str| data_encoding::BASE64.encode(text.as_bytes());
        let metadata = format!(
            "Tus-Resumable: 1.0.0\r\nUpload-Length: {}\r\nUpload-Metadata: filename {},taken {},place {}\r\nIdempotency-Key: {}\r\n",
            photo.bytes.len(),
            base64("2021-02-01-09-00.jpg"),
            base64("2021-02-01T09:00:00+08:00"),
            base64("34.12345,108.12345"),
            photo.id
        );
        loop {
            let begun = self.asked("POST", "/api/uploads", &metadata, b"").await?;
            let address = begun.header("location").unwrap_or_default().to_owned();
            let attach = json!({"upload": address.rsplit('/').next()}).to_string();
            let key = format!("Idempotency-Key: {}-attach\r\n", photo.id);
            let path = format!("/api/cases/{number}/papers/photo");
            let sent = match self.pieces(&address, &photo.bytes).await {
                Ok(()) => self.until("POST", &path, &key, attach.as_bytes()).await.map(drop),
                Err(refused) => Err(refused),
            };
            match sent {
                Ok(()) => return Ok(()),
                // It became a paper and the answer was lost: sent anew it stays one.
                Err((404, _)) => {}
                Err((status, said)) => return Err(format!("{address}: {status} {said}")),
            }
        }
    }

    async fn pieces(&mut self, address: &str, bytes: &[u8]) -> Result<(), (u16, String)> {
        let offset = |answer: &Answer| answer.header("upload-offset").and_then(|text| text.parse().ok()).unwrap_or(0);
        let mut at: usize = 0;
        while at < bytes.len() {
            let more = format!(
                "Tus-Resumable: 1.0.0\r\nUpload-Offset: {at}\r\nContent-Type: application/offset+octet-stream\r\n"
            );
            let piece = &bytes[at..(at + PIECE).min(bytes.len())];
            at = match self.once("PATCH", address, &more, piece).await {
                Ok(answer) => offset(&answer),
                Err(Failed::Refused(status, said)) if status != 409 => return Err((status, said)),
                Err(_) => {
                    // How far it came is asked after every break.
                    self.phone.repeated.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    offset(&self.until("HEAD", address, "Tus-Resumable: 1.0.0\r\n", b"").await?)
                }
            };
        }
        Ok(())
    }

    /// The day's list, if it changed.
    ///
    /// # Errors
    /// What was refused.
    pub async fn day(&mut self, tag: &str) -> Result<(u16, String, Value), String> {
        let more = format!("If-None-Match: {tag}\r\n");
        let answer = self.asked("GET", "/api/field/day", &more, b"").await?;
        let tag = answer.header("etag").unwrap_or_default().to_owned();
        Ok((answer.status, tag, serde_json::from_str(&answer.body).unwrap_or_default()))
    }
}

/// An answer to HEAD has a length and no body.
async fn head_only(stream: &mut TcpStream, answer: &mut Vec<u8>) -> Result<u16, String> {
    use tokio::io::AsyncReadExt;
    while !answer.windows(4).any(|window| window == b"\r\n\r\n") {
        if stream.read_buf(answer).await.map_err(|error| error.to_string())? == 0 {
            return Err("the server hung up".into());
        }
    }
    let head = String::from_utf8_lossy(answer);
    head.get(9..12).and_then(|text| text.parse().ok()).ok_or_else(|| "no status".to_owned())
}
