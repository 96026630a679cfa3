//! API Gateway: turns an HTTP request into the event that a Lambda function behind it is invoked with.

mod context;
mod event;
mod exchange;
mod server;

pub use exchange::{Api, ApiAnswer, Exchange, Observe};
pub use server::{GatewayServer, SOURCE_IP_HEADER};

/// An HTTP request as it reaches API Gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// In capitals.
    pub method: String,
    /// From the root, with the stage if the API's URL has one.
    pub path: String,
    /// The query string as sent, without its question mark.
    pub query: String,
    /// Names as the client wrote them; a name may come twice.
    pub headers: Vec<(String, String)>,
    /// The exact bytes.
    pub body: Vec<u8>,
    /// The peer's address.
    pub source_ip: String,
    /// Passes the body on as base64 although it is text, as an API does that is told so.
    pub force_base64: bool,
}

impl Request {
    /// A request without a query, headers or a body.
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

    /// Sets a body of JSON.
    pub fn json(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("Content-Type", "application/json")
    }

    /// Passes the body on as base64.
    pub fn base64(mut self) -> Self {
        self.force_base64 = true;
        self
    }
}

#[cfg(test)]
mod tests;
