//! Accepting connections, in the clear or under TLS. Handshakes run beside each other, so that a slow one keeps nobody
//! waiting.

use axum::serve::Listener;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long what we sent may lie unread.
const UNREAD: Duration = Duration::from_secs(60);

/// How many handshakes may be under way.
const HANDSHAKES: usize = 512;

/// Whoever is at the other end of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// Where connections come from.
pub struct Door {
    address: SocketAddr,
    kind: Kind,
}

enum Kind {
    Clear(TcpListener),
    /// Connections whose handshake is done.
    Tls(mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>),
}

/// A connection.
pub enum Connection {
    /// In the clear.
    Clear(TcpStream),
    /// Under TLS.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Door {
    /// Listens at an address; under TLS when there is a certificate with its key, both in PEM.
    ///
    /// # Errors
    /// When the address is taken, or the files are no certificate and key.
    pub async fn open(address: SocketAddr, tls: Option<(&Path, &Path)>) -> Result<Self, String> {
        let config = tls.map(|(certificate, key)| server_config(certificate, key)).transpose()?;
        let listener = TcpListener::bind(address).await.map_err(|error| format!("{address}: {error}"))?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let kind = match config {
            None => Kind::Clear(listener),
            Some(config) => Kind::Tls(shaking_hands(listener, config)),
        };
        Ok(Self { address, kind })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Whether the files are a certificate and its key.
///
/// # Errors
/// What is wrong with which.
pub fn check((certificate, key): (&Path, &Path)) -> Result<(), String> {
    server_config(certificate, key).map(drop)
}

fn server_config(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, String> {
    let say = |file: &Path, what: &dyn std::fmt::Display| format!("{}: {what}", file.display());
    let chain = CertificateDer::pem_file_iter(certificate).map_err(|error| say(certificate, &error))?;
    let chain: Vec<_> = chain.collect::<Result<_, _>>().map_err(|error| say(certificate, &error))?;
    let own = PrivateKeyDer::from_pem_file(key).map_err(|error| say(key, &error))?;
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, own)
        .map_err(|error| say(certificate, &error))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn shaking_hands(
    listener: TcpListener,
    config: Arc<ServerConfig>,
) -> mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)> {
    let (done, ready) = mpsc::channel(64);
    let acceptor = TlsAcceptor::from(config);
    let room = Arc::new(Semaphore::new(HANDSHAKES));
    let mut listener = listener;
    tokio::spawn(async move {
        loop {
            let permit = room.clone().acquire_owned().await;
            let (stream, from) = tokio::select! {
                accepted = Listener::accept(&mut listener) => accepted,
                () = done.closed() => return,
            };
            let (acceptor, done) = (acceptor.clone(), done.clone());
            tokio::spawn(async move {
                let _permit = permit;
                prepare(&stream);
                // Who does not finish is not ours to report: scanners and wrong addresses are many.
                if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
                    let _ = done.send((stream, from)).await;
                }
            });
        }
    });
    ready
}

/// Without Nagle's delay: our answers are small and whole. Whoever does not read theirs is hung up on.
fn prepare(stream: &TcpStream) {
    // A socket that knows neither serves as well, a little slower.
    let _ = stream.set_nodelay(true);
    let _ = socket2::SockRef::from(stream).set_tcp_user_timeout(Some(UNREAD));
}

impl Listener for Door {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match &mut self.kind {
            Kind::Clear(listener) => {
                let (stream, from) = Listener::accept(listener).await;
                prepare(&stream);
                (Connection::Clear(stream), from)
            }
            Kind::Tls(ready) => match ready.recv().await {
                Some((stream, from)) => (Connection::Tls(Box::new(stream)), from),
                // The task that accepts ends only with the runtime.
                None => std::future::pending().await,
            },
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        Ok(self.address)
    }
}

impl AsyncRead for Connection {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_read(context, into),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, into),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_write_vectored(context, parts),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(context, parts),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Clear(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
