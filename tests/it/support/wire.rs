//! Wire between the real SDK and an SQS, on which calls are refused, cut, lost, delayed and changed.
//!
//! The wire is an HTTP connector below the SDK, so tests include the SDK's own code. It needs no socket, so the clock
//! can be stopped. [`SqsFault`](super::faults::SqsFault) names the faults, and the wire applies them. The [`Ledger`]
//! records the messages that SQS stored, and its answers.

mod wired;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use aws_sdk_sqs::config::SharedHttpClient;
use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use prelude_local::aws::guard::wire::{BatchRequest, Entry};
use serde_json::{Value, json};
use tokio::time::{Duration, sleep};

pub(crate) use self::wired::{Wired, pinned_apps};
use super::faults::{ledger::Ledger, memory_sqs::MemorySqs};

/// Fate of one `SendMessageBatch` call.
#[derive(Debug)]
pub(crate) enum Fate {
    /// SQS gets the call, and its answer arrives.
    Pass,
    /// This status and error code arrive, and SQS does not get the call.
    Refuse(u16, &'static str),
    RefuseAfter(Duration, u16, &'static str),
    /// The entries at these places (bit 0 is the first) fail. SQS gets the others.
    FailEntries {
        places: u16,
        code: &'static str,
        sender_fault: bool,
    },
    /// The connection breaks before SQS gets the call.
    Cut,
    /// SQS does not get the call, and no answer arrives.
    Hang,
    /// SQS gets the call after this time.
    DelayCall(Duration),
    /// SQS stores the call at once, and its answer arrives after this time.
    DelayAnswer(Duration),
    /// SQS stores the call, and the connection breaks before the answer arrives.
    LoseAnswer,
    /// SQS stores the call, and its answer arrives changed.
    Edit(fn(&mut Value)),
    /// SQS stores the call, and a 200 with this text arrives.
    Replace(&'static str),
}

/// Decides about a call, by the number of calls before it and its content.
type Judge = dyn Fn(usize, &BatchRequest) -> Fate + Send + Sync;

/// Wire to an SQS. Clones share its state.
#[derive(Clone)]
pub(crate) struct Wire {
    sqs: Sqs,
    judge: Arc<Judge>,
    ledger: Arc<Ledger>,
    load: Arc<Load>,
}

/// Other end of the wire.
#[derive(Clone)]
enum Sqs {
    /// SQS of the local stack, for tests that receive.
    Embedded(SharedHttpClient),
    /// SQS in memory, for thousands of cases.
    Memory(MemorySqs),
}

/// Number of calls in flight at the same time.
#[derive(Default)]
struct Load {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Wire {
    /// Wire to the embedded SQS.
    fn to_embedded(
        sqs: SharedHttpClient,
        judge: impl Fn(usize, &BatchRequest) -> Fate + Send + Sync + 'static,
    ) -> Self {
        Self::new(Sqs::Embedded(sqs), judge)
    }

    /// Wire to an SQS in memory that has every queue.
    pub(crate) fn to_memory(
        sqs: &MemorySqs,
        judge: impl Fn(usize, &BatchRequest) -> Fate + Send + Sync + 'static,
    ) -> Self {
        Self::new(Sqs::Memory(sqs.clone()), judge)
    }

    fn new(sqs: Sqs, judge: impl Fn(usize, &BatchRequest) -> Fate + Send + Sync + 'static) -> Self {
        Self { sqs, judge: Arc::new(judge), ledger: Arc::default(), load: Arc::default() }
    }

    /// Record of all calls.
    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Largest number of calls in flight at the same time.
    pub(crate) fn most_at_once(&self) -> usize {
        self.load.most.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").finish_non_exhaustive()
    }
}

impl HttpClient for Wire {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let end = match &self.sqs {
            Sqs::Embedded(sqs) => End::Embedded(sqs.http_connector(settings, components)),
            Sqs::Memory(sqs) => End::Memory(sqs.clone()),
        };
        SharedHttpConnector::new(Connected { end, wire: self.clone() })
    }
}

#[derive(Debug)]
struct Connected {
    end: End,
    wire: Wire,
}

#[derive(Clone, Debug)]
enum End {
    Embedded(SharedHttpConnector),
    Memory(MemorySqs),
}

impl HttpConnector for Connected {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (end, load) = (self.end.clone(), Arc::clone(&self.wire.load));
        let batch: BatchRequest = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        let number = self.wire.ledger.called(&batch);
        let fate = (self.wire.judge)(number, &batch);
        let ledger = Arc::clone(&self.wire.ledger);
        HttpConnectorFuture::new(async move {
            let _under_way = UnderWay::begin(load);
            let answer = conduct(fate, &end, request, batch, |answer| ledger.stored(number, answer)).await;
            if let Ok(answer) = &answer {
                ledger.answered(number, answer.status().as_u16(), answer.body().bytes().unwrap_or_default());
            }
            answer
        })
    }
}

/// One call of the load, until nobody waits for it.
struct UnderWay(Arc<Load>);

impl UnderWay {
    fn begin(load: Arc<Load>) -> Self {
        let now = load.now.fetch_add(1, Ordering::Relaxed) + 1;
        load.most.fetch_max(now, Ordering::Relaxed);
        Self(load)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn conduct(
    fate: Fate,
    end: &End,
    request: HttpRequest,
    batch: BatchRequest,
    stored: impl Fn(&[u8]),
) -> Result<HttpResponse, ConnectorError> {
    let broken = || ConnectorError::io("connection reset by peer".into());
    match fate {
        Fate::Cut => return Err(broken()),
        Fate::Hang => std::future::pending().await,
        Fate::RefuseAfter(time, status, code) => {
            sleep(time).await;
            return Ok(refusal(status, code));
        }
        Fate::Refuse(status, code) => return Ok(refusal(status, code)),
        Fate::DelayCall(time) => sleep(time).await,
        Fate::FailEntries { places, code, sender_fault } => {
            return fail_entries(places, code, sender_fault, end, request, batch, stored).await;
        }
        _ => {}
    }
    let mut answer = end.call(request, &batch).await?;
    stored(answer.body().bytes().unwrap());
    match fate {
        Fate::LoseAnswer => return Err(broken()),
        Fate::DelayAnswer(time) => sleep(time).await,
        Fate::Edit(edit) => {
            let mut body = serde_json::from_slice(answer.body().bytes().unwrap()).unwrap();
            edit(&mut body);
            *answer.body_mut() = SdkBody::from(body.to_string());
        }
        Fate::Replace(text) => *answer.body_mut() = SdkBody::from(text),
        _ => {}
    }
    Ok(answer)
}

async fn fail_entries(
    places: u16,
    code: &str,
    sender_fault: bool,
    end: &End,
    mut request: HttpRequest,
    batch: BatchRequest,
    stored: impl Fn(&[u8]),
) -> Result<HttpResponse, ConnectorError> {
    let fails = |place: usize| places & (1 << place) != 0;
    let (failed, passed): (Vec<_>, Vec<_>) =
        batch.entries.into_iter().enumerate().partition(|(place, _)| fails(*place));
    let mut body = json!({"Successful": [], "Failed": []});
    if !passed.is_empty() {
        let entries = passed.into_iter().map(|(_, entry)| entry).collect();
        let rest = BatchRequest { queue_url: batch.queue_url, entries };
        *request.body_mut() = SdkBody::from(serde_json::to_vec(&rest).unwrap());
        let answer = end.call(request, &rest).await?;
        let text = answer.body().bytes().unwrap();
        stored(text);
        if answer.status().as_u16() != 200 {
            return Ok(answer);
        }
        body = serde_json::from_slice(text).unwrap();
    }
    let failure = |entry: Entry| json!({"Id": entry.id, "SenderFault": sender_fault, "Code": code, "Message": "failed on the wire"});
    let failures = failed.into_iter().map(|(_, entry)| failure(entry));
    if body["Failed"].is_null() {
        body["Failed"] = json!([]);
    }
    body["Failed"].as_array_mut().unwrap().extend(failures);
    Ok(HttpResponse::new(200.try_into().unwrap(), SdkBody::from(body.to_string())))
}

impl End {
    async fn call(&self, request: HttpRequest, batch: &BatchRequest) -> Result<HttpResponse, ConnectorError> {
        match self {
            Self::Embedded(sqs) => sqs.call(request).await,
            Self::Memory(sqs) => {
                let body = SdkBody::from(sqs.send_message_batch(batch).to_string());
                Ok(HttpResponse::new(200.try_into().unwrap(), body))
            }
        }
    }
}

/// Error in the form of SQS. The SDK reads the code from the header.
fn refusal(status: u16, code: &str) -> HttpResponse {
    let body = json!({"__type": format!("com.amazonaws.sqs#{code}"), "message": "refused on the wire"});
    let mut answer = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body.to_string()));
    answer.headers_mut().insert("x-amzn-query-error", format!("{code};Sender"));
    answer
}
