//! One end of a call without a browser: for tests, for benches, and for the exchange that is not there.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async};

/// For how long something is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// A line to the server.
pub struct Phone {
    line: WebSocketStream<TcpStream>,
}

impl Phone {
    /// A caller's line.
    ///
    /// # Errors
    /// What the server says.
    pub async fn of_caller(address: &str, call: u64, secret: &str) -> Result<Self, String> {
        let mut phone = Self::open(address, "/api/calls/line", None).await?;
        phone.say(json!({"call": call, "secret": secret})).await?;
        Ok(phone)
    }

    /// The line of an agent or a supervisor, by their session's cookie.
    ///
    /// # Errors
    /// What the server says.
    pub async fn of_agent(address: &str, cookie: &str) -> Result<Self, String> {
        Self::open(address, "/api/calls/desk", Some(cookie)).await
    }

    async fn open(address: &str, path: &str, cookie: Option<&str>) -> Result<Self, String> {
        let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        let mut request = format!("ws://{address}{path}").into_client_request().map_err(|error| error.to_string())?;
        if let Some(cookie) = cookie {
            let cookie = cookie.parse().map_err(|_| "no cookie".to_owned())?;
            request.headers_mut().insert("cookie", cookie);
        }
        let (line, _) = client_async(request, stream).await.map_err(|error| error.to_string())?;
        Ok(Self { line })
    }

    /// Says something.
    ///
    /// # Errors
    /// When the line is cut.
    pub async fn say(&mut self, what: Value) -> Result<(), String> {
        self.line.send(Message::Text(what.to_string().into())).await.map_err(|error| error.to_string())
    }

    /// The next thing that is said.
    ///
    /// # Errors
    /// When the line ends, or nothing comes.
    pub async fn next(&mut self) -> Result<Value, String> {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.line.next()).await;
            match next.map_err(|_| "nothing is said".to_owned())? {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).map_err(|error| error.to_string()),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => return Err(format!("the line ends: {other:?}")),
            }
        }
    }

    /// The next thing of a kind that is said; what comes before it is passed over.
    ///
    /// # Errors
    /// As [`Phone::next`], and when it is refused.
    pub async fn hears(&mut self, kind: &str) -> Result<Value, String> {
        loop {
            let mut told = self.next().await?;
            if let Some(found) = told.get_mut(kind) {
                return Ok(found.take());
            }
            if told.get("refused").is_some() {
                return Err(told.to_string());
            }
        }
    }
}
