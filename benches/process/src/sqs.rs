//! An SQS that acknowledges every entry within SQS's limits, and keeps none. It counts the entries.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use md5::{Digest as _, Md5};
use prelude_local::{
    aws::guard::{
        rules::{MAX_BYTES, QueueRules, check_batch, check_entry},
        wire::{BatchRequest, Entry, Refusal, error_response},
    },
    http_server::{HttpServer, response},
};
use tokio_rustls::TlsAcceptor;

/// SQS for one function, over TLS or not. Dropping it stops the server.
#[derive(Debug)]
pub(crate) struct Sqs {
    server: HttpServer,
    scheme: &'static str,
    seen: Arc<Seen>,
}

/// Entries so far.
#[derive(Debug, Default)]
struct Seen {
    count: AtomicU64,
    /// The calls themselves, while somebody inspects them.
    calls: Mutex<Option<Vec<BatchRequest>>>,
}

impl Sqs {
    /// Listens on a free port of 127.0.0.1.
    pub(crate) async fn start(tls: Option<&TlsAcceptor>) -> io::Result<Self> {
        let seen = Arc::<Seen>::default();
        let answering = Arc::clone(&seen);
        let answer = move |request| {
            let seen = Arc::clone(&answering);
            async move { answer(&seen, request).await }
        };
        let (server, scheme) = match tls.cloned() {
            None => (HttpServer::start(0, answer).await?, "http"),
            Some(tls) => {
                (HttpServer::start_over(0, move |stream| tls.accept(stream), answer).await?, "https")
            }
        };
        Ok(Self { server, scheme, seen })
    }

    /// URL for `AWS_ENDPOINT_URL_SQS`. The certificate is for this address.
    pub(crate) fn endpoint(&self) -> String {
        format!("{}://{}", self.scheme, self.server.address())
    }

    /// Number of acknowledged entries.
    pub(crate) fn count(&self) -> u64 {
        self.seen.count.load(Ordering::Relaxed)
    }

    /// Keeps the calls from now on.
    pub(crate) fn inspect(&self) {
        *self.seen.calls.lock().unwrap_or_else(PoisonError::into_inner) = Some(Vec::new());
    }

    /// The calls since [`inspect`](Self::inspect). Keeps no more.
    pub(crate) fn inspected(&self) -> Vec<BatchRequest> {
        self.seen.calls.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default()
    }
}

const MESSAGE_ID: &str = "00000000-0000-4000-8000-000000000000";

const QUEUE: QueueRules =
    QueueRules { fifo: false, content_based_deduplication: false, max_message_bytes: MAX_BYTES };

async fn answer(seen: &Seen, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let Ok(body) = request.into_body().collect().await else {
        return response(StatusCode::BAD_REQUEST, HeaderMap::new(), Bytes::new());
    };
    let checked = match serde_json::from_slice::<BatchRequest>(&body.to_bytes()) {
        Ok(call) => check(&call.entries).map(|()| call),
        Err(error) => {
            return response(StatusCode::BAD_REQUEST, HeaderMap::new(), error.to_string().into());
        }
    };
    match checked {
        Ok(call) => {
            let body = acknowledgement(&call.entries);
            seen.count.fetch_add(call.entries.len().try_into().unwrap_or(u64::MAX), Ordering::Relaxed);
            if let Some(calls) = &mut *seen.calls.lock().unwrap_or_else(PoisonError::into_inner) {
                calls.push(call);
            }
            let json = (CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.0"));
            response(StatusCode::OK, HeaderMap::from_iter([json]), body.into())
        }
        Err(refusal) => {
            let refused =
                error_response(400, refusal.code.shape(), refusal.code.query_code(), &refusal.message);
            response(StatusCode::BAD_REQUEST, refused.headers, refused.body)
        }
    }
}

/// The limits of a call and of each entry. One bad entry refuses the call, because no contender sends one on purpose.
fn check(entries: &[Entry]) -> Result<(), Refusal> {
    check_batch(entries)?;
    entries.iter().try_for_each(|entry| check_entry(entry, &QUEUE))
}

fn acknowledgement(entries: &[Entry]) -> String {
    let successful = entries.iter().map(|entry| {
        let (id, digest) = (&entry.id, Md5::digest(&entry.message_body));
        format!(r#"{{"Id":"{id}","MessageId":"{MESSAGE_ID}","MD5OfMessageBody":"{digest:x}"}}"#)
    });
    format!(r#"{{"Successful":[{}],"Failed":[]}}"#, successful.collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(body: &str) -> Entry {
        Entry { id: "0".to_owned(), message_body: body.to_owned(), ..Entry::default() }
    }

    #[test]
    fn every_entry_is_acknowledged_with_its_digest() {
        let body = acknowledgement(&[entry("hello"), Entry { id: "1".to_owned(), ..entry("") }]);
        let answer: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(answer["Successful"][0]["MD5OfMessageBody"], "5d41402abc4b2a76b9719d911017c592");
        assert_eq!(answer["Successful"][1]["Id"], "1");
        assert_eq!(answer["Successful"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn a_call_over_a_limit_is_refused() {
        assert_eq!(check(&[entry("text")]), Ok(()));
        assert!(check(&[entry(&"x".repeat(MAX_BYTES + 1))]).is_err());
        assert!(check(&[entry("\u{FFFE}")]).is_err());
    }
}
