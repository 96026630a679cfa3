//! Packing messages into batches: ten entries and 1 MiB at most, in order.

use std::collections::{HashMap, HashSet};

use crate::parking::MAX_MESSAGE;

/// `SendMessageBatch`'s limit on entries.
pub(super) const MAX_ENTRIES: usize = 10;
/// SQS's limit on a batch's sum, in bytes of bodies and attributes: the same as on one message.
const MAX_SIZE: usize = MAX_MESSAGE;

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

/// Fills the batches of a FIFO queue: at most one message of a group in each, so that one that fails is not overtaken by
/// a later one of its group.
pub(super) fn fifo_batches<T>(
    mut items: Vec<T>,
    size_of: impl Fn(&T) -> usize,
    group_of: impl Fn(&T) -> Option<Box<str>>,
) -> Vec<Vec<T>> {
    let mut batches = Vec::new();
    while !items.is_empty() {
        let (mut batch, mut sum, mut groups, mut left) = (Vec::new(), 0, HashSet::new(), Vec::new());
        for item in items {
            let size = size_of(&item);
            // A group that is passed over here is taken all the same: its later messages are passed over too.
            let is_first_of_group = groups.insert(group_of(&item));
            if batch.is_empty() || (is_first_of_group && batch.len() < MAX_ENTRIES && sum + size <= MAX_SIZE)
            {
                sum += size;
                batch.push(item);
            } else {
                left.push(item);
            }
        }
        batches.push(batch);
        items = left;
    }
    batches
}

/// How many batches [`fifo_batches`] makes at least, sizes apart.
pub(super) fn fifo_calls<'a>(groups: impl Iterator<Item = &'a str>) -> usize {
    let (mut by_group, mut count) = (HashMap::<_, usize>::new(), 0usize);
    for group in groups {
        *by_group.entry(group).or_default() += 1;
        count += 1;
    }
    by_group.into_values().max().unwrap_or(0).max(count.div_ceil(MAX_ENTRIES))
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
        fn fifo_batches_keep_each_groups_order(groups in proptest::collection::vec(0..4u8, 0..40)) {
            let items: Vec<_> = groups.into_iter().enumerate().collect();
            let batches = fifo_batches(items.clone(), |_| MAX_SIZE / 8, |(_, group)| Some(group.to_string().into()));
            prop_assert!(batches.iter().all(|batch| (1..=8).contains(&batch.len())));
            prop_assert!(batches.len() >= fifo_calls(items.iter().map(|(_, group)| ["a", "b", "c", "d"][usize::from(*group)])));
            let sent = batches.concat();
            prop_assert_eq!(sent.len(), items.len());
            for group in 0..4 {
                let of_group = |items: &[(usize, u8)]| items.iter().filter(|(_, g)| *g == group).copied().collect::<Vec<_>>();
                prop_assert_eq!(of_group(&sent), of_group(&items));
            }
        }

        #[test]
        fn packing_never_exceeds_a_limit_and_loses_nothing(sizes in proptest::collection::vec(0..=MAX_SIZE, 0..60)) {
            let packed = batches(sizes.clone(), |size| *size);
            prop_assert!(packed.iter().all(|batch| (1..=MAX_ENTRIES).contains(&batch.len())));
            prop_assert!(packed.iter().all(|batch| batch.iter().sum::<usize>() <= MAX_SIZE));
            prop_assert_eq!(packed.concat(), sizes);
        }
    }
}
