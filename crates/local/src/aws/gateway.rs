//! API Gateway: turns an HTTP request into the event of a Lambda function, and the function's result into a response.
//!
//! * `event` makes events of HTTP APIs (payload format 2.0) and of REST APIs (1.0).
//! * [`Api`] invokes the local receiver with an event, under API Gateway's and Lambda's size limits.
//! * [`GatewayServer`] serves an [`Api`] on loopback.
//!
//! Left out are authorizers, CORS, throttling and custom domains. A function that exceeds its timeout is not stopped.

mod context;
mod event;
mod exchange;
mod server;

pub use exchange::{Api, ApiAnswer, Exchange, Observe};
pub use server::{GatewayServer, SOURCE_IP_HEADER};

/// HTTP request as API Gateway receives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// HTTP method in upper case.
    pub method: String,
    /// Path from the root, including the stage if the API's URL has one.
    pub path: String,
    /// Query string as sent, without the question mark.
    pub query: String,
    /// Headers with names as the client wrote them. A name may occur more than once.
    pub headers: Vec<(String, String)>,
    /// Exact bytes of the body.
    pub body: Vec<u8>,
    /// Address of the peer.
    pub source_ip: String,
    /// Encodes the body as base64 although it is text, as an API with matching binary media types does.
    pub force_base64: bool,
}

impl Request {
    /// Request without a query, headers or a body.
    pub fn new(method: impl Into<String>, path: impl Into<String>, source_ip: impl Into<String>) -> Self {
        Self {
            method: method.into(),
            path: path.into(),
            query: String::new(),
            headers: Vec::new(),
            body: Vec::new(),
            source_ip: source_ip.into(),
            force_base64: false,
        }
    }

    /// Adds a header.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the query string.
    pub fn query(mut self, query: impl Into<String>) -> Self {
        self.query = query.into();
        self
    }

    /// Sets a body with the content type of JSON.
    pub fn json(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("Content-Type", "application/json")
    }

    /// Encodes the body as base64 in the event.
    pub fn base64(mut self) -> Self {
        self.force_base64 = true;
        self
    }
}

#[cfg(test)]
mod tests;
