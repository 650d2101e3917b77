//! Debian's slapd on loopback, with its data in a folder of its own.
//!
//! Needs the packages `slapd` and `ldap-utils`. Where they are absent the tests that use it are skipped with a note,
//! but not in CI (`CI=true`), where that is a failure.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use wecom_bridge::clock::Clock;

/// Where everything hangs; what `sample::to_ldif` is to be given.
pub const SUFFIX: &str = "dc=example,dc=org";
const ROOT: &str = "cn=admin,dc=example,dc=org";

/// A running server; it is stopped when this is dropped.
pub struct Slapd {
    child: Child,
    folder: TempDir,
    port: u16,
}

impl Slapd {
    /// Loads an LDIF and starts. `None` when the packages are not there and that is allowed.
    ///
    /// People other than the administrator find at most 500 entries in one search.
    pub async fn start(ldif: &str) -> Option<Self> {
        if find("slapd").is_none() || find("ldapsearch").is_none() {
            let needed = "this test needs the Debian packages slapd and ldap-utils (apt-get install slapd ldap-utils)";
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{needed}");
            println!("skipped: {needed}");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("db")).unwrap();
        std::fs::write(folder.path().join("slapd.conf"), config(folder.path())).unwrap();
        std::fs::write(folder.path().join("seed.ldif"), ldif).unwrap();
        let load = ["-q", "-f", "slapd.conf", "-l", "seed.ldif"];
        checked(&run(&find("slapadd").unwrap(), &load, folder.path()), &[0]);
        let clock = Clock::system();
        // another program may take the free port before slapd does: then slapd ends and the next one is tried
        for _ in 0..10 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let mut child = Command::new(find("slapd").unwrap())
                .args(["-d", "0", "-f", "slapd.conf", "-h", &format!("ldap://127.0.0.1:{port}")])
                .current_dir(folder.path())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            for _ in 0..1_000 {
                if child.try_wait().unwrap().is_some() {
                    break;
                }
                if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                    return Some(Self { child, folder, port });
                }
                clock.sleep(Duration::from_millis(10)).await;
            }
            let _ = child.kill();
            let _ = child.wait();
        }
        panic!("slapd did not start");
    }

    /// Everything, page by page, as `ldapsearch -LLL` writes it, with `entryUUID`.
    pub fn search_all(&self) -> String {
        let paged = ["-LLL", "-D", ROOT, "-w", "secret", "-E", "pr=500/noprompt"];
        let what = ["(objectClass=*)", "*", "entryUUID"];
        checked(&self.search(&[&paged[..], &what[..]].concat()), &[0])
    }

    /// A search without a name and without pages, comments included: the server cuts it after 500 entries.
    pub fn search_cut(&self) -> String {
        checked(&self.search(&["(objectClass=*)"]), &[4])
    }

    /// Everything as `slapcat` writes it.
    pub fn slapcat(&self) -> String {
        checked(&run(&find("slapcat").unwrap(), &["-f", "slapd.conf"], self.folder.path()), &[0])
    }

    fn search(&self, more: &[&str]) -> Output {
        let uri = format!("ldap://127.0.0.1:{}", self.port);
        let fixed = ["-x", "-H", &uri, "-b", SUFFIX];
        run(&find("ldapsearch").unwrap(), &[&fixed[..], more].concat(), self.folder.path())
    }
}

impl Drop for Slapd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn config(folder: &Path) -> String {
    let schema = ["/etc/ldap/schema", "/etc/openldap/schema"].into_iter().find(|dir| Path::new(dir).exists()).unwrap();
    let modules = ["/usr/lib/ldap", "/usr/lib64/openldap"].into_iter().find(|dir| Path::new(dir).exists()).unwrap();
    let at = folder.display();
    format!(
        "include {schema}/core.schema\ninclude {schema}/cosine.schema\ninclude {schema}/inetorgperson.schema\n\
         modulepath {modules}\nmoduleload back_mdb\npidfile {at}/slapd.pid\nsizelimit 500\n\
         database mdb\nmaxsize 268435456\nsuffix \"{SUFFIX}\"\nrootdn \"{ROOT}\"\nrootpw secret\ndirectory {at}/db\n\
         index objectClass,uid eq\n"
    )
}

/// slapd and its tools lie where only root's path leads.
fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var("PATH").unwrap_or_default();
    let folders = path.split(':').chain(["/usr/sbin", "/sbin"]);
    folders.map(|folder| Path::new(folder).join(program)).find(|file| file.is_file())
}

fn run(program: &Path, arguments: &[&str], folder: &Path) -> Output {
    Command::new(program).args(arguments).current_dir(folder).output().unwrap()
}

fn checked(output: &Output, allowed: &[i32]) -> String {
    let code = output.status.code().unwrap_or(-1);
    assert!(allowed.contains(&code), "ended with {code}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}
