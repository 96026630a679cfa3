//! Largest key sets: the duration of a forged signature when every key of 64 KiB is tried.

use std::path::Path;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use prelude_local::prelude::{batch, jwks_server::JwksServer};
use prelude_webhooks::authenticate::{MAX_KEY_SET, keys::jwks::parse};
use serde_json::json;

use super::{
    APP_ID, Duration, FunctionProcess, Invocation, MEMORY_KB, PATH_TOKEN, RuntimeApi, SHARE_OF_A_CORE,
    SIGNATURE, post, release,
};

/// Usual exponent, and the largest accepted one.
const EXPONENTS: [(&str, &[u8]); 2] = [("65537", &[1, 0, 1]), ("2^33-1", &[1, 0xff, 0xff, 0xff, 0xff])];
/// Number of measured forged requests.
const FORGERIES: u32 = 10;

/// As many keys as a set may hold, or one. The private keys do not exist.
fn key_set(bits: usize, exponent: &[u8], is_full: bool) -> String {
    let key = |index: usize| {
        let mut modulus = vec![0xff; bits / 8];
        modulus[8..16].copy_from_slice(&(index as u64).to_be_bytes());
        json!({"kty": "RSA", "n": URL_SAFE_NO_PAD.encode(modulus), "e": URL_SAFE_NO_PAD.encode(exponent)})
    };
    let set = |count: usize| json!({"keys": (0..count).map(key).collect::<Vec<_>>()}).to_string();
    let count = if is_full { (MAX_KEY_SET - set(0).len() + 1) / (set(2).len() - set(1).len()) } else { 1 };
    let document = set(count);
    assert!(document.len() <= MAX_KEY_SET && (!is_full || set(count + 1).len() > MAX_KEY_SET));
    document
}

#[tokio::test]
async fn a_forged_signature_is_compared_with_every_key_of_the_largest_sets_in_time() {
    let Some(binary) = release() else { return };
    println!(
        "| key set | keys | peak memory | CPU of a forged request | at 256 MB |\n|---|---:|---:|---:|---:|"
    );
    measure(&binary, 2048, EXPONENTS[0], false).await;
    for bits in [2048, 4096, 8192] {
        for exponent in EXPONENTS {
            measure(&binary, bits, exponent, true).await;
        }
    }
}

async fn measure(binary: &Path, bits: usize, (exponent, bytes): (&str, &[u8]), is_full: bool) {
    let document = key_set(bits, bytes, is_full);
    let keys = parse(document.as_bytes()).len();
    let server = JwksServer::start().await.unwrap();
    server.publish_bytes(APP_ID, document);
    let runtime_api = RuntimeApi::start().await;
    let app = json!([{"app_id": APP_ID, "verification_token": "t", "jwks_url": server.url(APP_ID)}]);
    let variables = [
        ("AWS_LAMBDA_LOG_FORMAT", "JSON".to_owned()),
        ("PRELUDE_QUEUE_URL_PREFIX", "https://sqs.eu-west-1.amazonaws.com/123456789012/".to_owned()),
        ("PRELUDE_APPS", app.to_string()),
        ("PRELUDE_PATH_TOKEN", PATH_TOKEN.to_owned()),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value));
    let process = FunctionProcess::spawn(binary, &variables, &runtime_api);
    process.output_containing("keys_fetched").await;
    let before = process.cpu_time();
    // Below the modulus, so that the verifier computes the whole exponentiation.
    let signature = URL_SAFE_NO_PAD.encode(vec![0x7f; bits / 8]);
    let forged = post(batch(APP_ID, [r#"{"type":"user.created"}"#]))
        .header(SIGNATURE, format!("rsassa-pss-sha256={signature}"));
    for _ in 0..FORGERIES {
        let Invocation::Response(answer) = runtime_api.invoke(forged.http_api_event()).await else {
            panic!("the function returned no response")
        };
        assert_eq!(answer["statusCode"], 401, "{bits} bits, {exponent}");
    }
    let after = process.cpu_time();
    assert!(process.output().contains(&format!("\"keys\":{keys}")), "{}", process.output());
    if let (Some(before), Some(after), Some(peak)) = (before, after, process.peak_memory()) {
        let cpu = (after - before) / FORGERIES;
        let share = cpu.div_f64(SHARE_OF_A_CORE);
        let megabytes = peak.div_ceil(1024);
        println!("| {bits} bits, exponent {exponent} | {keys} | {megabytes} MB | {cpu:.1?} | {share:.0?} |");
        assert!(peak < MEMORY_KB, "{peak} kB");
        assert!(share < Duration::from_secs(4), "{bits} bits, {exponent}: {share:?}");
    }
}
