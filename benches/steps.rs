//! Time of each step of a request: `cargo bench`. `docs/performance.md` has the figures of the whole process.

// Marks the code as test code for clippy.
#![cfg(test)]

use std::{hint::black_box, time::Duration};

use criterion::{BatchSize, BenchmarkGroup, Criterion, Throughput, measurement::WallTime};
use prelude_steps::{Call, Function, Queues, Webhook};
use prelude_webhooks::{parse::parse, publish::MAX_EVENTS};

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .sample_size(SAMPLES)
        .configure_from_args();
    verify_a_signature(&mut criterion);
    cut_a_body(&mut criterion);
    publish_a_batch(&mut criterion);
    send_a_call(&mut criterion);
    answer_an_event(&mut criterion);
    criterion.final_summary();
}

fn verify_a_signature(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("verify");
    for webhook in webhooks() {
        prepare(&mut group, &webhook);
        group.bench_function(&webhook.name, |bencher| bencher.iter(|| webhook.verify()));
    }
}

fn cut_a_body(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("cut");
    for webhook in webhooks() {
        let delivery = webhook.verify();
        prepare(&mut group, &webhook);
        group.bench_function(&webhook.name, |bencher| {
            bencher.iter(|| parse(black_box(&delivery), MAX_EVENTS));
        });
    }
}

fn publish_a_batch(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("publish");
    let queues = Queues::default();
    for webhook in webhooks() {
        let delivery = webhook.verify();
        prepare(&mut group, &webhook);
        group.bench_function(&webhook.name, |bencher| {
            let batch = || parse(&delivery, MAX_EVENTS).expect("an authentic body");
            bencher.iter_batched(batch, |batch| queues.publish(batch), BatchSize::PerIteration);
        });
    }
}

/// Through the real SDK. The throughput counts messages.
fn send_a_call(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("send");
    for webhook in [Webhook::of_one(), Webhook::of_batch(500)] {
        let call = Call::of(&webhook);
        per_element(&mut group, call.messages());
        group.bench_function(call.messages().to_string(), |bencher| bencher.iter(|| call.send()));
    }
}

/// The whole pipeline, through the real SDK.
fn answer_an_event(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("answer");
    let function = Function::default();
    for webhook in webhooks().into_iter().chain([Webhook::of_batch(2_000)]) {
        let event = webhook.lambda_event();
        let answer = function.answer(&event);
        assert!(answer.contains("\"statusCode\":200"), "{answer}");
        prepare(&mut group, &webhook);
        group.bench_function(&webhook.name, |bencher| bencher.iter(|| function.answer(black_box(&event))));
    }
}

fn webhooks() -> Vec<Webhook> {
    vec![Webhook::of_one(), Webhook::of_batch(25), Webhook::of_batch(500), Webhook::of_6_mb()]
}

/// Reports the time of an event, too. A large request takes long, so it is repeated less often.
fn prepare(group: &mut BenchmarkGroup<'_, WallTime>, webhook: &Webhook) {
    group.sample_size(if webhook.length() > 500_000 { 10 } else { SAMPLES });
    per_element(group, webhook.events);
}

fn per_element(group: &mut BenchmarkGroup<'_, WallTime>, elements: usize) {
    group.throughput(Throughput::Elements(u64::try_from(elements).expect("a small number")));
}

const SAMPLES: usize = 50;
