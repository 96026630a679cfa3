//! A question on the terminal.

use std::{
    io::{self, BufRead as _, IsTerminal as _},
    thread,
};

use tokio::sync::oneshot;

use super::stop::Stop;
use crate::terminal::print_error;

/// Reports whether somebody can read a question and answer it.
pub fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks a question, and reports whether the answer is yes. The end of the input and Ctrl-C mean no.
pub async fn confirms(question: &str, stop: &Stop) -> bool {
    print_error(&format!("{question} [y/N] "));
    let (sender, answer) = oneshot::channel();
    // The process may end while this thread waits. It would wait for a blocking task of tokio.
    thread::spawn(move || {
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line).is_ok() {
            sender.send(line).ok();
        }
    });
    tokio::select! {
        answer = answer => answer.is_ok_and(|line| matches!(line.trim().to_lowercase().as_str(), "y" | "yes")),
        () = stop.asked() => false,
    }
}
