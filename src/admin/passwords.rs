//! Passwords: the rules for new ones, and Argon2id, whose every computation holds 19 MiB for some 40 ms of one core and
//! therefore runs on threads that may block, a few at once. Refuses to know accounts.

use crate::model::{PasswordHash, Secret};
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Characters of a password at least.
pub const MIN_CHARS: usize = 10;
/// Characters of a password at most.
pub const MAX_CHARS: usize = 128;

/// KiB that one computation uses, passes over them, lanes: the values that OWASP's password storage cheat sheet gives
/// for Argon2id.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Computations at once: 38 MiB at most.
const AT_ONCE: usize = 2;
/// Callers that may be at work or wait for it; more are told to come back, so that a flood waits outside.
const PLACES: usize = 32;

/// What the hash of no password looks like: compared with where there is no account, so that the answer takes as long.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm8gYWNjb3VudCBoZXJl$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why a new password is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFault {
    /// Fewer than [`MIN_CHARS`].
    #[error("a password has at least {MIN_CHARS} characters")]
    TooShort,
    /// More than [`MAX_CHARS`].
    #[error("a password has at most {MAX_CHARS} characters")]
    TooLong,
    /// The sign-in name, perhaps with some digits behind it.
    #[error("the password must not be made of the sign-in name")]
    IsName,
    /// Among the first that anybody would try.
    #[error("this password is among the first that are tried; choose another one, for instance four unrelated words")]
    Common,
    /// The same as before.
    #[error("the new password is the present one")]
    Same,
}

impl PasswordFault {
    /// A stable code for answers and for texts in the reader's language.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooShort => "password.too_short",
            Self::TooLong => "password.too_long",
            Self::IsName => "password.is_name",
            Self::Common => "password.common",
            Self::Same => "password.same",
        }
    }
}

/// What people choose when ten characters are asked for, in lower case; repetitions and runs are found by rule.
const COMMON: [&str; 44] = [
    "1q2w3e4r5t",
    "1q2w3e4r5t6y",
    "1qaz2wsx3edc",
    "1qaz@wsx#edc",
    "1qaz!qaz1qaz",
    "5201314520",
    "5201314521",
    "a123456789",
    "aa123456789",
    "aa12345678",
    "abc1234567",
    "abc123456789",
    "abcd123456",
    "abcd12345678",
    "admin12345",
    "admin123456",
    "admin@12345",
    "admin@123456",
    "administrator",
    "asd123456789",
    "changeme123",
    "huawei@123",
    "iloveyou1314",
    "letmein123",
    "manager123",
    "p@ssw0rd123",
    "passw0rd123",
    "password01",
    "password12",
    "password123",
    "password1234",
    "password@123",
    "q1w2e3r4t5",
    "q123456789",
    "qaz123456789",
    "qazwsxedcrfv",
    "qiyeweixin",
    "qq123456789",
    "root123456",
    "wecombridge",
    "wecom-bridge",
    "welcome123",
    "woaini1314",
    "woaini520520",
];

/// Rows of keys, one behind the other, in which a run is looked for.
const RUNS: [&str; 6] = [
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertyuiopasdfghjklzxcvbnm",
];

/// Checks a new password for an account of this name.
pub fn check(password: &str, name: &str) -> Result<(), PasswordFault> {
    let chars = password.chars().count();
    if chars < MIN_CHARS {
        return Err(PasswordFault::TooShort);
    }
    if chars > MAX_CHARS {
        return Err(PasswordFault::TooLong);
    }
    let folded = password.to_lowercase();
    let name = name.to_lowercase();
    let around = |c: char| !c.is_alphabetic();
    if folded.trim_matches(around) == name.trim_matches(around) && !name.trim_matches(around).is_empty() {
        return Err(PasswordFault::IsName);
    }
    if folded == name {
        return Err(PasswordFault::IsName);
    }
    if COMMON.contains(&folded.as_str()) || is_repetition(&folded) || is_run(&folded) {
        return Err(PasswordFault::Common);
    }
    Ok(())
}

/// Whether up to four characters are repeated all along: `aaaaaaaaaa`, `123412341234`.
fn is_repetition(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    (1..=4).any(|period| chars.iter().zip(chars.iter().skip(period)).all(|(a, b)| a == b))
}

/// Whether the whole is a stretch of a row of keys, forwards or backwards.
fn is_run(text: &str) -> bool {
    let backwards: String = text.chars().rev().collect();
    RUNS.iter().any(|row| row.contains(text) || row.contains(&backwards))
}

/// A password for somebody who will choose another one: 99 random bits in four groups that can be read out aloud.
pub fn generate() -> Secret {
    const LETTERS: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let mut text = String::with_capacity(23);
    for at in 0..20 {
        if at > 0 && at % 5 == 0 {
            text.push('-');
        }
        text.push(char::from(LETTERS[rand::random_range(0..LETTERS.len())]));
    }
    Secret::new(text)
}

/// Why a password could not be hashed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Too many are being hashed or wait for it.
    #[error("too many passwords are being checked at this moment")]
    Busy,
    /// The computation failed.
    #[error("the password could not be hashed: {0}")]
    Failed(String),
}

/// Where passwords are hashed. Clones share their limits.
#[derive(Debug, Clone)]
pub struct Passwords {
    /// Holds one permit for each caller.
    places: Arc<Semaphore>,
    /// Holds one permit for each computation.
    running: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(PLACES)), running: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Passwords {
    /// Hashes a new password with a new salt.
    pub async fn hash(&self, password: &Secret) -> Result<PasswordHash, HashError> {
        let password = password.clone();
        self.run(move || {
            let hash: argon2::PasswordHash =
                hasher()?.hash_password(password.expose().as_bytes()).map_err(|error| error.to_string())?;
            Ok(PasswordHash(hash.to_string()))
        })
        .await
    }

    /// Whether a password fits a hash. Without a hash the answer is no, after the same time.
    pub async fn matches(&self, password: &Secret, hash: Option<&PasswordHash>) -> Result<bool, HashError> {
        let password = password.clone();
        let (hash, is_known) = match hash {
            Some(hash) => (hash.0.clone(), true),
            None => (NOBODY.to_owned(), false),
        };
        self.run(move || {
            let fits: Result<(), _> =
                PasswordVerifier::<str>::verify_password(&hasher()?, password.expose().as_bytes(), &hash);
            match fits {
                Ok(()) => Ok(is_known),
                Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
                Err(error) => Err(error.to_string()),
            }
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, String> + Send + 'static,
    ) -> Result<T, HashError> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| HashError::Busy)?;
        let turn = self.running.clone().acquire_owned().await.map_err(|_| HashError::Busy)?;
        // A caller that leaves does not free the memory: the permits stay with the computation.
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop((turn, place));
            result
        });
        done.await.map_err(|error| HashError::Failed(error.to_string()))?.map_err(HashError::Failed)
    }
}

fn hasher() -> Result<Argon2<'static>, String> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| error.to_string())?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_for_new_passwords() {
        for (password, name, fault) in [
            ("correct horse", "admin", None),
            ("十个汉字就已经够长了", "admin", None),
            ("short", "admin", Some(PasswordFault::TooShort)),
            ("nine.nine", "admin", Some(PasswordFault::TooShort)),
            (&"Ab3".repeat(43), "admin", Some(PasswordFault::TooLong)),
            ("Zhang.San@Example", "zhang.san@example", Some(PasswordFault::IsName)),
            ("zhangsanfeng2024!", "ZhangSanFeng", Some(PasswordFault::IsName)),
            ("1234567890", "1234567890", Some(PasswordFault::IsName)),
            ("Password123", "admin", Some(PasswordFault::Common)),
            ("1234567890", "admin", Some(PasswordFault::Common)),
            ("0987654321", "admin", Some(PasswordFault::Common)),
            ("QWERTYUIOP", "admin", Some(PasswordFault::Common)),
            ("aaaaaaaaaa", "admin", Some(PasswordFault::Common)),
            ("abababababab", "admin", Some(PasswordFault::Common)),
            ("20242024202420", "admin", Some(PasswordFault::Common)),
        ] {
            assert_eq!(check(password, name).err(), fault, "{password:?} for {name}");
        }
    }

    #[test]
    fn the_list_holds_only_what_no_rule_finds() {
        for text in COMMON {
            assert!(text.chars().count() >= MIN_CHARS, "{text} is too short to matter");
            assert_eq!(text, text.to_lowercase());
            assert!(!is_run(text) && !is_repetition(text), "{text} is found by rule");
        }
    }

    #[test]
    fn a_generated_password_is_acceptable_and_new_each_time() {
        let (one, two) = (generate(), generate());
        assert_eq!(check(one.expose(), "admin"), Ok(()));
        assert_ne!(one, two);
    }

    #[tokio::test]
    async fn a_hash_fits_its_password_alone() {
        let passwords = Passwords::default();
        let (right, wrong) = (Secret::new("correct horse"), Secret::new("correct horsf"));
        let hash = passwords.hash(&right).await.unwrap();
        assert!(hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.0);
        assert_ne!(hash, passwords.hash(&right).await.unwrap(), "each hash has its own salt");
        assert!(passwords.matches(&right, Some(&hash)).await.unwrap());
        assert!(!passwords.matches(&wrong, Some(&hash)).await.unwrap());
        assert!(!passwords.matches(&right, None).await.unwrap());
    }

    #[test]
    fn comparing_with_nobody_costs_what_comparing_with_somebody_costs() {
        let ours = argon2::PasswordHash::new(NOBODY).unwrap();
        assert_eq!(Params::try_from(&ours).unwrap(), Params::new(MEMORY_KIB, PASSES, LANES, Some(32)).unwrap());
        assert_eq!((ours.algorithm.as_str(), ours.version), ("argon2id", Some(19)));
        assert!(ours.hash.is_some(), "there is something to compare with");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_flood_waits_outside() {
        let passwords = Passwords::default();
        let _all: Vec<_> = (0..PLACES).map(|_| passwords.places.clone().try_acquire_owned().unwrap()).collect();
        assert_eq!(passwords.matches(&Secret::new("x"), None).await, Err(HashError::Busy));
    }
}
