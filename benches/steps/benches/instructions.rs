//! Instructions of each step of a request, counted by valgrind. `benches/bounds.json` has the bounds.

#![expect(missing_docs, reason = "gungraun's macros make public items")]

use std::hint::black_box;

use gungraun::{Callgrind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main};
use prelude_steps::{Call, Function, Queues, Webhook};
use prelude_webhooks::{
    authenticate::Delivery,
    event::Batch,
    parse::parse,
    publish::{Acknowledgement, MAX_EVENTS, Receipt},
    rejection::Rejection,
};

// Inputs are returned with the result, because gungraun does not count what happens after a return.

#[library_benchmark(setup = webhook)]
#[bench::of_1(1)]
#[bench::of_500(500)]
fn verify(webhook: Webhook) -> (Delivery, Webhook) {
    (black_box(webhook.verify()), webhook)
}

#[library_benchmark(setup = delivery)]
#[bench::of_1(1)]
#[bench::of_25(25)]
#[bench::of_500(500)]
fn cut(delivery: Delivery) -> (Result<Batch, Rejection>, Delivery) {
    (black_box(parse(&delivery, MAX_EVENTS)), delivery)
}

#[library_benchmark(setup = published)]
#[bench::of_1(1)]
#[bench::of_25(25)]
#[bench::of_500(500)]
fn publish((batch, queues): (Batch, Queues)) -> (Receipt, Queues) {
    (black_box(queues.publish(batch)), queues)
}

#[library_benchmark(setup = sent)]
#[bench::of_1(1)]
#[bench::of_10(500)]
fn send(call: Call) -> (Vec<Acknowledgement>, Call) {
    (black_box(call.send()), call)
}

#[library_benchmark(setup = answered)]
#[bench::of_1(1)]
#[bench::of_25(25)]
#[bench::of_500(500)]
fn answer((event, function): (Vec<u8>, Function)) -> (String, Vec<u8>, Function) {
    (black_box(function.answer(&event)), event, function)
}

fn webhook(events: usize) -> Webhook {
    if events == 1 { Webhook::of_one() } else { Webhook::of_batch(events) }
}

fn delivery(events: usize) -> Delivery {
    webhook(events).verify()
}

// The functions below run each step once before it is counted, because the first run of a process fills caches.

fn published(events: usize) -> (Batch, Queues) {
    let (webhook, queues) = (webhook(events), Queues::default());
    queues.publish(webhook.cut());
    (webhook.cut(), queues)
}

fn sent(events: usize) -> Call {
    let call = Call::of(&webhook(events));
    call.send();
    call
}

fn answered(events: usize) -> (Vec<u8>, Function) {
    let (event, function) = (webhook(events).lambda_event(), Function::default());
    let answer = function.answer(&event);
    assert!(answer.contains("\"statusCode\":200"), "{answer}");
    (event, function)
}

library_benchmark_group!(name = steps, benchmarks = [verify, cut, publish, send, answer]);

main!(
    config = LibraryBenchmarkConfig::default().tool(Callgrind::with_args(["--cache-sim=no"])),
    library_benchmark_groups = steps
);
