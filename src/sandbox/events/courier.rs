//! The courier: carries jobs out when they are due, and posts events, signed and encrypted, in order per address.

use super::outbox::Letter;
use crate::clock::Clock;
use crate::sandbox::shared::State;
use crate::wecom::crypto::{CallbackCrypto, envelope};
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// WeCom cuts a callback after 5 s (doc path 90238).
const TIMEOUT: Duration = Duration::from_secs(5);

/// Runs until its task is dropped with the server.
pub async fn run(state: State) {
    let http = match reqwest::Client::builder().no_proxy().timeout(TIMEOUT).user_agent("Mozilla/4.0").build() {
        Ok(http) => http,
        Err(cause) => {
            tracing::error!(error = %cause, "the sandbox cannot send events");
            return;
        }
    };
    let mut rounds: HashMap<String, UnboundedSender<Letter>> = HashMap::new();
    loop {
        let woken = state.woken();
        tokio::pin!(woken);
        woken.as_mut().enable();
        state.carry_out_jobs();
        for letter in state.take_due_letters() {
            let round = rounds.entry(letter.callback.url.clone()).or_insert_with(|| {
                let (round, letters) = unbounded_channel();
                actix_web::rt::spawn(walk(state.clone(), http.clone(), letters));
                round
            });
            // The walker ends only when this sender is dropped.
            let _ = round.send(letter);
        }
        let clock: &Clock = state.clock();
        match state.next_due_ms() {
            Some(due_at_ms) => {
                let wait = Duration::from_millis((due_at_ms - state.now_ms()).max(1).unsigned_abs());
                tokio::select! {
                    () = clock.sleep(wait) => {}
                    () = &mut woken => {}
                }
            }
            None => woken.await,
        }
    }
}

/// Posts the letters of one address one after the other.
async fn walk(state: State, http: reqwest::Client, mut letters: UnboundedReceiver<Letter>) {
    while let Some(letter) = letters.recv().await {
        let status = post(&state, &http, &letter).await;
        state.letter_tried(letter, status);
    }
}

/// One try; `None` = no answer.
async fn post(state: &State, http: &reqwest::Client, letter: &Letter) -> Option<u16> {
    let callback = &letter.callback;
    let crypto = CallbackCrypto::new(&callback.token, &callback.aes_key, &letter.receiver).ok()?;
    let encrypted = crypto.encrypt(&letter.text);
    let timestamp = state.now_ms().div_euclid(1000).to_string();
    let nonce = rand::random::<u32>().to_string();
    let signature = crypto.sign(&timestamp, &nonce, &encrypted);
    let request = http
        .post(&callback.url)
        .query(&[("msg_signature", &signature), ("timestamp", &timestamp), ("nonce", &nonce)])
        .header("Content-Type", "text/xml")
        .body(envelope::request_body(&letter.receiver, letter.agentid, &encrypted));
    request.send().await.ok().map(|answer| answer.status().as_u16())
}
