//! Sign-in by an identity provider: a fake one on loopback, honest and otherwise. Its keys are made when the test runs.

use crate::testing::TestApp;
use axum::extract::{Form, State};
use axum::http::{Method, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use data_encoding::BASE64URL_NOPAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use yizhan::config::{Config, Oidc};
use yizhan::staff::token::{Doubt, Expectation, WebKeys, check};
use yizhan_kit::Moment;
use yizhan_kit::digest::{HashKind, hash};

/// A provider: its key, and what it says next.
struct Provider {
    issuer: String,
    key: EcdsaKeyPair,
    /// What the token will say; the nonce and challenge of the sign-in under way among it.
    claims: Mutex<Value>,
    challenge: Mutex<String>,
}

impl Provider {
    fn new(issuer: String) -> Self {
        let chance = SystemRandom::new();
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &chance).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, made.as_ref(), &chance).unwrap();
        Self { issuer, key, claims: Mutex::default(), challenge: Mutex::default() }
    }

    fn keys(&self) -> Value {
        let point = self.key.public_key().as_ref();
        let part = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        json!({"keys": [{"kty": "EC", "crv": "P-256", "kid": "one", "x": part(&point[1..33]), "y": part(&point[33..])}]})
    }

    fn token(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", BASE64URL_NOPAD.encode(signature.as_ref()))
    }
}

async fn discovery(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let issuer = &provider.issuer;
    Json(
        json!({"issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"), "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/keys")}),
    )
}

async fn token(State(provider): State<Arc<Provider>>, Form(form): Form<HashMap<String, String>>) -> Json<Value> {
    // As a provider must: the verifier belongs to the challenge the sign-in began with.
    let proof = BASE64URL_NOPAD.encode(&hash(HashKind::Sha256, form["code_verifier"].as_bytes()).0);
    assert_eq!(proof, *provider.challenge.lock().unwrap());
    assert_eq!(form["code"], "a code");
    let claims = provider.claims.lock().unwrap().clone();
    Json(json!({"id_token": provider.token(&json!({"alg": "ES256", "kid": "one"}), &claims)}))
}

/// A provider that answers on loopback, and an application that trusts it.
async fn stage() -> (TestApp, Arc<Provider>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let provider = Arc::new(Provider::new(format!("http://{}", listener.local_addr().unwrap())));
    let router = Router::new()
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/keys", get(|State(provider): State<Arc<Provider>>| async move { Json(provider.keys()) }))
        .route("/token", post(token))
        .with_state(provider.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let oidc = Oidc {
        issuer: provider.issuer.clone(),
        client_id: "yizhan".into(),
        client_secret: None,
        login_claim: "preferred_username".into(),
        title: "统一身份认证".into(),
        authority: None,
    };
    let super_app = Oidc { login_claim: "phone_number".into(), title: "省级政务 APP".into(), ..oidc.clone() };
    let config = Config { oidc: Some(oidc), super_app: Some(super_app), ..Config::default() };
    (TestApp::with(config), provider)
}

/// Begins a sign-in: the state, its cookie; the provider learns nonce and challenge as it would from the address.
async fn begun(app: &TestApp, provider: &Provider, login: &str) -> (String, String) {
    begun_at(app, provider, "/sign-in/oidc", login).await
}

async fn begun_at(app: &TestApp, provider: &Provider, path: &str, login: &str) -> (String, String) {
    let begun = app.get(path, None).await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.text);
    let to = begun.headers["location"].to_str().unwrap();
    assert!(to.starts_with(&format!("{}/authorize?", provider.issuer)), "{to}");
    let query: HashMap<String, String> =
        form_urlencoded::parse(to.split_once('?').unwrap().1.as_bytes()).into_owned().collect();
    assert_eq!((query["code_challenge_method"].as_str(), query["response_type"].as_str()), ("S256", "code"));
    *provider.challenge.lock().unwrap() = query["code_challenge"].clone();
    let now = app.app.real_clock.now().0 / 1000;
    *provider.claims.lock().unwrap() = json!({"iss": provider.issuer, "aud": "yizhan", "nonce": query["nonce"], "iat": now, "exp": now + 300, "preferred_username": login});
    let cookie = begun.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    (query["state"].clone(), cookie)
}

async fn back(app: &TestApp, state: &str, cookie: &str) -> crate::testing::Answer {
    let path = format!("/sign-in/oidc/back?state={state}&code=a%20code");
    app.call(Method::GET, &path, None, &[("cookie", cookie)], None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_signs_in_by_the_provider_and_is_who_the_journal_says() {
    let (app, provider) = stage().await;
    assert_eq!(app.get("/api/sign-in/ways", None).await.json()["provider"], "统一身份认证");
    let (state, cookie) = begun(&app, &provider, "clerk").await;
    assert_eq!(back(&app, &state, "signing-in=another").await.status, StatusCode::UNAUTHORIZED);
    let entered = back(&app, &state, &cookie).await;
    assert_eq!((entered.status, entered.headers["location"].to_str().unwrap()), (StatusCode::SEE_OTHER, "/console/"));
    let session = entered.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let me = app.call(Method::GET, "/api/me", None, &[("cookie", &session)], None).await.json();
    assert_eq!((&me["login"], &me["role"]), (&json!("clerk"), &json!("village")));
    assert_eq!(back(&app, &state, &cookie).await.status, StatusCode::UNAUTHORIZED, "a sign-in is good once");
    let (state, cookie) = begun(&app, &provider, "somebody else").await;
    let unknown = back(&app, &state, &cookie).await;
    assert!(unknown.status == StatusCode::UNAUTHORIZED && unknown.text.contains("no place here"), "{}", unknown.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_lies_lets_nobody_in() {
    let (app, provider) = stage().await;
    let lies: [(&str, Value); 6] = [
        ("iss", json!("https://elsewhere.example")),
        ("aud", json!("another client")),
        ("aud", json!(["yizhan", "another client"])),
        ("nonce", json!("of another sign-in")),
        ("exp", json!(1)),
        ("exp", json!("9999999999")),
    ];
    for (claim, value) in lies {
        let (state, cookie) = begun(&app, &provider, "clerk").await;
        provider.claims.lock().unwrap()[claim] = value.clone();
        let refused = back(&app, &state, &cookie).await;
        assert_eq!(refused.status, StatusCode::BAD_GATEWAY, "{claim} = {value}");
        assert!(refused.headers.get("location").is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resident_comes_from_an_app_with_the_form_filled_in() {
    let (mut app, provider) = stage().await;
    let (number, _) = app.declared().await;
    let form = app.get("/r/travel-declaration?lang=zh", None).await.text;
    assert!(form.contains("/enter?to=travel-declaration") && form.contains("省级政务 APP"), "{form}");
    let come_back = async |to: &str, claims: Value| {
        let (state, cookie) = begun_at(&app, &provider, &format!("/enter?to={to}"), "").await;
        let all = provider.claims.lock().unwrap().as_object_mut().unwrap().clone();
        let more = claims.as_object().unwrap().clone();
        *provider.claims.lock().unwrap() = Value::Object(all.into_iter().chain(more).collect());
        let path = format!("/enter/back?state={state}&code=a%20code");
        app.call(Method::GET, &path, None, &[("cookie", &cookie)], None).await
    };
    let who = json!({"phone_number": "+8615400000001", "name": "柳二", "citizen_number": "37150219540307001X"});
    let filled = come_back("travel-declaration", who.clone()).await;
    assert_eq!(filled.status, StatusCode::OK, "{}", filled.text);
    for value in ["value=\"柳二\"", "value=\"15400000001\"", "value=\"37150219540307001X\""] {
        assert!(filled.text.contains(value), "{value}");
    }
    let mine = come_back("mine", who).await;
    assert!(mine.text.contains(&number), "{}", mine.text);
    let nobody = come_back("mine", json!({"phone_number": "no number"})).await;
    assert!(!nobody.text.contains(&number));
    assert_eq!(come_back("nothing", json!({})).await.status, StatusCode::NOT_FOUND);
    let foreign = app.get("/enter/back?state=x&code=y", None).await;
    assert_eq!(foreign.status, StatusCode::UNAUTHORIZED);
    // The staff's door does not open for whoever came by the residents'.
    let (state, _) = begun_at(&app, &provider, "/enter?to=mine", "clerk").await;
    assert_eq!(back(&app, &state, &format!("signing-in={state}")).await.status, StatusCode::UNAUTHORIZED);
}

#[test]
fn a_token_is_believed_for_its_signature_only() {
    let provider = Provider::new("https://id.example".into());
    let keys: WebKeys = serde_json::from_value(provider.keys()).unwrap();
    let claims = json!({"iss": "https://id.example", "aud": ["yizhan"], "nonce": "n", "iat": 1000, "exp": 1300});
    let expected = Expectation { issuer: "https://id.example", client: "yizhan", nonce: "n", now: Moment(1_100_000) };
    let told = |header: Value| check(&provider.token(&header, &claims), &keys, &expected);
    assert_eq!(told(json!({"alg": "ES256", "kid": "one"})).unwrap()["nonce"], "n");
    assert_eq!(told(json!({"alg": "ES256", "kid": "two"})), Err(Doubt::UnknownKey));
    assert_eq!(told(json!({"alg": "none"})), Err(Doubt::Signature));
    assert_eq!(told(json!({"alg": "HS256", "kid": "one"})), Err(Doubt::Signature));
    assert_eq!(told(json!({"alg": "RS256", "kid": "one"})), Err(Doubt::UnknownKey));
    let good = provider.token(&json!({"alg": "ES256", "kid": "one"}), &claims);
    let mut other = claims.clone();
    other["aud"] = json!("yizhan");
    let forged = provider.token(&json!({"alg": "ES256", "kid": "one"}), &other);
    let [header, _, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
    let swapped = format!("{header}.{}.{signature}", forged.split('.').nth(1).unwrap());
    assert_eq!(check(&swapped, &keys, &expected), Err(Doubt::Signature));
    assert_eq!(check("a.b", &keys, &expected), Err(Doubt::Unreadable));
    let late = Expectation { now: Moment(1_400_000), ..expected };
    assert_eq!(check(&good, &keys, &late), Err(Doubt::Time));
}

/// A provider with an RSA key, which most have. The key is made by OpenSSL while the test runs.
#[test]
fn a_token_signed_by_rsa_is_believed_too() {
    let folder = std::env::temp_dir().join(format!("yizhan-rsa-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let key = folder.join("key.pem");
    let openssl = |args: &[&str], input: &[u8]| -> Vec<u8> {
        use std::io::Write;
        let mut child = std::process::Command::new("openssl")
            .args(args)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("openssl is installed by the test command");
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "openssl {args:?}");
        output.stdout
    };
    let path = key.to_str().unwrap();
    openssl(&["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", path], b"");
    let modulus = String::from_utf8(openssl(&["rsa", "-in", path, "-noout", "-modulus"], b"")).unwrap();
    let modulus = data_encoding::HEXUPPER.decode(modulus.trim().trim_start_matches("Modulus=").as_bytes()).unwrap();
    let part = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
    let keys = json!({"keys": [{"kty": "RSA", "kid": "r", "n": part(&modulus), "e": "AQAB"}]});
    let keys: WebKeys = serde_json::from_value(keys).unwrap();
    let claims = json!({"iss": "i", "aud": "yizhan", "nonce": "n", "iat": 1000, "exp": 1300});
    let signed = format!("{}.{}", part(br#"{"alg":"RS256","kid":"r"}"#), part(claims.to_string().as_bytes()));
    let signature = openssl(&["dgst", "-sha256", "-sign", path], signed.as_bytes());
    std::fs::remove_dir_all(&folder).unwrap();
    let expected = Expectation { issuer: "i", client: "yizhan", nonce: "n", now: Moment(1_100_000) };
    let token = format!("{signed}.{}", part(&signature));
    assert_eq!(check(&token, &keys, &expected).unwrap()["nonce"], "n");
    let mut other = signature;
    other[100] ^= 1;
    assert_eq!(check(&format!("{signed}.{}", part(&other)), &keys, &expected), Err(Doubt::Signature));
}
