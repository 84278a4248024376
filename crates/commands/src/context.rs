//! What a command is given: settings, clients, the printer, and the world as the dispatcher saw it.

use std::{
    cell::OnceCell,
    collections::BTreeMap,
    io::{self, BufRead},
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use jiff::tz::TimeZone;
use ossutil_client::{Client, Clock, Options, probe::Probe, retry::Policy};
use ossutil_config::{
    BucketSettings, ConfigFile, Inputs, Layer, LogLevel, Setting, Settings, Source, expand_home,
};

use crate::{
    cloud_url::CloudUrl,
    connection::{
        Pace, check_payer, endpoint, signature_version, transport, transport_options, user_agent,
    },
    credentials::{Chooser, Chosen},
    error::{Error, Result},
    interrupt::Interrupts,
    options::{CommonOptions, NameEncoding},
    output::{Printer, Query},
    terminal,
};

/// Finds the local time zone, when something is to be printed in it.
pub type Zone = Box<dyn Fn() -> TimeZone>;

/// The world as the dispatcher saw it: nothing below reads environment, clock or arguments.
pub struct Environment {
    /// The arguments, without the program's name.
    pub arguments: Vec<String>,
    /// The environment.
    pub variables: BTreeMap<String, String>,
    /// The home folder, if there is one.
    pub home: Option<PathBuf>,
    /// This program.
    pub program: PathBuf,
    /// When it was started.
    pub started: Instant,
    /// The time.
    pub clock: Clock,
    /// The local time zone.
    pub zone: Zone,
    /// How many columns the terminal on standard output has, if there is one.
    pub terminal_width: fn() -> Option<usize>,
    /// Whether standard error is a terminal.
    pub is_stderr_terminal: bool,
    /// Whether standard input is a terminal, where somebody answers.
    pub is_stdin_terminal: bool,
    /// Begins to log from this level on (`warn`, `info` or `debug`): to the end of a file, or on
    /// standard error.
    pub start_log: fn(&str, Option<&Path>) -> io::Result<()>,
}

impl Environment {
    /// How many columns a picture may take.
    pub(crate) fn columns(&self) -> usize {
        (self.terminal_width)().unwrap_or(80)
    }

    /// A path of the settings, in which a leading `~/` is the home folder.
    pub(crate) fn expand(&self, path: &Path) -> PathBuf {
        let home = self.home.as_deref().unwrap_or(Path::new(""));
        path.to_str().map_or_else(|| path.to_owned(), |path| expand_home(path, home))
    }
}

/// What a command is given. Settings are read when first asked for, so what needs none works with
/// a broken file.
pub(crate) struct Context<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) printer: Printer,
    pub(crate) interrupts: Interrupts,
    pub(crate) options: CommonOptions,
    /// What a user can do when the run ends before its work does, by an error or an interrupt.
    pub(crate) hints_if_stopped: Vec<String>,
    /// Whether standard output is data that was asked for: nothing else goes there.
    pub(crate) is_stdout_data: bool,
    /// How fast clients that are made from here on may be, all together.
    pub(crate) pace: Pace,
    settings: OnceCell<Settings>,
    credentials: OnceCell<Chosen>,
    zone: OnceCell<TimeZone>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(environment: &'a Environment, options: CommonOptions) -> Self {
        let printer = Printer::new(environment.is_stderr_terminal && !options.quiet);
        let (settings, credentials, zone) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        let interrupts = Interrupts::new();
        let hints_if_stopped = Vec::new();
        Self {
            environment,
            printer,
            interrupts,
            options,
            hints_if_stopped,
            is_stdout_data: false,
            pace: Pace::default(),
            settings,
            credentials,
            zone,
        }
    }

    /// The local time zone.
    pub(crate) fn zone(&self) -> TimeZone {
        self.zone.get_or_init(|| (self.environment.zone)()).clone()
    }

    /// The settings of this run.
    pub(crate) fn settings(&mut self) -> Result<&Settings> {
        if self.settings.get().is_none() {
            let settings = self.read_settings()?;
            let level = match settings.loglevel.value {
                LogLevel::Off => "warn",
                LogLevel::Info => "info",
                LogLevel::Debug => "debug",
            };
            self.start_log(level, &settings)?;
            let query = self.options.output_query.as_deref().map(Query::parse).transpose()?;
            self.printer.set_form(settings.output_format.value, query);
            let _ = self.settings.set(settings);
        }
        Ok(self.settings.get().expect("set above"))
    }

    fn start_log(&self, level: &str, settings: &Settings) -> Result<()> {
        let file = settings.log_file.as_ref().filter(|file| file.value != Path::new("-"));
        let path = file.map(|file| self.environment.expand(&file.value));
        (self.environment.start_log)(level, path.as_deref()).map_err(|error| {
            let path = path.unwrap_or_default();
            let source = file.map(|file| file.source.to_string()).unwrap_or_default();
            Error::usage(format!("cannot log to {} (from {source}): {error}", path.display()))
        })
    }

    fn read_settings(&mut self) -> Result<Settings> {
        let file = self.read_file()?;
        for warning in file.iter().flat_map(|file| &file.warnings) {
            self.printer.say(format_args!("warning: {warning}"));
        }
        self.resolve(self.options.layer(), file, self.typed_profile())
    }

    /// The profile that was typed.
    fn typed_profile(&self) -> Option<Setting<String>> {
        let profile = self.options.profile.as_deref();
        profile.map(|name| Setting::new(name, Source::Flag("--profile")))
    }

    fn resolve(
        &self,
        flags: Layer,
        file: Option<ConfigFile>,
        profile: Option<Setting<String>>,
    ) -> Result<Settings> {
        ossutil_config::resolve(Inputs {
            flags,
            env: &self.environment.variables,
            file,
            profile,
            ignore_env: self.options.ignore_env_var,
        })
        .map_err(Error::from)
    }

    /// Where the configuration file is, or would be.
    pub(crate) fn config_path(&self) -> Setting<PathBuf> {
        let home = self.environment.home.clone().unwrap_or_default();
        let flag = self.options.config_file.as_deref();
        ossutil_config::file_path(flag, &self.environment.variables, &home)
    }

    /// The profile of this run, and of the edits of this run.
    pub(crate) fn profile(&self, file: Option<&ConfigFile>) -> Setting<String> {
        let none = BTreeMap::new();
        let ignore_env = self.options.ignore_env_var;
        let env = if ignore_env { &none } else { &self.environment.variables };
        ossutil_config::choose_profile(self.typed_profile(), env, file)
    }

    /// From here on the settings are those of this profile in this file, and of nothing else.
    pub(crate) fn use_file_only(&mut self, path: &Path, profile: &str) {
        self.options = CommonOptions::of_file(path, profile);
        self.settings = OnceCell::new();
        self.credentials = OnceCell::new();
    }

    /// The credentials of this run: one provider, so that what it fetches is fetched once for all
    /// clients.
    pub(crate) fn credentials(&mut self) -> Result<&Chosen> {
        if self.credentials.get().is_none() {
            self.settings()?;
            let settings = self.settings.get().expect("set above");
            let chooser = Chooser {
                environment: self.environment,
                settings_of: &|profile| self.settings_of(profile),
            };
            let chosen = chooser.choose(settings)?;
            tracing::info!("credentials: {}, as {}", chosen.provider.describe(), chosen.reason);
            let _ = self.credentials.set(chosen);
        }
        Ok(self.credentials.get().expect("set above"))
    }

    /// The settings of another profile of the file. An option that says how this run's credentials
    /// are had does not say so for that profile's.
    fn settings_of(&self, profile: &Setting<String>) -> Result<Settings> {
        let path = self.config_path();
        let file = ConfigFile::read(&path.value)?;
        let flags = Layer { mode: None, ram_role_arn: None, ..self.options.layer() };
        self.resolve(flags, file, Some(profile.clone()))
    }

    /// The configuration file: one that was asked for must be there.
    fn read_file(&mut self) -> Result<Option<ConfigFile>> {
        let path = self.config_path();
        let file = ConfigFile::read(&path.value)?;
        if file.is_none() && path.source != Source::Default {
            let message = format!(
                "Read config file error: {} ({}) does not exist",
                path.value.display(),
                path.source
            );
            return Err(Error::usage(message).hint("check the name, or leave it out"));
        }
        let warning = file.as_ref().and(ossutil_config::permissions_warning(&path.value));
        if let Some(warning) = warning {
            self.printer.say(format_args!("warning: {warning}"));
        }
        Ok(file)
    }

    /// A client for requests to the service itself.
    pub(crate) fn service(&mut self, payer: Option<&str>) -> Result<Client> {
        self.bucket("", payer)
    }

    /// The bucket, or what is below it, that a URL names, and the client for it. Credentials come
    /// before the name is judged: without them nothing can be said about it.
    pub(crate) fn open(
        &mut self,
        url: &str,
        encoding: &NameEncoding,
        payer: Option<&str>,
    ) -> Result<(Client, CloudUrl)> {
        let bucket = CloudUrl::parse(url, encoding.is_url())?.bucket;
        let client = self.bucket(&bucket, payer)?;
        Ok((client, CloudUrl::parse_bucket(url, encoding.is_url())?))
    }

    /// The object that a URL names, and the client for its bucket.
    pub(crate) fn open_object(
        &mut self,
        url: &str,
        encoding: &NameEncoding,
        payer: Option<&str>,
    ) -> Result<(Client, CloudUrl)> {
        let (client, _) = self.open(url, encoding, payer)?;
        Ok((client, CloudUrl::parse_object(url, encoding.is_url())?))
    }

    /// A client for one bucket, which may have an endpoint of its own.
    pub(crate) fn bucket(&mut self, bucket: &str, payer: Option<&str>) -> Result<Client> {
        let place = self.settings()?.for_bucket(bucket);
        self.client(&place, payer)
    }

    /// A client for requests to the service itself, at another endpoint than that of the settings.
    pub(crate) fn service_at(&mut self, endpoint: Setting<String>) -> Result<Client> {
        let place = self.settings()?.at_endpoint(endpoint);
        self.client(&place, None)
    }

    fn client(&mut self, place: &BucketSettings, payer: Option<&str>) -> Result<Client> {
        let environment = self.environment;
        let clock = Arc::clone(&environment.clock);
        let endpoint = endpoint(place)?;
        let credentials = Arc::clone(&self.credentials()?.provider);
        let settings = self.settings()?;
        let url = endpoint.to_string();
        let transport = transport(&transport_options(settings, environment, &url)?)?;
        let transport = self.pace.of(transport);
        let settings = self.settings()?;
        Ok(Client::new(Options {
            signature_version: signature_version(settings, place)?,
            endpoint,
            credentials,
            transport,
            retry: Policy { attempts: settings.retry_times.value, ..Policy::default() },
            request_payer: check_payer(payer, settings.payer.as_ref())?,
            user_agent: user_agent(settings),
            clock,
        }))
    }

    /// The way to a bucket, or to the service where the name is empty.
    pub(crate) fn probe(&mut self, bucket: &str) -> Result<Probe> {
        let clock = Arc::clone(&self.environment.clock);
        let environment = self.environment;
        let settings = self.settings()?;
        let endpoint = endpoint(&settings.for_bucket(bucket))?;
        let options = transport_options(settings, environment, &endpoint.to_string())?;
        let bucket = (!bucket.is_empty()).then_some(bucket);
        Probe::new(&endpoint, bucket, options, clock)
            .map_err(|error| Error::usage(format!("{endpoint}: {error}")))
    }

    /// The way to a URL.
    pub(crate) fn probe_url(&mut self, url: &str) -> Result<Probe> {
        let clock = Arc::clone(&self.environment.clock);
        let environment = self.environment;
        let options = transport_options(self.settings()?, environment, url)?;
        Probe::of_url(url, options, clock).map_err(|error| {
            Error::usage(format!("this is no URL: {error}"))
                .hint("a URL begins with http:// or https://")
        })
    }

    /// Reads standard input to its end.
    pub(crate) async fn read_stdin() -> Result<String> {
        read_blocking(|| std::io::read_to_string(std::io::stdin())).await
    }

    /// Reads a line of standard input with its end; nothing at the end of the input.
    pub(crate) async fn read_line() -> Result<String> {
        read_blocking(|| {
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line).map(|_| line)
        })
        .await
    }

    /// Asks for something that is not shown while it is typed. This needs a terminal.
    pub(crate) async fn read_secret(question: String) -> Result<String> {
        let _terminal = terminal::Saved::new();
        let ask = || dialoguer::Password::new().with_prompt(question).allow_empty_password(true);
        read_blocking(move || ask().interact().map_err(std::io::Error::other)).await
    }

    /// Asks a question; only `y` or `yes` is a yes. What is refused is said.
    pub(crate) async fn confirm(&mut self, question: &str) -> Result<bool> {
        self.printer.ask(question)?;
        let answer = Self::read_line().await?;
        if ["y", "yes"].contains(&answer.trim().to_lowercase().as_str()) {
            return Ok(true);
        }
        if answer.is_empty() {
            self.printer.say("");
            self.printer.say("hint: nobody is there to answer; --force does it without asking");
        }
        self.printer.line("operation is canceled.")?;
        Ok(false)
    }
}

/// Reads standard input beside the runtime, so that an interrupt need not wait for it.
async fn read_blocking(
    read: impl FnOnce() -> std::io::Result<String> + Send + 'static,
) -> Result<String> {
    let failed = |error: &dyn std::fmt::Display| {
        Error::failed(format!("cannot read standard input: {error}"))
    };
    let read = tokio::task::spawn_blocking(read).await.map_err(|error| failed(&error))?;
    read.map_err(|error| failed(&error))
}
