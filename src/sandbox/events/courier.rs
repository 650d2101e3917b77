//! The courier: carries jobs out when they are due, and posts events, signed and encrypted, in order per address.

use super::outbox::{Letter, Sealed};
use crate::clock::Clock;
use crate::sandbox::shared::State;
use crate::wecom::crypto::{CallbackCrypto, envelope};
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Most of an answer that is read; replies are far smaller.
const ANSWER_MAX_BYTES: usize = 1024 * 1024;

/// The client of all callbacks: no proxy, no redirects.
pub fn client() -> Option<reqwest::Client> {
    let redirects = reqwest::redirect::Policy::none();
    let builder = reqwest::Client::builder().no_proxy().redirect(redirects).user_agent("Mozilla/4.0");
    builder.build().inspect_err(|cause| tracing::error!(error = %cause, "the sandbox cannot send callbacks")).ok()
}

/// Runs until its task is dropped with the server.
pub async fn run(state: State) {
    let Some(http) = state.http() else { return };
    let mut rounds: HashMap<String, UnboundedSender<Letter>> = HashMap::new();
    loop {
        let woken = state.woken();
        tokio::pin!(woken);
        woken.as_mut().enable();
        state.carry_out_jobs();
        super::fetcher::begin(&state, &http);
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
    while let Some(mut letter) = letters.recv().await {
        let answer = post(&state, &http, &mut letter).await;
        let (status, body) = answer.map_or((None, String::new()), |(status, body)| (Some(status), body));
        state.letter_tried(letter, status, &body);
    }
}

/// One try; `None` = no answer, or none in time.
async fn post(state: &State, http: &reqwest::Client, letter: &mut Letter) -> Option<(u16, String)> {
    let options = state.delivery();
    let sealed = match &letter.sealed {
        Some(sealed) if options.retries_keep_nonce => sealed.clone(),
        _ => seal(letter, state.now_ms())?,
    };
    letter.sealed = Some(sealed.clone());
    let callback = &letter.callback;
    let query = [("msg_signature", &sealed.signature), ("timestamp", &sealed.timestamp), ("nonce", &sealed.nonce)];
    let timeout = Duration::from_millis(options.timeout_ms);
    let request = http.post(&callback.url).query(&query).timeout(timeout);
    let request = if options.sends_json_envelope {
        let agentid = letter.agentid.map(|agentid| agentid.to_string()).unwrap_or_default();
        let body = serde_json::json!({"tousername": letter.receiver, "encrypt": sealed.encrypted, "agentid": agentid});
        request.header("Content-Type", "application/json").body(body.to_string())
    } else {
        let body = envelope::request_body(&letter.receiver, letter.agentid, &sealed.encrypted);
        request.header("Content-Type", "text/xml").body(body)
    };
    let mut answer = request.send().await.ok()?;
    let (status, mut body) = (answer.status().as_u16(), Vec::new());
    while let Some(chunk) = answer.chunk().await.ok()? {
        if body.len() + chunk.len() > ANSWER_MAX_BYTES {
            break;
        }
        body.extend_from_slice(&chunk);
    }
    Some((status, String::from_utf8_lossy(&body).into_owned()))
}

fn seal(letter: &Letter, now_ms: i64) -> Option<Sealed> {
    let callback = &letter.callback;
    let crypto = CallbackCrypto::new(&callback.token, &callback.aes_key, &letter.receiver).ok()?;
    let encrypted = crypto.encrypt(&letter.text);
    let (timestamp, nonce) = (now_ms.div_euclid(1000).to_string(), rand::random::<u32>().to_string());
    let signature = crypto.sign(&timestamp, &nonce, &encrypted);
    Some(Sealed { timestamp, nonce, signature, encrypted })
}
