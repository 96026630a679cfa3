//! Answers of the key server, including one with a body that never ends.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Response, StatusCode, header};
use hyper::body::{Body as HttpBody, Frame, SizeHint};

/// Body of one chunk. A stalled body never ends.
#[derive(Debug)]
pub(super) struct Body {
    bytes: Option<Bytes>,
    stalls: bool,
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.bytes.take() {
            Some(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            None if self.stalls => Poll::Pending,
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none() && !self.stalls
    }

    fn size_hint(&self) -> SizeHint {
        match &self.bytes {
            Some(bytes) if !self.stalls => SizeHint::with_exact(bytes.len() as u64),
            _ => SizeHint::default(),
        }
    }
}

pub(super) fn key_set(document: Bytes) -> Response<Body> {
    let mut response = Response::new(Body { bytes: Some(document), stalls: false });
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    response
}

pub(super) fn status(status: u16, text: &'static str) -> Response<Body> {
    let mut response = key_set(Bytes::from_static(text.as_bytes()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
}

pub(super) fn redirect(location: &str) -> Response<Body> {
    let mut response = status(302, "elsewhere");
    if let Ok(location) = header::HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// Answer with half of the document and a body that never ends.
pub(super) fn stalled(document: &Bytes) -> Response<Body> {
    let mut response = key_set(Bytes::new());
    *response.body_mut() = Body { bytes: Some(document.slice(..document.len() / 2)), stalls: true };
    response
}

/// Document padded to this many bytes. A longer object stays as it is, apart from the new member.
pub(super) fn padded(document: &Bytes, bytes: usize) -> Bytes {
    let opening = b"{\"padding\":\"";
    let rest = match document.strip_prefix(b"{") {
        Some(rest) => [b"\",".as_slice(), rest].concat(),
        None => b"\"}".to_vec(),
    };
    let padding = bytes.saturating_sub(opening.len() + rest.len());
    [opening.as_slice(), &b"x".repeat(padding), &rest].concat().into()
}
