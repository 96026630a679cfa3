//! Packing messages into batches: ten entries and 1 MiB at most, in order.

/// `SendMessageBatch`'s limit on entries.
pub(super) const MAX_ENTRIES: usize = 10;
/// SQS's limit on one message, and on a batch's sum, in bytes of bodies and attributes.
pub(super) const MAX_SIZE: usize = 1_048_576;

/// Fills one batch after the other, never looking back, so that order is kept.
pub(super) fn batches<T>(items: Vec<T>, size_of: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let mut batches = Vec::new();
    let mut batch = Vec::new();
    let mut sum = 0;
    for item in items {
        let size = size_of(&item);
        if !batch.is_empty() && (batch.len() == MAX_ENTRIES || sum + size > MAX_SIZE) {
            batches.push(std::mem::take(&mut batch));
            sum = 0;
        }
        sum += size;
        batch.push(item);
    }
    if !batch.is_empty() {
        batches.push(batch);
    }
    batches
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_limits_themselves_are_allowed() {
        let sizes = |batches: Vec<Vec<usize>>| batches.iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes(batches(vec![1; 10], |n| *n)), [10]);
        assert_eq!(sizes(batches(vec![1; 11], |n| *n)), [10, 1]);
        assert_eq!(sizes(batches(vec![MAX_SIZE / 2; 3], |n| *n)), [2, 1]);
        assert_eq!(sizes(batches(vec![MAX_SIZE, 1], |n| *n)), [1, 1]);
        assert!(batches(Vec::<usize>::new(), |n| *n).is_empty());
    }

    proptest! {
        #[test]
        fn packing_never_exceeds_a_limit_and_loses_nothing(sizes in proptest::collection::vec(0..=MAX_SIZE, 0..60)) {
            let packed = batches(sizes.clone(), |size| *size);
            prop_assert!(packed.iter().all(|batch| (1..=MAX_ENTRIES).contains(&batch.len())));
            prop_assert!(packed.iter().all(|batch| batch.iter().sum::<usize>() <= MAX_SIZE));
            prop_assert_eq!(packed.concat(), sizes);
        }
    }
}
