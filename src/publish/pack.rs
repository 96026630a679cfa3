//! Packs messages into batches of at most ten entries and 1 MiB, in order.

use std::collections::HashMap;

use crate::limits::{MAX_ENTRIES, MAX_MESSAGE};

/// Fills one batch after the other, and never an earlier one again, so that order is kept.
pub(super) fn batches<T>(items: Vec<T>, size_of: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let mut batches = Vec::with_capacity(items.len().div_ceil(MAX_ENTRIES));
    let mut batch = Vec::with_capacity(items.len().min(MAX_ENTRIES));
    let mut sum = 0;
    for item in items {
        let size = size_of(&item);
        if !batch.is_empty() && (batch.len() == MAX_ENTRIES || sum + size > MAX_MESSAGE) {
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

/// Fills the batches of a FIFO queue with at most one message of a group in each. Otherwise a later message of a group
/// could overtake one that fails.
pub(super) fn fifo_batches<T>(
    items: Vec<T>,
    size_of: impl Fn(&T) -> usize,
    group_of: impl Fn(&T) -> &str,
) -> Vec<Vec<T>> {
    let mut next_of_group: HashMap<Box<str>, usize> = HashMap::new();
    let mut batches: Vec<(usize, Vec<T>)> = Vec::new();
    let mut first_open = 0;
    for item in items {
        let size = size_of(&item);
        let next = next_of_group.entry(group_of(&item).into()).or_default();
        let from = first_open.max(*next);
        let has_room =
            |(sum, batch): &(usize, Vec<T>)| batch.len() < MAX_ENTRIES && sum + size <= MAX_MESSAGE;
        let index =
            batches.iter().skip(from).position(has_room).map_or(batches.len(), |offset| from + offset);
        *next = index + 1;
        if index == batches.len() {
            batches.push((0, Vec::new()));
        }
        if let Some((sum, batch)) = batches.get_mut(index) {
            *sum += size;
            batch.push(item);
        }
        while batches.get(first_open).is_some_and(|(_, batch)| batch.len() == MAX_ENTRIES) {
            first_open += 1;
        }
    }
    batches.into_iter().map(|(_, batch)| batch).collect()
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
        assert_eq!(sizes(batches(vec![MAX_MESSAGE / 2; 3], |n| *n)), [2, 1]);
        assert_eq!(sizes(batches(vec![MAX_MESSAGE, 1], |n| *n)), [1, 1]);
        assert!(batches(Vec::<usize>::new(), |n| *n).is_empty());
    }

    #[test]
    fn fifo_batches_are_filled_to_the_limits_themselves() {
        // An item is its size and its group.
        let groups = |batches: Vec<Vec<(usize, &'static str)>>| {
            batches
                .iter()
                .map(|batch| batch.iter().map(|(_, group)| *group).collect())
                .collect::<Vec<String>>()
        };
        let pack = |items: &[_]| groups(fifo_batches(items.to_vec(), |(size, _)| *size, |(_, group)| *group));
        let letters: Vec<_> = "abcdefghijklmnopqrstuvwxyz".split_inclusive(|_: char| true).collect();
        let each_once: Vec<_> = letters.iter().map(|letter| (1, *letter)).collect();
        assert_eq!(pack(&each_once), ["abcdefghij", "klmnopqrst", "uvwxyz"]);
        let half = MAX_MESSAGE / 2;
        assert_eq!(pack(&[(half, "a"), (half, "b"), (half, "c")]), ["ab", "c"]);
        assert_eq!(pack(&[(MAX_MESSAGE, "a"), (1, "b"), (MAX_MESSAGE, "c")]), ["a", "b", "c"]);
        assert_eq!(pack(&[(1, "a"), (1, "a"), (1, "b"), (1, "a"), (1, "b")]), ["ab", "ab", "a"]);
        // The first batch has room for no more bytes, the second one for no more entries.
        let behind: Vec<_> =
            [(MAX_MESSAGE, "A")].into_iter().chain(each_once[..11].iter().copied()).collect();
        assert_eq!(pack(&behind), ["A", "abcdefghij", "k"]);
        // The second `a` may not join the first one, and does not fit beside the first `b`.
        assert_eq!(pack(&[(1, "a"), (MAX_MESSAGE, "b"), (1, "b"), (1, "a")]), ["a", "b", "ba"]);
        assert!(pack(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn fifo_batches_keep_each_groups_order(groups in proptest::collection::vec(0..4u8, 0..40)) {
            let items: Vec<_> = groups.into_iter().enumerate().collect();
            let names = ["a", "b", "c", "d"];
            let batches = fifo_batches(items.clone(), |_| MAX_MESSAGE / 8, |(_, group)| names[usize::from(*group)]);
            prop_assert!(batches.iter().all(|batch| (1..=8).contains(&batch.len())));
            for batch in &batches {
                let groups: std::collections::HashSet<_> = batch.iter().map(|(_, group)| group).collect();
                prop_assert_eq!(groups.len(), batch.len(), "one of a group in each");
            }
            let sent = batches.concat();
            prop_assert_eq!(sent.len(), items.len());
            for group in 0..4 {
                let of_group = |items: &[(usize, u8)]| items.iter().filter(|(_, g)| *g == group).copied().collect::<Vec<_>>();
                prop_assert_eq!(of_group(&sent), of_group(&items));
            }
        }

        #[test]
        fn packing_never_exceeds_a_limit_and_loses_nothing(sizes in proptest::collection::vec(0..=MAX_MESSAGE, 0..60)) {
            let packed = batches(sizes.clone(), |size| *size);
            prop_assert!(packed.iter().all(|batch| (1..=MAX_ENTRIES).contains(&batch.len())));
            prop_assert!(packed.iter().all(|batch| batch.iter().sum::<usize>() <= MAX_MESSAGE));
            prop_assert_eq!(packed.concat(), sizes);
        }
    }
}
