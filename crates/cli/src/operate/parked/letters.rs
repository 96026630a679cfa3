//! Place from which parked messages are read: the parking queue, or a file that `delete` wrote.

use super::{
    Parking, ParkingError,
    letter::Letter,
    mailbox::{Depth, Mailbox, NotRemoved},
    saved::Reading,
};

/// Parked messages that are being read.
pub enum Letters<'a> {
    /// Messages of the queue, which are held until they are removed or released.
    Queue(Mailbox<'a>),
    /// Messages of a file, which keeps them.
    File(Reading),
}

/// Number of a file's messages that are read at a time, as many as SQS returns.
const BATCH: usize = 10;

impl<'a> Letters<'a> {
    /// Starts at the first message. If this process dies, the queue's held messages are visible again after
    /// `hold_seconds`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn of(parking: &'a Parking, hold_seconds: i32) -> Result<Self, ParkingError> {
        Ok(match &parking.saved {
            Some(saved) => Self::File(saved.read()?),
            None => Self::Queue(Mailbox::new(&parking.aws, parking.queue_url(), hold_seconds)),
        })
    }

    /// Reads up to ten more messages; none at the end.
    ///
    /// # Errors
    /// SQS refuses the call, or the file cannot be read.
    pub async fn next(&mut self) -> Result<Vec<Letter>, ParkingError> {
        match self {
            Self::Queue(mailbox) => Ok(mailbox.next().await?),
            Self::File(reading) => Ok(reading.take(BATCH).collect::<Result<_, _>>()?),
        }
    }

    /// Removes messages from the queue.
    ///
    /// # Errors
    /// SQS did not remove all of them.
    pub async fn remove(&mut self, message_ids: &[String]) -> Result<(), NotRemoved> {
        match self {
            Self::Queue(mailbox) => mailbox.remove(message_ids).await,
            Self::File(_) => Ok(()),
        }
    }

    /// Releases the held messages. Returns the number of those that stay hidden until their time runs out.
    pub async fn release(&mut self) -> usize {
        match self {
            Self::Queue(mailbox) => mailbox.release().await,
            Self::File(_) => 0,
        }
    }
}

impl Parking {
    /// Counts the messages.
    ///
    /// # Errors
    /// The queue does not exist, or SQS refuses the call.
    pub async fn depth(&self) -> Result<Depth, ParkingError> {
        match &self.saved {
            Some(saved) => Ok(Depth { visible: saved.count(), in_flight: 0, has_redrive_policy: false }),
            None => Ok(Mailbox::new(&self.aws, self.queue_url(), 0).depth().await?),
        }
    }
}
