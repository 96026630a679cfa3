use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
};

/// Turns a panic of `future` into `None`. With `panic = "abort"` the process ends instead.
///
/// Drops the panic's message, which may quote the event. The panic hook has seen the message already.
pub(crate) async fn caught<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    poll_fn(|context| {
        // Nothing of the future is used after its panic.
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(poll) => poll.map(Some),
            Err(_panic) => std::task::Poll::Ready(None),
        }
    })
    .await
}
