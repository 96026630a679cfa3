//! Floor of the benchmark: parses, groups by type, and sends. No message has an attribute.

use lambda_http::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    prelude_floors::run(|_delivery, _event| Vec::new()).await
}
