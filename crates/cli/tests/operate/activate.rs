//! `prelude activate`, against a stand-in for Prelude's API that calls the receiver.

use prelude_events::{EventType, Source};
use prelude_local::{
    aws::gateway::{Api, GatewayServer},
    prelude::management::ManagementApi,
    receiver::LocalReceiver,
};
use serde_json::Value;

use crate::support::{Ran, Stack, run};

const KEY: &str = "management-key-that-is-secret";

struct Prelude {
    stack: Stack,
    front: GatewayServer,
    api: ManagementApi,
}

impl Prelude {
    async fn start() -> Self {
        Self::with(&[], GatewayServer::SOURCE_IP).await
    }

    /// Starts the stand-in with additional settings, and with calls from this address.
    async fn with(settings: &[(&str, &str)], source_ip: &str) -> Self {
        let stack = Stack::without(&[]).await;
        let more = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let environment: Vec<_> = stack
            .environment
            .iter()
            .filter(|(name, _)| !settings.iter().any(|(changed, _)| changed == name))
            .cloned()
            .chain(more)
            .collect();
        let receiver = LocalReceiver::start(environment, &stack.sqs).unwrap();
        let front = GatewayServer::start(Api::new(receiver), 0, source_ip).await.unwrap();
        let api = ManagementApi::start(0, KEY, &["app1", "app2"]).await.unwrap();
        Self { stack, front, api }
    }

    fn url(&self) -> String {
        format!("{}{}", self.front.url(), self.stack.setup.path())
    }

    async fn activate(&self, arguments: &[&str]) -> Ran {
        self.activate_at(&self.url(), arguments).await
    }

    async fn activate_at(&self, url: &str, arguments: &[&str]) -> Ran {
        let base_url = self.api.url();
        let env_file = self.stack.env_file.to_str().unwrap();
        let common =
            ["activate", "--app", "app1", "--url", url, "--base-url", &base_url, "--env-file", env_file];
        let ran = run(&[&common, arguments].concat(), &[("PRELUDE_CLI_MANAGEMENT_KEY", KEY)]).await;
        for secret in [KEY, "token-of-app1", &self.stack.setup.path_token] {
            assert!(!ran.all().contains(secret), "{}", ran.all());
        }
        ran
    }

    fn webhook(&self) -> Value {
        let webhooks = self.api.webhooks("app1");
        assert_eq!(webhooks.len(), 1);
        webhooks[0].clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_created_and_activated_once_in_repeated_runs() {
    let prelude = Prelude::start().await;
    let dry = prelude.activate(&["--dry-run"]).await;
    let session = EventType::ALL.iter().filter(|known| known.source() == Some(Source::Session)).count();
    let creates = format!("create a webhook for {session} event types");
    dry.assert(0, &[&creates, "activate the webhook", "Nothing was changed."]);
    assert_eq!(prelude.api.calls(), ["GET /v2/session/apps/app1/webhooks"]);

    prelude.activate(&["--events", "user.created,user.deleted"]).await.assert(
        0,
        &["create a webhook for 2 event types", "✓ web_0001 is active (the receiver answered Prelude 200)"],
    );
    assert_eq!(
        (&prelude.webhook()["active"], &prelude.webhook()["last_http_code"]),
        (&true.into(), &200.into())
    );

    let calls = prelude.api.calls().len();
    prelude
        .activate(&["--events", "user.created"])
        .await
        .assert(0, &["use web_0001, which exists", "keep user.deleted", "web_0001 is active already"]);
    assert_eq!(prelude.api.calls().len(), calls + 1, "one read, no change");
    prelude.activate(&[]).await.assert(0, &["add user.session.revoked", "is active already"]);
    assert_eq!(prelude.webhook()["events"].as_array().unwrap().len(), session);

    let replaced = prelude.activate(&["--replace", "--json"]).await;
    let outcome: Value = serde_json::from_str(&replaced.stdout).unwrap();
    assert_eq!((&outcome["active"], &outcome["webhook_id"]), (&true.into(), &"web_0002".into()));
    assert_eq!(prelude.webhook()["id"], "web_0002");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_explained_by_the_codes_of_the_receivers_log() {
    let other_token = r#"[{"app_id":"app1","verification_token":"other"}]"#;
    let other_app = r#"[{"app_id":"app3","verification_token":"token-of-app1"}]"#;
    for (settings, source_ip, status, code) in [
        (&[][..], "198.51.100.7", 403, "address_not_allowed"),
        (&[("PRELUDE_APPS", other_token)], GatewayServer::SOURCE_IP, 403, "challenge_token_wrong"),
        (&[("PRELUDE_APPS", other_app)], GatewayServer::SOURCE_IP, 403, "challenge_app_unknown"),
        (
            &[("PRELUDE_PATH_TOKEN", "0123456789abcdef0123456789abcdef")],
            GatewayServer::SOURCE_IP,
            404,
            "path_token_wrong",
        ),
    ] {
        let prelude = Prelude::with(settings, source_ip).await;
        let ran = prelude.activate(&[]).await;
        ran.assert(1, &["web_0001 is not active", &format!("answered Prelude {status}"), code]);
        assert_eq!(
            (&prelude.webhook()["active"], &prelude.webhook()["last_http_code"]),
            (&false.into(), &status.into())
        );
    }
    let prelude = Prelude::start().await;
    prelude
        .activate_at("http://127.0.0.1:1/webhooks", &[])
        .await
        .assert(1, &["answered Prelude nothing", "no answer reached"]);
    // The next run takes the webhook of a failed one.
    let prelude = Prelude::start().await;
    let url = format!("{}/webhook", prelude.front.url());
    prelude.activate_at(&url, &[]).await.assert(1, &["path_unknown"]);
    let (code, causes) = {
        let ran = prelude.activate_at(&url, &["--json"]).await;
        (ran.code, serde_json::from_str::<Value>(&ran.stdout).unwrap()["causes"].clone())
    };
    assert!(code == Some(1) && causes.as_array().unwrap().len() > 1, "{causes}");
    assert_eq!(prelude.api.webhooks("app1").len(), 1, "no second one");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_second_webhook_is_created_when_the_api_lists_none() {
    let prelude = Prelude::start().await;
    prelude.api.set_lists(false);
    prelude.activate(&[]).await.assert(1, &["prelude: Prelude does not list", "--webhook-id", "--new"]);
    assert!(prelude.api.webhooks("app1").is_empty());
    prelude.activate(&["--new"]).await.assert(0, &["✓ web_0001 is active"]);
    prelude.activate(&["--webhook-id", "web_0001"]).await.assert(0, &["✓ web_0001 is active"]);
    assert_eq!(prelude.api.webhooks("app1").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_one_sentence() {
    let prelude = Prelude::start().await;
    let url = prelude.url();
    let base_url = prelude.api.url();
    let env_file = prelude.stack.env_file.to_str().unwrap();
    let all = ["activate", "--app", "app1", "--url", &url, "--base-url", &base_url, "--env-file", env_file];
    let key = ("PRELUDE_CLI_MANAGEMENT_KEY", KEY);
    let no_key = [("HOME", "/nonexistent"); 2];
    let cases = [
        (all.to_vec(), no_key, "PRELUDE_CLI_MANAGEMENT_KEY is not set"),
        (all.to_vec(), [("PRELUDE_CLI_MANAGEMENT_KEY", "wrong"); 2], "refuses the management key (401)"),
        (
            all.to_vec(),
            [("PRELUDE_CLI_MANAGEMENT_KEY", "a\nb"); 2],
            "is invalid: expected printable ASCII characters",
        ),
        (
            all[..7].to_vec(),
            [key, key],
            "the verification token is unknown: set PRELUDE_CLI_VERIFICATION_TOKEN",
        ),
        (all.to_vec(), [key, ("PRELUDE_CLI_VERIFICATION_TOKEN", "other")], "challenge_token_wrong"),
        ([&all[..2], &["app9"], &all[3..]].concat(), [key, key], "challenge_app_unknown"),
        (
            [&all[..6], &["http://127.0.0.1:1"], &all[7..]].concat(),
            [key, key],
            "nothing answers at http://127.0.0.1:1",
        ),
    ];
    for (arguments, variables, error) in cases {
        let ran = run(&arguments, &variables).await;
        ran.assert(1, &["prelude: ", error]);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    }
    let ran = run(&[&all[..], &["--events", "verify.attempt"]].concat(), &[key]).await;
    ran.assert(2, &["unknown event type of Session"]);
    for url in ["http://hooks.example.com/webhooks", "ftp://127.0.0.1/", "foo"] {
        let ran = run(&[&all[..4], &[url], &all[5..]].concat(), &[key]).await;
        ran.assert(2, &["prelude: ", &format!("'{url}' for '--url <URL>'")]);
    }
}
