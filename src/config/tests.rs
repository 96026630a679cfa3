//! The settings, their defaults, and the problems that each reports.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::{app::AppKeySource, authenticate::test_keys::pem, gate::IpCheck, route::QueueType};

pub(super) const PREFIX: (&str, &str) =
    ("PRELUDE_QUEUE_URL_PREFIX", "https://sqs.eu-west-1.amazonaws.com/123456789012/prelude-webhooks-");
const APPS: (&str, &str) = ("PRELUDE_APPS", r#"[{"app_id":"54e9ujn","verification_token":"t"}]"#);

pub(super) fn read(variables: &[(&str, &str)]) -> Result<Config, ConfigErrors> {
    read_with_file(variables, "")
}

fn read_with_file(variables: &[(&str, &str)], file: &str) -> Result<Config, ConfigErrors> {
    let variables = variables.iter().map(|(name, value)| ((*name).into(), Some((*value).into())));
    Config::read(variables, |path| {
        if path == Path::new("/opt/prelude.json") {
            Ok(file.into())
        } else {
            Err(io::ErrorKind::NotFound.into())
        }
    })
}

/// The variables that are complained about, and the whole text.
#[track_caller]
pub(super) fn problems(variables: &[(&str, &str)]) -> (Vec<String>, String) {
    let errors = read(variables).unwrap_err();
    let text = errors.to_string();
    (errors.0.into_iter().map(|problem| problem.variable.into_owned()).collect(), text)
}

#[test]
fn the_defaults_are_the_documented_ones() {
    let config =
        read(&[PREFIX, APPS, ("PRELUDE_ROUTES", ""), ("HOME", "x"), ("PRELUDE_CLI_X", "y")]).unwrap();
    assert_eq!(config.gate.check, IpCheck::Enforce);
    assert_eq!(config.gate.allowed.len(), 3);
    assert!(config.gate.trusted_proxies.is_empty() && config.endpoint.tokens.is_empty());
    assert_eq!(config.jwks_ttl, Duration::from_secs(600));
    assert_eq!(config.routes.queue_type(), QueueType::Standard);
    assert_eq!(config.challenge_form, ChallengeForm::Object);
    assert_eq!(config.metrics, MetricsFormat::Off);
    let [app] = &*config.apps else { panic!("one app") };
    let AppKeySource::Url(url) = &app.keys else { panic!("fetched keys") };
    assert_eq!(url, "https://54e9ujn.session.prelude.dev/.well-known/jwks.json");
}

#[test]
fn every_setting_is_read() {
    let keys = pem("account-2048") + "\n" + &pem("account-3072");
    let apps = format!(
        r#"[{{"app_id":"a","verification_token":"sha256:{}","public_keys":[{}]}},
            {{"app_id":"b","verification_token":"t","jwks_url":"http://127.0.0.1:9/jwks.json"}}]"#,
        "ab".repeat(32),
        serde_json::json!(pem("app-2048")),
    );
    let config = read(&[
        PREFIX,
        ("PRELUDE_APPS", &apps),
        ("PRELUDE_PUBLIC_KEYS", &keys),
        ("PRELUDE_QUEUE_TYPE", "fifo"),
        ("PRELUDE_ROUTES", r#"{"user.*":"users"}"#),
        ("PRELUDE_ACCEPT_UNSIGNED", "verify_v1, notify"),
        ("PRELUDE_ALLOWED_IPS", "10.0.0.0/24, 2001:db8::1"),
        ("PRELUDE_IP_CHECK", "report"),
        ("PRELUDE_TRUSTED_PROXIES", "192.0.2.0/24,10.0.0.0/8"),
        ("PRELUDE_PATH_TOKEN", "fedcba9876543210fedcba9876543210,0123456789abcdef0123456789abcdef"),
        ("PRELUDE_CHALLENGE_RESPONSE", "number"),
        ("PRELUDE_JWKS_TTL_SECONDS", "60"),
        ("PRELUDE_METRICS", "emf"),
    ])
    .unwrap();
    assert_eq!((config.apps.len(), config.account_keys.len()), (2, 2));
    assert!(matches!(&config.apps[0].keys, AppKeySource::Pinned(keys) if keys.len() == 1));
    assert_eq!(config.accept_unsigned, [Source::VerifyV1, Source::Notify]);
    assert_eq!((config.gate.allowed.len(), config.gate.trusted_proxies.len()), (2, 2));
    assert_eq!(config.gate.check, IpCheck::Report);
    assert_eq!(config.endpoint.tokens.len(), 2);
    assert_eq!(config.challenge_form, ChallengeForm::Number);
    assert_eq!(config.metrics, MetricsFormat::Emf);
    assert_eq!(config.jwks_ttl, Duration::from_secs(60));
    assert!(config.routes.parking().name().ends_with("unrouted.fifo"));
    let [warning] = &*config.warnings else { panic!("{:?}", config.warnings) };
    assert!(warning.to_string().contains("holds an allowed address"), "{warning}");
}

#[test]
fn all_problems_are_reported_at_once_each_by_its_variable() {
    let (variables, text) = problems(&[
        ("PRELUDE_QUEUE_URL_PREFIX", "queue"),
        ("PRELUDE_QUEUE_TYPE", "FIFO"),
        ("PRELUDE_ROUTES", "{"),
        (
            "PRELUDE_APPS",
            r#"[{"app_id":"a_b","verification_token":""},{"app_id":"x","verification_token":"t","jwk_url":""}]"#,
        ),
        ("PRELUDE_PUBLIC_KEYS", "no key"),
        ("PRELUDE_ACCEPT_UNSIGNED", "verify,session,everything"),
        ("PRELUDE_ALLOWED_IPS", "34.252.67.209,localhost"),
        ("PRELUDE_IP_CHECK", "off"),
        ("PRELUDE_TRUSTED_PROXIES", "10.0.0.0/40"),
        ("PRELUDE_CHALLENGE_RESPONSE", "text"),
        ("PRELUDE_JWKS_TTL_SECONDS", "0"),
        ("PRELUDE_METRICS", "on"),
        ("PRELUDE_ALLOWED_IP", "typo"),
    ]);
    for (variable, count) in [
        ("PRELUDE_QUEUE_URL_PREFIX", 1),
        ("PRELUDE_QUEUE_TYPE", 1),
        ("PRELUDE_ROUTES", 1),
        ("PRELUDE_APPS", 3),
        ("PRELUDE_PUBLIC_KEYS", 1),
        ("PRELUDE_ACCEPT_UNSIGNED", 5),
        ("PRELUDE_ALLOWED_IPS", 1),
        ("PRELUDE_TRUSTED_PROXIES", 1),
        ("PRELUDE_CHALLENGE_RESPONSE", 1),
        ("PRELUDE_JWKS_TTL_SECONDS", 1),
        ("PRELUDE_METRICS", 1),
        ("PRELUDE_ALLOWED_IP", 1),
    ] {
        assert_eq!(
            variables.iter().filter(|reported| *reported == variable).count(),
            count,
            "{variable}\n{text}"
        );
    }
    assert!(text.contains("did you mean PRELUDE_ALLOWED_IPS?"), "{text}");
}

#[test]
fn nothing_receivable_names_all_three_variables() {
    for variables in [&[PREFIX][..], &[PREFIX, ("PRELUDE_APPS", "[ ]")]] {
        let (_, text) = problems(variables);
        for name in ["PRELUDE_APPS", "PRELUDE_PUBLIC_KEYS", "PRELUDE_ACCEPT_UNSIGNED"] {
            assert!(text.contains(name), "{text}");
        }
    }
    assert_eq!(problems(&[APPS]).0, ["PRELUDE_QUEUE_URL_PREFIX"]);
}

#[test]
fn keys_are_read_in_every_spelling_and_refused_by_size_and_kind() {
    let escaped = pem("account-2048").replace('\n', "\\n");
    let carriage = pem("account-2048").replace('\n', "\r\n");
    for good in [
        escaped,
        carriage,
        pem("account-2048.pkcs1"),
        pem("account-8192"),
        pem("account-2048") + &pem("app-4096"),
    ] {
        assert!(read(&[PREFIX, ("PRELUDE_PUBLIC_KEYS", &good)]).is_ok(), "{good}");
    }
    let private =
        std::fs::read_to_string(format!("{}/tests/keys/account-2048.pem", env!("CARGO_MANIFEST_DIR")))
            .unwrap();
    let broken = pem("account-2048").replace("-----END PUBLIC KEY-----", "");
    for bad in [
        &pem("small-1024"),
        &pem("small-1536"),
        &pem("large-16384"),
        &pem("ec-p256"),
        &private,
        &broken,
        &(pem("account-2048") + "x"),
    ] {
        let (variables, text) = problems(&[PREFIX, ("PRELUDE_PUBLIC_KEYS", bad)]);
        assert_eq!(variables, ["PRELUDE_PUBLIC_KEYS"], "{text}");
        assert!(
            bad.lines().filter(|line| line.len() > 20).all(|line| !text.contains(line)),
            "no key in {text}"
        );
    }
}

#[test]
fn apps_are_checked_one_by_one_and_no_token_is_repeated() {
    for (apps, complaint) in [
        ("{}", "is not a JSON array"),
        (r#"["s3cret""#, "is not JSON"),
        (r#"["s3cret"]"#, "entry 0 that is not an object"),
        (r#"[{"verification_token":"s3cret"}]"#, "entry 0 without the text app_id"),
        (
            r#"[{"app_id":"a","verification_token":"s3cret"},{"app_id":"a","verification_token":"x"}]"#,
            "app_id a twice",
        ),
        (r#"[{"app_id":"a"}]"#, "app a without the text verification_token"),
        (r#"[{"app_id":"a","verification_token":"sha256:s3cret"}]"#, "64 hexadecimal digits"),
        (r#"[{"app_id":"a","verification_token":"s3cret","jwks_url":"http://keys.example/"}]"#, "jwks_url"),
        (r#"[{"app_id":"a","verification_token":"s3cret","jwks_url":"keys"}]"#, "jwks_url"),
        (r#"[{"app_id":"a","verification_token":"s3cret","public_keys":"pem"}]"#, "list of PEM texts"),
        (r#"[{"app_id":"a","verification_token":"s3cret","public_keys":["s3cret"]}]"#, "no PEM block"),
        (r#"[{"app_id":"a","verification_token":"s3cret","kid":"s3cret"}]"#, "unknown member kid"),
    ] {
        let (variables, text) = problems(&[PREFIX, ("PRELUDE_APPS", apps)]);
        assert_eq!(variables, ["PRELUDE_APPS"], "{apps}\n{text}");
        assert!(text.contains(complaint) && !text.contains("s3cret"), "{apps}\n{text}");
    }
    for host in ["localhost", "127.0.0.1:9", "127.9.9.9", "[::1]:8080"] {
        let apps = format!(r#"[{{"app_id":"a","verification_token":"t","jwks_url":"http://{host}/x"}}]"#);
        assert!(read(&[PREFIX, ("PRELUDE_APPS", &apps)]).is_ok(), "{host}");
    }
}

#[test]
fn path_tokens_are_checked_and_never_repeated() {
    let config = read(&[PREFIX, APPS, ("PRELUDE_PATH_TOKEN", "short")]).unwrap();
    assert_eq!(config.warnings.len(), 1, "{:?}", config.warnings);
    for bad in ["with space", "a,,b", "slash/", "sha256:zz", ","] {
        let (variables, text) = problems(&[PREFIX, APPS, ("PRELUDE_PATH_TOKEN", bad)]);
        assert!(variables.iter().all(|variable| variable == "PRELUDE_PATH_TOKEN"), "{text}");
        assert!(!text.contains("with space") && !text.contains("zz"), "{text}");
    }
}

#[test]
fn a_file_gives_what_the_variables_do_not() {
    let file = ("PRELUDE_CONFIG_FILE", "/opt/prelude.json");
    let text = r#"{"PRELUDE_QUEUE_URL_PREFIX": "https://sqs.eu-west-1.amazonaws.com/1/p-",
        "PRELUDE_APPS": [{"app_id":"from-file","verification_token":"t"}], "PRELUDE_JWKS_TTL_SECONDS": 30,
        "PRELUDE_ALLOWED_IPS": ["10.0.0.1","10.0.0.2"], "PRELUDE_QUEUE_TYPE": "fifo", "PRELUDE_ROUTES": null}"#;
    let config = read_with_file(&[file, ("PRELUDE_QUEUE_TYPE", "standard")], text).unwrap();
    assert_eq!(&*config.apps[0].app_id, "from-file");
    assert_eq!((config.jwks_ttl, config.gate.allowed.len()), (Duration::from_secs(30), 2));
    assert_eq!(config.routes.queue_type(), QueueType::Standard, "variables win");
    for (text, variable) in [
        ("[]", "PRELUDE_CONFIG_FILE"),
        (r#"{"apps":[]}"#, "PRELUDE_CONFIG_FILE"),
        (r#"{"PRELUDE_CONFIG_FILE":"x"}"#, "PRELUDE_CONFIG_FILE"),
        (r#"{"PRELUDE_QUEUE_TYPE":true}"#, "PRELUDE_QUEUE_TYPE"),
        (r#"{"PRELUDE_ALLOWED_IPS":[1]}"#, "PRELUDE_ALLOWED_IPS"),
    ] {
        let errors = read_with_file(&[file, PREFIX, APPS], text).unwrap_err();
        assert_eq!(errors.0.len(), 1, "{errors}");
        assert_eq!(errors.0[0].variable, variable, "{errors}");
    }
    let missing = read(&[PREFIX, APPS, ("PRELUDE_CONFIG_FILE", "/nowhere")]).unwrap_err();
    assert_eq!(missing.0[0].variable, "PRELUDE_CONFIG_FILE");
}

#[test]
fn a_rule_that_fits_nothing_and_a_ttl_below_the_cool_down_are_warnings() {
    let config =
        read(&[PREFIX, APPS, ("PRELUDE_ROUTES", r#"{"usr.*":"users"}"#), ("PRELUDE_JWKS_TTL_SECONDS", "5")]);
    let variables: Vec<_> = config.unwrap().warnings.into_iter().map(|warning| warning.variable).collect();
    assert_eq!(variables, ["PRELUDE_ROUTES", "PRELUDE_JWKS_TTL_SECONDS"]);
    let long = format!(r#"{{"user.*":"{}"}}"#, "u".repeat(80));
    assert_eq!(problems(&[PREFIX, APPS, ("PRELUDE_ROUTES", &long)]).0, ["PRELUDE_ROUTES"]);
}

#[test]
fn blanks_and_line_ends_around_a_value_do_no_harm() {
    let key = pem("account-2048");
    let values = [
        PREFIX,
        APPS,
        ("PRELUDE_QUEUE_TYPE", "fifo"),
        ("PRELUDE_ROUTES", r#"{"user.*":"users"}"#),
        ("PRELUDE_PUBLIC_KEYS", &key),
        ("PRELUDE_ACCEPT_UNSIGNED", "verify_v1"),
        ("PRELUDE_ALLOWED_IPS", "34.252.67.209,2001:db8::1"),
        ("PRELUDE_IP_CHECK", "report"),
        ("PRELUDE_TRUSTED_PROXIES", "192.0.2.1"),
        ("PRELUDE_PATH_TOKEN", "0123456789abcdef0123456789abcdef"),
        ("PRELUDE_CHALLENGE_RESPONSE", "number"),
        ("PRELUDE_JWKS_TTL_SECONDS", "60"),
    ];
    let shown = |config: Config| {
        let Config { gate, endpoint, apps, account_keys, accept_unsigned, jwks_ttl, routes, .. } = config;
        let queues: BTreeSet<_> = routes.queue_urls().map(ToString::to_string).collect();
        let shown = format!("{gate:?} {apps:?} {account_keys:?} {accept_unsigned:?} {jwks_ttl:?} {queues:?}");
        (shown, endpoint.tokens, config.challenge_form, config.warnings)
    };
    let plain = shown(read(&values).unwrap());
    for (before, after) in [("", "\n"), ("\n ", "\r\n"), ("\t", "\n\n"), ("", "\\n"), ("\\n", " \\r\\n\n")] {
        let padded = values.map(|(name, value)| (name, format!("{before}{value}{after}")));
        let padded: Vec<_> = padded.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(shown(read(&padded).unwrap()), plain, "{before:?} {after:?}");
        let file = serde_json::to_string(&padded.iter().copied().collect::<BTreeMap<_, _>>()).unwrap();
        let name = ("PRELUDE_CONFIG_FILE", &*format!("{before}/opt/prelude.json{after}"));
        assert_eq!(shown(read_with_file(&[name], &file).unwrap()), plain, "{before:?} {after:?}");
        let blank = format!("{before}{after}");
        let unset = values.map(|(name, _)| (name, blank.as_str()));
        assert_eq!(problems(&unset), problems(&[]), "blank is unset");
    }
}

#[test]
fn a_value_that_is_not_unicode_is_a_problem() {
    let variables = [(PREFIX.0.into(), Some(PREFIX.1.into())), ("PRELUDE_APPS".into(), None)];
    let errors = Config::read(variables, |_| Err(io::ErrorKind::NotFound.into())).unwrap_err();
    assert!(
        errors
            .0
            .iter()
            .any(|problem| problem.variable == "PRELUDE_APPS" && problem.message == "is not UTF-8")
    );
}
