//! Ways to the service: proxies, TLS, virtual-hosted addresses, and a user who interrupts.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::Stdio,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, pki_types::PrivateKeyDer},
};

use crate::support::World;

/// What a proxy was told: the head of each request.
pub(crate) type Heads = Arc<Mutex<Vec<String>>>;

/// A proxy that leads every request, whatever its host, to `target`.
pub(crate) fn proxy(world: &World, target: SocketAddr) -> (SocketAddr, Heads) {
    let heads = Heads::default();
    let kept = Arc::clone(&heads);
    let listener = world.runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
    let address = listener.local_addr().expect("an address");
    world.runtime.spawn(async move {
        while let Ok((mut inbound, _)) = listener.accept().await {
            let kept = Arc::clone(&kept);
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(inbound.read_u8().await?);
                }
                let head = String::from_utf8_lossy(&head).into_owned();
                kept.lock().expect("no panic").push(head.clone());
                let mut outbound = TcpStream::connect(target).await?;
                if head.starts_with("CONNECT ") {
                    inbound.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
                } else {
                    let (method, rest) = head.split_once(" http://").unwrap_or_default();
                    let path = rest.find('/').unwrap_or_default();
                    let head = format!("{method} {}", &rest[path..]);
                    outbound.write_all(head.as_bytes()).await?;
                }
                copy_bidirectional(&mut inbound, &mut outbound).await
            });
        }
    });
    (address, heads)
}

/// The sandbox behind TLS, with a certificate nobody has signed; it stands in `ca.pem`.
pub(crate) fn tls(world: &World) -> SocketAddr {
    let names = ["127.0.0.1".to_owned(), "bkt.oss-cn-hangzhou.aliyuncs.com".to_owned()];
    let issued = rcgen::generate_simple_self_signed(names).expect("a certificate");
    std::fs::write(world.home.path().join("ca.pem"), issued.cert.pem()).expect("ca.pem");
    let key = PrivateKeyDer::try_from(issued.signing_key.serialize_der()).expect("a key");
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![issued.cert.der().clone()], key)
        .expect("a pair");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = world.runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
    let address = listener.local_addr().expect("an address");
    let sandbox = world.sandbox.address();
    world.runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut inbound = acceptor.accept(stream).await?;
                let mut outbound = TcpStream::connect(sandbox).await?;
                copy_bidirectional(&mut inbound, &mut outbound).await
            });
        }
    });
    address
}

#[test]
fn certificates_are_checked_unless_told_otherwise() {
    let world = World::new();
    let endpoint = format!("https://{}", tls(&world));
    let run = world.run(&["ls", "-s", "-e", &endpoint, "--retry-times", "1"]);
    let _ = run.fails(3, &["certificate", "--skip-verify-cert"]);
    let run = world.run(&["ls", "-s", "-e", &endpoint, "--skip-verify-cert"]);
    assert_eq!(run.ok().without_time(), "oss://bkt\nBucket Number is: 1");
}

#[test]
fn a_ca_file_is_trusted_beside_the_system() {
    let world = World::new();
    let endpoint = format!("https://{}", tls(&world));
    let configure = |text: &str| {
        let path = world.home.path().join("config");
        std::fs::write(&path, text).expect("config");
        #[cfg(unix)]
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600))
            .expect("0600");
    };
    configure("ca_file = '~/ca.pem'\n");
    let run = world.run(&["ls", "-s", "-e", &endpoint]);
    assert_eq!(run.ok().without_time(), "oss://bkt\nBucket Number is: 1");
    let probed = world.run(&["doctor", "-e", &endpoint]).stdout;
    assert!(probed.contains("ok    TLS"), "{probed}");
    configure("ca_file = '~/none.pem'\n");
    let _ = world.run(&["ls", "-e", &endpoint]).fails(1, &["none.pem", "config:1"]);
    configure("ca_file = '~/config'\n");
    let _ = world.run(&["ls", "-e", &endpoint]).fails(3, &["no certificate"]);
}

#[test]
fn a_local_address_is_connected_from() {
    let world = World::new();
    let (address, _) = proxy(&world, world.sandbox.address());
    let proxy = address.to_string();
    let run = world.run(&["ls", "-s", "--bind-address", "127.0.0.1", "--proxy", &proxy]);
    assert_eq!(run.ok().without_time(), "oss://bkt\nBucket Number is: 1");
    // An address of nobody here.
    let run = world.run(&["ls", "--local-host", "192.0.2.1", "--retry-times", "1"]);
    let _ = run.fails(3, &[]);
    let _ = world.run(&["ls", "--bind-address", "here"]).fails(1, &["is not an IP address"]);
}

#[test]
fn the_environment_names_a_proxy_only_when_asked() {
    let world = World::new();
    let (address, heads) = proxy(&world, world.sandbox.address());
    let url = format!("http://user:pass@{address}");
    let run = |more: &[&str], variable: &str, value: &str| {
        let mut command = world.command();
        command.env(variable, value).args([
            "ls",
            "-s",
            "-e",
            "http://oss-cn-hangzhou.aliyuncs.com",
        ]);
        command.args(["--retry-times", "1", "--connect-timeout", "2"]).args(more);
        crate::support::finish(&mut command, "")
    };
    let seen = || heads.lock().expect("no panic").len();
    let _ = run(&[], "http_proxy", &url).fails(3, &[]);
    assert_eq!(seen(), 0);
    let found = run(&["--proxy", "env"], "HTTP_PROXY", &url);
    assert_eq!(found.ok().without_time(), "oss://bkt\nBucket Number is: 1");
    assert!(heads.lock().expect("no panic")[0].contains("authorization: Basic dXNlcjpwYXNz"));
    let _ = run(&["--proxy", "env"], "HTTP_PROXY", "https://127.0.0.1:1").fails(1, &["not https"]);
    let mut command = world.command();
    command.env("HTTP_PROXY", "http://127.0.0.1:1").env("NO_PROXY", "127.0.0.1");
    command.args(["ls", "-s", "--proxy-host", "env"]);
    let _ = crate::support::finish(&mut command, "").ok();
}

#[test]
fn http_goes_through_a_proxy_to_a_virtual_host() {
    let world = World::new();
    let id = world.upload("a/b", &[5]);
    let (address, heads) = proxy(&world, world.sandbox.address());
    let url = format!("http://user:pass@{address}");
    let endpoint = "http://oss-cn-hangzhou.aliyuncs.com";
    let run = world.run(&["listpart", "oss://bkt/a/b", &id, "-e", endpoint, "--proxy-host", &url]);
    assert!(run.ok().stdout.contains("total part count:1\t"));
    let heads = heads.lock().expect("no panic");
    let start = "GET http://bkt.oss-cn-hangzhou.aliyuncs.com/a%2Fb?";
    assert!(heads[0].starts_with(start), "{heads:?}");
    assert!(heads[0].contains("proxy-authorization: Basic dXNlcjpwYXNz\r\n"), "{heads:?}");
}

#[test]
fn https_goes_through_a_tunnel_that_alone_sees_the_password() {
    let world = World::new();
    let (address, heads) = proxy(&world, tls(&world));
    let proxy = address.to_string();
    let run = world.run(&[
        "ls",
        "-s",
        "oss://bkt",
        "-e",
        "oss-cn-hangzhou.aliyuncs.com",
        "--skip-verify-cert",
        "--proxy-host",
        &proxy,
        "--proxy-user",
        "user",
        "--proxy-pwd",
        "pass",
    ]);
    assert_eq!(run.ok().without_time(), "Object Number is: 0");
    let heads = heads.lock().expect("no panic");
    assert!(heads[0].starts_with("CONNECT bkt.oss-cn-hangzhou.aliyuncs.com:443 "), "{heads:?}");
    assert!(heads[0].to_lowercase().contains("proxy-authorization: basic dxnlcjpwyxnz\r\n"));
}

/// An interrupt at the question, and one while standard input is awaited.
#[cfg(unix)]
#[test]
fn an_interrupt_ends_a_run_that_waits_for_input() {
    let world = World::new();
    let id = world.upload("k", &[5]);
    for arguments in [&["abort", "oss://bkt/k", id.as_str()][..], &["listpart", "-"]] {
        let mut child = world
            .command()
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("runs");
        // Held open: waiting for the child would close it, and that would be an answer too.
        let _stdin = child.stdin.take();
        let mut stderr = BufReader::new(child.stderr.take().expect("standard error"));
        if arguments[0] == "abort" {
            stderr.read_line(&mut String::new()).expect("what it holds");
        }
        // Until the run waits there is nothing to observe; an interrupt before that ends it too.
        let waits = std::time::Duration::from_millis(300);
        std::thread::sleep(waits);
        let pid = child.id().to_string();
        let kill = std::process::Command::new("kill").args(["-INT", &pid]).status();
        assert!(kill.expect("kill runs").success());
        let status = child.wait().expect("ends");
        assert_eq!(status.code(), Some(5), "{arguments:?}");
    }
    let _ = world.run(&["listpart", "oss://bkt/k", &id]).ok();
}

#[test]
fn a_secret_is_only_asked_for_on_a_terminal() {
    let world = World::new();
    let _ = world.run_with(&["ls", "-p"], "sandbox-secret\n").fails(1, &["cannot ask", "hint: -p"]);
}
