//! How a PostgreSQL server is reached: in the clear on this machine only, elsewhere under TLS with its name verified, unless the address
//! says that nobody else reads the network.

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

/// The authorities that Debian trusts.
const TRUSTED: &str = "/etc/ssl/certs/ca-certificates.crt";

/// How to connect to a server.
pub(super) struct Way {
    pub(super) config: Config,
    /// Absent: in the clear.
    pub(super) tls: Option<MakeRustlsConnect>,
}

/// Reads an address. `sslmode` is `disable`, `require` or `verify-full`, of which the last two are the same here: a certificate that is not
/// verified protects from nobody. `sslrootcert` is a file in PEM with the authorities that are trusted instead of the system's.
///
/// # Errors
/// What is wrong with the address or the file; an address on another machine that does not say `sslmode`.
pub(super) fn way(url: &str) -> Result<Way, String> {
    let (url, authorities) = without(url, "sslrootcert");
    let url = url.replace("sslmode=verify-full", "sslmode=require");
    let mut config: Config = url.parse().map_err(|error| format!("{error}"))?;
    let tls = match config.get_ssl_mode() {
        SslMode::Disable => None,
        SslMode::Require => Some(trusting(Path::new(authorities.as_deref().unwrap_or(TRUSTED)))?),
        _ if authorities.is_some() => {
            config.ssl_mode(SslMode::Require);
            Some(trusting(Path::new(authorities.as_deref().unwrap_or(TRUSTED)))?)
        }
        _ if config.get_hosts().iter().all(is_here) => {
            config.ssl_mode(SslMode::Disable);
            None
        }
        _ => {
            return Err("the database is on another machine: say sslmode=require in its address, with sslrootcert=FILE where its \
                        certificate is signed by an authority of your own; or sslmode=disable for a network that nobody else reads"
                .into());
        }
    };
    Ok(Way { config, tls })
}

fn is_here(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
        Host::Unix(_) => true,
    }
}

/// An address without one of its parameters, and that parameter.
fn without(url: &str, name: &str) -> (String, Option<String>) {
    let Some((base, parameters)) = url.split_once('?') else { return (url.to_owned(), None) };
    let is_it = |pair: &&str| pair.split_once('=').is_some_and(|(key, _)| key == name);
    let found = parameters.split('&').find(is_it).and_then(|pair| Some(pair.split_once('=')?.1.to_owned()));
    let others: Vec<&str> = parameters.split('&').filter(|pair| !is_it(pair)).collect();
    let joined = if others.is_empty() { base.to_owned() } else { format!("{base}?{}", others.join("&")) };
    (joined, found)
}

fn trusting(file: &Path) -> Result<MakeRustlsConnect, String> {
    let say = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| say(&error))? {
        roots.add(certificate.map_err(|error| say(&error))?).map_err(|error| say(&error))?;
    }
    if roots.is_empty() {
        return Err(say(&"there is no certificate in it"));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_the_clear_on_this_machine_only() {
        let tls = |url: &str| way(url).map(|way| way.tls.is_some());
        assert_eq!(tls("postgres://a@127.0.0.1:5432/b"), Ok(false));
        assert_eq!(tls("postgres://a@localhost/b?connect_timeout=2"), Ok(false));
        assert_eq!(tls("postgres://a@db,localhost/b?sslmode=disable"), Ok(false));
        assert!(tls("postgres://a@db/b").is_err_and(|why| why.contains("sslmode=require")));
        assert!(tls("postgres://a@127.0.0.1,db/b").is_err());
        let missing = tls("postgres://a@db/b?sslmode=verify-full&sslrootcert=/there/is/none.pem");
        assert!(missing.is_err_and(|why| why.starts_with("/there/is/none.pem: ")));
    }

    #[test]
    fn a_parameter_is_taken_out_of_an_address() {
        let cases = [
            ("postgres://a/b", "postgres://a/b", None),
            ("postgres://a/b?x=1", "postgres://a/b", Some("1")),
            ("postgres://a/b?y=2&x=1&z=3", "postgres://a/b?y=2&z=3", Some("1")),
            ("postgres://a/b?xx=2", "postgres://a/b?xx=2", None),
        ];
        for (url, rest, found) in cases {
            assert_eq!(without(url, "x"), (rest.to_owned(), found.map(str::to_owned)), "{url}");
        }
    }
}
