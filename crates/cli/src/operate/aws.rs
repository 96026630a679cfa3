//! SQS client of the operator's commands: the standard chain of credentials, and errors that say how to fix them.

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_sqs::{
    Client,
    config::{Credentials, ProvideCredentials as _, SharedCredentialsProvider},
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
};
use aws_smithy_types::retry::RetrySpec;
use prelude_webhooks::{
    authenticate::is_loopback,
    publish::{
        failure::Failure,
        sqs::{SqsSender, region_of, with_limits},
    },
    route::QueueUrl,
};

use crate::environment::Environment;
use prelude_local::http_client::is_unresolved;

/// Access to the SQS that has a receiver's queues.
#[derive(Clone)]
pub struct Aws {
    /// Client for all calls except sending.
    pub client: Client,
    /// Name of the endpoint, for people.
    pub place: String,
    /// Address of the endpoint; `None` for AWS's own.
    pub endpoint_url: Option<String>,
}

impl Aws {
    /// Creates the client for the queues of a URL. `endpoint_url` wins over the settings' `AWS_ENDPOINT_URL_SQS`, and a
    /// key in the settings wins over the standard chain of credentials.
    ///
    /// # Errors
    /// There is no region, or there are no credentials.
    pub async fn connect(
        settings: &Environment,
        queue_url: &QueueUrl,
        endpoint_url: Option<&str>,
    ) -> Result<Self, AwsError> {
        let endpoint_url = endpoint_url
            .or_else(|| settings.text("AWS_ENDPOINT_URL_SQS"))
            .or_else(|| settings.text("AWS_ENDPOINT_URL"))
            .map(str::to_owned);
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            // The SDK's older way waits up to a second before it asks a dead endpoint again.
            .retry_config(RetryConfig::standard().with_retry_spec(RetrySpec::v2_1()))
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(3))
                    .operation_attempt_timeout(Duration::from_secs(15))
                    .operation_timeout(Duration::from_secs(45))
                    .build(),
            );
        if let Some(endpoint_url) = &endpoint_url {
            loader = loader.endpoint_url(endpoint_url);
        }
        let region = region_of(queue_url.as_str()).or_else(|| settings.text("AWS_REGION").map(str::to_owned));
        if let Some(region) = region {
            loader = loader.region(Region::new(region));
        }
        let in_settings = keys_of(settings);
        let is_local = endpoint_url.as_deref().is_some_and(is_loopback);
        if in_settings.is_some() || is_local {
            // An SQS on this machine checks no signature.
            let made_up = || Credentials::new("local", "local", None, None, "made up for loopback");
            loader = loader.credentials_provider(in_settings.unwrap_or_else(made_up));
        }
        let config = loader.load().await;
        if config.region().is_none() {
            return Err(AwsError::NoRegion);
        }
        check_credentials(config.credentials_provider()).await?;
        let place = endpoint_url.clone().unwrap_or_else(|| "SQS".to_owned());
        Ok(Self { client: Client::new(&config), place, endpoint_url })
    }

    /// Creates the receiver's own sender, with its time limits.
    pub fn sender(&self) -> SqsSender {
        SqsSender::new(Client::from_conf(with_limits(self.client.config().to_builder()).build()))
    }

    /// Classifies the error of a call.
    pub fn explain<E>(&self, error: SdkError<E>) -> AwsError
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        AwsError::of(error, &self.place)
    }
}

impl AwsError {
    /// Reports whether a call for any other queue would fail in the same way.
    pub const fn is_for_every_queue(&self) -> bool {
        matches!(
            self,
            Self::Unreachable(_)
                | Self::UnknownHost(_)
                | Self::NoCredentials
                | Self::Credentials(_)
                | Self::BadCredentials(_)
        )
    }

    /// Classifies the error of a call to the endpoint with this name.
    pub fn of<E>(error: SdkError<E>, place: &str) -> Self
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        let place = || place.to_owned();
        let text = DisplayErrorContext(&error).to_string();
        match &error {
            SdkError::ServiceError(answer) => {
                // Each error of SQS has a code.
                let Some(code) = answer.err().code().map(str::to_owned) else {
                    return Self::Unreadable(place());
                };
                let message = answer.err().message().unwrap_or_default().to_owned();
                match (Failure::of_code(&code), &*code) {
                    (Failure::QueueMissing, _) => Self::NoQueue,
                    (Failure::QueueDenied, _) => Self::Denied(with(code, &message)),
                    (
                        _,
                        "InvalidClientTokenId"
                        | "UnrecognizedClientException"
                        | "ExpiredToken"
                        | "ExpiredTokenException"
                        | "SignatureDoesNotMatch"
                        | "InvalidSignatureException"
                        | "MissingAuthenticationToken",
                    ) => Self::BadCredentials(code),
                    _ => Self::Refused(with(code, &message)),
                }
            }
            SdkError::TimeoutError(_) => Self::TimedOut(place()),
            SdkError::DispatchFailure(_) if text.contains("credential") => Self::NoCredentials,
            SdkError::DispatchFailure(failure) if failure.is_timeout() => Self::TimedOut(place()),
            SdkError::DispatchFailure(_) if is_unresolved(&error) => Self::UnknownHost(place()),
            SdkError::DispatchFailure(_) => Self::Unreachable(place()),
            _ => Self::Unreadable(place()),
        }
    }
}

fn with(code: String, message: &str) -> String {
    if message.is_empty() { code } else { format!("{code}: {message}") }
}

/// Access key in a file of variables. The chain of credentials reads the process's own variables.
fn keys_of(settings: &Environment) -> Option<Credentials> {
    settings.is_of_file().then_some(())?;
    let key = |name| settings.text(name).map(str::to_owned);
    let (id, secret) = (key("AWS_ACCESS_KEY_ID")?, key("AWS_SECRET_ACCESS_KEY")?);
    Some(Credentials::new(id, secret, key("AWS_SESSION_TOKEN"), None, "the file of variables"))
}

async fn check_credentials(provider: Option<SharedCredentialsProvider>) -> Result<(), AwsError> {
    let provider = provider.ok_or(AwsError::NoCredentials)?;
    match provider.provide_credentials().await {
        Ok(_credentials) => Ok(()),
        // The SDK does not export the error's type, only what it prints.
        Err(error) if format!("{error:?}").starts_with("CredentialsNotLoaded") => {
            Err(AwsError::NoCredentials)
        }
        Err(error) => Err(AwsError::Credentials(chain_of(&error))),
    }
}

/// Joins the texts of an error and its sources, without repetitions and without the SDK's common first text.
fn chain_of(error: &dyn std::error::Error) -> String {
    let mut texts: Vec<String> = Vec::new();
    for error in std::iter::successors(Some(error), |error| error.source()) {
        let text = error.to_string();
        if text != "an error occurred while loading credentials" && texts.last() != Some(&text) {
            texts.push(text.trim_end().to_owned());
        }
    }
    texts.join(": ")
}

/// Error of a call to SQS. Its text says how to fix it, where that is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AwsError {
    /// Neither the URL nor the environment names a region.
    #[error("no AWS region: the queues' URL names none, so set AWS_REGION")]
    NoRegion,
    /// The chain of credentials is empty.
    #[error(
        "no AWS credentials: sign in (`aws sso login`, `aws configure`), or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    )]
    NoCredentials,
    /// Credentials are configured, but cannot be loaded.
    #[error(
        "the AWS credentials cannot be loaded: sign in (`aws sso login`), or choose another AWS_PROFILE ({0})"
    )]
    Credentials(String),
    /// AWS refuses the credentials.
    #[error("AWS refuses these credentials ({0}): sign in again, or choose another AWS_PROFILE")]
    BadCredentials(String),
    /// No server listens at the address.
    #[error("nothing answers at {0}: check the network, the region and --endpoint-url")]
    Unreachable(String),
    /// Nobody knows the name of the address's host.
    #[error("the host of {0} cannot be found: check DNS, the region and --endpoint-url")]
    UnknownHost(String),
    /// A server listens, but does not answer in time.
    #[error("{0} did not answer in time: try again")]
    TimedOut(String),
    /// The answer is not SQS's.
    #[error("{0} does not answer as SQS does: check --endpoint-url")]
    Unreadable(String),
    /// The queue does not exist.
    #[error("the queue does not exist")]
    NoQueue,
    /// The credentials lack a right.
    #[error("these credentials may not do that ({0})")]
    Denied(String),
    /// SQS refused the call for another reason.
    #[error("SQS refuses: {0}")]
    Refused(String),
}
