//! Slices of a batch's array: messages of several events, which cannot be sent one by one in time.

use std::ops::Range;

use bytes::Bytes;

use crate::{
    event::{Destination, Event},
    limits::{ATTRIBUTES_RESERVE, MAX_MESSAGE},
    parking::Reason,
};

/// Cuts elements of an array into JSON arrays that fit into a message each. Neighbours keep the text between them.
///
/// `elements` are indices in the array and places in `body`, in the array's order.
pub(super) fn slices(body: &Bytes, elements: impl Iterator<Item = (usize, Range<usize>)>) -> Vec<Event> {
    let mut slices = Vec::new();
    let mut slice = Slice::default();
    for (index, place) in elements {
        if !slice.takes(index, &place) {
            slices.push(std::mem::take(&mut slice).into_event(body));
        }
        slice.add(index, place);
    }
    if slice.count > 0 {
        slices.push(slice.into_event(body));
    }
    slices
}

/// Limit that leaves room for the brackets and every attribute.
const MAX_SLICE_LENGTH: usize = MAX_MESSAGE - ATTRIBUTES_RESERVE - 2;

/// Elements of one slice, as runs of neighbours in the body.
#[derive(Default)]
struct Slice {
    runs: Vec<Range<usize>>,
    length: usize,
    count: usize,
    next_index: usize,
}

impl Slice {
    fn takes(&self, index: usize, place: &Range<usize>) -> bool {
        self.runs.is_empty() || self.length + self.growth(index, place) <= MAX_SLICE_LENGTH
    }

    fn add(&mut self, index: usize, place: Range<usize>) {
        self.length += self.growth(index, &place);
        match self.runs.last_mut() {
            Some(run) if index == self.next_index => run.end = place.end,
            _ => self.runs.push(place),
        }
        self.count += 1;
        self.next_index = index + 1;
    }

    /// Number of bytes that an element adds with the text or comma before it.
    fn growth(&self, index: usize, place: &Range<usize>) -> usize {
        match self.runs.last() {
            Some(run) if index == self.next_index => place.end - run.end,
            Some(_) => place.len() + 1,
            None => place.len(),
        }
    }

    fn into_event(self, body: &Bytes) -> Event {
        let mut raw = Vec::with_capacity(self.length + 2);
        for run in self.runs {
            raw.push(if raw.is_empty() { b'[' } else { b',' });
            raw.extend_from_slice(body.get(run).unwrap_or_default());
        }
        raw.push(b']');
        let slice = Event::new(raw.into(), Destination::Park(Reason::BatchTooLarge), None, None);
        Event { count: self.count, ..slice }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The slices of these elements of an array, and the number of events in each.
    fn cut(body: &'static str, indices: &[usize]) -> Vec<(String, usize)> {
        let body = Bytes::from_static(body.as_bytes());
        let elements: Vec<&serde_json::value::RawValue> = serde_json::from_slice(&body).unwrap();
        let elements = indices.iter().map(|index| {
            let start = elements[*index].get().as_ptr().addr() - body.as_ptr().addr();
            (*index, start..start + elements[*index].get().len())
        });
        let slices = slices(&body, elements).into_iter();
        slices.map(|slice| (String::from_utf8(slice.raw.to_vec()).unwrap(), slice.count)).collect()
    }

    #[test]
    fn neighbours_keep_the_text_between_them() {
        let body = r#"[ {"a":1} , 2 ,"x",[] ]"#;
        assert_eq!(cut(body, &[0, 1, 2, 3]), [(r#"[{"a":1} , 2 ,"x",[]]"#.to_owned(), 4)]);
        assert_eq!(cut(body, &[0, 2, 3]), [(r#"[{"a":1},"x",[]]"#.to_owned(), 3)]);
        assert_eq!(cut(body, &[1]), [("[2]".to_owned(), 1)]);
        assert_eq!(cut(body, &[]), []);
    }

    #[test]
    fn a_slice_has_at_most_its_length_unless_one_element_is_longer() {
        let element = "x".repeat(MAX_SLICE_LENGTH / 2 - 2);
        let text = format!(r#"["{element}","{element}","{element}","{element}{element}y"]"#);
        let slices = cut(text.leak(), &[0, 1, 2, 3]);
        assert_eq!(slices.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [1, 1, 1, 1]);
        let element = "x".repeat(MAX_SLICE_LENGTH / 2 - 3);
        let text = format!(r#"["{element}","{element}","{element}x"]"#);
        let slices = cut(text.leak(), &[0, 1, 2]);
        assert_eq!(slices.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [2, 1]);
        assert!(slices[0].0.len() <= MAX_SLICE_LENGTH + 2);
    }
}
